// `clner doctor`.
#include "core/error.h"
#include "core/json.h"
#include "core/utf8.h"
#include "program.h"

namespace clner::test {
namespace {

class Doctor : public Scratch {};

TEST_F(Doctor, ReportsMachineAndMissingParts) {
  const ProcessResult result = RunClner({"doctor", "--json"});
  const Json json = ParseJson(result.out, "out", ErrorCode::kData);
  EXPECT_EQ(json.at("schema_version"), 1);
  bool missing = false;
  std::vector<std::string> names;
  for (const Json& check : json.at("checks")) {
    names.push_back(check.at("name").get<std::string>());
    missing = missing || check.at("state") == "missing";
    EXPECT_NE(check.at("value"), "") << names.back();
    if (check.at("state") != "ok") {
      EXPECT_NE(check.at("fix"), "") << names.back();
    }
  }
  EXPECT_EQ(json.at("usable"), !missing);
  EXPECT_EQ(result.exit_code, missing ? 1 : 0);
  for (const Json& check : json.at("checks")) {
    if (check.at("name") != "libraries") continue;
    EXPECT_NE(check.at("value").get<std::string>().find("utf8proc " + std::string(Utf8LibraryVersion()) + ","),
              std::string::npos)
        << check;
  }
  for (const char* name : {"clner", "compiler", "libraries", "processor", "SIMD", "memory", "libclner.so", "GPU",
                           "CUDA toolkit", "models/minilm-l6", "locale"}) {
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
  }
}

TEST_F(Doctor, PrintsTextAndMarkdown) {
  EXPECT_NE(RunClner({"doctor"}).out.find("needed is"), std::string::npos);
  EXPECT_EQ(RunClner({"doctor", "--markdown"}).out.rfind("| part | state | what |\n|---|---|---|\n", 0), 0U);
}

TEST_F(Doctor, NamesALibraryThatCannotBeLoaded) {
  std::filesystem::create_directories(Path("bin"));
  std::filesystem::create_directories(Path("lib"));
  std::filesystem::copy_file(CLNER_PROGRAM, Path("bin/clner"));
  WriteText(Path("lib/libclner.so"), "not a library");
  const ProcessResult broken = RunProcess({Path("bin/clner"), "doctor"});
  EXPECT_EQ(broken.exit_code, 1) << broken.err;
  EXPECT_NE(broken.out.find("libclner.so       missing  " + Path("lib/libclner.so")), std::string::npos) << broken.out;
  EXPECT_NE(broken.out.find("fix: build again"), std::string::npos) << broken.out;
  std::filesystem::remove(Path("lib/libclner.so"));
  const ProcessResult absent = RunProcess({Path("bin/clner"), "doctor"});
  if (absent.out.find("libclner.so       ok") != std::string::npos) return;  // the loader found the one of this build
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_NE(absent.out.find("not found beside the program"), std::string::npos) << absent.out;
}

}  // namespace
}  // namespace clner::test
