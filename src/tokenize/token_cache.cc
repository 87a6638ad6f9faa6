#include "tokenize/token_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "core/error.h"
#include "core/file_ops.h"
#include "core/log.h"
#include "core/sha256.h"

namespace clner {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWarning = "token cache";
constexpr size_t kKeyDigits = 64, kDigestNameDigits = 32;
/// A use is noted in the time of a file when the last one is longer ago than this.
constexpr int64_t kNoteUseNs = INT64_C(3600) * 1'000'000'000;
/// Digests are small, so that their number is limited instead of their size.
constexpr size_t kMaxDigests = 4096;
/// Words for TokenizerFingerprint: case, accents, scripts, digits, blanks, signs, characters outside of the BMP.
constexpr const char* kProbeWords[] = {"The",
                                       "unbelievable",
                                       "ANTIDISESTABLISHMENT",
                                       "caf\u00E9",
                                       "don't",
                                       "U.S.A.",
                                       "3,141.59",
                                       "@user_name",
                                       "\u4E2D\u6587\u5206\u8BCD",
                                       "\u041C\u043E\u0441\u043A\u0432\u0430",
                                       "\u0627\u0644\u0639\u0631\u0628\u064A\u0629",
                                       "\uD55C\uAD6D\uC5B4",
                                       "na\u0131\u0307ve",
                                       "\U0001F600",
                                       "[SEP]",
                                       "<mask>",
                                       "a b",
                                       "\u00A0",
                                       "\u200B",
                                       "x\u0301\u0323",
                                       "\uFB01ne",
                                       "\uFF21\uFF22"};

bool HasName(const std::string& name, size_t digits, std::string_view suffix) {
  return name.size() == digits + suffix.size() && name.ends_with(suffix) &&
         name.find_first_not_of("0123456789abcdef") == digits;
}

struct OwnFile {
  fs::path path = {};
  FileStamp stamp = {};
};

/// The files of `directory` with names that this cache gives, the oldest first.
std::vector<OwnFile> OwnFiles(const fs::path& directory, size_t digits, std::string_view suffix) {
  std::vector<OwnFile> files;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), last; !error && it != last; it.increment(error)) {
    std::error_code gone;
    if (!HasName(it->path().filename().string(), digits, suffix) || it->is_symlink(gone)) continue;
    if (const auto stamp = StampOf(it->path())) files.push_back({it->path(), *stamp});
  }
  std::ranges::sort(files, {}, [](const OwnFile& file) { return std::pair(file.stamp.modified_ns, file.path); });
  return files;
}

std::optional<fs::path> AbsolutePathIn(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || !fs::path(value).is_absolute()) return std::nullopt;
  return value;
}

std::string Reason(const std::exception& failure) {
  const auto* error = dynamic_cast<const Error*>(&failure);
  return error == nullptr ? failure.what() : error->problems().front().what;
}

}  // namespace

fs::path DefaultTokenCacheDirectory() {
  if (const auto cache = AbsolutePathIn("XDG_CACHE_HOME")) return *cache / "clner" / "tokens";
  if (const auto home = AbsolutePathIn("HOME")) return *home / ".cache" / "clner" / "tokens";
  return {};
}

TokenCacheUse TokenCacheUseOf(const fs::path& directory) {
  TokenCacheUse use;
  for (const OwnFile& file : OwnFiles(directory, kKeyDigits, TokenCache::kSuffix)) {
    ++use.files;
    use.bytes += file.stamp.size;
  }
  return use;
}

std::string TokenizerFingerprint(const Tokenizer& tokenizer, const fs::path& directory, const FileDigests& digests) {
  std::string text = fmt::format("tokenizer 1 {} {}\n", CLNER_VERSION, tokenizer.vocabulary_size());
  for (const std::string& name : TokenizerFiles(directory)) {
    text += fmt::format("{} {}\n", digests.Sha256Of(directory / name), name);
  }
  std::vector<int32_t> ids;
  for (const char* word : kProbeWords) {
    ids.clear();
    (void)tokenizer.EncodeWord(word, SIZE_MAX, &ids);
    for (const int32_t id : ids) text += fmt::format("{} ", id);
    text += '\n';
  }
  return Sha256Hex(text);
}

TokenCache::TokenCache(TokenCacheOptions options)
    : options_(std::move(options)), digests_(options_.directory, !options_.verify_content) {
  if (!enabled()) return;
  try {
    if (!fs::is_directory(options_.directory)) CreateDirectories(options_.directory);
  } catch (const std::exception& error) {
    GiveUp(Reason(error));
  }
}

void TokenCache::GiveUp(const std::string& why) {
  LogWarning(kWarning, "the token cache cannot be used, the run goes on without it: " + why,
             options_.directory.string(), "choose another place, or switch it off: data.token_cache: off");
  options_.directory.clear();
  digests_ = FileDigests({}, false);
}

bool TokenCache::Load(const std::string& key, const std::function<void(TableFile)>& load) {
  if (!enabled()) return false;
  const fs::path place = PlaceOf(key);
  const std::optional<FileStamp> stamp = StampOf(place);
  if (!stamp) return false;
  try {
    load(TableFile(place, key));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInterrupted) throw;
    if (!StampOf(place)) return false;  // another process removed it meanwhile
    LogWarning(kWarning, "a file of the token cache is made anew: " + Reason(error), place.string());
    return false;
  }
  if (FileClockNs() - stamp->modified_ns > kNoteUseNs) (void)utimensat(AT_FDCWD, place.c_str(), nullptr, 0);
  return true;
}

void TokenCache::Store(const std::string& key, const TableWriter& tables) {
  if (!enabled()) return;
  if (tables.size() > options_.max_bytes) {
    LogVerbose(fmt::format("not cached: {} bytes are over the limit of {}", tables.size(), options_.max_bytes));
    return;
  }
  try {
    RemoveStaleTemporaries(options_.directory);
    tables.Write(PlaceOf(key));
    RemoveOldest(PlaceOf(key));
  } catch (const std::exception& error) {
    GiveUp(Reason(error));
  }
}

void TokenCache::RemoveOldest(const fs::path& keep) const {
  const std::vector<OwnFile> files = OwnFiles(options_.directory, kKeyDigits, kSuffix);
  uint64_t bytes = 0;
  for (const OwnFile& file : files) bytes += file.stamp.size;
  for (const OwnFile& file : files) {
    if (bytes <= options_.max_bytes) break;
    if (file.path == keep) continue;
    internal::RemoveQuietly(file.path);
    bytes -= file.stamp.size;
  }
  const std::vector<OwnFile> digests = OwnFiles(options_.directory, kDigestNameDigits, FileDigests::kSuffix);
  for (size_t i = 0; i + kMaxDigests < digests.size(); ++i) internal::RemoveQuietly(digests[i].path);
}

}  // namespace clner
