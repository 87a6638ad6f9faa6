#include "config/paths.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "config/schema.h"
#include "core/suggest.h"
#include "core/utf8.h"

namespace clner {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

bool IsVariableName(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

/// Value of the inside of `${...}`.
std::optional<std::string> Substitute(std::string_view inside, std::string* problem) {
  const size_t colon = inside.find(":-");
  const std::string name(inside.substr(0, colon));
  if (!IsVariableName(name)) {
    *problem = fmt::format("'${{{}}}' names no environment variable", Printable(inside));
    return std::nullopt;
  }
  if (std::optional<std::string> value = Environment(name); value.has_value()) return value;
  if (colon != std::string_view::npos) return std::string(inside.substr(colon + 2));
  *problem = fmt::format("the environment variable '{}' is not set", name);
  return std::nullopt;
}

/// Without `.` and `..` where that does not change what the path names (`..` behind a symbolic link does).
fs::path Tidy(const fs::path& path) {
  std::error_code error;
  const fs::path tidy = path.lexically_normal();
  if (!fs::exists(path, error) || fs::equivalent(path, tidy, error)) return tidy;
  return path;
}

bool Exists(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

fs::path WorkingDirectory() {
  std::error_code error;
  fs::path directory = fs::current_path(error);
  if (error) throw Error(ErrorCode::kNoInput, "the working directory cannot be read: " + error.message());
  return directory;
}

fs::path Absolute(const fs::path& path) { return path.is_absolute() ? path : WorkingDirectory() / path; }

std::string ErrnoText(int code) { return std::error_code(code, std::generic_category()).message(); }

}  // namespace

std::vector<fs::path> PresetDirectories() {
  std::vector<fs::path> candidates;
  if (std::optional<std::string> chosen = Environment("CLNER_CONFIGS"); chosen.has_value())
    candidates.emplace_back(*chosen);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    const fs::path bin = program.parent_path();
    candidates.push_back(bin / "../../../configs");
    candidates.push_back(bin / "../share/clner/configs");
  }
  std::vector<fs::path> found;
  for (const fs::path& candidate : candidates) {
    if (fs::is_directory(candidate, error)) found.push_back(Tidy(Absolute(candidate)));
  }
  return found;
}

std::vector<std::string> PresetNames() {
  std::vector<std::string> names;
  for (const fs::path& directory : PresetDirectories()) {
    std::error_code error;
    for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
      if (it->path().extension() != ".yaml") continue;
      names.push_back(it->path().lexically_relative(directory).replace_extension().string());
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

PathBase BaseOf(const fs::path& file) {
  PathBase base{Absolute(file).parent_path(), {}};
  const std::string text = Tidy(Absolute(file)).string();
  for (const fs::path& directory : PresetDirectories()) {
    if (text.starts_with(directory.string() + "/")) base.preset_root = directory.parent_path();
  }
  return base;
}

std::optional<std::string> ExpandPath(const std::string& text, std::string* problem) {
  std::string out;
  size_t i = 0;
  if (text == "~" || text.starts_with("~/")) {
    const std::optional<std::string> home = Environment("HOME");
    if (!home.has_value()) {
      *problem = "'~' needs the environment variable 'HOME'";
      return std::nullopt;
    }
    out = *home;
    i = 1;
  }
  while (i < text.size()) {
    if (text.compare(i, 3, "$${") == 0) {
      out += "${";
      i += 3;
    } else if (text.compare(i, 2, "${") == 0) {
      const size_t close = text.find('}', i);
      if (close == std::string::npos) {
        *problem = fmt::format("'${{' is not closed in '{}'", Printable(text));
        return std::nullopt;
      }
      const std::optional<std::string> value = Substitute(std::string_view(text).substr(i + 2, close - i - 2), problem);
      if (!value.has_value()) return std::nullopt;
      out += *value;
      i = close + 1;
    } else {
      out += text[i++];
    }
  }
  if (FirstInvalidUtf8(out).has_value()) {
    *problem = fmt::format("the path '{}' is not valid UTF-8", Printable(ReplaceInvalidUtf8(out, nullptr)));
    return std::nullopt;
  }
  if (std::any_of(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) {
    *problem = fmt::format("the path '{}' holds a control character", Printable(out));
    return std::nullopt;
  }
  return out;
}

std::string EscapePath(const std::string& path) {
  std::string out = path.starts_with("~") ? "./" : "";
  for (size_t i = 0; i < path.size(); ++i) {
    if (path.compare(i, 2, "${") == 0) out += '$';
    out += path[i];
  }
  return out;
}

std::string AbsolutePath(const std::string& expanded, const PathBase& base, PathSource* source) {
  const fs::path path(expanded);
  std::vector<fs::path> candidates;
  if (path.is_absolute()) {
    candidates.push_back(path);
  } else {
    if (!base.file_directory.empty()) candidates.push_back(base.file_directory / path);
    if (!base.preset_root.empty()) candidates.push_back(base.preset_root / path);
    candidates.push_back(WorkingDirectory() / path);
  }
  for (const fs::path& candidate : candidates) {
    const std::string tidy = Tidy(candidate).string();
    if (std::find(source->tried.begin(), source->tried.end(), tidy) == source->tried.end())
      source->tried.push_back(tidy);
    if (Exists(candidate)) return tidy;
  }
  return source->tried.back();
}

fs::path FindConfigFile(const std::string& name, const fs::path& directory, const std::string& place) {
  std::vector<fs::path> roots = {directory};
  if (fs::path(name).is_relative()) {
    for (const fs::path& preset : PresetDirectories()) roots.push_back(preset);
  }
  std::optional<std::string> reason;
  for (const fs::path& root : roots) {
    for (const std::string& candidate : {name, name + ".yaml"}) {
      const fs::path path = root.empty() ? fs::path(candidate) : root / candidate;
      const std::optional<std::string> why = WhyUnreadable(path, PathKind::kFile);
      if (!why.has_value()) return path;
      // A file that is there but unreadable says more than the absence of the other candidates.
      if (!reason.has_value() || Exists(path)) reason = why;
    }
  }
  const std::vector<std::string> presets = PresetNames();
  std::string stem = name.ends_with(".yaml") ? name.substr(0, name.size() - 5) : name;
  const std::string nearest = NearestName(stem, presets);
  throw Error(ErrorCode::kNoInput,
              fmt::format("cannot read the configuration '{}': {}{}", Printable(name), *reason,
                          nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)),
              place,
              presets.empty() ? "give the path of a YAML file"
                              : fmt::format("give a path or one of: {}", fmt::join(presets, ", ")));
}

std::optional<std::string> WhyUnreadable(const fs::path& path, PathKind kind) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return ErrnoText(errno);
  if (kind == PathKind::kDirectory) {
    if (!S_ISDIR(status.st_mode)) return ErrnoText(ENOTDIR);
    if (::access(path.c_str(), R_OK | X_OK) != 0) return ErrnoText(errno);
    return std::nullopt;
  }
  if (S_ISDIR(status.st_mode)) return ErrnoText(EISDIR);
  // Opening a named FIFO waits for a writer; the pipe of a process substitution has one.
  const bool shell_pipe =
      path.string().starts_with("/dev/fd/") || path.string().starts_with("/proc/") || path == "/dev/stdin";
  if (S_ISFIFO(status.st_mode) && !shell_pipe) return "it is a FIFO, not a file";
  if (S_ISSOCK(status.st_mode)) return "it is a socket, not a file";
  if (S_ISBLK(status.st_mode)) return "it is a block device, not a file";
  if (::access(path.c_str(), R_OK) != 0) return ErrnoText(errno);
  return std::nullopt;
}

void CheckFiles(const ResolvedConfig& resolved) {
  ProblemList problems;
  const Json json = ToJson(resolved.config);
  for (const Leaf& leaf : Leaves(json)) {
    if (leaf.schema->info.path == PathKind::kNone || leaf.schema->info.path == PathKind::kNewDirectory) continue;
    const std::string path = leaf.value->get<std::string>();
    if (path.empty()) continue;
    const std::optional<std::string> why = WhyUnreadable(path, leaf.schema->info.path);
    if (!why.has_value()) continue;
    const auto source = resolved.paths.find(leaf.key);
    Problem problem{fmt::format("cannot read {} '{}': {}", leaf.key, Printable(path, 300), *why), leaf.key,
                    "correct the path"};
    if (source != resolved.paths.end()) {
      problem.where = source->second.place;
      if (source->second.tried.size() > 1)
        problem.fix = fmt::format("correct the path; looked for {}", fmt::join(source->second.tried, ", "));
    }
    problems.Add(ErrorCode::kNoInput, std::move(problem));
  }
  problems.ThrowIfAny();
}

}  // namespace clner
