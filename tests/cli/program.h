// The program under test, and a scratch directory.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/process.h"

namespace clner::test {

inline ProcessResult RunClner(std::vector<std::string> arguments, const ProcessOptions& options = {}) {
  arguments.insert(arguments.begin(), CLNER_PROGRAM);
  return RunProcess(arguments, options);
}

/// As RunShell, with the program as "$clner".
inline ProcessResult RunClnerShell(const std::string& script, ProcessOptions options = {}) {
  options.environment["clner"] = CLNER_PROGRAM;
  return RunShell(script, options);
}

/// Expects the exit code, an empty standard output, the three-line form and the given texts on standard error.
inline void ExpectFailure(const ProcessResult& result, int exit_code, const std::vector<std::string>& texts) {
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("clner: error: "), std::string::npos) << result.err;
  for (const std::string& text : texts)
    EXPECT_NE(result.err.find(text), std::string::npos) << text << " is not in:\n" << result.err;
}

inline std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void WriteText(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// A new directory, removed with the test.
class Scratch : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "clner-cli-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  [[nodiscard]] std::string Path(const std::string& name) const { return (directory_ / name).string(); }
  std::filesystem::path directory_;
};

}  // namespace clner::test
