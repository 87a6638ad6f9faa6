// The counts and the text report of the CoNLL-2000 script conlleval, computed on raw tags token by token.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "eval/scores.h"

namespace clner {

/// Follows the script's chunk rules: a tag is split at its first hyphen; chunks start at B, at I or E after O, at E or
/// I after E, at `[` and `]`, and at every change of type; they end in the mirrored cases. S, L, U and M are unknown to
/// it, so it joins or splits some chunks of the schemes that use them; the other modes do not. The type `0` counts as
/// empty.
class Conlleval {
 public:
  /// One token with its two tags.
  void AddToken(std::string_view gold, std::string_view predicted);
  /// A sentence break (an empty line, or a first column `-X-`): outside of every chunk, not counted as a token.
  void AddBoundary();

  [[nodiscard]] int64_t tokens() const { return tokens_; }
  [[nodiscard]] int64_t correct_tags() const { return correct_tags_; }
  /// Chunks of all types; a chunk that is still open counts as if the input ended here.
  [[nodiscard]] Counts Total() const;
  /// The report, byte for byte as the script prints it.
  [[nodiscard]] std::string Report() const;

 private:
  struct Tag {
    std::string prefix = "O", type = {};
  };
  static Tag Split(std::string_view text);
  static bool Starts(const Tag& previous, const Tag& tag);
  static bool Ends(const Tag& previous, const Tag& tag);
  void Advance(Tag gold, Tag predicted);
  [[nodiscard]] std::map<std::string, Counts> Types() const;

  Tag last_gold_, last_predicted_;
  bool in_correct_ = false;
  int64_t tokens_ = 0, correct_tags_ = 0;
  std::map<std::string, Counts> types_;
};

}  // namespace clner
