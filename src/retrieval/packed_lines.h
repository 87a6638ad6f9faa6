// Lines of plain, gzip and zstd files, streamed: bounded memory, UTF-8 checked, the SHA-256 of the file on the way.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/files.h"
#include "core/sha256.h"
#include "data/line_reader.h"

namespace clner {

/// The text of a file, uncompressed. The kind is told by the first bytes; several gzip members or zstd frames in a row
/// are one text. 65 for other compressed or binary files and for a damaged or cut archive, 66 and 74 as InputFile.
class PackedInput {
 public:
  explicit PackedInput(const std::string& path);
  ~PackedInput();
  PackedInput(const PackedInput&) = delete;
  PackedInput& operator=(const PackedInput&) = delete;
  /// 1..`capacity` bytes of text; 0 only at the end.
  [[nodiscard]] size_t Read(char* buffer, size_t capacity);
  [[nodiscard]] int64_t raw_bytes() const { return raw_bytes_; }                           ///< read of the file so far
  [[nodiscard]] int64_t file_bytes() const { return static_cast<int64_t>(file_.size()); }  ///< 0 for a stream
  /// SHA-256 of the file; to be called once, at the end.
  [[nodiscard]] std::string HexDigest() { return sha_.HexDigest(); }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  struct Decoder;
  struct Gzip;
  struct Zstd;
  [[nodiscard]] bool Fill();
  std::string name_;
  InputFile file_;
  Sha256 sha_;
  std::string buffer_;
  size_t position_ = 0, end_ = 0;
  int64_t raw_bytes_ = 0;
  std::unique_ptr<Decoder> decoder_;  // none for plain text
};

/// Lines ended by LF or CRLF of a PackedInput; a BOM at the start is dropped; the last line needs no end. Problems of a
/// line are reported in it as LineReader does.
class PackedLines {
 public:
  explicit PackedLines(const std::string& path, LineOptions options = {});
  /// False at the end. The text is valid until the next call.
  [[nodiscard]] bool Next(Line* line);
  /// As Next, without looking at the text beyond its length; for lines that were read by an earlier run.
  [[nodiscard]] bool NextUnchecked(Line* line);
  [[nodiscard]] int64_t replaced_bytes() const { return replaced_; }
  [[nodiscard]] PackedInput& input() { return input_; }

 private:
  [[nodiscard]] bool Fill();
  void CheckText(Line* line);
  PackedInput input_;
  LineOptions options_;
  std::string buffer_, carry_, repaired_;
  size_t position_ = 0, end_ = 0;
  uint64_t offset_ = 0;  // of the line in the text
  uint64_t consumed_ = 0;
  int64_t number_ = 0, replaced_ = 0;
};

}  // namespace clner
