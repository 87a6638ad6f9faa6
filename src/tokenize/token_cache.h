// The directory where tokenised corpora are kept between runs. What a file of it holds is the business of its users.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/file_digests.h"
#include "core/table_file.h"
#include "tokenize/tokenizer.h"

namespace clner {

struct TokenCacheOptions {
  std::filesystem::path directory = {};    ///< empty: no cache
  uint64_t max_bytes = UINT64_C(8) << 30;  ///< of all files together; the oldest go first
  bool verify_content = false;             ///< read data and tokenizer files instead of trusting their stamps
};

/// `${XDG_CACHE_HOME:-~/.cache}/clner/tokens`; empty when neither variable holds an absolute path.
[[nodiscard]] std::filesystem::path DefaultTokenCacheDirectory();

/// What is in a directory, by the names of our own files.
struct TokenCacheUse {
  int64_t files = 0;
  uint64_t bytes = 0;
};
[[nodiscard]] TokenCacheUse TokenCacheUseOf(const std::filesystem::path& directory);

/// What decides about the ids that a tokenizer gives: its files, and the ids of a few words in many scripts, which
/// change with the program. `directory` is where it was loaded from.
[[nodiscard]] std::string TokenizerFingerprint(const Tokenizer& tokenizer, const std::filesystem::path& directory,
                                               const FileDigests& digests);

/// A cache never fails a run: what it cannot read it reports once (LogWarning) and forgets, and when it cannot write it
/// warns and goes on without. Processes may share a directory: files appear complete under names that say what is in
/// them. Not thread-safe.
class TokenCache {
 public:
  static constexpr const char* kSuffix = ".tokens";
  /// Creates the directory.
  explicit TokenCache(TokenCacheOptions options);
  [[nodiscard]] bool enabled() const { return !options_.directory.empty(); }
  [[nodiscard]] const FileDigests& digests() const { return digests_; }
  /// Hands the file of `key` to `load`, which throws 76 when it does not like it. False when there is none or it is
  /// damaged; then Store writes it anew. `key`: SHA-256 in hexadecimal digits.
  [[nodiscard]] bool Load(const std::string& key, const std::function<void(TableFile)>& load);
  /// Writes the file of `key` and removes the oldest others that are over the limit.
  void Store(const std::string& key, const TableWriter& tables);

 private:
  [[nodiscard]] std::filesystem::path PlaceOf(const std::string& key) const {
    return options_.directory / (key + kSuffix);
  }
  void RemoveOldest(const std::filesystem::path& keep) const;
  void GiveUp(const std::string& why);

  TokenCacheOptions options_;
  FileDigests digests_;
};

}  // namespace clner
