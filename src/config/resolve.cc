#include "config/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <utility>

#include "config/merge.h"
#include "core/files.h"
#include "core/utf8.h"

namespace clner {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxIncludeDepth = 16;
constexpr size_t kMaxFiles = 64;

struct FileLayer {
  Layer layer;
  std::shared_ptr<const YamlNode> root;
};

/// What tells files apart: the canonical path, or the path itself where there is none (the pipe of a shell's <(...)).
fs::path Identity(const fs::path& path) {
  std::error_code error;
  fs::path canonical = fs::weakly_canonical(path, error);
  return error ? path : canonical;
}

/// Reads a file and, before it, the files it includes.
class FileLoader {
 public:
  explicit FileLoader(ProblemList* problems) : problems_(problems) {}

  void Load(const fs::path& path) {
    const std::string name = path == "-" ? "standard input" : path.string();
    if (path != "-") CheckLoop(path, name);
    std::string text = ReadConfigText(path, name);
    FileLayer file;
    file.root = ParseYaml(text, name, problems_);
    file.layer.name = name;
    file.layer.base = path == "-" ? PathBase{} : BaseOf(path);
    open_.push_back(path == "-" ? fs::path() : Identity(path));
    LoadIncludes(file);
    open_.pop_back();
    if (files_.size() >= kMaxFiles) {
      throw Error(ErrorCode::kConfig, fmt::format("more than {} configuration files are included", kMaxFiles), name);
    }
    file.layer.rank = static_cast<int>(files_.size()) + 1;
    files_.push_back(std::move(file));
  }

  [[nodiscard]] const std::vector<FileLayer>& files() const { return files_; }

 private:
  void CheckLoop(const fs::path& path, const std::string& name) const {
    if (std::find(open_.begin(), open_.end(), Identity(path)) != open_.end()) {
      throw Error(ErrorCode::kConfig, fmt::format("'{}' includes itself", Printable(name, 200)), place_,
                  "remove the include");
    }
    if (open_.size() >= kMaxIncludeDepth) {
      throw Error(ErrorCode::kConfig, fmt::format("includes are nested deeper than {} files", kMaxIncludeDepth),
                  place_);
    }
  }

  static std::string ReadConfigText(const fs::path& path, const std::string& name) {
    try {
      return ReadFile(path, kMaxYamlBytes);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kData) throw;
      throw Error(ErrorCode::kConfig,
                  fmt::format("the file is too large for a configuration (limit {} bytes)", kMaxYamlBytes), name);
    }
  }

  void LoadIncludes(const FileLayer& file) {
    if (file.root->kind != YamlNode::Kind::kMap) return;
    for (const YamlNode::Entry& entry : file.root->entries) {
      if (entry.key != "include") continue;
      if (entry.value->kind == YamlNode::Kind::kSequence) {
        for (const auto& item : entry.value->items) Include(file, *item);
      } else {
        Include(file, *entry.value);
      }
    }
  }

  void Include(const FileLayer& file, const YamlNode& node) {
    const std::string place = fmt::format("{} (include)", Place(file.layer.name, node.line, node.column));
    if (node.kind != YamlNode::Kind::kScalar || node.text.empty()) {
      problems_->Add(ErrorCode::kConfig,
                     {fmt::format("include must be a list of files or presets, not {}", Describe(node)), place,
                      "write 'include: [base/minilm]'"});
      return;
    }
    std::string problem;
    const std::optional<std::string> name = ExpandPath(node.text, &problem);
    if (!name.has_value()) {
      problems_->Add(ErrorCode::kConfig,
                     {"include: " + problem, place, "set the variable, or give a default as in ${NAME:-path}"});
      return;
    }
    const fs::path path = FindConfigFile(*name, file.layer.base.file_directory, place);
    place_ = place;
    Load(path);
  }

  ProblemList* problems_;
  std::vector<fs::path> open_;  // canonical, outermost first
  std::vector<FileLayer> files_;
  std::string place_;  // of the include being followed
};

/// The value of "k=v": YAML, except that text options take the characters as they stand unless they start with a quote.
std::shared_ptr<const YamlNode> AssignedValue(const std::string& key, const std::string& text, const std::string& name,
                                              ProblemList* problems) {
  const bool quoted = text.starts_with('"') || text.starts_with('\'');
  if (!text.empty() && (quoted || !IsTextKey(key))) return ParseYaml(text, name, problems);
  auto node = std::make_shared<YamlNode>();
  node->kind = YamlNode::Kind::kScalar;
  node->text = text;
  node->quoted = true;
  node->line = node->column = 1;
  const bool control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; });
  if (control) {
    throw Error(ErrorCode::kConfig, "the value holds control characters", name, "write plain text");
  }
  return node;
}

void Assign(const std::string& assignment, Layer layer, ErrorCode malformed, ConfigBuilder* builder,
            ProblemList* problems) {
  const size_t equals = assignment.find('=');
  if (FirstInvalidUtf8(assignment).has_value()) {
    problems->Add(malformed, {"an assignment is not valid UTF-8", layer.origin, "write plain text"});
    return;
  }
  const std::string shown = Printable(assignment, 120);
  layer.name = layer.origin + (layer.origin == "--set" ? " " : ": ") + shown;
  if (equals == std::string::npos || equals == 0) {
    problems->Add(malformed,
                  {fmt::format("'{}' is not of the form key=value", shown), layer.origin, "e.g. train.lr=1e-5"});
    return;
  }
  const std::string key = assignment.substr(0, equals);
  builder->ApplyAssignment(layer, key, *AssignedValue(key, assignment.substr(equals + 1), layer.name, problems));
}

/// Splits "k=v;k=v" at semicolons outside quotes; an apostrophe inside a word is no quote. Empty parts are left out.
std::vector<std::string> SplitAssignments(const std::string& text) {
  std::vector<std::string> parts = {""};
  char quote = '\0';
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ';' && quote == '\0') {
      parts.emplace_back();
      continue;
    }
    if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '"' || c == '\'') && i > 0 &&
               std::isalnum(static_cast<unsigned char>(text[i - 1])) == 0) {
      quote = c;
    }
    if (!parts.back().empty() || (c != ' ' && c != '\n')) parts.back() += c;
  }
  std::erase(parts, "");
  return parts;
}

}  // namespace

ResolvedConfig ResolveConfig(const std::string& name_or_path, const std::vector<std::string>& set,
                             const ResolveOptions& options) {
  ProblemList problems;
  FileLoader loader(&problems);
  if (name_or_path == "-") {
    loader.Load("-");
  } else if (!name_or_path.empty()) {
    loader.Load(FindConfigFile(name_or_path, "", ""));
  }
  ConfigBuilder builder(&problems);
  for (const FileLayer& file : loader.files()) builder.ApplyFile(file.layer, *file.root);

  Layer layer;
  layer.rank = static_cast<int>(loader.files().size()) + 1;
  const char* environment = options.use_environment ? std::getenv("CLNER_SET") : nullptr;
  layer.origin = "CLNER_SET";
  for (const std::string& part : SplitAssignments(environment == nullptr ? "" : environment)) {
    Assign(part, layer, ErrorCode::kConfig, &builder, &problems);
  }
  layer.origin = "--set";
  ++layer.rank;
  for (const std::string& assignment : set) Assign(assignment, layer, ErrorCode::kUsage, &builder, &problems);

  ResolvedConfig resolved = builder.Finish();
  for (const FileLayer& file : loader.files()) resolved.files.push_back(file.layer.name);
  return resolved;
}

}  // namespace clner
