// How the checks of validate.h report a problem: with the place where the key was set.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "config/options.h"
#include "core/error.h"

namespace clner {

/// True if `text` holds an ASCII control character. Not HasControl: that one of data/unicode_class.h knows C1, too.
[[nodiscard]] inline bool HasControlByte(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// Collects with the place of a key.
class Checker {
 public:
  Checker(const std::function<std::string(const std::string&)>& place_of, ProblemList* problems)
      : place_of_(place_of), problems_(problems) {}

  void Add(const std::string& key, std::string what, std::string fix) {
    problems_->Add(ErrorCode::kConfig, {std::move(what), place_of_(key), std::move(fix)});
  }
  /// A conflict of two keys, at the first one that was set.
  void Add(const std::string& key, const std::string& other, std::string what, std::string fix) {
    const bool is_default = place_of_(key) == key;
    Add(is_default && place_of_(other) != other ? other : key, std::move(what), std::move(fix));
  }
  void NoEffect(const std::string& key, const std::string& without) {
    Add(key, fmt::format("{} has no effect without {}", key, without),
        fmt::format("set {} or remove {}", without, key));
  }

 private:
  const std::function<std::string(const std::string&)>& place_of_;
  ProblemList* problems_;
};

/// The rules of the section data.
void CheckData(const DataOptions& data, Checker* check);

}  // namespace clner
