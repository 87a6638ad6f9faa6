// A Unigram tokenizer in tokenizer.json: vocabulary, normaliser and pre-tokeniser.
#pragma once

#include "tokenize/tokenizer_json.h"
#include "tokenize/unigram.h"

namespace clner {

/// `model` is the model part of files.tokenizer. Normalisers: Precompiled, Strip, Replace of a string or of " {2,}",
/// and sequences of them; pre-tokenisers: Metaspace, alone or after WhitespaceSplit. kCorrupt, naming it, for anything
/// else. Added tokens behind the vocabulary are left to the caller.
[[nodiscard]] UnigramSpec ReadUnigramJson(const TokenizerJsonFiles& files, const Json& model);

}  // namespace clner
