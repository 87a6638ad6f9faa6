// What the comparison asks of each word is spread over the sentence by the posterior's own transition kernels: R from
// left to right, L from right to left, the same code (docs/internals/crf.md, "Losses of the marginals", "On a GPU").
#pragma once

#include "kernels/cuda/chain.h"
#include "kernels/cuda/joint_call.h"

namespace clner::crf::device {

/// R_i = E_i o y_i o G^T f_{i-1} with f_i = (R_i + w_i) / y_i times the scale of y_i; L likewise with v and G. Item 2b
/// is the scan R, 2b + 1 the scan L of sentence b. Scratch: as Chains.
struct Scans {
  View view;
  ScaledParams params;
  JointData joint;

  template <class Layout>
  CLNER_DEVICE void Run(const typename Layout::Group& group, int64_t index, void* scratch) const {
    using Columns = typename Layout::Columns;
    const int64_t b = index / 2;
    if (joint.posterior[b] != 0 || TeacherOf(view, joint, b).unary == nullptr) return;
    const Place place = PlaceOf(view.batch, b);
    const bool leftward = index % 2 != 0;
    const int tags = view.Tags(), padded = PaddedTags(tags), lanes = group.Lanes();
    const int64_t step = leftward ? -1 : 1;
    int64_t row = leftward ? place.row + place.length - 1 : place.row;
    const Columns columns(group, leftward ? params.to_from : params.from_to, tags, 0.0f);
    auto* buffers = static_cast<float*>(scratch);
    for (int y = tags + group.Lane(); y < padded; y += lanes) buffers[y] = buffers[padded + y] = 0.0f;

    float mass[Columns::kColumns] = {};
    int broken = 0;  // mass on what float32 holds impossible, and everything not finite
    for (int64_t i = 0;; ++i, row += step) {
      const float* reach = leftward ? view.Forward(row) : view.Backward(row);
      const float scale = leftward ? *view.ForwardScale(row) : *view.BackwardScale(row);
      const float* emission = view.Emission(row);
      float* out = joint.mass + (2 * row + (leftward ? 1 : 0)) * tags;
      float* buffer = buffers + (i % 2) * padded;
      CLNER_UNROLL
      for (int c = 0; c < Columns::kColumns; ++c) {
        const int y = group.Lane() + c * lanes;
        if (y >= tags) break;
        if (i > 0) mass[c] *= ExpEmission(emission[y], view.top[row]) * reach[y];
        out[y] = mass[c];
        const float flow = Spread(mass[c] + joint.w[row * tags + y], reach[y], scale);
        broken |= fabsf(mass[c]) <= 1e30f && fabsf(flow) <= 1e30f ? 0 : 1;
        buffer[y] = flow;
      }
      if (i + 1 == place.length) break;
      group.Sync();
      columns.Multiply(buffer, mass);
    }
    broken = group.Max(broken);
    if (group.Lane() == 0) joint.scan_state[index] = broken != 0 ? kUntrusted : kSound;
  }
};

/// Gradient rows and the rows that PairSums reads, for sentences that float32 serves.
struct CombineRows {
  View view;
  UnaryOut out;  ///< weight: JointData::nll_weight
  JointData joint;

  template <class Layout>
  CLNER_DEVICE void Run(const typename Layout::Group& group, int64_t index, void* /*scratch*/) const {
    const WordAt at = WordOf(view.batch, index);
    if (!at.exists) return;
    const bool learns = TeacherOf(view, joint, at.sentence).unary != nullptr;
    if (!ServedByRows(joint, at.sentence, learns)) return;
    const int tags = view.Tags();
    float *forward = view.Forward(at.row), *backward = view.Backward(at.row);
    float *right = joint.mass + 2 * at.row * tags, *left = right + tags;
    const float* emission = view.Emission(at.row);
    const float weight = out.Weight(at.sentence);
    const float forward_scale = *view.ForwardScale(at.row), backward_scale = *view.BackwardScale(at.row);
    const float factor = forward_scale * weight / view.mass[at.row];
    for (int y = group.Lane(); y < tags; y += group.Lanes()) {
      float gradient = out.WithoutGold(weight * joint.unary[at.row * tags + y], weight, at.row, y);
      float flow_right = 0.0f, flow_left = 0.0f;
      if (learns) {
        const float w = joint.w[at.row * tags + y];
        gradient += right[y] + w + left[y];
        flow_right = Spread(right[y] + w, backward[y], backward_scale);
        flow_left = Spread(left[y] + w, forward[y], forward_scale);
      }
      out.unary.data[at.row * out.unary.stride + y] = gradient;
      const float e = ExpEmission(emission[y], view.top[at.row]);
      forward[y] *= e;
      backward[y] *= e;
      right[y] = flow_right;
      left[y] = factor * backward[y] + flow_left;
    }
  }
};

}  // namespace clner::crf::device
