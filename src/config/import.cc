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

#include "config/import_files.h"
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
constexpr int kMaxColumn = 1000;
constexpr size_t kMaxNameBytes = 200;

bool HoldsIgnoringCase(std::string text, std::string_view part) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text.find(part) != std::string::npos;
}

/// The number without the last bits of a product: 5e-6 x 10000 is 0.05.
double Rounded(double value) {
  constexpr int kDigits = 12;
  double rounded = value;
  const std::string text = fmt::format("{:.{}g}", value, kDigits);
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return rounded;
}

/// The corpora that `Corpus` names, by what they are for.
struct Corpora {
  std::vector<Section> plain = {}, context = {}, unlabelled = {};
};

/// Columns of the words and tags, and whether the tags stand in the last column that the section names.
struct Columns {
  int text = -1, ner = -1, last = -1;
};

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
    in_.CheckKeys(in_.Child(root_, "ModelFinetuner"), "trainer");
    in_.CheckKeys(train_, "train");
    in_.CheckKeys(model_, "model");
    ReadEncoder(in_.OnlyChild(in_.Child(root_, "embeddings"), "TransformerWordEmbeddings"));
    ReadData(in_.Child(root_, "ner"));
    ReadModel();
    ReadTrain();
    problems_->ThrowIfAny();
    NameRun();
    Validate(config_);
    return {Header() + WriteChanges(config_), in_.TakeNotes()};
  }

 private:
  /// Refuses what is not a file of the original before its keys are looked at.
  void CheckKind() const {
    const auto has = [&](std::string_view key) { return root_.Find(key) != nullptr; };
    if (has("targets") && has("train") && has("embeddings")) return;
    std::string fix =
        "give a file of Alibaba-NLP/CLNER, with the sections ner, embeddings, model and train and targets: ner";
    if (has("format") || has("include") || has("objective")) {
      fix = "this looks like a configuration of clner itself: use it as it is, or 'clner config fill'";
    } else if (has("dataset") && has("preprocessor")) {
      fix = "this looks like a configuration of AdaSeq, which cannot be imported; start from 'clner config init'";
    }
    throw Error(ErrorCode::kConfig, "not a configuration of the original CLNER", Place(name_), fix);
  }

  [[nodiscard]] std::string Header() const { return fmt::format("# Imported from {}.\n", Printable(name_, 200)); }

  /// The run is called as the file, if that can be the name of a run: the original's model_name is a list of settings.
  void NameRun() {
    const std::string stem = std::filesystem::path(name_).stem().string();
    const bool plain = std::all_of(stem.begin(), stem.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    if (plain && !stem.empty() && stem.size() <= kMaxNameBytes) config_.name = stem;
  }

  void ReadEncoder(const Section& section) {
    in_.CheckKeys(section, "embeddings");
    const std::string model = in_.Text(section, "model", true);
    EncoderOptions& encoder = config_.model.encoder;
    std::error_code error;
    std::filesystem::path path = std::filesystem::path(model).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    if (model.find('/') != std::string::npos && std::filesystem::is_directory(path, error)) {
      encoder.path = EscapePath(std::filesystem::absolute(path, error).string());
    } else {
      encoder.path = PathBelowVariable("CLNER_MODELS", "models", path.filename().string());
    }
    CheckPath(section, "model", encoder.path);
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
    const Corpora corpora = SortCorpora(ner, multi_view);
    if (ner.node == nullptr || (corpora.plain.empty() && corpora.context.empty())) return;
    ReadColumns(corpora);
    ReadObjective(corpora, multi_view);
    // A file with contexts alone holds its sentences, too.
    const bool pair = !corpora.plain.empty() && !corpora.context.empty();
    const CorpusFiles files = ReadFiles(corpora.plain.empty() ? corpora.context.front() : corpora.plain.front());
    const CorpusFiles contexts = pair ? ReadFiles(corpora.context.front()) : CorpusFiles{};
    config_.data.train = {files.train, contexts.train};
    config_.data.dev = {files.dev, files.dev.empty() ? "" : contexts.dev};
    config_.data.test = {files.test, files.test.empty() ? "" : contexts.test};
    if (!corpora.unlabelled.empty()) config_.data.unlabelled.sentences = ReadFiles(corpora.unlabelled.front()).train;
    config_.data.train_with_dev = in_.Flag(train_, "train_with_dev", false) && !files.dev.empty();
  }

  Corpora SortCorpora(const Section& ner, bool multi_view) {
    Corpora corpora;
    const std::string names = in_.Text(ner, "Corpus", true);
    std::vector<std::string> seen;
    for (size_t begin = 0; begin < names.size();) {
      const size_t end = std::min(names.find(':', begin), names.size());
      const std::string name = names.substr(begin, end - begin);
      begin = end + 1;
      seen.push_back(name);
      if (ner.Find(name) == nullptr || !name.starts_with("ColumnCorpus")) {
        in_.Problem(ner, "Corpus", fmt::format("the corpus '{}' has no section with its files", Printable(name)),
                    "name ColumnCorpus-... sections with data_folder and column_format");
        continue;
      }
      const bool context = HoldsIgnoringCase(name, "doc");
      const bool unlabelled = multi_view && !context && HoldsIgnoringCase(name, "unlabel");
      std::vector<Section>& kind = context ? corpora.context : unlabelled ? corpora.unlabelled : corpora.plain;
      kind.push_back(in_.Child(ner, name));
      in_.CheckKeys(kind.back(), "corpus");
      if (kind.size() != 2) continue;
      in_.Problem(ner, "Corpus",
                  fmt::format("Corpus names several corpora {}", context ? "with contexts" : "of one kind"),
                  "put their sentences into one file for each split, and name that");
    }
    NoteUnused(ner, seen);
    return corpora;
  }

  void NoteUnused(const Section& ner, const std::vector<std::string>& used) {
    if (ner.node == nullptr) return;
    for (const YamlNode::Entry& entry : ner.node->entries) {
      const bool corpus = entry.key.starts_with("ColumnCorpus");
      if (!corpus || std::find(used.begin(), used.end(), entry.key) != used.end()) continue;
      in_.Note(ner, entry.key, fmt::format("{} has no effect: Corpus does not name it", ner.KeyName(entry.key)));
    }
  }

  Columns ColumnsOf(const Section& corpus) {
    Columns columns;
    const Section format = in_.Child(corpus, "column_format");
    if (format.node == nullptr) return columns;
    for (const YamlNode::Entry& entry : format.node->entries) {
      int column = -1;
      const char* end = entry.key.data() + entry.key.size();
      if (std::from_chars(entry.key.data(), end, column).ptr != end || column < 0 || column > kMaxColumn) {
        in_.Problem(format, entry.key, fmt::format("'{}' is not the number of a column", Printable(entry.key)),
                    "columns count from 0");
      }
      columns.last = std::max(columns.last, column);
      if (entry.value->text == "text") columns.text = column;
      if (entry.value->text == "ner") columns.ner = column;
    }
    if (columns.text < 0 || columns.ner < 0) {
      in_.Problem(corpus, "column_format", "column_format must name the columns text and ner",
                  "as in {0: text, 1: ner}");
    }
    return columns;
  }

  /// The columns of all corpora, which may differ when the tags of each stand last.
  void ReadColumns(const Corpora& corpora) {
    std::optional<Columns> first;
    for (const std::vector<Section>* kind : {&corpora.plain, &corpora.context, &corpora.unlabelled}) {
      for (const Section& corpus : *kind) {
        const Columns columns = ColumnsOf(corpus);
        if (!first.has_value()) {
          first = columns;
          config_.data.columns = {columns.text, columns.ner};
        } else if (columns.text == first->text && columns.ner == columns.last && first->ner == first->last) {
          if (columns.ner != first->ner) config_.data.columns.ner = -1;
        } else if (columns.text != first->text || columns.ner != first->ner) {
          in_.Problem(corpus, "column_format", "the corpora have different columns",
                      "bring their files into one form, with the tags in the last column");
        }
        ReadFormat(corpus);
      }
    }
  }

  void ReadFormat(const Section& corpus) {
    if (in_.Text(corpus, "tag_to_bioes", false) != "ner") {
      in_.Note(corpus, "tag_to_bioes",
               fmt::format("{} is not ner, so the original trains with the tags as they are in the files; data.scheme "
                           "is BIOES all the same",
                           corpus.KeyName("tag_to_bioes")));
    }
    if (corpus.Find("comment_symbol") != nullptr) {
      config_.data.comment = in_.Text(corpus, "comment_symbol", false);
    }
  }

  CorpusFiles ReadFiles(const Section& corpus) {
    const std::string folder = in_.Text(corpus, "data_folder", true);
    if (folder.empty()) return {};
    CorpusFiles files = FindCorpusFiles(folder, {.train = in_.Text(corpus, "train_file", false),
                                                 .dev = in_.Text(corpus, "dev_file", false),
                                                 .test = in_.Text(corpus, "test_file", false)});
    const std::string key = corpus.KeyName("data_folder");
    if (files.guessed) {
      in_.Note(corpus, "data_folder",
               fmt::format("{}: there is no such directory, so the names of its files are guesses", key));
    } else if (files.train.empty()) {
      in_.Problem(corpus, "data_folder", fmt::format("{}: no file has 'train' in its name", key), "name the file so");
    } else if (files.dev.empty() || files.test.empty()) {
      in_.Note(corpus, "data_folder",
               fmt::format("{}: no file for {}; the original draws it from train at random", key,
                           files.dev.empty() ? "dev" : "test"));
    }
    for (const std::string& split : files.ambiguous) {
      in_.Note(corpus, "data_folder", fmt::format("{}: several files could be {}; check the one chosen", key, split));
    }
    for (const std::string* path : {&files.train, &files.dev, &files.test}) CheckPath(corpus, "data_folder", *path);
    return files;
  }

  void CheckPath(const Section& section, std::string_view key, const std::string& path) {
    std::string problem;
    if (path.empty() || ExpandPath(path, &problem).has_value()) return;
    in_.Problem(section, key, fmt::format("{}: {}", section.KeyName(key), problem), "correct the path");
  }

  void ReadObjective(const Corpora& corpora, bool multi_view) {
    ObjectiveOptions& objective = config_.objective;
    if (!corpora.context.empty() && !in_.Flag(model_, "remove_x", false)) {
      in_.Problem(model_, "remove_x", "without remove_x the words of contexts are tagged, too, which is not supported",
                  fmt::format("set {}: true", model_.KeyName("remove_x")));
    }
    const bool pair = !corpora.plain.empty() && !corpora.context.empty();
    if (pair) {
      objective.type = ObjectiveOptions::Type::kCooperative;
      objective.cl = Cl::kNone;
    } else if (!corpora.context.empty()) {
      objective.view = ObjectiveOptions::View::kContext;
    }
    if (pair && multi_view) {
      ReadCooperative();
      return;
    }
    if (multi_view && (corpora.plain.empty() || !corpora.unlabelled.empty())) {
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
  Section train_ = {}, model_ = {};
  RunConfig config_ = {};  ///< path values are texts that ExpandPath reads
};

}  // namespace

ImportedConfig ImportClner(const std::string& text, const std::string& name) {
  ProblemList problems;
  const std::shared_ptr<const YamlNode> root = ParseYaml(text, name, &problems);
  return Importer(*root, name, &problems).Run();
}

}  // namespace clner
