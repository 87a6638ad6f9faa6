// The strict search server of the tests (search_server.py) beside a test.
#pragma once

#include <string>
#include <vector>

#include "fault/fault.h"

namespace clner::test {

class SearchServerProcess {
 public:
  /// `arguments` as search_server.py has them, e.g. {"--product", "os", "--fault", "slow"}.
  explicit SearchServerProcess(std::vector<std::string> arguments = {}) : program_(Command(std::move(arguments))) {
    const bool ready = program_.WaitUntil([this] { return program_.Err().find('\n') != std::string::npos; });
    EXPECT_TRUE(ready) << program_.Err();
    port_ = program_.Err().substr(0, program_.Err().find('\n'));
  }
  [[nodiscard]] std::string Url(const std::string& user_info = "") const {
    return "http://" + user_info + "127.0.0.1:" + port_;
  }
  [[nodiscard]] const std::string& port() const { return port_; }

 private:
  static std::vector<std::string> Command(std::vector<std::string> arguments) {
    std::vector<std::string> all = {"python3", CLNER_SOURCE_DIR "/tests/support/search_server.py"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  Background program_;
  std::string port_;
};

}  // namespace clner::test
