// The special tokens of an encoder: their texts and ids.
#pragma once

#include <string>
#include <vector>

#include "tokenize/tokenizer.h"

namespace clner {

/// Texts of the special tokens; "" = the tokenizer has none.
struct SpecialNames {
  std::string unknown = {}, begin = {}, separator = {}, pad = {}, mask = {};
};

/// The positions of the names in `vocabulary`. `source` names the vocabulary in errors. kCorrupt when the unknown,
/// begin or separator token is not in it.
[[nodiscard]] SpecialIds FindSpecialIds(const SpecialNames& names, const std::vector<std::string>& vocabulary,
                                        const std::string& source);

}  // namespace clner
