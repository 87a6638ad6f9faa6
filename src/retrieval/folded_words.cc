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

uint64_t HashLetters(std::string_view letters) {
  uint64_t hash = kFirstHash;
  for (const char byte : letters) hash = HashByte(hash, byte);
  return hash;
}

std::vector<uint64_t> HashWords(const FoldedWords& words) {
  std::vector<uint64_t> hashes;
  hashes.reserve(words.size());
  for (size_t word = 0; word < words.size(); ++word) {
    const size_t begin = words.begin(word);
    hashes.push_back(HashLetters(std::string_view(words.letters).substr(begin, words.ends[word] - begin)));
  }
  return hashes;
}

}  // namespace clner
