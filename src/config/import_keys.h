// The keys of the configurations of the original CLNER and of AdaSeq, and what becomes of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clner {

/// One key of the original.
struct OriginalKey {
  enum class Use {
    kRead,   ///< import.cc translates it
    kDead,   ///< the original does not use it either
    kOurs,   ///< concerns files, memory or reports, which are ours to decide
    kFixed,  ///< only one value is supported
  };
  /// "" (root), "train", "trainer", "model", "embeddings", "ner" or "corpus"; those of AdaSeq begin with "adaseq".
  std::string_view section = {};
  std::string_view name = {};
  Use use = Use::kRead;
  std::string_view text = {};   ///< reason, or advice when the value is another than the fixed one
  std::string_view value = {};  ///< of kFixed
  bool needed = false;          ///< of kFixed: the original's default is another value
};

/// nullptr if the original has no such key.
[[nodiscard]] const OriginalKey* FindOriginalKey(std::string_view section, std::string_view name);
/// All keys of all sections, and those of AdaSeq alone.
[[nodiscard]] const std::vector<OriginalKey>& OriginalKeys();
[[nodiscard]] const std::vector<OriginalKey>& AdaSeqKeys();
/// Names of the keys of a section, for suggestions.
[[nodiscard]] std::vector<std::string> OriginalNames(std::string_view section);

}  // namespace clner
