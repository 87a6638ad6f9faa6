#include "output_check.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/error.h"
#include "core/utf8.h"

namespace clner::cli {
namespace {

/// True if both names lead to one file.
bool AreSame(const std::string& a, const std::string& b) {
  std::error_code ignored;
  return std::filesystem::equivalent(a, b, ignored);
}

/// The same for files that may not exist yet.
bool WillBeSame(const std::string& a, const std::string& b) {
  std::error_code error;
  const auto target = [&](const std::string& name) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(name, error), error);
  };
  return AreSame(a, b) || (target(a) == target(b) && !error);
}

[[noreturn]] void Refuse(const std::string& output, const char* what, const char* fix) {
  throw Error(ErrorCode::kOutput, fmt::format("output '{}' is {}", Printable(output, 200), what), "", fix);
}

}  // namespace

void CheckOutputs(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs) {
  for (auto output = outputs.begin(); output != outputs.end(); ++output) {
    if (output->empty() || *output == "-") continue;
    std::error_code ignored;
    if (std::filesystem::is_directory(*output, ignored)) Refuse(*output, "a directory", "name a file");
    if (std::filesystem::exists(*output, ignored) && !std::filesystem::is_regular_file(*output, ignored)) continue;
    for (const std::string& input : inputs) {
      const bool inside = std::filesystem::is_directory(input, ignored) &&
                          AreSame(std::filesystem::path(*output).parent_path(), input) &&
                          std::filesystem::exists(*output, ignored);
      if (inside) Refuse(*output, "part of the input", "write outside the directory that is read");
      // The shell may have opened the output as standard input.
      if (!input.empty() && AreSame(*output, input == "-" ? "/dev/stdin" : input))
        Refuse(*output, "the input", "write to another file");
    }
    for (auto other = outputs.begin(); other != output; ++other) {
      if (!other->empty() && *other != "-" && WillBeSame(*output, *other))
        Refuse(*output, "that of two options", "write to two files");
    }
  }
}

}  // namespace clner::cli
