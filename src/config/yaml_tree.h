// YAML text as a tree with places. Reads untrusted text: every limit is a named constant and part of the message.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"

namespace clner {

inline constexpr size_t kMaxYamlBytes = size_t{1} << 20;
inline constexpr size_t kMaxYamlDepth = 64;
inline constexpr int64_t kMaxYamlNodes = 100000;  ///< after expansion of aliases

/// One value. Scalars keep their text; the schema decides the type.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  struct Entry {
    std::string key = {};
    int64_t line = 0, column = 0;  ///< of the key, from 1
    std::shared_ptr<const YamlNode> value = {};
  };

  Kind kind = Kind::kNull;
  std::string text = {};         ///< of a scalar
  bool quoted = false;           ///< the scalar was in quotes or a block
  int64_t line = 0, column = 0;  ///< from 1
  int64_t size = 1;              ///< nodes of the tree after expansion of aliases
  std::vector<std::shared_ptr<const YamlNode>> items = {};
  std::vector<Entry> entries = {};
};

/// Parses one document; an empty text gives a null node. Duplicate keys and merge keys are added to `problems`, the
/// first value counts. Throws 78 with `name`:line:column on: more than kMaxYamlBytes, invalid UTF-8, control
/// characters, tabs as indentation, bad syntax, quotes that are not closed, nesting over kMaxYamlDepth, more than
/// kMaxYamlNodes nodes, aliases of themselves, tags, keys that are not text, several documents. A BOM, CRLF and CR are
/// accepted.
[[nodiscard]] std::shared_ptr<const YamlNode> ParseYaml(const std::string& text, const std::string& name,
                                                        ProblemList* problems);

/// What a value is, for messages: "the text 'fast'", "a list", "a section", "nothing".
[[nodiscard]] std::string Describe(const YamlNode& node);

}  // namespace clner
