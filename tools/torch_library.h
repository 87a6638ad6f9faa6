// Opens libclner.so, which needs LibTorch, when a command first wants it.
#pragma once

#include <filesystem>
#include <string>

#include "api/entry.h"

namespace clner::cli {

/// The table of libclner.so beside the program (../lib). kUnavailable with the loader's message when it cannot be
/// opened.
[[nodiscard]] const api::Entry& TorchLibrary();

/// The handle of libclner.so at `path`, with LibTorch from the first of: $CLNER_TORCH_DIR, libtorch/ in the folder of
/// the program or the one above it, where the build found it, the torch of `python3`. Null with `*error` when there is
/// none. kUnavailable for a folder that was named and holds none, and for another version than the one it was built
/// with.
[[nodiscard]] void* OpenLibclner(const std::filesystem::path& path, std::string* error);

}  // namespace clner::cli
