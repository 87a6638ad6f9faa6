// Puts the sources of values on top of each other: default < include < file < CLNER_SET < --set.
#pragma once

#include <map>
#include <string>

#include "config/paths.h"
#include "config/resolve.h"
#include "config/schema.h"
#include "config/yaml_tree.h"

namespace clner {

/// One source of values.
struct Layer {
  std::string name = {};    ///< of the file, or the assignment as it was given: "--set train.lr=2"
  std::string origin = {};  ///< "CLNER_SET" or "--set"; empty for a file, whose origins are places
  int rank = 0;             ///< higher wins; equal ranks cannot override each other silently
  PathBase base = {};
};

/// The configuration under construction. Problems are collected; values with a problem keep what they were.
class ConfigBuilder {
 public:
  explicit ConfigBuilder(ProblemList* problems);

  /// Applies a whole file. Sections, named ones too, merge key by key; lists and maps replace. A root key `include` is
  /// skipped.
  void ApplyFile(const Layer& layer, const YamlNode& root);
  /// Applies one value at a dotted key; an index equal to the length of a list appends to it.
  void ApplyAssignment(const Layer& layer, const std::string& key, const YamlNode& value);
  /// Settles defaults that depend on other keys (batch size, window overlap), checks all combinations and returns the
  /// result. Throws 78 with all problems.
  [[nodiscard]] ResolvedConfig Finish();

 private:
  void Apply(const Layer& layer, const SchemaNode& schema, const YamlNode& node, const std::string& key, Json* target);
  void ApplyFields(const Layer& layer, const SchemaNode& schema, const YamlNode& node, const std::string& key,
                   Json* target);
  void ApplyList(const Layer& layer, const SchemaNode& schema, const YamlNode& node, const std::string& key,
                 Json* target);
  void ApplyNamed(const Layer& layer, const SchemaNode& schema, const YamlNode& node, const std::string& key,
                  Json* target);
  void ApplyMap(const Layer& layer, const YamlNode& node, const std::string& key, Json* target);
  bool CheckMapEntry(const Layer& layer, const YamlNode& node, const std::string& key, const std::string& name);
  void ApplyValue(const Layer& layer, const SchemaNode& schema, const YamlNode& node, const std::string& key,
                  Json* target);
  bool StepIntoList(const Layer& layer, const SchemaNode& schema, const YamlNode& node, const std::string& index,
                    const std::string& key, Json** target);
  /// The section `name` of `target`, made with defaults if it is new; nullptr after reporting a name that cannot be.
  Json* NamedSection(const Layer& layer, const SchemaNode& schema, const YamlNode& node, const std::string& name,
                     const std::string& key, Json* target);
  void SetPath(const Layer& layer, const YamlNode& node, const std::string& key, Json* target);
  void SettleBatch();
  void SettleOverlap();

  void Add(const Layer& layer, const YamlNode& node, const std::string& key, std::string what, std::string fix);
  void AddUnknown(const Layer& layer, int64_t line, int64_t column, const SchemaNode& section, const std::string& path,
                  const std::string& name);
  void Record(const Layer& layer, const YamlNode& node, const std::string& key);
  void Forget(const std::string& key);
  [[nodiscard]] int RankOf(const std::string& key) const;

  struct Source {
    std::string origin = {}, place = {};
    int rank = 0;
  };
  ProblemList* problems_;
  Json value_;
  std::map<std::string, Source> sources_;
  std::map<std::string, PathSource> paths_;
};

/// True if the key names a text option or an entry of a text map, whose --set values are taken as written.
[[nodiscard]] bool IsTextKey(const std::string& key);

}  // namespace clner
