// Configurations of the original CLNER trainer (Alibaba-NLP/CLNER) and of AdaSeq (modelscope/AdaSeq), both YAML, as
// ours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/yaml_tree.h"

namespace clner {

/// What a reader of the result should know about one key of the original.
struct ImportNote {
  int64_t line = 0;       ///< of the key, from 1; 0 when a key is missing
  std::string text = {};  ///< "train.checkpoint is not carried over: ..."
};

/// An imported configuration.
struct ImportedConfig {
  std::string yaml = {};               ///< what differs from our defaults; ResolveConfig accepts it
  std::vector<ImportNote> notes = {};  ///< in the order of the lines
};

/// Reads the text of a configuration of either; `name` is the file for messages, and without folders and extension the
/// name of the run if it can be. Looks for the files of each data_folder; of folders that do not exist, file names are
/// guessed. Throws 78 with all problems: not such a configuration, keys that the original refuses, options that are
/// switched on and that we do not have.
[[nodiscard]] ImportedConfig ImportConfig(const std::string& text, const std::string& name);

/// The same for the tree of a configuration of AdaSeq.
[[nodiscard]] ImportedConfig ImportAdaSeq(const YamlNode& root, const std::string& name, ProblemList* problems);

}  // namespace clner
