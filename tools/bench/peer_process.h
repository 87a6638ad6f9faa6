// A Python peer that runs beside a benchmark and answers one line per request.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace clner::bench {

/// `$CLNER_PEERS_PYTHON`, else the interpreter scripts/setup_peers.sh made.
inline std::string PeerPython() {
  const char* env = std::getenv("CLNER_PEERS_PYTHON");
  return env != nullptr ? env : std::string(CLNER_SOURCE_DIR) + "/.venv-peers/bin/python";
}

class PeerProcess {
 public:
  explicit PeerProcess(const std::vector<std::string>& arguments) {
    int to_child[2], from_child[2];
    if (pipe(to_child) != 0 || pipe(from_child) != 0) throw std::runtime_error("pipe failed");
    const std::string python = PeerPython();
    std::vector<char*> argv = {const_cast<char*>(python.c_str())};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(to_child[0], 0);
      dup2(from_child[1], 1);
      for (int fd : {to_child[0], to_child[1], from_child[0], from_child[1]}) close(fd);
      unsetenv("GOMP_SPINCOUNT");  // the peer runs with its own defaults
      execv(argv[0], argv.data());
      std::fprintf(stderr, "cannot start %s: run scripts/setup_peers.sh\n", argv[0]);
      _exit(127);
    }
    close(to_child[0]);
    close(from_child[1]);
    in_ = fdopen(from_child[0], "r");
    out_ = fdopen(to_child[1], "w");
  }
  ~PeerProcess() {
    if (out_ != nullptr) std::fclose(out_);
    if (in_ != nullptr) std::fclose(in_);
    int status = 0;
    if (pid_ > 0) waitpid(pid_, &status, 0);
  }
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;

  /// Sends a line and returns the answer's line.
  std::string Ask(const std::string& request) {
    std::signal(SIGPIPE, SIG_IGN);
    std::fprintf(out_, "%s\n", request.c_str());
    std::fflush(out_);
    char* line = nullptr;
    size_t capacity = 0;
    const ssize_t length = getline(&line, &capacity, in_);
    std::string answer(line == nullptr ? "" : line, length > 0 ? static_cast<size_t>(length) : 0);
    std::free(line);
    if (length <= 0) throw std::runtime_error("the peer ended without an answer to: " + request);
    return answer;
  }

 private:
  pid_t pid_ = -1;
  FILE *in_ = nullptr, *out_ = nullptr;
};

}  // namespace clner::bench
