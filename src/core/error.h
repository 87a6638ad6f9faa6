// Problem collection and checks for bugs. User errors are clner::Error; CLNER_CHECK_* means "please report".
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "clner/error.h"

namespace clner {

/// Collects the first `kMaxListed` problems of one input and the total count, then throws them as one Error.
class ProblemList {
 public:
  static constexpr size_t kMaxListed = 20;
  void Add(ErrorCode code, Problem problem);
  [[nodiscard]] bool empty() const { return total_ == 0; }
  [[nodiscard]] size_t total() const { return total_; }
  /// Throws one Error with the code of the first problem if there is any.
  void ThrowIfAny() const;

 private:
  ErrorCode code_ = ErrorCode::kInternal;
  std::vector<Problem> problems_;
  size_t total_ = 0;
};

/// Formats `path:line:col`; parts that are 0 are left out.
[[nodiscard]] std::string Place(const std::string& path, int64_t line = 0, int64_t column = 0);

namespace internal {
[[noreturn]] void CheckFailed(const char* file, int line, const char* expression, const std::string& detail);
template <class A, class B>
std::string BothValues(const A& a, const B& b) {
  std::ostringstream out;
  out << a << " vs " << b;
  return out.str();
}
}  // namespace internal

#define CLNER_CHECK(condition, detail)                                                        \
  do {                                                                                        \
    if (!(condition)) ::clner::internal::CheckFailed(__FILE__, __LINE__, #condition, detail); \
  } while (false)
#define CLNER_CHECK_OP_(a, op, b)                                                      \
  do {                                                                                 \
    const auto& check_a = (a);                                                         \
    const auto& check_b = (b);                                                         \
    if (!(check_a op check_b))                                                         \
      ::clner::internal::CheckFailed(__FILE__, __LINE__, #a " " #op " " #b,            \
                                     ::clner::internal::BothValues(check_a, check_b)); \
  } while (false)
#define CLNER_CHECK_EQ(a, b) CLNER_CHECK_OP_(a, ==, b)
#define CLNER_CHECK_LT(a, b) CLNER_CHECK_OP_(a, <, b)
#define CLNER_CHECK_LE(a, b) CLNER_CHECK_OP_(a, <=, b)
#define CLNER_CHECK_GE(a, b) CLNER_CHECK_OP_(a, >=, b)

}  // namespace clner
