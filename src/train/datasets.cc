#include "train/datasets.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <utility>

#include "config/corpora.h"
#include "core/error.h"
#include "core/log.h"
#include "core/random.h"
#include "core/stop.h"
#include "data/context_source.h"
#include "data/contexts.h"
#include "data/data_format.h"

namespace clner {
namespace {

std::string Describe(const std::string& name, const Corpus& corpus) {
  return name + ": " + std::to_string(corpus.sentences.size()) + " sentences, " + std::to_string(corpus.words) +
         " words, " + std::to_string(corpus.entities) + " entities, " + Name(corpus.scheme) + "  (" + corpus.path + ")";
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

TokenizedCorpus ReadSentences(const std::string& path, const CorpusData& corpus, const CorpusOptions& options,
                              CorpusCache& cache) {
  const DataOptions& data = corpus.data;
  const DataFormat format = data.format == DataOptions::Format::kAuto ? FormatOfFile(path, corpus.key + ".format:")
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

/// A split as messages call it.
std::string SplitName(const CorpusData& corpus, const char* split) {
  return corpus.name.empty() ? split : corpus.name + " " + split;
}

Split Read(const std::string& name, const SplitOptions& files, const CorpusData& source, const ContextRule& rule,
           CorpusCache& cache) {
  const DataOptions& data = source.data;
  const CorpusOptions options = CorpusOptionsOf(data);
  TokenizedCorpus read = ReadSentences(files.sentences, source, options, cache);
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

/// Puts the sentences of a split behind those of another.
void Append(Split more, Split* split) {
  Corpus& corpus = split->corpus;
  if (corpus.sentences.empty()) {
    *split = std::move(more);
    return;
  }
  std::move(more.corpus.sentences.begin(), more.corpus.sentences.end(), std::back_inserter(corpus.sentences));
  corpus.path += ", " + more.corpus.path;
  corpus.words += more.corpus.words;
  corpus.entities += more.corpus.entities;
  for (const auto& [type, count] : more.corpus.entities_of_type) corpus.entities_of_type[type] += count;
  std::move(more.pieces.begin(), more.pieces.end(), std::back_inserter(split->pieces));
}

// Numbers of the splits of a corpus, which keep their random contexts apart.
enum SplitNumber : uint64_t { kTrain, kDev, kTest, kUnlabelled, kSplits };

/// Reads one corpus; `first_number` is that of its first split.
void ReadInto(const RunConfig& config, const CorpusData& source, uint64_t first_number, CorpusCache& cache,
              Datasets* datasets) {
  const auto read = [&](const char* split, const SplitOptions& files, uint64_t number) {
    return Read(SplitName(source, split), files, source, RuleOfContexts(config, first_number + number), cache);
  };
  DataCorpus& corpus = datasets->corpora.emplace_back();
  corpus.name = source.name;
  std::vector<Sentence>& sentences = datasets->train.corpus.sentences;
  corpus.train.first = static_cast<int64_t>(sentences.size());
  corpus.train.factor = source.factor;
  const DataOptions& data = source.data;
  if (!data.train.sentences.empty()) {
    Split train = read("train", data.train, kTrain);
    if (train.corpus.entities == 0 && !source.name.empty()) {
      LogWarning("corpus without entities", "the training data of '" + source.name + "' have no entity: every tag is O",
                 train.corpus.path, "check " + source.key + ".columns.ner");
    }
    Append(std::move(train), &datasets->train);
  }
  if (!data.dev.sentences.empty()) {
    Split dev = read("dev", data.dev, kDev);
    if (data.train_with_dev && !data.train.sentences.empty()) {  // a corpus without training data is only scored
      Append(std::move(dev), &datasets->train);
    } else {
      corpus.dev = std::move(dev);
    }
  }
  if (!data.test.sentences.empty()) corpus.test = read("test", data.test, kTest);
  corpus.train.count = static_cast<int64_t>(sentences.size()) - corpus.train.first;
}

/// `section` is the one of the corpus in the configuration.
void ReportUnknownLabels(const Corpus& corpus, const std::string& section, const LabelSet& labels) {
  const std::string known = labels.types.empty() ? "TYPE" : labels.types.front();
  for (const auto& [type, count] : corpus.entities_of_type) {
    if (std::find(labels.types.begin(), labels.types.end(), type) != labels.types.end()) continue;
    LogWarning("label not in training data",
               "type '" + type + "' (" + std::to_string(count) +
                   " entities) does not occur in the training data; it counts as missed",
               corpus.path, "rename it: " + section + ".label_map, as in {" + type + ": " + known + "}");
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

bool Datasets::has_dev() const {
  return std::any_of(corpora.begin(), corpora.end(), [](const DataCorpus& corpus) { return corpus.dev.has_value(); });
}

const DataCorpus& Datasets::CorpusOf(int64_t sentence) const {
  const auto found = std::find_if(corpora.begin(), corpora.end(), [&](const DataCorpus& corpus) {
    return sentence < corpus.train.first + corpus.train.count;
  });
  CLNER_CHECK(found != corpora.end(), "a sentence belongs to no corpus");
  return *found;
}

Datasets ReadDatasets(const RunConfig& config, CorpusCache& cache, bool allow_no_entities) {
  Datasets datasets;
  const std::vector<CorpusData> corpora = CorporaOf(config.data);
  for (size_t i = 0; i < corpora.size(); ++i) ReadInto(config, corpora[i], i * kSplits, cache, &datasets);
  if (!config.data.unlabelled.sentences.empty()) {
    const CorpusData source = {.key = "data", .data = config.data};
    datasets.unlabelled =
        Read("unlabelled", config.data.unlabelled, source, RuleOfContexts(config, kUnlabelled), cache);
  }
  datasets.labels.Add(datasets.train.corpus);
  if (datasets.labels.types.empty() && !allow_no_entities) {
    throw Error(ErrorCode::kData, "the training data have no entity: every tag is O", datasets.train.corpus.path,
                "check data.columns.ner; --force trains anyway");
  }
  std::vector<TrainPart> parts;
  for (size_t i = 0; i < corpora.size(); ++i) {
    const DataCorpus& corpus = datasets.corpora[i];
    parts.push_back(corpus.train);
    for (const std::optional<Split>* split : {&corpus.dev, &corpus.test}) {
      if (*split) ReportUnknownLabels((*split)->corpus, corpora[i].key, datasets.labels);
    }
  }
  datasets.epoch = EpochSentences(parts, config.data.upsample, static_cast<uint64_t>(config.seed));
  if (config.data.upsample != DataOptions::Upsample::kNone)
    LogInfo("an epoch has " + std::to_string(datasets.epoch.size()) + " sentences");
  return datasets;
}

void PrepareExamples(Datasets& datasets, const Views& views, const TagSpace& tags, bool train_contexts) {
  Prepare(datasets.train, views, train_contexts, tags, "train");
  for (DataCorpus& corpus : datasets.corpora) {
    const std::string prefix = corpus.name.empty() ? "" : corpus.name + " ";
    if (corpus.dev) Prepare(*corpus.dev, views, true, tags, prefix + "dev");
    if (corpus.test) Prepare(*corpus.test, views, true, tags, prefix + "test");
  }
  if (datasets.unlabelled) Prepare(*datasets.unlabelled, views, true, tags, "unlabelled");
}

}  // namespace clner
