// From a configuration name to a typed, validated, complete RunConfig.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/options.h"

namespace clner {

/// Where a path value came from, so that a missing file can be explained.
struct PathSource {
  std::string text = {};   ///< as written
  std::string place = {};  ///< `file:line:col (key)`
  std::vector<std::string> tried =
      {};  ///< absolute candidates in order; the first that exists was taken, else the last
};

/// A complete configuration and what is known about its values.
struct ResolvedConfig {
  RunConfig config = {};
  std::map<std::string, std::string> origin = {};  ///< every key -> "default", "FILE:LINE:COL", "CLNER_SET" or "--set"
  std::map<std::string, PathSource> paths = {};    ///< keys of the path values that were set and are not empty
  std::vector<std::string> files = {};             ///< configuration files read, lowest precedence first
};

struct ResolveOptions {
  bool use_environment = true;  ///< apply CLNER_SET
};

/// Resolves `name_or_path` (a file, a shipped preset with or without ".yaml", "-" for stdin, "" for the defaults
/// alone). Precedence, low to high: default, `include:` files in order, the file, CLNER_SET ("k=v;k=v"), `set` ("k=v",
/// later wins). Paths become absolute. Throws Error: 66 when a configuration file is missing, 78 with all problems
/// otherwise.
[[nodiscard]] ResolvedConfig ResolveConfig(const std::string& name_or_path, const std::vector<std::string>& set,
                                           const ResolveOptions& options = {});

/// Throws 66 for every path of the configuration that is missing, unreadable or of the wrong kind (a FIFO is never
/// opened).
void CheckFiles(const ResolvedConfig& resolved);

/// Throws 78 when a key that training needs is empty: data.train.sentences (of some corpus), model.encoder.path.
void RequireTrainable(const RunConfig& config);

/// Checks every range and every combination of options; throws 78 with all problems. ResolveConfig has done it already.
void Validate(const RunConfig& config);

/// The complete configuration as YAML; reading it gives the same RunConfig, doubles included.
[[nodiscard]] std::string ToYaml(const RunConfig& config);

/// All key paths in the order of the options (`train.groups.N.lr` for list elements), without the names of sections.
[[nodiscard]] std::vector<std::string> ConfigKeys();

/// True if the epoch kept is chosen by dev F1: `select: best`, dev data present and not trained on.
[[nodiscard]] bool SelectsOnDev(const RunConfig& config);

/// Names of the presets that `--config` and `include:` find, sorted, without ".yaml".
[[nodiscard]] std::vector<std::string> PresetNames();

}  // namespace clner
