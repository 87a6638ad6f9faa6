// The temporary files that this process is writing, removed when a signal ends it.
#pragma once

#include <filesystem>

namespace clner::internal {

/// From here to ForgetTemporary the file is removed if SIGHUP, SIGINT or SIGTERM end the process. Handlers of others
/// and ignored signals are left alone. Best effort: very long paths and more than 32 files at once are not kept.
void RememberTemporary(const std::filesystem::path& path) noexcept;
/// The file has got its name or is gone.
void ForgetTemporary(const std::filesystem::path& path) noexcept;

}  // namespace clner::internal
