// The configuration and its schema as text: YAML, JSON Schema, reference page.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/resolve.h"
#include "config/schema.h"

namespace clner {

struct WriteOptions {
  bool comments = false;                                         ///< the documentation above every key
  const std::map<std::string, std::string>* origin = nullptr;    ///< key -> text behind its value, as a comment
  const std::map<std::string, PathSource>* raw_paths = nullptr;  ///< path values to write as they were written
};

/// A complete configuration (ToJson) as YAML that reads back to the same values.
[[nodiscard]] std::string WriteYaml(const Json& config, const WriteOptions& options = {});

/// What differs from the defaults, sections inside sections on one line each. Path values are written as they are, so
/// that they may hold `${VAR:-default}`; the others read back to the same.
[[nodiscard]] std::string WriteChanges(const RunConfig& config);

/// One difference of two configurations, as YAML and as values; a missing side is "" and null.
struct Difference {
  std::string key = {}, left = {}, right = {};
  Json left_value = {}, right_value = {};
};
[[nodiscard]] std::vector<Difference> Diff(const RunConfig& left, const RunConfig& right);

/// A scalar, null, map or empty list on one line of YAML.
[[nodiscard]] std::string InlineYaml(const Json& value, const SchemaNode& schema);

/// "whole number >= 1; steps; default 50": type, range, unit, choices and default of one option.
[[nodiscard]] std::string Summary(const SchemaNode& schema);

/// JSON Schema (draft 2020-12) of configuration files, for editors.
[[nodiscard]] std::string JsonSchema();

/// docs/config.md.
[[nodiscard]] std::string ConfigReference();

}  // namespace clner
