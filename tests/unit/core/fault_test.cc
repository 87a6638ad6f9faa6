#include "core/fault.h"

#include <csignal>

#include "core/files.h"
#include "support.h"

namespace clner {
namespace {

using test::Get;
using test::InChild;
using test::TempDir;

// The plan is read from the environment once, so each runs in a child of its own.
int WithPlan(const char* plan, const std::function<void()>& body) {
  return InChild([&] {
    ::setenv("CLNER_FAULT", plan, 1);
    SetFaultHook({});  // forgets the plan that was read before
    body();
  });
}

TEST(Fault, EnvironmentPlanFailsTheNamedOperation) {
  const TempDir dir;
  const int status = WithPlan("error@write:2=ENOSPC", [&] {
    WriteFileAtomically(dir / "a", "one");
    WriteFileAtomically(dir / "b", "two");
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 74);
  EXPECT_EQ(Get(dir / "a"), "one");
  EXPECT_THAT(test::Names(dir.path()), testing::ElementsAre("a"));
}

TEST(Fault, EnvironmentPlanKillsTheProcess) {
  const TempDir dir;
  const int status = WithPlan("error@write:99,kill@rename:1", [&] { WriteFileAtomically(dir / "a", "one"); });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_FALSE(std::filesystem::exists(dir / "a"));
}

TEST(Fault, OtherActionsAreAskedForByName) {
  const int status = WithPlan("nan@step:2,stop@step:3+", [] {
    const bool first = FaultPlanned("nan", "step"), second = FaultPlanned("nan", "step"),
               third = FaultPlanned("nan", "step");
    const bool other = FaultPlanned("nan", "epoch");
    const bool s1 = FaultPlanned("stop", "step"), s2 = FaultPlanned("stop", "step"), s3 = FaultPlanned("stop", "step"),
               s4 = FaultPlanned("stop", "step");
    ::_exit(!first && second && !third && !other && !s1 && !s2 && s3 && s4 ? 0 : 1);
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Fault, NothingIsPlannedByDefault) {
  SetFaultHook({});
  EXPECT_FALSE(FaultPlanned("nan", "step"));
  EXPECT_EQ(internal::Fault("write"), 0);
}

TEST(Fault, MalformedPlansAreUsageErrors) {
  const std::pair<const char*, const char*> cases[] = {
      {"kill", "no action before '@'"},          {"@write:1", "no action before '@'"},
      {"kill@:1", "no operation behind '@'"},    {"kill@write:0", "not a positive number"},
      {"kill@write:x", "not a positive number"}, {"error@write:1=EFOO", "unknown error name"},
  };
  for (const auto& [plan, why] : cases) {
    const int status = WithPlan(plan, [why = std::string(why)] {
      try {
        (void)internal::Fault("open");
      } catch (const Error& error) {
        const bool right = error.code() == ErrorCode::kUsage &&
                           std::string(error.what()).find(why) != std::string::npos &&
                           std::string(error.what()).find("CLNER_FAULT") != std::string::npos;
        ::_exit(right ? 0 : 2);
      }
      ::_exit(1);
    });
    EXPECT_EQ(WEXITSTATUS(status), 0) << plan;
  }
}

}  // namespace
}  // namespace clner
