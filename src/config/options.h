// The options of a run. These structs are the schema: parsing, validation, defaults, docs/config.md, the JSON Schema
// and completion derive from each struct's Describe, which names every field once. YAML keys equal the C++ fields.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/field.h"
#include "config/objective_options.h"
#include "core/pooling.h"

namespace clner {

/// Columns of the data files; negative numbers count from the last column.
struct ColumnsOptions {
  int text = 0;
  int ner = -1;

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("text", &ColumnsOptions::text,
          Doc("column of the words; negative numbers count from the last column, -1").AtLeast(-1000).AtMost(1000));
    visit("ner", &ColumnsOptions::ner,
          Doc("column of the tags; negative numbers count from the last column, -1").AtLeast(-1000).AtMost(1000));
  }
  friend bool operator==(const ColumnsOptions&, const ColumnsOptions&) = default;
};

/// Files of one split; an empty path means that there is none.
struct SplitOptions {
  std::string sentences = {};
  std::string contexts = {};

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("sentences", &SplitOptions::sentences,
          Doc("file with the sentences, of the format that data.format says; empty means none").File());
    visit("contexts", &SplitOptions::contexts,
          Doc("column file with the same sentences and retrieved contexts; empty means none").File());
  }
  friend bool operator==(const SplitOptions&, const SplitOptions&) = default;
};

/// Where contexts come from and how much of one is shown; it never takes room from the sentence.
struct ContextOptions {
  enum class Source { kFile, kDocument, kRandomContexts, kRandomSentences };

  Source source = Source::kFile;
  int max_texts = 0;
  int max_words_per_text = 0;
  int max_pieces = 0;

  friend constexpr auto ChoicesOf(Source) {
    return std::array{Choice{"file", Source::kFile}, Choice{"document", Source::kDocument},
                      Choice{"random_contexts", Source::kRandomContexts},
                      Choice{"random_sentences", Source::kRandomSentences}};
  }

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("source", &ContextOptions::source,
          Doc("the data files, the document around the sentence, or to compare with: the contexts of the files "
              "exchanged at random between the sentences of a split, random other sentences of the split as texts"));
    visit("max_texts", &ContextOptions::max_texts,
          Doc("texts of a sentence at most, best ranks first; 0 takes all that fit, and 6 random_sentences")
              .AtLeast(0)
              .AtMost(1000000));
    visit("max_words_per_text", &ContextOptions::max_words_per_text,
          Doc("a text is cut behind so many words; 0 does not cut").Unit("words").AtLeast(0).AtMost(1000000));
    visit("max_pieces", &ContextOptions::max_pieces,
          Doc("pieces of the contexts of a sentence at most; 0 fills the encoder")
              .Unit("pieces")
              .AtLeast(0)
              .AtMost(65536));
  }
  friend bool operator==(const ContextOptions&, const ContextOptions&) = default;
};

/// What is read and how.
struct DataOptions {
  enum class Format {
    kAuto,
    kColumns,
    kJsonl,
    kAutoner,
    kProdigy,
    kSpacy,
    kDoccano,
    kLabelstudio,
    kBrat,
    kCluener,
    kAdaseq
  };
  enum class OffsetUnit { kAuto, kCodePoint, kUtf16, kByte };
  enum class Words { kAuto, kText, kBlanks, kCharacters };
  enum class OnMisaligned { kFail, kWiden, kDrop };
  enum class OnOverlap { kFail, kLongest, kFirst };
  enum class OnDiscontinuous { kFail, kSplit, kDrop };
  enum class Delimiter { kBlanks, kTab, kLast };
  enum class OnError { kFail, kSkip };
  enum class EncodingErrors { kFail, kReplace };

  Format format = Format::kAuto;
  ColumnsOptions columns = {};
  Delimiter delimiter = Delimiter::kBlanks;
  std::string comment = {};
  bool first_code_point = false;
  std::string read_scheme = "auto";
  std::string labels = {};
  OffsetUnit offset_unit = OffsetUnit::kAuto;
  Words words = Words::kAuto;
  OnMisaligned on_misaligned = OnMisaligned::kFail;
  OnOverlap on_overlap = OnOverlap::kFail;
  OnDiscontinuous on_discontinuous = OnDiscontinuous::kFail;
  std::string scheme = "BIOES";
  std::map<std::string, std::string> label_map = {};
  SplitOptions train = {};
  SplitOptions dev = {};
  SplitOptions test = {};
  SplitOptions unlabelled = {};
  ContextOptions contexts = {};
  bool train_with_dev = false;
  OnError on_error = OnError::kFail;
  EncodingErrors encoding_errors = EncodingErrors::kFail;
  bool strict = false;
  std::string token_cache = "auto";
  bool verify_token_cache = false;

  friend constexpr auto ChoicesOf(Format) {
    return std::array{Choice{"auto", Format::kAuto},
                      Choice{"columns", Format::kColumns},
                      Choice{"conll", Format::kColumns},
                      Choice{"jsonl", Format::kJsonl},
                      Choice{"autoner", Format::kAutoner},
                      Choice{"prodigy", Format::kProdigy},
                      Choice{"spacy", Format::kSpacy},
                      Choice{"doccano", Format::kDoccano},
                      Choice{"labelstudio", Format::kLabelstudio},
                      Choice{"brat", Format::kBrat},
                      Choice{"cluener", Format::kCluener},
                      Choice{"adaseq", Format::kAdaseq}};
  }
  friend constexpr auto ChoicesOf(OffsetUnit) {
    return std::array{Choice{"auto", OffsetUnit::kAuto}, Choice{"code_point", OffsetUnit::kCodePoint},
                      Choice{"utf16", OffsetUnit::kUtf16}, Choice{"byte", OffsetUnit::kByte}};
  }
  friend constexpr auto ChoicesOf(Words) {
    return std::array{Choice{"auto", Words::kAuto}, Choice{"text", Words::kText}, Choice{"blanks", Words::kBlanks},
                      Choice{"characters", Words::kCharacters}};
  }
  friend constexpr auto ChoicesOf(OnMisaligned) {
    return std::array{Choice{"fail", OnMisaligned::kFail}, Choice{"widen", OnMisaligned::kWiden},
                      Choice{"drop", OnMisaligned::kDrop}};
  }
  friend constexpr auto ChoicesOf(OnOverlap) {
    return std::array{Choice{"fail", OnOverlap::kFail}, Choice{"longest", OnOverlap::kLongest},
                      Choice{"first", OnOverlap::kFirst}};
  }
  friend constexpr auto ChoicesOf(OnDiscontinuous) {
    return std::array{Choice{"fail", OnDiscontinuous::kFail}, Choice{"split", OnDiscontinuous::kSplit},
                      Choice{"drop", OnDiscontinuous::kDrop}};
  }
  friend constexpr auto ChoicesOf(Delimiter) {
    return std::array{Choice{"blanks", Delimiter::kBlanks}, Choice{"tab", Delimiter::kTab},
                      Choice{"last", Delimiter::kLast}};
  }
  friend constexpr auto ChoicesOf(OnError) {
    return std::array{Choice{"fail", OnError::kFail}, Choice{"skip", OnError::kSkip}};
  }
  friend constexpr auto ChoicesOf(EncodingErrors) {
    return std::array{Choice{"fail", EncodingErrors::kFail}, Choice{"replace", EncodingErrors::kReplace}};
  }

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("format", &DataOptions::format,
          Doc("format of the sentences, as for clner convert; auto goes by the name of each file or what is inside"));
    visit("columns", &DataOptions::columns, Doc("columns of the data files"));
    visit("delimiter", &DataOptions::delimiter,
          Doc("what separates columns: runs of spaces and tabs, one tab, or only the last space or tab of the line"));
    visit("comment", &DataOptions::comment,
          Doc("lines that start with this text are skipped; empty skips none, so that '#' is an ordinary word"));
    visit("first_code_point", &DataOptions::first_code_point,
          Doc("a word is the first character of its column (Weibo NER)"));
    visit("read_scheme", &DataOptions::read_scheme,
          Doc("tag scheme of the files; auto detects it for each")
              .OneOf({"auto", "BIO", "IOB2", "IOB1", "BIOES", "IOBES", "BMES", "BILOU", "BIE", "IO"}));
    visit("labels", &DataOptions::labels, Doc("names of integer tags in JSON lines, in order: O,B-PER,I-PER"));
    visit("offset_unit", &DataOptions::offset_unit,
          Doc("what positions of annotated texts count; auto is utf16 for labelstudio, else code_point"));
    visit("words", &DataOptions::words,
          Doc("how annotated texts without tokens are split: text (as predict splits raw text), blanks, or characters; "
              "auto is characters for cluener and adaseq, else text"));
    visit("on_misaligned", &DataOptions::on_misaligned,
          Doc("what an annotated span does that begins or ends inside a word: stop the run, take whole words, or be "
              "left out and counted"));
    visit("on_overlap", &DataOptions::on_overlap,
          Doc("overlapping spans of annotated texts: stop the run, or keep the longest or the first in the file"));
    visit("on_discontinuous", &DataOptions::on_discontinuous,
          Doc("spans of several parts (brat): stop the run, become one span a part, or be left out and counted"));
    visit(
        "scheme", &DataOptions::scheme,
        Doc("tag scheme the model is trained with; the scheme of the files is detected; IOB2 is BIO and IOBES is BIOES")
            .OneOf({"BIOES", "IOBES", "BIO", "IOB2", "IOB1", "BILOU", "BMES", "BIE", "IO"}));
    visit("label_map", &DataOptions::label_map,
          Doc("entity types to rename, old: new; an empty new name drops the type"));
    visit("train", &DataOptions::train, Doc("training data"));
    visit("dev", &DataOptions::dev, Doc("development data, which selects the best epoch and stops early"));
    visit("test", &DataOptions::test, Doc("test data, scored once at the end"));
    visit("unlabelled", &DataOptions::unlabelled,
          Doc("sentences with contexts whose tags, if any, are not read: semi-supervised cooperative training"));
    visit("contexts", &DataOptions::contexts, Doc("where contexts come from and how much of them is shown"));
    visit("train_with_dev", &DataOptions::train_with_dev,
          Doc("train on train and dev together and keep the last epoch"));
    visit("on_error", &DataOptions::on_error,
          Doc("what a malformed sentence does: stop the run, or be left out and counted"));
    visit("encoding_errors", &DataOptions::encoding_errors,
          Doc("what invalid UTF-8 does: stop the run, or become U+FFFD and be counted"));
    visit("strict", &DataOptions::strict,
          Doc("refuse ill-formed tag sequences instead of repairing and counting them"));
    visit(
        "token_cache", &DataOptions::token_cache,
        Doc("directory where tokenised data are kept between runs: auto is clner/tokens in the user's cache directory, "
            "off keeps nothing; results do not depend on it")
            .NewDirectoryOr({"auto", "off"}));
    visit("verify_token_cache", &DataOptions::verify_token_cache,
          Doc("read data and tokenizer files to see that they did not change, instead of trusting sizes and times"));
  }
  friend bool operator==(const DataOptions&, const DataOptions&) = default;
};

[[nodiscard]] constexpr auto ChoicesOf(Pooling) {
  std::array<Choice<Pooling>, kPoolingNames.size()> choices = {};
  for (size_t i = 0; i < choices.size(); ++i) choices[i] = {kPoolingNames[i], static_cast<Pooling>(i)};
  return choices;
}

/// The pretrained encoder and how words are read from its pieces.
struct EncoderOptions {
  enum class LayerMix { kMean, kScalar };

  std::string path = {};
  std::string layers = "-1";
  LayerMix layer_mix = LayerMix::kMean;
  Pooling pool = Pooling::kFirst;
  int max_pieces = 512;
  int window_overlap = 128;
  double word_dropout = 0.1;
  std::optional<double> dropout = std::nullopt;

  friend constexpr auto ChoicesOf(LayerMix) {
    return std::array{Choice{"mean", LayerMix::kMean}, Choice{"scalar", LayerMix::kScalar}};
  }

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("path", &EncoderOptions::path, Doc("Hugging Face directory of the pretrained encoder").Directory());
    visit("layers", &EncoderOptions::layers,
          Doc("hidden states that are mixed, 0 = embeddings: -1 (the last), -4:-1 (the last four), 0,6,12 or all"));
    visit("layer_mix", &EncoderOptions::layer_mix,
          Doc("mean of the layers, or a scalar mix with one learnt weight each (Peters et al., 2018)"));
    visit("pool", &EncoderOptions::pool,
          Doc("which pieces of a word make its vector; first_last puts both side by side"));
    visit("max_pieces", &EncoderOptions::max_pieces,
          Doc("longest encoder input, special pieces included; at most the positions of the encoder")
              .Unit("pieces")
              .AtLeast(8)
              .AtMost(65536));
    visit("window_overlap", &EncoderOptions::window_overlap,
          Doc("pieces that neighbouring windows of a longer sentence share").Unit("pieces").AtLeast(0).AtMost(65536));
    visit("word_dropout", &EncoderOptions::word_dropout,
          Doc("probability that the vector of a word is zeroed in training, one draw per position of the batch, "
              "without rescaling")
              .AtLeast(0)
              .Below(1));
    visit("dropout", &EncoderOptions::dropout,
          Doc("dropout inside the encoder; null takes the values of its own config.json").AtLeast(0).Below(1));
  }
  friend bool operator==(const EncoderOptions&, const EncoderOptions&) = default;
};

/// The tag scorer.
struct HeadOptions {
  enum class Type { kCrf, kSoftmax };
  enum class Constraints { kOff, kDecode };

  Type type = Type::kCrf;
  Constraints constraints = Constraints::kDecode;
  std::string init_from = {};

  friend constexpr auto ChoicesOf(Type) {
    return std::array{Choice{"crf", Type::kCrf}, Choice{"softmax", Type::kSoftmax}};
  }
  friend constexpr auto ChoicesOf(Constraints) {
    return std::array{Choice{"off", Constraints::kOff}, Choice{"decode", Constraints::kDecode}};
  }

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("type", &HeadOptions::type,
          Doc("a linear layer, with a conditional random field or with independent tags (softmax)"));
    visit("constraints", &HeadOptions::constraints,
          Doc("decode forbids tag sequences that are illegal in the scheme when tagging; off reproduces CLNER"));
    visit("init_from", &HeadOptions::init_from,
          Doc("safetensors file with linear.weight, linear.bias, transitions [to, from] and metadata 'tags' that the "
              "head starts from; empty draws random weights")
              .File());
  }
  friend bool operator==(const HeadOptions&, const HeadOptions&) = default;
};

struct ModelOptions {
  EncoderOptions encoder = {};
  HeadOptions head = {};

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("encoder", &ModelOptions::encoder, Doc("pretrained encoder"));
    visit("head", &ModelOptions::head, Doc("tag scorer on top of the encoder"));
  }
  friend bool operator==(const ModelOptions&, const ModelOptions&) = default;
};

struct OptimizerOptions {
  enum class Type { kAdamw };
  enum class EpsPlacement { kTorch, kHf3 };

  Type type = Type::kAdamw;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-6;
  double weight_decay = 0;
  EpsPlacement eps_placement = EpsPlacement::kTorch;

  friend constexpr auto ChoicesOf(Type) { return std::array{Choice{"adamw", Type::kAdamw}}; }
  friend constexpr auto ChoicesOf(EpsPlacement) {
    return std::array{Choice{"torch", EpsPlacement::kTorch}, Choice{"hf3", EpsPlacement::kHf3}};
  }

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("type", &OptimizerOptions::type, Doc("AdamW with bias correction and decoupled weight decay"));
    visit("beta1", &OptimizerOptions::beta1, Doc("decay of the first moment").AtLeast(0).Below(1));
    visit("beta2", &OptimizerOptions::beta2, Doc("decay of the second moment").AtLeast(0).Below(1));
    visit("eps", &OptimizerOptions::eps, Doc("added to the root of the second moment").Above(0).AtMost(1));
    visit("weight_decay", &OptimizerOptions::weight_decay, Doc("decoupled weight decay").AtLeast(0).AtMost(10));
    visit(
        "eps_placement", &OptimizerOptions::eps_placement,
        Doc("where eps is added: after the bias correction (torch), or before it as transformers 3 does (hf3, CLNER)"));
  }
  friend bool operator==(const OptimizerOptions&, const OptimizerOptions&) = default;
};

/// Overrides for the parameters whose name a regular expression finds; the first matching group counts.
struct GroupOptions {
  std::string match = {};
  std::optional<double> lr = std::nullopt;
  std::optional<double> weight_decay = std::nullopt;

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("match", &GroupOptions::match,
          Doc("regular expression (ECMAScript) searched in parameter names; the first group that matches counts"));
    visit("lr", &GroupOptions::lr,
          Doc("learning rate of the group; null takes train.lr, 0 freezes the parameters").AtLeast(0).AtMost(100));
    visit("weight_decay", &GroupOptions::weight_decay,
          Doc("weight decay of the group; null takes train.optimizer.weight_decay").AtLeast(0).AtMost(10));
  }
  friend bool operator==(const GroupOptions&, const GroupOptions&) = default;
};

struct ScheduleOptions {
  enum class Type { kLinear, kConstant };

  Type type = Type::kLinear;
  double warmup = 0;

  friend constexpr auto ChoicesOf(Type) {
    return std::array{Choice{"linear", Type::kLinear}, Choice{"constant", Type::kConstant}};
  }

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("type", &ScheduleOptions::type,
          Doc("course of the learning rate after the warm-up: linear to 0 at the last step, or constant"));
    visit("warmup", &ScheduleOptions::warmup,
          Doc("linear warm-up from 0: a share of all steps if below 1, else whole steps").AtLeast(0).AtMost(1e9));
  }
  friend bool operator==(const ScheduleOptions&, const ScheduleOptions&) = default;
};

/// The training loop.
struct TrainOptions {
  enum class Batching { kSorted, kRandom, kFile };
  enum class Select { kBest, kLast };
  enum class SelectBy { kTrained, kMean, kOriginal, kContext };
  enum class Precision { kFp32, kBf16 };

  int epochs = 10;
  int batch_sentences = 16;
  int batch_pieces = 0;
  int accumulate = 1;
  double lr = 5e-5;
  OptimizerOptions optimizer = {};
  std::vector<GroupOptions> groups = {};
  ScheduleOptions schedule = {};
  double clip_norm = 5;
  Batching batching = Batching::kSorted;
  Select select = Select::kBest;
  SelectBy select_by = SelectBy::kTrained;
  int patience = 0;
  int save_every = 500;
  int keep_last = 2;
  Precision precision = Precision::kFp32;
  double grace_seconds = 30;
  int max_bad_steps = 10;
  int eval_batch_pieces = 4096;

  friend constexpr auto ChoicesOf(Batching) {
    return std::array{Choice{"sorted", Batching::kSorted}, Choice{"random", Batching::kRandom},
                      Choice{"file", Batching::kFile}};
  }
  friend constexpr auto ChoicesOf(Select) {
    return std::array{Choice{"best", Select::kBest}, Choice{"last", Select::kLast}};
  }
  friend constexpr auto ChoicesOf(SelectBy) {
    return std::array{Choice{"trained", SelectBy::kTrained}, Choice{"mean", SelectBy::kMean},
                      Choice{"original", SelectBy::kOriginal}, Choice{"context", SelectBy::kContext}};
  }
  friend constexpr auto ChoicesOf(Precision) {
    return std::array{Choice{"fp32", Precision::kFp32}, Choice{"bf16", Precision::kBf16}};
  }

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("epochs", &TrainOptions::epochs,
          Doc("passes over the training data").Unit("epochs").AtLeast(1).AtMost(1000000));
    visit("batch_sentences", &TrainOptions::batch_sentences,
          Doc("sentences of a batch; 0 when batch_pieces is used").Unit("sentences").AtLeast(0).AtMost(1000000));
    visit("batch_pieces", &TrainOptions::batch_pieces,
          Doc("pieces of a batch at most, a longer sentence stands alone; 0 when batch_sentences is used")
              .Unit("pieces")
              .AtLeast(0)
              .AtMost(100000000));
    visit(
        "accumulate", &TrainOptions::accumulate,
        Doc("batches whose gradients are averaged for one optimizer step").Unit("batches").AtLeast(1).AtMost(1000000));
    visit("lr", &TrainOptions::lr,
          Doc("learning rate of all parameters that no group overrides").AtLeast(0).AtMost(100));
    visit("optimizer", &TrainOptions::optimizer, Doc("optimizer"));
    visit("groups", &TrainOptions::groups, Doc("parameters with their own learning rate or weight decay"));
    visit("schedule", &TrainOptions::schedule, Doc("learning rate schedule"));
    visit("clip_norm", &TrainOptions::clip_norm,
          Doc("largest norm of the gradient over all parameters; 0 does not clip").AtLeast(0).AtMost(1e9));
    visit("batching", &TrainOptions::batching,
          Doc("sorted cuts the data sorted by length into batches once and shuffles their order every epoch; random "
              "shuffles the sentences; file keeps the order of the file"));
    visit("select", &TrainOptions::select,
          Doc("which epoch is kept: the best dev F1, later ones win ties, or the last; without dev data always the "
              "last"));
    visit("select_by", &TrainOptions::select_by,
          Doc("dev F1 that selects: of the original view, of the view with contexts, the mean of both, or trained: the "
              "mean over the views that are trained and have dev data"));
    visit("patience", &TrainOptions::patience,
          Doc("epochs without a better dev F1 before training stops; 0 never stops early")
              .Unit("epochs")
              .AtLeast(0)
              .AtMost(1000000));
    visit("save_every", &TrainOptions::save_every,
          Doc("optimizer steps between checkpoints").Unit("steps").AtLeast(1).AtMost(1000000000));
    visit("keep_last", &TrainOptions::keep_last,
          Doc("newest checkpoints kept").Unit("checkpoints").AtLeast(1).AtMost(1000000));
    visit("precision", &TrainOptions::precision,
          Doc("number format of the encoder in training; head and CRF are always fp32"));
    visit("grace_seconds", &TrainOptions::grace_seconds,
          Doc("time in which a stop request must have saved").Unit("seconds").AtLeast(0).AtMost(86400));
    visit("max_bad_steps", &TrainOptions::max_bad_steps,
          Doc("steps with a non-finite loss in a row after which training stops")
              .Unit("steps")
              .AtLeast(1)
              .AtMost(1000000));
    visit("eval_batch_pieces", &TrainOptions::eval_batch_pieces,
          Doc("pieces of a batch when dev and test data are tagged").Unit("pieces").AtLeast(1).AtMost(100000000));
  }
  friend bool operator==(const TrainOptions&, const TrainOptions&) = default;
};

struct LoggingOptions {
  bool trace = false;
  int every_steps = 50;

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("trace", &LoggingOptions::trace,
          Doc("write loss terms, gradient norm and learning rate of every step to trace.jsonl"));
    visit("every_steps", &LoggingOptions::every_steps,
          Doc("optimizer steps between entries of metrics.jsonl").Unit("steps").AtLeast(1).AtMost(1000000000));
  }
  friend bool operator==(const LoggingOptions&, const LoggingOptions&) = default;
};

/// One run. Paths are absolute in a resolved configuration.
struct RunConfig {
  int format = 1;
  std::string name = "run";
  int64_t seed = 1;
  int threads = 0;
  std::string device = "auto";
  DataOptions data = {};
  ModelOptions model = {};
  ObjectiveOptions objective = {};
  TrainOptions train = {};
  LoggingOptions logging = {};

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("format", &RunConfig::format, Doc("version of the configuration format").AtLeast(1).AtMost(1));
    visit("name", &RunConfig::name, Doc("name of the run, which is written to runs/<name> unless -o says otherwise"));
    visit("seed", &RunConfig::seed, Doc("seed of all random numbers").AtLeast(0));
    visit("threads", &RunConfig::threads,
          Doc("threads of the processor; 0 takes all cores").Unit("threads").AtLeast(0).AtMost(4096));
    visit("device", &RunConfig::device, Doc("where tensors live: auto (a GPU when there is one), cpu, cuda or cuda:N"));
    visit("data", &RunConfig::data, Doc("what is read and how"));
    visit("model", &RunConfig::model, Doc("encoder and head"));
    visit("objective", &RunConfig::objective, Doc("what is minimised"));
    visit("train", &RunConfig::train, Doc("training loop"));
    visit("logging", &RunConfig::logging, Doc("what is recorded"));
  }
  friend bool operator==(const RunConfig&, const RunConfig&) = default;
};

}  // namespace clner
