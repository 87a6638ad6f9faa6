#include "tokenize/special_tokens.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/suggest.h"
#include "core/utf8.h"

namespace clner {

SpecialIds FindSpecialIds(const SpecialNames& names, const std::vector<std::string>& vocabulary,
                          const std::string& source) {
  auto id_of = [&](const std::string& token, const char* role, bool required) -> int32_t {
    auto found = std::find(vocabulary.begin(), vocabulary.end(), token);
    if (found != vocabulary.end()) return static_cast<int32_t>(found - vocabulary.begin());
    if (required) {
      throw Error(
          ErrorCode::kCorrupt,
          fmt::format("the {} token '{}' is not in the vocabulary{}", role, Printable(token),
                      DidYouMean(token, vocabulary)),
          source,
          fmt::format("add the piece to the vocabulary, or name the right one as '{}_token' in tokenizer_config.json",
                      role));
    }
    return -1;
  };
  return {.begin = id_of(names.begin, "cls", true),
          .separator = id_of(names.separator, "sep", true),
          .pad = id_of(names.pad, "pad", false),
          .unknown = id_of(names.unknown, "unk", true),
          .mask = id_of(names.mask, "mask", false)};
}

}  // namespace clner
