// What the schema knows about an option beside its C++ type and default, and the names of closed choices.
#pragma once

#include <array>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clner {

/// One value of a closed choice and its name in the configuration file.
template <class Enum>
struct Choice {
  std::string_view name;
  Enum value;
};
template <class Enum>
Choice(const char*, Enum) -> Choice<Enum>;  // clang 14 deduces none for aggregates

/// Name of an enum value in the configuration file; an enum declares its names by a friend `ChoicesOf(Enum)`.
template <class Enum>
[[nodiscard]] constexpr std::string_view NameOf(Enum value) {
  for (const auto& choice : ChoicesOf(value)) {
    if (choice.value == value) return choice.name;
  }
  return {};
}

/// Sections whose names the user chooses, in the order in which they were written.
template <class Section>
using NamedSections = std::vector<std::pair<std::string, Section>>;

enum class PathKind { kNone, kFile, kDirectory, kNewDirectory };  ///< the last one is created when it is needed

/// Documentation, range, unit and kind of one option.
struct FieldInfo {
  std::string_view doc = {};                                  ///< one sentence, no full stop
  std::string_view unit = {};                                 ///< e.g. "steps"; "" = none
  double minimum = -std::numeric_limits<double>::infinity();  ///< smallest number allowed
  double maximum = std::numeric_limits<double>::infinity();   ///< largest number allowed
  bool open_minimum = false;                                  ///< the minimum itself is refused
  bool open_maximum = false;                                  ///< the maximum itself is refused
  PathKind path = PathKind::kNone;           ///< not kNone: `~` and `${VAR}` expand, relative paths are resolved
  std::vector<std::string_view> names = {};  ///< texts allowed, of a path those that stand for themselves; empty = any

  [[nodiscard]] FieldInfo Unit(std::string_view name) && {
    unit = name;
    return std::move(*this);
  }
  [[nodiscard]] FieldInfo AtLeast(double value) && {
    minimum = value;
    return std::move(*this);
  }
  [[nodiscard]] FieldInfo AtMost(double value) && {
    maximum = value;
    return std::move(*this);
  }
  [[nodiscard]] FieldInfo Above(double value) && {
    minimum = value;
    open_minimum = true;
    return std::move(*this);
  }
  [[nodiscard]] FieldInfo Below(double value) && {
    maximum = value;
    open_maximum = true;
    return std::move(*this);
  }
  [[nodiscard]] FieldInfo File() && {
    path = PathKind::kFile;
    return std::move(*this);
  }
  [[nodiscard]] FieldInfo Directory() && {
    path = PathKind::kDirectory;
    return std::move(*this);
  }
  /// A directory, or one of `allowed`.
  [[nodiscard]] FieldInfo NewDirectoryOr(std::initializer_list<std::string_view> allowed) && {
    path = PathKind::kNewDirectory;
    names = allowed;
    return std::move(*this);
  }
  [[nodiscard]] FieldInfo OneOf(std::initializer_list<std::string_view> allowed) && {
    names = allowed;
    return std::move(*this);
  }
};

/// Starts the description of a field: `Doc("passes over the training data").AtLeast(1)`.
[[nodiscard]] inline FieldInfo Doc(std::string_view text) {
  FieldInfo info;
  info.doc = text;
  return info;
}

}  // namespace clner
