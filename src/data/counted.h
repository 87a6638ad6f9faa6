// Numbers with their noun, for messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clner {

/// "1 word", "2 words"; `many` is the plural where an -s does not make it.
[[nodiscard]] inline std::string Counted(int64_t count, std::string_view one, std::string_view many = {}) {
  std::string text = std::to_string(count) + " ";
  if (count == 1 || many.empty()) return text.append(one) += count == 1 ? "" : "s";
  return text.append(many);
}
[[nodiscard]] inline std::string Counted(size_t count, std::string_view one, std::string_view many = {}) {
  return Counted(static_cast<int64_t>(count), one, many);
}

}  // namespace clner
