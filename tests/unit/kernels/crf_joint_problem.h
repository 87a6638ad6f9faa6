// Joint problems: views of sentences, who teaches whom, and calls of Joint and Cooperative with exact workspaces.
#pragma once

#include <string>
#include <vector>

#include "crf_problem.h"

namespace clner::crf::test {

/// `views.weight` are the weights of the NLL.
struct JointProblem {
  Problem views;
  std::vector<int64_t> teacher_of;
  std::vector<float> cl_weight;  ///< [B] or empty
  float tau = 1;
  CooperativeForm form = CooperativeForm::kTemperedKl;
  CooperativeDirection direction = CooperativeDirection::kTeacherToStudent;
  bool gold = true;
};

struct TermKind {
  CooperativeForm form;
  CooperativeDirection direction;
  float tau;
  [[nodiscard]] std::string Name() const {
    return "form " + std::to_string(static_cast<int>(form)) + " direction " +
           std::to_string(static_cast<int>(direction)) + " tau " + std::to_string(tau);
  }
};
inline std::vector<TermKind> AllTermKinds() {
  std::vector<TermKind> kinds;
  for (const auto direction : {CooperativeDirection::kTeacherToStudent, CooperativeDirection::kStudentToTeacher,
                               CooperativeDirection::kSymmetric}) {
    kinds.push_back({CooperativeForm::kCrossEntropy, direction, 1});
    kinds.push_back({CooperativeForm::kKl, direction, 1});
    for (const float tau : {0.3f, 1.0f, 2.0f}) kinds.push_back({CooperativeForm::kTemperedKl, direction, tau});
  }
  return kinds;
}
inline void SetKind(const TermKind& kind, JointProblem* problem) {
  problem->form = kind.form;
  problem->direction = kind.direction;
  problem->tau = kind.tau;
}

/// Pairs (student, teacher) of the given lengths at random places of the batch, some with a second student, and
/// sentences on their own. Teachers are noisy copies.
inline JointProblem RandomPairs(std::mt19937_64* random, int64_t tags, const std::vector<int64_t>& lengths,
                                float deviation = 2.0f, float noise = 0.7f) {
  std::vector<int64_t> all;
  std::vector<int64_t> family;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const size_t members = i % 3 == 0 ? 3 : i % 5 == 4 ? 1 : 2;
    all.insert(all.end(), members, lengths[i]);
    family.insert(family.end(), members, static_cast<int64_t>(i));
  }
  std::vector<size_t> order(all.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), *random);
  std::vector<int64_t> shuffled, families;
  for (const size_t i : order) {
    shuffled.push_back(all[i]);
    families.push_back(family[i]);
  }
  JointProblem joint;
  joint.views = RandomProblem(random, tags, shuffled, deviation);
  joint.teacher_of.assign(shuffled.size(), -1);
  std::normal_distribution<float> normal(0.0f, noise);
  for (size_t teacher = 0; teacher < shuffled.size(); ++teacher) {
    if (std::find(families.begin(), families.begin() + static_cast<int64_t>(teacher), families[teacher]) !=
        families.begin() + static_cast<int64_t>(teacher))
      continue;
    for (size_t student = teacher + 1; student < shuffled.size(); ++student) {
      if (families[student] != families[teacher]) continue;
      joint.teacher_of[student] = static_cast<int64_t>(teacher);
      for (size_t j = 0; j < joint.views.emissions[student].size(); ++j) {
        joint.views.emissions[student][j] = joint.views.emissions[teacher][j] + normal(*random);
      }
    }
  }
  return joint;
}
inline void RandomWeights(std::mt19937_64* random, JointProblem* joint) {
  std::uniform_real_distribution<float> weight(-0.5f, 1.5f);
  for (size_t b = 0; b < joint->teacher_of.size(); ++b) {
    joint->views.weight.push_back(b % 4 == 1 ? 0.0f : weight(*random));
    joint->cl_weight.push_back(b % 5 == 1 ? 0.0f : weight(*random));
  }
}

struct JointResult {
  std::vector<double> nll, cl;
  std::vector<std::vector<float>> d_emissions;
  std::vector<float> transitions, start, end;
  std::vector<uint8_t> flags;
};
inline CooperativeTerm TermOf(const JointProblem& joint) {
  CooperativeTerm term;
  term.weight = joint.cl_weight.empty() ? nullptr : joint.cl_weight.data();
  term.tau = joint.tau;
  term.form = joint.form;
  term.direction = joint.direction;
  return term;
}
/// Output buffers of a call in a layout, filled with patterns.
class JointOutputs {
 public:
  JointOutputs(const Problem& problem, const Storage& s)
      : problem_(problem), s_(s), d_(s.emissions.size(), kPattern), transitions_(s.transitions.size(), kPattern) {
    const auto count = problem.lengths.size(), tags = static_cast<size_t>(problem.tags);
    result.nll.assign(count, kNaN);
    result.cl.assign(count, kNaN);
    result.flags.assign(count, 0xEE);
    result.start.assign(tags, kPattern);
    result.end.assign(tags, kPattern);
  }
  RowsOut Rows() { return {d_.data(), s_.stride}; }
  ParamGrads Grads() { return {transitions_.data(), result.start.data(), result.end.data(), s_.params_stride}; }
  JointResult Take() {
    result.d_emissions = Gather(problem_, s_, d_);
    for (int64_t from = 0; from < problem_.tags; ++from) {
      for (int64_t y = 0; y < s_.params_stride; ++y) {
        const float value = transitions_[static_cast<size_t>(from * s_.params_stride + y)];
        if (y < problem_.tags) {
          result.transitions.push_back(value);
        } else {
          EXPECT_EQ(value, kPattern);
        }
      }
    }
    return result;
  }
  JointResult result;

 private:
  const Problem& problem_;
  const Storage& s_;
  std::vector<float> d_, transitions_;
};

inline JointResult RunJoint(const JointProblem& joint, const Layout& layout = {}, const Exec& exec = {}) {
  const Problem& p = joint.views;
  const Storage s(p, layout);
  ExactWorkspace workspace(Operation::kJoint, s.batch);
  JointOutputs out(p, s);
  JointTerms terms;
  terms.gold = joint.gold ? s.gold.data() : nullptr;
  terms.nll_weight = p.weight.empty() ? nullptr : p.weight.data();
  terms.teacher_of = joint.teacher_of.empty() ? nullptr : joint.teacher_of.data();
  terms.cooperative = TermOf(joint);
  EXPECT_EQ(backend::Joint(s.batch, s.In(), s.params, terms, out.result.nll.data(), out.result.cl.data(), out.Rows(),
                           out.Grads(), out.result.flags.data(), workspace.Get(), exec),
            KernelStatus::kOk);
  return out.Take();
}

/// `teacher` holds one [n][K] row block per sentence.
inline JointResult RunCooperative(const JointProblem& joint, const std::vector<std::vector<float>>& teacher,
                                  const Layout& layout = {}, const Exec& exec = {}) {
  Problem q = joint.views;
  q.emissions = teacher;
  const Storage s(joint.views, layout), rows(q, layout);
  ExactWorkspace workspace(Operation::kCooperative, s.batch);
  JointOutputs out(joint.views, s);
  EXPECT_EQ(backend::Cooperative(s.batch, s.In(), s.params, rows.In(), TermOf(joint), out.result.cl.data(), out.Rows(),
                                 out.Grads(), out.result.flags.data(), workspace.Get(), exec),
            KernelStatus::kOk);
  return out.Take();
}

inline void ExpectSameBits(const JointResult& a, const JointResult& b) {
  EXPECT_EQ(a.nll, b.nll);
  EXPECT_EQ(a.cl, b.cl);
  EXPECT_EQ(a.d_emissions, b.d_emissions);
  EXPECT_EQ(a.transitions, b.transitions);
  EXPECT_EQ(a.start, b.start);
  EXPECT_EQ(a.end, b.end);
  EXPECT_EQ(a.flags, b.flags);
}

}  // namespace clner::crf::test
