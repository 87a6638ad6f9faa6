#include "retrieval/leak_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/random.h"
#include "retrieval/folded_words.h"

namespace clner {
namespace {

constexpr size_t kFirstPrefix = 8;
constexpr size_t kMaxVerdicts = size_t{1} << 20;
constexpr std::pair<LeakRule, const char*> kNames[] = {
    {LeakRule::kOff, "off"}, {LeakRule::kExact, "exact"}, {LeakRule::kFuzzy, "fuzzy"}};

std::vector<uint64_t> Pairs(const std::vector<uint64_t>& words) {
  std::vector<uint64_t> pairs;
  for (size_t i = 0; i + 1 < words.size(); ++i) pairs.push_back(MixSeed(words[i], words[i + 1]));
  return pairs;
}

/// Pairs that a stretch must share with a sentence of `pairs` different ones.
size_t Needed(size_t pairs) {
  return static_cast<size_t>(std::ceil(LeakFilter::kFuzzyShare * static_cast<double>(pairs)));
}

}  // namespace

const char* Name(LeakRule rule) { return kNames[static_cast<size_t>(rule)].second; }

std::optional<LeakRule> ParseLeakRule(std::string_view name) {
  for (const auto& [rule, its_name] : kNames) {
    if (name == its_name) return rule;
  }
  return std::nullopt;
}

void LeakFilter::Add(std::string_view sentence) {
  CLNER_CHECK(!indexed_, "a sentence came after the first text");
  if (rule_ == LeakRule::kOff) return;
  const FoldedWords words = FoldWords(sentence);
  if (words.size() == 0) return;
  const uint64_t hash = HashLetters(words.letters);
  if (!known_.insert(hash).second) return;
  ++sentences_;
  digest_.Update(words.letters);
  digest_.Update("\n");
  if (words.size() < kMinWords) return;
  whole_.insert(hash);
  for (size_t length = kFirstPrefix; length < words.letters.size(); length *= 2)
    prefixes_.insert(HashLetters(std::string_view(words.letters).substr(0, length)));
  if (rule_ == LeakRule::kFuzzy && words.size() >= kFuzzyMinWords) AddLong(HashWords(words));
}

void LeakFilter::AddLong(const std::vector<uint64_t>& words) {
  std::vector<uint64_t> pairs = Pairs(words);
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  if (pairs.size() + 1 < kFuzzyMinWords) return;  // "ha ha ha ha ha ha ha ha"
  const auto begin = static_cast<uint32_t>(pairs_.size());
  pairs_.insert(pairs_.end(), pairs.begin(), pairs.end());
  long_.push_back({{begin, static_cast<uint32_t>(pairs_.size())}, static_cast<uint32_t>(words.size())});
}

/// A text that shares `Needed` of the g pairs of a sentence has one of any g - Needed + 1 of them; the rarest of the
/// data are taken.
void LeakFilter::IndexRarePairs() {
  std::unordered_map<uint64_t, uint32_t> counts;
  for (const uint64_t pair : pairs_) ++counts[pair];
  std::vector<std::pair<uint64_t, uint32_t>> postings;
  for (size_t i = 0; i < long_.size(); ++i) {
    const Range range = long_[i].pairs;
    std::vector<std::pair<uint32_t, uint64_t>> by_count;
    for (uint32_t at = range.begin; at < range.end; ++at) by_count.emplace_back(counts[pairs_[at]], pairs_[at]);
    std::sort(by_count.begin(), by_count.end());
    by_count.resize(by_count.size() - Needed(by_count.size()) + 1);
    for (const auto& [count, pair] : by_count) postings.emplace_back(pair, static_cast<uint32_t>(i));
  }
  std::sort(postings.begin(), postings.end());
  for (const auto& [pair, sentence] : postings) {
    const auto at = static_cast<uint32_t>(sentences_of_rare_.size());
    Range& range = rare_.emplace(pair, Range{at, at}).first->second;
    sentences_of_rare_.push_back(sentence);
    range.end = at + 1;
  }
}

/// True if the letters of a sentence begin where a word begins and end where one ends.
bool LeakFilter::Contains(std::string_view letters, const std::vector<size_t>& ends) const {
  for (size_t first = 0; first < ends.size(); ++first) {
    const size_t begin = first == 0 ? 0 : ends[first - 1];
    uint64_t hash = kFirstHash;
    size_t checkpoint = begin + kFirstPrefix, word = first;
    for (size_t at = begin; at < letters.size();) {
      hash = HashByte(hash, letters[at++]);
      if (at == ends[word]) {
        if (whole_.contains(hash)) return true;
        ++word;
      }
      if (at != checkpoint) continue;
      if (!prefixes_.contains(hash)) break;
      checkpoint = begin + 2 * (checkpoint - begin);
    }
  }
  return false;
}

bool LeakFilter::HasStretch(const std::vector<uint64_t>& text_pairs, const LongSentence& sentence) const {
  const auto begin = pairs_.begin() + sentence.pairs.begin, end = pairs_.begin() + sentence.pairs.end;
  const auto needed = Needed(static_cast<size_t>(end - begin));
  const size_t stretch = sentence.words + sentence.words / 4 - 1;  // in pairs
  std::vector<std::pair<size_t, size_t>> matches;                  // place in the text, number of the pair
  std::vector<uint32_t> inside(static_cast<size_t>(end - begin), 0);
  size_t first = 0, different = 0;
  for (size_t at = 0; at < text_pairs.size(); ++at) {
    const auto found = std::lower_bound(begin, end, text_pairs[at]);
    if (found == end || *found != text_pairs[at]) continue;
    const auto number = static_cast<size_t>(found - begin);
    matches.emplace_back(at, number);
    if (inside[number]++ == 0) ++different;
    for (; matches[first].first + stretch <= at; ++first) {
      if (--inside[matches[first].second] == 0) --different;
    }
    if (different >= needed) return true;
  }
  return false;
}

bool LeakFilter::NearlyContains(const std::vector<uint64_t>& words) const {
  const std::vector<uint64_t> pairs = Pairs(words);
  std::unordered_set<uint32_t> tried;
  for (const uint64_t pair : pairs) {
    const auto found = rare_.find(pair);
    if (found == rare_.end()) continue;
    for (uint32_t at = found->second.begin; at < found->second.end; ++at) {
      const uint32_t sentence = sentences_of_rare_[at];
      if (tried.insert(sentence).second && HasStretch(pairs, long_[sentence])) return true;
    }
  }
  return false;
}

Leak LeakFilter::Judge(std::string_view text) const {
  const FoldedWords words = FoldWords(text);
  if (words.size() == 0) return Leak::kNone;
  if (known_.contains(HashLetters(words.letters)) || Contains(words.letters, words.ends)) return Leak::kExact;
  return rule_ == LeakRule::kFuzzy && NearlyContains(HashWords(words)) ? Leak::kFuzzy : Leak::kNone;
}

Leak LeakFilter::Classify(std::string_view text) {
  if (rule_ == LeakRule::kOff) return Leak::kNone;
  if (!std::exchange(indexed_, true)) IndexRarePairs();
  if (verdicts_.size() >= kMaxVerdicts) verdicts_.clear();
  const auto [verdict, is_new] = verdicts_.emplace(HashLetters(text), Leak::kNone);
  if (is_new) verdict->second = Judge(text);
  return verdict->second;
}

std::string LeakFilter::identity() const {
  Sha256 digest = digest_;
  return fmt::format("leaks {} {}", Name(rule_), rule_ == LeakRule::kOff ? "" : digest.HexDigest());
}

}  // namespace clner
