#include "config/import_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <initializer_list>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/paths.h"

namespace clner {
namespace {

namespace fs = std::filesystem;

/// Names of the files in a folder, sorted, so that the choice does not depend on the file system.
std::vector<std::string> NamesIn(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error, no_type;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    const bool skipped = name.starts_with('.') || name.ends_with(".gz") || name.ends_with(".swp") ||
                         name.ends_with(".pkl") || it->is_directory(no_type);
    if (!skipped) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> Holding(const std::vector<std::string>& names, std::initializer_list<std::string_view> parts) {
  std::vector<std::string> found;
  for (const std::string& name : names) {
    const bool holds =
        std::any_of(parts.begin(), parts.end(), [&](auto part) { return name.find(part) != std::string::npos; });
    if (holds) found.push_back(name);
  }
  return found;
}

void Take(const std::vector<std::string>& found, const char* split, std::string* name, CorpusFiles* files) {
  if (found.empty()) return;
  *name = found.front();
  if (found.size() > 1) files->ambiguous.emplace_back(split);
}

/// Fills the names that are in the folder.
void LookFor(const fs::path& folder, CorpusFiles* files) {
  const std::vector<std::string> names = NamesIn(folder);
  Take(Holding(names, {"train"}), "train", &files->train, files);
  Take(Holding(names, {"dev", "testa"}), "dev", &files->dev, files);
  std::vector<std::string> test = Holding(names, {"testb"});
  if (test.empty()) {
    test = Holding(names, {"test"});
    std::erase(test, files->dev);
  }
  Take(test, "test", &files->test, files);
}

}  // namespace

std::string PathBelowVariable(const std::string& variable, const std::string& directory, const std::string& name) {
  if (directory.find_first_of("{}") != std::string::npos) return EscapePath((fs::path(directory) / name).string());
  std::string path = "${" + variable + ":-" + directory + "}/";
  for (size_t i = 0; i < name.size(); ++i) {
    if (name.compare(i, 2, "${") == 0) path += '$';
    path += name[i];
  }
  return path;
}

CorpusFiles FindCorpusFiles(const std::string& folder, const CorpusFiles& names) {
  CorpusFiles files = names;
  fs::path directory = fs::path(folder).lexically_normal();
  if (!directory.has_filename()) directory = directory.parent_path();
  std::error_code error;
  const bool exists = fs::is_directory(directory, error);
  const bool look = names.train.empty();
  if (exists) {
    if (look) LookFor(directory, &files);
    directory = fs::absolute(directory, error);
  } else if (look) {
    files.train = "train.txt", files.dev = "dev.txt", files.test = "test.txt";
    files.guessed = true;
  }
  for (std::string* name : {&files.train, &files.dev, &files.test}) {
    if (name->empty()) continue;
    if (exists || fs::path(*name).is_absolute() || !directory.has_filename()) {
      *name = EscapePath((directory / *name).string());
    } else if (folder.starts_with("~/")) {
      *name = (directory / *name).string();
    } else {
      const std::string parent = directory.has_parent_path() ? directory.parent_path().string() : ".";
      *name = PathBelowVariable("CLNER_DATA", parent, (directory.filename() / *name).string());
    }
  }
  return files;
}

}  // namespace clner
