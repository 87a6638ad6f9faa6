// The values of `device:` and `--device`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clner {

struct DeviceName {
  enum class Kind { kAuto, kCpu, kCuda };
  Kind kind = Kind::kAuto;
  int index = 0;  ///< of the GPU, 0..9999
};

/// auto, cpu, cuda (the first GPU) or cuda:N; nullopt for anything else.
[[nodiscard]] std::optional<DeviceName> ParseDeviceName(std::string_view name);
/// "device must be auto, cpu, cuda or cuda:N, not 'x' (did you mean 'y'?)".
[[nodiscard]] std::string BadDeviceName(std::string_view name);

}  // namespace clner
