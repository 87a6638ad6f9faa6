// The files of a WordPiece tokenizer in a Hugging Face directory.
#pragma once

#include <filesystem>
#include <string>

#include "tokenize/tokenizer_json.h"
#include "tokenize/wordpiece.h"

namespace clner {

/// Reads vocab.txt and the JSON files as far as they exist; vocab.txt or tokenizer.json must. The vocabulary is
/// vocab.txt, else that of tokenizer.json; the two must agree. An option is taken from tokenizer_config.json, else from
/// tokenizer.json, else BERT's default holds. Without any statement about lower case a vocabulary that has pieces with
/// capital letters is a cased one (with a warning). Added tokens count in the vocabulary but are not searched for in
/// words.
/// `*source` becomes the file the vocabulary is from. kCorrupt for every violation.
[[nodiscard]] WordPieceSpec ReadWordPieceSpec(const std::filesystem::path& directory, const TokenizerJsonFiles& files,
                                              std::string* source);

}  // namespace clner
