// Helpers of the configuration tests: files in a temporary directory, environment variables, problems of a resolution.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "config/resolve.h"
#include "core/error.h"

namespace clner::test {

/// A directory that is removed with its content.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "clner-config-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Writes a file (and its directories) and returns its path.
  std::string Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

 private:
  std::filesystem::path path_;
};

/// Sets an environment variable and restores it.
class ScopedEnv {
 public:
  ScopedEnv(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name); old != nullptr) old_ = old;
    value == nullptr ? unsetenv(name) : setenv(name, value, 1);
  }
  ~ScopedEnv() { old_.has_value() ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }
  ScopedEnv(const ScopedEnv&) = delete;
  ScopedEnv& operator=(const ScopedEnv&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

/// Changes the working directory and restores it.
class ScopedWorkingDirectory {
 public:
  explicit ScopedWorkingDirectory(const std::filesystem::path& path) : old_(std::filesystem::current_path()) {
    std::filesystem::current_path(path);
  }
  ~ScopedWorkingDirectory() {
    std::error_code error;
    std::filesystem::current_path(old_, error);
  }
  ScopedWorkingDirectory(const ScopedWorkingDirectory&) = delete;
  ScopedWorkingDirectory& operator=(const ScopedWorkingDirectory&) = delete;

 private:
  std::filesystem::path old_;
};

/// The error that `action` throws; fails the test when it throws none.
template <class Action>
[[nodiscard]] Error ErrorOf(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorCode::kInternal, "no error");
}

/// The error of resolving a file with this text and these assignments.
[[nodiscard]] inline Error ErrorOfText(const std::string& text, const std::vector<std::string>& set = {}) {
  const TempDir directory;
  const std::string path = directory.Write("run.yaml", text);
  return ErrorOf([&] { (void)ResolveConfig(path, set); });
}

/// The error of these assignments on the defaults.
[[nodiscard]] inline Error ErrorOfSet(const std::vector<std::string>& set) {
  return ErrorOf([&] { (void)ResolveConfig("", set); });
}

[[nodiscard]] inline RunConfig ConfigOfText(const std::string& text, const std::vector<std::string>& set = {}) {
  const TempDir directory;
  return ResolveConfig(directory.Write("run.yaml", text), set).config;
}

}  // namespace clner::test
