#include "config/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/corpora.h"
#include "config/import_corpora.h"
#include "config/import_names.h"
#include "config/import_reader.h"
#include "config/paths.h"
#include "config/resolve.h"
#include "config/values.h"
#include "config/write.h"
#include "core/utf8.h"

namespace clner {
namespace {

using Section = OriginalSection;
using Cl = ObjectiveOptions::Cl;

// What the original takes for keys that its file leaves out.
constexpr double kLearningRate = 5e-5, kWordDropout = 0.05, kTemperature = 1, kMultiViewRate = 0.5;
constexpr int kEpochs = 100;
constexpr std::string_view kLayers = "-1,-2,-3,-4";

/// The number without the last bits of a product: 5e-6 x 10000 is 0.05.
double Rounded(double value) {
  constexpr int kDigits = 12;
  double rounded = value;
  const std::string text = fmt::format("{:.{}g}", value, kDigits);
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return rounded;
}

/// Translates one file.
class Importer {
 public:
  Importer(const YamlNode& root, const std::string& name, ProblemList* problems)
      : root_{"", &root}, name_(name), in_(name, problems), problems_(problems) {}

  ImportedConfig Run() {
    CheckKind();
    in_.CheckKeys(root_, "");
    train_ = in_.Child(root_, "train");
    model_ = in_.OnlyChild(in_.Child(root_, "model"), "FastSequenceTagger");
    trainer_ = in_.Child(root_, "ModelFinetuner");
    in_.CheckKeys(trainer_, "trainer");
    in_.CheckKeys(train_, "train");
    in_.CheckKeys(model_, "model");
    embeddings_ = in_.OnlyChild(in_.Child(root_, "embeddings"), "TransformerWordEmbeddings");
    ReadEncoder(embeddings_);
    ReadData(in_.Child(root_, "ner"));
    ReadModel();
    ReadTrain();
    problems_->ThrowIfAny();
    NameRun();
    Validate(config_);
    return {ImportHeader(name_) + WriteChanges(config_), in_.TakeNotes()};
  }

 private:
  /// Refuses what is not a file of the original before its keys are looked at.
  void CheckKind() const {
    const auto has = [&](std::string_view key) { return root_.Find(key) != nullptr; };
    if (has("targets") && has("train") && has("embeddings")) return;
    std::string fix =
        "give a file of Alibaba-NLP/CLNER, with the sections ner, embeddings, model and train and targets: ner, or one "
        "of "
        "modelscope/AdaSeq, with task, dataset, model and train";
    if (has("format") || has("include") || has("objective")) {
      fix = "this looks like a configuration of clner itself: use it as it is, or 'clner config fill'";
    }
    throw Error(ErrorCode::kConfig, "not a configuration of the original CLNER or of AdaSeq", Place(name_), fix);
  }

  /// The run is called as the file, if that can be the name of a run: the original's model_name is a list of settings.
  void NameRun() {
    const std::string run = RunNameOf(std::filesystem::path(name_).stem().string());
    if (!run.empty()) config_.name = run;
  }

  void ReadEncoder(const Section& section) {
    in_.CheckKeys(section, "embeddings");
    const std::string model = in_.Text(section, "model", true);
    EncoderOptions& encoder = config_.model.encoder;
    encoder.path = EncoderPathOf(model);
    in_.CheckPath(section, "model", encoder.path);
    if (section.node == nullptr) return;
    if (section.Find("layers") != nullptr) {
      encoder.layers = in_.Text(section, "layers", true);
    } else {
      encoder.layers = kLayers;
    }
    if (encoder.layers.find_first_of(",a") != std::string::npos) {
      in_.Problem(section, "layers",
                  fmt::format("{} is '{}': layers side by side are not supported", section.KeyName("layers"),
                              Printable(encoder.layers)),
                  "name one layer, as in '-1'; model.encoder.layers can mix several");
    }
    if (const auto pool = in_.Read(section, "pooling_operation", "model.encoder.pool"); pool.has_value()) {
      for (const auto& choice : ChoicesOf(Pooling{})) {
        if (choice.name == pool->get<std::string>()) encoder.pool = choice.value;
      }
    }
  }

  void ReadModel() {
    config_.model.encoder.word_dropout = in_.Number(model_, "word_dropout", "model.encoder.word_dropout", kWordDropout);
    config_.model.head.constraints = HeadOptions::Constraints::kOff;
    if (in_.Flag(model_, "use_crf", true)) return;
    config_.model.head.type = HeadOptions::Type::kSoftmax;
    if (!in_.Flag(model_, "sentence_loss", false)) {
      in_.Problem(model_, "sentence_loss", "without a CRF, a loss per word is not supported",
                  fmt::format("set {}: true", model_.KeyName("sentence_loss")));
    }
  }

  void ReadData(const Section& ner) {
    in_.CheckKeys(ner, "ner");
    if (const YamlNode* targets = root_.Get("targets"); targets->text != "ner") {
      in_.Problem(root_, "targets", fmt::format("targets must be ner, not {}", Describe(*targets)),
                  "only entities are tagged");
    }
    const bool multi_view = in_.Flag(model_, "multi_view_training", false);
    const OriginalCorpora corpora = SortCorpora(in_, ner, multi_view);
    if (ner.node == nullptr || corpora.labelled.empty()) return;
    ReadObjective(corpora, multi_view);
    ReadDocuments(corpora);
    FillData(in_, corpora, &config_.data);
    config_.data.train_with_dev = in_.Flag(train_, "train_with_dev", false) && HasDevData(config_.data);
    if (!corpora.some_unpaired()) return;
    config_.objective.without_context = ObjectiveOptions::WithoutContext::kOnce;
    in_.Note(
        ner, "Corpus",
        "some corpora have no contexts, so objective.without_context is once, for the sentences of the others that "
        "have none, too");
  }

  /// The sentence between its neighbours (v2_doc) as our context of documents.
  void ReadDocuments(const OriginalCorpora& corpora) {
    const char* keys[] = {"assign_doc_id", "train_with_doc"};
    if (!in_.Flag(embeddings_, "v2_doc", false)) {
      for (const char* key : keys) {
        if (in_.Flag(trainer_, key, false)) NoteDead(trainer_, key, "no embedding has v2_doc");
      }
      return;
    }
    for (const char* key : keys) {
      if (in_.Flag(trainer_, key, false)) continue;
      in_.Problem(trainer_, key, fmt::format("v2_doc needs {}, which tells it the documents", trainer_.KeyName(key)),
                  fmt::format("set {}: true", trainer_.KeyName(key)));
    }
    if (corpora.any_context) {
      in_.Problem(embeddings_, "v2_doc",
                  fmt::format("{} beside a corpus with contexts is not supported", embeddings_.KeyName("v2_doc")),
                  "show the model documents or retrieved contexts: remove v2_doc, or the corpus from Corpus");
    }
    config_.data.contexts.source = ContextOptions::Source::kDocument;
    config_.objective.view = ObjectiveOptions::View::kContext;
  }

  void ReadObjective(const OriginalCorpora& corpora, bool multi_view) {
    ObjectiveOptions& objective = config_.objective;
    if (corpora.any_context && !in_.Flag(model_, "remove_x", false)) {
      in_.Problem(model_, "remove_x", "without remove_x the words of contexts are tagged, too, which is not supported",
                  fmt::format("set {}: true", model_.KeyName("remove_x")));
    }
    const bool pair = corpora.pairs();
    if (pair) {
      objective.type = ObjectiveOptions::Type::kCooperative;
      objective.cl = Cl::kNone;
    } else if (corpora.any_context) {
      objective.view = ObjectiveOptions::View::kContext;
    }
    if (pair && multi_view) {
      ReadCooperative();
      return;
    }
    if (multi_view && (!corpora.any_plain || !corpora.unlabelled.empty())) {
      in_.Problem(model_, "multi_view_training",
                  fmt::format("{} needs a corpus with contexts and one without", model_.KeyName("multi_view_training")),
                  "name both in Corpus: a name with 'doc' has contexts");
    }
    const std::string why = multi_view ? "no corpus has contexts" : "it acts under multi_view_training only";
    for (const char* key : {"distill_posterior", "calculate_l2_loss", "l2_loss_only", "temperature"})
      NoteDead(model_, key, why);
    NoteDead(train_, "multi_view_rate", why);
    if (multi_view) NoteDead(model_, "multi_view_training", why);
  }

  void NoteDead(const Section& section, std::string_view key, const std::string& why) {
    if (section.Find(key) == nullptr) return;
    in_.Note(section, key, fmt::format("{} has no effect: {}", section.KeyName(key), why));
  }

  void ReadCooperative() {
    ObjectiveOptions& objective = config_.objective;
    const bool posterior = in_.Flag(model_, "distill_posterior", false) && in_.Flag(model_, "use_crf", true);
    const bool l2 = in_.Flag(model_, "calculate_l2_loss", false), only = in_.Flag(model_, "l2_loss_only", false);
    if (only ? !l2 : !posterior) {
      in_.Problem(model_, only ? "l2_loss_only" : "multi_view_training",
                  "no cooperative loss that we have is switched on",
                  "set distill_posterior: true (with use_crf), or calculate_l2_loss and l2_loss_only: true");
      return;
    }
    objective.cl = only ? Cl::kL2 : l2 ? Cl::kBoth : Cl::kKl;
    if (only) {
      NoteDead(model_, "distill_posterior", "l2_loss_only is set");
      NoteDead(model_, "temperature", "l2_loss_only is set");
    } else {
      objective.temperature = in_.Number(model_, "temperature", "objective.temperature", kTemperature);
    }
    const double rate = in_.Number(train_, "multi_view_rate", "objective.weights.cl", kMultiViewRate);
    if (rate > 1) in_.Problem(train_, "multi_view_rate", "train.multi_view_rate is above 1", "it is a share");
    if (rate == kMultiViewRate) return;
    objective.weights.context = Rounded(1 - rate);
    objective.weights.cl = rate;
  }

  void ReadTrain() {
    TrainOptions& train = config_.train;
    train.epochs = in_.Whole(train_, "max_epochs", "train.epochs", kEpochs);
    if (train_.node != nullptr && train_.Find("mini_batch_size") == nullptr) {
      in_.Problem(train_, "mini_batch_size", "train.mini_batch_size is missing", "the original needs it, too");
    }
    train.batch_sentences = in_.Whole(train_, "mini_batch_size", "train.accumulate", train.batch_sentences);
    train.accumulate = in_.Whole(train_, "gradient_accumulation_steps", "train.accumulate", 1);
    train.lr = in_.Number(train_, "learning_rate", "train.lr", kLearningRate);
    // Only the transitions take the other rate: the emission layer is in the encoder's group.
    const double rate = Rounded(train.lr * in_.Number(train_, "lr_rate", "train.clip_norm", 1));
    if (rate != train.lr) train.groups = {{.match = "^crf\\.", .lr = rate}};
    train.optimizer.weight_decay = in_.Number(train_, "weight_decay", "train.optimizer.weight_decay", 0);
    train.optimizer.eps = in_.Number(train_, "eps", "train.optimizer.eps", train.optimizer.eps);
    train.optimizer.eps_placement = OptimizerOptions::EpsPlacement::kHf3;
    ReadWarmup();
  }

  void ReadWarmup() {
    ScheduleOptions& schedule = config_.train.schedule;
    if (!in_.Flag(train_, "use_warmup", false)) {
      NoteDead(train_, "warmup_epochs", "it acts under use_warmup only");
      schedule.warmup = in_.Whole(train_, "warmup_steps", "logging.every_steps", 0);
      return;
    }
    NoteDead(train_, "warmup_steps", "use_warmup counts epochs");
    const int epochs = in_.Whole(train_, "warmup_epochs", "train.epochs", 1);
    if (epochs < config_.train.epochs) {
      schedule.warmup = Rounded(static_cast<double>(epochs) / config_.train.epochs);
    } else {
      in_.Problem(train_, "use_warmup", "the warm-up is as long as the training", "set warmup_epochs below max_epochs");
    }
  }

  const Section root_;
  const std::string& name_;
  OriginalReader in_;
  ProblemList* problems_;
  Section train_ = {}, trainer_ = {}, model_ = {}, embeddings_ = {};
  RunConfig config_ = {};  ///< path values are texts that ExpandPath reads
};

}  // namespace

ImportedConfig ImportConfig(const std::string& text, const std::string& name) {
  ProblemList problems;
  const std::shared_ptr<const YamlNode> root = ParseYaml(text, name, &problems);
  const Section section = {"", root.get()};
  if (section.Find("dataset") != nullptr && section.Find("task") != nullptr)
    return ImportAdaSeq(*root, name, &problems);
  return Importer(*root, name, &problems).Run();
}

}  // namespace clner
