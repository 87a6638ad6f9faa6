#include "tokenize/unigram_text.h"

#include "core/utf8.h"

namespace clner {
namespace {

/// Unicode's White_Space.
bool IsWhiteSpace(char32_t c) {
  if (c < 0x80) return (c >= 0x09 && c <= 0x0D) || c == 0x20;
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

/// Bytes of white space that `text` has at `position`; 0 if a word character stands there.
size_t WhiteSpaceAt(std::string_view text, size_t position) {
  size_t end = position;
  return IsWhiteSpace(DecodeUtf8(text, &end)) ? end - position : 0;
}

void Apply(const StripStep& step, std::string* text) {
  std::string_view rest = *text;
  if (step.left) {
    for (size_t length; !rest.empty() && (length = WhiteSpaceAt(rest, 0)) > 0;) rest.remove_prefix(length);
  }
  while (step.right && !rest.empty()) {
    size_t begin = rest.size() - 1;
    while ((static_cast<unsigned char>(rest[begin]) & 0xC0) == 0x80) --begin;
    if (WhiteSpaceAt(rest, begin) == 0) break;
    rest.remove_suffix(rest.size() - begin);
  }
  if (rest.size() != text->size()) *text = std::string(rest);
}

void Apply(const ReplaceStep& step, std::string* text) {
  const std::string_view pattern = step.pattern.empty() ? "  " : std::string_view(step.pattern);
  size_t found = text->find(pattern);
  if (found == text->npos) return;
  std::string out;
  size_t done = 0;
  for (; found != text->npos; found = text->find(pattern, done)) {
    out.append(*text, done, found - done).append(step.content);
    done = found + pattern.size();
    if (step.pattern.empty()) done = std::min(text->find_first_not_of(' ', done), text->size());
  }
  *text = out.append(*text, done);
}

void Apply(const SpmCharsMap& map, std::string* text) {
  std::string out;
  out.reserve(text->size());
  map.Append(*text, &out);
  text->swap(out);
}

}  // namespace

std::string Normalize(const std::vector<NormalizerStep>& steps, std::string_view word) {
  std::string text(word);
  for (const NormalizerStep& step : steps) std::visit([&](const auto& rule) { Apply(rule, &text); }, step);
  return text;
}

bool ChunkStream::NextPart() {
  std::string_view part = text_.substr(position_);
  size_t begin = position_;
  if (options_.split_at_white_space) {
    size_t length = 0;
    while (begin < text_.size() && (length = WhiteSpaceAt(text_, begin)) > 0) begin += length;
    size_t end = begin;
    while (end < text_.size() && WhiteSpaceAt(text_, end) == 0) (void)DecodeUtf8(text_, &end);
    part = text_.substr(begin, end - begin);
  }
  position_ = begin + part.size();
  if (part.empty()) return false;
  marked_.clear();
  marked_.reserve(part.size() + kSpaceMarker.size());
  const bool prepend =
      options_.prepend == PrependMarker::kAlways || (options_.prepend == PrependMarker::kFirst && begin == 0);
  if (prepend && !part.starts_with(' ') && !part.starts_with(kSpaceMarker)) marked_ = kSpaceMarker;
  for (size_t blank; (blank = part.find(' ')) != part.npos; part.remove_prefix(blank + 1))
    marked_.append(part.substr(0, blank)).append(kSpaceMarker);
  marked_.append(part);
  chunk_end_ = 0;
  return true;
}

bool ChunkStream::Next() {
  if (chunk_end_ == marked_.size() && !NextPart()) return false;
  size_t end = options_.split_at_marker ? marked_.find(kSpaceMarker, chunk_end_ + 1) : marked_.npos;
  end = std::min(end, marked_.size());
  chunk_ = std::string_view(marked_).substr(chunk_end_, end - chunk_end_);
  chunk_end_ = end;
  return true;
}

}  // namespace clner
