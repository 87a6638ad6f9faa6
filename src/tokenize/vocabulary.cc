#include "tokenize/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "core/error.h"
#include "core/files.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
std::string FixOf(const std::filesystem::path& path) {
  return fmt::format("copy {} again from where the model came from", path.filename().string());
}

/// What is wrong with one line, or "".
std::string LineProblem(std::string_view piece) {
  if (piece.empty()) return "empty line in the vocabulary";
  if (piece.size() > kMaxPieceBytes)
    return fmt::format("a piece of {} bytes; at most {} are allowed", piece.size(), kMaxPieceBytes);
  if (auto offset = FirstInvalidUtf8(piece)) return fmt::format("invalid UTF-8 at byte {} of the line", *offset);
  if (piece.find('\0') != piece.npos) return "NUL in a piece";
  if (piece.find('\r') != piece.npos) return "carriage return inside a line";
  return "";
}

}  // namespace

std::string ReadTokenizerFile(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored) &&
      std::filesystem::file_size(path, ignored) > kMaxVocabularyBytes) {
    throw Error(ErrorCode::kCorrupt, fmt::format("the vocabulary has more than {} bytes", kMaxVocabularyBytes),
                path.string(), FixOf(path));
  }
  return ReadFile(path, kMaxVocabularyBytes);
}

std::string ReadVocabularyText(const std::filesystem::path& path) {
  std::string text = ReadTokenizerFile(path);
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  if (std::count(text.begin(), text.end(), '\n') > static_cast<std::ptrdiff_t>(kMaxVocabularySize)) {
    throw Error(ErrorCode::kCorrupt, fmt::format("more than {} pieces", kMaxVocabularySize), path.string(),
                FixOf(path));
  }
  return text;
}

std::vector<std::string> ReadVocabulary(const std::filesystem::path& path) {
  const std::string text = ReadVocabularyText(path);
  std::string_view rest = text;
  std::vector<std::string> pieces;
  std::unordered_map<std::string_view, size_t> line_of;
  ProblemList problems;
  for (size_t line = 1; !rest.empty(); ++line) {
    size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view piece = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (piece.ends_with('\r')) piece.remove_suffix(1);
    std::string problem = LineProblem(piece);
    if (problem.empty()) {
      auto [first, added] = line_of.emplace(piece, line);
      if (!added) problem = fmt::format("duplicate piece '{}', first on line {}", Printable(piece), first->second);
    }
    if (!problem.empty())
      problems.Add(ErrorCode::kCorrupt, {problem, Place(path.string(), static_cast<int64_t>(line)), FixOf(path)});
    pieces.emplace_back(piece);
  }
  problems.ThrowIfAny();
  if (pieces.empty()) throw Error(ErrorCode::kCorrupt, "the vocabulary is empty", path.string(), FixOf(path));
  return pieces;
}

}  // namespace clner
