#include "eval/eval_input.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/log.h"
#include "core/utf8.h"
#include "data/corpus.h"
#include "data/counted.h"
#include "data/tag_check.h"
#include "fmt/format.h"

namespace clner {
namespace {

constexpr std::string_view kDocstart = "-DOCSTART-";
constexpr std::string_view kBoundaryWord = "-X-";
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

void AddRaw(std::string_view word, std::string_view gold, std::string_view predicted, Conlleval* raw) {
  if (word == kBoundaryWord) {
    raw->AddBoundary();
  } else {
    raw->AddToken(gold, predicted);
  }
}

/// The distinct tags of one file with the line where each was first seen.
class TagPlaces {
 public:
  void Add(const std::string& tag, int64_t line) {
    if (tag == last_) return;
    last_ = tag;
    lines_.try_emplace(tag, line);
  }
  /// Collects what is no tag of any scheme; bare types are tags only where no tag has a prefix.
  void Check(const std::string& path, ProblemList* problems) const {
    const auto has_prefix = [](const auto& entry) {
      const char prefix = SplitTag(entry.first).prefix;
      return prefix != '?' && prefix != 'O';
    };
    const bool types_only = std::none_of(lines_.begin(), lines_.end(), has_prefix);
    std::vector<std::pair<int64_t, std::string>> by_line;
    for (const auto& [tag, line] : lines_) by_line.emplace_back(line, tag);
    std::sort(by_line.begin(), by_line.end());
    for (const auto& [line, tag] : by_line) {
      const std::optional<TagComplaint> complaint = CheckTag(tag, types_only);
      if (complaint.has_value()) problems->Add(ErrorCode::kData, {complaint->what, Place(path, line), complaint->fix});
    }
  }

 private:
  std::string last_;
  std::unordered_map<std::string, int64_t> lines_;
};

void CheckTags(const EvalInput& input, const TagPlaces& gold, const TagPlaces& predicted) {
  ProblemList problems;
  gold.Check(input.gold_path, &problems);
  predicted.Check(input.predicted_path, &problems);
  problems.ThrowIfAny();
}

// Detection, shared by both readers.
void FinishSchemes(const EvalInputOptions& options, EvalInput* input) {
  if (options.scheme.has_value()) {
    input->gold_scheme = input->predicted_scheme = *options.scheme;
    return;
  }
  SchemeDetector detector;
  bool has_entities = false;
  for (const EvalSentence& sentence : input->sentences) {
    detector.Add(sentence.gold_tags);
    has_entities = has_entities || std::any_of(sentence.gold_tags.begin(), sentence.gold_tags.end(),
                                               [](const auto& t) { return t != "O"; });
  }
  input->gold_scheme = detector.Detect();
  input->predicted_scheme = PredictedScheme(input->gold_scheme, has_entities, input->sentences);
  if (!has_entities) input->gold_scheme = input->predicted_scheme;
}

[[noreturn]] void ThrowNoSentences(const std::string& path) {
  throw Error(ErrorCode::kData, "no sentences", path, "give a column file with one word and its tag in each row");
}

[[noreturn]] void ThrowNoTag(const std::string& path, const ColumnRow& row) {
  throw Error(ErrorCode::kData, fmt::format("row '{}' has no tag", Printable(row.text)), Place(path, row.line),
              "the gold file needs a word and its tag in each row");
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
    for (auto i = docstart_rows_; i < std::min(gold_.stats().docstart_lines, predicted_.stats().docstart_lines); ++i) {
      input_.raw.AddToken("O", "O");
    }
    ReportWords();
    FinishSchemes(options_, &input_);
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
    const std::string &gold_tag = gold.fields.back(), &predicted_tag = predicted.fields.back();
    AddRaw(gold.fields[0], gold_tag, predicted_tag, &input_.raw);
    if (!own) return;
    gold_tags_.Add(gold_tag, gold.line);
    predicted_tags_.Add(predicted_tag, predicted.line);
    if (predicted.fields.size() > 1 && gold.fields[0] != predicted.fields[0] && input_.different_words++ == 0) {
      first_difference_ = {fmt::format("'{}' against '{}'", Printable(gold.fields[0]), Printable(predicted.fields[0])),
                           Places(gold.line, predicted.line)};
    }
    sentence->words.push_back(gold.fields[0]);
    sentence->gold_lines.push_back(gold.line);
    sentence->gold_tags.push_back(gold_tag);
    sentence->predicted_tags.push_back(predicted_tag);
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

  void ReportWords() const {
    if (input_.different_words == 0) return;
    const std::string what = fmt::format("{} of {} words differ between the files, the first: {}",
                                         input_.different_words, input_.words, first_difference_.first);
    const char* fix = "check that both files hold the same text";
    if (options_.strict) throw Error(ErrorCode::kData, what, first_difference_.second, fix);
    LogWarning("words differ", what, first_difference_.second, fix);
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
  std::pair<std::string, std::string> first_difference_;
  int64_t docstart_rows_ = 0, last_gold_line_ = 0, last_predicted_line_ = 0;
};

}  // namespace

EvalInput ReadGoldAndPredictions(const std::string& gold_path, const std::string& predicted_path,
                                 const EvalInputOptions& options) {
  if (gold_path == "-" && predicted_path == "-") {
    throw Error(ErrorCode::kUsage, "gold and predictions cannot both be read from stdin", "GOLD PRED",
                "give one of them as a file, or one file with both columns to --conll");
  }
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
      const std::string &gold = row.fields[row.fields.size() - 2], &predicted = row.fields.back();
      AddRaw(row.fields[0], gold, predicted, &input.raw);
      if (r >= own) continue;
      gold_tags.Add(gold, row.line);
      predicted_tags.Add(predicted, row.line);
      sentence.words.push_back(row.fields.size() > 2 ? row.fields[0] : std::string());
      sentence.gold_lines.push_back(row.line);
      sentence.gold_tags.push_back(gold);
      sentence.predicted_tags.push_back(predicted);
    }
    if (raw->blank_line_behind) input.raw.AddBoundary();
    input.words += static_cast<int64_t>(own);
    input.sentences.push_back(std::move(sentence));
  }
  if (input.sentences.empty()) ThrowNoSentences(reader.path());
  CheckTags(input, gold_tags, predicted_tags);
  FinishSchemes(options, &input);
  return input;
}

EvalInput ReadGold(const std::string& path, const EvalInputOptions& options) {
  EvalInput input;
  ColumnReader reader(path, options.file);
  input.gold_path = reader.path();
  TagPlaces tags;
  while (const std::optional<ColumnSentence> raw = reader.Next()) {
    EvalSentence sentence;
    sentence.gold_line = sentence.predicted_line = raw->rows[0].line;
    const size_t own = OwnRows(raw->rows);
    for (size_t r = 0; r < own; ++r) {
      const ColumnRow& row = raw->rows[r];
      if (row.fields.size() < 2) ThrowNoTag(reader.path(), row);
      tags.Add(row.fields.back(), row.line);
      sentence.words.push_back(row.fields[0]);
      sentence.gold_lines.push_back(row.line);
      sentence.gold_tags.push_back(row.fields.back());
    }
    input.words += static_cast<int64_t>(own);
    input.sentences.push_back(std::move(sentence));
  }
  if (input.sentences.empty()) ThrowNoSentences(reader.path());
  CheckTags(input, tags, {});
  FinishSchemes(options, &input);
  return input;
}

void SetPredictions(const std::vector<std::vector<Span>>& predicted, const std::string& name, EvalInput* input) {
  CLNER_CHECK_EQ(predicted.size(), input->sentences.size());
  input->predicted_path = name;
  // IO cannot tell neighbours of one type apart.
  input->predicted_scheme = input->gold_scheme == Scheme::kIo ? Scheme::kBio : input->gold_scheme;
  input->raw = {};
  for (size_t i = 0; i < predicted.size(); ++i) {
    EvalSentence& sentence = input->sentences[i];
    sentence.predicted_tags = SpansToTags(predicted[i], static_cast<int64_t>(sentence.size()), input->predicted_scheme);
    for (size_t w = 0; w < sentence.size(); ++w) {
      AddRaw(sentence.words[w], sentence.gold_tags[w], sentence.predicted_tags[w], &input->raw);
    }
    input->raw.AddBoundary();
  }
}

namespace {

/// Predicted tags that are the gold ones once these are written in `scheme`.
int64_t EqualTags(const std::vector<EvalSentence>& sentences, Scheme gold, Scheme scheme) {
  int64_t equal = 0;
  for (const EvalSentence& sentence : sentences) {
    const std::vector<std::string> tags =
        SpansToTags(TagsToSpans(sentence.gold_tags, gold), static_cast<int64_t>(sentence.size()), scheme);
    for (size_t w = 0; w < tags.size(); ++w) equal += tags[w] == sentence.predicted_tags[w] ? 1 : 0;
  }
  return equal;
}

}  // namespace

Scheme PredictedScheme(Scheme gold, bool gold_has_entities, const std::vector<EvalSentence>& sentences) {
  SchemeDetector detector;
  std::string used;
  for (const EvalSentence& sentence : sentences) {
    detector.Add(sentence.predicted_tags);
    for (const std::string& tag : sentence.predicted_tags) {
      const char prefix = SplitTag(tag).prefix;
      if (used.find(prefix) == std::string::npos) used += prefix;
    }
  }
  if (used.empty() || used == "O") return gold;
  const Scheme detected = detector.Detect();
  if (!gold_has_entities || detected == gold) return detected;
  const std::vector<std::string> letters = SchemeTags({"T"}, gold);
  const auto known = [&](char prefix) {
    return std::any_of(letters.begin(), letters.end(),
                       [&](const std::string& tag) { return SplitTag(tag).prefix == prefix; });
  };
  if (!std::all_of(used.begin(), used.end(), known)) return detected;
  return EqualTags(sentences, gold, detected) > EqualTags(sentences, gold, gold) ? detected : gold;
}

}  // namespace clner
