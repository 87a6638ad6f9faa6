// Scores of lenient spans straight from tags, without building the spans: the fast path of ScoreTags.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/schemes.h"
#include "eval/scores.h"

namespace clner {

/// Walks gold and predicted tags side by side. Which pairs of neighbouring tags end or start a span is asked of
/// TagsToSpans once for every pair of prefixes, so both follow one set of rules.
class TagScorer {
 public:
  TagScorer();
  /// One sentence; both sides have the same length.
  void Add(const std::vector<std::string>& gold, const std::vector<std::string>& predicted);
  /// The scores of everything added; nullopt when context spans (type X) occurred, which need the spans themselves.
  [[nodiscard]] std::optional<Scores> Finish() const;

 private:
  static constexpr std::string_view kPrefixes = "OBIESMLU?";
  struct Tag {
    uint8_t prefix = 0;  ///< index into kPrefixes
    uint32_t type = 0;   ///< index into types_
    friend bool operator==(const Tag&, const Tag&) = default;
  };
  struct Slot {
    std::string text = {};
    Tag tag = {};
  };
  struct Border {
    bool ends = false, starts = false;
  };
  [[nodiscard]] Tag Parse(const std::string& text);
  [[nodiscard]] Tag ParseSlow(const std::string& text, Slot* slot);
  [[nodiscard]] const Border& BorderOf(const Tag& from, const Tag& to) const {
    return borders_[(from.prefix * kPrefixes.size() + to.prefix) * 2 + (from.type == to.type ? 1 : 0)];
  }
  void Step(const Tag& gold, const Tag& predicted);

  std::array<Border, kPrefixes.size() * kPrefixes.size() * 2> borders_;
  std::array<Slot, 256> slots_;  ///< tags seen, by a hash of their ends
  std::unordered_map<std::string, uint32_t> type_ids_;
  std::vector<std::string> type_names_;
  std::vector<Counts> types_;
  Tag last_gold_, last_predicted_;
  bool equal_so_far_ = false;  ///< both sides have a span open that started together with one type
  int64_t sentences_ = 0, words_ = 0, correct_words_ = 0;
};

}  // namespace clner
