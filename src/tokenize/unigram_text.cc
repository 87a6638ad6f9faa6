#include "tokenize/unigram_text.h"

#include "core/utf8.h"

namespace clner {

ChunkStream::ChunkStream(const MetaspaceOptions& options, std::string_view normalized)
    : options_(options), text_(normalized) {
  if (!options_.splits.empty()) parts_ = Split(options_.splits, text_);
}

bool ChunkStream::NextPart() {
  std::string_view part = text_.substr(position_);
  size_t begin = position_;
  if (!options_.splits.empty()) {
    part = next_part_ < parts_.size() ? parts_[next_part_++] : std::string_view();
    if (!part.empty()) begin = static_cast<size_t>(part.data() - text_.data());
  } else if (options_.split_at_white_space) {
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
