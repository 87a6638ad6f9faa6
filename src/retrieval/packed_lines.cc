#include "retrieval/packed_lines.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <new>
#include <utility>

#include "core/error.h"
#include "core/utf8.h"
#include "data/foreign_format.h"

namespace clner {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 18;
constexpr int kZstdWindowLog = 27;  // 128 MiB, what `zstd` itself accepts without --long

[[noreturn]] void Damaged(const std::string& name, const char* kind, const std::string& reason) {
  throw Error(ErrorCode::kData, fmt::format("'{}' is a damaged {} file: {}", Printable(name, 200), kind, reason), name,
              fmt::format("test it with '{} -t', and fetch it again", kind));
}

}  // namespace

/// Turns what Fill() read into text. Both libraries keep a window of bounded size.
struct PackedInput::Decoder {
  virtual ~Decoder() = default;
  /// Consumes from `input` (a range of the buffer) and writes at most `capacity` bytes; both counts are returned.
  virtual std::pair<size_t, size_t> Decode(std::string_view input, char* buffer, size_t capacity) = 0;
  /// The text so far ends where a member or frame does.
  [[nodiscard]] virtual bool complete() const = 0;
  [[nodiscard]] virtual const char* kind() const = 0;
};

struct PackedInput::Gzip : PackedInput::Decoder {
  explicit Gzip(std::string file) : name(std::move(file)) {
    if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::bad_alloc();
  }
  ~Gzip() override { inflateEnd(&stream); }
  std::pair<size_t, size_t> Decode(std::string_view input, char* buffer, size_t capacity) override {
    if (ended) {
      // Zeros may fill up the last block of a tape or a disk.
      const size_t zeros = std::min(input.find_first_not_of('\0'), input.size());
      if (zeros > 0) return {zeros, 0};
      if (inflateReset(&stream) != Z_OK) throw std::bad_alloc();
    }
    ended = false;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = static_cast<uInt>(std::min(capacity, kBufferBytes));
    const uInt room = stream.avail_out;
    const int code = inflate(&stream, Z_NO_FLUSH);
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
      Damaged(name, kind(), stream.msg == nullptr ? "wrong data" : stream.msg);
    ended = code == Z_STREAM_END;
    return {input.size() - stream.avail_in, room - stream.avail_out};
  }
  [[nodiscard]] bool complete() const override { return ended; }
  [[nodiscard]] const char* kind() const override { return "gzip"; }

  std::string name;
  z_stream stream = {};
  bool ended = false;
};

struct PackedInput::Zstd : PackedInput::Decoder {
  explicit Zstd(std::string file) : name(std::move(file)), stream(ZSTD_createDStream()) {
    if (stream == nullptr) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, kZstdWindowLog);
  }
  ~Zstd() override { ZSTD_freeDStream(stream); }
  std::pair<size_t, size_t> Decode(std::string_view input, char* buffer, size_t capacity) override {
    ZSTD_inBuffer in = {input.data(), input.size(), 0};
    ZSTD_outBuffer out = {buffer, capacity, 0};
    const size_t left = ZSTD_decompressStream(stream, &out, &in);
    if (ZSTD_isError(left) != 0) Damaged(name, kind(), ZSTD_getErrorName(left));
    ended = left == 0;
    return {in.pos, out.pos};
  }
  [[nodiscard]] bool complete() const override { return ended; }
  [[nodiscard]] const char* kind() const override { return "zstd"; }

  std::string name;
  ZSTD_DStream* stream;
  bool ended = false;
};

PackedInput::PackedInput(const std::string& path) : name_(InputName(path)), file_(path), buffer_(kBufferBytes, '\0') {
  while (end_ < 16 && Fill()) {
  }
  const std::string_view head(buffer_.data(), end_);
  if (head.starts_with("\x1F\x8B")) {
    decoder_ = std::make_unique<Gzip>(name_);
  } else if (head.starts_with("\x28\xB5\x2F\xFD")) {
    decoder_ = std::make_unique<Zstd>(name_);
  } else if (const std::optional<Problem> problem = ForeignFormat(head, name_)) {
    throw Error(ErrorCode::kData, problem->what, problem->where, problem->fix);
  }
}

PackedInput::~PackedInput() = default;

/// Reads behind what is left in the buffer; false at the end of the file.
bool PackedInput::Fill() {
  if (position_ == end_) position_ = end_ = 0;
  const size_t count = file_.Read(buffer_.data() + end_, buffer_.size() - end_);
  sha_.Update(std::string_view(buffer_).substr(end_, count));
  end_ += count;
  raw_bytes_ += static_cast<int64_t>(count);
  return count > 0;
}

size_t PackedInput::Read(char* buffer, size_t capacity) {
  for (;;) {
    const bool more = position_ < end_ || Fill();
    const std::string_view input = std::string_view(buffer_).substr(position_, end_ - position_);
    if (decoder_ == nullptr) {
      const size_t count = std::min(capacity, input.size());
      std::memcpy(buffer, input.data(), count);
      position_ += count;
      return count;
    }
    if (!more && decoder_->complete()) return 0;
    const auto [consumed, produced] = decoder_->Decode(input, buffer, capacity);
    position_ += consumed;
    if (produced > 0) return produced;
    if (!more) Damaged(name_, decoder_->kind(), "it ends in the middle");
  }
}

PackedLines::PackedLines(const std::string& path, LineOptions options)
    : input_(path), options_(std::move(options)), buffer_(kBufferBytes, '\0') {
  while (end_ < 3 && Fill()) {
  }
  if (std::string_view(buffer_.data(), end_).starts_with("\xEF\xBB\xBF")) position_ = consumed_ = 3;
}

bool PackedLines::Fill() {
  if (position_ == end_) position_ = end_ = 0;
  const size_t count = input_.Read(buffer_.data() + end_, buffer_.size() - end_);
  end_ += count;
  return count > 0;
}

bool PackedLines::NextUnchecked(Line* line) {
  *line = Line();
  carry_.clear();
  offset_ = consumed_;
  bool any = false, ended = false;
  while (!ended && (position_ < end_ || Fill())) {
    any = true;
    const void* lf = std::memchr(buffer_.data() + position_, '\n', end_ - position_);
    ended = lf != nullptr;
    const size_t stop = ended ? static_cast<size_t>(static_cast<const char*>(lf) - buffer_.data()) : end_;
    const std::string_view part(buffer_.data() + position_, stop - position_);
    consumed_ += part.size() + (ended ? 1 : 0);
    position_ = stop + (ended ? 1 : 0);
    line->too_long = line->too_long || carry_.size() + part.size() > options_.max_line_bytes;
    if (line->too_long) continue;
    if (ended && carry_.empty()) {
      line->text = part;
    } else {
      carry_.append(part);
      line->text = carry_;
    }
  }
  if (!any) return false;
  if (line->too_long) line->text = {};
  if (line->text.ends_with('\r')) line->text.remove_suffix(1);
  line->number = ++number_;
  return true;
}

bool PackedLines::Next(Line* line) {
  if (!NextUnchecked(line)) return false;
  CheckText(line);
  return true;
}

void PackedLines::CheckText(Line* line) {
  const std::string& name = input_.name();
  if (line->too_long) {
    line->problem = Problem{fmt::format("line is longer than {} bytes", options_.max_line_bytes),
                            Place(name, line->number), "is this a text collection with one record per line?"};
    return;
  }
  const std::optional<size_t> invalid = FirstInvalidUtf8(line->text);
  if (!invalid.has_value()) return;
  if (options_.replace_invalid_utf8) {
    size_t replaced = 0;
    repaired_ = ReplaceInvalidUtf8(line->text, &replaced);
    replaced_ += static_cast<int64_t>(replaced);
    line->text = repaired_;
    return;
  }
  const auto byte = static_cast<unsigned>(static_cast<unsigned char>(line->text[*invalid]));
  line->problem = Problem{fmt::format("invalid UTF-8 at byte offset {} (byte 0x{:02X})", offset_ + *invalid, byte),
                          Place(name, line->number, static_cast<int64_t>(*invalid) + 1),
                          "convert it to UTF-8, or read with " + options_.replace_option};
  line->text = {};
}

}  // namespace clner
