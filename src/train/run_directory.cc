#include "train/run_directory.h"

#include <sstream>

#include "core/log.h"

namespace clner {
namespace {

constexpr const char* kLockName = "run.lock";

bool HoldsARun(const std::filesystem::path& path) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (entry.path().filename() != kLockName) return true;
  }
  return false;
}

std::filesystem::path FreeName(const std::filesystem::path& path) {
  for (int64_t i = 1;; ++i) {
    std::filesystem::path candidate = path.string() + ".old-" + std::to_string(i);
    std::error_code ignored;
    if (!std::filesystem::exists(candidate, ignored)) return candidate;
  }
}

}  // namespace

void RunDirectory::CheckUsable(const std::filesystem::path& path, ExistingRun existing) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return;
  if (!std::filesystem::is_directory(path, ignored)) {
    throw Error(ErrorCode::kOutput, "the output '" + path.string() + "' is a file", path.string(),
                "choose another directory with -o");
  }
  if (existing == ExistingRun::kRefuse && HoldsARun(path)) {
    throw Error(ErrorCode::kOutput, "the output directory '" + path.string() + "' is not empty", path.string(),
                "--resume continues the run, --overwrite moves it aside and starts again, -o DIR writes elsewhere");
  }
}

RunDirectory::RunDirectory(std::filesystem::path path, ExistingRun existing) : path_(std::move(path)) {
  CheckUsable(path_, existing);
  CreateDirectories(path_);
  lock_ = std::make_unique<FileLock>(path_ / kLockName);
  if (existing == ExistingRun::kOverwrite && HoldsARun(path_)) {
    const std::filesystem::path aside = FreeName(path_);
    std::error_code error;
    std::filesystem::rename(path_, aside, error);
    if (error)
      throw Error(ErrorCode::kOutput, "cannot move the old run aside: " + error.message(), path_.string(),
                  "choose another directory with -o");
    LogInfo("moved the old run to " + aside.string());
    CreateDirectories(path_);
    lock_ = std::make_unique<FileLock>(path_ / kLockName);
  }
}

void RunDirectory::AppendText(const std::string& name, const std::string& text) {
  std::unique_ptr<AppendFile>& stream = streams_[name];
  if (stream == nullptr) stream = std::make_unique<AppendFile>(path_ / name);
  stream->Append(text);
}

void RunDirectory::AppendJson(const std::string& name, const Json& json) { AppendText(name, DumpJson(json) + "\n"); }

void RunDirectory::TruncateAfter(const std::string& name, int64_t step, int64_t epochs) const {
  const auto above = [](const Json& json, const char* key, int64_t limit) {
    return json.contains(key) && json[key].is_number() && json[key].get<int64_t>() > limit;
  };
  const std::filesystem::path path = path_ / name;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return;
  std::istringstream lines(ReadFile(path));
  std::string kept, line;
  while (std::getline(lines, line)) {
    try {
      const Json json = ParseJson(line, path.string(), ErrorCode::kData);
      const bool of_epoch = json.is_object() && json.contains("event") && json["event"] == "epoch";
      if (json.is_object() && (above(json, "step", step) || (of_epoch && above(json, "epoch", epochs)))) continue;
    } catch (const Error&) {
      continue;  // the last line of a killed run may be cut
    }
    kept += line + "\n";
  }
  WriteFileAtomically(path, kept);
}

}  // namespace clner
