#include "data/annotation.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/utf8.h"

namespace clner {

const char* Name(OffsetUnit unit) {
  return unit == OffsetUnit::kCodePoint ? "code_point" : unit == OffsetUnit::kUtf16 ? "utf16" : "byte";
}

const char* Name(WordRule rule) {
  return rule == WordRule::kText ? "text" : rule == WordRule::kBlanks ? "blanks" : "characters";
}

std::string ChoiceText(const AnnotationOptions& options, std::string_view name, std::string_view value) {
  if (options.in_config) return fmt::format("data.{}{}{}", name, value.empty() ? "" : ": ", value);
  std::string flag(name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return fmt::format("--{}{}{}", flag, value.empty() ? "" : " ", value);
}

std::string RecordPlace(const std::string& path, int64_t line, std::string_view inside) {
  const std::string place = Place(path, line);
  return inside.empty() ? place : fmt::format("{} ({})", place, Printable(inside, 100));
}

}  // namespace clner
