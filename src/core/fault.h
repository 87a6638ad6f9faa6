// Fault injection for the file layer: tests fail or kill the process at the k-th open, write, fsync, rename.
// Inactive (one relaxed atomic load per operation) unless a hook is set or CLNER_FAULT is in the environment.
#pragma once

#include <functional>
#include <string_view>

namespace clner {

/// Answers of a hook beside 0 (no fault) and an errno value.
inline constexpr int kFaultKill = -1;   ///< SIGKILL this process
inline constexpr int kFaultShort = -2;  ///< move one byte only (read, write); no effect on other operations

/// Installs a hook that is asked before every operation of the file layer; an empty one removes it. `op` is one of
/// open, read, write, fsync, close, rename, mkdir, unlink, lock, map, sync_directory, commit (of an index). Replaces
/// the plan of CLNER_FAULT.
using FaultHook = std::function<int(const char* op)>;
void SetFaultHook(FaultHook hook);

/// True if the plan in CLNER_FAULT has `action` at this call of `op` (e.g. action "nan", op "step"); counts the call.
/// CLNER_FAULT is a comma-separated list of `action@op:k[+][=ERRNO]`: k (default 1) counts calls from 1, `+` means
/// every later call too. The file layer knows `kill`, `short` and `error` (errno name, default EIO). A malformed plan
/// is kUsage.
[[nodiscard]] bool FaultPlanned(std::string_view action, std::string_view op);

namespace internal {
/// Asks the hook or the plan before operation `op`: 0, an errno value or kFaultShort. Does not return on kFaultKill.
[[nodiscard]] int Fault(const char* op);
}  // namespace internal

}  // namespace clner
