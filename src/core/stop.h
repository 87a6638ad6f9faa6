// Stop requests: SIGINT, SIGTERM and SIGUSR1 set a flag that long loops poll.
#pragma once

namespace clner {

/// Installs handlers for the lifetime of the object. A second SIGINT within 5 s ends the process with 130 at once.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
};
/// The name of the signal that asked to stop, or null.
[[nodiscard]] const char* StopRequested();
/// Sets the flag by program (library callers, tests); `reason` must outlive the run.
void RequestStop(const char* reason);
void ClearStop();

}  // namespace clner
