// Where LibTorch may be on a machine that clner was not built on.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace clner::cli {

/// LibTorch's libraries: the folder with libtorch_cpu.so, and who named it.
struct TorchPlace {
  std::filesystem::path libraries = {};
  std::string named_by = {};
};

/// $CLNER_TORCH_DIR (LibTorch, its lib/, or the folder of a Python torch), else libtorch/ in the folder of the program
/// or the one above it. kUnavailable when the variable is set and names no LibTorch.
[[nodiscard]] std::optional<TorchPlace> NamedTorch();

/// The torch that `python3` would import; Python is asked where it is and does not import it. nullopt with `*why`.
/// kUnavailable for another version.
[[nodiscard]] std::optional<TorchPlace> PythonTorch(std::string* why);

/// Opens LibTorch there, so that libraries that need it find it in the process. kUnavailable with the loader's message,
/// or for another version.
void OpenTorchAt(const TorchPlace& place);

}  // namespace clner::cli
