#include "core/device_name.h"

#include <gtest/gtest.h>

namespace clner {
namespace {

TEST(DeviceName, TakesTheFourForms) {
  using Kind = DeviceName::Kind;
  EXPECT_EQ(ParseDeviceName("auto")->kind, Kind::kAuto);
  EXPECT_EQ(ParseDeviceName("cpu")->kind, Kind::kCpu);
  EXPECT_EQ(ParseDeviceName("cuda")->kind, Kind::kCuda);
  EXPECT_EQ(ParseDeviceName("cuda")->index, 0);
  EXPECT_EQ(ParseDeviceName("cuda:0")->index, 0);
  EXPECT_EQ(ParseDeviceName("cuda:7")->index, 7);
  EXPECT_EQ(ParseDeviceName("cuda:9999")->index, 9999);
}

TEST(DeviceName, TakesNothingElse) {
  for (const char* name : {"", "gpu", "CPU", "cuda:", "cuda:x", "cuda:-1", "cuda:+1", "cuda: 1", "cuda:1 ",
                           "cuda:10000", "cuda1", "cuda:0:1", " cpu", "cuda:\xD9\xA1"}) {
    EXPECT_FALSE(ParseDeviceName(name)) << name;
  }
}

TEST(DeviceName, TheErrorNamesTheNearestAndPrintsNoControlCharacters) {
  EXPECT_EQ(BadDeviceName("cude"), "device must be auto, cpu, cuda or cuda:N, not 'cude' (did you mean 'cuda'?)");
  EXPECT_EQ(BadDeviceName("a\x1b[1m").find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace clner
