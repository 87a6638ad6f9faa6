#include "config/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include "config/checker.h"
#include "config/corpora.h"
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

void CheckRun(const RunConfig& config, Checker* check) {
  const std::string& name = config.name;
  if (name.empty() || name == "." || name == ".." || name.size() > kMaxNameBytes ||
      name.find('/') != std::string::npos || HasControlByte(name)) {
    check->Add("name",
               fmt::format("name must be a file name of at most {} bytes, not '{}'", kMaxNameBytes, Printable(name)),
               "the run is written to runs/<name>; choose the directory with -o");
  }
  if (!ParseDeviceName(config.device)) {
    check->Add("device", BadDeviceName(config.device), "auto uses a GPU when there is one");
  }
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

/// The dev data of several corpora that choose the epoch.
void CheckSelectOver(const RunConfig& config, Checker* check) {
  const std::string key = "train.select_over", &over = config.train.select_over;
  if (over == TrainOptions{}.select_over) return;
  if (config.data.corpora.empty()) return check->NoEffect(key, "data.corpora");
  if (!SelectsOnDev(config)) return check->NoEffect(key, "dev data to select on");
  std::vector<std::string> names = {"macro", "micro"};
  for (const auto& [name, corpus] : config.data.corpora) {
    if (name == over && corpus.dev.sentences.empty()) {
      return check->Add(key, fmt::format("{} is '{}', a corpus without dev data", key, name),
                        fmt::format("set data.corpora.{}.dev.sentences, or name another corpus", name));
    }
    names.push_back(name);
  }
  if (std::find(names.begin(), names.end(), over) != names.end()) return;
  check->Add(key,
             fmt::format("{} must be macro, micro or the name of a corpus, not '{}'{}", key, Printable(over),
                         DidYouMean(over, names)),
             "macro takes the mean of the dev F1 of all corpora");
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
  CheckSelectOver(config, check);
  if (train.patience > 0 && !HasDevData(config.data)) check->NoEffect("train.patience", "data.dev.sentences");
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
    const bool scalar = leaf.schema->type != ValueType::kTextMap && !leaf.schema->has_elements();
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
  const auto trains = [](const auto& corpus) { return !corpus.second.train.sentences.empty(); };
  if (config.data.corpora.empty()) {
    require("data.train.sentences", config.data.train.sentences);
  } else if (std::none_of(config.data.corpora.begin(), config.data.corpora.end(), trains)) {
    problems.Add(ErrorCode::kConfig,
                 {"no corpus of data.corpora has training data", "data.corpora",
                  fmt::format("set data.corpora.{}.train.sentences", config.data.corpora[0].first)});
  }
  require("model.encoder.path", config.model.encoder.path);
  problems.ThrowIfAny();
}

bool SelectsOnDev(const RunConfig& config) {
  return config.train.select == TrainOptions::Select::kBest && HasDevData(config.data) && !config.data.train_with_dev;
}

}  // namespace clner
