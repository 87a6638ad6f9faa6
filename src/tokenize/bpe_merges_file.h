// The merges of a BPE tokenizer: merges.txt, or `model.merges` of tokenizer.json.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tokenize/bpe_merges.h"
#include "tokenize/tokenizer_json.h"

namespace clner::bpe {

/// The id of every piece of a vocabulary, which must outlive it.
using PieceIds = std::unordered_map<std::string_view, int32_t>;

/// Reads merges.txt: two pieces a line, separated by one blank, in order of rank; LF or CRLF, a byte order mark and a
/// first line "#version ..." are skipped. kCorrupt, all problems with their lines, for other lines, invalid UTF-8,
/// duplicates, pieces that are not in the vocabulary, and files over the limits of vocabulary.h.
[[nodiscard]] std::vector<Merge> ReadMerges(const std::filesystem::path& path, const PieceIds& ids);
/// The same from `model.merges`: each merge a string "a b" or an array ["a", "b"].
[[nodiscard]] std::vector<Merge> JsonMerges(const JsonFile& tokenizer, const Json& model, const PieceIds& ids);

}  // namespace clner::bpe
