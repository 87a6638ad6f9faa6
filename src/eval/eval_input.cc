#include "eval/eval_input.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/log.h"
#include "core/utf8.h"
#include "data/corpus.h"
#include "fmt/format.h"

namespace clner {
namespace {

constexpr std::string_view kDocstart = "-DOCSTART-";
constexpr std::string_view kBoundaryWord = "-X-";
constexpr std::string_view kContextMark = "<EOS>";

// Rows of the sentence itself; `drop` last columns are ignored when the context layout is recognised.
size_t OwnRows(const ColumnSentence& sentence, size_t drop) {
  const auto is_mark = [](const ColumnRow& row) { return row.fields[0] == kContextMark; };
  if (std::none_of(sentence.rows.begin(), sentence.rows.end(), is_mark)) return sentence.rows.size();
  ColumnSentence copy = sentence;
  for (ColumnRow& row : copy.rows)
    row.fields.resize(std::max<size_t>(1, row.fields.size() - std::min(drop, row.fields.size())));
  size_t own_rows = copy.rows.size();
  (void)SplitContext(copy, 0, &own_rows);
  return own_rows;
}

// Fields of the -DOCSTART- lines that precede a sentence.
std::vector<std::vector<std::string>> DocstartRows(const ColumnSentence& sentence) {
  std::vector<std::vector<std::string>> rows;
  for (const std::string& line : sentence.before) {
    std::vector<std::string> fields;
    for (size_t begin = line.find_first_not_of(" \t"); begin != std::string::npos;) {
      const size_t end = std::min(line.find_first_of(" \t", begin), line.size());
      fields.push_back(line.substr(begin, end - begin));
      begin = line.find_first_not_of(" \t", end);
    }
    if (!fields.empty() && fields[0].starts_with(kDocstart)) rows.push_back(std::move(fields));
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

class TagChecker {
 public:
  void Check(const std::string& tag, const std::string& path, int64_t line) {
    if (tag == last_good_ || SplitTag(tag).prefix != '?') {
      last_good_ = tag;
      return;
    }
    std::string fix = "tags look like B-PER; check that the tags are in the last column";
    if (tag.find(',') != std::string::npos) {
      fix = "the row holds several tags; keep one for each word";
    } else if (tag.size() > 1 && tag[1] == '_') {
      fix = fmt::format("write '{}-{}'", tag.substr(0, 1), Printable(tag.substr(2)));
    }
    problems_.Add(ErrorCode::kData, {fmt::format("'{}' is not a tag", Printable(tag)), Place(path, line), fix});
  }
  void ThrowIfAny() const { problems_.ThrowIfAny(); }

 private:
  std::string last_good_ = "O";
  ProblemList problems_;
};

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

int64_t LineAt(const ColumnSentence& sentence, size_t row) {
  return row < sentence.rows.size() ? sentence.rows[row].line : sentence.rows.back().line + 1;
}

/// Reads both files side by side.
class PairReader {
 public:
  PairReader(const std::string& gold_path, const std::string& predicted_path, const EvalInputOptions& options)
      : options_(options), gold_(gold_path, options.file), predicted_(predicted_path, options.file) {
    input_.gold_path = gold_path;
    input_.predicted_path = predicted_path;
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
    tags_.ThrowIfAny();
    for (auto i = docstart_rows_; i < std::min(gold_.stats().docstart_lines, predicted_.stats().docstart_lines); ++i) {
      input_.raw.AddToken("O", "O");
    }
    ReportWords();
    FinishSchemes(options_, &input_);
    return std::move(input_);
  }

 private:
  void Add(const ColumnSentence& gold, const ColumnSentence& predicted) {
    const size_t gold_rows = gold.rows.size(), predicted_rows = predicted.rows.size();
    const size_t own = OwnRows(gold, 0);
    const bool with_context = predicted_rows == gold_rows;
    if (!with_context && OwnRows(predicted, 0) != own) ThrowWordCount(gold, own, predicted);
    AddDocstarts(gold, predicted);
    EvalSentence sentence;
    sentence.gold_line = gold.rows[0].line;
    sentence.predicted_line = predicted.rows[0].line;
    for (size_t r = 0; r < (with_context ? gold_rows : own); ++r)
      AddRow(gold.rows[r], predicted.rows[r], r < own, &sentence);
    input_.raw.AddBoundary();
    input_.words += static_cast<int64_t>(own);
    last_gold_line_ = gold.rows.back().line;
    last_predicted_line_ = predicted.rows.back().line;
    input_.sentences.push_back(std::move(sentence));
  }

  void AddRow(const ColumnRow& gold, const ColumnRow& predicted, bool own, EvalSentence* sentence) {
    if (gold.fields.size() < 2) {
      if (!own) return;
      throw Error(ErrorCode::kData, fmt::format("row '{}' has no tag", Printable(gold.text)),
                  Place(input_.gold_path, gold.line), "the gold file needs a word and its tag in each row");
    }
    const std::string &gold_tag = gold.fields.back(), &predicted_tag = predicted.fields.back();
    AddRaw(gold.fields[0], gold_tag, predicted_tag, &input_.raw);
    if (!own) return;
    tags_.Check(gold_tag, input_.gold_path, gold.line);
    tags_.Check(predicted_tag, input_.predicted_path, predicted.line);
    if (predicted.fields.size() > 1 && gold.fields[0] != predicted.fields[0] && input_.different_words++ == 0) {
      first_difference_ = {fmt::format("'{}' against '{}'", Printable(gold.fields[0]), Printable(predicted.fields[0])),
                           Places(gold.line, predicted.line)};
    }
    sentence->words.push_back(gold.fields[0]);
    sentence->gold_tags.push_back(gold_tag);
    sentence->predicted_tags.push_back(predicted_tag);
  }

  // The script sees these rows as tokens, when both files have them.
  void AddDocstarts(const ColumnSentence& gold, const ColumnSentence& predicted) {
    const auto gold_rows = DocstartRows(gold), predicted_rows = DocstartRows(predicted);
    const auto tag = [](const std::vector<std::string>& fields) {
      return fields.size() > 1 ? std::string_view(fields.back()) : std::string_view("O");
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

  [[noreturn]] void ThrowWordCount(const ColumnSentence& gold, size_t own, const ColumnSentence& predicted) const {
    const size_t predicted_rows = predicted.rows.size();
    size_t r = 0;
    while (r < std::min(own, predicted_rows) &&
           (predicted.rows[r].fields.size() < 2 || predicted.rows[r].fields[0] == gold.rows[r].fields[0])) {
      ++r;
    }
    throw Error(ErrorCode::kData,
                fmt::format("sentence {} has {} words in '{}' but {} in '{}'", input_.sentences.size() + 1, own,
                            input_.gold_path, predicted_rows, input_.predicted_path),
                Places(r < own ? gold.rows[r].line : gold.rows[own - 1].line + 1, LineAt(predicted, r)),
                "the files differ from these lines on; give one predicted tag for every word of the gold file");
  }

  [[noreturn]] void ThrowSentenceCount(const std::optional<ColumnSentence>& gold,
                                       const std::optional<ColumnSentence>& predicted) const {
    const bool gold_goes_on = gold.has_value();
    throw Error(ErrorCode::kData,
                fmt::format("'{}' ends after {} sentences but '{}' goes on",
                            gold_goes_on ? input_.predicted_path : input_.gold_path, input_.sentences.size(),
                            gold_goes_on ? input_.gold_path : input_.predicted_path),
                Places(gold_goes_on ? gold->rows[0].line : last_gold_line_ + 1,
                       gold_goes_on ? last_predicted_line_ + 1 : predicted->rows[0].line),
                "give predictions for exactly the sentences of the gold file, in the same order");
  }

  const EvalInputOptions& options_;
  ColumnReader gold_, predicted_;
  EvalInput input_;
  TagChecker tags_;
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
  input.gold_path = input.predicted_path = path;
  ColumnReader reader(path, options.file);
  TagChecker tags;
  while (const std::optional<ColumnSentence> raw = reader.Next()) {
    const size_t own = OwnRows(*raw, 1);
    for (const std::vector<std::string>& fields : DocstartRows(*raw)) {
      // A shorter row would end the script with an error.
      if (fields.size() >= 2 && fields.size() == raw->rows[0].fields.size())
        input.raw.AddToken(fields[fields.size() - 2], fields.back());
      input.raw.AddBoundary();
    }
    EvalSentence sentence;
    sentence.gold_line = sentence.predicted_line = raw->rows[0].line;
    for (size_t r = 0; r < raw->rows.size(); ++r) {
      const ColumnRow& row = raw->rows[r];
      if (row.fields.size() < 2) {
        throw Error(ErrorCode::kData, fmt::format("row '{}' has one column", Printable(row.text)),
                    Place(path, row.line), "the last two columns must be the gold and the predicted tag");
      }
      const std::string &gold = row.fields[row.fields.size() - 2], &predicted = row.fields.back();
      AddRaw(row.fields[0], gold, predicted, &input.raw);
      if (r >= own) continue;
      tags.Check(gold, path, row.line);
      tags.Check(predicted, path, row.line);
      sentence.words.push_back(row.fields.size() > 2 ? row.fields[0] : std::string());
      sentence.gold_tags.push_back(gold);
      sentence.predicted_tags.push_back(predicted);
    }
    input.raw.AddBoundary();
    input.words += static_cast<int64_t>(own);
    input.sentences.push_back(std::move(sentence));
  }
  if (input.sentences.empty()) ThrowNoSentences(path);
  tags.ThrowIfAny();
  FinishSchemes(options, &input);
  return input;
}

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
  if (!gold_has_entities) return detected;
  if (gold == Scheme::kIob1 && detected == Scheme::kBio) return detected;
  const std::vector<std::string> letters = SchemeTags({"T"}, gold);
  const auto known = [&](char prefix) {
    return std::any_of(letters.begin(), letters.end(),
                       [&](const std::string& tag) { return SplitTag(tag).prefix == prefix; });
  };
  return std::all_of(used.begin(), used.end(), known) ? gold : detected;
}

}  // namespace clner
