#include "data/stats.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <unordered_set>
#include <vector>

namespace clner {
namespace {

std::string Surface(const Sentence& sentence, const Span& span) {
  std::string text;
  for (int64_t i = span.begin_word; i < span.end_word; ++i) {
    // A line end cannot be part of a word of a file.
    text += sentence.words[static_cast<size_t>(i)] + "\n";
  }
  return text;
}

double Share(int64_t part, int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

LengthStats LengthsOf(std::vector<int64_t> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto rank = [&](size_t percent) { return values[(values.size() * percent + 99) / 100 - 1]; };
  const auto sum = static_cast<double>(std::accumulate(values.begin(), values.end(), int64_t{0}));
  return {
      values.front(), rank(25), rank(50), rank(75), rank(95), values.back(), sum / static_cast<double>(values.size())};
}

Json ToJson(const LengthStats& lengths) {
  return {{"min", lengths.min},   {"p25", lengths.p25}, {"median", lengths.median}, {"p75", lengths.p75},
          {"mean", lengths.mean}, {"p95", lengths.p95}, {"max", lengths.max}};
}

DataStats ComputeStats(const Corpus& corpus) {
  DataStats stats;
  stats.path = corpus.path;
  stats.scheme = corpus.scheme;
  stats.sentences = static_cast<int64_t>(corpus.sentences.size());
  stats.words = corpus.words;
  stats.documents = corpus.documents;
  stats.skipped_sentences = corpus.file.skipped_sentences;
  stats.entities = corpus.entities;
  stats.repaired_tags = corpus.repaired_tags;
  stats.with_context = corpus.with_context;
  stats.context_texts = corpus.context_texts;
  stats.context_words = corpus.context_words;
  stats.empty_context_words = corpus.empty_context_words;
  std::unordered_set<std::string_view> vocabulary;
  std::map<std::string, std::set<std::string>> surfaces;
  std::vector<int64_t> sentence_words, entity_words, context_words, view_words;
  for (const Sentence& sentence : corpus.sentences) {
    const auto own = static_cast<int64_t>(sentence.words.size());
    const auto context = static_cast<int64_t>(sentence.contexts.words());
    stats.labelled = stats.labelled || sentence.labelled;
    stats.sentences_with_entities += sentence.spans.empty() ? 0 : 1;
    vocabulary.insert(sentence.words.begin(), sentence.words.end());
    sentence_words.push_back(own);
    view_words.push_back(own + context);
    if (context > 0) context_words.push_back(context);
    for (const Span& span : sentence.spans) {
      const int64_t words = span.end_word - span.begin_word;
      TypeStats& type = stats.types[span.type];
      ++type.entities;
      type.words += words;
      type.surfaces += surfaces[span.type].insert(Surface(sentence, span)).second ? 1 : 0;
      stats.entity_words += words;
      entity_words.push_back(words);
    }
  }
  stats.vocabulary = static_cast<int64_t>(vocabulary.size());
  stats.sentence_words = LengthsOf(std::move(sentence_words));
  stats.words_of_entity = LengthsOf(std::move(entity_words));
  stats.words_of_context = LengthsOf(std::move(context_words));
  stats.words_of_view = LengthsOf(std::move(view_words));
  return stats;
}

Json ToJson(const DataStats& stats) {
  Json types = Json::object();
  for (const auto& [name, type] : stats.types) {
    types[name] = {{"entities", type.entities},
                   {"words", type.words},
                   {"surfaces", type.surfaces},
                   {"mean_words", Share(type.words, type.entities)}};
  }
  Json json = {{"schema_version", 1}, {"path", stats.path}, {"labelled", stats.labelled}};
  json["scheme"] = stats.labelled ? Json(Name(stats.scheme)) : Json(nullptr);
  json["sentences"] = stats.sentences;
  json["words"] = stats.words;
  json["vocabulary"] = stats.vocabulary;
  json["documents"] = stats.documents;
  json["skipped_sentences"] = stats.skipped_sentences;
  json["sentence_words"] = ToJson(stats.sentence_words);
  json["entities"] = stats.entities;
  json["entity_words"] = ToJson(stats.words_of_entity);
  json["entity_density"] = Share(stats.entity_words, stats.words);
  json["sentences_with_entities"] = Share(stats.sentences_with_entities, stats.sentences);
  json["repaired_tags"] = stats.repaired_tags;
  json["types"] = std::move(types);
  json["context"] = {{"sentences", stats.with_context},
                     {"share", Share(stats.with_context, stats.sentences)},
                     {"texts", stats.context_texts},
                     {"words", stats.context_words},
                     {"empty_words", stats.empty_context_words},
                     {"context_words", ToJson(stats.words_of_context)},
                     {"view_words", ToJson(stats.words_of_view)}};
  return json;
}

}  // namespace clner
