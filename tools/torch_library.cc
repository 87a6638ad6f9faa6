#include "torch_library.h"

#include <dlfcn.h>

#include <filesystem>

#include "core/error.h"
#include "core/process_settings.h"

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
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw Error(ErrorCode::kUnavailable,
                std::string("this command needs LibTorch, and libclner.so cannot be opened: ") + dlerror(),
                path.string(),
                "run scripts/setup.sh and build with CLNER_WITH_TORCH=ON; 'clner doctor' shows what is missing");
  }
  using EntryFunction = const api::Entry* (*)();
  const auto entry = reinterpret_cast<EntryFunction>(dlsym(library, api::kEntrySymbol));
  if (entry == nullptr || entry()->version != 1) {
    throw Error(ErrorCode::kUnavailable, "libclner.so belongs to another version of clner", path.string(),
                "build the program and the library together");
  }
  return *entry();
}

}  // namespace

const api::Entry& TorchLibrary() {
  static const api::Entry& entry = Open();
  return entry;
}

}  // namespace clner::cli
