// Whole processes as a benchmark sees them: wall time and peak memory from start to exit.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "bench_program.h"
#include "core/error.h"
#include "core/json.h"
#include "work_directory.h"

namespace clner::bench {

struct TimedRun {
  double seconds = 0, peak_megabytes = 0;
};

/// Runs `command` with standard output in the file `out` and waits. kInternal when it fails.
inline TimedRun RunTimed(const std::vector<std::string>& command, const std::string& out) {
  std::vector<char*> argv;
  for (const std::string& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const double began = Seconds();
  const pid_t child = fork();
  if (child == 0) {
    const int file = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file >= 0) dup2(file, 1);
    unsetenv("GOMP_SPINCOUNT");  // every process runs with its own defaults
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  struct rusage usage = {};
  wait4(child, &status, 0, &usage);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw Error(ErrorCode::kInternal, command[0] + " failed");
  return {Seconds() - began, static_cast<double>(usage.ru_maxrss) / 1024};
}

/// Median, least and largest seconds and the largest memory of some runs.
inline Json Summary(const std::vector<TimedRun>& runs) {
  std::vector<double> seconds;
  double peak = 0;
  for (const TimedRun& run : runs) {
    seconds.push_back(run.seconds);
    peak = std::max(peak, run.peak_megabytes);
  }
  return {{"seconds", Median(seconds)},
          {"seconds_min", *std::min_element(seconds.begin(), seconds.end())},
          {"seconds_max", *std::max_element(seconds.begin(), seconds.end())},
          {"peak_megabytes", peak}};
}

/// The program that was built beside this benchmark.
inline std::string ProgramBeside() {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "clner").string();
}

}  // namespace clner::bench
