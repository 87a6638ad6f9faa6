// Rows 44, 50, 51 and 61 of the fault matrix for the token cache of `clner train`: it may save time, nothing else.
#include "train_fixture.h"

namespace clner::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TokenCacheFault : public TrainFault {
 protected:
  [[nodiscard]] std::vector<std::string> Cached() const { return {"--set", "data.token_cache=" + Path("cache")}; }
  [[nodiscard]] std::vector<std::filesystem::path> CacheFiles() const {
    std::vector<std::filesystem::path> files;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(Path("cache"), none)) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with(".tokens") && !name.starts_with('.')) files.push_back(entry.path());
    }
    return files;
  }
};

TEST_F(TokenCacheFault, TrainingIsTheSameWithAndWithoutCache) {
  const std::string straight = StraightBest();
  for (const char* out : {"cold", "warm"}) {
    const ProcessResult result = Train(out, Cached());
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(Best(out), straight);
    EXPECT_EQ(ReadText(Path(out) + "/metrics.jsonl").empty(), false);
    EXPECT_EQ(CacheFiles().size(), 2U) << "train and dev";
  }
  // A run may be resumed with another place of the cache: it changes no weight.
  const ProcessResult resumed = Train("warm", {"--resume", "--set", "data.token_cache=off"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(Best("warm"), straight);
}

TEST_F(TokenCacheFault, AutoIsInTheCacheDirectoryOfTheUser) {
  ProcessOptions options;
  options.environment = {{"XDG_CACHE_HOME", Path("xdg")}};
  ASSERT_EQ(Train("run", {"--set", "data.token_cache=auto"}, options).exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_directory(Path("xdg/clner/tokens")));
  options.environment = {{"XDG_CACHE_HOME", std::nullopt}, {"HOME", std::nullopt}};
  const ProcessResult homeless = Train("homeless", {"--set", "data.token_cache=auto"}, options);
  EXPECT_EQ(homeless.exit_code, 0) << homeless.err;
  EXPECT_THAT(homeless.err, Not(HasSubstr("token cache")));
}

TEST_F(TokenCacheFault, DamagedFilesAreReportedOnceAndMadeAnew) {
  const std::string straight = StraightBest();
  ASSERT_EQ(Train("run", Cached()).exit_code, 0);
  for (const std::filesystem::path& file : CacheFiles()) {
    std::string bytes = ReadText(file.string());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    bytes[100] = static_cast<char>(bytes[100] ^ 4);
    WriteText(file.string(), bytes);
  }
  const ProcessResult repaired = Train("repaired", Cached());
  EXPECT_EQ(repaired.exit_code, 0) << repaired.err;
  EXPECT_EQ(Count(repaired.err, "a file of the token cache is made anew"), 2U) << repaired.err;
  EXPECT_EQ(Best("repaired"), straight);
  const ProcessResult quiet = Train("quiet", Cached());
  EXPECT_THAT(quiet.err, Not(HasSubstr("token cache")));
}

TEST_F(TokenCacheFault, KilledOrFullWhileItIsWrittenDoesNoHarm) {
  const std::string straight = StraightBest();
  for (const char* plan : {"kill@write:1", "kill@fsync:1", "kill@rename:1", "kill@sync_directory:1"}) {
    EXPECT_NE(TrainWithFault("killed", plan, Cached()).exit_code, 0);
    const ProcessResult next = Train("next", Cached());
    EXPECT_EQ(next.exit_code, 0) << plan << next.err;
    EXPECT_EQ(Best("next"), straight);
    EXPECT_THAT(next.err, Not(HasSubstr("token cache"))) << plan;
    for (const char* directory : {"cache", "next", "killed"}) std::filesystem::remove_all(Path(directory));
  }
  // The first writes may be notes of digests, whose failure is no matter; then comes the first table.
  ProcessResult full;
  for (int write = 1; write <= 12 && full.err.find("token cache") == std::string::npos; ++write) {
    for (const char* directory : {"cache", "full"}) std::filesystem::remove_all(Path(directory));
    full = TrainWithFault("full", "error@write:" + std::to_string(write) + "=ENOSPC", Cached());
  }
  EXPECT_EQ(full.exit_code, 0) << full.err;
  EXPECT_EQ(Count(full.err, "the token cache cannot be used, the run goes on without it"), 1U) << full.err;
  EXPECT_EQ(Best("full"), straight);
  EXPECT_TRUE(CacheFiles().empty());
}

TEST_F(TokenCacheFault, WrongPlacesAreWarnedAboutAndWrongSettingsRefused) {
  WriteText(Path("file"), "");
  const ProcessResult result = Train("run", {"--set", "data.token_cache=" + Path("file")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("the token cache cannot be used"));
  ExpectFailure(Train("other", {"--set", "data.token_cache="}), 78, {"data.token_cache is empty"});
  ExpectFailure(Train("other", {"--set", "data.verify_token_cache=true"}), 78,
                {"data.verify_token_cache has no effect with data.token_cache: off"});
}

}  // namespace
}  // namespace clner::test
