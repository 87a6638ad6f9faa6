#include "torch_search.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "child_probe.h"
#include "core/error.h"
#include "core/utf8.h"

namespace clner::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "libtorch_cpu.so";
constexpr const char* kVersion = "2.11.0";  // LibTorch's C++ interface is another one in every release
constexpr const char* kFix = "pip install torch==2.11.0, or set CLNER_TORCH_DIR to a LibTorch 2.11.0";

/// The folder with the library among `root`/lib and `root`.
std::optional<fs::path> LibrariesIn(const fs::path& root) {
  std::error_code ignored;
  for (const fs::path& folder : {root / "lib", root}) {
    if (fs::exists(folder / kLibrary, ignored)) return folder;
  }
  return std::nullopt;
}

[[noreturn]] void RefuseVersion(const std::string& version, const TorchPlace& place) {
  throw Error(
      ErrorCode::kUnavailable,
      "this clner needs LibTorch " + std::string(kVersion) + ", and " + place.named_by + " is " + Printable(version),
      place.libraries.string(), kFix);
}

/// The answer of python3: version, newline, folder of the package.
constexpr const char* kQuestion = R"(
import sys
sys.path = [entry for entry in sys.path if entry]
import importlib.metadata, importlib.util
spec = importlib.util.find_spec('torch')
if spec is not None and spec.submodule_search_locations:
    print('torch', importlib.metadata.version('torch'), list(spec.submodule_search_locations)[0], sep='\n')
)";

std::string AskPython() {
  execlp("python3", "python3", "-c", kQuestion, static_cast<char*>(nullptr));
  _exit(1);
}

}  // namespace

std::optional<TorchPlace> NamedTorch() {
  if (const char* named = std::getenv("CLNER_TORCH_DIR"); named != nullptr && *named != '\0') {
    if (const auto libraries = LibrariesIn(named)) return TorchPlace{*libraries, "the one of CLNER_TORCH_DIR"};
    throw Error(ErrorCode::kUnavailable, "CLNER_TORCH_DIR holds no LibTorch: there is no lib/libtorch_cpu.so", named,
                "give the folder that holds lib/ of LibTorch 2.11.0, or unset CLNER_TORCH_DIR");
  }
  std::error_code error;
  const fs::path bin = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& root : {bin / "libtorch", bin.parent_path() / "libtorch"}) {
    if (const auto libraries = LibrariesIn(root)) return TorchPlace{*libraries, "the one beside the program"};
  }
  return std::nullopt;
}

std::optional<TorchPlace> PythonTorch(std::string* why) {
  std::string reason;
  const std::string answer = InChild(AskPython, &reason).value_or("");
  constexpr std::string_view kStart = "torch\n";
  const size_t version_end = answer.find('\n', kStart.size());
  if (!answer.starts_with(kStart) || version_end == std::string::npos) {
    *why = reason.empty() ? "python3 has no torch" : "there is no python3 that could have a torch";
    return std::nullopt;
  }
  const std::string version = answer.substr(kStart.size(), version_end - kStart.size());
  const size_t end = answer.find('\n', version_end + 1);
  const fs::path package = answer.substr(version_end + 1, end == std::string::npos ? end : end - version_end - 1);
  const TorchPlace place = {package / "lib", "the torch of python3"};
  if (version.substr(0, version.find('+')) != kVersion) RefuseVersion(version, place);
  std::error_code ignored;
  if (fs::exists(place.libraries / kLibrary, ignored)) return place;
  *why = "the torch of python3 has no lib/libtorch_cpu.so";
  return std::nullopt;
}

void OpenTorchAt(const TorchPlace& place) {
  // One part in the wrong place would be enough to mix two versions: this one is opened by its full path.
  void* library = dlopen((place.libraries / kLibrary).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* message = dlerror();
    throw Error(ErrorCode::kUnavailable,
                "LibTorch (" + place.named_by + ") cannot be opened: " + (message != nullptr ? message : "no reason"),
                place.libraries.string(),
                "a LibTorch with CUDA needs libcudart.so.13 and libcupti.so.13 beside it; pip install torch==2.11.0 "
                "brings them");
  }
  using VersionFunction = uint64_t();
  const auto version = reinterpret_cast<VersionFunction*>(dlsym(library, "aoti_torch_abi_version"));
  if (version == nullptr) RefuseVersion("older", place);
  const uint64_t packed = version();
  const auto byte = [packed](int shift) { return std::to_string(packed >> shift & 0xFF); };
  const std::string text = byte(56) + "." + byte(48) + "." + byte(40);
  if (text != kVersion) RefuseVersion(text, place);
}

}  // namespace clner::cli
