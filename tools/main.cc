// The program `clner`: parses the command line, runs one command and turns every failure into an exit code.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>
#include <system_error>

#include "command_forms.h"
#include "commands.h"
#include "core/device_name.h"
#include "core/error.h"
#include "core/log.h"
#include "option_table.h"
#include "usage_error.h"

namespace clner::cli {
namespace {

constexpr const char* kReportFix =
    "this is a bug in clner " CLNER_VERSION "; please report it with the command line and the output of 'clner doctor'";

/// A closed standard stream would be reused by the next file opened, which then gets our output. Its number is taken by
/// /dev/null, opened so that using the stream still fails.
void OccupyClosedStreams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) {
      const int opened = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
      if (opened != fd && opened >= 0) close(opened);
    }
  }
}

void AddGlobalOptions(CLI::App& app, Globals* globals) {
  const auto option = [](CLI::Option* added) { added->group(kGlobalGroup); };
  option(app.add_flag("-q,--quiet", globals->quiet, "Print only warnings and errors."));
  option(app.add_flag_function(
      "-v,--verbose", [globals](int64_t n) { globals->verbose += static_cast<int>(n); },
      "Say more; -vv also prints debugging details."));
  option(
      app.add_option("--log-file", globals->log_file, "Also append every message with a UTC time stamp to this file.")
          ->type_name("FILE"));
  option(
      app.add_flag("--no-color", globals->no_color, "No colour on the terminal; the variable NO_COLOR does the same."));
  option(app.add_option("--threads", globals->threads, "Processor threads; 0 uses all cores.")
             ->check(CLI::Range(0, 4096))
             ->capture_default_str());
  option(app.add_option("--device", globals->device,
                        "Where to compute: auto (a GPU when there is one), cpu, cuda or cuda:N. An explicit cuda "
                        "without a GPU is an error.")
             ->type_name("DEVICE")
             ->capture_default_str()
             ->check([](const std::string& value) {
               return ParseDeviceName(value) ? std::string() : value + " is not a device";
             }));
  option(app.add_flag("--strict", globals->strict, "Warnings are errors: exit 1 if there was any."));
}

void AddCommands(CLI::App& app, const Globals& globals, Action* action) {
  AddTrain(app, globals, action);
  AddPredict(app, globals, action);
  AddEval(app, globals, action);
  AddValidate(app, globals, action);
  AddStats(app, globals, action);
  AddConvert(app, globals, action);
  AddConfig(app, globals, action);
  AddModel(app, globals, action);
  AddIndex(app, globals, action);
  AddSearch(app, globals, action);
  AddContexts(app, globals, action);
  AddInspect(app, globals, action);
  AddDoctor(app, globals, action);
  AddCompletion(app, globals, action);
  AddMan(app, globals, action);
}

void ApplyGlobals(const Globals& globals) {
  if (globals.quiet && globals.verbose > 0) {
    throw Error(ErrorCode::kUsage, "'--quiet' and '--verbose' exclude each other", "", "give one of them");
  }
  if (globals.no_color) DisableColor();
  if (globals.quiet) SetLogLevel(LogLevel::kQuiet);
  if (globals.verbose == 1) SetLogLevel(LogLevel::kVerbose);
  if (globals.verbose > 1) SetLogLevel(LogLevel::kDebug);
  if (!globals.log_file.empty()) SetLogFile(globals.log_file);
}

/// Parses and runs; returns the exit code of the command.
int Run(int argc, char** argv) {
  CLI::App app("Named entity recognition: trains, predicts and evaluates CRF taggers on transformer encoders.",
               "clner");
  Globals globals;
  Action action;
  app.set_help_flag("-h,--help", "Print this help and exit.")->group(kGlobalGroup);
  app.set_version_flag("--version", "clner " CLNER_VERSION, "Print the version and exit.")->group(kGlobalGroup);
  app.footer(
      "'clner COMMAND --help' explains a command. 'clner config init' prints a complete configuration to start from.");
  AddCommands(app, globals, &action);
  FinishParser(app, [&globals](CLI::App& command) {
    if (command.get_help_ptr() != nullptr) command.get_help_ptr()->group(kGlobalGroup);
    AddGlobalOptions(command, &globals);
  });
  const auto help = [&app] {
    const OptionTable table = ReadOptionTable(app);
    return HelpText(table, FindCommand(table, ChosenPath(app)));
  };
  if (argc <= 1) {
    std::fputs(help().c_str(), stderr);
    return static_cast<int>(ErrorCode::kUsage);
  }
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    CheckArguments(arguments);
    ChooseForms(app, arguments);
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(help().c_str(), stdout);
    return 0;
  } catch (const CLI::CallForVersion& version) {
    std::printf("%s\n", version.what());
    return 0;
  } catch (const CLI::ParseError& error) {
    throw UsageError(app, error);
  }
  RequireCommand(app);
  ApplyGlobals(globals);
  CLNER_CHECK(action != nullptr, Join(ChosenPath(app), " "));
  const int code = action();
  LogWarningSummary();
  if (code == 0 && globals.strict && WarningCount() > 0) {
    LogError(Error(ErrorCode::kCheckFailed,
                   fmt::format("{} warning(s), and --strict makes them errors", WarningCount()), "",
                   "remove their causes or leave out --strict")
                 .what());
    return static_cast<int>(ErrorCode::kCheckFailed);
  }
  return code;
}

int Report(const Error& error) {
  LogError(error.what());
  return static_cast<int>(error.code());
}

bool IsResourceLimit(const std::error_code& code) {
  return code == std::errc::not_enough_memory || code == std::errc::resource_unavailable_try_again ||
         code == std::errc::too_many_files_open || code == std::errc::too_many_files_open_in_system;
}

int RunAndReport(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const Error& error) {
    return Report(error);
  } catch (const std::bad_alloc&) {
    return Report(Error(ErrorCode::kResource, "out of memory", "",
                        "give smaller batches or inputs, or a machine with more memory"));
  } catch (const std::system_error& error) {
    if (IsResourceLimit(error.code())) {
      return Report(Error(ErrorCode::kResource,
                          fmt::format("the operating system refused a resource: {}", error.what()), "",
                          "raise the limit (ulimit -a lists them) or use fewer --threads"));
    }
    return Report(Error(ErrorCode::kInternal, fmt::format("unexpected failure: {}", error.what()), "", kReportFix));
  } catch (const std::exception& error) {
    return Report(Error(ErrorCode::kInternal, fmt::format("unexpected failure: {}", error.what()), "", kReportFix));
  } catch (...) {
    return Report(Error(ErrorCode::kInternal, "unexpected failure of unknown type", "", kReportFix));
  }
}

/// An exception that leaves a thread or a destructor cannot be reported by RunAndReport.
[[noreturn]] void Terminate() {
  std::fputs("clner: error: unexpected failure in a thread\n  fix: ", stderr);
  std::fputs(kReportFix, stderr);
  std::fputc('\n', stderr);
  std::_Exit(static_cast<int>(ErrorCode::kInternal));
}

/// Flushes what was printed; a failure counts only if nothing else went wrong.
int FlushOutput(int code) {
  errno = 0;
  std::cout.flush();
  const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || !std::cout;
  if (!failed || code != 0) return code;
  const std::string reason = errno != 0 ? std::string(": ") + std::strerror(errno) : std::string();
  return Report(Error(ErrorCode::kIo, "cannot write to standard output" + reason, "",
                      "check the disk or the program that reads the output"));
}

}  // namespace
}  // namespace clner::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);
  std::set_terminate(clner::cli::Terminate);
  clner::cli::OccupyClosedStreams();
  // One write for most answers, so that the reason of a failure is still known at the end.
  static std::array<char, size_t{1} << 18> buffer;
  if (isatty(STDOUT_FILENO) == 0) std::setvbuf(stdout, buffer.data(), _IOFBF, buffer.size());
  return clner::cli::FlushOutput(clner::cli::RunAndReport(argc, argv));
}
