// What the fault tests share: programs that run beside the test or are measured, and what they left behind.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/program.h"

namespace clner::test {

/// A program that runs beside the test, in a process group of its own; the group is killed with the object.
class Background {
 public:
  explicit Background(const std::vector<std::string>& arguments, const ProcessOptions& options = {})
      : in_(internal::MakeTempFile()), out_(internal::MakeTempFile()), err_(internal::MakeTempFile()) {
    std::fwrite(options.input.data(), 1, options.input.size(), in_.get());
    std::fflush(in_.get());
    std::rewind(in_.get());
    timeout_seconds_ = options.timeout_seconds;
    child_ = fork();
    if (child_ < 0) throw std::runtime_error("cannot start a process");
    if (child_ == 0) {
      setpgid(0, 0);
      internal::BecomeProgram(arguments, options, fileno(in_.get()), fileno(out_.get()), fileno(err_.get()));
      _exit(127);
    }
    setpgid(child_, child_);
  }
  ~Background() {
    if (running_) {
      kill(-child_, SIGKILL);
      waitpid(child_, nullptr, 0);
    }
  }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  [[nodiscard]] pid_t pid() const { return child_; }
  void Signal(int number) const { kill(child_, number); }
  /// True while the program has not taken a signal that was sent; the same one sent again would be lost.
  [[nodiscard]] bool Pending(int number) const {
    const std::string status = ReadText("/proc/" + std::to_string(child_) + "/status");
    const size_t line = status.find("\nShdPnd:");
    if (line == std::string::npos) return false;
    return (std::stoull(status.substr(line + 8), nullptr, 16) >> (number - 1) & 1) != 0;
  }
  [[nodiscard]] bool Running() {
    if (running_ && wait4(child_, &status_, WNOHANG, &usage_) == child_) running_ = false;
    return running_;
  }
  /// Processor time so far; 0 when the program has ended.
  [[nodiscard]] double CpuSeconds() const {
    const std::string stat = ReadText("/proc/" + std::to_string(child_) + "/stat");
    const size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) return 0;
    std::istringstream fields(stat.substr(name_end + 1));
    std::string skipped;
    for (int i = 3; i < 14; ++i) fields >> skipped;
    double user = 0, system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  /// Polls every millisecond; false when the program ended, or 60 s passed, before `condition` held.
  template <class Condition>
  [[nodiscard]] bool WaitUntil(Condition&& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
      if (!Running() || std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }
  /// Standard error so far; the offset that the program writes at is left alone.
  [[nodiscard]] std::string Err() const {
    std::string text;
    char block[4096];
    while (true) {
      const ssize_t count = pread(fileno(err_.get()), block, sizeof(block), static_cast<off_t>(text.size()));
      if (count <= 0) return text;
      text.append(block, static_cast<size_t>(count));
    }
  }
  /// Waits for the end, at most the time-out of the options.
  ProcessResult Wait() {
    ProcessResult result;
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(timeout_seconds_);
    while (Running()) {
      if (std::chrono::steady_clock::now() > end) {
        result.timed_out = true;
        kill(-child_, SIGKILL);
        wait4(child_, &status_, 0, &usage_);
        running_ = false;
        break;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    result.exit_code = WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    result.cpu_seconds = seconds(usage_.ru_utime) + seconds(usage_.ru_stime);
    result.out = internal::Contents(out_.get());
    result.err = internal::Contents(err_.get());
    return result;
  }
  /// Largest resident size of the program and of what it waited for; known after Wait().
  [[nodiscard]] double peak_megabytes() const { return static_cast<double>(usage_.ru_maxrss) / 1024.0; }

 private:
  internal::TempFile in_, out_, err_;
  pid_t child_ = -1;
  bool running_ = true;
  int status_ = 0;
  rusage usage_ = {};
  double timeout_seconds_ = 120;
};

/// A program on which `clner` is called from bash with pipefail, as "$clner".
inline std::vector<std::string> ShellArguments(const std::string& script) {
  return {"bash", "-c", "set -o pipefail; clner='" CLNER_PROGRAM "'; " + script};
}

/// Runs bash with the program as "$clner" and expects little processor time and memory. The sanitizers need several
/// times as much of both, so that only the order of magnitude is checked there.
inline ProcessResult RunBounded(const std::string& script, double seconds, double megabytes,
                                const ProcessOptions& options = {}) {
#ifdef CLNER_SANITIZED
  seconds *= 10;
  megabytes = megabytes * 4 + 400;
#endif
  Background program(ShellArguments(script), options);
  ProcessResult result = program.Wait();
  EXPECT_FALSE(result.timed_out) << script;
  EXPECT_LT(result.cpu_seconds, seconds) << script;
  EXPECT_LT(program.peak_megabytes(), megabytes) << script;
  return result;
}

/// Every path below `directory`, relative to it and sorted.
inline std::vector<std::string> Tree(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    names.push_back(entry.path().lexically_relative(directory).string());
  std::sort(names.begin(), names.end());
  return names;
}

/// Path and content of every regular file below `directory`.
inline std::vector<std::pair<std::string, std::string>> Contents(const std::filesystem::path& directory) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string& name : Tree(directory)) {
    if (std::filesystem::is_regular_file(directory / name)) files.emplace_back(name, ReadText(directory / name));
  }
  return files;
}

inline std::string Repeat(const std::string& part, size_t times) {
  std::string text;
  text.reserve(part.size() * times);
  for (size_t i = 0; i < times; ++i) text += part;
  return text;
}

inline size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

/// A file system of `size` bytes that is mounted on a new directory, or nothing where the test may not mount.
class SmallDisk {
 public:
  SmallDisk(std::filesystem::path directory, const std::string& options) : directory_(std::move(directory)) {
    std::filesystem::create_directories(directory_);
    mounted_ = RunProcess({"mount", "-t", "tmpfs", "-o", options, "none", directory_.string()}).exit_code == 0;
  }
  ~SmallDisk() {
    if (mounted_) RunProcess({"umount", "-l", directory_.string()});
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }
  /// Changes the options, e.g. "size=64m" or "ro".
  [[nodiscard]] bool Remount(const std::string& options) const {
    return RunProcess({"mount", "-o", "remount," + options, directory_.string()}).exit_code == 0;
  }

 private:
  std::filesystem::path directory_;
  bool mounted_ = false;
};

}  // namespace clner::test
