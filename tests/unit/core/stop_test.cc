#include "core/stop.h"

#include <csignal>

#include "support.h"

namespace clner {
namespace {

using test::InChild;

TEST(Stop, SignalsSetTheFlagAndTheOldHandlersComeBack) {
  for (const auto& [number, name] :
       {std::pair(SIGTERM, "SIGTERM"), std::pair(SIGUSR1, "SIGUSR1"), std::pair(SIGINT, "SIGINT")}) {
    const int status = InChild([number = number, name = std::string(name)] {
      {
        const StopSignals signals;
        if (StopRequested() != nullptr) ::_exit(1);
        ::raise(number);
        if (StopRequested() == nullptr || StopRequested() != name) ::_exit(2);
        ClearStop();
        if (StopRequested() != nullptr) ::_exit(3);
      }
      ::raise(number);  // ends the process as ever
      ::_exit(4);
    });
    ASSERT_TRUE(WIFSIGNALED(status)) << name << " " << status;
    EXPECT_EQ(WTERMSIG(status), number);
  }
}

TEST(Stop, SecondInterruptEndsAtOnce) {
  const int status = InChild([] {
    const StopSignals signals;
    ::raise(SIGINT);
    ::raise(SIGINT);
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
}

TEST(Stop, CanBeRequestedByProgram) {
  RequestStop("test");
  EXPECT_STREQ(StopRequested(), "test");
  ClearStop();
  EXPECT_EQ(StopRequested(), nullptr);
}

}  // namespace
}  // namespace clner
