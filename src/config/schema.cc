#include "config/schema.h"

#include <algorithm>
#include <type_traits>

#include "config/resolve.h"

namespace clner {
namespace {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsList : std::false_type {};
template <class T>
struct IsList<std::vector<T>> : std::true_type {};
template <class T>
struct IsNamed : std::false_type {};
template <class T>
struct IsNamed<NamedSections<T>> : std::true_type {};
using TextMap = std::map<std::string, std::string>;

template <class T>
Json ValueToJson(const T& value);

template <class T>
Json StructToJson(const T& object) {
  Json json = Json::object();
  T::Describe([&](std::string_view name, auto member, const FieldInfo&) {
    json[std::string(name)] = ValueToJson(object.*member);
  });
  return json;
}

template <class T>
Json ValueToJson(const T& value) {
  if constexpr (IsOptional<T>::value) {
    return value.has_value() ? ValueToJson(*value) : Json(nullptr);
  } else if constexpr (IsNamed<T>::value) {
    Json sections = Json::object();
    for (const auto& [name, section] : value) sections[name] = StructToJson(section);
    return sections;
  } else if constexpr (IsList<T>::value) {
    Json list = Json::array();
    for (const auto& item : value) list.push_back(ValueToJson(item));
    return list;
  } else if constexpr (std::is_enum_v<T>) {
    return Json(std::string(NameOf(value)));
  } else if constexpr (std::is_same_v<T, TextMap>) {
    Json map = Json::object();
    // At the end without the linear search of ordered_json: the keys of a std::map differ.
    for (const auto& [key, text] : value) map.template get_ref<Json::object_t&>().emplace_back(key, text);
    return map;
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    return Json(value);
  } else {
    return StructToJson(value);
  }
}

template <class T>
void ValueFromJson(const Json& json, T* value);

template <class T>
void StructFromJson(const Json& json, T* object) {
  T::Describe([&](std::string_view name, auto member, const FieldInfo&) {
    ValueFromJson(json.at(std::string(name)), &(object->*member));
  });
}

template <class T>
void ValueFromJson(const Json& json, T* value) {
  if constexpr (IsOptional<T>::value) {
    value->reset();
    if (!json.is_null()) ValueFromJson(json, &value->emplace());
  } else if constexpr (IsNamed<T>::value) {
    value->clear();
    for (const auto& item : json.items()) {
      value->emplace_back().first = item.key();
      StructFromJson(item.value(), &value->back().second);
    }
  } else if constexpr (IsList<T>::value) {
    value->clear();
    for (const Json& item : json) ValueFromJson(item, &value->emplace_back());
  } else if constexpr (std::is_enum_v<T>) {
    const std::string name = json.get<std::string>();
    for (const auto& choice : ChoicesOf(T{})) {
      if (choice.name == name) *value = choice.value;
    }
  } else if constexpr (std::is_same_v<T, TextMap>) {
    value->clear();
    for (const auto& item : json.items()) value->emplace(item.key(), item.value().template get<std::string>());
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    *value = json.get<T>();
  } else {
    StructFromJson(json, value);
  }
}

template <class T>
void DescribeType(SchemaNode* node);

template <class T>
std::vector<SchemaNode> Fields() {
  std::vector<SchemaNode> fields;
  const T defaults{};
  T::Describe([&](std::string_view name, auto member, FieldInfo info) {
    SchemaNode node;
    node.name = name;
    node.info = std::move(info);
    node.default_value = ValueToJson(defaults.*member);
    DescribeType<std::remove_cvref_t<decltype(defaults.*member)>>(&node);
    fields.push_back(std::move(node));
  });
  return fields;
}

template <class T>
void DescribeType(SchemaNode* node) {
  if constexpr (IsOptional<T>::value) {
    DescribeType<typename T::value_type>(node);
    node->nullable = true;
  } else if constexpr (IsNamed<T>::value) {
    node->type = ValueType::kNamed;
    node->children = Fields<typename T::value_type::second_type>();
  } else if constexpr (IsList<T>::value) {
    node->type = ValueType::kList;
    node->children = Fields<typename T::value_type>();
  } else if constexpr (std::is_enum_v<T>) {
    node->type = ValueType::kText;
    for (const auto& choice : ChoicesOf(T{})) node->info.names.push_back(choice.name);
  } else if constexpr (std::is_same_v<T, TextMap>) {
    node->type = ValueType::kTextMap;
  } else if constexpr (std::is_same_v<T, bool>) {
    node->type = ValueType::kBool;
  } else if constexpr (std::is_integral_v<T>) {
    node->type = ValueType::kInteger;
  } else if constexpr (std::is_floating_point_v<T>) {
    node->type = ValueType::kNumber;
  } else if constexpr (std::is_same_v<T, std::string>) {
    node->type = ValueType::kText;
  } else {
    node->type = ValueType::kStruct;
    node->children = Fields<T>();
  }
}

bool IsIndex(std::string_view text) {
  return text == "N" || (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos);
}

void CollectLeaves(const SchemaNode& schema, const Json& json, const std::string& key, std::vector<Leaf>* leaves) {
  if (schema.type == ValueType::kStruct) {
    for (const SchemaNode& child : schema.children) {
      CollectLeaves(child, json.at(child.name), JoinKey(key, child.name), leaves);
    }
  } else if (schema.has_elements() && !json.empty()) {
    // items() names the elements of a list by their index.
    for (const auto& element : json.items()) {
      for (const SchemaNode& child : schema.children) {
        CollectLeaves(child, element.value().at(child.name), JoinKey(JoinKey(key, element.key()), child.name), leaves);
      }
    }
  } else {
    leaves->push_back({key, &schema, &json});
  }
}

void CollectKeys(const SchemaNode& schema, const std::string& key, bool sections, std::vector<std::string>* keys) {
  for (const SchemaNode& child : schema.children) {
    const std::string child_key = JoinKey(key, child.name);
    if (sections || child.type != ValueType::kStruct) keys->push_back(child_key);
    CollectKeys(child, child.has_elements() ? ElementKey(child, child_key) : child_key, sections, keys);
  }
}

}  // namespace

bool SchemaNode::has_elements() const { return type == ValueType::kList || type == ValueType::kNamed; }

const SchemaNode* SchemaNode::Child(std::string_view child) const {
  for (const SchemaNode& node : children) {
    if (node.name == child) return &node;
  }
  return nullptr;
}

std::vector<std::string> SchemaNode::ChildNames() const {
  std::vector<std::string> names;
  for (const SchemaNode& node : children) names.push_back(node.name);
  return names;
}

const SchemaNode& RunSchema() {
  static const SchemaNode root = [] {
    SchemaNode node;
    node.info = Doc("one run");
    node.default_value = ToJson(RunConfig{});
    node.children = Fields<RunConfig>();
    return node;
  }();
  return root;
}

const SchemaNode* FindSchema(std::string_view path) {
  const SchemaNode* node = &RunSchema();
  bool at_elements = false;  // an index must follow the name of a list, a name that of named sections
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    if (at_elements) {
      if (node->type == ValueType::kList ? !IsIndex(part) : !IsSectionName(part)) return nullptr;
      at_elements = false;
      continue;
    }
    node = node->Child(part);
    if (node == nullptr) return nullptr;
    at_elements = node->has_elements();
  }
  return node;
}

std::string JoinKey(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : std::string(path) + "." + std::string(name);
}

std::string ElementKey(const SchemaNode& schema, std::string_view key) {
  return JoinKey(key, schema.type == ValueType::kList ? "N" : "NAME");
}

bool IsSectionName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxSectionName && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Json ToJson(const RunConfig& config) { return StructToJson(config); }

RunConfig FromJson(const Json& json) {
  RunConfig config;
  StructFromJson(json, &config);
  return config;
}

std::vector<Leaf> Leaves(const Json& json) {
  std::vector<Leaf> leaves;
  CollectLeaves(RunSchema(), json, "", &leaves);
  return leaves;
}

std::vector<std::string> ConfigKeys() {
  std::vector<std::string> keys;
  CollectKeys(RunSchema(), "", false, &keys);
  return keys;
}

std::vector<std::string> ConfigNames() {
  std::vector<std::string> names;
  CollectKeys(RunSchema(), "", true, &names);
  return names;
}

}  // namespace clner
