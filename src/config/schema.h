// The options as data: one tree made from the Describe functions, and RunConfig <-> JSON over it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"
#include "core/json.h"

namespace clner {

enum class ValueType { kInteger, kNumber, kBool, kText, kTextMap, kList, kNamed, kStruct };

/// One option or section.
struct SchemaNode {
  std::string name = {};
  ValueType type = ValueType::kStruct;
  bool nullable = false;  ///< null means "not set"
  FieldInfo info = {};
  Json default_value = {};
  std::vector<SchemaNode> children = {};  ///< fields of a section, or of the elements of a list or of named sections

  /// True for a list and for named sections, below which keys have an index or a name.
  [[nodiscard]] bool has_elements() const;
  /// The child of this name or nullptr.
  [[nodiscard]] const SchemaNode* Child(std::string_view child) const;
  [[nodiscard]] std::vector<std::string> ChildNames() const;
};

/// The root section (RunConfig).
[[nodiscard]] const SchemaNode& RunSchema();

/// The node of a dotted path; a list element is any number or "N", a named section any name. nullptr if there is none.
[[nodiscard]] const SchemaNode* FindSchema(std::string_view path);

/// ConfigKeys() and the names of all sections, for suggestions.
[[nodiscard]] std::vector<std::string> ConfigNames();

/// `path` + "." + `name`, or `name` alone at the root.
[[nodiscard]] std::string JoinKey(std::string_view path, std::string_view name);

/// `key` of a list or of named sections with the placeholder of an element: `train.groups.N`, `data.corpora.NAME`.
[[nodiscard]] std::string ElementKey(const SchemaNode& schema, std::string_view key);

inline constexpr size_t kMaxSectionName = 64, kMaxNamedSections = 100;
/// True for what a named section may be called: 1 to kMaxSectionName letters, digits, '_' and '-'.
[[nodiscard]] bool IsSectionName(std::string_view name);

/// Every key of the configuration with its value, in the order of the options.
[[nodiscard]] Json ToJson(const RunConfig& config);
/// The inverse; `json` must have passed the checks of values.h for every key.
[[nodiscard]] RunConfig FromJson(const Json& json);

/// The scalar, null, text map, empty list and empty named section values of `json` with their key paths, in order.
struct Leaf {
  std::string key = {};
  const SchemaNode* schema = nullptr;
  const Json* value = nullptr;
};
[[nodiscard]] std::vector<Leaf> Leaves(const Json& json);

}  // namespace clner
