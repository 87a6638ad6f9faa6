#include "retrieval/contexts_summary.h"

namespace clner {
namespace {

Json CoverageOf(const MentionCounts& counts) { return counts.mentions == 0 ? Json(nullptr) : Json(counts.coverage()); }

Json ToJson(const MentionCounts& counts) {
  return {{"mentions", counts.mentions}, {"found", counts.found}, {"coverage", CoverageOf(counts)}};
}

Json ToJson(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    Json places = Json::array();
    for (const Problem& place : finding.places) places.push_back({{"where", place.where}, {"what", place.what}});
    list.push_back({{"code", finding.code},
                    {"what", finding.what},
                    {"count", finding.count},
                    {"places", std::move(places)},
                    {"fix", finding.fix}});
  }
  return list;
}

Json Histogram(const ContextsSummary& summary) {
  Json texts = Json::array(), words = Json::array();
  for (const auto& [count, sentences] : summary.sentences_with_texts)
    texts.push_back({{"texts", count}, {"sentences", sentences}});
  for (size_t bin = 0; bin < summary.sentences_in_bin.size(); ++bin) {
    const int64_t before = static_cast<int64_t>(bin) * summary.bin_words;
    words.push_back(
        {{"from", before + 1}, {"to", before + summary.bin_words}, {"sentences", summary.sentences_in_bin[bin]}});
  }
  return {{"texts", std::move(texts)}, {"words", std::move(words)}};
}

}  // namespace

Json ToJson(const ContextsSummary& summary) {
  Json json = {{"schema_version", 1},
               {"sentences", summary.sentences},
               {"with_context", summary.with_context},
               {"without_context", summary.sentences - summary.with_context},
               {"mentions", summary.all.mentions},
               {"mentions_found", summary.all.found},
               {"coverage", CoverageOf(summary.all)}};
  json["coverage_seen"] = summary.seen.has_value() ? CoverageOf(*summary.seen) : Json(nullptr);
  json["coverage_unseen"] = summary.unseen.has_value() ? CoverageOf(*summary.unseen) : Json(nullptr);
  if (summary.seen.has_value()) json["seen"] = ToJson(*summary.seen);
  if (summary.unseen.has_value()) json["unseen"] = ToJson(*summary.unseen);
  json["types"] = Json::object();
  for (const auto& [type, counts] : summary.types) json["types"][type] = ToJson(counts);
  json["found_first_in_text"] = summary.found_first_in;
  json["flat"] = summary.flat;
  json["texts"] = summary.texts;
  json["texts_per_sentence"] = ToJson(summary.texts_of_sentence);
  json["words_per_sentence"] = ToJson(summary.words_of_sentence);
  json["words_per_text"] = ToJson(summary.words_of_text);
  json["histogram"] = Histogram(summary);
  json["leaks"] = {{"exact", summary.leaks_exact}, {"fuzzy", summary.leaks_fuzzy}};
  json["duplicates"] = {{"in_sentence", summary.repeated_in_sentence},
                        {"in_corpus", summary.repeated_in_corpus},
                        {"distinct_texts", summary.distinct_texts}};
  json["findings"] = ToJson(summary.findings);
  return json;
}

}  // namespace clner
