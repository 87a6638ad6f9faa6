#include "train/upsample.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"
#include "core/random.h"

namespace clner {
namespace {

constexpr uint64_t kUpsampleStream = 0x0b5e;  // keeps the draws apart from the others
constexpr double kSmoothing = 0.7;            // CLNER's language_resample (clner.md 3.12)

/// Sentences of the part in an epoch; `largest` is the count of the largest part.
int64_t EpochCount(const TrainPart& part, DataOptions::Upsample rule, int64_t largest) {
  using Upsample = DataOptions::Upsample;
  if (part.count == 0 || rule == Upsample::kNone) return part.count;
  const auto size = static_cast<double>(part.count), most = static_cast<double>(largest);
  double wanted = most;
  if (rule == Upsample::kSmoothed) wanted = most * std::pow(size / most, kSmoothing);
  if (rule == Upsample::kFactor) wanted = size * part.factor;
  return std::max<int64_t>(part.count, std::llround(wanted));
}

void AddPart(const TrainPart& part, int64_t wanted, uint64_t seed, std::vector<int64_t>* sentences) {
  for (int64_t copy = 0; copy < wanted / std::max<int64_t>(1, part.count); ++copy) {
    for (int64_t i = 0; i < part.count; ++i) sentences->push_back(part.first + i);
  }
  if (part.count == 0 || wanted % part.count == 0) return;
  std::vector<int64_t> drawn = Permutation(part.count, seed);
  drawn.resize(static_cast<size_t>(wanted % part.count));
  std::sort(drawn.begin(), drawn.end());  // as in the file
  for (const int64_t i : drawn) sentences->push_back(part.first + i);
}

}  // namespace

std::vector<int64_t> EpochSentences(std::span<const TrainPart> parts, DataOptions::Upsample rule, uint64_t seed) {
  int64_t largest = 0, total = 0;
  for (const TrainPart& part : parts) largest = std::max(largest, part.count);
  std::vector<int64_t> counts;
  for (const TrainPart& part : parts) {
    counts.push_back(EpochCount(part, rule, largest));
    total += counts.back();
  }
  if (rule != DataOptions::Upsample::kNone && total > kMaxEpochSentences) {
    throw Error(ErrorCode::kConfig,
                "data.upsample: " + std::string(NameOf(rule)) + " makes " + std::to_string(total) +
                    " sentences an epoch, more than " + std::to_string(kMaxEpochSentences),
                "data.upsample", "lower the factors, or leave the smallest corpora out");
  }
  std::vector<int64_t> sentences;
  sentences.reserve(static_cast<size_t>(total));
  for (size_t i = 0; i < parts.size(); ++i)
    AddPart(parts[i], counts[i], MixSeed(MixSeed(seed, kUpsampleStream), i), &sentences);
  return sentences;
}

}  // namespace clner
