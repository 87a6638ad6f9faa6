#include "data/column_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "core/log.h"
#include "core/utf8.h"
#include "data/counted.h"
#include "data/line_reader.h"

namespace clner {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kDocStart = "-DOCSTART-";
constexpr std::string_view kContextMark = "<EOS>";
// How much of a regular file says how many columns it has.
constexpr size_t kSentencesAhead = 100, kRowsAhead = 10'000;
// What is kept of memory that was handed back.
constexpr size_t kMaxSpareRows = 10'000, kMaxSpareRowBytes = 1000;

bool StartsWithWord(std::string_view text, std::string_view word) {
  return text.starts_with(word) && (text.size() == word.size() || kBlanks.find(text[word.size()]) != kBlanks.npos);
}

std::string_view WithoutTrailingBlanks(std::string_view text) {
  const size_t last = text.find_last_not_of(kBlanks);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

constexpr bool IsBlank(char byte) { return byte == ' ' || byte == '\t'; }

/// Fields of a row, written over those of an earlier one whose memory they take.
class FieldWriter {
 public:
  explicit FieldWriter(std::vector<std::string>* fields) : fields_(*fields) {}
  ~FieldWriter() { fields_.resize(count_); }
  FieldWriter(const FieldWriter&) = delete;
  FieldWriter& operator=(const FieldWriter&) = delete;
  void Add(std::string_view text) {
    if (fields_.empty()) fields_.reserve(4);
    if (count_ < fields_.size()) {
      fields_[count_].assign(text);
    } else {
      fields_.emplace_back(text);
    }
    ++count_;
  }

 private:
  std::vector<std::string>& fields_;
  size_t count_ = 0;
};

void SplitBlanks(std::string_view text, FieldWriter* fields) {
  for (size_t at = 0; at < text.size();) {
    if (IsBlank(text[at])) {
      ++at;
      continue;
    }
    const size_t begin = at;
    while (at < text.size() && !IsBlank(text[at])) ++at;
    fields->Add(text.substr(begin, at - begin));
  }
}

void SplitTabs(std::string_view text, FieldWriter* fields) {
  for (size_t begin = 0;;) {
    const size_t end = text.find('\t', begin);
    fields->Add(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return;
    begin = end + 1;
  }
}

void SplitLast(std::string_view text, FieldWriter* fields) {
  const size_t at = text.find_last_of(kBlanks);
  fields->Add(text.substr(0, at));
  if (at != std::string_view::npos) fields->Add(text.substr(at + 1));
}

void SplitRow(std::string_view text, ColumnDelimiter delimiter, bool in_context, std::vector<std::string>* fields) {
  if (delimiter == ColumnDelimiter::kBlanks) {
    {
      FieldWriter writer(fields);
      SplitBlanks(text, &writer);
    }
    // CLNER's context files hold rows such as " B-X": a context word that is empty.
    if (in_context && fields->size() == 1 && kBlanks.find(text.front()) != kBlanks.npos &&
        (IsContextTag(fields->front()) || fields->front() == "O")) {
      fields->insert(fields->begin(), std::string());
    }
    return;
  }
  FieldWriter writer(fields);
  const std::string_view row = WithoutTrailingBlanks(text);
  // Context rows of CLNER's files use one space even where the sentence's own rows use TAB.
  if (delimiter == ColumnDelimiter::kLast || (in_context && row.find('\t') == row.npos)) {
    SplitLast(row, &writer);
  } else {
    SplitTabs(row, &writer);
  }
}

bool IsContextLike(const ColumnRow& row) {
  return row.fields.size() == 1 || IsContextTag(row.fields.back()) || row.fields.back() == "O";
}

bool HasContextTag(const std::vector<std::string>& fields) { return fields.size() > 1 && IsContextTag(fields.back()); }

/// The word of a row that is a word, one blank and a context tag or O, with every delimiter; "" for any other row.
std::string_view WordOfPlainContextRow(std::string_view text) {
  size_t blank = 0;
  while (blank < text.size() && !IsBlank(text[blank])) ++blank;
  if (blank == text.size()) return {};
  const std::string_view tag = text.substr(blank + 1);
  return IsContextTag(tag) || tag == "O" ? text.substr(0, blank) : std::string_view();
}

std::string RaggedFix(const ColumnRow& row, const ColumnFileOptions& options, size_t expected) {
  const std::string_view text = WithoutTrailingBlanks(row.text);
  const std::string& skip = options.skip_option;
  if (options.delimiter == ColumnDelimiter::kBlanks && row.fields.size() > expected) {
    if (static_cast<size_t>(std::ranges::count(text, '\t')) + 1 == expected)
      return "a word holds a space: read with the delimiter 'tab'";
    if (expected == 2) {
      return "if the word holds a space, read with the delimiter 'last'; else correct the row" +
             (skip.empty() ? "" : " or use " + skip);
    }
  }
  return "correct the row (a missing blank line or a cut file?)" +
         (skip.empty() ? "" : ", or leave such sentences out with " + skip);
}

}  // namespace

LineOptions LineOptionsOf(const ColumnFileOptions& options) {
  return {options.replace_invalid_utf8, options.max_line_bytes, options.replace_option};
}

bool IsContextTag(std::string_view tag) {
  if (tag == "X") return true;
  return tag.size() == 3 && tag.substr(1) == "-X" && std::string_view("BIES").find(tag[0]) != std::string_view::npos;
}

std::optional<Problem> LabelInContext(const ColumnRow& row, const std::string& path) {
  if (IsContextLike(row)) return std::nullopt;
  return Problem{
      fmt::format("row of a context has the tag '{}': '{}'", Printable(row.fields.back()), Printable(row.text)),
      Place(path, row.line),
      "put a blank line in front of the sentence that the row belongs to, or tag context words 'B-X'"};
}

size_t OwnRows(const std::vector<ColumnRow>& rows) {
  size_t context_like_from = rows.size();
  while (context_like_from > 0 && IsContextLike(rows[context_like_from - 1])) --context_like_from;
  for (size_t i = 1; i < rows.size(); ++i) {
    const ColumnRow& row = rows[i];
    if (row.fields[0] != kContextMark) continue;
    if (row.fields.size() > 1 && IsContextTag(row.fields.back())) return i;
    if (i + 1 < rows.size() && i >= context_like_from) return i;
  }
  return rows.size();
}

ContextTexts TextsOfRows(const std::vector<ColumnRow>& rows, size_t first, size_t text) {
  ContextTexts contexts;
  int64_t marks = 0;
  for (size_t i = first; i < rows.size(); ++i) {
    const std::vector<std::string>& fields = rows[i].fields;
    if (fields[0] == kContextMark) {
      contexts.EndText();
      ++marks;
    } else {
      contexts.AddWord(fields[fields.size() == rows.front().fields.size() ? text : 0]);
    }
  }
  contexts.EndText();
  contexts.flat = marks == 1 && !contexts.empty();
  return contexts;
}

struct ColumnReader::State {
  State(const std::string& path, ColumnFileOptions file_options)
      : options(std::move(file_options)), lines(path, LineOptionsOf(options)), name(lines.name()) {}

  /// The rows up to the next break. `bad` sentences may lack rows.
  struct Block {
    ColumnSentence sentence;
    std::vector<Problem> problems;
    bool is_last = false;             ///< nothing behind it may be read
    bool context_words = false;       ///< the context goes to sentence.contexts instead of the rows
    int64_t marks = 0;                ///< `<EOS>` rows of sentence.contexts
    std::vector<ColumnRow> odd_rows;  ///< of sentence.contexts, to be checked: not just a word and a context tag
    [[nodiscard]] bool empty() const { return sentence.rows.empty() && problems.empty(); }
  };

  bool NextBlock(Block* block);
  void LookAhead();
  bool ReadBlock(Block* block);
  bool AddLine(const Line& line, Block* block);
  ColumnRow MakeRow(const Line& line);
  void AddContextRow(const Line& line, Block* block);
  void CheckRow(const ColumnRow& row, bool own, Block* block);
  void CheckRows(Block* block);
  void Finish();

  ColumnFileOptions options;
  LineReader lines;
  std::string name;
  ColumnFileStats stats;
  ProblemList problems;
  std::deque<Block> ahead;                            ///< read, but not yet given out
  std::vector<ColumnRow> spare_rows, spare_sentence;  ///< memory that was handed back; the second one is empty
  std::vector<std::string> before;
  size_t expected = 0;
  int64_t document = 0;
  bool in_context = false, failing = false, done = false;
};

/// A row of what the line holds, in memory that was handed back.
ColumnRow ColumnReader::State::MakeRow(const Line& line) {
  ColumnRow row;
  if (!spare_rows.empty()) {
    row = std::move(spare_rows.back());
    spare_rows.pop_back();
  }
  SplitRow(line.text, options.delimiter, in_context, &row.fields);
  row.line = line.number;
  row.text.assign(line.text);
  return row;
}

/// True when the line ends the block.
bool ColumnReader::State::AddLine(const Line& line, Block* block) {
  if (line.problem.has_value()) {
    block->problems.push_back(*line.problem);
    // The rest of such a line may never end, so it is passed over only on request.
    block->is_last = line.too_long && !options.skip_bad_sentences;
    return block->is_last;
  }
  std::vector<ColumnRow>& rows = block->sentence.rows;
  const std::string_view text = line.text;
  if (text.find_first_not_of(kBlanks) == text.npos) {
    if (!text.empty()) ++stats.whitespace_separators;
    block->sentence.blank_line_behind = !block->empty();
    if (block->sentence.blank_line_behind) return true;
    before.emplace_back(text);
    return false;
  }
  if (!options.comment.empty() && text.starts_with(options.comment)) {
    (rows.empty() ? before : block->sentence.before).emplace_back(text);
    return false;
  }
  if (!in_context && StartsWithWord(text, kDocStart)) {
    ++stats.docstart_lines;
    ++document;
    before.emplace_back(text);
    return !block->empty();
  }
  if (rows.empty()) {
    block->sentence.document = document;
    block->sentence.before = std::exchange(before, {});
    rows = std::exchange(spare_sentence, {});
    rows.reserve(32);
  }
  const bool first_mark = !in_context && !rows.empty() && StartsWithWord(text, kContextMark);
  in_context = in_context || first_mark;
  if (first_mark && options.context_words) block->context_words = HasContextTag(MakeRow(line).fields);
  if (block->context_words) {
    AddContextRow(line, block);
  } else {
    rows.push_back(MakeRow(line));
  }
  const size_t context_rows = block->sentence.contexts.words() + static_cast<size_t>(block->marks);
  if (rows.size() + context_rows > kMaxSentenceRows) {
    throw Error(ErrorCode::kData, fmt::format("sentence has more than {} rows", kMaxSentenceRows),
                Place(name, rows.front().line), "separate sentences by blank lines");
  }
  return false;
}

void ColumnReader::State::AddContextRow(const Line& line, Block* block) {
  ContextTexts& contexts = block->sentence.contexts;
  const std::string_view word = WordOfPlainContextRow(line.text);
  if (!word.empty() && word != kContextMark) return contexts.AddWord(word);
  ColumnRow row = MakeRow(line);
  if (row.fields[0] == kContextMark) {
    contexts.EndText();
    ++block->marks;
  } else {
    contexts.AddWord(row.fields[0]);
  }
  if (row.fields.size() > 2 || !IsContextLike(row)) block->odd_rows.push_back(std::move(row));
}

/// False at the end of the input.
bool ColumnReader::State::ReadBlock(Block* block) {
  in_context = false;
  // A document mark directly behind a sentence ends it; its line belongs to the next one.
  Line line;
  bool ended = false;
  while (!ended && lines.Next(&line)) ended = AddLine(line, block);
  ContextTexts& contexts = block->sentence.contexts;
  contexts.EndText();
  contexts.flat = block->marks == 1 && !contexts.empty();
  return ended || !block->empty();
}

/// Finds the number of columns. A row that was cut is more frequent than one with too many columns, so that the larger
/// number wins ties.
void ColumnReader::State::LookAhead() {
  const size_t sentences = lines.regular() ? kSentencesAhead : 1;
  std::map<size_t, size_t> rows_of;
  for (size_t rows = 0; ahead.size() < sentences && rows < kRowsAhead;) {
    Block block;
    if (!ReadBlock(&block)) break;
    const size_t own = OwnRows(block.sentence.rows);
    for (size_t i = 0; i < own; ++i) ++rows_of[block.sentence.rows[i].fields.size()];
    rows += block.sentence.rows.size();
    ahead.push_back(std::move(block));
    if (ahead.back().is_last) break;
  }
  size_t most = 0;
  for (const auto& [fields, count] : rows_of) {
    if (count < most) continue;
    most = count;
    expected = fields;
  }
}

bool ColumnReader::State::NextBlock(Block* block) {
  if (ahead.empty() && expected == 0) LookAhead();
  if (ahead.empty()) return ReadBlock(block);
  *block = std::move(ahead.front());
  ahead.pop_front();
  return true;
}

void ColumnReader::State::CheckRow(const ColumnRow& row, bool own, Block* block) {
  const size_t fields = row.fields.size(), most = own ? expected : std::max<size_t>(expected, 2);
  if (own ? fields != most : fields > most) {
    block->problems.push_back({fmt::format("row has {}, expected {}{}: '{}'", Counted(fields, "column"),
                                           own ? "" : "at most ", most, Printable(row.text)),
                               Place(name, row.line), RaggedFix(row, options, expected)});
  } else if (!own && !options.any_context_tag) {
    if (std::optional<Problem> problem = LabelInContext(row, name)) block->problems.push_back(std::move(*problem));
  }
}

void ColumnReader::State::CheckRows(Block* block) {
  const std::vector<ColumnRow>& rows = block->sentence.rows;
  if (rows.empty()) return;
  const size_t own = OwnRows(rows);
  for (size_t i = 0; i < rows.size(); ++i) CheckRow(rows[i], i < own, block);
  for (const ColumnRow& row : block->odd_rows) CheckRow(row, false, block);
  if (!block->problems.empty()) return;
  stats.words += static_cast<int64_t>(own);
  if (stats.sentences == 0) stats.min_fields = expected;
  stats.max_fields = expected;
}

void ColumnReader::State::Finish() {
  done = true;
  problems.ThrowIfAny();
  stats.replaced_bytes = lines.replaced_bytes();
  if (stats.whitespace_separators > 0) {
    LogWarning("blank separators",
               fmt::format("{} blanks; they end sentences like empty lines",
                           Counted(stats.whitespace_separators, "separator line holds", "separator lines hold")),
               name);
  }
  if (stats.replaced_bytes > 0) {
    LogWarning("replaced bytes", Counted(stats.replaced_bytes, "invalid byte") + " became U+FFFD", name);
  }
}

ColumnReader::ColumnReader(const std::string& path, ColumnFileOptions options)
    : state_(std::make_unique<State>(path, std::move(options))) {}
ColumnReader::~ColumnReader() = default;

std::optional<ColumnSentence> ColumnReader::Next() {
  State& state = *state_;
  while (!state.done) {
    State::Block block;
    if (!state.NextBlock(&block)) break;
    state.CheckRows(&block);
    if (block.problems.empty()) {
      if (state.failing) continue;
      ++state.stats.sentences;
      state.stats.replaced_bytes = state.lines.replaced_bytes();
      return std::move(block.sentence);
    }
    if (state.options.skip_bad_sentences) {
      ++state.stats.skipped_sentences;
      const Problem& first = block.problems.front();
      LogWarning("skipped sentences", "sentence left out: " + first.what, first.where);
      continue;
    }
    for (Problem& problem : block.problems) state.problems.Add(ErrorCode::kData, std::move(problem));
    state.failing = true;
    if (!state.lines.regular() || block.is_last) state.problems.ThrowIfAny();
  }
  if (!state.done) state.Finish();
  return std::nullopt;
}

void ColumnReader::Recycle(ColumnSentence sentence) {
  for (ColumnRow& row : sentence.rows) {
    if (state_->spare_rows.size() == kMaxSpareRows) break;
    if (row.text.capacity() <= kMaxSpareRowBytes) state_->spare_rows.push_back(std::move(row));
  }
  if (sentence.rows.capacity() > kMaxSpareRows) return;
  sentence.rows.clear();
  state_->spare_sentence = std::move(sentence.rows);
}

const std::vector<std::string>& ColumnReader::trailing() const { return state_->before; }
const ColumnFileStats& ColumnReader::stats() const { return state_->stats; }
const std::string& ColumnReader::path() const { return state_->name; }

}  // namespace clner
