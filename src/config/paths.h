// Paths of a configuration: expansion, resolution, where presets lie, and whether files can be read.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "clner/error.h"
#include "config/field.h"
#include "config/resolve.h"

namespace clner {

/// Directories with shipped presets that exist, in search order: $CLNER_CONFIGS, configs/ of the source tree the
/// program was built in, share/clner/configs of the installation.
[[nodiscard]] std::vector<std::filesystem::path> PresetDirectories();

/// Where the relative paths of one source of values are looked up: beside the file, in the working directory, and for a
/// shipped preset beside its preset directory. The first directory where the path exists counts, else the working
/// directory.
struct PathBase {
  std::filesystem::path file_directory = {};  ///< empty for values that do not come from a file
  std::filesystem::path preset_root = {};     ///< parent of the preset directory; empty for other files
};
[[nodiscard]] PathBase BaseOf(const std::filesystem::path& file);

/// Replaces a leading `~` (alone or before `/`), `${VAR}` and `${VAR:-default}`; `$${` stands for `${`. Returns nullopt
/// and sets
/// `*problem` when a variable is not set, a brace is open or the result is not a possible path.
[[nodiscard]] std::optional<std::string> ExpandPath(const std::string& text, std::string* problem);
/// Text that ExpandPath turns back into `path`.
[[nodiscard]] std::string EscapePath(const std::string& path);

/// Absolute path of an expanded path; fills `source->tried`.
[[nodiscard]] std::string AbsolutePath(const std::string& expanded, const PathBase& base, PathSource* source);

/// The file of `--config` or `include:`: a path as it is or with ".yaml", first in `directory`, then in the preset
/// directories. Throws 66 naming the nearest preset.
[[nodiscard]] std::filesystem::path FindConfigFile(const std::string& name, const std::filesystem::path& directory,
                                                   const std::string& place);

/// Why a file or directory cannot be read (errno text, wrong kind), or nullopt. Opens nothing.
[[nodiscard]] std::optional<std::string> WhyUnreadable(const std::filesystem::path& path, PathKind kind);

}  // namespace clner
