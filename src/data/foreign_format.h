// Names files that are not UTF-8 text by their first bytes, with the command that converts them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"

namespace clner {

/// The problem if `head` (the first bytes) is gzip, bzip2, xz, zstd, zip, parquet, SQLite, UTF-16 or UTF-32; else
/// nullopt.
[[nodiscard]] std::optional<Problem> ForeignFormat(std::string_view head, const std::string& path);
/// `command`, which prints the text of the file `{}`, with the file `name` and what becomes of the text: a new file
/// with the ending `extension` beside it, or for "<stdin>" the standard input of the program. Null: nothing becomes of
/// it.
[[nodiscard]] std::string ConvertingCommand(const char* command, const char* extension, const std::string& name);
/// What to do with a directory given as a file: names files inside.
[[nodiscard]] std::string DirectoryFix(const std::string& path);

}  // namespace clner
