// Options of the commands that read labelled data files, and their translation into reader options.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "data/data_format.h"

namespace clner::cli {

struct DataFlags {
  std::string delimiter = "blanks", comment = {}, scheme = {}, on_error = "fail", encoding_errors = "fail";
  int text_column = 0, tag_column = -1;
  bool unlabelled = false, first_code_point = false;
  std::vector<std::string> label_map = {}, labels = {};
  std::string from = {}, offset_unit = {}, words = {};
  std::string on_misaligned = "fail", on_overlap = "fail", on_discontinuous = "fail";
};

/// How column files are read, from the values of --delimiter, --comment, --on-error and --encoding-errors.
[[nodiscard]] ColumnFileOptions FileOptionsOf(const std::string& delimiter, const std::string& comment,
                                              const std::string& on_error, const std::string& encoding_errors);
/// Adds the options in the group "Reading".
void AddDataOptions(CLI::App* command, DataFlags* flags);
/// Adds the options that JSON lines and annotated texts need, which are also part of AddDataOptions.
void AddRecordOptions(CLI::App* command, DataFlags* flags);
/// The scheme that the option `name` gives as `value`. kUsage with the nearest name when unknown.
[[nodiscard]] Scheme ParseSchemeOption(const char* name, const std::string& value);
/// The format that --from names, else the one of the file. kUsage, 65 as FormatOfFile.
[[nodiscard]] DataFormat InputFormat(const DataFlags& flags, const std::string& path);
/// kUsage for an unknown scheme, and for a label map that is not OLD=NEW or whose new name cannot be read back.
[[nodiscard]] CorpusOptions ReadOptions(const DataFlags& flags);

}  // namespace clner::cli
