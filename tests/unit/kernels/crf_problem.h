// Random CRF problems in every legal layout, and calls of the kernels on them with exact workspaces.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "crf_backend.h"
#include "kernels/crf.h"
#include "kernels/crf_targets.h"

namespace clner::crf::test {

inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
inline constexpr float kInfF = std::numeric_limits<float>::infinity();
inline constexpr double kInfD = std::numeric_limits<double>::infinity();

/// Seed of a property test: CLNER_TEST_SEED or `fallback`; printed so that a failure can be repeated.
inline uint64_t Seed(uint64_t fallback) {
  const char* env = std::getenv("CLNER_TEST_SEED");
  const uint64_t seed = env != nullptr ? std::strtoull(env, nullptr, 10) : fallback;
  std::cout << "[   seed   ] " << seed << " (set CLNER_TEST_SEED to change it)\n";
  return seed;
}

/// Runs `body` once per target of the backend (SIMD targets of this machine, layouts of lanes).
inline void ForEachTarget(const std::function<void()>& body) { backend::ForEachTarget(body); }

/// Same, and once more with every sentence forced through float64.
inline void ForEachTargetAndRedo(const std::function<void(bool redo)>& body) {
  ForEachTarget([&] { body(false); });
  SCOPED_TRACE("float64 redo");
  const internal::TestScope scope(internal::KernelsOf(internal::SimdLevel::kScalar), true);
  body(true);
}

struct Layout {
  bool padded = false;       ///< [B, T, K] with lengths, else packed
  int64_t stride_gap = 0;    ///< floats between rows
  int64_t params_gap = 0;    ///< floats between transition rows
  int64_t leading_rows = 0;  ///< rows before the first sentence
};

/// Sentences with logical emissions; Storage() lays them out with NaN everywhere else.
struct Problem {
  int64_t tags = 0;
  std::vector<int64_t> lengths;
  std::vector<std::vector<float>> emissions;  ///< per sentence [n][K]
  std::vector<std::vector<int32_t>> gold;     ///< per sentence [n]
  std::vector<float> transitions, start, end;
  std::vector<float> weight;  ///< [B] or empty

  [[nodiscard]] int64_t Sentences() const { return static_cast<int64_t>(lengths.size()); }
  [[nodiscard]] Problem Only(size_t b) const {
    Problem one = *this;
    one.lengths = {lengths[b]};
    one.emissions = {emissions[b]};
    one.gold = {gold[b]};
    if (!weight.empty()) one.weight = {weight[b]};
    return one;
  }
};

inline Problem RandomProblem(std::mt19937_64* random, int64_t tags, const std::vector<int64_t>& lengths,
                             float deviation = 2.0f) {
  std::normal_distribution<float> normal(0.0f, 1.0f);
  std::uniform_int_distribution<int32_t> tag(0, static_cast<int32_t>(tags - 1));
  Problem p;
  p.tags = tags;
  p.lengths = lengths;
  for (const int64_t n : lengths) {
    p.emissions.emplace_back(static_cast<size_t>(n * tags));
    for (float& e : p.emissions.back()) e = deviation * normal(*random);
    p.gold.emplace_back(static_cast<size_t>(n));
    for (int32_t& y : p.gold.back()) y = tag(*random);
  }
  p.transitions.resize(static_cast<size_t>(tags * tags));
  p.start.resize(static_cast<size_t>(tags));
  p.end.resize(static_cast<size_t>(tags));
  for (float& a : p.transitions) a = normal(*random);
  for (float& a : p.start) a = normal(*random);
  for (float& a : p.end) a = normal(*random);
  return p;
}

/// O and B-, I-, E-, S- of `types` types; illegal moves get `forbidden`.
inline void ForbidBioes(Problem* p, int64_t types, float forbidden) {
  const auto part = [](int64_t tag) { return tag == 0 ? 'O' : "BIES"[(tag - 1) % 4]; };
  const auto type = [](int64_t tag) { return tag == 0 ? -1 : (tag - 1) / 4; };
  ASSERT_EQ(p->tags, 1 + 4 * types);
  for (int64_t a = 0; a < p->tags; ++a) {
    const bool open = part(a) == 'B' || part(a) == 'I';
    for (int64_t b = 0; b < p->tags; ++b) {
      const bool continues = part(b) == 'I' || part(b) == 'E';
      if (open != continues || (open && type(a) != type(b)))
        p->transitions[static_cast<size_t>(a * p->tags + b)] = forbidden;
    }
    if (part(a) == 'I' || part(a) == 'E') p->start[static_cast<size_t>(a)] = forbidden;
    if (open) p->end[static_cast<size_t>(a)] = forbidden;
  }
}

inline std::vector<int64_t> RandomLengths(std::mt19937_64* random, int64_t count, int64_t low, int64_t high) {
  std::uniform_int_distribution<int64_t> length(low, high);
  std::vector<int64_t> out(static_cast<size_t>(count));
  for (int64_t& n : out) n = length(*random);
  return out;
}

/// The arrays of a problem in one layout. Outputs have the shape of the emissions.
struct Storage {
  Storage(const Problem& problem, const Layout& layout) : stride(problem.tags + layout.stride_gap) {
    const int64_t longest =
        problem.lengths.empty() ? 0 : *std::max_element(problem.lengths.begin(), problem.lengths.end());
    int64_t row = layout.leading_rows;
    for (const int64_t n : problem.lengths) {
      offsets.push_back(row);
      lengths.push_back(static_cast<int32_t>(n));
      row += layout.padded ? longest + 1 : n;
    }
    offsets.push_back(row);
    rows = row + (layout.padded ? 2 : 0);
    emissions.assign(static_cast<size_t>(rows * stride), kNaN);
    gold.assign(static_cast<size_t>(rows), -77);
    for (size_t b = 0; b < problem.lengths.size(); ++b) {
      for (int64_t i = 0; i < problem.lengths[b]; ++i) {
        std::copy_n(problem.emissions[b].begin() + i * problem.tags, problem.tags,
                    emissions.begin() + (offsets[b] + i) * stride);
        gold[static_cast<size_t>(offsets[b] + i)] = problem.gold[b][static_cast<size_t>(i)];
      }
    }
    params_stride = problem.tags + layout.params_gap;
    transitions.assign(static_cast<size_t>(problem.tags * params_stride), kNaN);
    for (int64_t y = 0; y < problem.tags; ++y) {
      std::copy_n(problem.transitions.begin() + y * problem.tags, problem.tags,
                  transitions.begin() + y * params_stride);
    }
    start = problem.start;
    end = problem.end;
    batch.sentences = problem.Sentences();
    batch.tags = problem.tags;
    batch.rows = rows;
    batch.max_length = longest;
    batch.offsets = offsets.data();
    batch.lengths = layout.padded ? lengths.data() : nullptr;
    params = {transitions.data(), start.data(), end.data(), params_stride};
  }
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  [[nodiscard]] Rows In() const { return {emissions.data(), stride}; }

  int64_t stride = 0, params_stride = 0, rows = 0;
  std::vector<int64_t> offsets;
  std::vector<int32_t> lengths, gold;
  std::vector<float> emissions, transitions, start, end;
  Batch batch;
  Params params;
};

/// A parallel_for over real threads, rows taken in an arbitrary order.
class ThreadExec {
 public:
  explicit ThreadExec(int threads) : threads_(threads) {}
  [[nodiscard]] Exec Get() { return {&ThreadExec::ParallelFor, this}; }
  [[nodiscard]] int64_t Calls() const { return calls_; }

 private:
  static void ParallelFor(void* context, int64_t n, void (*body)(void*, int64_t), void* body_context) {
    auto* self = static_cast<ThreadExec*>(context);
    ++self->calls_;
    std::vector<std::thread> threads;
    for (int t = 0; t < self->threads_; ++t) {
      threads.emplace_back([=] {
        for (int64_t i = n - 1 - t; i >= 0; i -= self->threads_) body(body_context, i);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  int threads_;
  int64_t calls_ = 0;
};

/// An output vector per sentence, gathered from a layout; checks that nothing outside the rows of sentences was
/// written.
inline constexpr float kPattern = -12345.0f;
inline std::vector<std::vector<float>> Gather(const Problem& problem, const Storage& s, const std::vector<float>& out) {
  std::vector<char> inside(out.size(), 0);
  std::vector<std::vector<float>> rows;
  for (size_t b = 0; b < problem.lengths.size(); ++b) {
    rows.emplace_back();
    for (int64_t i = 0; i < problem.lengths[b]; ++i) {
      for (int64_t y = 0; y < problem.tags; ++y) {
        const auto at = static_cast<size_t>((s.offsets[b] + i) * s.stride + y);
        inside[at] = 1;
        rows.back().push_back(out[at]);
      }
    }
  }
  for (size_t i = 0; i < out.size(); ++i) {
    if (inside[i] == 0) {
      EXPECT_EQ(out[i], kPattern) << "written outside the rows at float " << i;
    }
  }
  return rows;
}
inline std::vector<std::vector<int32_t>> GatherTags(const Problem& problem, const Storage& s,
                                                    const std::vector<int32_t>& out) {
  std::vector<std::vector<int32_t>> rows;
  for (size_t b = 0; b < problem.lengths.size(); ++b) {
    rows.emplace_back(out.begin() + s.offsets[b], out.begin() + s.offsets[b] + problem.lengths[b]);
  }
  return rows;
}

/// Exactly the bytes the operation asks for, at an odd address, with a guard pattern behind.
class ExactWorkspace {
 public:
  ExactWorkspace(Operation operation, const Batch& batch)
      : bytes_(backend::WorkspaceBytes(operation, batch)), data_(bytes_ + 1 + kGuard, 0xAB) {
    EXPECT_GT(bytes_, 0u);
  }
  ~ExactWorkspace() {
    for (size_t i = 0; i < kGuard; ++i) EXPECT_EQ(data_[1 + bytes_ + i], 0xAB) << "workspace overrun";
  }
  ExactWorkspace(const ExactWorkspace&) = delete;
  ExactWorkspace& operator=(const ExactWorkspace&) = delete;
  [[nodiscard]] Workspace Get() { return {data_.data() + 1, bytes_}; }

 private:
  static constexpr size_t kGuard = 64;
  size_t bytes_;
  std::vector<uint8_t> data_;
};

struct NllResult {
  std::vector<double> loss;
  std::vector<std::vector<float>> d_emissions;
  std::vector<float> transitions, start, end;
  std::vector<uint8_t> flags;
};
inline NllResult RunNll(const Problem& problem, const Layout& layout = {}, const Exec& exec = {}) {
  const Storage s(problem, layout);
  ExactWorkspace workspace(Operation::kNll, s.batch);
  NllResult r;
  const auto count = static_cast<size_t>(problem.Sentences()), tags = static_cast<size_t>(problem.tags);
  r.loss.assign(count, kNaN);
  r.flags.assign(count, 0xEE);
  r.start.assign(tags, kPattern);
  r.end.assign(tags, kPattern);
  std::vector<float> d(s.emissions.size(), kPattern);
  std::vector<float> transitions(s.transitions.size(), kPattern);
  const KernelStatus status = backend::Nll(
      s.batch, s.In(), s.params, s.gold.data(), problem.weight.empty() ? nullptr : problem.weight.data(), r.loss.data(),
      {d.data(), s.stride}, {transitions.data(), r.start.data(), r.end.data(), s.params_stride}, r.flags.data(),
      workspace.Get(), exec);
  EXPECT_EQ(status, KernelStatus::kOk);
  r.d_emissions = Gather(problem, s, d);
  for (int64_t from = 0; from < problem.tags; ++from) {
    for (int64_t y = 0; y < s.params_stride; ++y) {
      const float value = transitions[static_cast<size_t>(from * s.params_stride + y)];
      if (y < problem.tags) {
        r.transitions.push_back(value);
      } else {
        EXPECT_EQ(value, kPattern);
      }
    }
  }
  return r;
}

struct MarginalsResult {
  std::vector<double> log_z;
  std::vector<std::vector<float>> unary;
  std::vector<uint8_t> flags;
};
inline MarginalsResult RunMarginals(const Problem& problem, const Layout& layout = {},
                                    const Constraints* constraints = nullptr, const Exec& exec = {}) {
  const Storage s(problem, layout);
  ExactWorkspace workspace(Operation::kMarginals, s.batch);
  MarginalsResult r;
  r.log_z.assign(problem.lengths.size(), kNaN);
  r.flags.assign(problem.lengths.size(), 0xEE);
  std::vector<float> unary(s.emissions.size(), kPattern);
  EXPECT_EQ(backend::Marginals(s.batch, s.In(), s.params, constraints, r.log_z.data(), {unary.data(), s.stride},
                               r.flags.data(), workspace.Get(), exec),
            KernelStatus::kOk);
  r.unary = Gather(problem, s, unary);
  return r;
}

struct DecodeResult {
  std::vector<std::vector<int32_t>> tags;
  std::vector<double> score;  ///< of the path, or log Z for the posterior
  std::vector<uint8_t> flags;
};
inline DecodeResult RunDecode(Operation operation, const Problem& problem, const Layout& layout = {},
                              const Constraints* constraints = nullptr, const Exec& exec = {}) {
  const Storage s(problem, layout);
  ExactWorkspace workspace(operation, s.batch);
  DecodeResult r;
  r.score.assign(problem.lengths.size(), kNaN);
  r.flags.assign(problem.lengths.size(), 0xEE);
  std::vector<int32_t> tags(static_cast<size_t>(s.rows), -5);
  const auto decode = operation == Operation::kViterbi ? &backend::Viterbi : &backend::Posterior;
  EXPECT_EQ(decode(s.batch, s.In(), s.params, constraints, tags.data(), r.score.data(), r.flags.data(), workspace.Get(),
                   exec),
            KernelStatus::kOk);
  r.tags = GatherTags(problem, s, tags);
  return r;
}

}  // namespace clner::crf::test
