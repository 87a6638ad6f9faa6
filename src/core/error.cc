#include "core/error.h"

#include <utility>

namespace clner {
namespace {

std::string Report(const std::vector<Problem>& problems, size_t total) {
  std::string text;
  for (const Problem& problem : problems) {
    if (!text.empty()) text += '\n';
    text += "clner: error: " + problem.what;
    if (!problem.where.empty()) text += "\n   at: " + problem.where;
    if (!problem.fix.empty()) text += "\n  fix: " + problem.fix;
  }
  if (total > problems.size()) {
    text += "\nclner: error: " + std::to_string(total) + " problems in all, the first " +
            std::to_string(problems.size()) + " are shown";
  }
  return text;
}

std::vector<Problem> One(std::string what, std::string where, std::string fix) {
  std::vector<Problem> problems;
  problems.push_back({std::move(what), std::move(where), std::move(fix)});
  return problems;
}

}  // namespace

Error::Error(ErrorCode code, std::string what, std::string where, std::string fix)
    : Error(code, One(std::move(what), std::move(where), std::move(fix)), 1) {}

Error::Error(ErrorCode code, std::vector<Problem> problems, size_t total)
    : code_(code), problems_(std::move(problems)), total_(total), text_(Report(problems_, total_)) {}

void ProblemList::Add(ErrorCode code, Problem problem) {
  if (total_ == 0) code_ = code;
  ++total_;
  if (problems_.size() < kMaxListed) problems_.push_back(std::move(problem));
}

void ProblemList::ThrowIfAny() const {
  if (total_ > 0) throw Error(code_, problems_, total_);
}

std::string Place(const std::string& path, int64_t line, int64_t column) {
  std::string place = path;
  if (line > 0) place += ":" + std::to_string(line);
  if (line > 0 && column > 0) place += ":" + std::to_string(column);
  return place;
}

namespace internal {
void CheckFailed(const char* file, int line, const char* expression, const std::string& detail) {
  throw Error(ErrorCode::kInternal, std::string("internal check failed: ") + expression + " (" + detail + ")",
              Place(file, line), "this is a bug in clner; please report it with the command that caused it");
}
}  // namespace internal

}  // namespace clner
