#include "data/text_words.h"

#include "core/utf8.h"
#include "data/raw_text.h"

namespace clner {
namespace {

std::vector<TextRange> SplitAtBlanks(std::string_view text) {
  std::vector<TextRange> words;
  int64_t index = 0;
  bool inside = false;
  for (size_t at = 0; at < text.size(); ++index) {
    const char32_t character = DecodeUtf8(text, &at);
    const bool blank = character == ' ' || (character >= '\t' && character <= '\r');
    if (!blank && !inside) words.push_back({index, index});
    if (!blank) words.back().end = index + 1;
    inside = !blank;
  }
  return words;
}

std::vector<TextRange> SplitCharacters(std::string_view text) {
  std::vector<TextRange> words;
  int64_t index = 0;
  for (size_t at = 0; at < text.size(); ++index) {
    if (!IsBlank(DecodeUtf8(text, &at))) words.push_back({index, index + 1});
  }
  return words;
}

std::vector<TextRange> SplitRawText(std::string_view text) {
  std::vector<TextRange> words;
  for (const TextSentence& sentence : SegmentText(text)) {
    for (const TextWord& word : sentence.words)
      words.push_back({static_cast<int64_t>(word.begin), static_cast<int64_t>(word.end)});
  }
  return words;
}

}  // namespace

bool IsBlank(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

std::optional<std::vector<TextRange>> LocateWords(std::string_view text, const std::vector<std::string>& words) {
  std::vector<TextRange> ranges;
  size_t at = 0;
  int64_t index = 0;
  const auto skip_blank = [&] {
    size_t next = at;
    if (at == text.size() || !IsBlank(DecodeUtf8(text, &next))) return false;
    at = next;
    ++index;
    return true;
  };
  for (const std::string& word : words) {
    if (word.empty()) return std::nullopt;
    // A word may begin with a blank itself.
    while (!text.substr(at).starts_with(word)) {
      if (!skip_blank()) return std::nullopt;
    }
    const auto size = static_cast<int64_t>(CodePointCount(word));
    ranges.push_back({index, index + size});
    at += word.size();
    index += size;
  }
  while (skip_blank()) {
  }
  if (at < text.size()) return std::nullopt;
  return ranges;
}

std::vector<TextRange> FindWords(std::string_view text, WordRule rule) {
  switch (rule) {
    case WordRule::kCharacters:
      return SplitCharacters(text);
    case WordRule::kBlanks:
      return SplitAtBlanks(text);
    case WordRule::kText:
      break;
  }
  return SplitRawText(text);
}

}  // namespace clner
