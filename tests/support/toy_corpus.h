// A made-up corpus that a tiny model can learn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/random.h"

namespace clner::test {

struct ToyWords {
  std::vector<std::string> people = {}, places = {}, others = {};
  uint64_t longest = 6;  ///< words of a sentence
};

/// Sentences of 1 to `longest` words, tabs before the BIO tag: people are PER, places LOC, half of the words others.
inline std::string ToyText(const ToyWords& words, int64_t sentences, uint64_t seed) {
  Random random(seed);
  std::string text;
  for (int64_t i = 0; i < sentences; ++i) {
    const uint64_t length = 1 + random.Below(words.longest);
    for (uint64_t w = 0; w < length; ++w) {
      const uint64_t kind = random.Below(4);
      if (kind == 0) text += words.people[random.Below(words.people.size())] + "\tB-PER\n";
      if (kind == 1) text += words.places[random.Below(words.places.size())] + "\tB-LOC\n";
      if (kind >= 2) text += words.others[random.Below(words.others.size())] + "\tO\n";
    }
    text += "\n";
  }
  return text;
}

}  // namespace clner::test
