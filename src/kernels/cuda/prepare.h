// First launches of a call: parameters scaled once, the largest emission of every word.
#pragma once

#include "kernels/cuda/call.h"

namespace clner::crf::device {

/// A stretch of parameters seen by all lanes of a group.
struct ParamScan {
  float top = -kInfF;
  int bad = 0, huge = 0;
  CLNER_DEVICE void See(float value, bool allowed) {
    bad |= value < kInfF ? 0 : 1;  // before the constraints: a NaN anywhere is an error
    huge |= Finite(value) && fabsf(value) > 1e30f ? 1 : 0;
    if (allowed) top = fmaxf(top, value);
  }
};

/// Fills ScaledParams; one group does all.
struct PrepareParams {
  Params params;
  Constraints allowed;
  int tags;
  ScaledParams out;
  bool exponentiate;  ///< exp(value - largest) instead of plain values

  template <class Layout>
  CLNER_DEVICE void Run(const typename Layout::Group& group, int64_t /*index*/, void* /*scratch*/) const {
    ParamScan transitions, start, end;
    const int cells = tags * tags;
    for (int cell = group.Lane(); cell < cells; cell += group.Lanes()) {
      transitions.See(Transition(cell), Allowed(allowed.transitions, cell));
    }
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      start.See(params.start[y], Allowed(allowed.start, y));
      end.See(params.end[y], Allowed(allowed.end, y));
    }
    ScaledParams::Facts facts;
    facts.max_transition = ShiftOf(group.Max(transitions.top));
    facts.max_start = ShiftOf(group.Max(start.top));
    facts.max_end = ShiftOf(group.Max(end.top));
    facts.bad = group.Max(transitions.bad | start.bad | end.bad);
    facts.huge = group.Max(transitions.huge | start.huge | end.huge);
    if (group.Lane() == 0) *out.facts = facts;
    for (int cell = group.Lane(); cell < cells; cell += group.Lanes()) {
      const float value = Scaled(Transition(cell), Allowed(allowed.transitions, cell), facts.max_transition);
      out.from_to[cell] = value;
      if (out.to_from != nullptr) out.to_from[cell % tags * tags + cell / tags] = value;
    }
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      out.start[y] = Scaled(params.start[y], Allowed(allowed.start, y), facts.max_start);
      out.end[y] = Scaled(params.end[y], Allowed(allowed.end, y), facts.max_end);
    }
  }

 private:
  [[nodiscard]] CLNER_DEVICE float Transition(int cell) const {
    return params.transitions[cell / tags * params.stride + cell % tags];
  }
  [[nodiscard]] CLNER_DEVICE static bool Allowed(const uint8_t* set, int at) { return set == nullptr || set[at] != 0; }
  /// 0 when everything is forbidden.
  [[nodiscard]] CLNER_DEVICE static float ShiftOf(float largest) { return Finite(largest) ? largest : 0.0f; }
  [[nodiscard]] CLNER_DEVICE float Scaled(float value, bool is_allowed, float shift) const {
    if (!is_allowed) return exponentiate ? 0.0f : -kInfF;
    return exponentiate ? expf(value - shift) : value;
  }
};

/// top and state of every row; a group of lanes per row.
struct PrepareRows {
  View view;

  template <class Layout>
  CLNER_DEVICE void Run(const typename Layout::Group& group, int64_t index, void* /*scratch*/) const {
    const WordAt at = WordOf(view.batch, index);
    if (!at.exists) return;
    const float* emission = view.Emission(at.row);
    float top = -kInfF;
    int bad = 0;
    for (int y = group.Lane(); y < view.Tags(); y += group.Lanes()) {
      bad |= emission[y] <= kLargestF ? 0 : 1;
      top = fmaxf(top, emission[y]);
    }
    top = group.Max(top);
    bad = group.Max(bad);
    if (group.Lane() != 0) return;
    view.top[at.row] = Finite(top) ? top : 0.0f;
    view.state[at.row] = bad != 0 ? kBadRow : kSound;
  }
};

}  // namespace clner::crf::device
