#include "tokenize/spm_normalizer.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include "core/error.h"
#include "core/utf8.h"

namespace clner {
namespace {

/// A cluster of this many bytes or more is mapped code point by code point.
constexpr size_t kMinLongCluster = 6;
/// Longest replacement; NFKC's longest has 33 bytes.
constexpr size_t kMaxReplacementBytes = 256;

// Units of a double-array trie: the label a node is reached by, the offset of its children, whether it ends an entry;
// the unit of an end holds the value.
bool HasLeaf(uint32_t unit) { return (unit >> 8 & 1) != 0; }
uint32_t Value(uint32_t unit) { return unit & 0x7FFFFFFF; }
uint32_t Label(uint32_t unit) { return unit & 0x800000FF; }
size_t Offset(uint32_t unit) { return static_cast<size_t>(unit >> 10) << ((unit & 0x200) >> 6); }

bool IsContinuationByte(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

[[noreturn]] void Fail(const std::string& what, const std::string& name) {
  throw Error(ErrorCode::kCorrupt, fmt::format("the character map of the normalizer {}", what), name,
              "copy the file again from where the encoder came from");
}

}  // namespace

SpmCharsMap::SpmCharsMap(std::string_view bytes, const std::string& name) {
  plain_ascii_.fill(true);
  if (bytes.empty()) return;
  auto number_at = [&](size_t position) {
    uint32_t number = 0;
    for (size_t i = 4; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[position + i]);
    return number;
  };
  if (bytes.size() < 4) Fail("is cut off", name);
  const size_t trie_bytes = number_at(0);
  if (trie_bytes > bytes.size() - 4) Fail("is cut off", name);
  if (trie_bytes == 0 || trie_bytes % 4 != 0) Fail(fmt::format("has a trie of {} bytes", trie_bytes), name);
  units_.resize(trie_bytes / 4);
  for (size_t i = 0; i < units_.size(); ++i) units_[i] = number_at(4 + 4 * i);
  replacements_ = bytes.substr(4 + trie_bytes);
  if (auto invalid = FirstInvalidUtf8(replacements_))
    Fail(fmt::format("has invalid UTF-8 at byte {} of its replacements", *invalid), name);
  if (!replacements_.ends_with('\0')) Fail("has a replacement without an end", name);
  CheckTrie(name);
  for (size_t c = 0; c < plain_ascii_.size(); ++c) {
    const char text = static_cast<char>(c);
    plain_ascii_[c] = text != '\r' && !Find({&text, 1});
  }
}

void SpmCharsMap::CheckTrie(const std::string& name) const {
  std::vector<bool> seen(units_.size());
  std::vector<size_t> waiting = {0};
  seen[0] = true;
  while (!waiting.empty()) {
    const size_t position = waiting.back();
    waiting.pop_back();
    const uint32_t unit = units_[position];
    const size_t base = position ^ Offset(unit);
    // All children lie in the block of 256 units around the base.
    if (base >= units_.size()) Fail(fmt::format("leads from unit {} outside of its trie", position), name);
    if (position != 0 && HasLeaf(unit)) {
      const uint32_t value = Value(units_[base]);
      if (value >= replacements_.size() || IsContinuationByte(replacements_[value]))
        Fail(fmt::format("has no replacement at {} for unit {}", value, position), name);
      if (std::string_view(replacements_).substr(value, kMaxReplacementBytes + 1).find('\0') == std::string_view::npos)
        Fail(fmt::format("has a replacement of more than {} bytes", kMaxReplacementBytes), name);
    }
    for (uint32_t label = 1; label < 256; ++label) {
      const size_t child = base ^ label;
      if (child >= units_.size() || seen[child] || Label(units_[child]) != label) continue;
      seen[child] = true;
      waiting.push_back(child);
    }
  }
}

std::optional<std::string_view> SpmCharsMap::Find(std::string_view text) const {
  size_t node = Offset(units_[0]);
  for (char c : text) {
    const auto label = static_cast<unsigned char>(c);
    node ^= label;
    if (label == 0 || node >= units_.size()) return std::nullopt;
    const uint32_t unit = units_[node];
    if (Label(unit) != label) return std::nullopt;
    node ^= Offset(unit);
    if (HasLeaf(unit)) return std::string_view(replacements_.data() + Value(units_[node]));
  }
  return std::nullopt;
}

void SpmCharsMap::AppendCluster(std::string_view cluster, std::string* out) const {
  if (cluster.size() < kMinLongCluster) {
    if (auto replacement = Find(cluster)) {
      out->append(*replacement);
      return;
    }
  }
  for (size_t begin = 0; begin < cluster.size();) {
    size_t end = begin;
    (void)DecodeUtf8(cluster, &end);
    const std::string_view character = cluster.substr(begin, end - begin);
    out->append(Find(character).value_or(character));
    begin = end;
  }
}

void SpmCharsMap::Append(std::string_view text, std::string* out) const {
  if (units_.empty()) {
    out->append(text);
    return;
  }
  for (size_t begin = 0; begin < text.size();) {
    // ASCII before ASCII is a cluster of its own, CR before LF aside.
    auto plain = [&](size_t i) {
      return static_cast<unsigned char>(text[i]) < 0x80 && plain_ascii_[static_cast<size_t>(text[i])];
    };
    size_t end = begin;
    while (end < text.size() && plain(end) && (end + 1 == text.size() || (text[end + 1] & 0x80) == 0)) ++end;
    if (end > begin) {
      out->append(text, begin, end - begin);
      begin = end;
      continue;
    }
    utf8proc_int32_t state = 0;
    char32_t previous = DecodeUtf8(text, &end);
    while (end < text.size()) {
      size_t next = end;
      const char32_t current = DecodeUtf8(text, &next);
      if (utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(previous),
                                           static_cast<utf8proc_int32_t>(current), &state)) {
        break;
      }
      previous = current;
      end = next;
    }
    AppendCluster(text.substr(begin, end - begin), out);
    begin = end;
  }
}

}  // namespace clner
