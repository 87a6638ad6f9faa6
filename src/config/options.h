// The options of a run. These structs are the schema: parsing, validation, defaults, docs/config.md, the JSON Schema
// and completion derive from each struct's Describe, which names every field once. YAML keys equal the C++ fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/data_options.h"
#include "config/field.h"
#include "config/objective_options.h"
#include "core/pooling.h"

namespace clner {

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
  std::string select_over = "macro";
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
    visit("select_over", &TrainOptions::select_over,
          Doc("dev F1 of several corpora that selects: macro, the mean of their F1 (CLNER); micro, the F1 of all their "
              "entities; or that of the corpus of this name"));
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
