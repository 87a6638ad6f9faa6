// Runs a program and collects what it printed, for tests of the command line.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace clner::test {

struct ProcessOptions {
  std::string input = {};                                              ///< standard input
  bool close_stdin = false, close_stdout = false;                      ///< start with the descriptor closed
  std::string stdout_path = {};                                        ///< write standard output here, e.g. "/dev/full"
  std::map<std::string, std::optional<std::string>> environment = {};  ///< set, or unset with nullopt
  std::filesystem::path directory = {};                                ///< working directory
  double timeout_seconds = 120;
};

struct ProcessResult {
  int exit_code = -1;  ///< 128 + signal when killed by one, as a shell reports it
  bool timed_out = false;
  std::string out, err;
  double cpu_seconds = 0;  ///< user + system time
};

namespace internal {
struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using TempFile = std::unique_ptr<std::FILE, CloseFile>;

inline TempFile MakeTempFile() {
  TempFile file(std::tmpfile());
  if (file == nullptr) throw std::runtime_error("cannot create a temporary file");
  return file;
}

inline std::string Contents(std::FILE* file) {
  std::rewind(file);
  std::string text;
  char block[4096];
  for (size_t n; (n = std::fread(block, 1, sizeof(block), file)) > 0;) text.append(block, n);
  return text;
}

/// In the child: descriptors, directory, environment, then the program. Returns only if that failed.
inline void BecomeProgram(const std::vector<std::string>& arguments, const ProcessOptions& options, int in, int out,
                          int err) {
  if (options.close_stdin) {
    close(0);
  } else {
    dup2(in, 0);
  }
  const int redirected = options.stdout_path.empty() ? out : open(options.stdout_path.c_str(), O_WRONLY);
  if (options.close_stdout) {
    close(1);
  } else {
    dup2(redirected, 1);
  }
  dup2(err, 2);
  for (int fd = 3; fd < 64; ++fd) close(fd);
  signal(SIGPIPE, SIG_DFL);
  if (!options.directory.empty() && chdir(options.directory.c_str()) != 0) return;
  for (const auto& [name, value] : options.environment) {
    if (value.has_value()) {
      setenv(name.c_str(), value->c_str(), 1);
    } else {
      unsetenv(name.c_str());
    }
  }
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
}
}  // namespace internal

/// Runs `arguments[0]` with the rest as its arguments and waits; kills it after the time-out.
inline ProcessResult RunProcess(const std::vector<std::string>& arguments, const ProcessOptions& options = {}) {
  const internal::TempFile in = internal::MakeTempFile(), out = internal::MakeTempFile(),
                           err = internal::MakeTempFile();
  std::fwrite(options.input.data(), 1, options.input.size(), in.get());
  std::fflush(in.get());
  std::rewind(in.get());
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot start a process");
  if (child == 0) {
    internal::BecomeProgram(arguments, options, fileno(in.get()), fileno(out.get()), fileno(err.get()));
    _exit(127);
  }
  ProcessResult result;
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.timeout_seconds);
  int status = 0;
  rusage usage = {};
  while (wait4(child, &status, WNOHANG, &usage) == 0) {
    if (std::chrono::steady_clock::now() > end) {
      result.timed_out = true;
      kill(child, SIGKILL);
      wait4(child, &status, 0, &usage);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  result.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  result.out = internal::Contents(out.get());
  result.err = internal::Contents(err.get());
  return result;
}

/// Runs a bash script with pipefail; `$clner` is the program under test if the caller sets it in the environment.
inline ProcessResult RunShell(const std::string& script, const ProcessOptions& options = {}) {
  return RunProcess({"bash", "-c", "set -o pipefail; " + script}, options);
}

/// True if a program of this name is on PATH.
inline bool HasProgram(const std::string& name) {
  return RunProcess({"sh", "-c", "command -v " + name}).exit_code == 0;
}

}  // namespace clner::test
