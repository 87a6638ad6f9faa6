#include "machine_probe.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <langinfo.h>
#include <link.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <thread>

#include "api/entry.h"
#include "child_probe.h"
#include "clner/error.h"
#include "core/utf8.h"
#include "tokenize/token_cache.h"
#include "torch_library.h"

namespace clner::cli {
namespace {

namespace fs = std::filesystem;

/// Closes a library handle when it goes out of scope.
class Library {
 public:
  Library(const std::string& name, int flags) : handle_(dlopen(name.c_str(), flags)) {
    if (handle_ == nullptr) {
      const char* reason = dlerror();
      error_ = reason == nullptr ? "unknown reason" : reason;
    }
  }
  ~Library() {
    if (handle_ != nullptr) dlclose(handle_);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  explicit operator bool() const { return handle_ != nullptr; }
  [[nodiscard]] const std::string& error() const { return error_; }
  template <class Function>
  [[nodiscard]] Function* Find(const char* symbol) const {
    return reinterpret_cast<Function*>(dlsym(handle_, symbol));
  }
  /// The file it was loaded from, or "".
  [[nodiscard]] std::string Path() const {
    link_map* map = nullptr;
    if (handle_ == nullptr || dlinfo(handle_, RTLD_DI_LINKMAP, &map) != 0 || map == nullptr) return "";
    return map->l_name;
  }

 private:
  void* handle_;
  std::string error_;
};

fs::path ProgramDirectory() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path();
}

bool Exists(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::string ReadValue(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) != 0) continue;
    const size_t colon = line.find(':');
    const size_t start = colon == std::string::npos ? colon : line.find_first_not_of(" \t", colon + 1);
    return start == std::string::npos ? "" : line.substr(start);
  }
  return "";
}

/// The versions the build found; that of utf8proc is the library's own, because Debian's pkg-config file names another.
std::string Libraries() {
  constexpr std::string_view kName = "utf8proc ";
  std::string list = CLNER_LIBRARIES;
  if (const size_t at = list.find(kName); at != std::string::npos) {
    const size_t version = at + kName.size();
    list.replace(version, std::min(list.find(',', version), list.size()) - version, Utf8LibraryVersion());
  }
  return list;
}

std::string OneLine(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string GiB(double bytes) { return fmt::format("{:.1f} GiB", bytes / (1024.0 * 1024.0 * 1024.0)); }

Check Processor() {
  std::string model = ReadValue("/proc/cpuinfo", "model name");
  if (model.empty()) model = "unknown processor";
  cpu_set_t set;
  const unsigned usable = sched_getaffinity(0, sizeof(set), &set) == 0 ? static_cast<unsigned>(CPU_COUNT(&set)) : 0U;
  return {"processor", CheckState::kOk,
          fmt::format("{}, {} cores, {} usable here", model, std::thread::hardware_concurrency(), usable)};
}

Check Simd() {
  std::string features;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const auto add = [&features](bool present, const char* name) {
    if (present) features += (features.empty() ? "" : " ") + std::string(name);
  };
  add(__builtin_cpu_supports("sse4.2") != 0, "sse4.2");
  add(__builtin_cpu_supports("avx2") != 0, "avx2");
  add(__builtin_cpu_supports("fma") != 0, "fma");
  add(__builtin_cpu_supports("avx512f") != 0, "avx512f");
  add(__builtin_cpu_supports("avx512bw") != 0, "avx512bw");
  add(__builtin_cpu_supports("avx512bf16") != 0, "avx512bf16");
  if (ReadValue("/proc/cpuinfo", "flags").find("amx_bf16") != std::string::npos) features += " amx_bf16";
#elif defined(__aarch64__)
  features = "neon";
#endif
  return {"SIMD", CheckState::kOk, features.empty() ? "none known" : features};
}

Check Memory() {
  const double total = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  std::string value = GiB(total);
  const std::string available = ReadValue("/proc/meminfo", "MemAvailable");
  if (!available.empty()) value += ", " + GiB(std::strtod(available.c_str(), nullptr) * 1024) + " available";
  const std::string limit = OneLine("/sys/fs/cgroup/memory.max");
  if (!limit.empty() && limit != "max")
    value += ", limited to " + GiB(std::strtod(limit.c_str(), nullptr)) + " by the control group";
  return {"memory", CheckState::kOk, value};
}

/// The loader's message names the library that is absent; the fix depends on which one it is.
std::string LoadFix(const std::string& error) {
  if (error.find("libcudart") != std::string::npos || error.find("libcupti") != std::string::npos) {
    return "LibTorch's wheel needs libcudart.so.13 and libcupti.so.13: run scripts/setup.sh, or install the CUDA 13 "
           "runtime";
  }
  if (error.find("libtorch") != std::string::npos || error.find("libc10") != std::string::npos) {
    return "pip install torch==2.11.0 or set CLNER_TORCH_DIR to a LibTorch 2.11.0; in a source tree run "
           "scripts/setup.sh";
  }
  return "build again with scripts/setup.sh and cmake --preset release";
}

/// Opens the library; the answer starts with "ok", "load" or "other" and a newline.
std::string OpenTorch(const std::string& path) {
  std::string error;
  try {
    if (OpenLibclner(path, &error) == nullptr) return "load\n" + error;
  } catch (const Error& failed) {
    return "load\n" + failed.problems().front().what;
  }
  const Library library(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  auto* entry = library.Find<const api::Entry*()>(api::kEntrySymbol);
  if (entry == nullptr || entry()->version != api::Entry().version || entry()->torch_version == nullptr) {
    return "other\n" + library.Path();
  }
  const Library torch("libtorch_cpu.so", RTLD_LAZY | RTLD_NOLOAD);
  return "ok\n" + library.Path() + "\n" + entry()->torch_version() + (torch ? " (" + torch.Path() + ")" : "");
}

/// The same search as the commands that need the library: beside the program, then where the loader looks.
void ProbeTorch(std::vector<Check>* checks) {
  const fs::path beside = (ProgramDirectory() / "../lib/libclner.so").lexically_normal();
  const bool found = Exists(beside);
  const std::string path = found ? beside.string() : "libclner.so";
  std::string reason;
  const std::optional<std::string> answer = InChild([&path] { return OpenTorch(path); }, &reason);
  const auto missing = [checks](const std::string& value, const std::string& fix) {
    checks->push_back({"libclner.so", CheckState::kMissing, value, fix});
  };
  if (!answer.has_value()) {
    return missing(path + " " + reason,
                   "check that the current directory exists, then run scripts/setup.sh and build again");
  }
  const size_t line = answer->find('\n');
  const std::string kind = answer->substr(0, line), rest = answer->substr(line + 1);
  if (kind == "other")
    return missing(rest + " belongs to another version of clner", "build the program and the library together");
  if (kind == "load" && found) return missing(rest, LoadFix(rest));
  if (kind == "load") {
    return missing(
        "not found beside the program (" + beside.string() + "): " + rest,
        "run scripts/setup.sh and build with -DCLNER_WITH_TORCH=ON; without it there is no training and prediction");
  }
  const size_t end = rest.find('\n');
  checks->push_back({"libclner.so", CheckState::kOk, rest.substr(0, end)});
  checks->push_back({"LibTorch", CheckState::kOk, rest.substr(end + 1)});
}

std::string ListGpus(const Library& driver, const std::string& version, int count) {
  using Device = int;
  auto* get = driver.Find<int(Device*, int)>("cuDeviceGet");
  auto* name = driver.Find<int(char*, int, Device)>("cuDeviceGetName");
  auto* memory = driver.Find<int(size_t*, Device)>("cuDeviceTotalMem_v2");
  std::string value = "driver " + version;
  for (int i = 0; i < count; ++i) {
    Device device = 0;
    std::array<char, 128> text = {};
    size_t bytes = 0;
    if (get == nullptr || name == nullptr || get(&device, i) != 0 ||
        name(text.data(), static_cast<int>(text.size()) - 1, device) != 0)
      continue;
    if (memory != nullptr && memory(&bytes, device) != 0) bytes = 0;
    value += fmt::format(", cuda:{} {} ({})", i, text.data(), GiB(static_cast<double>(bytes)));
  }
  return value;
}

/// The GPUs, or '-' and the reason why there is none.
std::string OpenDriver() {
  const Library driver("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (!driver) return "-no NVIDIA driver (libcuda.so.1)";
  auto* init = driver.Find<int(unsigned)>("cuInit");
  auto* count_devices = driver.Find<int(int*)>("cuDeviceGetCount");
  auto* get_version = driver.Find<int(int*)>("cuDriverGetVersion");
  int count = 0, version = 0;
  const int status = init == nullptr ? -1 : init(0);
  if (status != 0 || count_devices == nullptr || count_devices(&count) != 0 || count == 0) {
    return fmt::format("-driver found, no usable device (cuInit returned {})", status);
  }
  if (get_version == nullptr || get_version(&version) != 0) version = 0;
  return ListGpus(driver, fmt::format("{}.{}", version / 1000, version % 1000 / 10), count);
}

Check Gpu() {
  std::string reason;
  const std::string answer = InChild(OpenDriver, &reason).value_or("");
  if (answer.empty()) return {"GPU", CheckState::kAbsent, "libcuda.so.1 " + reason, "check the driver with nvidia-smi"};
  if (answer.front() != '-') return {"GPU", CheckState::kOk, answer};
  return {"GPU", CheckState::kAbsent, answer.substr(1),
          "only --device cuda needs one; nvidia-smi shows what the driver sees"};
}

Check CudaToolkit() {
  std::vector<fs::path> candidates = {"/usr/local/cuda"};
  for (const char* name : {"CUDA_HOME", "CUDA_PATH"}) {
    if (const char* value = std::getenv(name); value != nullptr) candidates.insert(candidates.begin(), fs::path(value));
  }
  for (const fs::path& candidate : candidates) {
    if (Exists(candidate / "bin/nvcc")) return {"CUDA toolkit", CheckState::kOk, candidate.string()};
  }
  return {"CUDA toolkit", CheckState::kAbsent, "not found", "only building the GPU part needs one (CUDA 13)"};
}

Check SampleEncoder() {
  const fs::path bin = ProgramDirectory();
  for (const fs::path& root : {fs::path("."), bin / "../../..", bin / "../share/clner"}) {
    const fs::path path = (root / "models/minilm-l6").lexically_normal();
    if (Exists(path / "config.json") && Exists(path / "model.safetensors"))
      return {"models/minilm-l6", CheckState::kOk, path.string()};
  }
  return {"models/minilm-l6", CheckState::kAbsent, "not found",
          "run scripts/setup.sh; the quick start and the sample configurations use it"};
}

/// data.token_cache: auto.
Check TokenCachePlace() {
  constexpr double kMebibyte = 1 << 20;
  const fs::path directory = DefaultTokenCacheDirectory();
  if (directory.empty()) {
    return {"token cache", CheckState::kAbsent, "no place for it: neither XDG_CACHE_HOME nor HOME is set",
            "name a directory in data.token_cache"};
  }
  const TokenCacheUse use = TokenCacheUseOf(directory);
  return {"token cache", CheckState::kOk,
          fmt::format("{} ({} files, {:.1f} of at most {:.0f} MiB)", directory.string(), use.files,
                      static_cast<double>(use.bytes) / kMebibyte,
                      static_cast<double>(TokenCacheOptions().max_bytes) / kMebibyte)};
}

Check Locale() {
  const char* name = std::setlocale(LC_CTYPE, "");
  const std::string codeset = nl_langinfo(CODESET);
  std::string value = fmt::format("{} ({})", name == nullptr ? "invalid, C is used" : name, codeset);
  std::setlocale(LC_CTYPE, "C");
  return {"locale", CheckState::kOk, value + "; text is UTF-8 in every locale"};
}

}  // namespace

std::vector<Check> ProbeMachine() {
  std::vector<Check> checks = {{"clner", CheckState::kOk, CLNER_VERSION " (" CLNER_BUILD_TYPE ")"},
                               {"compiler", CheckState::kOk, __VERSION__},
                               {"libraries", CheckState::kOk, Libraries()}};
  utsname system = {};
  if (uname(&system) == 0) {
    checks.push_back(
        {"system", CheckState::kOk, fmt::format("{} {} {}", system.sysname, system.release, system.machine)});
  }
  checks.push_back(Processor());
  checks.push_back(Simd());
  checks.push_back(Memory());
  ProbeTorch(&checks);
  checks.push_back(Gpu());
  checks.push_back(CudaToolkit());
  checks.push_back(SampleEncoder());
  checks.push_back(TokenCachePlace());
  checks.push_back(Locale());
  return checks;
}

}  // namespace clner::cli
