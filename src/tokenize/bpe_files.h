// The files of a byte-level BPE tokenizer in a Hugging Face directory.
#pragma once

#include <filesystem>
#include <string>

#include "tokenize/bpe.h"
#include "tokenize/tokenizer_json.h"

namespace clner {

/// Reads vocab.json, merges.txt and the JSON files as far as they exist; the first two or tokenizer.json must. What is
/// stated twice must agree. Of tokenizer.json's many parts those of RoBERTa are accepted: model BPE without unknown
/// token, prefix, suffix and dropout, pre-tokenizer ByteLevel, post-processor RobertaProcessing or none, the
/// normalizers of ReadNormalizerSteps.
/// Added tokens count in the vocabulary but are not searched for in words.
/// `*source` becomes the file the vocabulary is from. kCorrupt for every violation.
[[nodiscard]] BpeSpec ReadBpeSpec(const std::filesystem::path& directory, const TokenizerJsonFiles& files,
                                  std::string* source);

}  // namespace clner
