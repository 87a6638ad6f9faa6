#include "train/datasets.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/random.h"
#include "core/stop.h"
#include "data/context_source.h"
#include "data/contexts.h"
#include "data/data_format.h"

namespace clner {
namespace {

std::string Describe(const char* name, const Corpus& corpus) {
  return std::string(name) + ": " + std::to_string(corpus.sentences.size()) + " sentences, " +
         std::to_string(corpus.words) + " words, " + std::to_string(corpus.entities) + " entities, " +
         Name(corpus.scheme) + "  (" + corpus.path + ")";
}

/// The names between the commas.
std::vector<std::string> LabelNames(const std::string& labels) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin < labels.size();) {
    const size_t end = std::min(labels.find(',', begin), labels.size());
    names.push_back(labels.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

TokenizedCorpus ReadSentences(const std::string& path, const DataOptions& data, const CorpusOptions& options,
                              CorpusCache& cache) {
  const DataFormat format = data.format == DataOptions::Format::kAuto ? FormatOfFile(path, "data.format:")
                                                                      : ParseDataFormat(NameOf(data.format));
  return cache.Read(path, format, options, LabelNames(data.labels));
}

constexpr uint64_t kContextStream = 0xc0e7;  // keeps random contexts apart from the other draws

/// How data.contexts.source makes the contexts of a split; equal splits get different ones.
ContextRule RuleOfContexts(const RunConfig& config, uint64_t split) {
  using Source = ContextOptions::Source;
  const ContextOptions& contexts = config.data.contexts;
  ContextRule rule;
  rule.source = contexts.source == Source::kDocument          ? ContextSource::kDocument
                : contexts.source == Source::kRandomContexts  ? ContextSource::kRandomContexts
                : contexts.source == Source::kRandomSentences ? ContextSource::kRandomSentences
                                                              : ContextSource::kFile;
  rule.seed = MixSeed(MixSeed(static_cast<uint64_t>(config.seed), kContextStream), split);
  if (contexts.max_texts > 0) rule.texts = static_cast<size_t>(contexts.max_texts);
  rule.max_words = static_cast<size_t>(config.model.encoder.max_pieces);
  return rule;
}

/// Gives the corpus the contexts of a file, and returns the pieces of their words unless it is looked up by words.
std::optional<PieceTables> ReadContexts(Corpus* corpus, const std::string& path, const DataOptions& data,
                                        const CorpusOptions& options, CorpusCache& cache) {
  const std::vector<std::string> labels = LabelNames(data.labels);
  const DataFormat format = FormatOfFile(path);
  if (IsContextCache(format)) {
    AttachContextFile(corpus, path, options, labels);
    return std::nullopt;
  }
  TokenizedCorpus read = cache.Read(path, format, options, labels);
  AttachPairedContexts(corpus, std::move(read.corpus));
  return std::move(read.pieces);
}

Split Read(const char* name, const SplitOptions& files, const DataOptions& data, const CorpusOptions& options,
           const ContextRule& rule, CorpusCache& cache) {
  TokenizedCorpus read = ReadSentences(files.sentences, data, options, cache);
  Corpus& corpus = read.corpus;
  SplitPieces pieces = {read.pieces, std::move(read.pieces)};
  if (!files.contexts.empty()) pieces.contexts = ReadContexts(&corpus, files.contexts, data, options, cache);
  ReplaceContexts(&corpus, rule);
  if (rule.source != ContextSource::kFile) pieces.contexts.reset();
  LogInfo(Describe(name, corpus));
  if (corpus.repaired_tags > 0) {
    LogWarning("ill-formed tags",
               std::to_string(corpus.repaired_tags) + " ill-formed tag transitions were read by conlleval's rules",
               corpus.path, "'clner validate' lists them; data.strict refuses them");
  }
  return {.corpus = std::move(corpus), .pieces = {std::move(pieces)}};
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

Example MakeExample(const Sentence& sentence, int64_t index, std::vector<ViewItem> items, const TagSpace& tags) {
  Example example;
  example.items = std::move(items);
  example.words = example.all_words = static_cast<int64_t>(sentence.words.size());
  example.sentence = index;
  example.tags = tags.Encode(sentence);
  return example;
}

/// Adds sentence k of a file, the next one of the split.
void AddExamples(const SplitPieces& pieces, size_t k, const Views& views, bool contexts, const TagSpace& tags,
                 Split* split) {
  const size_t position = split->examples.size();
  const auto index = static_cast<int64_t>(position);
  const Sentence& sentence = split->corpus.sentences[position];
  std::vector<ViewItem> items;
  views.original.Append(sentence, pieces.words.own(k), index, &items);
  split->examples.push_back(MakeExample(sentence, index, std::move(items), tags));
  split->context_of.push_back(-1);
  if (!contexts || sentence.contexts.empty()) return;
  std::vector<ViewItem> shown;
  if (pieces.contexts) {
    views.context.Append(sentence, pieces.words.own(k), pieces.contexts->context(k), index, &shown);
  } else {
    views.context.Append(sentence, index, &shown);
  }
  if (shown.empty()) return;
  split->context_of.back() = static_cast<int64_t>(split->contexts.size());
  Example& example = split->contexts.emplace_back(MakeExample(sentence, index, std::move(shown), tags));
  example.context = true;
  // CLNER sorts its batches by all words of a sentence, to which those of retrieved texts and the separator belong
  // (clner.md 3.5), the document around it does not (3.11).
  if (!sentence.contexts.words_before) example.all_words += 1 + static_cast<int64_t>(sentence.contexts.words());
}

void Prepare(Split& split, const Views& views, bool contexts, const TagSpace& tags, const std::string& name) {
  const auto count = static_cast<int64_t>(split.corpus.sentences.size());
  Progress progress("tokenise " + name, count, "sentences");
  split.examples.reserve(split.corpus.sentences.size());
  for (const SplitPieces& pieces : split.pieces) {
    for (size_t k = 0; k < pieces.words.sentences(); ++k) {
      if (StopRequested() != nullptr)
        throw Error(ErrorCode::kInterrupted, std::string("stopped by ") + StopRequested() + " while tokenising", "",
                    "run the same command again");
      AddExamples(pieces, k, views, contexts, tags, &split);
      progress.Update(static_cast<int64_t>(split.examples.size()));
    }
  }
  CLNER_CHECK_EQ(split.examples.size(), split.corpus.sentences.size());
  split.pieces.clear();
  progress.Finish();
}

/// The choice of the reader that has the same name.
template <class Choice, class Option>
std::optional<Choice> SameName(Option option, std::initializer_list<Choice> choices) {
  for (const Choice choice : choices) {
    if (NameOf(option) == Name(choice)) return choice;
  }
  return std::nullopt;
}

AnnotationOptions AnnotationOptionsOf(const DataOptions& options) {
  AnnotationOptions annotation;
  annotation.in_config = true;
  annotation.offset_unit =
      SameName(options.offset_unit, {OffsetUnit::kCodePoint, OffsetUnit::kUtf16, OffsetUnit::kByte});
  annotation.words = SameName(options.words, {WordRule::kText, WordRule::kBlanks, WordRule::kCharacters});
  using Misaligned = DataOptions::OnMisaligned;
  annotation.on_misaligned = options.on_misaligned == Misaligned::kWiden  ? MisalignedRule::kWiden
                             : options.on_misaligned == Misaligned::kDrop ? MisalignedRule::kDrop
                                                                          : MisalignedRule::kFail;
  using Overlap = DataOptions::OnOverlap;
  annotation.on_overlap = options.on_overlap == Overlap::kLongest ? OverlapRule::kLongest
                          : options.on_overlap == Overlap::kFirst ? OverlapRule::kFirst
                                                                  : OverlapRule::kFail;
  using Discontinuous = DataOptions::OnDiscontinuous;
  annotation.on_discontinuous = options.on_discontinuous == Discontinuous::kSplit  ? DiscontinuousRule::kSplit
                                : options.on_discontinuous == Discontinuous::kDrop ? DiscontinuousRule::kDrop
                                                                                   : DiscontinuousRule::kFail;
  return annotation;
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
  corpus.first_code_point = options.first_code_point;
  if (options.read_scheme != "auto") corpus.scheme = ParseScheme(options.read_scheme);
  corpus.annotation = AnnotationOptionsOf(options);
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

Datasets ReadDatasets(const RunConfig& config, CorpusCache& cache, bool allow_no_entities) {
  const DataOptions& options = config.data;
  const CorpusOptions corpus_options = CorpusOptionsOf(options);
  const auto read = [&](const char* name, const SplitOptions& split, uint64_t number) {
    return Read(name, split, options, corpus_options, RuleOfContexts(config, number), cache);
  };
  Datasets datasets;
  datasets.train = read("train", options.train, 0);
  if (!options.dev.sentences.empty()) {
    Split dev = read("dev", options.dev, 1);
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
  if (!options.test.sentences.empty()) datasets.test = read("test", options.test, 2);
  if (!options.unlabelled.sentences.empty()) {
    datasets.unlabelled = read("unlabelled", options.unlabelled, 3);
  }
  datasets.labels.Add(datasets.train.corpus);
  if (datasets.labels.types.empty() && !allow_no_entities) {
    throw Error(ErrorCode::kData, "the training data have no entity: every tag is O", datasets.train.corpus.path,
                "check data.columns.ner; --force trains anyway");
  }
  if (datasets.dev) ReportUnknownLabels(datasets.dev->corpus, datasets.labels);
  if (datasets.test) ReportUnknownLabels(datasets.test->corpus, datasets.labels);
  return datasets;
}

void PrepareExamples(Datasets& datasets, const Views& views, const TagSpace& tags, bool train_contexts) {
  Prepare(datasets.train, views, train_contexts, tags, "train");
  if (datasets.dev) Prepare(*datasets.dev, views, true, tags, "dev");
  if (datasets.test) Prepare(*datasets.test, views, true, tags, "test");
  if (datasets.unlabelled) Prepare(*datasets.unlabelled, views, true, tags, "unlabelled");
}

}  // namespace clner
