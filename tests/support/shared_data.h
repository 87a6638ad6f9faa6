// Where tests find real data, and the one message with which they skip when it is not there.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace clner::test {

/// `$CLNER_DATA` or ../shared/data beside the checkout.
inline std::filesystem::path DataDir() {
  const char* env = std::getenv("CLNER_DATA");
  return env != nullptr ? std::filesystem::path(env) : std::filesystem::path(CLNER_SOURCE_DIR) / "../shared/data";
}
/// ../shared/tokenizers beside DataDir().
inline std::filesystem::path TokenizerDir() { return DataDir() / "../tokenizers"; }
/// models/minilm-l6, unpacked by scripts/setup.sh.
inline std::filesystem::path MiniLmDir() { return std::filesystem::path(CLNER_SOURCE_DIR) / "models/minilm-l6"; }

}  // namespace clner::test

/// Skips the test with a printed reason when `path` does not exist.
#define CLNER_NEEDS(path)                                                                                        \
  do {                                                                                                           \
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "needs " << (path) << " (set CLNER_DATA to its parent)"; \
  } while (false)
