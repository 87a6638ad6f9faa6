// Reading the sections of an original CLNER configuration: places, types, and what becomes of every key.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/import.h"
#include "config/yaml_tree.h"
#include "core/error.h"
#include "core/json.h"

namespace clner {

/// A section of the original and where it stands.
struct OriginalSection {
  std::string path = {};           ///< "train", "model.FastSequenceTagger"; empty for the root
  const YamlNode* node = nullptr;  ///< a map, or nullptr when the section is missing

  /// The entry of a key or nullptr.
  [[nodiscard]] const YamlNode::Entry* Find(std::string_view key) const;
  /// Its value or nullptr.
  [[nodiscard]] const YamlNode* Get(std::string_view key) const;
  /// The key with its path, for messages.
  [[nodiscard]] std::string KeyName(std::string_view key) const;
};

/// Reads values and collects problems and notes. A value with a problem reads as the one given for a missing key.
class OriginalReader {
 public:
  /// `name` is the file for messages.
  OriginalReader(std::string name, ProblemList* problems) : name_(std::move(name)), problems_(problems) {}

  /// A problem or note at a key, or at its section when the key is missing.
  void Problem(const OriginalSection& section, std::string_view key, std::string what, std::string fix);
  void Note(const OriginalSection& section, std::string_view key, std::string text);
  /// Notes in the order of the lines.
  [[nodiscard]] std::vector<ImportNote> TakeNotes();

  /// A section that the original needs.
  [[nodiscard]] OriginalSection Child(const OriginalSection& parent, std::string_view key);
  /// The only section of `parent`, whose class (the name up to "-") must be `wanted`.
  [[nodiscard]] OriginalSection OnlyChild(const OriginalSection& parent, const std::string& wanted);
  /// Notes dead keys and those that are ours to decide; refuses unknown keys and values that are not supported. `kind`
  /// is a section of import_keys.h.
  void CheckKeys(const OriginalSection& section, std::string_view kind);

  /// The value with the type and range of one of our options; nullopt when it is missing or has a problem.
  [[nodiscard]] std::optional<Json> Read(const OriginalSection& section, std::string_view key, std::string_view option);
  [[nodiscard]] double Number(const OriginalSection& section, std::string_view key, std::string_view option,
                              double otherwise);
  [[nodiscard]] int Whole(const OriginalSection& section, std::string_view key, std::string_view option, int otherwise);
  [[nodiscard]] bool Flag(const OriginalSection& section, std::string_view key, bool otherwise);
  /// Text that is not empty; "" when it is missing, which is a problem if `needed`, or of another type.
  [[nodiscard]] std::string Text(const OriginalSection& section, std::string_view key, bool needed);
  /// A problem at the key when ExpandPath cannot read `path`, which was made of its value.
  void CheckPath(const OriginalSection& section, std::string_view key, const std::string& path);

 private:
  void AddUnknown(const OriginalSection& section, std::string_view kind, const YamlNode::Entry& entry);

  std::string name_;
  ProblemList* problems_;
  std::vector<ImportNote> notes_;
};

}  // namespace clner
