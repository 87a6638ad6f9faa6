// Unfriendly surroundings: closed streams, full disks, readers that go away, no HOME, C locale, read-only directory.
#include <sys/stat.h>
#include <unistd.h>

#include "program.h"

namespace clner::test {
namespace {

using Environment = Scratch;

TEST_F(Environment, ReaderThatGoesAwayEndsTheProgramQuietly) {
  // A pipe holds 64 KiB, so the output is repeated until the writer meets the closed end.
  const ProcessResult result = RunClnerShell("(for i in $(seq 40); do \"$clner\" man || exit; done) | head -1");
  EXPECT_EQ(result.exit_code, 141) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out, ".TH CLNER 1 \"\" \"clner " CLNER_VERSION "\" \"User Commands\"\n");
}

TEST_F(Environment, FullDiskIsReported) {
  ProcessOptions full;
  full.stdout_path = "/dev/full";
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"},
                                                    {"--version"},
                                                    {"man"},
                                                    {"completion", "bash"},
                                                    {"model", "info", "--help"}}) {
    ExpectFailure(RunClner(arguments, full), 74, {"cannot write to standard output", "No space left on device"});
  }
}

TEST_F(Environment, ClosedStandardOutputIsReported) {
  ProcessOptions closed;
  closed.close_stdout = true;
  ExpectFailure(RunClner({"--version"}, closed), 74, {"cannot write to standard output"});
}

TEST_F(Environment, ClosedStandardOutputIsNotReusedForAFile) {
  ProcessOptions closed;
  closed.close_stdout = true;
  RunClner({"man", "--log-file", Path("log")}, closed);
  EXPECT_EQ(ReadText(Path("log")).find(".TH CLNER"), std::string::npos);
}

TEST_F(Environment, ClosedStandardInputDoesNotMatterToCommandsThatDoNotReadIt) {
  ProcessOptions closed;
  closed.close_stdin = true;
  EXPECT_EQ(RunClner({"man"}, closed).exit_code, 0);
}

TEST_F(Environment, OutputDoesNotDependOnTheLocaleOrHome) {
  const std::string plain = RunClner({"man", "--markdown"}).out;
  ProcessOptions bare;
  bare.environment = {{"LC_ALL", "C"}, {"HOME", std::nullopt}, {"LANG", std::nullopt}, {"TERM", std::nullopt}};
  EXPECT_EQ(RunClner({"man", "--markdown"}, bare).out, plain);
  ExpectFailure(RunClner({"model", "info", "caf\xc3\xa9"}, bare), 66, {"'caf\xc3\xa9' is not a directory"});
}

TEST_F(Environment, ReadOnlyWorkingDirectoryIsFine) {
  ASSERT_EQ(chmod(directory_.c_str(), 0555), 0);
  ProcessOptions options;
  options.directory = directory_;
  EXPECT_EQ(RunClner({"man"}, options).exit_code, 0);
  EXPECT_NE(RunClner({"doctor"}, options).out, "");
  ASSERT_EQ(chmod(directory_.c_str(), 0755), 0);
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(Environment, RemovedWorkingDirectoryIsFine) {
  const ProcessResult result = RunClnerShell("mkdir '" + Path("gone") + "' && cd '" + Path("gone") + "' && rmdir '" +
                                             Path("gone") + "' && \"$clner\" doctor --json");
  EXPECT_NE(result.out.find("\"schema_version\": 1"), std::string::npos) << result.err;
}

TEST_F(Environment, NoColourCodesReachAPipe) { EXPECT_EQ(RunClner({"nonsense"}).err.find('\x1b'), std::string::npos); }

TEST_F(Environment, LittleMemoryIsAnErrorNotACrash) {
#ifdef CLNER_SANITIZED
  GTEST_SKIP() << "the address sanitizer needs its own memory";
#endif
  // A model file is mapped, so a sparse one exceeds the limit without filling the disk.
  std::filesystem::create_directories(Path("m"));
  WriteText(Path("m/config.json"), "{}");
  WriteText(Path("m/model.safetensors"), "");
  std::filesystem::resize_file(Path("m/model.safetensors"), UINT64_C(8) << 30);
  const ProcessResult result = RunClnerShell("ulimit -v 2000000; \"$clner\" model info '" + Path("m") + "'");
  EXPECT_GT(result.exit_code, 0) << result.err;
  EXPECT_LT(result.exit_code, 128) << result.err;
  EXPECT_NE(result.err.find("clner: error: "), std::string::npos) << result.err;
}

}  // namespace
}  // namespace clner::test
