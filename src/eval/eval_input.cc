#include "eval/eval_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "core/log.h"
#include "core/utf8.h"
#include "data/corpus_builder.h"
#include "data/counted.h"
#include "eval/eval_sides.h"
#include "eval/eval_tags.h"

namespace clner {
namespace {

constexpr std::string_view kDocstart = "-DOCSTART-";
constexpr std::string_view kContextMark = "<EOS>";

// Predictions of context rows are no labels that could be lost.
ColumnFileOptions WithAnyContextTag(ColumnFileOptions options) {
  options.any_context_tag = true;
  return options;
}

// OwnRows of a file with both tag columns, which is laid out by the gold one. kData for a gold label in the context.
size_t OwnRowsByGold(const ColumnSentence& sentence, const std::string& path) {
  const auto is_mark = [](const ColumnRow& row) { return row.fields[0] == kContextMark; };
  if (std::none_of(sentence.rows.begin(), sentence.rows.end(), is_mark)) return sentence.rows.size();
  std::vector<ColumnRow> rows = sentence.rows;
  for (ColumnRow& row : rows) {
    if (row.fields.size() > 1) row.fields.pop_back();
  }
  const size_t own = OwnRows(rows);
  for (size_t r = own; r < rows.size(); ++r) {
    const std::optional<Problem> problem = LabelInContext(rows[r], path);
    if (problem.has_value()) throw Error(ErrorCode::kData, problem->what, problem->where, problem->fix);
  }
  return own;
}

// A -DOCSTART- line that precedes a sentence.
struct DocumentRow {
  std::vector<std::string> fields = {};
  bool blank_line_behind = false;
};

std::vector<DocumentRow> DocumentRows(const ColumnSentence& sentence) {
  std::vector<DocumentRow> rows;
  for (const std::string& line : sentence.before) {
    std::vector<std::string> fields;
    for (size_t begin = line.find_first_not_of(" \t"); begin != std::string::npos;) {
      const size_t end = std::min(line.find_first_of(" \t", begin), line.size());
      fields.push_back(line.substr(begin, end - begin));
      begin = line.find_first_not_of(" \t", end);
    }
    if (fields.empty() && !rows.empty()) rows.back().blank_line_behind = true;
    if (!fields.empty() && fields[0].starts_with(kDocstart)) rows.push_back({std::move(fields)});
  }
  return rows;
}

/// Warns about names of the label map that stand in neither file.
void ReportLabelMap(const EvalInputOptions& options, const TagPlaces& gold, const TagPlaces& predicted,
                    const std::string& path) {
  if (options.label_map.empty()) return;
  std::set<std::string> types;
  gold.AddTypes(&types);
  predicted.AddTypes(&types);
  WarnUnusedNames(options.label_map, types, path);
}

int64_t LineAt(const ColumnSentence& sentence, size_t row) {
  return row < sentence.rows.size() ? sentence.rows[row].line : sentence.rows.back().line + 1;
}

/// Reads both files side by side.
class PairReader {
 public:
  PairReader(const std::string& gold_path, const std::string& predicted_path, const EvalInputOptions& options)
      : options_(options), gold_(gold_path, options.file), predicted_(predicted_path, WithAnyContextTag(options.file)) {
    input_.gold_path = gold_.path();
    input_.predicted_path = predicted_.path();
  }

  EvalInput Read() {
    for (;;) {
      const std::optional<ColumnSentence> gold = gold_.Next();
      if (!gold.has_value() && input_.sentences.empty()) ThrowNoSentences(input_.gold_path);
      const std::optional<ColumnSentence> predicted = predicted_.Next();
      if (gold.has_value() != predicted.has_value()) ThrowSentenceCount(gold, predicted);
      if (!gold.has_value()) break;
      Add(*gold, *predicted);
    }
    CheckTags(input_, gold_tags_, predicted_tags_);
    ReportLabelMap(options_, gold_tags_, predicted_tags_, input_.gold_path);
    for (auto i = docstart_rows_; i < std::min(gold_.stats().docstart_lines, predicted_.stats().docstart_lines); ++i) {
      input_.raw.AddToken("O", "O");
    }
    ReportDifferentWords(input_, first_difference_, options_.strict);
    FinishSchemes(options_, {}, &input_);
    return std::move(input_);
  }

 private:
  void Add(const ColumnSentence& gold, const ColumnSentence& predicted) {
    const size_t own = OwnRows(gold.rows), predicted_own = OwnRows(predicted.rows);
    const bool with_context = AreSameRows(gold, predicted, std::min(own, predicted_own));
    if (!with_context && predicted_own != own) ThrowWordCount(gold, own, predicted, predicted_own);
    AddDocstarts(gold, predicted);
    EvalSentence sentence;
    sentence.gold_line = gold.rows[0].line;
    sentence.predicted_line = predicted.rows[0].line;
    for (size_t r = 0; r < (with_context ? gold.rows.size() : own); ++r)
      AddRow(gold.rows[r], predicted.rows[r], r < own, &sentence);
    input_.raw.AddBoundary();
    input_.words += static_cast<int64_t>(own);
    last_gold_line_ = gold.rows.back().line;
    last_predicted_line_ = predicted.rows.back().line;
    input_.sentences.push_back(std::move(sentence));
  }

  // Whether the rows of both sides stand for the same words from `from` on, so that those behind the sentence itself
  // can be compared, too. Rows of tags only say nothing about their words.
  static bool AreSameRows(const ColumnSentence& gold, const ColumnSentence& predicted, size_t from) {
    if (gold.rows.size() != predicted.rows.size()) return false;
    for (size_t r = from; r < gold.rows.size(); ++r) {
      if (predicted.rows[r].fields.size() > 1 && predicted.rows[r].fields[0] != gold.rows[r].fields[0]) return false;
    }
    return true;
  }

  void AddRow(const ColumnRow& gold, const ColumnRow& predicted, bool own, EvalSentence* sentence) {
    if (gold.fields.size() < 2) {
      if (!own) return;
      ThrowNoTag(input_.gold_path, gold);
    }
    std::string gold_tag = MapTag(gold.fields.back(), options_.label_map);
    std::string predicted_tag = MapTag(predicted.fields.back(), options_.label_map);
    AddRaw(gold.fields[0], gold_tag, predicted_tag, &input_.raw);
    if (!own) return;
    gold_tags_.Add(gold.fields.back(), gold.line);
    predicted_tags_.Add(predicted.fields.back(), predicted.line);
    if (predicted.fields.size() > 1 && gold.fields[0] != predicted.fields[0] && input_.different_words++ == 0) {
      first_difference_ = {gold.fields[0], predicted.fields[0], Places(gold.line, predicted.line)};
    }
    sentence->words.push_back(gold.fields[0]);
    sentence->gold_lines.push_back(gold.line);
    sentence->gold_tags.push_back(std::move(gold_tag));
    sentence->predicted_tags.push_back(std::move(predicted_tag));
  }

  // The script sees these rows as tokens, when both files have them.
  void AddDocstarts(const ColumnSentence& gold, const ColumnSentence& predicted) {
    const auto gold_rows = DocumentRows(gold), predicted_rows = DocumentRows(predicted);
    const auto tag = [](const DocumentRow& row) {
      return row.fields.size() > 1 ? std::string_view(row.fields.back()) : std::string_view("O");
    };
    for (size_t i = 0; i < std::min(gold_rows.size(), predicted_rows.size()); ++i) {
      input_.raw.AddToken(tag(gold_rows[i]), tag(predicted_rows[i]));
      input_.raw.AddBoundary();
      ++docstart_rows_;
    }
  }

  [[nodiscard]] std::string Places(int64_t gold_line, int64_t predicted_line) const {
    return fmt::format("{} and {}", Place(input_.gold_path, gold_line), Place(input_.predicted_path, predicted_line));
  }

  [[noreturn]] void ThrowWordCount(const ColumnSentence& gold, size_t own, const ColumnSentence& predicted,
                                   size_t predicted_own) const {
    size_t r = 0;
    while (r < std::min(own, predicted_own) &&
           (predicted.rows[r].fields.size() < 2 || predicted.rows[r].fields[0] == gold.rows[r].fields[0])) {
      ++r;
    }
    throw Error(ErrorCode::kData,
                fmt::format("sentence {} has {} in '{}' but {} in '{}'", input_.sentences.size() + 1,
                            Counted(own, "word"), input_.gold_path, predicted_own, input_.predicted_path),
                Places(r < own ? gold.rows[r].line : gold.rows[own - 1].line + 1, LineAt(predicted, r)),
                "the files differ from these lines on; give one predicted tag for every word of the gold file");
  }

  [[noreturn]] void ThrowSentenceCount(const std::optional<ColumnSentence>& gold,
                                       const std::optional<ColumnSentence>& predicted) const {
    const bool gold_goes_on = gold.has_value();
    throw Error(
        ErrorCode::kData,
        fmt::format("'{}' ends after {} but '{}' goes on", gold_goes_on ? input_.predicted_path : input_.gold_path,
                    Counted(input_.sentences.size(), "sentence"),
                    gold_goes_on ? input_.gold_path : input_.predicted_path),
        Places(gold_goes_on ? gold->rows[0].line : last_gold_line_ + 1,
               gold_goes_on ? last_predicted_line_ + 1 : predicted->rows[0].line),
        "give predictions for exactly the sentences of the gold file, in the same order");
  }

  const EvalInputOptions& options_;
  ColumnReader gold_, predicted_;
  EvalInput input_;
  TagPlaces gold_tags_, predicted_tags_;
  WordDifference first_difference_;
  int64_t docstart_rows_ = 0, last_gold_line_ = 0, last_predicted_line_ = 0;
};

}  // namespace

EvalInput ReadGoldAndPredictions(const std::string& gold_path, const std::string& predicted_path,
                                 const EvalInputOptions& options) {
  if (gold_path == "-" && predicted_path == "-") {
    throw Error(ErrorCode::kUsage, "gold and predictions cannot both be read from stdin", "GOLD PRED",
                "give one of them as a file, or one file with both columns to --conll");
  }
  const bool columns = options.gold_format == DataFormat::kColumns && options.predicted_format == DataFormat::kColumns;
  if (!columns) return ReadSides(gold_path, predicted_path, options);
  return PairReader(gold_path, predicted_path, options).Read();
}

EvalInput ReadConllFile(const std::string& path, const EvalInputOptions& options) {
  EvalInput input;
  ColumnReader reader(path, WithAnyContextTag(options.file));
  input.gold_path = input.predicted_path = reader.path();
  TagPlaces gold_tags, predicted_tags;
  while (const std::optional<ColumnSentence> raw = reader.Next()) {
    const size_t own = OwnRowsByGold(*raw, reader.path());
    for (const DocumentRow& mark : DocumentRows(*raw)) {
      const std::vector<std::string>& fields = mark.fields;
      // A shorter row would end the script with an error.
      const bool is_token = fields.size() >= 2 && fields.size() == raw->rows[0].fields.size();
      if (is_token) input.raw.AddToken(fields[fields.size() - 2], fields.back());
      if (!is_token || mark.blank_line_behind) input.raw.AddBoundary();
    }
    EvalSentence sentence;
    sentence.gold_line = sentence.predicted_line = raw->rows[0].line;
    for (size_t r = 0; r < raw->rows.size(); ++r) {
      const ColumnRow& row = raw->rows[r];
      if (row.fields.size() < 2) {
        throw Error(ErrorCode::kData, fmt::format("row '{}' has one column", Printable(row.text)),
                    Place(reader.path(), row.line), "the last two columns must be the gold and the predicted tag");
      }
      const std::string &gold_field = row.fields[row.fields.size() - 2], &predicted_field = row.fields.back();
      std::string gold = MapTag(gold_field, options.label_map);
      std::string predicted = MapTag(predicted_field, options.label_map);
      AddRaw(row.fields[0], gold, predicted, &input.raw);
      if (r >= own) continue;
      gold_tags.Add(gold_field, row.line);
      predicted_tags.Add(predicted_field, row.line);
      sentence.words.push_back(row.fields.size() > 2 ? row.fields[0] : std::string());
      sentence.gold_lines.push_back(row.line);
      sentence.gold_tags.push_back(std::move(gold));
      sentence.predicted_tags.push_back(std::move(predicted));
    }
    if (raw->blank_line_behind) input.raw.AddBoundary();
    input.words += static_cast<int64_t>(own);
    input.sentences.push_back(std::move(sentence));
  }
  if (input.sentences.empty()) ThrowNoSentences(reader.path());
  CheckTags(input, gold_tags, predicted_tags);
  ReportLabelMap(options, gold_tags, predicted_tags, input.gold_path);
  FinishSchemes(options, {}, &input);
  return input;
}

}  // namespace clner
