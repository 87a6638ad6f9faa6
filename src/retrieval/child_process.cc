#include "retrieval/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <thread>

#include "core/error.h"
#include "core/stop.h"
#include "core/utf8.h"

extern char** environ;

namespace clner {
namespace {

constexpr double kPatienceSeconds = 2.0, kTermSeconds = 1.0;
constexpr size_t kReadBytes = 64 << 10;

/// Turns a SIGPIPE of this thread into EPIPE while it lives: the signal itself must keep its meaning for standard
/// output.
class BlockedPipeSignal {
 public:
  BlockedPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~BlockedPipeSignal() {
    const timespec now = {};
    if (!was_pending_) sigtimedwait(&pipe_, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  BlockedPipeSignal(const BlockedPipeSignal&) = delete;
  BlockedPipeSignal& operator=(const BlockedPipeSignal&) = delete;

 private:
  sigset_t pipe_ = {}, before_ = {};
  bool was_pending_ = false;
};

struct Pipe {
  internal::Descriptor read, write;
};

Pipe MakePipe() {
  std::array<int, 2> ends = {};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw Error(ErrorCode::kResource, fmt::format("cannot make a pipe: {}", internal::ErrnoText(errno)));
  return {internal::Descriptor(ends[0]), internal::Descriptor(ends[1])};
}

/// posix_spawnp with the ends of pipes as standard input and output; 0 or an errno value.
int Spawn(const std::vector<std::string>& arguments, int in, int out, pid_t* pid) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGUSR1}) sigaddset(&defaults, number);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  const int error = posix_spawnp(pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

std::vector<std::string> SplitCommand(const std::string& command) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;  // a word has begun, perhaps with an empty quote
  char quote = 0;
  for (size_t at = 0; at < command.size(); ++at) {
    const char byte = command[at];
    if (byte == '\\' && quote != '\'' && at + 1 < command.size()) {
      word += command[++at];
      open = true;
    } else if (quote != 0) {
      if (byte == quote) {
        quote = 0;
      } else {
        word += byte;
      }
    } else if (byte == '\'' || byte == '"') {
      quote = byte;
      open = true;
    } else if (byte == ' ' || byte == '\t' || byte == '\n') {
      if (open) words.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += byte;
      open = true;
    }
  }
  if (open) words.push_back(std::move(word));
  if (quote != 0 || words.empty() || words.front().empty()) {
    throw Error(ErrorCode::kUsage,
                quote != 0 ? fmt::format("the search command '{}' has an open quote", Printable(command, 200))
                           : "the search command is empty",
                "", "write a program and its arguments, e.g. --search-command 'python3 my_search.py'");
  }
  return words;
}

ChildProcess::ChildProcess(const std::vector<std::string>& arguments) {
  Pipe to_child = MakePipe(), from_child = MakePipe();
  const int error = Spawn(arguments, to_child.read.get(), from_child.write.get(), &pid_);
  if (error != 0) {
    pid_ = -1;
    throw Error(ErrorCode::kUnavailable,
                fmt::format("cannot start the search command '{}': {}", Printable(arguments.front(), 200),
                            internal::ErrnoText(error)),
                "", "check its name and that it may be executed; for a shell write: sh -c '...'");
  }
  input_ = std::move(to_child.write);
  output_ = std::move(from_child.read);
  for (const int fd : {input_.get(), output_.get()}) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) static_cast<void>(End());
}

ChildProcess::Event ChildProcess::Exchange(std::string_view* input, std::string* output, size_t max_bytes,
                                           double seconds) {
  const BlockedPipeSignal blocked;
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (true) {
    if (const char* stop = StopRequested()) {
      throw Error(ErrorCode::kInterrupted, fmt::format("stopped by {} while waiting for the search command", stop), "",
                  "run the same command again");
    }
    constexpr double kSliceMilliseconds = 100;  // so that a stop request is seen
    const double left = std::chrono::duration<double>(end - std::chrono::steady_clock::now()).count() * 1000;
    if (left <= 0) return Event::kTimeout;
    std::array<pollfd, 2> fds = {{{output_.get(), POLLIN, 0}, {input->empty() ? -1 : input_.get(), POLLOUT, 0}}};
    if (poll(fds.data(), fds.size(), static_cast<int>(std::min(left, kSliceMilliseconds)) + 1) <= 0) continue;
    if (fds[0].revents != 0) {
      std::array<char, kReadBytes> block = {};
      const ssize_t count = internal::ReadSome(output_.get(), block.data(), block.size());
      if (count == 0) return Event::kEnd;
      if (count > 0) {
        if (output->size() + static_cast<size_t>(count) > max_bytes) return Event::kTooLong;
        output->append(block.data(), static_cast<size_t>(count));
        return Event::kRead;
      }
      if (errno != EAGAIN) return Event::kEnd;
    }
    if (fds[1].revents != 0) {
      const ssize_t count = write(input_.get(), input->data(), input->size());
      if (count > 0) {
        input->remove_prefix(static_cast<size_t>(count));
        return Event::kWritten;
      }
      if (count < 0 && errno != EAGAIN && errno != EINTR) *input = {};  // its output says what became of it
    }
  }
}

bool ChildProcess::WaitAtMost(double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (true) {
    // Left unreaped until the group is gone, so that its number stays ours.
    siginfo_t info = {};
    if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_)
      return true;
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::string ChildProcess::End() {
  input_ = internal::Descriptor();
  output_ = internal::Descriptor();
  const bool by_itself = WaitAtMost(kPatienceSeconds);
  kill(-pid_, SIGTERM);  // and what it started
  if (!by_itself && !WaitAtMost(kTermSeconds)) kill(-pid_, SIGKILL);
  while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (!by_itself) return "did not end by itself";
  return WIFSIGNALED(status_) ? fmt::format("was ended by signal {}", WTERMSIG(status_))
                              : fmt::format("ended with exit code {}", WEXITSTATUS(status_));
}

}  // namespace clner
