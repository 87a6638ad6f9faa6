// Corpora: sentences with spans, from column files, and the label set collected from them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/column_file.h"
#include "data/schemes.h"
#include "data/sentence.h"

namespace clner {

struct CorpusOptions {
  ColumnFileOptions file = {};
  int text_column = 0;              ///< -1 counts from the end
  std::optional<int> tag_column = -1;  ///< nullopt: unlabelled; -1 = last column
  std::map<std::string, std::string> label_map = {};  ///< type -> type; "" drops the type
  std::optional<Scheme> scheme = std::nullopt;        ///< nullopt: detect
  bool strict = false;              ///< ill-formed tags are an error
};

struct Corpus {
  std::string path = {};
  std::vector<Sentence> sentences = {};
  Scheme scheme = Scheme::kBio;
  ColumnFileStats file = {};
  int64_t words = 0, entities = 0, repaired_tags = 0, documents = 0, with_context = 0, context_words = 0, empty_context_words = 0;
  std::map<std::string, int64_t> entities_of_type = {};
};

/// Reads a whole file: context layout recognised (`<EOS>` line followed by rows tagged X, B-X, O or nothing), tags to spans,
/// types mapped. Prints (LogVerbose) counts and scheme. 65 "no sentences" when empty.
[[nodiscard]] Corpus ReadCorpus(const std::string& path, const CorpusOptions& options);

/// Splits one raw sentence into own rows and context words (used by streaming predict too). Fills words, context_words, line, document.
[[nodiscard]] Sentence SplitContext(const ColumnSentence& raw, int text_column, size_t* own_rows);

/// Entity types in order of first appearance with their counts in the training data.
struct LabelSet {
  std::vector<std::string> types = {};
  std::vector<int64_t> counts = {};
  void Add(const Corpus& corpus);
};

/// Pairs a plain and a context corpus by position: word counts and spans must agree (65 with the sentence), words that differ only
/// typographically are warned about, other words are 65 naming both. Moves contexts into `plain`.
void AttachContexts(Corpus* plain, const Corpus& contexts);

}  // namespace clner
