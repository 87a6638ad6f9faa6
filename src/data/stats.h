// Statistics of a corpus: sizes, lengths, entities per type, contexts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/corpus.h"

namespace clner {

/// Of a list of lengths; all 0 when it is empty. Percentiles are values of the list (nearest rank).
struct LengthStats {
  int64_t min = 0, p25 = 0, median = 0, p75 = 0, p95 = 0, max = 0;
  double mean = 0;
};
[[nodiscard]] LengthStats LengthsOf(std::vector<int64_t> values);
[[nodiscard]] Json ToJson(const LengthStats& lengths);

struct TypeStats {
  int64_t entities = 0, words = 0, surfaces = 0;  ///< surfaces: distinct word sequences
};

struct DataStats {
  std::string path = {};
  Scheme scheme = Scheme::kBio;
  bool labelled = false;
  int64_t sentences = 0, words = 0, vocabulary = 0, documents = 0, skipped_sentences = 0;
  int64_t entities = 0, entity_words = 0, sentences_with_entities = 0, repaired_tags = 0;
  LengthStats sentence_words = {}, words_of_entity = {};
  std::map<std::string, TypeStats> types = {};
  int64_t with_context = 0, context_texts = 0, context_words = 0, empty_context_words = 0;
  LengthStats words_of_context = {};  ///< over sentences that have a context
  LengthStats words_of_view = {};     ///< sentence + context, over all sentences
};

[[nodiscard]] DataStats ComputeStats(const Corpus& corpus);
/// `{"schema_version": 1, ...}`, shares as fractions.
[[nodiscard]] Json ToJson(const DataStats& stats);

}  // namespace clner
