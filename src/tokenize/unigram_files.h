// The files of a Unigram tokenizer in a Hugging Face directory.
#pragma once

#include <filesystem>
#include <string>

#include "tokenize/tokenizer_json.h"
#include "tokenize/unigram.h"

namespace clner {

/// Names of a SentencePiece model in a Hugging Face directory; the first one there is read.
inline constexpr const char* kSpmFiles[] = {"sentencepiece.bpe.model", "spiece.model", "tokenizer.model"};

/// Reads tokenizer.json if it is there, else the SentencePiece model, whose pieces get the ids that transformers gives
/// them:
/// - `tokenizer_class` XLMRobertaTokenizer, or sentencepiece.bpe.model without a class: <s> <pad> </s> <unk>, the
///   pieces from the fourth on, <mask>;
/// - CamembertTokenizer (or `model_type` camembert in config.json): <s>NOTUSED <pad> </s>NOTUSED <unk> <unk>NOTUSED,
/// the
///   pieces from the second on, <mask>;
/// - no class of its own: the pieces as they are. Other classes are refused: their rules are only in tokenizer.json.
/// Special tokens are never found in words; the symbols that users gave to SentencePiece are.
/// `*source` becomes the file the vocabulary is from. kCorrupt for every violation.
[[nodiscard]] UnigramSpec ReadUnigramSpec(const std::filesystem::path& directory, const TokenizerJsonFiles& files,
                                          std::string* source);

}  // namespace clner
