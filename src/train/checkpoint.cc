#include "train/checkpoint.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstdio>

#include "core/files.h"
#include "core/log.h"
#include "core/sha256.h"
#include "model/weights.h"

namespace clner {
namespace {

constexpr const char* kManifest = "MANIFEST";
constexpr const char* kPrefix = "step-";

std::string StepName(int64_t step) {
  std::string digits = std::to_string(step);
  return kPrefix + std::string(digits.size() < 9 ? 9 - digits.size() : 0, '0') + digits;
}

// Checkpoint directories, newest first.
std::vector<std::filesystem::path> List(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && name.rfind(kPrefix, 0) == 0) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  return found;
}

}  // namespace

void SaveCheckpoint(const std::filesystem::path& directory, const Model& model, const ops::AdamW& optimizer,
                    const TrainState& state, const Json& identity, int keep_last) {
  CreateDirectories(directory);
  const std::filesystem::path target = directory / StepName(state.step);
  AtomicDirectory output(target);
  SaveTensors(output.path() / "model.safetensors", NamedParameters(model));
  SaveTensors(output.path() / "optimizer.safetensors", optimizer.State());
  Json json;
  json["format"] = 1;
  json["state"] = state.ToJson();
  json["identity"] = identity;
  WriteFileAtomically(output.path() / "state.json", DumpJson(json, 2) + "\n");
  WriteChecksums(output.path(), kManifest);
  std::error_code ignored;
  if (std::filesystem::exists(target, ignored)) {
    output.PublishReplacing();
  } else {
    output.Publish();
  }
  const std::vector<std::filesystem::path> all = List(directory);
  for (size_t i = static_cast<size_t>(keep_last); i < all.size(); ++i) RemoveDirectory(all[i]);
}

std::optional<FoundCheckpoint> FindCheckpoint(const std::filesystem::path& directory) {
  RemoveStaleTemporaries(directory);
  RecoverDirectories(directory);
  const std::vector<std::filesystem::path> all = List(directory);
  for (const std::filesystem::path& path : all) {
    try {
      VerifyChecksums(path, kManifest);
      const std::filesystem::path file = path / "state.json";
      const Json json = ParseJson(ReadFile(file), file.string(), ErrorCode::kCorrupt);
      if (!json.is_object() || !json.contains("state") || !json.contains("identity")) {
        throw Error(ErrorCode::kCorrupt, "state.json has no 'state' or no 'identity'", file.string());
      }
      return FoundCheckpoint{path, TrainState::FromJson(json["state"], file.string()), json["identity"]};
    } catch (const Error& error) {
      LogWarning(
          "damaged checkpoint",
          "checkpoint '" + path.filename().string() + "' is damaged and is skipped: " + error.problems().front().what,
          path.string());
    }
  }
  if (all.empty()) return std::nullopt;
  throw Error(ErrorCode::kCorrupt, "all " + std::to_string(all.size()) + " checkpoints are damaged", directory.string(),
              "start again with --overwrite (the old directory is moved aside)");
}

void LoadCheckpoint(const FoundCheckpoint& found, Model& model, ops::AdamW& optimizer) {
  torch::NoGradGuard no_grad;
  LoadExactWeights(SafetensorsFile(found.path / "model.safetensors"), model);
  LoadTensors(SafetensorsFile(found.path / "optimizer.safetensors"), optimizer.State());
  optimizer.set_steps(found.state.step - found.state.bad_steps);
}

}  // namespace clner
