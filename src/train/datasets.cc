#include "train/datasets.h"

#include <algorithm>

#include "core/error.h"
#include "core/log.h"
#include "core/stop.h"

namespace clner {
namespace {

std::string Describe(const char* name, const Corpus& corpus) {
  return std::string(name) + ": " + std::to_string(corpus.sentences.size()) + " sentences, " +
         std::to_string(corpus.words) + " words, " + std::to_string(corpus.entities) + " entities, " +
         Name(corpus.scheme) + "  (" + corpus.path + ")";
}

Split Read(const char* name, const SplitOptions& split, const CorpusOptions& options, CorpusCache& cache) {
  TokenizedCorpus read = cache.Read(split.sentences, options);
  Corpus& corpus = read.corpus;
  if (!split.contexts.empty()) AttachContexts(&corpus, cache.Read(split.contexts, options).corpus);
  LogInfo(Describe(name, corpus));
  if (corpus.repaired_tags > 0) {
    LogWarning("ill-formed tags",
               std::to_string(corpus.repaired_tags) + " ill-formed tag transitions were read by conlleval's rules",
               corpus.path, "'clner validate' lists them; data.strict refuses them");
  }
  return {std::move(corpus), {std::move(read.pieces)}, {}};
}

void ReportUnknownLabels(const Corpus& corpus, const LabelSet& labels) {
  for (const auto& [type, count] : corpus.entities_of_type) {
    if (std::find(labels.types.begin(), labels.types.end(), type) != labels.types.end()) continue;
    LogWarning("label not in training data",
               "type '" + type + "' (" + std::to_string(count) +
                   " entities) does not occur in the training data; it counts as missed",
               corpus.path);
  }
}

void Prepare(Split& split, const SentenceView& view, const TagSpace& tags, const char* title) {
  const auto count = static_cast<int64_t>(split.corpus.sentences.size());
  Progress progress(title, count, "sentences");
  int64_t i = 0;
  for (const PieceTables& pieces : split.pieces) {
    for (size_t k = 0; k < pieces.sentences(); ++k, ++i) {
      if (StopRequested() != nullptr)
        throw Error(ErrorCode::kInterrupted, std::string("stopped by ") + StopRequested() + " while tokenising", "",
                    "run the same command again");
      const Sentence& sentence = split.corpus.sentences[static_cast<size_t>(i)];
      Example example;
      view.Append(pieces.own(k), sentence.line, i, &example.items);
      example.words = static_cast<int64_t>(sentence.words.size());
      example.sentence = i;
      example.tags = tags.Encode(sentence);
      split.examples.push_back(std::move(example));
      progress.Update(i + 1);
    }
  }
  CLNER_CHECK_EQ(i, count);
  split.pieces.clear();
  progress.Finish();
}

}  // namespace

CorpusOptions CorpusOptionsOf(const DataOptions& options) {
  CorpusOptions corpus;
  corpus.file.delimiter = options.delimiter == DataOptions::Delimiter::kTab    ? ColumnDelimiter::kTab
                          : options.delimiter == DataOptions::Delimiter::kLast ? ColumnDelimiter::kLast
                                                                               : ColumnDelimiter::kBlanks;
  corpus.file.comment = options.comment;
  corpus.file.skip_bad_sentences = options.on_error == DataOptions::OnError::kSkip;
  corpus.file.replace_invalid_utf8 = options.encoding_errors == DataOptions::EncodingErrors::kReplace;
  corpus.file.skip_option = "data.on_error: skip";
  corpus.file.replace_option = "data.encoding_errors: replace";
  corpus.text_column = options.columns.text;
  corpus.tag_column = options.columns.ner;
  corpus.label_map = options.label_map;
  corpus.strict = options.strict;
  return corpus;
}

TokenCacheOptions TokenCacheOptionsOf(const DataOptions& options) {
  TokenCacheOptions cache;
  cache.verify_content = options.verify_token_cache;
  if (options.token_cache == "auto") {
    cache.directory = DefaultTokenCacheDirectory();
  } else if (options.token_cache != "off") {
    cache.directory = options.token_cache;
  }
  return cache;
}

Datasets ReadDatasets(const DataOptions& options, CorpusCache& cache, bool allow_no_entities) {
  const CorpusOptions corpus_options = CorpusOptionsOf(options);
  Datasets datasets;
  datasets.train = Read("train", options.train, corpus_options, cache);
  if (!options.dev.sentences.empty()) {
    Split dev = Read("dev", options.dev, corpus_options, cache);
    if (options.train_with_dev) {
      Corpus& train = datasets.train.corpus;
      for (Sentence& sentence : dev.corpus.sentences) train.sentences.push_back(std::move(sentence));
      train.words += dev.corpus.words;
      train.entities += dev.corpus.entities;
      for (const auto& [type, count] : dev.corpus.entities_of_type) train.entities_of_type[type] += count;
      datasets.train.pieces.push_back(std::move(dev.pieces.front()));
    } else {
      datasets.dev = std::move(dev);
    }
  }
  if (!options.test.sentences.empty()) datasets.test = Read("test", options.test, corpus_options, cache);
  datasets.labels.Add(datasets.train.corpus);
  if (datasets.labels.types.empty() && !allow_no_entities) {
    throw Error(ErrorCode::kData, "the training data have no entity: every tag is O", datasets.train.corpus.path,
                "check data.columns.ner; --force trains anyway");
  }
  if (datasets.dev) ReportUnknownLabels(datasets.dev->corpus, datasets.labels);
  if (datasets.test) ReportUnknownLabels(datasets.test->corpus, datasets.labels);
  return datasets;
}

void PrepareExamples(Datasets& datasets, const SentenceView& view, const TagSpace& tags) {
  Prepare(datasets.train, view, tags, "tokenise train");
  if (datasets.dev) Prepare(*datasets.dev, view, tags, "tokenise dev");
  if (datasets.test) Prepare(*datasets.test, view, tags, "tokenise test");
}

}  // namespace clner
