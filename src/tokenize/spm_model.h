// A SentencePiece model file (a protocol buffer), read by a bounded scan of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace clner {

/// Kinds of pieces, with the numbers of the file format.
enum class SpmPieceType { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6 };

struct SpmPiece {
  std::string text = {};  ///< 1..kMaxPieceBytes bytes, valid UTF-8 without NUL, distinct
  float score = 0;        ///< natural log-probability, finite
  SpmPieceType type = SpmPieceType::kNormal;
};

/// What is read of a model of type Unigram. The defaults are those of the file format.
struct SpmModel {
  std::vector<SpmPiece> pieces = {};
  size_t unknown_id = 0;  ///< the only piece of type kUnknown
  bool byte_fallback = false;
  bool treat_whitespace_as_suffix = false;
  std::string precompiled_charsmap = {};  ///< for SpmCharsMap; "" = none
  bool add_dummy_prefix = true, remove_extra_whitespaces = true, escape_whitespaces = true;
};

/// Scans the bytes of a model; `name` is its file in errors. kCorrupt, with the byte offset, for anything cut off, over
/// the limits of vocabulary.h or against the format: pieces that are duplicate, empty, too long, not UTF-8 or hold NUL,
/// scores that are not finite, not exactly one unknown piece, a model of another type than Unigram.
[[nodiscard]] SpmModel ParseSpmModel(std::string_view bytes, const std::string& name);
[[nodiscard]] SpmModel ReadSpmModel(const std::filesystem::path& path);

}  // namespace clner
