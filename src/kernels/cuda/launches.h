// The launches of every operation, in order. A runner has Warps(), Blocks() and Chains(): each runs
// body.Run<Layout>(group, item, scratch) for items 0..count-1 in groups of its choice, launch after launch.
#pragma once

#include "kernels/cuda/chain.h"
#include "kernels/cuda/compare.h"
#include "kernels/cuda/device_call.h"
#include "kernels/cuda/finish.h"
#include "kernels/cuda/joint_finish.h"
#include "kernels/cuda/joint_terms.h"
#include "kernels/cuda/pair_sums.h"
#include "kernels/cuda/prepare.h"
#include "kernels/cuda/scan.h"
#include "kernels/cuda/spans.h"
#include "kernels/cuda/viterbi.h"

namespace clner::crf::device {

/// Parameters, chains, rows, sentences: all operations but Viterbi begin with these four launches.
template <class Runner>
void LaunchPosterior(Runner* runner, const DeviceCall& call, ChainRows chain_rows) {
  const Batch& batch = call.view.batch;
  const int64_t words = batch.sentences * batch.max_length;
  runner->Blocks(1, 0, PrepareParams{call.params, call.allowed, call.view.Tags(), call.scaled, true});
  runner->Warps(words, PrepareRows{call.view});
  runner->Chains(2 * batch.sentences, batch.tags, Chains::ScratchBytes(batch.tags), Chains{call.view, call.scaled});
  runner->Warps(words, PosteriorRows{call.view, call.out, chain_rows});
  runner->Blocks(call.groups, FinishSentences::ScratchBytes(batch.tags),
                 FinishSentences{call.view, call.scaled, call.params, call.allowed, call.out, call.value, call.flags,
                                 call.pair_sums, call.has_pair_sums, call.use, call.groups, call.redo_all});
}

template <class Runner>
void LaunchGrads(Runner* runner, const DeviceCall& call) {
  const int64_t tiles = PairTiles(call.view.batch.tags);
  runner->Blocks(call.groups * tiles, 0,
                 PairSums{call.view, call.scaled.from_to, call.out, call.joint.mass, call.use, call.has_pair_sums,
                          call.pair_sums, call.groups});
  runner->Blocks(tiles + 1, 0, WriteGrads{call.view.batch, call.pair_sums, call.groups, call.out.unary, call.grads});
}

/// Marginals of all views first; then students learn from those of their teachers.
template <class Runner>
void LaunchJoint(Runner* runner, const DeviceCall& call) {
  const Batch& batch = call.view.batch;
  const JointData& joint = call.joint;
  const int64_t words = batch.sentences * batch.max_length;
  runner->Warps(batch.sentences,
                ReadTerms{call.view, call.params, call.out.gold, joint, call.operation == Operation::kJoint});
  DeviceCall posterior = call;
  posterior.out = {};
  posterior.out.plain = joint.unary;
  posterior.out.log_plain = joint.log_unary;
  posterior.value = joint.log_z;
  posterior.flags = joint.posterior;
  posterior.pair_sums = nullptr;
  posterior.has_pair_sums = nullptr;
  posterior.use = nullptr;
  posterior.groups = batch.sentences;
  LaunchPosterior(runner, posterior, ChainRows::kUnchanged);
  runner->Warps(words, CompareRows{call.view, joint});
  runner->Chains(2 * batch.sentences, batch.tags, Chains::ScratchBytes(batch.tags),
                 Scans{call.view, call.scaled, joint});
  runner->Warps(words, CombineRows{call.view, call.out, joint});
  runner->Blocks(call.groups, FinishJoint::ScratchBytes(batch.tags),
                 FinishJoint{call.view, call.params, call.out, joint, call.flags, call.pair_sums, call.has_pair_sums,
                             call.use, call.groups});
}

template <class Runner>
void Launch(Runner* runner, const DeviceCall& call) {
  const Batch& batch = call.view.batch;
  switch (call.operation) {
    case Operation::kNll:
      LaunchPosterior(runner, call, ChainRows::kPairs);
      LaunchGrads(runner, call);
      return;
    case Operation::kMarginals:
    case Operation::kPosterior:
      LaunchPosterior(runner, call, ChainRows::kUnchanged);
      return;
    case Operation::kViterbi:
      runner->Blocks(1, 0, PrepareParams{call.params, call.allowed, call.view.Tags(), call.scaled, false});
      runner->Chains(batch.sentences, batch.tags, ViterbiPaths::ScratchBytes(batch.tags),
                     ViterbiPaths{call.view, call.scaled, call.params, call.allowed, call.back, call.tags, call.value,
                                  call.flags, call.redo_all});
      return;
    case Operation::kSpanMarginals:
      LaunchPosterior(runner, call, ChainRows::kSpans);
      runner->Warps(call.query_count,
                    SpanProbabilities{call.view, call.params, call.scaled.from_to, call.out.plain, call.flags,
                                      call.types, call.type_count, call.queries, call.probability});
      return;
    case Operation::kJoint:
    case Operation::kCooperative:
      LaunchJoint(runner, call);
      LaunchGrads(runner, call);
      return;
  }
}

}  // namespace clner::crf::device
