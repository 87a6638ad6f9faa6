// The files of a WordPiece tokenizer in a Hugging Face directory.
#pragma once

#include <filesystem>
#include <string>

#include "tokenize/wordpiece.h"

namespace clner {

/// Reads vocab.txt, tokenizer.json, tokenizer_config.json, special_tokens_map.json and added_tokens.json as far as they
/// exist; one of the first two must. The vocabulary is vocab.txt, else that of tokenizer.json; the two must agree. An
/// option is taken from tokenizer_config.json, else from tokenizer.json, else BERT's default holds. Without any
/// statement about lower case a vocabulary that has pieces with capital letters is a cased one (with a warning). Added
/// tokens count in the vocabulary but are not searched for in words.
/// `*source` becomes the file the vocabulary is from. kCorrupt for every violation.
[[nodiscard]] WordPieceSpec ReadWordPieceSpec(const std::filesystem::path& directory, std::string* source);

}  // namespace clner
