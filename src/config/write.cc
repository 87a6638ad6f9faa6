#include "config/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "config/paths.h"
#include "config/values.h"

namespace clner {
namespace {

constexpr size_t kCommentColumns = 100;

bool IsPlainText(const std::string& text) {
  static const std::set<std::string> reserved = {"true", "false", "null", "yes", "no", "on",
                                                 "off",  "y",     "n",    "nan", "inf"};
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '/' ||
           c == '.' || c == '-';
  };
  const bool starts_well =
      !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z') || text[0] == '/');
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return starts_well && std::all_of(text.begin(), text.end(), is_plain) && !reserved.contains(lower);
}

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string TextYaml(const std::string& text) { return IsPlainText(text) ? text : Quoted(text); }

/// Breaks `text` into comment lines of limited width.
void AppendComment(const std::string& text, const std::string& indent, std::string* out) {
  size_t start = 0;
  while (start < text.size()) {
    size_t end = std::min(text.size(), start + kCommentColumns);
    if (end < text.size()) {
      const size_t blank = text.rfind(' ', end);
      if (blank != std::string::npos && blank > start) end = blank;
    }
    *out += indent + "# " + text.substr(start, end - start) + "\n";
    start = end + (end < text.size() && text[end] == ' ' ? 1 : 0);
  }
}

/// Writes sections recursively.
class YamlWriter {
 public:
  YamlWriter(const WriteOptions& options, std::string* out) : options_(options), out_(out) {}

  void Fields(const SchemaNode& section, const Json& json, const std::string& key, const std::string& indent) {
    for (const SchemaNode& field : section.children) {
      if (options_.comments && indent.empty()) *out_ += "\n";
      Field(field, json.at(field.name), JoinKey(key, field.name), indent, indent);
    }
  }

 private:
  void Field(const SchemaNode& field, const Json& value, const std::string& key, const std::string& indent,
             const std::string& lead) {
    if (options_.comments) AppendComment(Comment(field), indent, out_);
    *out_ += lead + field.name + ":";
    if (field.type == ValueType::kStruct) {
      *out_ += "\n";
      Fields(field, value, key, indent + "  ");
    } else if (field.type == ValueType::kNamed && !value.empty()) {
      *out_ += "\n";
      for (const auto& section : value.items()) {
        *out_ += indent + "  " + TextYaml(section.key()) + ":\n";
        Fields(field, section.value(), JoinKey(key, section.key()), indent + "    ");
      }
    } else if (field.type == ValueType::kList && !value.empty()) {
      *out_ += Origin(key) + "\n";
      for (size_t i = 0; i < value.size(); ++i)
        Element(field, value[i], JoinKey(key, std::to_string(i)), indent + "  ");
    } else {
      *out_ += " " + Value(field, value, key) + Origin(key) + "\n";
    }
  }

  /// "- first: ..." and the other fields below it.
  void Element(const SchemaNode& list, const Json& element, const std::string& key, const std::string& indent) {
    std::string lead = indent + "- ";
    for (const SchemaNode& field : list.children) {
      *out_ += lead + field.name + ": " + Value(field, element.at(field.name), JoinKey(key, field.name)) +
               Origin(JoinKey(key, field.name)) + "\n";
      lead = indent + "  ";
    }
  }

  [[nodiscard]] std::string Value(const SchemaNode& field, const Json& value, const std::string& key) const {
    if (options_.raw_paths != nullptr) {
      const auto raw = options_.raw_paths->find(key);
      if (raw != options_.raw_paths->end()) return TextYaml(raw->second.text);
    }
    return InlineYaml(value, field);
  }

  [[nodiscard]] std::string Comment(const SchemaNode& field) const {
    std::string text(field.info.doc);
    if (field.type == ValueType::kStruct) return text;
    return text + fmt::format(" ({})", Summary(field));
  }

  [[nodiscard]] std::string Origin(const std::string& key) const {
    if (options_.origin == nullptr) return {};
    const auto found = options_.origin->find(key);
    return found == options_.origin->end() ? "" : "  # " + found->second;
  }

  const WriteOptions& options_;
  std::string* out_;
};

/// "{a: 1, b: {c: 2}}": the fields that differ from their defaults.
std::string ChangedFields(const std::vector<SchemaNode>& fields, const Json& value);

std::string ChangedValue(const SchemaNode& schema, const Json& value) {
  if (schema.type == ValueType::kStruct) return ChangedFields(schema.children, value);
  if (schema.type == ValueType::kList) {
    std::string text;
    for (const Json& element : value) {
      text += (text.empty() ? "" : ", ") + ChangedFields(schema.children, element);
    }
    return "[" + text + "]";
  }
  if (schema.info.path != PathKind::kNone) return TextYaml(value.get<std::string>());
  return InlineYaml(value, schema);
}

std::string ChangedFields(const std::vector<SchemaNode>& fields, const Json& value) {
  std::string text;
  for (const SchemaNode& field : fields) {
    if (value.at(field.name) == field.default_value) continue;
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", field.name, ChangedValue(field, value.at(field.name)));
  }
  return "{" + text + "}";
}

}  // namespace

std::string InlineYaml(const Json& value, const SchemaNode& schema) {
  if (value.is_null()) return "null";
  switch (schema.type) {
    case ValueType::kNumber:
      return NumberText(value.get<double>());
    case ValueType::kInteger:
    case ValueType::kBool:
      return value.dump();
    case ValueType::kText: {
      const std::string text = value.get<std::string>();
      const bool choice =
          std::find(schema.info.names.begin(), schema.info.names.end(), text) != schema.info.names.end();
      if (choice) return text;
      return TextYaml(schema.info.path == PathKind::kNone ? text : EscapePath(text));
    }
    case ValueType::kTextMap: {
      std::string text;
      for (const auto& item : value.items()) {
        text += (text.empty() ? "" : ", ") + Quoted(item.key()) + ": " + Quoted(item.value().get<std::string>());
      }
      return "{" + text + "}";
    }
    case ValueType::kList:
      return "[]";
    case ValueType::kNamed:
      return "{}";
    case ValueType::kStruct:
      break;
  }
  return {};
}

std::string WriteYaml(const Json& config, const WriteOptions& options) {
  std::string out;
  YamlWriter(options, &out).Fields(RunSchema(), config, "", "");
  return out;
}

std::string ToYaml(const RunConfig& config) { return WriteYaml(ToJson(config)); }

std::string WriteChanges(const RunConfig& config) {
  const Json json = ToJson(config);
  std::string out = fmt::format("format: {}\n", config.format);
  for (const SchemaNode& section : RunSchema().children) {
    const Json& value = json.at(section.name);
    if (value == section.default_value) continue;
    if (section.type != ValueType::kStruct) {
      out += fmt::format("{}: {}\n", section.name, ChangedValue(section, value));
      continue;
    }
    out += section.name + ":\n";
    for (const SchemaNode& field : section.children) {
      if (value.at(field.name) == field.default_value) continue;
      if (field.type != ValueType::kNamed) {
        out += fmt::format("  {}: {}\n", field.name, ChangedValue(field, value.at(field.name)));
        continue;
      }
      out += fmt::format("  {}:\n", field.name);
      for (const auto& named : value.at(field.name).items())
        out += fmt::format("    {}: {}\n", TextYaml(named.key()), ChangedFields(field.children, named.value()));
    }
  }
  return out;
}

std::vector<Difference> Diff(const RunConfig& left, const RunConfig& right) {
  const Json left_json = ToJson(left), right_json = ToJson(right);
  std::vector<Difference> differences;
  std::map<std::string, size_t> position;
  for (const Leaf& leaf : Leaves(left_json)) {
    position[leaf.key] = differences.size();
    differences.push_back({leaf.key, InlineYaml(*leaf.value, *leaf.schema), "", *leaf.value, nullptr});
  }
  for (const Leaf& leaf : Leaves(right_json)) {
    const auto [found, added] = position.emplace(leaf.key, differences.size());
    if (added) differences.push_back({leaf.key, "", "", nullptr, nullptr});
    differences[found->second].right = InlineYaml(*leaf.value, *leaf.schema);
    differences[found->second].right_value = *leaf.value;
  }
  std::erase_if(differences, [](const Difference& difference) { return difference.left == difference.right; });
  return differences;
}

std::string Summary(const SchemaNode& schema) {
  std::string text = Expected(schema);
  if (text.starts_with("a ")) text = text.substr(2);
  if (!schema.info.unit.empty()) text += fmt::format("; {}", schema.info.unit);
  if (schema.type == ValueType::kStruct) return text;
  const std::string value = InlineYaml(schema.default_value, schema);
  return text + fmt::format("; default {}", value == "\"\"" ? "empty" : value);
}

}  // namespace clner
