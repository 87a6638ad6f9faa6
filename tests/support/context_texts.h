// Contexts in the form in which tests write them.
#pragma once

#include <string>
#include <vector>

#include "data/sentence.h"

namespace clner::test {

using Texts = std::vector<std::vector<std::string>>;

inline Texts TextsOf(const ContextTexts& contexts) {
  Texts texts;
  for (size_t i = 0; i < contexts.texts(); ++i) {
    texts.emplace_back();
    for (size_t w = contexts.begin_word(i); w < contexts.end_word(i); ++w) texts.back().emplace_back(contexts.word(w));
  }
  return texts;
}

inline ContextTexts ContextsOf(const Texts& texts, bool flat = false) {
  ContextTexts contexts;
  for (const std::vector<std::string>& words : texts) {
    for (const std::string& word : words) contexts.AddWord(word);
    contexts.EndText();
  }
  contexts.flat = flat;
  return contexts;
}

}  // namespace clner::test
