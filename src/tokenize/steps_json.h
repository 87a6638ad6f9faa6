// The normaliser and the pre-tokeniser of tokenizer.json as steps.
#pragma once

#include <string>
#include <vector>

#include "tokenize/text_steps.h"
#include "tokenize/tokenizer_json.h"

namespace clner {

/// The "type" of a part of tokenizer.json, `key` is its place; kCorrupt when it has none.
[[nodiscard]] std::string StepType(const JsonFile& file, const Json& part, const std::string& key);
/// The string `name` of a part; kCorrupt when it is missing or no string.
[[nodiscard]] std::string StepString(const JsonFile& file, const Json& part, const char* name, const std::string& key);
/// The list `name` of a part of type Sequence, or the part itself.
[[nodiscard]] std::vector<const Json*> PartsOf(const JsonFile& file, const Json& part, const char* name,
                                               const std::string& key);
/// kCorrupt: the `what` ("normalizer", "pre-tokenizer") of this type cannot be used with `model`; `supported` lists
/// what can.
[[noreturn]] void RefuseStep(const JsonFile& file, const char* what, const std::string& type, const char* model,
                             const char* supported, const std::string& key);

/// BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, Precompiled, Prepend, Replace (of a string or of " {2,}"), Strip,
/// StripAccents, and sequences of them. kCorrupt with the list for others; `model` is its name in messages.
[[nodiscard]] std::vector<NormalizerStep> ReadNormalizerSteps(const JsonFile& file, const Json& normalizer,
                                                              const char* model);
/// The options of a BertNormalizer; strip_accents follows lowercase when it says nothing.
[[nodiscard]] bert::NormalizerOptions ReadBertNormalizer(const JsonFile& file, const Json& normalizer);

/// Appends the steps of BertPreTokenizer, Digits, Punctuation (isolated), Whitespace or WhitespaceSplit. False for
/// another type.
[[nodiscard]] bool AppendSplitSteps(const JsonFile& file, const Json& part, std::vector<SplitStep>* steps);

}  // namespace clner
