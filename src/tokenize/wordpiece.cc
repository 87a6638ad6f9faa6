#include "tokenize/wordpiece.h"

#include <algorithm>

#include "core/error.h"
#include "core/utf8.h"

namespace clner {

WordPieceTokenizer::WordPieceTokenizer(WordPieceSpec spec, const std::string& source) : spec_(std::move(spec)) {
  word_root_ = trie_.AddRoot();
  continuation_root_ = trie_.AddRoot();
  const std::string& prefix = spec_.continuing_prefix;
  for (size_t i = 0; i < std::min(spec_.searched_pieces, spec_.vocabulary.size()); ++i) {
    std::string_view piece = spec_.vocabulary[i];
    trie_.Add(word_root_, piece, static_cast<int32_t>(i));
    if (piece.size() > prefix.size() && piece.starts_with(prefix)) {
      trie_.Add(continuation_root_, piece.substr(prefix.size()), static_cast<int32_t>(i));
    }
  }
  special_ = FindSpecialIds(spec_.special, spec_.vocabulary, source);
}

bool WordPieceTokenizer::EncodeWord(std::string_view word, size_t max_pieces, std::vector<int32_t>* ids) const {
  if (spec_.steps.has_value()) return EncodeSteps(word, max_pieces, ids);
  size_t begin = ids->size();
  bert::TokenStream stream(spec_.normalizer, word, spec_.max_input_chars_per_word);
  while (stream.Next()) {
    if (stream.code_points() > spec_.max_input_chars_per_word) {
      ids->push_back(special_.unknown);
    } else {
      EncodeToken(stream.token(), ids);
    }
    if (ids->size() - begin > max_pieces) {
      ids->resize(begin + max_pieces);
      return false;
    }
  }
  return true;
}

bool WordPieceTokenizer::EncodeSteps(std::string_view word, size_t max_pieces, std::vector<int32_t>* ids) const {
  const size_t begin = ids->size();
  const std::string text = Normalize(spec_.steps->normalizer, word);
  for (const std::string_view token : Split(spec_.steps->splits, text)) {
    if (CodePointCount(token) > spec_.max_input_chars_per_word) {
      ids->push_back(special_.unknown);
    } else {
      EncodeToken(token, ids);
    }
    if (ids->size() - begin > max_pieces) {
      ids->resize(begin + max_pieces);
      return false;
    }
  }
  return true;
}

void WordPieceTokenizer::EncodeToken(std::string_view token, std::vector<int32_t>* ids) const {
  size_t begin = ids->size();
  int32_t root = word_root_;
  while (!token.empty()) {
    PieceTrie::Match match = trie_.LongestPrefix(root, token);
    if (match.id < 0) {
      ids->resize(begin);
      ids->push_back(special_.unknown);
      return;
    }
    ids->push_back(match.id);
    token.remove_prefix(match.length);
    root = continuation_root_;
  }
}

std::string WordPieceTokenizer::PieceText(int32_t id) const {
  CLNER_CHECK_GE(id, 0);
  CLNER_CHECK_LT(id, vocabulary_size());
  return spec_.vocabulary[static_cast<size_t>(id)];
}

}  // namespace clner
