#include "data/word_rules.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "data/web_rules.h"
#include "data/word_lists.h"

namespace clner {
namespace {

constexpr size_t kLongestListed = 8;  // code points of the words in word_lists.cc
constexpr size_t kListDigits = 3, kMostClitics = 3;

bool IsApostrophe(char32_t c) { return c == '\'' || c == 0x2019; }
bool IsHyphen(char32_t c) { return c == '-' || c == 0x2010 || c == 0x2011; }
bool IsHebrew(char32_t c) { return c >= 0x05D0 && c <= 0x05F2; }
bool RepeatsAsOneWord(char32_t c) {
  return c == 0x2026 ||
         (c < 0x80 && std::string_view(".-*=~_#^+|/\\<>").find(static_cast<char>(c)) != std::string_view::npos);
}

WordKind KindOfMark(char32_t c) {
  switch (c) {
    case '.':
      return WordKind::kFullStop;
    case 0x2026:  // ellipsis
      return WordKind::kEllipsis;
    case '!':
    case '?':
    case 0x203C:  // double exclamation mark, and its combinations with the question mark
    case 0x2047:
    case 0x2048:
    case 0x2049:
    case 0x203D:
    case 0x0589:  // Armenian
    case 0x061F:  // Arabic question mark, full stop
    case 0x06D4:
    case 0x0964:  // danda, double danda
    case 0x0965:
    case 0x104A:  // Myanmar
    case 0x104B:
    case 0x1362:  // Ethiopic full stop, question mark
    case 0x1367:
    case 0x17D4:  // Khmer
    case 0x17D5:
      return WordKind::kExclamation;
    case 0x3002:  // ideographic full stop, full-width exclamation mark, full stop, question mark
    case 0xFF01:
    case 0xFF0E:
    case 0xFF1F:
    case 0xFF61:
      return WordKind::kIdeographic;
    case '"':
    case '\'':
    case ')':
    case ']':
    case '}':
    case 0x00BB:
    case 0x2019:
    case 0x201D:
    case 0x203A:
    case 0x3009:
    case 0x300B:
    case 0x300D:
    case 0x300F:
    case 0x3011:
    case 0x3015:
    case 0xFF02:
    case 0xFF09:
    case 0xFF3D:
    case 0xFF5D:
    case 0xFF63:
      return WordKind::kCloser;
    default:
      return WordKind::kPlain;
  }
}

class WordCutter {
 public:
  WordCutter(const std::vector<Cluster>& chunk, bool at_line_start, std::vector<RuleWord>* words)
      : text_(chunk), at_line_start_(at_line_start), web_(chunk), words_(words) {}

  void Run() {
    for (size_t at = 0; at < text_.size();) {
      const size_t web_end = web_.End(at);
      if (web_end > at) {
        Add(at, web_end);
        at = web_end;
      } else {
        at = IsWordStart(at) ? CutWord(at) : CutMark(at);
      }
    }
  }

 private:
  void Add(size_t begin, size_t end, WordKind kind = WordKind::kPlain) { words_->push_back({begin, end, kind}); }
  [[nodiscard]] char32_t At(size_t i) const { return PlainAt(text_, i); }
  [[nodiscard]] bool IsAlnum(size_t i) const { return IsAlnumAt(text_, i); }
  [[nodiscard]] bool IsDigit(size_t i) const { return i < text_.size() && text_[i].kind == ClusterKind::kDigit; }
  [[nodiscard]] bool IsLetter(size_t i) const { return i < text_.size() && text_[i].kind == ClusterKind::kLetter; }
  [[nodiscard]] bool IsUpper(size_t i) const { return IsLetter(i) && IsUpperCase(text_[i].base); }
  [[nodiscard]] bool IsLower(size_t i) const { return IsLetter(i) && IsLowerCase(text_[i].base); }
  [[nodiscard]] bool IsCased(size_t i) const { return IsUpper(i) || IsLower(i); }

  /// The clusters in lower case, when all are ASCII and few; "" otherwise.
  [[nodiscard]] std::string Listed(size_t begin, size_t end) const {
    std::string word;
    if (end - begin > kLongestListed) return word;
    for (size_t i = begin; i < end; ++i) {
      if (At(i) == 0 || At(i) >= 0x80) return {};
      word += static_cast<char>(IsUpper(i) ? At(i) + 0x20 : At(i));
    }
    return word;
  }

  /// Letters and digits, and signed numbers: "+44", ".500".
  [[nodiscard]] bool IsWordStart(size_t at) const {
    if (text_[at].kind == ClusterKind::kSolo) return false;
    if (text_[at].kind != ClusterKind::kMark) return true;
    if ((At(at) != '+' && At(at) != '.') || !IsDigit(at + 1)) return false;
    return at == 0 || text_[at - 1].kind == ClusterKind::kMark;
  }

  /// A full stop without blank, between a sentence and the next: "end.Next", but not "U.S.A" or "Yahoo.com".
  [[nodiscard]] bool IsMissedBlank(size_t stop, size_t begin) const {
    return stop >= begin + 2 && IsLower(stop - 1) && IsLetter(stop - 2) && IsUpper(stop + 1) &&
           (IsLower(stop + 2) || !IsLetter(stop + 2));
  }

  /// True if the mark at `at`, inside the word that starts at `begin`, joins what stands on its sides.
  [[nodiscard]] bool Joins(size_t at, size_t begin) const {
    const char32_t c = At(at);
    if (c == '.' && IsHyphen(At(at + 1)) && IsAlnum(at + 2)) return IsCased(at - 1);  // "U.S.-led"
    if (!IsAlnum(at + 1)) return false;
    const bool letters = IsLetter(at - 1) && IsLetter(at + 1), digits = IsDigit(at - 1) && IsDigit(at + 1);
    if (IsHyphen(c)) return true;
    if (IsApostrophe(c)) return IsLetter(at + 1);
    switch (c) {
      case '.':
        return (IsCased(at - 1) || IsDigit(at - 1)) && (IsCased(at + 1) || IsDigit(at + 1)) &&
               !IsMissedBlank(at, begin);
      case ',':
      case '/':
      case ':':
      case 0x2044:  // fraction slash
        return digits;
      case '&':
        return IsUpper(at - 1) && IsUpper(at + 1);
      case '*':
      case 0xB7:  // middle dot: Catalan
        return letters;
      case '"':
        return IsHebrew(text_[at - 1].base) && IsHebrew(text_[at + 1].base);
      default:
        return false;
    }
  }

  /// End of the letters and digits that start at `begin`, with the marks that join them.
  [[nodiscard]] size_t WordEnd(size_t begin) const {
    size_t at = IsAlnum(begin) ? begin : begin + 1;
    for (; at < text_.size(); ++at) {
      if (text_[at].kind == ClusterKind::kKatakana || text_[begin].kind == ClusterKind::kKatakana) break;
      if (IsAlnum(at)) continue;
      size_t next = at;
      while (At(next) == '_') ++next;
      if (next > at && IsAlnum(next)) {
        at = next;
      } else if (!Joins(at, begin)) {
        break;
      }
    }
    while (text_[begin].kind == ClusterKind::kKatakana && at < text_.size() && text_[at].kind == ClusterKind::kKatakana)
      ++at;
    return at;
  }

  /// Single letters with full stops between them, one letter included: "U.S", "a.m", "J".
  [[nodiscard]] bool AreInitials(size_t begin, size_t end) const {
    if ((end - begin) % 2 == 0 || (end == begin + 1 && !IsUpper(begin))) return false;
    for (size_t i = begin; i < end; ++i) {
      if ((i - begin) % 2 == 0 ? !IsCased(i) : At(i) != '.') return false;
    }
    return true;
  }

  [[nodiscard]] WordKind KindOfAbbreviation(size_t begin, size_t end) const {
    if (AreInitials(begin, end)) return WordKind::kAbbreviation;
    std::string word = Listed(begin, end);
    if (IsTitleAbbreviation(word)) return WordKind::kTitle;
    if (IsNumberAbbreviation(word)) return WordKind::kBeforeNumber;
    return IsAbbreviation(word) || word == "ph.d" ? WordKind::kAbbreviation : WordKind::kPlain;
  }

  size_t CutWord(size_t begin) {
    const size_t end = WordEnd(begin);
    if (At(end) == '.' && At(end + 1) != '.') {
      const bool of_list = at_line_start_ && begin == 0 && end <= kListDigits && end + 1 == text_.size() &&
                           std::all_of(text_.begin(), text_.begin() + static_cast<ptrdiff_t>(end),
                                       [](const Cluster& c) { return c.kind == ClusterKind::kDigit; });
      const WordKind kind = of_list ? WordKind::kPlain : KindOfAbbreviation(begin, end);
      if (of_list || kind != WordKind::kPlain) {
        Add(begin, end + 1, kind);
        return end + 1;
      }
    }
    const size_t longer = WithSuffix(begin, end);
    if (longer > end) {
      Add(begin, longer);
    } else {
      CutClitics(begin, end);
    }
    return longer;
  }

  /// Marks that belong to the end of a word: "C++", "18+", "C#", "US$", "pre-" before a blank.
  [[nodiscard]] size_t WithSuffix(size_t begin, size_t end) const {
    size_t after = end;
    if (At(end) == '+') {
      while (after < end + 2 && At(after) == '+') ++after;
      return At(after) == '+' || IsAlnum(after) ? end : after;
    }
    if (IsHyphen(At(end)) && end + 1 == text_.size()) return end + 1;
    if (At(end) == '#' && end == begin + 1 && IsUpper(begin) && !IsAlnum(end + 1)) return end + 1;
    if (At(end) != '$' || end > begin + 3 || IsLetter(end + 1)) return end;
    for (size_t i = begin; i < end; ++i) {
      if (!IsUpper(i)) return end;
    }
    return end + 1;
  }

  /// Length of the English clitic at the end of the word: "'s", "n't"; 0 without one.
  [[nodiscard]] size_t CliticLength(size_t begin, size_t end) const {
    for (size_t letters : {size_t{1}, size_t{2}}) {
      if (end < begin + letters + 1 || !IsApostrophe(At(end - letters - 1))) continue;
      const std::string tail = Listed(end - letters, end);
      if (tail == "t" && end > begin + 2 && (At(end - 3) == 'n' || At(end - 3) == 'N')) return 3;
      if (IsCliticTail(tail)) return letters + 1;
    }
    return 0;
  }
  [[nodiscard]] static bool IsCliticTail(std::string_view tail) {
    return tail == "s" || tail == "m" || tail == "d" || tail == "re" || tail == "ve" || tail == "ll";
  }

  /// The word without its clitics, and each of them: "should", "n't", "'ve".
  void CutClitics(size_t begin, size_t end) {
    std::array<size_t, kMostClitics> ends;
    size_t count = 0;
    for (; count < kMostClitics; ++count) {
      const size_t length = CliticLength(begin, end);
      if (length == 0 || length >= end - begin) break;
      ends[count] = end;
      end -= length;
    }
    Add(begin, end);
    while (count > 0) {
      Add(end, ends[--count]);
      end = ends[count];
    }
  }

  size_t CutMark(size_t at) {
    if (text_[at].kind == ClusterKind::kSolo) {
      Add(at, at + 1, KindOfMark(text_[at].base));  // the double exclamation mark is an emoji
      return at + 1;
    }
    const char32_t c = At(at);
    size_t end = at + 1;
    if (IsApostrophe(c) && (at == 0 || IsAlnum(at - 1) || At(at - 1) == '.')) {
      // A clitic behind a blank or behind a word that ends by another rule: "It 's", "U.S.'s", "@jane's".
      while (end < at + 4 && IsLetter(end)) ++end;
      if (!IsAlnum(end) && IsCliticTail(Listed(at + 1, end))) {
        Add(at, end);
        return end;
      }
      end = at + 1;
    }
    if (c == '!' || c == '?') {
      while (At(end) == '!' || At(end) == '?') ++end;
    } else if (RepeatsAsOneWord(c)) {
      while (At(end) == c) ++end;
    } else if ((c == '`' || c == '\'') && At(end) == c) {
      ++end;
    }
    Add(at, end, c == '.' && end > at + 1 ? WordKind::kEllipsis : KindOfMark(c));
    return end;
  }

  const std::vector<Cluster>& text_;
  bool at_line_start_;
  WebRules web_;
  std::vector<RuleWord>* words_;
};

}  // namespace

void CutWords(const std::vector<Cluster>& chunk, bool at_line_start, std::vector<RuleWord>* words) {
  WordCutter(chunk, at_line_start, words).Run();
}

}  // namespace clner
