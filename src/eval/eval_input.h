// What is scored: gold and predicted tags of the same words, from two files of any data format or from one column file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/annotation.h"
#include "data/column_file.h"
#include "data/data_format.h"
#include "data/schemes.h"
#include "eval/conlleval.h"

namespace clner {

struct EvalInputOptions {
  DataFormat gold_format = DataFormat::kColumns, predicted_format = DataFormat::kColumns;
  ColumnFileOptions file = {};
  AnnotationOptions annotation = {};                  ///< of formats with positions in a text
  std::vector<std::string> labels = {};               ///< names of integer tags in JSON lines
  std::map<std::string, std::string> label_map = {};  ///< of both sides: type -> type; "" drops the type
  std::optional<Scheme> scheme = std::nullopt;        ///< scheme of both sides; nullopt: detect for each
  bool strict = false;                                ///< words that differ between the files are an error
};

/// One sentence; context words behind an <EOS> row are cut off. All lists have one entry a word.
struct EvalSentence {
  std::vector<std::string> words = {};  ///< of the gold file; empty strings where the file has none
  std::vector<std::string> gold_tags = {}, predicted_tags = {};
  int64_t gold_line = 0, predicted_line = 0;  ///< 1-based line of the first word
  std::vector<int64_t> gold_lines = {};       ///< of each word; empty: without a gap from gold_line on
  [[nodiscard]] size_t size() const { return gold_tags.size(); }
  [[nodiscard]] int64_t GoldLine(int64_t word) const {
    return gold_lines.empty() ? gold_line + word : gold_lines[static_cast<size_t>(word)];
  }
};

struct EvalInput {
  std::string gold_path = {}, predicted_path = {};
  std::vector<EvalSentence> sentences = {};
  Scheme gold_scheme = Scheme::kBio, predicted_scheme = Scheme::kBio;
  int64_t words = 0;
  int64_t different_words = 0;  ///< words that are not the same in both files
  /// The script's counts on the raw rows; as for the script a -DOCSTART- row with tags is a token and context rows
  /// count.
  Conlleval raw = {};
};

/// Column files: the last column of each. Predictions may have tags only (one column), and may leave out context rows
/// or tag them with anything. kData: no sentences; other number of sentences or words (names the first line that
/// differs in both files; as many rows as the gold sentence with its context count only if they are the same); no tags;
/// a tag of no known form; with `strict` words that differ (else LogWarning with count and first place).
/// Other formats, also different ones: a text without tokens is split into the words of the other file where it is made
/// of them. kData: as above, what their readers refuse, and gold sentences without labels.
[[nodiscard]] EvalInput ReadGoldAndPredictions(const std::string& gold_path, const std::string& predicted_path,
                                               const EvalInputOptions& options);

/// The last two columns of one file, gold then predicted, as conlleval reads them. kData: no sentences, fewer than two
/// columns, a tag of no known form.
[[nodiscard]] EvalInput ReadConllFile(const std::string& path, const EvalInputOptions& options);

/// The gold side alone, for predictions of a model; SetPredictions completes it. kData as above.
[[nodiscard]] EvalInput ReadGold(const std::string& path, const EvalInputOptions& options);
/// Spans for every sentence of `input`, disjoint and inside it; `name` says where they come from.
void SetPredictions(const std::vector<std::vector<Span>>& predicted, const std::string& name, EvalInput* input);

/// The scheme of predictions. Predictions break the rules of their scheme, so that one detected from them alone may be
/// the wrong one: it is taken if they have letters that the gold file's scheme does not know, or if more of them equal
/// the gold tags written in it than in the gold file's; else it is the gold file's.
[[nodiscard]] Scheme PredictedScheme(Scheme gold, bool gold_has_entities, const std::vector<EvalSentence>& sentences);

}  // namespace clner
