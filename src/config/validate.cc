#include "config/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include "config/regex_check.h"
#include "config/resolve.h"
#include "config/values.h"
#include "core/device_name.h"
#include "core/layer_selection.h"
#include "core/suggest.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr size_t kMaxNameBytes = 200;
constexpr size_t kMaxRegexBytes = 500;

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// Collects with the place of a key.
class Checker {
 public:
  Checker(const std::function<std::string(const std::string&)>& place_of, ProblemList* problems)
      : place_of_(place_of), problems_(problems) {}

  void Add(const std::string& key, std::string what, std::string fix) {
    problems_->Add(ErrorCode::kConfig, {std::move(what), place_of_(key), std::move(fix)});
  }
  /// A conflict of two keys, at the first one that was set.
  void Add(const std::string& key, const std::string& other, std::string what, std::string fix) {
    const bool is_default = place_of_(key) == key;
    Add(is_default && place_of_(other) != other ? other : key, std::move(what), std::move(fix));
  }
  void NoEffect(const std::string& key, const std::string& without) {
    Add(key, fmt::format("{} has no effect without {}", key, without),
        fmt::format("set {} or remove {}", without, key));
  }

 private:
  const std::function<std::string(const std::string&)>& place_of_;
  ProblemList* problems_;
};

void CheckRun(const RunConfig& config, Checker* check) {
  const std::string& name = config.name;
  if (name.empty() || name == "." || name == ".." || name.size() > kMaxNameBytes ||
      name.find('/') != std::string::npos || HasControl(name)) {
    check->Add("name",
               fmt::format("name must be a file name of at most {} bytes, not '{}'", kMaxNameBytes, Printable(name)),
               "the run is written to runs/<name>; choose the directory with -o");
  }
  if (!ParseDeviceName(config.device)) {
    check->Add("device", BadDeviceName(config.device), "auto uses a GPU when there is one");
  }
}

void CheckSplit(const std::string& key, const SplitOptions& split, Checker* check) {
  if (!split.contexts.empty() && split.sentences.empty()) check->NoEffect(key + ".contexts", key + ".sentences");
}

/// Keys about reading that the format makes useless; auto may meet any format.
void CheckFormat(const DataOptions& data, Checker* check) {
  using Format = DataOptions::Format;
  if (data.format == Format::kAuto) return;
  const DataOptions defaults;
  const auto in = [&](std::initializer_list<Format> formats) {
    return std::find(formats.begin(), formats.end(), data.format) != formats.end();
  };
  const auto useless = [&](bool is_set, bool is_used, const char* key) {
    if (!is_set || is_used) return;
    check->Add(key, "data.format", fmt::format("{} has no effect with data.format: {}", key, NameOf(data.format)),
               fmt::format("remove {}, or choose another data.format", key));
  };
  const bool columns = in({Format::kColumns}), rows = in({Format::kColumns, Format::kAutoner});
  const bool annotation = !rows && !in({Format::kJsonl});
  useless(data.columns.text != defaults.columns.text, columns, "data.columns.text");
  useless(data.columns.ner != defaults.columns.ner, columns, "data.columns.ner");
  useless(data.delimiter != defaults.delimiter, columns, "data.delimiter");
  useless(data.comment != defaults.comment, rows, "data.comment");
  useless(data.first_code_point, columns, "data.first_code_point");
  useless(data.read_scheme != defaults.read_scheme, in({Format::kColumns, Format::kJsonl, Format::kAdaseq}),
          "data.read_scheme");
  useless(!data.labels.empty(), in({Format::kJsonl}), "data.labels");
  useless(data.offset_unit != defaults.offset_unit, annotation, "data.offset_unit");
  useless(data.words != defaults.words, annotation, "data.words");
  useless(data.on_misaligned != defaults.on_misaligned, annotation, "data.on_misaligned");
  useless(data.on_overlap != defaults.on_overlap, annotation, "data.on_overlap");
  useless(data.on_discontinuous != defaults.on_discontinuous, in({Format::kBrat}), "data.on_discontinuous");
}

/// Keys that the source of the contexts makes useless.
void CheckContexts(const DataOptions& data, Checker* check) {
  using Source = ContextOptions::Source;
  const ContextOptions& contexts = data.contexts;
  const auto useless = [&](const char* key, bool is_set) {
    if (!is_set) return;
    check->Add(key, "data.contexts.source",
               fmt::format("{} has no effect with data.contexts.source: {}", key, NameOf(contexts.source)),
               fmt::format("remove {}, or choose another data.contexts.source", key));
  };
  if (contexts.source == Source::kDocument || contexts.source == Source::kRandomSentences) {
    useless("data.train.contexts", !data.train.contexts.empty());
    useless("data.dev.contexts", !data.dev.contexts.empty());
    useless("data.test.contexts", !data.test.contexts.empty());
    useless("data.unlabelled.contexts", !data.unlabelled.contexts.empty());
  }
  if (contexts.source == Source::kDocument) {
    useless("data.contexts.max_texts", contexts.max_texts > 0);
    useless("data.contexts.max_words_per_text", contexts.max_words_per_text > 0);
  }
}

void CheckData(const DataOptions& data, Checker* check) {
  CheckFormat(data, check);
  if (data.columns.text == data.columns.ner) {
    check->Add("data.columns.ner", "data.columns.text",
               fmt::format("data.columns.text and data.columns.ner are both column {}", data.columns.ner),
               "name the column of the words and the column of the tags");
  }
  if (data.comment.find_first_of("\r\n") != std::string::npos) {
    check->Add("data.comment", "data.comment holds a line break, so no line can start with it",
               "give the first characters of a comment line");
  }
  for (const auto& [old_name, new_name] : data.label_map) {
    if (HasControl(new_name) || new_name.find(' ') != std::string::npos) {
      check->Add("data.label_map",
                 fmt::format("data.label_map: '{}' becomes '{}', which holds a blank", Printable(old_name),
                             Printable(new_name)),
                 "entity types are single words");
    } else if (new_name == "X") {
      check->Add(
          "data.label_map",
          fmt::format("data.label_map: '{}' becomes 'X', which is the type of context words", Printable(old_name)),
          "choose another new name");
    }
  }
  if (data.token_cache.empty()) {
    check->Add("data.token_cache", "data.token_cache is empty", "write auto, off or the path of a directory");
  }
  if (data.verify_token_cache && data.token_cache == "off") {
    check->Add("data.verify_token_cache", "data.token_cache",
               "data.verify_token_cache has no effect with data.token_cache: off", "remove one of them");
  }
  CheckSplit("data.train", data.train, check);
  CheckSplit("data.dev", data.dev, check);
  CheckSplit("data.test", data.test, check);
  CheckSplit("data.unlabelled", data.unlabelled, check);
  CheckContexts(data, check);
  if (data.train_with_dev && data.dev.sentences.empty()) check->NoEffect("data.train_with_dev", "data.dev.sentences");
}

void CheckObjective(const RunConfig& config, Checker* check) {
  const ObjectiveOptions& objective = config.objective;
  const ObjectiveOptions defaults;
  const bool cooperative = objective.type == ObjectiveOptions::Type::kCooperative;
  const bool kl = objective.cl == ObjectiveOptions::Cl::kKl || objective.cl == ObjectiveOptions::Cl::kBoth;
  const auto useless = [&](const char* key, bool set, bool used, const char* without) {
    if (set && !used) check->NoEffect(key, without);
  };
  const char* type = "objective.type: cooperative";
  const char* distance = "objective.cl: kl or both";
  useless("objective.view", objective.view != defaults.view, !cooperative, "objective.type: nll");
  useless("objective.mode", objective.mode != defaults.mode, cooperative, type);
  useless("objective.cl", objective.cl != defaults.cl, cooperative, type);
  useless("objective.without_context", objective.without_context != defaults.without_context, cooperative, type);
  useless("objective.weights", !(objective.weights == defaults.weights), cooperative, type);
  useless("objective.temperature", objective.temperature.has_value(), cooperative && kl, distance);
  useless("objective.direction", objective.direction != defaults.direction, cooperative && kl, distance);
  useless("objective.weights.cl", objective.weights.cl.has_value(),
          !cooperative || objective.cl != ObjectiveOptions::Cl::kNone, "objective.cl");
  const bool unlabelled = !config.data.unlabelled.sentences.empty();
  useless("data.unlabelled", unlabelled, cooperative && objective.cl != ObjectiveOptions::Cl::kNone,
          "objective.type: cooperative and objective.cl");
  useless("objective.weights.unlabelled", objective.weights.unlabelled != 1, unlabelled, "data.unlabelled.sentences");
}

void CheckModel(const ModelOptions& model, Checker* check) {
  const EncoderOptions& encoder = model.encoder;
  if (encoder.window_overlap >= encoder.max_pieces - 2) {
    check->Add("model.encoder.window_overlap", "model.encoder.max_pieces",
               fmt::format("model.encoder.window_overlap ({}) must be smaller than model.encoder.max_pieces ({}) less "
                           "2 special pieces",
                           encoder.window_overlap, encoder.max_pieces),
               fmt::format("a quarter is usual: {}", encoder.max_pieces / 4));
  }
  if (!IsLayerList(encoder.layers)) {
    check->Add("model.encoder.layers",
               fmt::format("model.encoder.layers '{}' is not a list of layers", Printable(encoder.layers)),
               "for example -1 (the last), -4:-1 (the last four), 0,6,12 or all");
  }
}

void CheckGroup(const GroupOptions& group, const std::string& key, Checker* check) {
  const std::string match_key = key + ".match";
  if (group.match.empty()) {
    check->Add(match_key, fmt::format("{} is empty", match_key),
               "give a regular expression for parameter names, e.g. '^crf\\.'");
  } else if (group.match.size() > kMaxRegexBytes) {
    check->Add(match_key, fmt::format("{} is longer than {} bytes", match_key, kMaxRegexBytes),
               "split it into several groups");
  } else if (const std::optional<std::string> reason = RegexProblem(group.match); reason.has_value()) {
    check->Add(match_key,
               fmt::format("{} is not a regular expression: '{}' ({})", match_key, Printable(group.match), *reason),
               "use ECMAScript syntax; a literal dot is '\\.'");
  }
  if (!group.lr.has_value() && !group.weight_decay.has_value()) {
    check->Add(match_key, fmt::format("{} has no effect without {}.lr or {}.weight_decay", key, key, key),
               "set one of them or remove the group");
  }
}

void CheckTrain(const RunConfig& config, Checker* check) {
  const TrainOptions& train = config.train;
  if (train.batch_sentences > 0 && train.batch_pieces > 0) {
    check->Add("train.batch_pieces", "train.batch_sentences",
               fmt::format("train.batch_sentences ({}) and train.batch_pieces ({}) are both set", train.batch_sentences,
                           train.batch_pieces),
               "set one of them to 0");
  }
  if (train.batch_sentences == 0 && train.batch_pieces == 0) {
    check->Add("train.batch_sentences", "train.batch_pieces", "train.batch_sentences and train.batch_pieces are both 0",
               "set one of them");
  }
  if (train.schedule.warmup >= 1 && train.schedule.warmup != std::floor(train.schedule.warmup)) {
    check->Add("train.schedule.warmup",
               fmt::format("train.schedule.warmup must be below 1 (a share) or a whole number of steps, not '{}'",
                           NumberText(train.schedule.warmup)),
               "round it");
  }
  for (size_t i = 0; i < train.groups.size(); ++i)
    CheckGroup(train.groups[i], fmt::format("train.groups.{}", i), check);
  if (train.select_by != TrainOptions::SelectBy::kTrained && !SelectsOnDev(config))
    check->NoEffect("train.select_by", "dev data to select on");
  if (train.patience > 0 && config.data.dev.sentences.empty()) check->NoEffect("train.patience", "data.dev.sentences");
  if (train.patience > 0 && config.data.train_with_dev) {
    check->Add("train.patience",
               "train.patience has no effect with data.train_with_dev, which leaves no dev data to watch",
               "remove train.patience or data.train_with_dev");
  }
}

}  // namespace

void CollectProblems(const RunConfig& config, const std::function<std::string(const std::string&)>& place_of,
                     ProblemList* problems) {
  Checker check(place_of, problems);
  const Json json = ToJson(config);
  for (const Leaf& leaf : Leaves(json)) {
    const bool scalar = leaf.schema->type != ValueType::kTextMap && leaf.schema->type != ValueType::kList;
    if (!scalar) continue;
    if (const std::optional<std::string> problem = CheckRange(*leaf.schema, leaf.key, *leaf.value);
        problem.has_value()) {
      check.Add(leaf.key, *problem, fmt::format("'clner config keys {}' describes it", leaf.key));
    }
  }
  CheckRun(config, &check);
  CheckData(config.data, &check);
  CheckModel(config.model, &check);
  CheckObjective(config, &check);
  CheckTrain(config, &check);
}

void Validate(const RunConfig& config) {
  ProblemList problems;
  CollectProblems(
      config, [](const std::string& key) { return key; }, &problems);
  problems.ThrowIfAny();
}

void RequireTrainable(const RunConfig& config) {
  ProblemList problems;
  const auto require = [&](const std::string& key, const std::string& value) {
    if (!value.empty()) return;
    problems.Add(ErrorCode::kConfig, {fmt::format("{} is empty, but training needs it", key), key,
                                      fmt::format("set it in the configuration or with --set {}=PATH", key)});
  };
  require("data.train.sentences", config.data.train.sentences);
  require("model.encoder.path", config.model.encoder.path);
  problems.ThrowIfAny();
}

bool SelectsOnDev(const RunConfig& config) {
  return config.train.select == TrainOptions::Select::kBest && !config.data.dev.sentences.empty() &&
         !config.data.train_with_dev;
}

}  // namespace clner
