// Configurations of AdaSeq (modelscope/AdaSeq): its sequence labelling model for entities.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "config/import.h"
#include "config/import_files.h"
#include "config/import_names.h"
#include "config/import_reader.h"
#include "config/paths.h"
#include "config/resolve.h"
#include "config/write.h"
#include "core/utf8.h"

namespace clner {
namespace {

using Section = OriginalSection;

// What AdaSeq and torch take for keys that a file leaves out.
constexpr int kSeed = 42, kMaxLength = 512;
constexpr double kWeightDecay = 0.01, kEps = 1e-8, kTemperature = 1, kInterpolation = 0.5;

/// Translates one file.
class Importer {
 public:
  Importer(const YamlNode& root, const std::string& name, ProblemList* problems)
      : root_{"", &root}, name_(name), in_(name, problems), problems_(problems) {}

  ImportedConfig Run() {
    in_.CheckKeys(root_, "adaseq");
    preprocessor_ = Part(root_, "preprocessor");
    model_ = in_.Child(root_, "model");
    in_.CheckKeys(model_, "adaseq.model");
    ReadExperiment(Part(root_, "experiment"));
    ReadData(in_.Child(root_, "dataset"));
    ReadModel();
    ReadObjective();
    ReadTrain(in_.Child(root_, "train"));
    problems_->ThrowIfAny();
    Validate(config_);
    return {ImportHeader(name_) + WriteChanges(config_), in_.TakeNotes()};
  }

 private:
  /// A section that may be missing, its keys checked as those of "adaseq.KEY".
  Section Part(const Section& parent, const std::string& key) {
    if (parent.Find(key) == nullptr) return {};
    const Section section = in_.Child(parent, key);
    in_.CheckKeys(section, "adaseq." + key);
    return section;
  }

  void ReadExperiment(const Section& section) {
    const std::string name = section.node == nullptr ? "" : in_.Text(section, "exp_name", false);
    const std::string run = RunNameOf(name.empty() ? std::filesystem::path(name_).stem().string() : name);
    if (!run.empty()) config_.name = run;
    config_.seed = in_.Whole(section, "seed", "seed", kSeed);
  }

  void ReadData(const Section& section) {
    in_.CheckKeys(section, "adaseq.dataset");
    if (section.node == nullptr) return;
    const YamlNode* files = section.Get("data_file");
    if (files == nullptr) {
      in_.Problem(section, "data_file", "dataset.data_file is missing: sets of a hub are not fetched",
                  "fetch the files and write data_file: {train: FILE, valid: FILE, test: FILE}");
      return;
    }
    ReadFormat(section);
    if (files->kind == YamlNode::Kind::kScalar) {
      ReadFolder(section);
      return;
    }
    const Section named = in_.Child(section, "data_file");
    in_.CheckKeys(named, "adaseq.data_file");
    config_.data.train.sentences = FileOf(named, "train", true);
    const char* dev = named.Find("valid") == nullptr ? "dev" : "valid";
    config_.data.dev.sentences = FileOf(named, dev, false);
    config_.data.test.sentences = FileOf(named, "test", false);
  }

  void ReadFolder(const Section& section) {
    const CorpusFiles files = FindCorpusFiles(in_.Text(section, "data_file", true), {});
    if (files.guessed) {
      in_.Note(section, "data_file",
               "dataset.data_file: there is no such directory, so the names of its files are guesses");
    } else if (files.train.empty()) {
      in_.Problem(section, "data_file", "dataset.data_file: no file has 'train' in its name", "name the file so");
    }
    config_.data.train.sentences = files.train;
    config_.data.dev.sentences = files.dev;
    config_.data.test.sentences = files.test;
    for (const std::string* path : {&files.train, &files.dev, &files.test}) in_.CheckPath(section, "data_file", *path);
  }

  void ReadFormat(const Section& section) {
    using Format = DataOptions::Format;
    const std::string type = in_.Text(section, "data_type", true);
    if (type == "json_tags" || type == "json_spans") {
      config_.data.format = Format::kAdaseq;
    } else if (type == "cluener") {
      config_.data.format = Format::kCluener;
    } else if (type != "conll" && !type.empty()) {
      in_.Problem(section, "data_type", fmt::format("dataset.data_type '{}' is not supported", Printable(type)),
                  "convert the files to conll, json_tags, json_spans or cluener");
    }
    if (section.Find("delimiter") == nullptr) return;
    if (const std::string delimiter = in_.Text(section, "delimiter", false); delimiter == "\t") {
      config_.data.delimiter = DataOptions::Delimiter::kTab;
    } else if (delimiter != " ") {
      in_.Problem(section, "delimiter", fmt::format("dataset.delimiter '{}' is not supported", Printable(delimiter)),
                  "separate the columns by blanks or tabs");
    }
  }

  /// A local file as it is, an address by the name of what it gives.
  std::string FileOf(const Section& files, const std::string& key, bool needed) {
    const std::string text = files.node == nullptr ? "" : in_.Text(files, key, needed);
    if (text.empty()) return {};
    std::string path;
    if (const size_t scheme = text.find("://"); scheme != std::string::npos) {
      const std::string name = text.substr(text.find_last_of("/=", std::string::npos) + 1);
      path = PathBelowVariable("CLNER_DATA", ".", name.empty() ? key : name);
      in_.Note(files, key,
               fmt::format("{} is an address, and nothing is fetched: put the file into the directory that CLNER_DATA "
                           "names",
                           files.KeyName(key)));
    } else {
      path = EscapePath(text);
    }
    in_.CheckPath(files, key, path);
    return path;
  }

  void ReadModel() {
    EncoderOptions& encoder = config_.model.encoder;
    if (const YamlNode* embedder = model_.Get("embedder"); embedder != nullptr) {
      const bool section = embedder->kind == YamlNode::Kind::kMap;
      const Section named = section ? Part(model_, "embedder") : model_;
      const char* key = section ? "model_name_or_path" : "embedder";
      encoder.path = EncoderPathOf(in_.Text(named, key, true));
      in_.CheckPath(named, key, encoder.path);
    } else if (model_.node != nullptr) {
      in_.Problem(model_, "embedder", "model.embedder is missing", "name the encoder");
    }
    encoder.max_pieces = in_.Whole(preprocessor_, "max_length", "model.encoder.max_pieces", kMaxLength);
    encoder.window_overlap = std::min(encoder.window_overlap, encoder.max_pieces / 4);  // nothing is cut off here
    const double dropout = in_.Number(model_, "dropout", "model.encoder.word_dropout", 0);
    if (in_.Flag(model_, "word_dropout", false)) {
      encoder.word_dropout = dropout;
    } else {
      encoder.word_dropout = 0;
      if (dropout > 0) {
        in_.Note(model_, "dropout",
                 "model.dropout is not carried over: it drops single values of word vectors; the encoder's own dropout "
                 "acts, and model.encoder.word_dropout drops whole words");
      }
    }
    config_.model.head.constraints = HeadOptions::Constraints::kOff;
    if (!in_.Flag(model_, "use_crf", true)) {
      in_.Problem(model_, "use_crf", "without a CRF, a loss per word is not supported", "set model.use_crf: true");
    }
    if (preprocessor_.Find("tag_scheme") != nullptr) {
      if (const auto scheme = in_.Read(preprocessor_, "tag_scheme", "data.scheme"); scheme.has_value())
        config_.data.scheme = scheme->get<std::string>();
    }
  }

  /// Both views of every sentence in one step (clner.md section 9), or the words with the contexts that the files hold.
  void ReadObjective() {
    ObjectiveOptions& objective = config_.objective;
    const bool two_views = in_.Flag(model_, "multiview", false);
    if (two_views != in_.Flag(preprocessor_, "return_original_view", false)) {
      in_.Problem(model_, "multiview", "model.multiview and preprocessor.return_original_view belong together",
                  "set both to true, or none");
    }
    if (!two_views) {
      for (const char* key : {"temperature", "mv_loss_type", "mv_interpolation"}) {
        if (model_.Find(key) == nullptr) continue;
        in_.Note(model_, key, fmt::format("model.{} has no effect: it acts under multiview only", key));
      }
      if (config_.data.train.sentences.ends_with(".ret")) {
        objective.view = ObjectiveOptions::View::kContext;
        in_.Note(root_, "dataset", "the files hold contexts, judged by their names, so objective.view is context");
      }
      return;
    }
    if (model_.Find("mv_loss_type") == nullptr || in_.Text(model_, "mv_loss_type", false) != "crf_kl") {
      in_.Problem(model_, "mv_loss_type", "only the distance between posteriors of the CRF is supported",
                  "set model.mv_loss_type: crf_kl");
    }
    const double rate = in_.Number(model_, "mv_interpolation", "objective.weights.cl", kInterpolation);
    if (rate > 1) in_.Problem(model_, "mv_interpolation", "model.mv_interpolation is above 1", "it is a share");
    objective.type = ObjectiveOptions::Type::kCooperative;
    objective.mode = ObjectiveOptions::Mode::kPaper;
    objective.temperature = in_.Number(model_, "temperature", "objective.temperature", kTemperature);
    objective.weights.original = objective.weights.context = rate;
    objective.weights.cl = 1 - rate;
  }

  void ReadTrain(const Section& section) {
    in_.CheckKeys(section, "adaseq.train");
    TrainOptions& train = config_.train;
    train.epochs = in_.Whole(section, "max_epochs", "train.epochs", train.epochs);
    train.batch_sentences = in_.Whole(Part(section, "dataloader"), "batch_size_per_gpu", "train.accumulate", 1);
    train.batching = TrainOptions::Batching::kRandom;
    train.clip_norm = 0;
    if (section.node == nullptr) return;
    const Section optimizer = in_.Child(section, "optimizer");
    in_.CheckKeys(optimizer, "adaseq.optimizer");
    train.lr = in_.Number(optimizer, "lr", "train.lr", train.lr);
    train.optimizer.weight_decay = in_.Number(optimizer, "weight_decay", "train.optimizer.weight_decay", kWeightDecay);
    train.optimizer.eps = in_.Number(optimizer, "eps", "train.optimizer.eps", kEps);
    ReadGroups(optimizer);
    const Section options = Part(optimizer, "options"), clip = Part(options, "grad_clip");
    train.clip_norm = in_.Number(clip, "max_norm", "train.clip_norm", 0);
    ReadSchedule(section);
  }

  void ReadGroups(const Section& optimizer) {
    const YamlNode* groups = optimizer.Get("param_groups");
    if (groups == nullptr) return;
    if (groups->kind != YamlNode::Kind::kSequence) {
      in_.Problem(optimizer, "param_groups",
                  fmt::format("train.optimizer.param_groups must be a list, not {}", Describe(*groups)),
                  "write '- regex: crf' and its lr below");
    }
    for (const auto& item : groups->items) {
      const Section group = {"train.optimizer.param_groups", item.get()};
      in_.CheckKeys(group, "adaseq.group");
      const std::string regex = in_.Text(group, "regex", true);
      if (regex != "crf") {
        in_.Problem(group, "regex", fmt::format("the group '{}' is not supported", Printable(regex)),
                    "only crf is; add others as train.groups after the import");
        continue;
      }
      config_.train.groups.push_back({.match = "^crf\\.", .lr = in_.Number(group, "lr", "train.lr", config_.train.lr)});
    }
  }

  void ReadSchedule(const Section& train) {
    ScheduleOptions& schedule = config_.train.schedule;
    const Section section = Part(train, "lr_scheduler");
    const std::string type = section.node == nullptr ? "constant" : in_.Text(section, "type", true);
    schedule.warmup = in_.Number(section, "warmup_rate", "train.schedule.warmup", 0);
    if (type == "constant") {
      schedule.type = ScheduleOptions::Type::kConstant;
    } else if (type == "LinearLR") {
      const bool whole = in_.Number(section, "start_factor", "train.clip_norm", 1.0 / 3) == 1 &&
                         in_.Number(section, "end_factor", "train.clip_norm", 1) == 0 &&
                         in_.Whole(section, "total_iters", "train.epochs", 5) == config_.train.epochs;
      if (!whole) {
        in_.Problem(section, "type", "only a LinearLR from 1 to 0 over all epochs is supported",
                    "set start_factor: 1.0, end_factor: 0.0 and total_iters to max_epochs");
      }
      in_.Note(section, "type", "train.lr_scheduler falls after every epoch there, after every step here");
    } else if (type != "linear" && !type.empty()) {
      in_.Problem(section, "type", fmt::format("the schedule '{}' is not supported", Printable(type)),
                  "linear, LinearLR and constant are");
    }
  }

  const Section root_;
  const std::string& name_;
  OriginalReader in_;
  ProblemList* problems_;
  Section preprocessor_ = {}, model_ = {};
  RunConfig config_ = {};  ///< path values are texts that ExpandPath reads
};

}  // namespace

ImportedConfig ImportAdaSeq(const YamlNode& root, const std::string& name, ProblemList* problems) {
  return Importer(root, name, problems).Run();
}

}  // namespace clner
