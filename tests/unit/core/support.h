// Helpers of the core tests: a directory that vanishes, expected errors, child processes that may be killed.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/fault.h"

namespace clner::test {

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "clner-core-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Removes the fault hook when a test ends, however it ends.
struct HookGuard {
  explicit HookGuard(FaultHook hook) { SetFaultHook(std::move(hook)); }
  ~HookGuard() { SetFaultHook({}); }
  HookGuard(const HookGuard&) = delete;
  HookGuard& operator=(const HookGuard&) = delete;
};

/// A hook that answers `fault` at the k-th call of `op`.
inline FaultHook FaultAt(std::string op, int k, int fault) {
  return [op = std::move(op), k, fault, calls = 0](const char* name) mutable {
    return op == name && ++calls == k ? fault : 0;
  };
}

inline void Put(const std::filesystem::path& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  ASSERT_TRUE(out.good()) << path;
}

inline std::string Get(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Names in a directory, sorted by the matcher's caller.
inline std::vector<std::string> Names(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename().string());
  return names;
}

/// Runs `body` in a child process; the wait status (see WIFEXITED, WIFSIGNALED). An exception ends the child with its
/// code.
inline int InChild(const std::function<void()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    try {
      body();
    } catch (const Error& error) {
      ::_exit(static_cast<int>(error.code()));
    } catch (...) {
      ::_exit(99);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

/// Root ignores permissions: such tests say so and skip.
inline bool IsRoot() { return ::geteuid() == 0; }

}  // namespace clner::test

/// `statement` throws Error{code} whose report contains `text`.
#define EXPECT_ERROR(statement, expected_code, text)                             \
  try {                                                                          \
    statement;                                                                   \
    ADD_FAILURE() << "no error from " #statement;                                \
  } catch (const ::clner::Error& caught) {                                       \
    EXPECT_EQ(static_cast<int>(caught.code()), static_cast<int>(expected_code)); \
    EXPECT_THAT(std::string(caught.what()), ::testing::HasSubstr(text));         \
  }
