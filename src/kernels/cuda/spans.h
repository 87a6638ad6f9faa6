// Span marginals: the first tag's unary marginal times the posterior's own transition probabilities along the span.
#pragma once

#include "kernels/cuda/redo.h"

namespace clner::crf::device {

/// One group of lanes per query. A query or a scheme that names what does not exist gives NaN: the host sees neither.
struct SpanProbabilities {
  View view;  ///< rows as ChainRows::kSpans leaves them
  Params params;
  const float* from_to;
  const float* unary;    ///< [rows][K]
  const uint8_t* flags;  ///< [B]
  const SpanTags* types;
  int64_t type_count;
  const SpanQuery* queries;
  float* probability;

  template <class Layout>
  CLNER_DEVICE void Run(const typename Layout::Group& group, int64_t index, void* /*scratch*/) const {
    const SpanQuery query = queries[index];
    double result = kNaN;
    if (query.sentence >= 0 && query.sentence < view.batch.sentences && query.type >= 0 && query.type < type_count) {
      const Place place = PlaceOf(view.batch, query.sentence);
      const SpanTags tags = types[query.type];
      if (ValidTags(tags) && query.first >= 0 && query.first <= query.last && query.last < place.length) {
        result = Probability(group, query, place, tags);
      }
    }
    if (group.Lane() == 0) probability[index] = static_cast<float>(result);
  }

 private:
  [[nodiscard]] CLNER_DEVICE bool ValidTags(const SpanTags& tags) const {
    const auto valid = [&](int32_t tag) { return tag >= -1 && tag < view.Tags(); };
    const bool any = tags.begin >= 0 || tags.inside >= 0 || tags.end >= 0 || tags.single >= 0;
    return any && valid(tags.begin) && valid(tags.inside) && valid(tags.end) && valid(tags.single);
  }

  template <class Group>
  [[nodiscard]] CLNER_DEVICE double Probability(const Group& group, const SpanQuery& query, const Place& place,
                                                const SpanTags& tags) const {
    if ((flags[query.sentence] & (kInfeasible | kNonFinite)) != 0) return 0;
    const bool marks_end = tags.end >= 0 || tags.single >= 0;
    if (marks_end) {
      if (query.first == query.last) return tags.single >= 0 ? Unary(place, query.first, tags.single) : 0.0;
      return tags.begin >= 0 && tags.end >= 0 ? Chain(group, query, place, tags, tags.end) : 0.0;
    }
    if (tags.begin < 0 || (query.first < query.last && tags.inside < 0)) return 0;
    double result = Chain(group, query, place, tags, tags.inside);
    if (query.last + 1 < place.length && tags.inside >= 0) {
      const int32_t from = query.first == query.last ? tags.begin : tags.inside;
      result *= Follow(group, query.sentence, place, query.last + 1, from, tags.inside).Complement();
    }
    return result;
  }

  [[nodiscard]] CLNER_DEVICE double Unary(const Place& place, int64_t word, int32_t tag) const {
    return static_cast<double>(unary[(place.row + word) * view.batch.tags + tag]);
  }

  /// P(first word = begin, then inside up to the last word, which has last_tag). Factors are at most 1; those of long
  /// spans are added as logarithms, so that the product cannot underflow before it ends.
  template <class Group>
  [[nodiscard]] CLNER_DEVICE double Chain(const Group& group, const SpanQuery& query, const Place& place,
                                          const SpanTags& tags, int32_t last_tag) const {
    constexpr int64_t kLongSpan = 32;
    double product = Unary(place, query.first, tags.begin), logs = 0;
    int32_t from = tags.begin;
    for (int64_t word = query.first + 1; word <= query.last && product > 0; ++word) {
      const int32_t to = word == query.last ? last_tag : tags.inside;
      if (to < 0) return 0;
      const double p = Follow(group, query.sentence, place, word, from, to).Probability();
      if (query.last - query.first > kLongSpan) {
        if (p <= 0) return 0;
        logs += log(p);
      } else {
        product *= p;
      }
      from = to;
    }
    return product * exp(logs);
  }

  /// P(y_word = . | y_{word-1} = from) up to one factor: of tag `to`, and of all others.
  struct Step {
    double to, others;
    [[nodiscard]] CLNER_DEVICE double Probability() const { return to + others > 0 ? to / (to + others) : 0.0; }
    [[nodiscard]] CLNER_DEVICE double Complement() const { return to + others > 0 ? others / (to + others) : 1.0; }
  };
  template <class Group>
  [[nodiscard]] CLNER_DEVICE Step Follow(const Group& group, int64_t sentence, const Place& place, int64_t word,
                                         int32_t from, int32_t to) const {
    if ((flags[sentence] & kRedone) == 0) {
      const float* q = view.Backward(place.row + word);
      const float* g = from_to + from * view.batch.tags;
      return SumStep(group, to, [&](int y) { return static_cast<double>(g[y]) * static_cast<double>(q[y]); });
    }
    const double* log_b = view.LogBackward(place.row) + word * view.batch.tags;
    const float* e = view.Emission(place.row + word);
    const Scores scores{params, {}, view.Tags()};
    const auto term = [&](int y) { return scores.Transition(from, y) + static_cast<double>(e[y]) + log_b[y]; };
    double top = -kInf;
    for (int y = group.Lane(); y < view.Tags(); y += group.Lanes()) top = fmax(top, term(y));
    top = group.Max(top);
    if (top == -kInf) return {0, 0};
    return SumStep(group, to, [&](int y) { return exp(term(y) - top); });
  }
  template <class Group, class Term>
  [[nodiscard]] CLNER_DEVICE Step SumStep(const Group& group, int32_t to, const Term& term) const {
    Step step{0, 0};
    for (int y = group.Lane(); y < view.Tags(); y += group.Lanes()) (y == to ? step.to : step.others) += term(y);
    return {group.Sum(step.to), group.Sum(step.others)};
  }
};

}  // namespace clner::crf::device
