#include "leak_sentences.h"

#include <optional>

#include "data/data_format.h"
#include "retrieval/query.h"

namespace clner::cli {
namespace {

void AddSentences(const Corpus& corpus, LeakFilter* leaks) {
  for (const Sentence& sentence : corpus.sentences) leaks->Add(JoinWords(sentence.words));
}

}  // namespace

LeakFilter ReadLeakFilter(LeakRule rule, const Corpus& corpus, const std::vector<std::string>& exclude,
                          CorpusOptions read, const std::vector<std::string>& labels) {
  LeakFilter leaks(rule);
  AddSentences(corpus, &leaks);
  read.tag_column = std::nullopt;
  for (const std::string& file : exclude) AddSentences(ReadData(file, FormatOfFile(file), read, labels), &leaks);
  return leaks;
}

}  // namespace clner::cli
