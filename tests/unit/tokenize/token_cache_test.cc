#include "tokenize/token_cache.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "core/error.h"
#include "core/fault.h"
#include "core/log.h"
#include "temp_directory.h"

namespace clner {
namespace {

namespace fs = std::filesystem;
using test::TempDirectory;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string Key(char digit) { return std::string(64, digit); }

void Store(TokenCache& cache, const std::string& key, size_t bytes = 1000) {
  const std::string text(bytes, 'x');
  TableWriter writer(key);
  writer.Add(std::span<const char>(text));
  cache.Store(key, writer);
}

bool Has(TokenCache& cache, const std::string& key) {
  return cache.Load(key, [](TableFile file) { EXPECT_EQ(file.Table<char>(0)[0], 'x'); });
}

std::vector<std::string> Messages(const WarningRecorder& recorder) {
  std::vector<std::string> messages;
  for (const LoggedWarning& warning : recorder.warnings()) messages.push_back(warning.message);
  return messages;
}

/// Makes a file look `hours` old.
void Age(const fs::path& path, int hours) {
  timespec times[2] = {};
  clock_gettime(CLOCK_REALTIME, &times[0]);
  times[0].tv_sec -= hours * 3600;
  times[1] = times[0];
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST(TokenCache, KeepsFilesByKey) {
  const TempDirectory dir;
  const WarningRecorder recorder;
  {
    TokenCache cache({.directory = dir.path() / "new/place"});
    EXPECT_TRUE(cache.enabled());
    EXPECT_FALSE(Has(cache, Key('a')));
    Store(cache, Key('a'));
    EXPECT_TRUE(Has(cache, Key('a')));
  }
  TokenCache again({.directory = dir.path() / "new/place"});
  EXPECT_TRUE(Has(again, Key('a')));
  EXPECT_FALSE(Has(again, Key('b')));
  EXPECT_EQ(TokenCacheUseOf(dir.path() / "new/place").files, 1);
  EXPECT_THAT(recorder.warnings(), IsEmpty());
}

TEST(TokenCache, WithoutADirectoryKeepsNothing) {
  const WarningRecorder recorder;
  TokenCache cache({});
  EXPECT_FALSE(cache.enabled());
  Store(cache, Key('a'));
  EXPECT_FALSE(Has(cache, Key('a')));
  EXPECT_THAT(recorder.warnings(), IsEmpty());
}

TEST(TokenCache, RemovesTheOldestOfItsOwnFilesOverTheLimit) {
  const TempDirectory dir;
  TokenCache cache({.directory = dir.path(), .max_bytes = 4000});
  dir.Write("notes.txt", std::string(5000, 'n'));
  dir.Write(std::string(63, 'c') + ".tokens", std::string(5000, 'n'));
  fs::create_symlink(dir.path() / "notes.txt", dir.path() / (Key('d') + ".tokens"));
  for (const char digit : {'3', '1', '2'}) Store(cache, Key(digit));
  Age(dir.path() / (Key('3') + ".tokens"), 30);
  Age(dir.path() / (Key('1') + ".tokens"), 20);
  Age(dir.path() / (Key('2') + ".tokens"), 10);
  EXPECT_TRUE(Has(cache, Key('3'))) << "a use makes a file young";
  Store(cache, Key('4'));
  EXPECT_FALSE(fs::exists(dir.path() / (Key('1') + ".tokens")));
  for (const char digit : {'2', '3', '4'}) EXPECT_TRUE(Has(cache, Key(digit))) << digit;
  EXPECT_LE(TokenCacheUseOf(dir.path()).bytes, 4000u);
  EXPECT_TRUE(fs::exists(dir.path() / "notes.txt"));
  EXPECT_TRUE(fs::exists(dir.path() / (std::string(63, 'c') + ".tokens")));
  EXPECT_TRUE(fs::is_symlink(dir.path() / (Key('d') + ".tokens")));

  Store(cache, Key('5'), 10'000);
  EXPECT_FALSE(Has(cache, Key('5'))) << "larger than all that is allowed";
  EXPECT_TRUE(Has(cache, Key('4')));
}

TEST(TokenCache, DamagedFilesAreReportedAndMadeAnew) {
  const TempDirectory dir;
  TokenCache cache({.directory = dir.path()});
  const fs::path place = dir.path() / (Key('a') + ".tokens");
  const auto load = [&] { return cache.Load(Key('a'), [](TableFile file) { (void)file.Table<char>(0); }); };
  for (const auto size : {0, 100, 600}) {
    Store(cache, Key('a'));
    fs::resize_file(place, static_cast<uintmax_t>(size));
    const WarningRecorder recorder;
    EXPECT_FALSE(load());
    EXPECT_THAT(Messages(recorder), ElementsAre(HasSubstr("a file of the token cache is made anew: ")));
    EXPECT_EQ(recorder.warnings()[0].where, place.string());
    Store(cache, Key('a'));
    EXPECT_TRUE(load());
    EXPECT_THAT(recorder.warnings(), SizeIs(1));
  }
  const WarningRecorder recorder;
  EXPECT_FALSE(cache.Load(Key('a'), [](TableFile file) { file.ThrowDamaged("not to my liking"); }));
  EXPECT_THAT(Messages(recorder), ElementsAre("a file of the token cache is made anew: not to my liking"));
}

TEST(TokenCache, GoesOnWithoutAPlaceToWrite) {
  const TempDirectory dir;
  dir.Write("file", "");
  const std::string message = "the token cache cannot be used, the run goes on without it: cannot ";
  {
    const WarningRecorder recorder;
    TokenCache cache({.directory = dir.path() / "file/sub"});
    EXPECT_FALSE(cache.enabled());
    EXPECT_THAT(Messages(recorder), ElementsAre(HasSubstr("the token cache cannot be used")));
    EXPECT_THAT(recorder.warnings()[0].fix, HasSubstr("data.token_cache: off"));
  }
  for (const char* op : {"write", "fsync", "rename", "open"}) {
    const WarningRecorder recorder;
    TokenCache cache({.directory = dir.path()});
    SetFaultHook([op](const char* name) { return std::string_view(name) == op ? ENOSPC : 0; });
    Store(cache, Key('a'));
    Store(cache, Key('b'));
    SetFaultHook({});
    EXPECT_FALSE(cache.enabled()) << op;
    EXPECT_THAT(Messages(recorder), ElementsAre(HasSubstr(message))) << "once";
    EXPECT_EQ(TokenCacheUseOf(dir.path()).files, 0);
  }
}

class FixedTokenizer final : public Tokenizer {
 public:
  explicit FixedTokenizer(int32_t id) : id_(id) {}
  bool EncodeWord(std::string_view, size_t, std::vector<int32_t>* ids) const override {
    ids->push_back(id_);
    return true;
  }
  [[nodiscard]] int32_t vocabulary_size() const override { return 256; }
  [[nodiscard]] std::string PieceText(int32_t) const override { return ""; }
  [[nodiscard]] const SpecialIds& special() const override { return special_; }

 private:
  int32_t id_;
  SpecialIds special_ = {};
};

TEST(TokenizerFingerprint, DependsOnFilesAndOnIds) {
  const TempDirectory dir, same, other;
  for (const TempDirectory* directory : {&dir, &same}) directory->Write("vocab.txt", "[UNK]\na\n");
  other.Write("vocab.txt", "[UNK]\nb\n");
  const FileDigests digests({}, true);
  const FixedTokenizer one(1), two(2);
  const std::string print = TokenizerFingerprint(one, dir.path(), digests);
  EXPECT_EQ(print, TokenizerFingerprint(one, same.path(), digests));
  EXPECT_NE(print, TokenizerFingerprint(one, other.path(), digests));
  EXPECT_NE(print, TokenizerFingerprint(two, dir.path(), digests)) << "as if the program had changed";
  same.Write("tokenizer_config.json", "{}");
  EXPECT_NE(print, TokenizerFingerprint(one, same.path(), digests));
}

TEST(DefaultTokenCacheDirectory, FollowsTheEnvironment) {
  const char *home = std::getenv("HOME"), *cache = std::getenv("XDG_CACHE_HOME");
  const std::string old_home = home == nullptr ? "" : home, old_cache = cache == nullptr ? "" : cache;
  setenv("HOME", "/home/jane", 1);
  setenv("XDG_CACHE_HOME", "/var/cache", 1);
  EXPECT_EQ(DefaultTokenCacheDirectory(), "/var/cache/clner/tokens");
  setenv("XDG_CACHE_HOME", "not/absolute", 1);
  EXPECT_EQ(DefaultTokenCacheDirectory(), "/home/jane/.cache/clner/tokens");
  unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(DefaultTokenCacheDirectory(), "/home/jane/.cache/clner/tokens");
  unsetenv("HOME");
  EXPECT_EQ(DefaultTokenCacheDirectory(), "");
  if (home != nullptr) setenv("HOME", old_home.c_str(), 1);
  if (cache != nullptr) setenv("XDG_CACHE_HOME", old_cache.c_str(), 1);
}

}  // namespace
}  // namespace clner
