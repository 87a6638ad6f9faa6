#include "torch_library.h"

#include <dlfcn.h>

#include <filesystem>

#include "core/error.h"
#include "core/process_settings.h"
#include "torch_search.h"

namespace clner::cli {
namespace {

std::filesystem::path LibraryPath() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path beside = program.parent_path() / ".." / "lib" / "libclner.so";
  return std::filesystem::exists(beside, error) ? beside.lexically_normal() : std::filesystem::path("libclner.so");
}

const api::Entry& Open() {
  const std::filesystem::path path = LibraryPath();
  PrepareProcessForLibTorch();
  std::string error;
  void* library = OpenLibclner(path, &error);
  if (library == nullptr) {
    throw Error(
        ErrorCode::kUnavailable, "this command needs LibTorch, and libclner.so cannot be opened: " + error,
        path.string(),
        "pip install torch==2.11.0 or set CLNER_TORCH_DIR; in a source tree run scripts/setup.sh and build with "
        "CLNER_WITH_TORCH=ON; 'clner doctor' shows what is missing");
  }
  using EntryFunction = const api::Entry* (*)();
  const auto entry = reinterpret_cast<EntryFunction>(dlsym(library, api::kEntrySymbol));
  if (entry == nullptr || entry()->version != 1) {
    throw Error(ErrorCode::kUnavailable, "libclner.so belongs to another version of clner", path.string(),
                "build the program and the library together");
  }
  return *entry();
}

/// dlopen with its message.
void* OpenFile(const std::filesystem::path& path, std::string* error) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library != nullptr) return library;
  const char* message = dlerror();
  *error = message != nullptr ? message : "the loader gives no reason";
  return nullptr;
}

}  // namespace

void* OpenLibclner(const std::filesystem::path& path, std::string* error) {
  if (const auto named = NamedTorch()) OpenTorchAt(*named);
  void* library = OpenFile(path, error);
  const bool lacks_torch =
      error->find("libtorch_cpu.so") != std::string::npos || error->find("libc10.so") != std::string::npos;
  if (library != nullptr || !lacks_torch) return library;
  std::string why;
  const auto python = PythonTorch(&why);
  if (!python) {
    *error += " (and " + why + ")";
    return nullptr;
  }
  OpenTorchAt(*python);
  return OpenFile(path, error);
}

const api::Entry& TorchLibrary() {
  static const api::Entry& entry = Open();
  return entry;
}

}  // namespace clner::cli
