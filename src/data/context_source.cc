#include "data/context_source.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "core/random.h"

namespace clner {
namespace {

using Sentences = std::vector<Sentence>;

/// Sentences [begin, end) of one document and where the words of each begin, counted from the first one.
struct Document {
  size_t begin = 0, end = 0;
  std::vector<size_t> word_begins = {};  ///< one more than sentences
};

Document DocumentAt(const Sentences& sentences, size_t begin) {
  Document document{begin, begin, {0}};
  while (document.end < sentences.size() && sentences[document.end].document == sentences[begin].document) {
    document.word_begins.push_back(document.word_begins.back() + sentences[document.end].words.size());
    ++document.end;
  }
  return document;
}

/// The sentences that hold the words [first, last) of the document become the texts, cut at both ends.
void AddWords(const Sentences& sentences, const Document& document, size_t first, size_t last, ContextTexts* contexts) {
  const auto& begins = document.word_begins;
  const auto holder = std::upper_bound(begins.begin(), begins.end(), first) - 1;
  for (auto index = static_cast<size_t>(holder - begins.begin()); first < last; ++index) {
    for (; first < std::min(last, begins[index + 1]); ++first)
      contexts->AddWord(sentences[document.begin + index].words[first - begins[index]]);
    contexts->EndText();
  }
}

/// Words of a side that has `side`: half of the room, or what the other side leaves.
size_t WordsOfSide(size_t room, size_t side, size_t other) {
  return std::min(side, std::max(room - room / 2, room - std::min(room, other)));
}

void AttachDocuments(Sentences* sentences, size_t max_words) {
  for (size_t begin = 0; begin < sentences->size();) {
    const Document document = DocumentAt(*sentences, begin);
    for (size_t i = document.begin; i < document.end; ++i) {
      const size_t own_begin = document.word_begins[i - document.begin];
      const size_t own_end = document.word_begins[i - document.begin + 1];
      const size_t room = max_words - std::min(max_words, own_end - own_begin);
      const size_t behind = document.word_begins.back() - own_end;
      const size_t before = WordsOfSide(room, own_begin, behind), after = WordsOfSide(room, behind, own_begin);
      ContextTexts contexts;
      AddWords(*sentences, document, own_begin - before, own_begin, &contexts);
      AddWords(*sentences, document, own_end, own_end + after, &contexts);
      contexts.words_before = before;
      (*sentences)[i].contexts = std::move(contexts);
    }
    begin = document.end;
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
