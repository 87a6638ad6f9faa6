// Span marginals: the first tag's unary marginal times the posterior's own transition probabilities along the span.
#include <cmath>
#include <limits>

#include "kernels/crf.h"
#include "kernels/crf_args.h"
#include "kernels/crf_marginals.h"
#include "kernels/crf_plan.h"

namespace clner::crf {
namespace internal {
namespace {

/// The posterior of one sentence as SpanMarginals keeps it.
class SentencePosterior {
 public:
  SentencePosterior(const Batch& batch, Rows emissions, const Params& params, const Plan& plan, int64_t sentence)
      : emission_(emissions.data + batch.offsets[sentence] * emissions.stride),
        emission_stride_(emissions.stride),
        params_(params),
        plan_(plan),
        first_row_(plan.first_row[sentence]),
        length_(LengthOf(batch, sentence)),
        flags_(plan.span_flags[sentence]) {}

  [[nodiscard]] bool Usable() const { return (flags_ & (kInfeasible | kNonFinite)) == 0; }
  [[nodiscard]] int64_t Length() const { return length_; }
  [[nodiscard]] double Unary(int64_t word, int32_t tag) const {
    return static_cast<double>(plan_.span_unary[(first_row_ + word) * plan_.ld + tag]);
  }

  /// Scores of P(y_word = . | y_{word-1} = from), up to one factor: Sum over all tags, tag `to`, and all tags but `to`.
  struct Step {
    double to = 0, others = 0;
    [[nodiscard]] double Probability() const { return to + others > 0 ? to / (to + others) : 0.0; }
    [[nodiscard]] double Complement() const { return to + others > 0 ? others / (to + others) : 1.0; }
  };
  [[nodiscard]] Step Follow(int64_t word, int32_t from, int32_t to) const {
    return (flags_ & kRedone) != 0 ? FollowLog(word, from, to) : FollowScaled(word, from, to);
  }

 private:
  [[nodiscard]] Step FollowScaled(int64_t word, int32_t from, int32_t to) const {
    const float* q = reinterpret_cast<const float*>(plan_.span_backward + (first_row_ + word) * plan_.ld);
    const float* g = plan_.params.from_to + from * plan_.ld;
    Step step;
    for (int64_t y = 0; y < plan_.params.tags; ++y) {
      const double value = static_cast<double>(g[y]) * static_cast<double>(q[y]);
      (y == to ? step.to : step.others) += value;
    }
    return step;
  }
  [[nodiscard]] Step FollowLog(int64_t word, int32_t from, int32_t to) const {
    const int64_t tags = plan_.params.tags;
    const double* log_b = plan_.span_backward + first_row_ * plan_.ld + word * tags;
    const float* e = emission_ + word * emission_stride_;
    const auto term = [&](int64_t y) {
      return static_cast<double>(params_.transitions[from * params_.stride + y]) + static_cast<double>(e[y]) + log_b[y];
    };
    double top = -std::numeric_limits<double>::infinity();
    for (int64_t y = 0; y < tags; ++y) top = std::fmax(top, term(y));
    Step step;
    if (std::isinf(top)) return step;
    for (int64_t y = 0; y < tags; ++y) (y == to ? step.to : step.others) += std::exp(term(y) - top);
    return step;
  }

  const float* emission_;
  int64_t emission_stride_;
  const Params& params_;
  const Plan& plan_;
  int64_t first_row_, length_;
  uint8_t flags_;
};

/// P(y_first = tags.begin, then `inside` up to `last`, where the tag of the last word is `last_tag`). Factors are at
/// most 1; from 32 words on they are added as logarithms so that a long product cannot underflow before it ends.
double Chain(const SentencePosterior& posterior, const SpanTags& tags, int64_t first, int64_t last, int32_t last_tag) {
  constexpr int64_t kLongSpan = 32;
  double product = posterior.Unary(first, tags.begin);
  double logs = 0;
  int32_t from = tags.begin;
  for (int64_t word = first + 1; word <= last && product > 0; ++word) {
    const int32_t to = word == last ? last_tag : tags.inside;
    if (to < 0) return 0;
    const double p = posterior.Follow(word, from, to).Probability();
    if (last - first > kLongSpan) {
      if (p <= 0) return 0;
      logs += std::log(p);
    } else {
      product *= p;
    }
    from = to;
  }
  return product * std::exp(logs);
}

double SpanProbability(const SentencePosterior& posterior, const SpanTags& tags, int64_t first, int64_t last) {
  if (!posterior.Usable()) return 0;
  const bool marks_end = tags.end >= 0 || tags.single >= 0;
  if (marks_end) {
    if (first == last) return tags.single >= 0 ? posterior.Unary(first, tags.single) : 0.0;
    return tags.begin >= 0 && tags.end >= 0 ? Chain(posterior, tags, first, last, tags.end) : 0.0;
  }
  if (tags.begin < 0 || (first < last && tags.inside < 0)) return 0;
  double probability = Chain(posterior, tags, first, last, tags.inside);
  if (last + 1 < posterior.Length() && tags.inside >= 0) {
    probability *= posterior.Follow(last + 1, first == last ? tags.begin : tags.inside, tags.inside).Complement();
  }
  return probability;
}

bool ValidTypes(const SpanTags* types, int64_t count, int64_t tag_count) {
  if (count < 0 || (count > 0 && types == nullptr)) return false;
  for (int64_t t = 0; t < count; ++t) {
    const SpanTags& s = types[t];
    for (const int32_t tag : {s.begin, s.inside, s.end, s.single}) {
      if (tag < -1 || tag >= tag_count) return false;
    }
    if (s.begin < 0 && s.inside < 0 && s.end < 0 && s.single < 0) return false;
  }
  return true;
}

bool ValidQueries(const Batch& batch, const SpanQuery* queries, int64_t count, int64_t types) {
  if (count < 0 || (count > 0 && queries == nullptr)) return false;
  for (int64_t i = 0; i < count; ++i) {
    const SpanQuery& q = queries[i];
    if (q.sentence < 0 || q.sentence >= batch.sentences || q.type < 0 || q.type >= types) return false;
    if (q.first < 0 || q.last < q.first || q.last >= LengthOf(batch, q.sentence)) return false;
  }
  return true;
}

}  // namespace
}  // namespace internal

KernelStatus SpanMarginals(const Batch& batch, Rows emissions, const Params& params, const SpanTags* types,
                           int64_t type_count, const SpanQuery* queries, int64_t count, float* probability,
                           Workspace workspace, const Exec& exec) {
  using namespace internal;  // NOLINT(google-build-using-namespace)
  if (!ValidBatch(batch) || !ValidRows(batch, emissions.data, emissions.stride) || !ValidParams(batch, params) ||
      !ValidTypes(types, type_count, batch.tags) || !ValidQueries(batch, queries, count, type_count) ||
      (count > 0 && probability == nullptr)) {
    return KernelStatus::kBadArgument;
  }
  Plan plan;
  if (!PlanCall(Operation::kSpanMarginals, batch, workspace, &plan)) return KernelStatus::kBadArgument;
  int64_t row = 0;
  for (int64_t b = 0; b < batch.sentences; ++b) {
    plan.first_row[b] = row;
    row += LengthOf(batch, b);
  }
  MarginalsOut out;
  out.log_z = plan.span_log_z;
  out.flags = plan.span_flags;
  out.spans = true;
  RunMarginals(batch, emissions, params, nullptr, Operation::kSpanMarginals, out, &plan, exec);
  for (int64_t i = 0; i < count; ++i) {
    const SpanQuery& q = queries[i];
    const SentencePosterior posterior(batch, emissions, params, plan, q.sentence);
    probability[i] = static_cast<float>(SpanProbability(posterior, types[q.type], q.first, q.last));
  }
  return KernelStatus::kOk;
}

}  // namespace clner::crf
