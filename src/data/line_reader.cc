#include "data/line_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "core/suggest.h"
#include "core/utf8.h"
#include "data/foreign_format.h"

namespace clner {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 18;
constexpr int kFifoWaitMilliseconds = 10000;

std::string OpenFix(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path file(path);
  const std::filesystem::path parent = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator it(parent, ignored), last; !ignored && it != last && names.size() < 1000;
       it.increment(ignored)) {
    names.push_back(it->path().filename().string());
  }
  const std::string nearest = NearestName(file.filename().string(), names);
  if (nearest.empty()) return "check the path and its permissions";
  return fmt::format("did you mean '{}'?", Printable((file.parent_path() / nearest).string(), 200));
}

/// True for ASCII without NUL, what most lines are; eight bytes at a time, as the lines of column files are short.
bool IsPlain(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHighBits = 0x8080808080808080;
  uint64_t found = 0;
  const auto look = [&found](const char* at, size_t count) {
    uint64_t bytes = kOnes;
    std::memcpy(&bytes, at, count);
    found |= bytes | (bytes - kOnes);  // the subtraction sets the high bit of a NUL, and borrows only above one
  };
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) look(text.data() + at, 8);
  look(text.data() + at, text.size() - at);
  return (found & kHighBits) == 0;
}

}  // namespace

std::string InputName(const std::string& path) { return path == "-" ? "<stdin>" : path; }

LineReader::LineReader(const std::string& path, LineOptions options)
    : name_(InputName(path)), options_(std::move(options)), buffer_(kBufferBytes, '\0') {
  Open(path);
  try {
    // The first bytes name the format; a stream may deliver them one by one.
    while (end_ < 16 && Fill()) {
      if (std::memchr(buffer_.data(), '\n', end_) != nullptr) break;
    }
    RefuseForeignFormats();
  } catch (...) {
    if (fd_ > STDIN_FILENO) ::close(fd_);
    throw;
  }
}

LineReader::~LineReader() {
  if (fd_ > STDIN_FILENO) ::close(fd_);
}

void LineReader::Open(const std::string& path) {
  // A FIFO is opened without blocking, so that one without a writer ends in an error instead of a hang.
  fd_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd_ < 0) {
    const int error = errno;
    throw Error(ErrorCode::kNoInput, fmt::format("cannot read '{}': {}", Printable(path, 200), std::strerror(error)),
                "", error == ENOENT ? OpenFix(path) : "check the path and its permissions");
  }
  if (::fstat(fd_, &opened_) != 0) {
    const int error = errno;
    if (fd_ > STDIN_FILENO) ::close(fd_);
    throw Error(ErrorCode::kNoInput, fmt::format("cannot read '{}': {}", Printable(name_, 200), std::strerror(error)),
                "", "check the path and its permissions");
  }
  if (S_ISDIR(opened_.st_mode)) {
    if (fd_ > STDIN_FILENO) ::close(fd_);
    throw Error(ErrorCode::kData, fmt::format("'{}' is a directory, not a data file", Printable(path, 200)), name_,
                DirectoryFix(path));
  }
  if (path == "-") return;
  try {
    if (S_ISFIFO(opened_.st_mode)) WaitForWriter();
  } catch (...) {
    ::close(fd_);
    throw;
  }
  const int flags = ::fcntl(fd_, F_GETFL);
  if (flags >= 0) ::fcntl(fd_, F_SETFL, flags & ~O_NONBLOCK);
}

void LineReader::WaitForWriter() {
  pollfd wait = {fd_, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&wait, 1, kFifoWaitMilliseconds);
  } while (ready < 0 && errno == EINTR);
  if (ready != 0) return;
  throw Error(
      ErrorCode::kNoInput,
      fmt::format("nothing was written to the pipe '{}' for {} s", Printable(name_, 200), kFifoWaitMilliseconds / 1000),
      name_, "start the program that writes to it first");
}

void LineReader::RefuseForeignFormats() {
  const std::optional<Problem> problem = ForeignFormat(std::string_view(buffer_).substr(0, end_), name_);
  if (problem.has_value()) throw Error(ErrorCode::kData, problem->what, problem->where, problem->fix);
  if (end_ >= 3 && std::memcmp(buffer_.data(), "\xEF\xBB\xBF", 3) == 0) pos_ = 3;
}

/// Appends to the buffer (at its start once everything in it is consumed); false at the end of the input.
bool LineReader::Fill() {
  if (eof_) return false;
  if (pos_ == end_) pos_ = end_ = 0;
  next_lf_ = next_cr_ = 0;
  ssize_t count = 0;
  do {
    count = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    const int error = errno;
    throw Error(ErrorCode::kIo, fmt::format("reading '{}' failed: {}", Printable(name_, 200), std::strerror(error)),
                name_, "check the disk or the program that writes the stream");
  }
  eof_ = count == 0;
  end_ += static_cast<size_t>(count);
  bytes_read_ += static_cast<uint64_t>(count);
  return count > 0;
}

void LineReader::CheckUnchanged() const {
  struct stat now = {};
  if (!regular() || ::fstat(fd_, &now) != 0) return;
  const bool cut = bytes_read_ < static_cast<uint64_t>(opened_.st_size);
  const bool changed = now.st_size != opened_.st_size || now.st_mtim.tv_sec != opened_.st_mtim.tv_sec ||
                       now.st_mtim.tv_nsec != opened_.st_mtim.tv_nsec;
  if (!cut && !changed) return;
  throw Error(ErrorCode::kIo,
              fmt::format("'{}' changed while it was read: {} bytes at the start, {} at the end, {} read",
                          Printable(name_, 200), opened_.st_size, now.st_size, bytes_read_),
              name_, "wait until the file is complete and run again");
}

/// Index of the next line end in the buffer, or end_.
size_t LineReader::LineEnd() {
  const auto find = [this](char byte, size_t* next) {
    if (*next >= pos_ && *next > 0) return;
    const void* hit = std::memchr(buffer_.data() + pos_, byte, end_ - pos_);
    *next = hit == nullptr ? end_ : static_cast<size_t>(static_cast<const char*>(hit) - buffer_.data());
  };
  // A found position is kept until it is passed: a file with only one kind of line end is scanned once, not once a
  // line.
  find('\n', &next_lf_);
  find('\r', &next_cr_);
  return std::min(next_lf_, next_cr_);
}

void LineReader::SkipRestOfLine() {
  skip_rest_ = false;
  for (;;) {
    if (pos_ == end_ && !Fill()) return;
    pos_ = LineEnd();
    if (pos_ == end_) continue;
    after_cr_ = buffer_[pos_] == '\r';
    ++pos_;
    return;
  }
}

/// Finds the text of the next line; false at the end of the input.
bool LineReader::Collect(Line* line) {
  carry_.clear();
  for (;;) {
    if (pos_ == end_ && !Fill()) {
      line->text = carry_;
      return !carry_.empty();
    }
    const size_t stop = LineEnd();
    const std::string_view part(buffer_.data() + pos_, stop - pos_);
    pos_ = stop;
    if (carry_.size() + part.size() > options_.max_line_bytes) {
      line->too_long = skip_rest_ = true;
      return true;
    }
    if (stop == end_) {
      carry_.append(part);
      continue;
    }
    after_cr_ = buffer_[stop] == '\r';
    ++pos_;
    if (carry_.empty()) {
      line->text = part;
    } else {
      carry_.append(part);
      line->text = carry_;
    }
    return true;
  }
}

void LineReader::CheckText(Line* line, uint64_t offset) {
  if (line->too_long) {
    line->problem = Problem{fmt::format("line is longer than {} bytes", options_.max_line_bytes),
                            Place(name_, line->number), "is this a text file with one word per line?"};
    line->text = {};
    return;
  }
  if (IsPlain(line->text)) return;
  const size_t nul = line->text.find('\0');
  const std::optional<size_t> invalid = FirstInvalidUtf8(line->text);
  if (nul == std::string_view::npos && !invalid.has_value()) return;
  if (options_.replace_invalid_utf8) {
    size_t replaced = 0;
    std::string text = ReplaceInvalidUtf8(line->text, &replaced);
    repaired_.clear();
    for (const char byte : text) {
      if (byte == '\0') ++replaced;
      repaired_.append(byte == '\0' ? "\xEF\xBF\xBD" : std::string(1, byte));
    }
    replaced_ += static_cast<int64_t>(replaced);
    line->text = repaired_;
    return;
  }
  const bool is_nul = nul != std::string_view::npos && (!invalid.has_value() || nul < *invalid);
  const size_t at = is_nul ? nul : *invalid;
  const std::string replace = options_.replace_option.empty() ? "" : ", or read with " + options_.replace_option;
  line->problem =
      Problem{is_nul ? fmt::format("NUL byte at byte offset {}", offset + at)
                     : fmt::format("invalid UTF-8 at byte offset {} (byte 0x{:02X})", offset + at,
                                   static_cast<unsigned>(static_cast<unsigned char>(line->text[at]))),
              Place(name_, line->number, static_cast<int64_t>(at) + 1),
              is_nul ? "remove the byte" + replace
                     : fmt::format("convert it: {} (name its real encoding){}",
                                   ConvertingCommand("iconv -f ISO-8859-1 -t UTF-8 {}", ".utf8", name_), replace)};
  line->text = {};
}

bool LineReader::Next(Line* line) {
  *line = Line();
  if (skip_rest_) SkipRestOfLine();
  if (after_cr_) {
    after_cr_ = false;
    if ((pos_ < end_ || Fill()) && buffer_[pos_] == '\n') ++pos_;
  }
  const uint64_t offset = bytes_read_ - (end_ - pos_);
  if (!Collect(line)) {
    CheckUnchanged();
    return false;
  }
  line->number = ++number_;
  CheckText(line, offset);
  return true;
}

}  // namespace clner
