// vocab.txt: one piece a line, the line number from 0 is the id.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace clner {

inline constexpr size_t kMaxPieceBytes = 1024;
inline constexpr size_t kMaxVocabularySize = 2'000'000;
inline constexpr size_t kMaxVocabularyBytes = size_t{64} << 20;

/// The bytes of one file of a tokenizer; kCorrupt over the limit of size.
[[nodiscard]] std::string ReadTokenizerFile(const std::filesystem::path& path);
/// The text of a file with one entry a line, without its byte order mark. kCorrupt over the limits of size and lines.
[[nodiscard]] std::string ReadVocabularyText(const std::filesystem::path& path);
/// Reads a vocabulary; LF or CRLF, a byte order mark is skipped. kCorrupt, all problems with their lines, for an empty
/// file, empty lines, duplicates, invalid UTF-8, NUL or a carriage return inside a line, and pieces or files over the
/// limits above.
[[nodiscard]] std::vector<std::string> ReadVocabulary(const std::filesystem::path& path);

}  // namespace clner
