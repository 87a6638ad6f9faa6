#include "core/device_name.h"

#include "core/suggest.h"
#include "core/utf8.h"

namespace clner {

std::optional<DeviceName> ParseDeviceName(std::string_view name) {
  constexpr std::string_view kNumbered = "cuda:";
  constexpr size_t kMaxDigits = 4;
  if (name == "auto") return DeviceName{};
  if (name == "cpu") return DeviceName{DeviceName::Kind::kCpu};
  if (name == "cuda") return DeviceName{DeviceName::Kind::kCuda};
  if (!name.starts_with(kNumbered)) return std::nullopt;
  const std::string_view digits = name.substr(kNumbered.size());
  if (digits.empty() || digits.size() > kMaxDigits) return std::nullopt;
  int index = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    index = index * 10 + (digit - '0');
  }
  return DeviceName{DeviceName::Kind::kCuda, index};
}

std::string BadDeviceName(std::string_view name) {
  return "device must be auto, cpu, cuda or cuda:N, not '" + Printable(name) + "'" +
         DidYouMean(name, {"auto", "cpu", "cuda"});
}

}  // namespace clner
