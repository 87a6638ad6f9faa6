#include "data/context_source.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "core/random.h"

namespace clner {
namespace {

using Sentences = std::vector<Sentence>;

/// Words of a side that has `side`: half of the room, or what the other side leaves.
size_t WordsOfSide(size_t room, size_t side, size_t other) {
  return std::min(side, std::max(room - room / 2, room - std::min(room, other)));
}

void AttachDocuments(Sentences* sentences, size_t max_words) {
  for (size_t begin = 0, end = 0; begin < sentences->size(); begin = end) {
    while (end < sentences->size() && (*sentences)[end].document == (*sentences)[begin].document) ++end;
    const DocumentWindows windows({sentences->data() + begin, end - begin}, max_words);
    for (size_t i = begin; i < end; ++i) (*sentences)[i].contexts = windows.Around(i - begin);
  }
}

void ExchangeContexts(Sentences* sentences, uint64_t seed) {
  std::vector<size_t> owners;
  for (size_t i = 0; i < sentences->size(); ++i) {
    if (!(*sentences)[i].contexts.empty()) owners.push_back(i);
  }
  // Each gets that of the next one in a random circle of all.
  const std::vector<int64_t> circle = Permutation(static_cast<int64_t>(owners.size()), seed);
  for (size_t i = 1; i < circle.size(); ++i) {
    std::swap((*sentences)[owners[static_cast<size_t>(circle[i - 1])]].contexts,
              (*sentences)[owners[static_cast<size_t>(circle[i])]].contexts);
  }
}

ContextTexts DrawSentences(const Sentences& sentences, size_t own, const ContextRule& rule) {
  Random random(MixSeed(rule.seed, own));
  ContextTexts contexts;
  std::set<size_t> drawn = {own};
  while (contexts.texts() < rule.texts && contexts.words() < rule.max_words && drawn.size() < sentences.size()) {
    const size_t other = random.Below(sentences.size());
    if (!drawn.insert(other).second) continue;
    for (const std::string& word : sentences[other].words) contexts.AddWord(word);
    contexts.EndText();
  }
  return contexts;
}

}  // namespace

DocumentWindows::DocumentWindows(std::span<const Sentence> sentences, size_t max_words)
    : sentences_(sentences), max_words_(max_words) {
  for (const Sentence& sentence : sentences) begins_.push_back(begins_.back() + sentence.words.size());
}

/// Words [first, last) of the document.
void DocumentWindows::AddWords(size_t first, size_t last, ContextTexts* contexts) const {
  auto sentence = static_cast<size_t>(std::upper_bound(begins_.begin(), begins_.end(), first) - begins_.begin()) - 1;
  for (; first < last; ++sentence) {
    for (; first < std::min(last, begins_[sentence + 1]); ++first)
      contexts->AddWord(sentences_[sentence].words[first - begins_[sentence]]);
    contexts->EndText();
  }
}

ContextTexts DocumentWindows::Around(size_t sentence) const {
  const size_t own_begin = begins_[sentence], own_end = begins_[sentence + 1];
  const size_t room = max_words_ - std::min(max_words_, own_end - own_begin), behind = begins_.back() - own_end;
  const size_t before = WordsOfSide(room, own_begin, behind), after = WordsOfSide(room, behind, own_begin);
  ContextTexts contexts;
  AddWords(own_begin - before, own_begin, &contexts);
  AddWords(own_end, own_end + after, &contexts);
  contexts.words_before = before;
  return contexts;
}

void ReplaceContexts(Corpus* corpus, const ContextRule& rule) {
  Sentences& sentences = corpus->sentences;
  switch (rule.source) {
    case ContextSource::kFile:
      return;
    case ContextSource::kDocument:
      AttachDocuments(&sentences, rule.max_words);
      break;
    case ContextSource::kRandomContexts:
      ExchangeContexts(&sentences, rule.seed);
      break;
    case ContextSource::kRandomSentences:
      for (size_t i = 0; i < sentences.size(); ++i) sentences[i].contexts = DrawSentences(sentences, i, rule);
      break;
  }
  corpus->with_context = corpus->context_texts = corpus->context_words = corpus->empty_context_words = 0;
  for (const Sentence& sentence : sentences) CountContexts(sentence.contexts, corpus);
}

}  // namespace clner
