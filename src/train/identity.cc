#include "train/identity.h"

#include <ATen/Parallel.h>
#include <torch/version.h>

#include <algorithm>

#include "config/corpora.h"
#include "config/resolve.h"
#include "core/error.h"
#include "core/log.h"
#include "core/sha256.h"
#include "core/weight_files.h"

namespace clner {
namespace {

// Keys that change no weight. More epochs are harmless only when the schedule does not depend on their number.
RunConfig WithoutHarmlessKeys(RunConfig config) {
  const RunConfig defaults;
  config.name = defaults.name;
  config.threads = defaults.threads;
  config.logging = defaults.logging;
  config.train.save_every = defaults.train.save_every;
  config.train.keep_last = defaults.train.keep_last;
  config.train.grace_seconds = defaults.train.grace_seconds;
  config.train.eval_batch_pieces = defaults.train.eval_batch_pieces;
  config.data.test = defaults.data.test;
  for (auto& [name, corpus] : config.data.corpora) corpus.test = defaults.data.test;
  config.data.token_cache = defaults.data.token_cache;
  config.data.verify_token_cache = defaults.data.verify_token_cache;
  if (config.train.schedule.type == ScheduleOptions::Type::kConstant && config.train.schedule.warmup >= 1)
    config.train.epochs = defaults.train.epochs;
  // Files count by content, wherever they lie.
  for (SplitOptions* split : {&config.data.train, &config.data.dev, &config.data.unlabelled}) *split = {};
  for (auto& [name, corpus] : config.data.corpora) corpus.train = corpus.dev = {};
  config.model.encoder.path.clear();
  config.model.head.init_from.clear();
  return config;
}

void AddHash(Json* json, const std::string& key, const std::string& path) {
  if (!path.empty()) (*json)[key] = Sha256OfFile(path);
}

void AddHashes(Json* json, const std::string& key, const SplitOptions& split) {
  AddHash(json, key + ".sentences", split.sentences);
  AddHash(json, key + ".contexts", split.contexts);
}

// One file has the name of the setting; the files of weights in several parts have their own names too.
void AddEncoderHashes(Json* json, const std::string& directory) {
  const std::vector<std::filesystem::path> files = OpenWeights(directory).Files();
  for (const std::filesystem::path& file : files) {
    const std::string key = "model.encoder.path";
    AddHash(json, files.size() == 1 ? key : key + "/" + file.filename().string(), file.string());
  }
}

// "key: value" lines that only one of two YAML texts has.
std::vector<std::string> LinesOnlyIn(const std::string& text, const std::string& other) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    if (("\n" + other).find("\n" + line + "\n") == std::string::npos) lines.push_back(line);
    begin = end + 1;
  }
  return lines;
}

std::string Trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? "" : text.substr(begin);
}

}  // namespace

Json RunIdentity(const RunConfig& config, at::Device device) {
  Json json;
  json["config"] = ToYaml(WithoutHarmlessKeys(config));
  Json hashes = Json::object();
  for (const CorpusData& corpus : CorporaOf(config.data)) {
    AddHashes(&hashes, corpus.key + ".train", corpus.data.train);
    AddHashes(&hashes, corpus.key + ".dev", corpus.data.dev);
  }
  AddHashes(&hashes, "data.unlabelled", config.data.unlabelled);
  AddEncoderHashes(&hashes, config.model.encoder.path);
  AddHash(&hashes, "model.head.init_from", config.model.head.init_from);
  json["sha256"] = hashes;
  json["threads"] = at::get_num_threads();
  json["device"] = c10::DeviceTypeName(device.type(), /*lower_case=*/true);
  json["version"] = CLNER_VERSION;
  json["torch"] = TORCH_VERSION;
  return json;
}

void CheckIdentity(const Json& saved, const Json& present, bool force, const std::string& place) {
  ProblemList problems;
  const auto text = [](const Json& json, const char* key) {
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : std::string();
  };
  const std::string before = text(saved, "config"), now = text(present, "config");
  for (const std::string& line : LinesOnlyIn(now, before)) {
    problems.Add(ErrorCode::kConfig,
                 {"the configuration changed since the checkpoint: now '" + Trimmed(line) + "'", place,
                  "resume with the old configuration, start a new run with -o, or give --force-resume"});
  }
  if (before != now && problems.empty()) {
    problems.Add(ErrorCode::kConfig,
                 {"the configuration changed since the checkpoint", place,
                  "resume with the old configuration, start a new run with -o, or give --force-resume"});
  }
  const Json old_hashes = saved.contains("sha256") ? saved["sha256"] : Json::object();
  for (const auto& [key, hash] : present["sha256"].items()) {
    if (old_hashes.contains(key) && old_hashes[key] == hash) continue;
    problems.Add(ErrorCode::kConfig, {"the content of '" + key + "' changed since the checkpoint", place,
                                      "restore the file, start a new run with -o, or give --force-resume"});
  }
  if (force && !problems.empty()) {
    LogWarning(
        "forced resume",
        "resuming although " + std::to_string(problems.total()) + " settings or files changed since the checkpoint",
        place);
  } else {
    problems.ThrowIfAny();
  }
  for (const char* key : {"threads", "device", "version", "torch"}) {
    if (!saved.contains(key) || saved[key] == present[key]) continue;
    LogWarning("other environment",
               std::string("the checkpoint was made with ") + key + " " + DumpJson(saved[key]) + ", this run has " +
                   DumpJson(present[key]) + ": weights will not be equal in the last bits",
               place);
  }
}

}  // namespace clner
