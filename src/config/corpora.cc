#include "config/corpora.h"

#include <algorithm>

namespace clner {
namespace {

/// `data` as one of its corpora is read.
DataOptions Overridden(DataOptions data, const JointCorpusOptions& corpus) {
  const auto replace = [](auto* value, const auto& other) {
    if (other.has_value()) *value = *other;
  };
  data.corpora.clear();
  data.train = corpus.train;
  data.dev = corpus.dev;
  data.test = corpus.test;
  for (const auto& [type, name] : corpus.label_map) data.label_map[type] = name;
  replace(&data.format, corpus.format);
  replace(&data.columns.text, corpus.columns.text);
  replace(&data.columns.ner, corpus.columns.ner);
  replace(&data.delimiter, corpus.delimiter);
  replace(&data.comment, corpus.comment);
  replace(&data.first_code_point, corpus.first_code_point);
  replace(&data.read_scheme, corpus.read_scheme);
  replace(&data.labels, corpus.labels);
  replace(&data.offset_unit, corpus.offset_unit);
  replace(&data.words, corpus.words);
  return data;
}

}  // namespace

std::vector<CorpusData> CorporaOf(const DataOptions& data) {
  if (data.corpora.empty()) return {{"", "data", 1, data}};
  std::vector<CorpusData> corpora;
  for (const auto& [name, corpus] : data.corpora)
    corpora.push_back({name, "data.corpora." + name, corpus.factor, Overridden(data, corpus)});
  return corpora;
}

bool HasDevData(const DataOptions& data) {
  return !data.dev.sentences.empty() || std::any_of(data.corpora.begin(), data.corpora.end(), [](const auto& corpus) {
    return !corpus.second.dev.sentences.empty();
  });
}

}  // namespace clner
