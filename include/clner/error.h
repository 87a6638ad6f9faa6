// Errors of the public API: what happened, where, and how to fix it.
#pragma once

#include <exception>
#include <string>
#include <vector>

namespace clner {

/// Failure classes; the value is the exit code of the command line program.
enum class ErrorCode : int {
  kCheckFailed = 1,   ///< ran, but a check the user asked for failed
  kUsage = 64,        ///< command line wrong
  kData = 65,         ///< input data wrong
  kNoInput = 66,      ///< input missing or unreadable
  kUnavailable = 69,  ///< a service, library or peer process cannot be reached
  kInternal = 70,     ///< a bug, or training diverged
  kResource = 71,     ///< out of memory or an operating system limit
  kOutput = 73,       ///< output exists, is locked or cannot be created
  kIo = 74,           ///< read or write failed
  kInterrupted = 75,  ///< stopped on request, state saved
  kCorrupt = 76,      ///< model, checkpoint or tokenizer damaged or not acceptable
  kConfig = 78,       ///< configuration wrong
};

/// One problem: lower-case sentence, place (`file:line:col`, may be empty) and an action (may be empty).
struct Problem {
  std::string what;
  std::string where = {};
  std::string fix = {};
};

/// Every failure of the library. Carries at least one problem; the code is that of the first.
class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string what, std::string where = {}, std::string fix = {});
  /// Several problems found together; `total` counts those beyond the listed ones too.
  Error(ErrorCode code, std::vector<Problem> problems, size_t total);

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  [[nodiscard]] const std::vector<Problem>& problems() const noexcept { return problems_; }
  [[nodiscard]] size_t total() const noexcept { return total_; }
  /// The whole report in the three-line form `clner: error: ... / at: ... / fix: ...`, one block per problem.
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  ErrorCode code_;
  std::vector<Problem> problems_;
  size_t total_;
  std::string text_;
};

}  // namespace clner
