// Lines of a text file or stream: every kind of line end, UTF-8 checked, bounded memory, foreign formats named.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"

namespace clner {

struct LineOptions {
  bool replace_invalid_utf8 = false;  ///< invalid bytes and NUL become U+FFFD instead of a problem
  uint64_t max_line_bytes = UINT64_C(16) << 20;
  std::string replace_option = "--encoding-errors replace";  ///< how messages name the first; "" = the command has none
};

struct Line {
  std::string_view text = {};  ///< without its end; valid until the next call; empty when there is a problem
  int64_t number = 0;          ///< 1-based
  std::optional<Problem> problem = std::nullopt;  ///< invalid UTF-8, NUL or too long
  bool too_long = false;                          ///< the rest of the line has not been read yet
};

/// Reads lines ended by LF, CRLF or CR; a BOM at the start is dropped; the last line needs no end.
/// Errors: 65 for a directory and for compressed, binary or UTF-16 files (with the converting command); 66 when the
/// file cannot be opened or a FIFO stays without writer; 74 on a read error and when a regular file changed while it
/// was read.
class LineReader {
 public:
  /// `path` "-" reads stdin.
  explicit LineReader(const std::string& path, LineOptions options = {});
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// False at the end.
  [[nodiscard]] bool Next(Line* line);
  /// True for a regular file, which has an end and can be read to it for a complete list of problems.
  [[nodiscard]] bool regular() const { return S_ISREG(opened_.st_mode); }
  [[nodiscard]] int64_t replaced_bytes() const { return replaced_; }
  /// InputName() of the path.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  void Open(const std::string& path);
  void WaitForWriter();
  void RefuseForeignFormats();
  [[nodiscard]] bool Fill();
  void CheckUnchanged() const;
  void SkipRestOfLine();
  [[nodiscard]] size_t LineEnd();
  [[nodiscard]] bool Collect(Line* line);
  void CheckText(Line* line, uint64_t offset);

  std::string name_;
  LineOptions options_;
  int fd_ = -1;
  struct stat opened_ = {};
  std::string buffer_, carry_, repaired_;
  size_t pos_ = 0, end_ = 0, next_lf_ = 0, next_cr_ = 0;
  uint64_t bytes_read_ = 0;
  int64_t number_ = 0, replaced_ = 0;
  bool after_cr_ = false, skip_rest_ = false, eof_ = false;
};

/// What messages call an input: the path, or "<stdin>" for "-".
[[nodiscard]] std::string InputName(const std::string& path);
/// `path` as one shell word.
[[nodiscard]] std::string ShellQuote(std::string_view path);

}  // namespace clner
