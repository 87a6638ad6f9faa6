#include "retrieval/folded_words.h"

#include "core/utf8.h"
#include "data/unicode_class.h"

namespace clner {

FoldedWords FoldWords(std::string_view text) {
  FoldedWords words;
  words.letters.reserve(text.size());
  const auto end_word = [&] {
    if (words.letters.size() > (words.ends.empty() ? 0 : words.ends.back())) words.ends.push_back(words.letters.size());
  };
  for (size_t at = 0; at < text.size();) {
    const size_t start = at;
    const char32_t c = DecodeUtf8(text, &at);
    if (c < 0x80) {  // nearly all of most collections
      const char lower = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 0x20 : c);
      if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) {
        words.letters += lower;
      } else {
        end_word();
      }
      continue;
    }
    const std::string_view character = text.substr(start, at - start);
    const bool alone = (c >= 0x2E80 && c < 0xAC00) || c >= 0x20000;
    const bool letter = HasLetterOrDigit(character);
    if (alone || !letter) end_word();
    if (letter) words.letters += LowerCase(character);
    if (alone) end_word();
  }
  end_word();
  return words;
}

std::vector<uint64_t> HashWords(const FoldedWords& words) {
  std::vector<uint64_t> hashes;
  hashes.reserve(words.size());
  for (size_t word = 0; word < words.size(); ++word) {
    uint64_t hash = kFirstHash;
    for (size_t at = words.begin(word); at < words.ends[word]; ++at) hash = HashByte(hash, words.letters[at]);
    hashes.push_back(hash);
  }
  return hashes;
}

}  // namespace clner
