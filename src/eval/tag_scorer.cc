#include "eval/tag_scorer.h"

#include <algorithm>

#include "core/error.h"

namespace clner {

TagScorer::TagScorer() : type_ids_{{"", 0}}, type_names_{""}, types_(1) {
  for (size_t from = 0; from < kPrefixes.size(); ++from) {
    for (size_t to = 0; to < kPrefixes.size(); ++to) {
      for (const bool same : {false, true}) {
        const std::vector<TagParts> pair = {{kPrefixes[from], "a"}, {kPrefixes[to], same ? "a" : "b"}};
        Border& border = borders_[(from * kPrefixes.size() + to) * 2 + (same ? 1 : 0)];
        for (const Span& span : TagsToSpans(pair, Scheme::kBio)) {
          border.ends = border.ends || span.end_word == 1;
          border.starts = border.starts || span.begin_word == 1;
        }
      }
    }
  }
}

TagScorer::Tag TagScorer::Parse(const std::string& text) {
  if (text.size() == 1 && text[0] == 'O') return {};
  if (text.empty()) return ParseSlow(text, &slots_[0]);
  const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(text[i])); };
  const size_t hash =
      (byte(0) * 7 + byte(text.size() - 1) * 31 + byte(text.size() / 2) * 13 + text.size()) % slots_.size();
  Slot& slot = slots_[hash];
  return slot.text == text ? slot.tag : ParseSlow(text, &slot);
}

TagScorer::Tag TagScorer::ParseSlow(const std::string& text, Slot* slot) {
  const TagParts parts = SplitTag(text);
  const auto [entry, is_new] = type_ids_.try_emplace(std::string(parts.type), static_cast<uint32_t>(types_.size()));
  if (is_new) {
    types_.emplace_back();
    type_names_.push_back(entry->first);
  }
  slot->text = text;
  slot->tag = {static_cast<uint8_t>(kPrefixes.find(parts.prefix)), entry->second};
  return slot->tag;
}

void TagScorer::Step(const Tag& gold, const Tag& predicted) {
  const Border& gold_border = BorderOf(last_gold_, gold);
  const Border& predicted_border = BorderOf(last_predicted_, predicted);
  if (gold_border.ends || predicted_border.ends) {
    if (equal_so_far_ && gold_border.ends && predicted_border.ends) ++types_[last_gold_.type].correct;
    equal_so_far_ = false;
  }
  if (gold_border.starts) ++types_[gold.type].gold;
  if (predicted_border.starts) ++types_[predicted.type].predicted;
  if (gold_border.starts && predicted_border.starts) equal_so_far_ = gold.type == predicted.type;
  last_gold_ = gold;
  last_predicted_ = predicted;
}

void TagScorer::Add(const std::vector<std::string>& gold, const std::vector<std::string>& predicted) {
  CLNER_CHECK_EQ(gold.size(), predicted.size());
  ++sentences_;
  words_ += static_cast<int64_t>(gold.size());
  const Tag outside;
  for (size_t w = 0; w < gold.size(); ++w) {
    const Tag gold_tag = Parse(gold[w]), predicted_tag = Parse(predicted[w]);
    if (gold_tag == outside && predicted_tag == outside && last_gold_ == outside && last_predicted_ == outside) {
      ++correct_words_;
      continue;
    }
    correct_words_ += gold[w] == predicted[w] ? 1 : 0;
    Step(gold_tag, predicted_tag);
  }
  Step(outside, outside);
}

std::optional<Scores> TagScorer::Finish() const {
  Scores scores;
  for (size_t t = 0; t < types_.size(); ++t) {
    if (types_[t] == Counts{}) continue;
    if (type_names_[t] == kContextType) return std::nullopt;
    scores.types[type_names_[t]] = types_[t];
    scores.micro += types_[t];
  }
  scores.sentences = sentences_;
  scores.words = words_;
  scores.correct_words = correct_words_;
  return scores;
}

}  // namespace clner
