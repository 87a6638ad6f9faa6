// A program of the user that runs beside this one and is talked to line by line.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_ops.h"

namespace clner {

/// The words of a command: split at blanks, with '...', "..." and \ as a shell has them, and nothing else of a shell.
/// kUsage for an open quote or no word.
[[nodiscard]] std::vector<std::string> SplitCommand(const std::string& command);

/// Standard input and output are pipes, standard error is shared. The program leads a process group, which is ended
/// with the object: input closed, two seconds of patience, SIGTERM, SIGKILL; it is always waited for. Not thread-safe.
class ChildProcess {
 public:
  /// 69 when the program cannot be started.
  explicit ChildProcess(const std::vector<std::string>& arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  enum class Event { kRead, kWritten, kEnd, kTimeout, kTooLong };
  /// Waits at most `seconds` until something was read or written: `*input` is what is still to be written and becomes
  /// shorter, `*output` becomes longer by what was read, up to `max_bytes` (then kTooLong). kEnd when the program
  /// closed its output. A program that no longer reads takes the rest of the input with it. Stop requests are 75.
  [[nodiscard]] Event Exchange(std::string_view* input, std::string* output, size_t max_bytes, double seconds);
  /// Ends the program as the destructor does and says how it ended: "ended with exit code 3", "was ended by signal 11".
  [[nodiscard]] std::string End();

 private:
  [[nodiscard]] bool WaitAtMost(double seconds);
  pid_t pid_ = -1;
  int status_ = 0;
  internal::Descriptor input_, output_;
};

}  // namespace clner
