// Single values against the schema: text of a scalar -> typed value, and ranges.
#pragma once

#include <optional>
#include <string>

#include "config/schema.h"
#include "config/yaml_tree.h"

namespace clner {

/// Converts a scalar or null node for an option that is not a section, list or map. On a problem returns nullopt and
/// sets `*what`. Numbers are plain decimal ("1e-5", no leading zero, no quotes), booleans are true or false, texts are
/// taken as written.
[[nodiscard]] std::optional<Json> ReadScalar(const SchemaNode& schema, const std::string& key, const YamlNode& node,
                                             std::string* what);

/// The problem with a value of the right type (range, names), or nullopt.
[[nodiscard]] std::optional<std::string> CheckRange(const SchemaNode& schema, const std::string& key,
                                                    const Json& value);

/// "a number in [0, 1)", "a whole number >= 1", "one of blanks, tab, last", "true or false", "text".
[[nodiscard]] std::string Expected(const SchemaNode& schema);

/// Shortest decimal text that reads back as the same double ("5", "5e-5"); the sign of zero is dropped.
[[nodiscard]] std::string NumberText(double value);

}  // namespace clner
