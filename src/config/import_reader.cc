#include "config/import_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/import_keys.h"
#include "config/paths.h"
#include "config/schema.h"
#include "config/values.h"
#include "core/suggest.h"
#include "core/utf8.h"

namespace clner {
namespace {

/// True, false and the other words that YAML 1.1 has for them, as PyYAML reads.
std::optional<bool> BoolOf(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar || node.quoted) return std::nullopt;
  for (const std::string_view word : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"}) {
    if (node.text == word) return true;
  }
  for (const std::string_view word : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"}) {
    if (node.text == word) return false;
  }
  return std::nullopt;
}

/// One form of equal values: "False" and "no" are "false", "0.0" is "0", an empty section is "{}".
std::string Canonical(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kMap && node.entries.empty()) return "{}";
  if (const std::optional<bool> truth = BoolOf(node); truth.has_value()) return *truth ? "true" : "false";
  SchemaNode number;
  number.type = ValueType::kNumber;
  std::string ignored;
  const std::optional<Json> value = ReadScalar(number, "", node, &ignored);
  return value.has_value() ? NumberText(value->get<double>()) : node.text;
}

}  // namespace

const YamlNode::Entry* OriginalSection::Find(std::string_view key) const {
  if (node == nullptr) return nullptr;
  const auto found = std::find_if(node->entries.begin(), node->entries.end(),
                                  [&](const YamlNode::Entry& entry) { return entry.key == key; });
  return found == node->entries.end() ? nullptr : &*found;
}

const YamlNode* OriginalSection::Get(std::string_view key) const {
  const YamlNode::Entry* entry = Find(key);
  return entry == nullptr ? nullptr : entry->value.get();
}

std::string OriginalSection::KeyName(std::string_view key) const { return Printable(JoinKey(path, key), 120); }

void OriginalReader::Problem(const OriginalSection& section, std::string_view key, std::string what, std::string fix) {
  std::string place = Place(name_);
  if (const YamlNode::Entry* entry = section.Find(key); entry != nullptr) {
    place = Place(name_, entry->line, entry->column);
  } else if (section.node != nullptr) {
    place = Place(name_, section.node->line, section.node->column);
  }
  problems_->Add(ErrorCode::kConfig, {std::move(what), std::move(place), std::move(fix)});
}

void OriginalReader::Note(const OriginalSection& section, std::string_view key, std::string text) {
  const YamlNode::Entry* entry = section.Find(key);
  notes_.push_back({entry != nullptr          ? entry->line
                    : section.node != nullptr ? section.node->line
                                              : 0,
                    std::move(text)});
}

std::vector<ImportNote> OriginalReader::TakeNotes() {
  std::stable_sort(notes_.begin(), notes_.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  return std::move(notes_);
}

OriginalSection OriginalReader::Child(const OriginalSection& parent, std::string_view key) {
  const YamlNode* node = parent.Get(key);
  const std::string path = JoinKey(parent.path, key);
  if (node != nullptr && node->kind == YamlNode::Kind::kMap) return {path, node};
  if (parent.node != nullptr) {
    Problem(parent, key,
            node == nullptr ? fmt::format("the section {} is missing", Printable(path, 120))
                            : fmt::format("{} must be a section, not {}", Printable(path, 120), Describe(*node)),
            "the original needs it, too");
  }
  return {path, nullptr};
}

OriginalSection OriginalReader::OnlyChild(const OriginalSection& parent, const std::string& wanted) {
  if (parent.node == nullptr) return {};
  if (parent.node->entries.size() != 1) {
    Problem(
        parent, "",
        fmt::format("{} must hold one section, {}, but it holds {}", parent.path, wanted, parent.node->entries.size()),
        "a tagger has one encoder; remove the others");
    return {};
  }
  const std::string& name = parent.node->entries.front().key;
  if (name.substr(0, name.find('-')) == wanted) return Child(parent, name);
  Problem(parent, name, fmt::format("{} is not supported", parent.KeyName(name)), fmt::format("only {} is", wanted));
  return {};
}

void OriginalReader::CheckKeys(const OriginalSection& section, std::string_view kind) {
  if (section.node == nullptr) return;
  for (const YamlNode::Entry& entry : section.node->entries) {
    const OriginalKey* key = FindOriginalKey(kind, entry.key);
    const std::string path = section.KeyName(entry.key);
    if (key == nullptr) {
      AddUnknown(section, kind, entry);
    } else if (key->use == OriginalKey::Use::kDead) {
      Note(section, entry.key, fmt::format("{} has no effect: {}", path, key->text));
    } else if (key->use == OriginalKey::Use::kOurs) {
      Note(section, entry.key, fmt::format("{} is not carried over: {}", path, key->text));
    } else if (key->use == OriginalKey::Use::kFixed && Canonical(*entry.value) != key->value) {
      Problem(section, entry.key, fmt::format("{} is {}, which is not supported", path, Describe(*entry.value)),
              std::string(key->text));
    }
  }
  for (const OriginalKey& key : OriginalKeys()) {
    if (key.section != kind || !key.needed || section.Find(key.name) != nullptr) continue;
    Problem(
        section, key.name,
        fmt::format("{} is missing, and what the original does without it is not supported", section.KeyName(key.name)),
        std::string(key.text));
  }
}

/// The original looks up its roots and its corpora by name, and hands the other keys to functions that refuse unknown
/// ones.
void OriginalReader::AddUnknown(const OriginalSection& section, std::string_view kind, const YamlNode::Entry& entry) {
  const std::string path = section.KeyName(entry.key), nearest = DidYouMean(entry.key, OriginalNames(kind));
  if (kind.empty() || kind == "ner") {
    if (kind == "ner" && entry.value->kind == YamlNode::Kind::kMap) return;  // a corpus
    Note(section, entry.key, fmt::format("{} has no effect: nothing reads it{}", path, nearest));
  } else {
    Problem(section, entry.key, fmt::format("unknown key '{}'{}", path, nearest),
            kind.starts_with("adaseq") ? "correct or remove it, even if AdaSeq ignores it"
                                       : "the original refuses it, too; correct or remove it");
  }
}

std::optional<Json> OriginalReader::Read(const OriginalSection& section, std::string_view key,
                                         std::string_view option) {
  const YamlNode* node = section.Get(key);
  if (node == nullptr) return std::nullopt;
  std::string what;
  std::optional<Json> value = ReadScalar(*FindSchema(option), section.KeyName(key), *node, &what);
  if (!value.has_value()) Problem(section, key, what, "correct the value");
  return value.has_value() && value->is_null() ? std::nullopt : value;
}

double OriginalReader::Number(const OriginalSection& section, std::string_view key, std::string_view option,
                              double otherwise) {
  const std::optional<Json> value = Read(section, key, option);
  return value.has_value() ? value->get<double>() : otherwise;
}

int OriginalReader::Whole(const OriginalSection& section, std::string_view key, std::string_view option,
                          int otherwise) {
  const std::optional<Json> value = Read(section, key, option);
  return value.has_value() ? value->get<int>() : otherwise;
}

bool OriginalReader::Flag(const OriginalSection& section, std::string_view key, bool otherwise) {
  const YamlNode* node = section.Get(key);
  if (node == nullptr) return otherwise;
  const std::optional<bool> value = BoolOf(*node);
  if (!value.has_value()) {
    Problem(section, key, fmt::format("{} must be true or false, not {}", section.KeyName(key), Describe(*node)),
            "correct the value");
  }
  return value.value_or(otherwise);
}

std::string OriginalReader::Text(const OriginalSection& section, std::string_view key, bool needed) {
  const YamlNode* node = section.Get(key);
  if (section.node == nullptr) return {};
  if (node != nullptr && node->kind == YamlNode::Kind::kScalar && !node->text.empty()) return node->text;
  if (node == nullptr || node->kind == YamlNode::Kind::kNull) {
    if (needed) Problem(section, key, fmt::format("{} is missing", section.KeyName(key)), "the original needs it, too");
  } else {
    Problem(section, key, fmt::format("{} must be text, not {}", section.KeyName(key), Describe(*node)),
            "correct the value");
  }
  return {};
}

void OriginalReader::CheckPath(const OriginalSection& section, std::string_view key, const std::string& path) {
  std::string problem;
  if (path.empty() || ExpandPath(path, &problem).has_value()) return;
  Problem(section, key, fmt::format("{}: {}", section.KeyName(key), problem), "correct the path");
}

}  // namespace clner
