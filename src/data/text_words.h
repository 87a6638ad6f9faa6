// Words of texts that come without tokens.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/annotation.h"

namespace clner {

/// Ranges of the words of `text` (valid UTF-8), in order; no word holds nothing but blanks.
[[nodiscard]] std::vector<TextRange> FindWords(std::string_view text, WordRule rule);
/// Where `words` stand in `text`, if it is these words in order and nothing but blanks before, between and behind them;
/// else nullopt.
[[nodiscard]] std::optional<std::vector<TextRange>> LocateWords(std::string_view text,
                                                                const std::vector<std::string>& words);
/// ASCII blanks and the blanks of Unicode (Zs, U+2028, U+2029, U+0085).
[[nodiscard]] bool IsBlank(char32_t character);

}  // namespace clner
