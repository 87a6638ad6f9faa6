#include "core/error.h"

#include "support.h"

namespace clner {
namespace {

TEST(ErrorReport, HasTheThreeLineForm) {
  const Error error(ErrorCode::kConfig, "unknown key 'x'", "a.yaml:3:1", "rename the key");
  EXPECT_STREQ(error.what(), "clner: error: unknown key 'x'\n   at: a.yaml:3:1\n  fix: rename the key");
  EXPECT_STREQ(Error(ErrorCode::kIo, "short").what(), "clner: error: short");
}

TEST(ErrorReport, ListsTwentyProblemsAndTheTotal) {
  ProblemList problems;
  EXPECT_NO_THROW(problems.ThrowIfAny());
  for (int i = 0; i < 25; ++i)
    problems.Add(i == 0 ? ErrorCode::kData : ErrorCode::kIo, {"problem " + std::to_string(i)});
  try {
    problems.ThrowIfAny();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kData);
    EXPECT_EQ(error.problems().size(), 20u);
    EXPECT_EQ(error.total(), 25u);
    EXPECT_THAT(error.what(), testing::HasSubstr("25 problems in all, the first 20 are shown"));
  }
}

TEST(ErrorReport, PlaceLeavesOutWhatIsUnknown) {
  EXPECT_EQ(Place("f"), "f");
  EXPECT_EQ(Place("f", 3), "f:3");
  EXPECT_EQ(Place("f", 3, 7), "f:3:7");
  EXPECT_EQ(Place("f", 0, 7), "f");
}

TEST(ErrorReport, FailedChecksPrintBothValuesAndAskForAReport) {
  EXPECT_ERROR(CLNER_CHECK_EQ(1 + 1, 3), ErrorCode::kInternal, "2 vs 3");
  EXPECT_ERROR(CLNER_CHECK_LT(5, 4), ErrorCode::kInternal, "please report");
  EXPECT_NO_THROW(CLNER_CHECK_LE(4, 4));
}

}  // namespace
}  // namespace clner
