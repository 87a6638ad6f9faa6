#include "tokenize/unigram.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <unordered_map>

#include "core/error.h"
#include "core/utf8.h"

namespace clner {
namespace {

/// How much less likely than the rarest piece an unknown character is (natural log).
constexpr double kUnknownPenalty = 10;
/// Score of a user-defined symbol in SentencePiece for every byte but its first, where other pieces have
/// log-probabilities: symbols win, and long ones before short ones.
constexpr double kSymbolBonus = 0.1;
/// Chunks of less bytes need no memory from the heap.
constexpr size_t kInlineNodes = 128;
constexpr size_t kMaxChunkBytes = std::numeric_limits<uint32_t>::max() - 1;

size_t CharacterBytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// Ids of the pieces <0x00>..<0xFF>, -1 for those that are not there.
std::vector<int32_t> FindByteIds(const std::vector<std::string>& vocabulary) {
  std::unordered_map<std::string, size_t> byte_of;
  for (size_t byte = 0; byte < 256; ++byte) byte_of.emplace(fmt::format("<0x{:02X}>", byte), byte);
  std::vector<int32_t> ids(256, -1);
  for (size_t i = 0; i < vocabulary.size(); ++i) {
    if (auto found = byte_of.find(vocabulary[i]); found != byte_of.end()) ids[found->second] = static_cast<int32_t>(i);
  }
  return ids;
}

}  // namespace

UnigramTokenizer::UnigramTokenizer(UnigramSpec spec, const std::string& source) : spec_(std::move(spec)) {
  CLNER_CHECK_EQ(spec_.scores.size(), spec_.literal.size());
  CLNER_CHECK_LE(spec_.scores.size(), spec_.vocabulary.size());
  special_ = FindSpecialIds(spec_.special, spec_.vocabulary, source);
  root_ = trie_.AddRoot();
  double least = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < spec_.scores.size(); ++i) {
    least = std::min(least, spec_.scores[i]);
    if (!spec_.literal[i]) trie_.Add(root_, spec_.vocabulary[i], static_cast<int32_t>(i));
  }
  symbol_root_ = trie_.AddRoot();
  for (const int32_t id : spec_.symbols) {
    const std::string& symbol = spec_.vocabulary[static_cast<size_t>(id)];
    spec_.scores[static_cast<size_t>(id)] = kSymbolBonus * static_cast<double>(symbol.size() - 1);
    trie_.Add(symbol_root_, symbol, id);
  }
  unknown_score_ = least - kUnknownPenalty;
  if (spec_.byte_fallback) byte_ids_ = FindByteIds(spec_.vocabulary);
}

bool UnigramTokenizer::EncodeWord(std::string_view word, size_t max_pieces, std::vector<int32_t>* ids) const {
  const size_t begin = ids->size();
  const std::string normalized = NormalizeWord(word);
  ChunkStream stream(spec_.metaspace, normalized);
  while (stream.Next()) {
    EncodeChunk(stream.chunk(), ids);
    if (ids->size() - begin > max_pieces) {
      ids->resize(begin + max_pieces);
      return false;
    }
  }
  return true;
}

std::string UnigramTokenizer::NormalizeWord(std::string_view word) const {
  const std::span<const NormalizerStep> steps = spec_.normalizer;
  if (spec_.symbols.empty() || steps.empty()) return Normalize(steps, word);
  std::string text;
  size_t begin = 0, at = 0;
  const auto take_before = [&](size_t end) { text += Normalize(steps.first(1), word.substr(begin, end - begin)); };
  while (at < word.size()) {
    const size_t symbol = trie_.LongestPrefix(symbol_root_, word.substr(at)).length;
    if (symbol > 0) {
      take_before(at);
      text += word.substr(at, symbol);
      begin = at + symbol;
    }
    at += std::max(symbol, CharacterBytes(word[at]));
  }
  take_before(word.size());
  return Normalize(steps.subspan(1), text);
}

void UnigramTokenizer::EncodeChunk(std::string_view chunk, std::vector<int32_t>* ids) const {
  CLNER_CHECK_LE(chunk.size(), kMaxChunkBytes);
  std::array<Node, kInlineNodes> few;  // not initialised: most chunks use few of them
  std::vector<Node> many(chunk.size() < few.size() ? 0 : chunk.size() + 1);
  Node* nodes = many.empty() ? few.data() : many.data();
  std::fill_n(nodes, chunk.size() + 1, Node{.score = 0, .id = -1, .begin = 0});
  FindBestPaths(chunk, nodes);
  const size_t first = ids->size();
  for (size_t end = chunk.size(); end > 0;) {
    size_t begin = nodes[end].begin;
    if (nodes[end].id != special_.unknown) {
      ids->push_back(nodes[end].id);
    } else {
      while (begin > 0 && nodes[begin].id == special_.unknown) begin = nodes[begin].begin;
      AppendUnknownReversed(chunk.substr(begin, end - begin), ids);
    }
    end = begin;
  }
  std::reverse(ids->begin() + static_cast<std::ptrdiff_t>(first), ids->end());
}

void UnigramTokenizer::FindBestPaths(std::string_view chunk, Node* nodes) const {
  auto reach = [nodes](size_t end, double score, int32_t id, size_t begin) {
    Node& node = nodes[end];
    if (node.id < 0 || score > node.score) node = {score, id, static_cast<uint32_t>(begin)};
  };
  for (size_t begin = 0; begin < chunk.size();) {
    const double score = nodes[begin].score;
    const size_t character = CharacterBytes(chunk[begin]);
    bool known = false;
    trie_.ForEachPrefix(root_, chunk.substr(begin), [&](int32_t id, size_t length) {
      reach(begin + length, spec_.scores[static_cast<size_t>(id)] + score, id, begin);
      known |= length == character;
    });
    if (!known) reach(begin + character, unknown_score_ + score, special_.unknown, begin);
    begin += character;
  }
}

void UnigramTokenizer::AppendUnknownReversed(std::string_view text, std::vector<int32_t>* ids) const {
  // Characters that are no pieces can still be a piece together, one too rare for the best path.
  const PieceTrie::Match whole = trie_.LongestPrefix(root_, text);
  if (whole.length == text.size()) {
    ids->push_back(whole.id);
    return;
  }
  auto has_piece = [&](char byte) { return byte_ids_[static_cast<unsigned char>(byte)] >= 0; };
  if (byte_ids_.empty() || !std::all_of(text.begin(), text.end(), has_piece)) {
    ids->push_back(special_.unknown);
    return;
  }
  for (size_t i = text.size(); i-- > 0;) ids->push_back(byte_ids_[static_cast<unsigned char>(text[i])]);
}

std::string UnigramTokenizer::PieceText(int32_t id) const {
  CLNER_CHECK_GE(id, 0);
  CLNER_CHECK_LT(id, vocabulary_size());
  return spec_.vocabulary[static_cast<size_t>(id)];
}

}  // namespace clner
