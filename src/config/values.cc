#include "config/values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "core/suggest.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr std::string_view kDigits = "0123456789";

/// Length of the run of digits at the start of `text`.
size_t DigitRun(std::string_view text) { return std::min(text.find_first_not_of(kDigits), text.size()); }

bool HasLeadingZero(std::string_view digits) { return digits.size() > 1 && digits[0] == '0'; }

enum class NumberForm { kNone, kLeadingZero, kWhole, kReal };

/// Which form of number the text has: [-]digits, or with a point and an exponent.
NumberForm FormOf(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const std::string_view digits = text.substr(0, DigitRun(text));
  text.remove_prefix(digits.size());
  size_t fraction = 0;
  bool real = false;
  if (text.starts_with('.')) {
    real = true;
    text.remove_prefix(1);
    fraction = DigitRun(text);
    text.remove_prefix(fraction);
  }
  if (digits.empty() && fraction == 0) return NumberForm::kNone;
  if (text.starts_with('e') || text.starts_with('E')) {
    real = true;
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    const size_t exponent = DigitRun(text);
    if (exponent == 0) return NumberForm::kNone;
    text.remove_prefix(exponent);
  }
  if (!text.empty()) return NumberForm::kNone;
  if (HasLeadingZero(digits)) return NumberForm::kLeadingZero;
  return real ? NumberForm::kReal : NumberForm::kWhole;
}

template <class Number>
std::optional<Number> Convert(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string WrongType(const SchemaNode& schema, const std::string& key, const YamlNode& node) {
  std::string hint;
  if (node.kind == YamlNode::Kind::kScalar) {
    const NumberForm form = FormOf(node.text);
    const bool number = schema.type == ValueType::kInteger || schema.type == ValueType::kNumber;
    if (number && node.quoted && form != NumberForm::kNone) hint = "; remove the quotes";
    if (number && !node.quoted && form == NumberForm::kLeadingZero) hint = "; a number has no leading zeros";
  } else if (node.kind == YamlNode::Kind::kNull && schema.type == ValueType::kText) {
    hint = "; write \"\" for an empty text";
  }
  return fmt::format("{} must be {}, not {}{}", key, Expected(schema), Describe(node), hint);
}

std::string RangeText(const SchemaNode& schema) {
  const FieldInfo& info = schema.info;
  const bool low = std::isfinite(info.minimum), high = std::isfinite(info.maximum);
  if (low && high && info.minimum == info.maximum) return " = " + NumberText(info.minimum);
  if (low && high) {
    return fmt::format(" in {}{}, {}{}", info.open_minimum ? '(' : '[', NumberText(info.minimum),
                       NumberText(info.maximum), info.open_maximum ? ')' : ']');
  }
  if (low) return fmt::format(" {} {}", info.open_minimum ? ">" : ">=", NumberText(info.minimum));
  if (high) return fmt::format(" {} {}", info.open_maximum ? "<" : "<=", NumberText(info.maximum));
  return {};
}

}  // namespace

std::string NumberText(double value) {
  constexpr double kLargestPlain = 1e15;  // every whole number below is exact and short enough to read
  if (value == std::floor(value) && std::abs(value) < kLargestPlain)
    return fmt::format("{}", static_cast<int64_t>(value));
  std::string text = JsonNumber(value);
  // "5e-05" as people write it: 5e-5.
  const size_t exponent = text.find('e');
  if (exponent != std::string::npos) {
    const size_t digits = exponent + 1 + (text[exponent + 1] == '-' || text[exponent + 1] == '+' ? 1 : 0);
    text.erase(digits, std::min(text.find_first_not_of('0', digits), text.size() - 1) - digits);
  }
  return text;
}

std::string Expected(const SchemaNode& schema) {
  std::string text;
  switch (schema.type) {
    case ValueType::kInteger:
      text = "a whole number" + RangeText(schema);
      break;
    case ValueType::kNumber:
      text = "a number" + RangeText(schema);
      break;
    case ValueType::kBool:
      text = "true or false";
      break;
    case ValueType::kText:
      if (schema.info.path == PathKind::kNewDirectory) {
        text = fmt::format("a path, {}", fmt::join(schema.info.names, " or "));
      } else if (schema.info.names.size() == 1) {
        text = fmt::format("'{}'", schema.info.names[0]);
      } else if (!schema.info.names.empty()) {
        text = fmt::format("one of {}", fmt::join(schema.info.names, ", "));
      } else {
        text = schema.info.path == PathKind::kNone ? "text" : "a path";
      }
      break;
    case ValueType::kTextMap:
      text = "a map of texts";
      break;
    case ValueType::kList:
      text = "a list";
      break;
    case ValueType::kNamed:
      text = "a map of sections";
      break;
    case ValueType::kStruct:
      text = "a section";
      break;
  }
  return schema.nullable ? text + " or null" : text;
}

std::optional<Json> ReadScalar(const SchemaNode& schema, const std::string& key, const YamlNode& node,
                               std::string* what) {
  if (node.kind == YamlNode::Kind::kNull && schema.nullable) return Json(nullptr);
  *what = WrongType(schema, key, node);
  if (node.kind != YamlNode::Kind::kScalar) return std::nullopt;
  const NumberForm form = node.quoted ? NumberForm::kNone : FormOf(node.text);
  Json value;
  if (schema.type == ValueType::kText) {
    value = node.text;
  } else if (schema.type == ValueType::kBool) {
    if (node.quoted || (node.text != "true" && node.text != "false")) return std::nullopt;
    value = node.text == "true";
  } else if (schema.type == ValueType::kInteger) {
    const std::optional<int64_t> number = form == NumberForm::kWhole ? Convert<int64_t>(node.text) : std::nullopt;
    if (!number.has_value()) return std::nullopt;
    value = *number;
  } else {
    const bool decimal = form == NumberForm::kWhole || form == NumberForm::kReal;
    const std::optional<double> number = decimal ? Convert<double>(node.text) : std::nullopt;
    if (!number.has_value()) return std::nullopt;
    value = *number;
  }
  if (std::optional<std::string> problem = CheckRange(schema, key, value); problem.has_value()) {
    *what = std::move(*problem);
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> CheckRange(const SchemaNode& schema, const std::string& key, const Json& value) {
  if (value.is_null()) return std::nullopt;
  const FieldInfo& info = schema.info;
  if (schema.type == ValueType::kInteger || schema.type == ValueType::kNumber) {
    const double number = value.get<double>();
    const bool low = info.open_minimum ? number > info.minimum : number >= info.minimum;
    const bool high = info.open_maximum ? number < info.maximum : number <= info.maximum;
    if (low && high && std::isfinite(number)) return std::nullopt;
    const std::string shown = value.is_number_float() ? NumberText(number) : value.dump();
    return fmt::format("{} must be {}, not '{}'", key, Expected(schema),
                       std::isfinite(number) ? shown : fmt::format("{}", number));
  }
  if (schema.type == ValueType::kText && info.path == PathKind::kNone && !info.names.empty()) {
    const std::string text = value.get<std::string>();
    const std::vector<std::string> names(info.names.begin(), info.names.end());
    if (std::find(names.begin(), names.end(), text) != names.end()) return std::nullopt;
    return fmt::format("{} must be {}, not '{}'{}", key, Expected(schema), Printable(text), DidYouMean(text, names));
  }
  if (schema.type == ValueType::kText && value.get_ref<const std::string&>().find('\0') != std::string::npos) {
    return fmt::format("{} holds a NUL character", key);
  }
  return std::nullopt;
}

}  // namespace clner
