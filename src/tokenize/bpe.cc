#include "tokenize/bpe.h"

#include "core/error.h"
#include "core/utf8.h"
#include "tokenize/bpe_pretokenizer.h"
#include "tokenize/byte_alphabet.h"

namespace clner {
namespace {

/// Longer pieces are too rare in words to be looked up whole.
constexpr size_t kMaxWholeBytes = 32;

/// True if GPT-2's splitting leaves the text in one token.
bool IsOneToken(std::string_view text) {
  if (FirstInvalidUtf8(text)) return false;  // a piece may be a part of a character
  bpe::Splitter splitter(text);
  return splitter.Next() && splitter.token() == text;
}

}  // namespace

BpeTokenizer::BpeTokenizer(BpeSpec spec, const std::string& source)
    : vocabulary_(std::move(spec.vocabulary)),
      merges_(std::move(spec.merges), spec.byte_ids),
      normalizer_(std::move(spec.normalizer)),
      split_words_(spec.split_words) {
  special_ = FindSpecialIds(spec.special, vocabulary_, source);
  AddWholePieces();
}

void BpeTokenizer::AddWholePieces() {
  std::vector<int32_t> ids;
  for (int32_t id = 0; id < vocabulary_size(); ++id) {
    const auto text = bpe::BytesOfPiece(vocabulary_[static_cast<size_t>(id)]);
    if (!text || text->empty() || text->size() > kMaxWholeBytes) continue;
    ids.clear();
    merges_.Apply(*text, &ids);
    if (ids.size() != 1 || ids[0] != id) continue;
    whole_.Add(*text, id * 2 + (!split_words_ || IsOneToken(*text) ? 1 : 0));
  }
}

bool BpeTokenizer::EncodeWord(std::string_view word, size_t max_pieces, std::vector<int32_t>* ids) const {
  std::string normalized;
  if (!normalizer_.empty()) word = normalized = Normalize(normalizer_, word);
  if (word.empty()) return true;
  std::string with_blank;
  if (!word.starts_with(' ')) {
    with_blank.reserve(word.size() + 1);
    with_blank += ' ';
    word = with_blank += word;
  }
  const size_t begin = ids->size();
  auto keep = [&] {
    if (ids->size() - begin <= max_pieces) return true;
    ids->resize(begin + max_pieces);
    return false;
  };
  const int32_t whole = whole_.Find(word);
  if (whole >= 0 && whole % 2 == 1) {
    ids->push_back(whole / 2);
    return keep();
  }
  if (!split_words_) {
    merges_.Apply(word, ids);
    return keep();
  }
  bpe::Splitter splitter(word);
  while (splitter.Next()) {
    const int32_t piece = whole_.Find(splitter.token());
    if (piece >= 0) {
      ids->push_back(piece / 2);
    } else {
      merges_.Apply(splitter.token(), ids);
    }
    if (!keep()) return false;
  }
  return true;
}

std::string BpeTokenizer::PieceText(int32_t id) const {
  CLNER_CHECK_GE(id, 0);
  CLNER_CHECK_LT(id, vocabulary_size());
  return vocabulary_[static_cast<size_t>(id)];
}

}  // namespace clner
