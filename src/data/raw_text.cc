#include "data/raw_text.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/error.h"
#include "core/utf8.h"
#include "data/text_clusters.h"
#include "data/unicode_class.h"
#include "data/word_lists.h"
#include "data/word_rules.h"

namespace clner {
namespace {

constexpr size_t kLongestStart = 10;  // letters of the words in the list of sentence starts

/// A word of the line that is being read.
struct LineWord {
  TextWord word = {};
  WordKind kind = WordKind::kPlain;
  char32_t first = 0;  ///< base of the first cluster
  ClusterKind first_kind = ClusterKind::kMark;
  bool after_blank = true;
};

/// Words of one line, and the ends of sentences among them.
class LineCutter {
 public:
  LineCutter(std::string_view text, std::vector<TextSentence>* sentences) : text_(text), sentences_(sentences) {}

  /// `end`, `end_byte`: where the chunk ends in the text.
  void AddChunk(const std::vector<Cluster>& chunk, size_t end, size_t end_byte) {
    rule_words_.clear();
    CutWords(chunk, line_.empty(), &rule_words_);
    for (const RuleWord& word : rule_words_) {
      const Cluster& first = chunk[word.begin];
      const bool last = word.end == chunk.size();
      line_.push_back({{first.begin, last ? end : chunk[word.end].begin, first.begin_byte,
                        last ? end_byte : chunk[word.end].begin_byte},
                       word.kind,
                       first.base,
                       first.kind,
                       word.begin == 0});
    }
  }

  void EndLine() {
    TextSentence sentence;
    for (size_t at = 0; at < line_.size(); ++at) {
      bool ends = false;
      if (HasFullStop(line_[at].kind)) {
        ends = EndsAfterAbbreviation(at);
        const bool no_number = line_[at].kind == WordKind::kBeforeNumber && !IsDigitAt(at + 1);
        AddAbbreviation(line_[at].word, ends || no_number || IsLast(at), &sentence);
      } else {
        sentence.words.push_back(line_[at].word);
        if (IsEndMark(line_[at].kind)) {
          const size_t stop = at;
          while (ClosesSentence(at + 1)) sentence.words.push_back(line_[++at].word);
          ends = EndsAfter(stop, at + 1);
        }
      }
      if (ends) Finish(&sentence);
    }
    Finish(&sentence);
    line_.clear();
  }

 private:
  void Finish(TextSentence* sentence) {
    if (!sentence->words.empty()) sentences_->push_back(std::move(*sentence));
    *sentence = {};
  }

  [[nodiscard]] static bool HasFullStop(WordKind kind) {
    return kind == WordKind::kAbbreviation || kind == WordKind::kTitle || kind == WordKind::kBeforeNumber;
  }
  [[nodiscard]] static bool IsEndMark(WordKind kind) {
    return kind == WordKind::kFullStop || kind == WordKind::kExclamation || kind == WordKind::kEllipsis ||
           kind == WordKind::kIdeographic;
  }

  /// The word with its full stop, or both apart. Format characters may stand behind the full stop.
  void AddAbbreviation(const TextWord& word, bool cut, TextSentence* sentence) const {
    if (!cut) return sentence->words.push_back(word);
    const std::string_view surface = Surface(text_, word);
    const size_t stop_byte = word.begin_byte + surface.rfind('.');
    const size_t stop = word.end - CodePointCount(text_.substr(stop_byte, word.end_byte - stop_byte));
    sentence->words.push_back({word.begin, stop, word.begin_byte, stop_byte});
    sentence->words.push_back({stop, word.end, stop_byte, word.end_byte});
  }

  [[nodiscard]] static bool IsQuote(const LineWord& word) {
    return word.first == '"' || word.first == '\'' || word.first == 0x2019 || word.first == 0x201D;
  }

  /// True when nothing but a closing quote follows in the line.
  [[nodiscard]] bool IsLast(size_t at) const {
    if (at + 1 == line_.size()) return true;
    return at + 2 == line_.size() && line_[at + 1].kind == WordKind::kCloser && IsQuote(line_[at + 1]);
  }

  [[nodiscard]] bool IsDigitAt(size_t at) const {
    return at < line_.size() && line_[at].first_kind == ClusterKind::kDigit;
  }

  /// True if the word belongs to the sentence whose end mark, or what closes behind it, stands before. A quote behind a
  /// blank begins the next sentence, unless the line ends there.
  [[nodiscard]] bool ClosesSentence(size_t at) const {
    if (at >= line_.size()) return false;
    const LineWord& word = line_[at];
    if (!word.after_blank) return word.kind == WordKind::kCloser || IsEndMark(word.kind);
    return word.kind == WordKind::kCloser && (!IsQuote(word) || at + 1 == line_.size());
  }

  /// True if the word can be the first of a sentence.
  [[nodiscard]] static bool CanBegin(const LineWord& word) {
    return word.first_kind == ClusterKind::kMark ? IsOpening(word.first) : !IsLowerCase(word.first);
  }

  [[nodiscard]] static bool IsDash(char32_t c) { return c == '-' || c == 0x2013 || c == 0x2014; }

  [[nodiscard]] bool EndsAfterAbbreviation(size_t at) const {
    if (at + 1 == line_.size() || !line_[at + 1].after_blank) return false;
    const LineWord& next = line_[at + 1];
    if (line_[at].kind == WordKind::kBeforeNumber) return !IsDigitAt(at + 1) && CanBegin(next);
    if (line_[at].kind == WordKind::kTitle || !IsUpperCase(next.first)) return false;
    const std::string_view surface = Surface(text_, next.word);
    return surface.size() <= kLongestStart && OftenBeginsSentence(LowerCase(surface));
  }

  /// True if the mark at `stop`, with what closes behind it, ends the sentence before the word at `next`.
  [[nodiscard]] bool EndsAfter(size_t stop, size_t next) const {
    const WordKind kind = line_[stop].kind;
    if (kind == WordKind::kIdeographic || next == line_.size()) return true;
    const char32_t first = line_[next].first;
    if (!line_[next].after_blank) {
      const bool without_blanks =
          line_[next].first_kind == ClusterKind::kSolo && stop > 0 && line_[stop - 1].first_kind == ClusterKind::kSolo;
      return next == stop + 1 && kind != WordKind::kEllipsis && (IsUpperCase(first) || without_blanks);
    }
    if (kind == WordKind::kFullStop && IsDash(first)) return true;  // of a list, or before a source
    if (kind != WordKind::kEllipsis) return CanBegin(line_[next]);
    return IsUpperCase(first) || (line_[next].first_kind == ClusterKind::kMark && IsOpening(first));
  }

  std::string_view text_;
  std::vector<TextSentence>* sentences_;
  std::vector<LineWord> line_;
  std::vector<RuleWord> rule_words_;
};

/// Words between blanks; a line is a sentence.
std::vector<TextSentence> SplitAtBlanks(std::string_view text) {
  std::vector<TextSentence> sentences;
  ClusterReader reader(text);
  bool new_sentence = true;
  for (;;) {
    if (reader.SkipWhiteSpace() > 0) new_sentence = true;
    TextWord word = {.begin = reader.position(), .begin_byte = reader.byte()};
    if (word.begin_byte == text.size()) return sentences;
    reader.SkipChunk();
    word.end = reader.position();
    word.end_byte = reader.byte();
    if (new_sentence) sentences.emplace_back();
    new_sentence = false;
    sentences.back().words.push_back(word);
  }
}

}  // namespace

std::vector<TextSentence> SegmentText(std::string_view text, const RawTextOptions& options) {
  if (text.size() > std::numeric_limits<uint32_t>::max())
    throw Error(ErrorCode::kData, "a text is longer than 4 GiB", "", "split it into lines or files");
  if (options.tokenized) return SplitAtBlanks(text);
  std::vector<TextSentence> sentences;
  std::vector<Cluster> chunk;
  ClusterReader reader(text);
  LineCutter line(text, &sentences);
  const int line_ends_of_sentence = options.line_is_sentence ? 1 : 2;
  for (;;) {
    if (reader.SkipWhiteSpace() >= line_ends_of_sentence) line.EndLine();
    reader.NextChunk(&chunk);
    if (chunk.empty()) break;
    line.AddChunk(chunk, reader.position(), reader.byte());
  }
  line.EndLine();
  return sentences;
}

std::vector<std::string> Surfaces(std::string_view text, const TextSentence& sentence) {
  std::vector<std::string> words;
  words.reserve(sentence.words.size());
  for (const TextWord& word : sentence.words) words.emplace_back(Surface(text, word));
  return words;
}

std::optional<TextWordRange> WordsOfRange(const std::vector<TextSentence>& sentences, size_t begin, size_t end) {
  const auto sentence =
      std::partition_point(sentences.begin(), sentences.end(), [&](const TextSentence& s) { return s.end() <= begin; });
  if (begin >= end || sentence == sentences.end() || sentence->begin() >= end) return std::nullopt;
  if (sentence + 1 != sentences.end() && (sentence + 1)->begin() < end) return std::nullopt;
  const std::vector<TextWord>& words = sentence->words;
  const auto first =
      std::partition_point(words.begin(), words.end(), [&](const TextWord& word) { return word.end <= begin; });
  const auto last = std::partition_point(first, words.end(), [&](const TextWord& word) { return word.begin < end; });
  if (first == last) return std::nullopt;
  return TextWordRange{static_cast<size_t>(sentence - sentences.begin()), first - words.begin(), last - words.begin(),
                       first->begin == begin && (last - 1)->end == end};
}

}  // namespace clner
