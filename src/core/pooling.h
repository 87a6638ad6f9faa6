// Which pieces of a word make its vector: the choices and their names in configurations and model directories.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace clner {

/// One of the pieces, the mean of all, or the first and the last side by side (twice the width).
enum class Pooling : uint8_t { kFirst, kLast, kMean, kFirstLast };
/// By the value of the choice.
inline constexpr std::array<std::string_view, 4> kPoolingNames = {"first", "last", "mean", "first_last"};

[[nodiscard]] constexpr std::string_view Name(Pooling pooling) { return kPoolingNames[static_cast<size_t>(pooling)]; }
[[nodiscard]] constexpr std::optional<Pooling> FindPooling(std::string_view name) {
  for (size_t i = 0; i < kPoolingNames.size(); ++i) {
    if (name == kPoolingNames[i]) return static_cast<Pooling>(i);
  }
  return std::nullopt;
}

}  // namespace clner
