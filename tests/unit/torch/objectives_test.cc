// The objectives against their parts, and the weights that the batch source gives.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "config/resolve.h"
#include "core/log.h"
#include "objectives/objective.h"
#include "support/context_corpus.h"
#include "support/tiny_model.h"
#include "tokenize/tokenizer.h"
#include "train/batch_source.h"

namespace clner {
namespace {

class Objectives : public ::testing::Test {
 protected:
  void SetUp() override {
    SetLogLevel(LogLevel::kQuiet);
    at::set_num_threads(1);
    torch::manual_seed(11);
    test::WriteTinyEncoder(dir_ / "encoder");
    test::WriteText(dir_ / "train.conll", test::WithToyContexts(test::ToyCorpus(12, 5)));
    config_.train.batch_sentences = 4;
    config_.train.batching = TrainOptions::Batching::kFile;
    config_.objective.type = ObjectiveOptions::Type::kCooperative;
    tokenizer_ = LoadTokenizer(dir_ / "encoder");
    config_.data.train.sentences = (dir_ / "train.conll").string();
    CorpusCache cache({}, *tokenizer_, dir_ / "encoder");
    data_ = ReadDatasets(config_, cache, false);
    const TagSpace tags(data_.labels, Scheme::kBioes);
    const SentenceView original(*tokenizer_, 64, 16);
    const ContextView context(*tokenizer_, 64, 16);
    PrepareExamples(data_, {original, context}, tags, true);
    ModelSpec spec;
    spec.encoder = ReadEncoderConfig(dir_ / "encoder");
    spec.tags = tags;
    model_ = std::make_unique<Model>(std::move(spec));
    LoadEncoderWeights(dir_ / "encoder", model_->encoder());
    model_->eval();
  }
  [[nodiscard]] std::vector<Batch> Batches() const {
    const BatchSource source(data_, config_);
    std::vector<Batch> batches;
    for (const PlannedBatch& planned : source.Epoch(0)) {
      for (Batch& batch : source.Pack(planned, 0, 1)) batches.push_back(std::move(batch));
    }
    return batches;
  }
  test::TempDir dir_;
  RunConfig config_;
  std::unique_ptr<Tokenizer> tokenizer_;
  Datasets data_;
  std::unique_ptr<Model> model_;
};

double Value(const StepLoss& loss, const std::string& name) {
  for (const LossTerm& term : loss.terms) {
    if (term.name == name) return term.sum / static_cast<double>(term.count);
  }
  return std::nan("");
}

// Sentences 3, 7 and 11 have no context (clner.md 3.5: 1 for a plain batch, 0.5 and 0.5 for one with pairs).
TEST_F(Objectives, CodeModePoolsTheViewsAndHalvesBatchesWithPairs) {
  const std::vector<Batch> batches = Batches();
  ASSERT_EQ(batches.size(), 6U);
  for (size_t i = 0; i < batches.size(); i += 2) {
    EXPECT_EQ(batches[i].nll_weight, std::vector<float>(4, 0.25F));
    EXPECT_EQ(batches[i].teacher_of, std::vector<int64_t>(4, -1));
    const Batch& context = batches[i + 1];
    EXPECT_EQ(context.members, 4);
    EXPECT_EQ(context.teacher_of, (std::vector<int64_t>{-1, -1, -1, -1, 0, 1, 2}));
    EXPECT_EQ(context.nll_weight, (std::vector<float>{0.125F, 0.125F, 0.125F, 0.125F, 0, 0, 0}));
    EXPECT_FLOAT_EQ(context.cl_weight[4], 0.5F / 3);
    EXPECT_EQ(context.context, (std::vector<bool>{true, true, true, false, false, false, false}));
  }
}

TEST_F(Objectives, PaperModeHoldsBothViewsOfEverySentenceOnce) {
  config_.objective.mode = ObjectiveOptions::Mode::kPaper;
  std::vector<Batch> batches = Batches();
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[0].members, 4);
  EXPECT_EQ(batches[0].teacher_of, (std::vector<int64_t>{4, 5, 6, -1, -1, -1, -1}));
  EXPECT_FLOAT_EQ(batches[0].nll_weight[0], 0.25F);
  EXPECT_FLOAT_EQ(batches[0].nll_weight[4], 1 / 3.0F);
  EXPECT_FLOAT_EQ(batches[0].cl_weight[0], 1 / 3.0F);
  config_.objective.without_context = ObjectiveOptions::WithoutContext::kCopy;
  batches = Batches();
  EXPECT_EQ(batches[0].teacher_of.size(), 8U);
  EXPECT_EQ(batches[0].teacher_of[3], -1);
  EXPECT_FLOAT_EQ(batches[0].nll_weight[7], 0.25F);
}

TEST_F(Objectives, PartsOfABatchAddUpToIt) {
  config_.objective.cl = ObjectiveOptions::Cl::kBoth;
  const BatchSource source(data_, config_);
  const ObjectiveRules rules = RulesOf(config_);
  const std::unique_ptr<Objective> objective = MakeObjective(rules);
  for (const PlannedBatch& planned : source.Epoch(0)) {
    const double whole = objective->Step(*model_, source.Pack(planned, 0, 1).front()).total.item<double>();
    double parts = 0;
    for (const int64_t part : {0, 1, 2}) {
      for (const Batch& batch : source.Pack(planned, part, 3))
        parts += objective->Step(*model_, batch).total.item<double>();
    }
    EXPECT_NEAR(parts, whole, 1e-5 * std::abs(whole));
  }
}

// Both terms from the definitions: tempered KL of marginals, and squared distances of word vectors.
TEST_F(Objectives, TermsEqualTheirDefinitionsAndTheTotalTheirWeightedSum) {
  config_.objective.cl = ObjectiveOptions::Cl::kBoth;
  config_.objective.temperature = 0.5;
  const Batch batch = Batches()[1];
  const StepLoss loss = MakeObjective(RulesOf(config_))->Step(*model_, batch);
  torch::NoGradGuard no_grad;
  const at::Tensor words = model_->Words(batch), emissions = model_->Score(words);
  const at::Tensor log_p = ops::CrfMarginals(emissions, model_->crf(), batch.cu_words, {}).unary.to(at::kDouble).log();
  double kl = 0, l2 = 0;
  for (size_t b = 4; b < 7; ++b) {
    const int64_t first = batch.cu_words[b], count = batch.cu_words[b + 1] - first, teacher = batch.cu_words[b - 4];
    const at::Tensor p = at::log_softmax(log_p.narrow(0, first, count) / 0.5, 1),
                     q = at::log_softmax(log_p.narrow(0, teacher, count) / 0.5, 1);
    kl += 0.25 * (q.exp() * (q - p)).sum().item<double>() / 3;
    l2 += (words.narrow(0, first, count) - words.narrow(0, teacher, count)).square().sum().item<double>() / 32 / 3;
  }
  EXPECT_NEAR(Value(loss, "cl_kl"), kl, 1e-4 * kl + 1e-7);
  EXPECT_NEAR(Value(loss, "cl_l2"), l2, 1e-5 * l2);
  double nll = 0;  // three sentences with context and one without
  for (const LossTerm& term : loss.terms) nll += term.name.starts_with("nll") ? term.sum / 4 : 0;
  EXPECT_NEAR(loss.total.item<double>(), 0.5 * nll + 0.5 * (kl + l2), 1e-5 * nll);
}

// The teacher is a constant: without its own NLL, nothing reaches the rows of its sentence.
TEST_F(Objectives, NoGradientFlowsIntoTheTeacher) {
  for (const auto cl : {ObjectiveOptions::Cl::kKl, ObjectiveOptions::Cl::kL2}) {
    config_.objective.cl = cl;
    config_.objective.weights.context = 0;
    const Batch batch = Batches()[1];
    model_->zero_grad();
    MakeObjective(RulesOf(config_))->Step(*model_, batch).total.backward();
    const at::Tensor gradient = model_->encoder().named_parameters()["embeddings.position_embeddings.weight"].grad();
    int64_t longest_student = 0;
    for (size_t s = 0; s + 1 < batch.cu_seqlens.size(); ++s) {
      const int64_t length = batch.cu_seqlens[s + 1] - batch.cu_seqlens[s];
      bool student = false;
      for (size_t b = 4; b < 7; ++b) {
        const Example& example = data_.train.examples[static_cast<size_t>(batch.sentences[b])];
        student = student || example.pieces() == length;
      }
      if (student) longest_student = std::max(longest_student, length);
    }
    EXPECT_GT(gradient.narrow(0, 0, longest_student).abs().max().item<double>(), 0);
    EXPECT_EQ(gradient.narrow(0, longest_student, 64 - longest_student).abs().max().item<double>(), 0);
  }
}

TEST_F(Objectives, UnlabelledBatchesJoinEveryStepInCodeModeAndAlternateInPaperMode) {
  config_.data.unlabelled.sentences = "given";
  config_.objective.weights.unlabelled = 0.75;
  data_.unlabelled = data_.train;
  const BatchSource code(data_, config_);
  for (const PlannedBatch& planned : code.Epoch(0)) {
    const std::vector<Batch> packed = code.Pack(planned, 0, 1);
    ASSERT_EQ(packed.size(), 2U);
    EXPECT_TRUE(packed[1].tags.empty());
    float sum = 0;
    for (const float weight : packed[1].cl_weight) sum += weight;
    EXPECT_FLOAT_EQ(sum, 0.75F);
    for (const float weight : packed[1].nll_weight) EXPECT_EQ(weight, 0);
  }
  EXPECT_EQ(code.Epoch(3)[0].unlabelled, code.Epoch(3)[0].unlabelled);
  config_.objective.mode = ObjectiveOptions::Mode::kPaper;
  config_.train.accumulate = 2;
  const std::vector<PlannedBatch> plan = BatchSource(data_, config_).Epoch(0);
  ASSERT_EQ(plan.size(), 5U);  // two labelled, two unlabelled, the last labelled one
  for (size_t i = 0; i < plan.size(); ++i) EXPECT_EQ(plan[i].labelled.empty(), i == 2 || i == 3) << i;
}

TEST_F(Objectives, ContextsThatAreNeededAndMissingAreAnError) {
  data_.train.contexts.clear();
  data_.train.context_of.assign(data_.train.context_of.size(), -1);
  try {
    (void)BatchSource(data_, config_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kData);
    EXPECT_NE(std::string(error.what()).find("no training sentence has one"), std::string::npos);
  }
}

}  // namespace
}  // namespace clner
