#include "retrieval/context_retriever.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/sha256.h"
#include "core/utf8.h"
#include "data/raw_text.h"
#include "data/unicode_class.h"
#include "retrieval/clean_text.h"
#include "retrieval/duplicates.h"
#include "retrieval/passages.h"
#include "retrieval/query.h"

namespace clner {
namespace {

struct Count {
  const char* name;
  int64_t RetrievalCounts::*value;
};
constexpr Count kCounts[] = {{"sentences", &RetrievalCounts::sentences},
                             {"with_contexts", &RetrievalCounts::with_contexts},
                             {"empty_queries", &RetrievalCounts::empty_queries},
                             {"candidates", &RetrievalCounts::candidates},
                             {"leaks_exact", &RetrievalCounts::leaks_exact},
                             {"leaks_fuzzy", &RetrievalCounts::leaks_fuzzy},
                             {"duplicates_exact", &RetrievalCounts::duplicates_exact},
                             {"duplicates_near", &RetrievalCounts::duplicates_near},
                             {"below_top", &RetrievalCounts::below_top},
                             {"without_room", &RetrievalCounts::without_room},
                             {"texts", &RetrievalCounts::texts},
                             {"partial", &RetrievalCounts::partial}};

/// One harmless line of at most `max_bytes`, cut between words where there are blanks.
std::string OneLine(std::string_view text, size_t max_bytes) {
  std::string repaired;
  if (FirstInvalidUtf8(text).has_value()) text = repaired = ReplaceInvalidUtf8(text, nullptr);
  std::string line = CleanText(text);
  line.resize(WholeWords(line, max_bytes).size());
  return line;
}

/// The first `words` words of a text with what stands between them.
std::string_view FirstWords(std::string_view text, int64_t words) {
  for (const TextSentence& sentence : SegmentText(text)) {
    const auto count = static_cast<int64_t>(sentence.words.size());
    if (words <= count) return text.substr(0, sentence.words[static_cast<size_t>(words - 1)].end_byte);
    words -= count;
  }
  return text;
}

}  // namespace

RetrievalCounts& RetrievalCounts::operator+=(const RetrievalCounts& more) {
  for (const Count& count : kCounts) this->*count.value += more.*count.value;
  return *this;
}

Json ToJson(const RetrievalCounts& counts) {
  Json json = Json::object();
  for (const Count& count : kCounts) json[count.name] = counts.*count.value;
  return json;
}

RetrievalCounts ParseRetrievalCounts(const Json& json, const std::string& place) {
  RetrievalCounts counts;
  for (const Count& count : kCounts) {
    const auto found = json.find(count.name);
    if (found == json.end() || !found->is_number_integer()) {
      throw Error(ErrorCode::kCorrupt, fmt::format("the number '{}' is missing", count.name), place,
                  "remove the file; it is made again");
    }
    counts.*count.value = found->get<int64_t>();
  }
  return counts;
}

ContextRetriever::ContextRetriever(Engine& engine, std::string source, Reranker* reranker, LeakFilter& leaks,
                                   RoomRule room, const RetrievalOptions& options)
    : engine_(engine),
      source_(std::move(source)),
      reranker_(reranker),
      leaks_(leaks),
      room_(std::move(room)),
      options_(options) {}

std::string ContextRetriever::identity() const {
  Sha256 names;
  for (const auto& [key, list] : names_) names.Update(key + DumpJson(list) + "\n");
  return fmt::format("engine {} ({}); rerank {}; {}; candidates {} top {} texts {} words {} near {}; room {}; names {}",
                     engine_.identity(), source_, reranker_ == nullptr ? "none" : reranker_->identity(),
                     leaks_.identity(), options_.candidates, options_.top, options_.max_texts,
                     options_.max_words_per_text, options_.near_duplicates, room_.identity, names.HexDigest());
}

std::vector<RetrievedContexts> ContextRetriever::Retrieve(std::span<const Sentence* const> sentences) {
  std::vector<RetrievedContexts> results(sentences.size());
  std::vector<NamedQuery> queries;
  for (size_t i = 0; i < sentences.size(); ++i) {
    CacheRecord& record = results[i].record;
    record.words = sentences[i]->words;
    record.key = KeyOfWords(record.words);
    record.query = CleanText(JoinWords(record.words));
    results[i].counts = {.sentences = 1, .empty_queries = HasLetterOrDigit(record.query) ? 0 : 1};
    const auto names = names_.find(record.key);
    queries.push_back({record.query, names == names_.end() ? std::vector<std::string>() : names->second});
  }
  std::vector<SearchAnswer> answers = engine_.SearchNames(queries, options_.candidates);
  CLNER_CHECK_EQ(answers.size(), sentences.size());
  std::vector<std::vector<Candidate>> candidates;
  for (size_t i = 0; i < answers.size(); ++i) {
    results[i].record.partial = answers[i].partial;
    results[i].counts.partial = answers[i].partial ? 1 : 0;
    candidates.push_back(Admit(std::move(answers[i]), &results[i].counts));
  }
  std::vector<std::vector<double>> scores;
  Rank(results, &candidates, &scores);
  for (size_t i = 0; i < results.size(); ++i) {
    Keep(*sentences[i], std::move(candidates[i]), scores[i], &results[i]);
    results[i].counts.texts = static_cast<int64_t>(results[i].record.texts.size());
    results[i].counts.with_contexts = results[i].record.texts.empty() ? 0 : 1;
  }
  return results;
}

/// The candidates as harmless lines, without those that leak. A document without text is its title.
std::vector<Candidate> ContextRetriever::Admit(SearchAnswer&& answer, RetrievalCounts* counts) {
  std::vector<Candidate> admitted;
  for (Candidate& candidate : answer.candidates) {
    candidate.id = OneLine(candidate.id, kMaxTitleBytes);
    candidate.title = OneLine(candidate.title, kMaxTitleBytes);
    candidate.text = OneLine(candidate.text, kMaxPassageBytes);
    if (candidate.text.empty()) candidate.text = candidate.title;
    if (candidate.text.empty()) continue;
    ++counts->candidates;
    const Leak leak = leaks_.Classify(candidate.text);
    counts->leaks_exact += leak == Leak::kExact ? 1 : 0;
    counts->leaks_fuzzy += leak == Leak::kFuzzy ? 1 : 0;
    if (leak == Leak::kNone) admitted.push_back(std::move(candidate));
  }
  return admitted;
}

/// Gives every candidate its score and orders each list; without a re-ranker there are no scores.
void ContextRetriever::Rank(std::span<const RetrievedContexts> results, std::vector<std::vector<Candidate>>* candidates,
                            std::vector<std::vector<double>>* scores) {
  scores->assign(candidates->size(), {});
  if (reranker_ == nullptr) return;
  std::vector<std::string> sentences;
  for (const RetrievedContexts& result : results) sentences.push_back(JoinWords(result.record.words));
  std::vector<RerankRequest> requests;
  for (size_t i = 0; i < sentences.size(); ++i) requests.push_back({sentences[i], (*candidates)[i]});
  *scores = reranker_->Score(requests);
  CLNER_CHECK_EQ(scores->size(), candidates->size());
  for (size_t i = 0; i < sentences.size(); ++i) {
    std::vector<Candidate>& list = (*candidates)[i];
    std::vector<double>& list_scores = (*scores)[i];
    CLNER_CHECK_EQ(list_scores.size(), list.size());
    for (const double score : list_scores) CLNER_CHECK(std::isfinite(score), "a re-ranker gave a score that is none");
    std::vector<size_t> order(list.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return list_scores[a] != list_scores[b] ? list_scores[a] > list_scores[b] : list[a].text > list[b].text;
    });
    std::vector<Candidate> ordered;
    std::vector<double> ordered_scores;
    for (const size_t at : order) {
      ordered.push_back(std::move(list[at]));
      ordered_scores.push_back(list_scores[at]);
    }
    list = std::move(ordered);
    list_scores = std::move(ordered_scores);
  }
}

/// The best texts that differ from one another.
void ContextRetriever::Keep(const Sentence& sentence, std::vector<Candidate>&& candidates,
                            const std::vector<double>& scores, RetrievedContexts* result) const {
  std::vector<CachedText>& texts = result->record.texts;
  DuplicateFinder duplicates(options_.near_duplicates,
                             [&](int64_t id) { return texts[static_cast<size_t>(id - 1)].text; });
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (static_cast<int64_t>(texts.size()) == options_.top) {
      result->counts.below_top += static_cast<int64_t>(candidates.size() - i);
      break;
    }
    Candidate& candidate = candidates[i];
    switch (duplicates.Classify(candidate.text)) {
      case DuplicateFinder::Kind::kExact:
        ++result->counts.duplicates_exact;
        continue;
      case DuplicateFinder::Kind::kNear:
        ++result->counts.duplicates_near;
        continue;
      case DuplicateFinder::Kind::kNew:
        break;
    }
    texts.push_back({.text = std::move(candidate.text),
                     .title = std::move(candidate.title),
                     .doc_id = std::move(candidate.id),
                     .source = source_});
    if (std::isfinite(candidate.score)) texts.back().score = candidate.score;
    if (!scores.empty()) texts.back().rerank_score = scores[i];
    duplicates.AddLast(static_cast<int64_t>(texts.size()));
  }
  Pack(sentence, result);
}

/// Cuts the texts to their budget of words, and takes those there is room for.
void ContextRetriever::Pack(const Sentence& sentence, RetrievedContexts* result) const {
  CacheRecord& record = result->record;
  const auto found = static_cast<int64_t>(record.texts.size());
  if (options_.max_words_per_text < static_cast<int64_t>(kMaxPassageBytes)) {  // a word has a byte at least
    for (CachedText& text : record.texts) text.text = FirstWords(text.text, options_.max_words_per_text);
  }
  if (room_.shown) {
    Sentence with_contexts = sentence;
    with_contexts.contexts = ContextsOfRecord(record);
    std::vector<CachedText> shown;
    for (const size_t text : room_.shown(with_contexts)) shown.push_back(std::move(record.texts[text]));
    record.texts = std::move(shown);
  }
  if (static_cast<int64_t>(record.texts.size()) > options_.max_texts)
    record.texts.resize(static_cast<size_t>(options_.max_texts));
  result->counts.without_room = found - static_cast<int64_t>(record.texts.size());
}

}  // namespace clner
