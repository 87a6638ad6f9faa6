#include "config/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "config/validate.h"
#include "config/values.h"
#include "core/suggest.h"
#include "core/utf8.h"

namespace clner {
namespace {

std::string PlaceOf(const Layer& layer, int64_t line, int64_t column, const std::string& key) {
  const std::string place = layer.origin.empty() ? Place(layer.name, line, column) : layer.name;
  return key.empty() ? place : fmt::format("{} ({})", place, Printable(key, 200));
}

Json Defaults(const SchemaNode& schema) {
  Json element = Json::object();
  for (const SchemaNode& field : schema.children) element[field.name] = field.default_value;
  return element;
}

/// Options and sections whose path ends in `name`, those of list elements and named sections left out
/// ("train.groups.N.lr" does not count).
std::vector<std::string> KeysEndingIn(const std::string& name) {
  std::vector<std::string> found;
  for (const std::string& key : ConfigNames()) {
    if (key.ends_with("." + name) && key.find(".N.") == std::string::npos && key.find(".NAME.") == std::string::npos)
      found.push_back(key);
  }
  return found;
}

/// The nearest valid name: of the same section, else the same name elsewhere, else (for dotted names) a whole key path.
std::string Suggest(const SchemaNode& section, const std::string& path, const std::string& name) {
  if (std::string nearest = NearestName(name, section.ChildNames()); !nearest.empty()) return nearest;
  if (const std::vector<std::string> elsewhere = KeysEndingIn(name); elsewhere.size() == 1) return elsewhere[0];
  if (name.find('.') != std::string::npos) {
    if (std::string nearest = NearestName(JoinKey(path, name), ConfigKeys()); !nearest.empty()) return nearest;
    return NearestName(name.substr(0, name.find('.')), section.ChildNames());
  }
  return {};
}

}  // namespace

ConfigBuilder::ConfigBuilder(ProblemList* problems) : problems_(problems), value_(RunSchema().default_value) {}

void ConfigBuilder::ApplyFile(const Layer& layer, const YamlNode& root) {
  ApplyFields(layer, RunSchema(), root, "", &value_);
}

void ConfigBuilder::Apply(const Layer& layer, const SchemaNode& schema, const YamlNode& node, const std::string& key,
                          Json* target) {
  switch (schema.type) {
    case ValueType::kStruct:
      ApplyFields(layer, schema, node, key, target);
      break;
    case ValueType::kList:
      ApplyList(layer, schema, node, key, target);
      break;
    case ValueType::kNamed:
      ApplyNamed(layer, schema, node, key, target);
      break;
    case ValueType::kTextMap:
      ApplyMap(layer, node, key, target);
      break;
    default:
      ApplyValue(layer, schema, node, key, target);
  }
}

void ConfigBuilder::ApplyFields(const Layer& layer, const SchemaNode& schema, const YamlNode& node,
                                const std::string& key, Json* target) {
  if (node.kind == YamlNode::Kind::kNull) return;  // a section whose lines are all comments
  if (node.kind != YamlNode::Kind::kMap) {
    Add(layer, node, key,
        fmt::format("{} must be a section of keys, not {}", key.empty() ? "a configuration" : key, Describe(node)),
        "write 'key: value' lines");
    return;
  }
  for (const YamlNode::Entry& entry : node.entries) {
    if (key.empty() && entry.key == "include" && layer.origin.empty()) continue;
    const SchemaNode* child = schema.Child(entry.key);
    if (child == nullptr) {
      AddUnknown(layer, entry.line, entry.column, schema, key, entry.key);
    } else {
      Apply(layer, *child, *entry.value, JoinKey(key, entry.key), &(*target)[entry.key]);
    }
  }
}

void ConfigBuilder::ApplyList(const Layer& layer, const SchemaNode& schema, const YamlNode& node,
                              const std::string& key, Json* target) {
  if (node.kind != YamlNode::Kind::kSequence) {
    Add(layer, node, key, fmt::format("{} must be a list, not {}", key, Describe(node)),
        "write '[]' for an empty list");
    return;
  }
  Forget(key);
  Record(layer, node, key);
  *target = Json::array();
  for (size_t i = 0; i < node.items.size(); ++i) {
    target->push_back(Defaults(schema));
    const std::string element = JoinKey(key, std::to_string(i));
    if (node.items[i]->kind == YamlNode::Kind::kNull) {
      Add(layer, *node.items[i], element, fmt::format("{} must be a section of keys, not nothing", element),
          "remove the empty element");
    } else {
      ApplyFields(layer, schema, *node.items[i], element, &target->back());
    }
  }
}

void ConfigBuilder::ApplyNamed(const Layer& layer, const SchemaNode& schema, const YamlNode& node,
                               const std::string& key, Json* target) {
  if (node.kind == YamlNode::Kind::kNull) return;
  if (node.kind != YamlNode::Kind::kMap) {
    Add(layer, node, key, fmt::format("{} must be a map of sections, not {}", key, Describe(node)),
        fmt::format("write '{}:' and a name with its keys below", schema.name));
    return;
  }
  for (const YamlNode::Entry& entry : node.entries) {
    Json* section = NamedSection(layer, schema, *entry.value, entry.key, key, target);
    if (section != nullptr) ApplyFields(layer, schema, *entry.value, JoinKey(key, entry.key), section);
  }
}

Json* ConfigBuilder::NamedSection(const Layer& layer, const SchemaNode& schema, const YamlNode& node,
                                  const std::string& name, const std::string& key, Json* target) {
  if (!IsSectionName(name)) {
    Add(layer, node, key, fmt::format("{}: '{}' is not a name", key, Printable(name, kMaxSectionName)),
        fmt::format("use 1 to {} letters, digits, '_' and '-'", kMaxSectionName));
    return nullptr;
  }
  if (!target->contains(name)) {
    if (target->size() >= kMaxNamedSections) {
      Add(layer, node, key, fmt::format("{} has more than {} sections", key, kMaxNamedSections), "remove some");
      return nullptr;
    }
    (*target)[name] = Defaults(schema);
    Record(layer, node, JoinKey(key, name));
  }
  return &(*target)[name];
}

void ConfigBuilder::ApplyMap(const Layer& layer, const YamlNode& node, const std::string& key, Json* target) {
  if (node.kind != YamlNode::Kind::kMap) {
    Add(layer, node, key, fmt::format("{} must be a map of texts, not {}", key, Describe(node)),
        "write '{}' for an empty map");
    return;
  }
  *target = Json::object();
  // The keys differ (ParseYaml), so each goes to the end without the linear search of ordered_json.
  auto& members = target->get_ref<Json::object_t&>();
  Record(layer, node, key);
  for (const YamlNode::Entry& entry : node.entries) {
    if (CheckMapEntry(layer, *entry.value, key, entry.key)) members.emplace_back(entry.key, entry.value->text);
  }
}

bool ConfigBuilder::CheckMapEntry(const Layer& layer, const YamlNode& node, const std::string& key,
                                  const std::string& name) {
  if (node.kind == YamlNode::Kind::kScalar) return true;
  const std::string entry = JoinKey(key, name);
  Add(layer, node, entry, fmt::format("{} must be text, not {}", Printable(entry), Describe(node)),
      "write \"\" for an empty text");
  return false;
}

void ConfigBuilder::ApplyValue(const Layer& layer, const SchemaNode& schema, const YamlNode& node,
                               const std::string& key, Json* target) {
  std::string what;
  const std::optional<Json> value = ReadScalar(schema, key, node, &what);
  if (!value.has_value()) {
    Add(layer, node, key, std::move(what), fmt::format("'clner config keys {}' describes it", key));
    return;
  }
  Record(layer, node, key);
  const auto& names = schema.info.names;
  if (schema.info.path == PathKind::kNone || std::find(names.begin(), names.end(), node.text) != names.end()) {
    paths_.erase(key);
    *target = *value;
  } else {
    SetPath(layer, node, key, target);
  }
}

void ConfigBuilder::SetPath(const Layer& layer, const YamlNode& node, const std::string& key, Json* target) {
  paths_.erase(key);
  if (node.text.empty()) {
    *target = "";
    return;
  }
  std::string problem;
  const std::optional<std::string> expanded = ExpandPath(node.text, &problem);
  if (!expanded.has_value() || expanded->empty()) {
    if (expanded.has_value()) problem = fmt::format("'{}' expands to nothing", Printable(node.text));
    Add(layer, node, key, fmt::format("{}: {}", key, problem),
        "set the variable, or give a default as in ${NAME:-path}");
    return;
  }
  PathSource source{node.text, PlaceOf(layer, node.line, node.column, key), {}};
  *target = AbsolutePath(*expanded, layer.base, &source);
  paths_[key] = std::move(source);
}

bool ConfigBuilder::StepIntoList(const Layer& layer, const SchemaNode& schema, const YamlNode& node,
                                 const std::string& index, const std::string& key, Json** target) {
  size_t position = 0;
  const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), position);
  Json& list = **target;
  if (error != std::errc() || end != index.data() + index.size() || position > list.size()) {
    Add(layer, node, key, fmt::format("'{}' is no element of {}, which has {}", Printable(index), key, list.size()),
        fmt::format("elements are counted from 0; {}.{} appends one", key, list.size()));
    return false;
  }
  if (position == list.size()) {
    list.push_back(Defaults(schema));
    Record(layer, node, key);
  }
  *target = &list[position];
  return true;
}

void ConfigBuilder::ApplyAssignment(const Layer& layer, const std::string& key, const YamlNode& value) {
  const SchemaNode* schema = &RunSchema();
  Json* target = &value_;
  std::string path;
  bool at_element = false;
  for (std::string_view rest = key; !rest.empty() || path.empty();) {
    if (schema->type == ValueType::kTextMap) {
      if (!CheckMapEntry(layer, value, path, std::string(rest))) return;
      (*target)[std::string(rest)] = value.text;
      Record(layer, value, path);
      return;
    }
    const std::string part(rest.substr(0, rest.find('.')));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (schema->type == ValueType::kList && !at_element) {
      if (!StepIntoList(layer, *schema, value, part, path, &target)) return;
      at_element = true;
    } else if (schema->type == ValueType::kNamed && !at_element) {
      target = NamedSection(layer, *schema, value, part, path, target);
      if (target == nullptr) return;
      at_element = true;
    } else {
      const SchemaNode* child = schema->Child(part);
      if (child == nullptr) {
        const std::string whole = rest.empty() ? part : part + "." + std::string(rest);
        // `optimizer.eps` is the end of one key, `optimizer` alone the beginning of many.
        AddUnknown(layer, 0, 0, *schema, path, KeysEndingIn(whole).empty() ? part : whole);
        return;
      }
      schema = child;
      target = &(*target)[part];
      at_element = false;
    }
    path = JoinKey(path, part);
  }
  if (at_element) {
    ApplyFields(layer, *schema, value, path, target);
  } else {
    Apply(layer, *schema, value, path, target);
  }
}

void ConfigBuilder::Add(const Layer& layer, const YamlNode& node, const std::string& key, std::string what,
                        std::string fix) {
  problems_->Add(ErrorCode::kConfig, {std::move(what), PlaceOf(layer, node.line, node.column, key), std::move(fix)});
}

void ConfigBuilder::AddUnknown(const Layer& layer, int64_t line, int64_t column, const SchemaNode& section,
                               const std::string& path, const std::string& name) {
  const std::string key = JoinKey(path, name);
  const std::string nearest = Suggest(section, path, name);
  std::string fix = fmt::format("{}'clner config keys{}' lists the valid ones",
                                nearest.empty() ? "" : "rename the key; ", path.empty() ? "" : " " + path);
  if (key == "include") fix = "'include' works only in files";
  problems_->Add(ErrorCode::kConfig, {fmt::format("unknown key '{}'{}", Printable(key, 200),
                                                  nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)),
                                      PlaceOf(layer, line, column, key), std::move(fix)});
}

void ConfigBuilder::Record(const Layer& layer, const YamlNode& node, const std::string& key) {
  const std::string origin = layer.origin.empty() ? Place(layer.name, node.line, node.column) : layer.origin;
  sources_[key] = {origin, PlaceOf(layer, node.line, node.column, key), layer.rank};
}

void ConfigBuilder::Forget(const std::string& key) {
  std::erase_if(sources_, [&](const auto& entry) { return entry.first == key || entry.first.starts_with(key + "."); });
  std::erase_if(paths_, [&](const auto& entry) { return entry.first.starts_with(key + "."); });
}

int ConfigBuilder::RankOf(const std::string& key) const {
  const auto found = sources_.find(key);
  return found == sources_.end() ? 0 : found->second.rank;
}

/// Of the two batch sizes the one that was set at the higher rank counts; the other becomes 0.
void ConfigBuilder::SettleBatch() {
  const std::string sentences = "train.batch_sentences", pieces = "train.batch_pieces";
  Json& train = value_["train"];
  if (train["batch_sentences"].get<int64_t>() == 0 || train["batch_pieces"].get<int64_t>() == 0) return;
  if (RankOf(sentences) == RankOf(pieces)) return;
  const bool by_pieces = RankOf(pieces) > RankOf(sentences);
  train[by_pieces ? "batch_sentences" : "batch_pieces"] = 0;
  sources_[by_pieces ? sentences : pieces].origin = "off because of " + (by_pieces ? pieces : sentences);
}

/// The default overlap is a quarter of shorter windows too.
void ConfigBuilder::SettleOverlap() {
  const std::string overlap = "model.encoder.window_overlap";
  Json& encoder = value_["model"]["encoder"];
  const int64_t quarter = encoder["max_pieces"].get<int64_t>() / 4;
  if (RankOf(overlap) > 0 || encoder["window_overlap"].get<int64_t>() <= quarter) return;
  encoder["window_overlap"] = quarter;
  sources_[overlap].origin = "a quarter of model.encoder.max_pieces";
}

ResolvedConfig ConfigBuilder::Finish() {
  problems_->ThrowIfAny();
  SettleBatch();
  SettleOverlap();
  ResolvedConfig resolved;
  resolved.config = FromJson(value_);
  const auto place_of = [this](const std::string& key) {
    const auto found = sources_.find(key);
    return found == sources_.end() || found->second.place.empty() ? key : found->second.place;
  };
  CollectProblems(resolved.config, place_of, problems_);
  problems_->ThrowIfAny();
  for (const Leaf& leaf : Leaves(value_)) {
    const auto found = sources_.find(leaf.key);
    resolved.origin[leaf.key] = found == sources_.end() ? "default" : found->second.origin;
  }
  resolved.paths = std::move(paths_);
  return resolved;
}

bool IsTextKey(const std::string& key) {
  const SchemaNode* schema = FindSchema(key);
  if (schema != nullptr) return schema->type == ValueType::kText;
  for (size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1)) {
    const SchemaNode* map = FindSchema(key.substr(0, dot));
    if (map != nullptr && map->type == ValueType::kTextMap) return true;
  }
  return false;
}

}  // namespace clner
