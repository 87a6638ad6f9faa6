// Search by a program of the user.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "retrieval/child_process.h"
#include "retrieval/engine.h"

namespace clner {

struct CommandOptions {
  std::string command = {};    ///< program and arguments (SplitCommand); no shell
  double answer_seconds = 60;  ///< between two answers
  bool strip_html = false;     ///< of what is found
};

/// The program is started with the first search and gets one JSON object a line:
/// `{"id":0,"query":"...","limit":20}`; it answers each, in any order, with one line
/// `{"id":0,"candidates":[{"text":"...","title":"...","id":"...","score":1.5}]}`. Only `text` is needed of a candidate;
/// without scores the order is kept. `"partial":true` marks an answer that is not complete, `"error":"..."` is 69. A
/// program that cannot be started, ends or takes too long is 69, an answer of another form 65.
class CommandEngine final : public Engine {
 public:
  /// kUsage when the command has no program.
  explicit CommandEngine(CommandOptions options);
  ~CommandEngine() override;
  [[nodiscard]] std::vector<SearchAnswer> Search(std::span<const std::string> queries, int64_t limit) override;
  /// Knows the command only, not what it searches.
  [[nodiscard]] std::string identity() const override;

 private:
  struct Round;
  [[nodiscard]] std::string Requests(std::span<const std::string> queries, int64_t limit, Round* round);
  void TakeLines(int64_t limit, Round* round);
  void TakeAnswer(std::string_view line, int64_t limit, Round* round);
  void Stop();
  [[noreturn]] void Refuse(const std::string& what);
  [[noreturn]] void Fail(const std::string& what, const Round& round, const std::string& fix);

  CommandOptions options_;
  std::vector<std::string> arguments_;
  std::unique_ptr<ChildProcess> child_;
  std::string output_;  // read and not yet a line
  int64_t next_id_ = 0, lines_ = 0;
};

}  // namespace clner
