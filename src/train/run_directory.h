// The directory of a run: who owns it, what is in it, and the append-only records.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "core/files.h"
#include "core/json.h"

namespace clner {

enum class ExistingRun { kRefuse, kResume, kOverwrite };

/// Layout: config.yaml, run.json, train.log, metrics.jsonl, trace.jsonl, report.json, report.html, <split>.pred.conll,
/// best/, checkpoints/, run.lock.
class RunDirectory {
 public:
  /// Throws 73 when `path` is a file, or exists and is not empty and `existing` is kRefuse. Changes nothing.
  static void CheckUsable(const std::filesystem::path& path, ExistingRun existing);
  /// Takes the lock (73 naming pid and host when another process has it), moves an old run aside for kOverwrite,
  /// creates directories.
  RunDirectory(std::filesystem::path path, ExistingRun existing);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path best() const { return path_ / "best"; }
  [[nodiscard]] std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  /// Appends one object as a line to `name`.
  void AppendJson(const std::string& name, const Json& json);
  void AppendText(const std::string& name, const std::string& text);
  /// Drops lines of `name` whose "step" is greater than `step`, and records of epochs after `epochs` finished ones:
  /// what a killed run did after its last checkpoint is done again.
  void TruncateAfter(const std::string& name, int64_t step, int64_t epochs) const;

 private:
  std::filesystem::path path_;
  std::unique_ptr<FileLock> lock_;
  std::map<std::string, std::unique_ptr<AppendFile>> streams_;
};

}  // namespace clner
