// Opens libclner.so, which needs LibTorch, when a command first wants it.
#pragma once

#include "api/entry.h"

namespace clner::cli {

/// The table of libclner.so beside the program (../lib). kUnavailable with the loader's message when it cannot be
/// opened.
[[nodiscard]] const api::Entry& TorchLibrary();

}  // namespace clner::cli
