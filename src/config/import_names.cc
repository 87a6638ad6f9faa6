#include "config/import_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "config/import_files.h"
#include "config/paths.h"
#include "core/utf8.h"

namespace clner {

constexpr size_t kMaxNameBytes = 200;

std::string ImportHeader(const std::string& name) {
  return fmt::format("# Imported from {}.\n", Printable(name, kMaxNameBytes));
}

std::string RunNameOf(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return plain && name.size() <= kMaxNameBytes ? name : "";
}

std::string EncoderPathOf(const std::string& model) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::path(model).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  if (model.find('/') != std::string::npos && std::filesystem::is_directory(path, error))
    return EscapePath(std::filesystem::absolute(path, error).string());
  return PathBelowVariable("CLNER_MODELS", "models", path.filename().string());
}

}  // namespace clner
