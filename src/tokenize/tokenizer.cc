#include "tokenize/tokenizer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "core/utf8.h"
#include "tokenize/bpe.h"
#include "tokenize/bpe_files.h"
#include "tokenize/tokenizer_json.h"
#include "tokenize/unigram_files.h"
#include "tokenize/wordpiece.h"
#include "tokenize/wordpiece_files.h"

namespace clner {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFileNames[] = {"vocab.txt",
                                      "vocab.json",
                                      "merges.txt",
                                      kSpmFiles[0],
                                      kSpmFiles[1],
                                      kSpmFiles[2],
                                      "tokenizer.json",
                                      "tokenizer_config.json",
                                      "special_tokens_map.json",
                                      "added_tokens.json"};

enum class Kind { kWordPiece, kUnigram, kByteLevelBpe };

/// The kind that the files of `directory` tell when there is no tokenizer.json. kCorrupt when none has a vocabulary.
Kind KindOfFiles(const fs::path& directory) {
  if (fs::exists(directory / "vocab.txt")) return Kind::kWordPiece;
  for (const char* name : kSpmFiles) {
    if (fs::exists(directory / name)) return Kind::kUnigram;
  }
  if (fs::exists(directory / "vocab.json") && fs::exists(directory / "merges.txt")) return Kind::kByteLevelBpe;
  throw Error(
      ErrorCode::kCorrupt,
      fmt::format("no tokenizer: none of 'tokenizer.json', 'vocab.txt', '{}', 'vocab.json' with 'merges.txt' is "
                  "there",
                  fmt::join(kSpmFiles, "', '")),
      directory.string(), "copy the tokenizer files of the encoder into the directory");
}

/// tokenizer.json decides when it is there, as in transformers.
Kind KindOf(const fs::path& directory, const JsonFile& tokenizer) {
  const Json* model = TokenizerModel(tokenizer);
  if (model == nullptr) return KindOfFiles(directory);
  const std::string type = TokenizerModelType(tokenizer, *model);
  if (type == "WordPiece") return Kind::kWordPiece;
  if (type == "Unigram") return Kind::kUnigram;
  if (type == "BPE") return Kind::kByteLevelBpe;
  throw Error(ErrorCode::kCorrupt, fmt::format("tokenizer model '{}' is not supported", Printable(type)),
              fmt::format("{} (model.type)", tokenizer.name()),
              "use a model with a WordPiece, Unigram or byte-level BPE tokenizer");
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

std::unique_ptr<Tokenizer> LoadTokenizer(const fs::path& directory) {
  const TokenizerJsonFiles files(directory);
  std::string source;
  switch (KindOf(directory, files.tokenizer)) {
    case Kind::kWordPiece: {
      WordPieceSpec spec = ReadWordPieceSpec(directory, files, &source);
      return std::make_unique<WordPieceTokenizer>(std::move(spec), source);
    }
    case Kind::kUnigram: {
      UnigramSpec spec = ReadUnigramSpec(directory, files, &source);
      return std::make_unique<UnigramTokenizer>(std::move(spec), source);
    }
    case Kind::kByteLevelBpe: {
      BpeSpec spec = ReadBpeSpec(directory, files, &source);
      return std::make_unique<BpeTokenizer>(std::move(spec), source);
    }
  }
  throw Error(ErrorCode::kInternal, "unknown kind of tokenizer", directory.string());
}

std::vector<std::string> TokenizerFiles(const fs::path& directory) {
  if (!fs::exists(directory / "tokenizer.json")) (void)KindOfFiles(directory);
  std::vector<std::string> names;
  for (const char* name : kFileNames) {
    if (fs::exists(directory / name)) names.emplace_back(name);
  }
  return names;
}

}  // namespace clner
