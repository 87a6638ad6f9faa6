// A Unigram tokenizer in tokenizer.json: vocabulary, normaliser and pre-tokeniser.
#pragma once

#include "tokenize/tokenizer_json.h"
#include "tokenize/unigram.h"

namespace clner {

/// `model` is the model part of files.tokenizer. Normalisers are those of ReadNormalizerSteps; pre-tokenisers:
/// Metaspace, alone or behind those of AppendSplitSteps. kCorrupt, naming it, for anything else. Added tokens behind
/// the vocabulary are left to the caller.
[[nodiscard]] UnigramSpec ReadUnigramJson(const TokenizerJsonFiles& files, const Json& model);

}  // namespace clner
