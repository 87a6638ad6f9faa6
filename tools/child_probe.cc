#include "child_probe.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "core/utf8.h"

namespace clner::cli {

std::optional<std::string> InChild(const std::function<std::string()>& probe, std::string* reason) {
  std::array<int, 2> ends = {};
  if (pipe(ends.data()) != 0) {
    *reason = "no pipe to a child process";
    return std::nullopt;
  }
  const pid_t child = fork();
  if (child == 0) {
    // What the library prints is the only explanation there is.
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    const std::string answer = probe();
    const ssize_t written = write(ends[1], answer.data(), answer.size());
    _exit(written == static_cast<ssize_t>(answer.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string answer;
  std::array<char, 4096> block = {};
  pollfd poll_in = {ends[0], POLLIN, 0};
  bool in_time = child > 0;
  while (in_time) {
    in_time = poll(&poll_in, 1, 60'000) > 0;
    const ssize_t count = in_time ? read(ends[0], block.data(), block.size()) : 0;
    if (count <= 0) break;
    answer.append(block.data(), static_cast<size_t>(count));
  }
  close(ends[0]);
  int status = -1;
  if (child > 0) {
    if (!in_time) kill(child, SIGKILL);
    waitpid(child, &status, 0);
  }
  if (in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0) return answer;
  *reason = in_time ? "ends the process while it is loaded: " + Printable(answer, 400) : "does not answer";
  return std::nullopt;
}

}  // namespace clner::cli
