// Argument checks: a refused call writes nothing. Workspace sizes.
#include <cmath>
#include <cstring>

#include "crf_problem.h"

namespace clner::crf::test {
namespace {

constexpr std::initializer_list<Operation> kAll = {Operation::kNll,     Operation::kMarginals,
                                                   Operation::kViterbi, Operation::kPosterior,
                                                   Operation::kJoint,   Operation::kCooperative};

constexpr std::initializer_list<Operation> kLosses = {Operation::kNll, Operation::kJoint, Operation::kCooperative};

/// One call of every operation with arguments a test may spoil; remembers what the outputs held.
class Call {
 public:
  Call() : problem_(MakeProblem()), storage_(problem_, {}) {
    batch = storage_.batch;
    emissions = storage_.In();
    params = storage_.params;
    gold = storage_.gold.data();
    weight = weights.data();
    d_out = {d_emissions.data(), 5};
    grads = {transitions.data(), start.data(), end.data(), 5};
    teacher = {teacher_rows.data(), 5};
    terms.gold = gold;
    terms.nll_weight = weights.data();
    terms.teacher_of = teacher_of.data();
    terms.cooperative.weight = cl_weights.data();
    for (const Operation operation : kAll)
      workspace_bytes_ = std::max(workspace_bytes_, backend::WorkspaceBytes(operation, batch));
    memory_.assign(workspace_bytes_, 0x5A);
    workspace = {memory_.data(), memory_.size()};
  }

  KernelStatus Run(Operation operation) {
    switch (operation) {
      case Operation::kNll:
        return backend::Nll(batch, emissions, params, gold, weight, loss, d_out, grads, flags, workspace);
      case Operation::kMarginals:
        return backend::Marginals(batch, emissions, params, nullptr, loss, d_out, flags, workspace);
      case Operation::kViterbi:
        return backend::Viterbi(batch, emissions, params, nullptr, tags, loss, flags, workspace);
      case Operation::kPosterior:
        return backend::Posterior(batch, emissions, params, nullptr, tags, loss, flags, workspace);
      case Operation::kJoint:
        return backend::Joint(batch, emissions, params, terms, loss, cl, d_out, grads, flags, workspace);
      case Operation::kCooperative:
        return backend::Cooperative(batch, emissions, params, teacher, terms.cooperative, cl, d_out, grads, flags,
                                    workspace);
      case Operation::kSpanMarginals:
        break;
    }
    return KernelStatus::kOk;
  }

  void ExpectUntouched() const {
    for (const auto* values : {&d_emissions, &transitions, &start, &end}) {
      for (const float v : *values) ASSERT_EQ(v, kPattern);
    }
    for (const auto* values : {&losses, &cl_values}) {
      for (const double v : *values) ASSERT_EQ(v, -7.0);
    }
    for (const uint8_t v : flag_values) ASSERT_EQ(v, 0xEE);
    for (const int32_t v : tag_values) ASSERT_EQ(v, -9);
    for (const uint8_t v : memory_) ASSERT_EQ(v, 0x5A);
  }

  std::vector<float> weights = std::vector<float>(3, 0.5f), cl_weights = std::vector<float>(3, 0.5f),
                     teacher_rows = std::vector<float>(50, 0.2f);
  std::vector<int64_t> teacher_of = {-1, -1, -1};
  std::vector<float> d_emissions = std::vector<float>(50, kPattern), transitions = std::vector<float>(25, kPattern),
                     start = std::vector<float>(5, kPattern), end = std::vector<float>(5, kPattern);
  std::vector<double> losses = std::vector<double>(3, -7.0), cl_values = std::vector<double>(3, -7.0);
  std::vector<uint8_t> flag_values = std::vector<uint8_t>(3, 0xEE);
  std::vector<int32_t> tag_values = std::vector<int32_t>(10, -9);
  Batch batch;
  Rows emissions;
  Params params;
  const int32_t* gold;
  const float* weight;
  double *loss = losses.data(), *cl = cl_values.data();
  RowsOut d_out;
  ParamGrads grads;
  uint8_t* flags = flag_values.data();
  int32_t* tags = tag_values.data();
  Rows teacher;
  JointTerms terms;
  Workspace workspace;
  std::vector<int64_t> own_offsets = {0, 4, 5, 10};
  std::vector<int32_t> own_lengths = {4, 1, 5};
  std::vector<int32_t> own_gold = std::vector<int32_t>(10, 0);

 private:
  static Problem MakeProblem() {
    std::mt19937_64 random(5);
    return RandomProblem(&random, 5, {4, 1, 5});
  }
  Problem problem_;
  Storage storage_;
  size_t workspace_bytes_ = 0;
  std::vector<uint8_t> memory_;
};

void ExpectRefused(const char* what, std::initializer_list<Operation> operations,
                   const std::function<void(Call*)>& spoil) {
  for (const Operation operation : operations) {
    SCOPED_TRACE(std::string(what) + ", operation " + std::to_string(static_cast<int>(operation)));
    Call call;
    spoil(&call);
    EXPECT_EQ(call.Run(operation), KernelStatus::kBadArgument);
    call.ExpectUntouched();
  }
}

/// What the host can see is refused; a value in device memory flags its sentence and leaves the others alone.
void ExpectRefusedOrFlagged(const char* what, std::initializer_list<Operation> operations, size_t sentence,
                            const std::function<void(Call*)>& spoil) {
  if (backend::ChecksValues()) return ExpectRefused(what, operations, spoil);
  for (const Operation operation : operations) {
    SCOPED_TRACE(std::string(what) + ", operation " + std::to_string(static_cast<int>(operation)));
    Call call;
    spoil(&call);
    EXPECT_EQ(call.Run(operation), KernelStatus::kOk);
    EXPECT_EQ(call.flag_values[sentence], kNonFinite);
    if (operation != Operation::kCooperative) {
      EXPECT_TRUE(std::isnan(call.losses[sentence]));
    }
    if (std::find(kLosses.begin(), kLosses.end(), operation) == kLosses.end()) continue;
    for (const float v : call.transitions) EXPECT_TRUE(std::isfinite(v));
  }
}

TEST(CrfArgs, UnspoiledCallsSucceed) {
  for (const Operation operation : kAll) {
    Call call;
    EXPECT_EQ(call.Run(operation), KernelStatus::kOk);
  }
}

TEST(CrfArgs, BadBatchesAreRefusedWithoutWriting) {
  const auto refuse = [](const char* what, const std::function<void(Call*)>& spoil) {
    ExpectRefused(what, kAll, [&](Call* c) {
      c->batch.offsets = c->own_offsets.data();
      spoil(c);
      EXPECT_EQ(backend::WorkspaceBytes(Operation::kNll, c->batch), 0u);
    });
  };
  refuse("negative sentences", [](Call* c) { c->batch.sentences = -1; });
  refuse("no tags", [](Call* c) { c->batch.tags = 0; });
  refuse("too many tags", [](Call* c) { c->batch.tags = 1025; });
  refuse("negative rows", [](Call* c) { c->batch.rows = -1; });
  refuse("negative max_length", [](Call* c) { c->batch.max_length = -1; });
  refuse("null offsets", [](Call* c) { c->batch.offsets = nullptr; });
}

TEST(CrfArgs, BadOffsetsAndLengthsAreRefusedOrFlagged) {
  const auto refuse = [](const char* what, size_t sentence, const std::function<void(Call*)>& spoil) {
    ExpectRefusedOrFlagged(what, kAll, sentence, [&](Call* c) {
      c->batch.offsets = c->own_offsets.data();
      spoil(c);
      if (backend::ChecksValues()) {
        EXPECT_EQ(backend::WorkspaceBytes(Operation::kNll, c->batch), 0u);
      }
    });
  };
  refuse("negative offset", 0, [](Call* c) { c->own_offsets[0] = -1; });
  refuse("decreasing offsets", 1, [](Call* c) { c->own_offsets[1] = 6; });
  refuse("offsets past the rows", 2, [](Call* c) { c->own_offsets[3] = 11; });
  refuse("rows too few", 2, [](Call* c) { c->batch.rows = 9; });
  refuse("sentence longer than max_length", 2, [](Call* c) { c->batch.max_length = 4; });
  refuse("negative length", 1, [](Call* c) {
    c->own_lengths[1] = -1;
    c->batch.lengths = c->own_lengths.data();
  });
  refuse("sentence runs into the next", 1, [](Call* c) {
    c->own_lengths[1] = 2;
    c->batch.lengths = c->own_lengths.data();
  });
}

TEST(CrfArgs, BadPointersAndStridesAreRefusedWithoutWriting) {
  const auto rows = {Operation::kNll, Operation::kMarginals, Operation::kJoint, Operation::kCooperative};
  ExpectRefused("null emissions", kAll, [](Call* c) { c->emissions.data = nullptr; });
  ExpectRefused("emission stride", kAll, [](Call* c) { c->emissions.stride = 4; });
  ExpectRefused("null transitions", kAll, [](Call* c) { c->params.transitions = nullptr; });
  ExpectRefused("null start", kAll, [](Call* c) { c->params.start = nullptr; });
  ExpectRefused("null end", kAll, [](Call* c) { c->params.end = nullptr; });
  ExpectRefused("transition stride", kAll, [](Call* c) { c->params.stride = 4; });
  ExpectRefused("null per-sentence value", kAll, [](Call* c) { c->loss = c->cl = nullptr; });
  ExpectRefused("null nll", {Operation::kJoint}, [](Call* c) { c->loss = nullptr; });
  ExpectRefused("null cl", {Operation::kJoint}, [](Call* c) { c->cl = nullptr; });
  ExpectRefused("null flags", kAll, [](Call* c) { c->flags = nullptr; });
  ExpectRefused("null output rows", rows, [](Call* c) { c->d_out.data = nullptr; });
  ExpectRefused("output stride", rows, [](Call* c) { c->d_out.stride = 4; });
  ExpectRefused("null tags", {Operation::kViterbi, Operation::kPosterior}, [](Call* c) { c->tags = nullptr; });
  ExpectRefused("output over the emissions", rows, [](Call* c) { c->emissions.data = c->d_emissions.data(); });
  ExpectRefused("output over the teacher", {Operation::kCooperative},
                [](Call* c) { c->teacher.data = c->d_emissions.data(); });
  ExpectRefused("null teacher", {Operation::kCooperative}, [](Call* c) { c->teacher.data = nullptr; });
  ExpectRefused("teacher stride", {Operation::kCooperative}, [](Call* c) { c->teacher.stride = 4; });
  ExpectRefused("null gradient of transitions", kLosses, [](Call* c) { c->grads.transitions = nullptr; });
  ExpectRefused("null gradient of start", kLosses, [](Call* c) { c->grads.start = nullptr; });
  ExpectRefused("null gradient of end", kLosses, [](Call* c) { c->grads.end = nullptr; });
  ExpectRefused("gradient stride", kLosses, [](Call* c) { c->grads.stride = 4; });
}

TEST(CrfArgs, BadGoldTagsAndWeightsAreRefusedOrFlagged) {
  ExpectRefused("null gold", {Operation::kNll}, [](Call* c) { c->gold = nullptr; });
  ExpectRefusedOrFlagged("null gold with weights", {Operation::kJoint}, 2, [](Call* c) { c->terms.gold = nullptr; });
  ExpectRefused("null gold and weights", {Operation::kJoint},
                [](Call* c) { c->terms.gold = nullptr, c->terms.nll_weight = nullptr; });
  for (const int32_t tag : {-1, 5, std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::min()}) {
    ExpectRefusedOrFlagged("gold tag", {Operation::kNll, Operation::kJoint}, 2, [tag](Call* c) {
      c->own_gold[9] = tag;
      c->gold = c->terms.gold = c->own_gold.data();
    });
  }
  for (const float w : {kNaN, kInfF, -kInfF}) {
    ExpectRefusedOrFlagged("weight", {Operation::kNll, Operation::kJoint}, 2, [w](Call* c) { c->weights[2] = w; });
    ExpectRefusedOrFlagged("weight of the term", {Operation::kJoint, Operation::kCooperative}, 2,
                           [w](Call* c) { c->cl_weights[2] = w; });
  }
}

TEST(CrfArgs, BadTeachersAndTermsAreRefusedOrFlagged) {
  for (const int64_t teacher : {int64_t{-2}, int64_t{3}, std::numeric_limits<int64_t>::max()}) {
    ExpectRefusedOrFlagged("teacher", {Operation::kJoint}, 1, [teacher](Call* c) { c->teacher_of[1] = teacher; });
  }
  ExpectRefusedOrFlagged("teacher of another length", {Operation::kJoint}, 1, [](Call* c) { c->teacher_of[1] = 0; });
  for (const float tau : {0.0f, -1.0f, 1e-4f, 1e4f, kNaN, kInfF}) {
    ExpectRefused("tau", {Operation::kJoint, Operation::kCooperative},
                  [tau](Call* c) { c->terms.cooperative.tau = tau; });
  }
  for (const int value : {-1, 3}) {
    ExpectRefused("form", {Operation::kJoint, Operation::kCooperative},
                  [value](Call* c) { c->terms.cooperative.form = static_cast<CooperativeForm>(value); });
    ExpectRefused("direction", {Operation::kJoint, Operation::kCooperative},
                  [value](Call* c) { c->terms.cooperative.direction = static_cast<CooperativeDirection>(value); });
  }
}

TEST(CrfArgs, WorkspaceOfOneByteLessIsRefusedWithoutWriting) {
  for (const Operation operation : kAll) {
    Call exact;
    exact.workspace.bytes = backend::WorkspaceBytes(operation, exact.batch);
    EXPECT_EQ(exact.Run(operation), KernelStatus::kOk);
    ExpectRefused("workspace", {operation},
                  [operation](Call* c) { c->workspace.bytes = backend::WorkspaceBytes(operation, c->batch) - 1; });
    ExpectRefused("no workspace", {operation}, [](Call* c) { c->workspace.data = nullptr; });
  }
}

TEST(CrfArgs, StatusesHaveTexts) {
  EXPECT_STREQ(StatusText(KernelStatus::kOk), "ok");
  EXPECT_STREQ(StatusText(KernelStatus::kBadArgument), "bad argument");
  EXPECT_STREQ(StatusText(KernelStatus::kNotCompiled), "built without CUDA");
  EXPECT_STREQ(StatusText(KernelStatus::kNoDevice), "no CUDA device");
  EXPECT_STREQ(StatusText(KernelStatus::kLaunchFailed), "CUDA launch failed");
}

}  // namespace
}  // namespace clner::crf::test
