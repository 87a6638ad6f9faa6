#include "tokenize/tokenizer.h"

#include <fmt/format.h>

#include "core/error.h"
#include "tokenize/wordpiece.h"
#include "tokenize/wordpiece_files.h"

namespace clner {
namespace {

constexpr const char* kFileNames[] = {"vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
                                      "added_tokens.json"};

/// kCorrupt unless `directory` holds one of the two files with a vocabulary.
void CheckHasVocabulary(const std::filesystem::path& directory) {
  if (std::filesystem::exists(directory / "vocab.txt") || std::filesystem::exists(directory / "tokenizer.json")) return;
  throw Error(ErrorCode::kCorrupt, "no tokenizer: neither 'vocab.txt' nor 'tokenizer.json' is there",
              directory.string(), "copy the tokenizer files of the encoder into the directory");
}

}  // namespace

Pieces Tokenizer::Encode(std::span<const std::string> words) const {
  Pieces pieces;
  for (size_t i = 0; i < words.size(); ++i) {
    (void)EncodeWord(words[i], SIZE_MAX, &pieces.ids);
    pieces.word_of_piece.resize(pieces.ids.size(), static_cast<int32_t>(i));
  }
  return pieces;
}

std::unique_ptr<Tokenizer> LoadTokenizer(const std::filesystem::path& directory) {
  CheckHasVocabulary(directory);
  std::string source;
  WordPieceSpec spec = ReadWordPieceSpec(directory, &source);
  return std::make_unique<WordPieceTokenizer>(std::move(spec), source);
}

std::vector<std::string> TokenizerFiles(const std::filesystem::path& directory) {
  CheckHasVocabulary(directory);
  std::vector<std::string> names;
  for (const char* name : kFileNames) {
    if (std::filesystem::exists(directory / name)) names.emplace_back(name);
  }
  return names;
}

}  // namespace clner
