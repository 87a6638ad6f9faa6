#include <gtest/gtest.h>
#include <torch/torch.h>

#include <utility>

#include "core/random.h"
#include "nn/crf_head.h"
#include "nn/layer_mix.h"
#include "support/tiny_model.h"
#include "tensor/batch.h"
#include "tokenize/tokenizer.h"
#include "views/view.h"

namespace clner {
namespace {

/// A sentence of words with these numbers of pieces, in one sequence; ids count up from `id`.
Example Sentence(const std::vector<int32_t>& pieces, int32_t id, Pooling pooling) {
  Example example;
  ViewItem& item = example.items.emplace_back();
  item.pooling = pooling;
  item.ids.push_back(0);
  for (const int32_t count : pieces) {
    const auto at = static_cast<int32_t>(item.ids.size());
    item.pool.push_back(count == 0 ? -1 : at);
    item.pool_end.push_back(at + count);
    for (int32_t i = 0; i < count; ++i) item.ids.push_back(id++);
  }
  item.ids.push_back(0);
  example.words = static_cast<int64_t>(pieces.size());
  return example;
}

TEST(PoolPieces, EveryPoolingEqualsTheSumOverThePiecesOfTheWord) {
  for (const Pooling pooling : {Pooling::kFirst, Pooling::kLast, Pooling::kMean, Pooling::kFirstLast}) {
    // The second sentence is longer, so its sequence comes first in the batch.
    const Example a = Sentence({1, 3, 0, 2}, 10, pooling), b = Sentence({2, 1, 1, 4, 0, 1}, 50, pooling);
    const Batch batch = Pack({&a, &b});
    const at::Tensor states = batch.ids.index_select(0, batch.query_index).to(at::kFloat).unsqueeze(1);
    const at::Tensor words = nn::PoolPieces(states, batch);
    ASSERT_EQ(words.size(0), 10);
    const std::vector<std::vector<float>> pieces = {{10}, {11, 12, 13},     {}, {14, 15}, {50, 51}, {52},
                                                    {53}, {54, 55, 56, 57}, {}, {58}};
    for (size_t w = 0; w < pieces.size(); ++w) {
      const std::vector<float>& own = pieces[w];
      std::vector<float> expected(pooling == Pooling::kFirstLast ? 2 : 1, 0.0F);
      if (!own.empty()) {
        expected[0] = pooling == Pooling::kLast ? own.back() : own[0];
        if (pooling == Pooling::kMean) expected[0] = (own[0] + own.back()) / 2;  // consecutive numbers
        if (pooling == Pooling::kFirstLast) expected[1] = own.back();
      }
      for (size_t d = 0; d < expected.size(); ++d) {
        EXPECT_FLOAT_EQ(words[static_cast<int64_t>(w)][static_cast<int64_t>(d)].item<float>(), expected[d])
            << Name(pooling) << " word " << w;
      }
    }
  }
}

TEST(PoolPieces, NamesRoundTrip) {
  for (const Pooling pooling : {Pooling::kFirst, Pooling::kLast, Pooling::kMean, Pooling::kFirstLast})
    EXPECT_EQ(FindPooling(Name(pooling)), pooling);
  EXPECT_FALSE(FindPooling("max").has_value());
}

TEST(LayerMix, ScalarMixStartsAsTheMeanAndWeighsItsLayers) {
  nn::LayerMix mix(LayerSelection::Mix::kScalar, 3);
  const std::vector<at::Tensor> states = {at::full({2, 4}, 1.0), at::full({2, 4}, 2.0), at::full({2, 4}, 6.0)};
  EXPECT_TRUE(at::allclose(mix(states), at::full({2, 4}, 3.0)));
  torch::NoGradGuard no_grad;
  mix.named_parameters()["weights"].copy_(at::tensor({0.0F, 0.0F, 50.0F}));
  mix.named_parameters()["gamma"].fill_(2);
  EXPECT_TRUE(at::allclose(mix(states), at::full({2, 4}, 12.0)));
  EXPECT_EQ(nn::LayerMix(LayerSelection::Mix::kMean, 3).parameters().size(), 0U);
}

TEST(Encoder, WordsOfALongSentenceHaveTheStatesOfTheirWindowAlone) {
  at::set_num_threads(1);
  const test::TempDir dir;
  test::WriteTinyEncoder(dir / "encoder");
  nn::Encoder encoder(ReadEncoderConfig(dir / "encoder"));
  LoadEncoderWeights(dir / "encoder", encoder);
  encoder.eval();
  const std::unique_ptr<Tokenizer> tokenizer = LoadTokenizer(dir / "encoder");
  clner::Sentence sentence;
  for (int i = 0; i < 700; ++i) sentence.words.push_back(i % 3 == 0 ? "anna" : i % 3 == 1 ? "saw" : "bert");
  Example whole;
  const int64_t windows = SentenceView(*tokenizer, 64, 16).Append(sentence, 0, &whole.items);
  whole.words = 700;
  ASSERT_GT(whole.pieces(), 2000);
  ASSERT_GT(windows, 30);
  torch::InferenceMode inference;
  const auto states = [&](const Example& example) {
    const Batch batch = Pack({&example});
    return nn::PoolPieces(encoder.Forward({}, batch).rows, batch);
  };
  const at::Tensor all = states(whole);
  int64_t covered = 0;
  for (ViewItem item : whole.items) {
    const int64_t first = std::exchange(item.first_word, 0), words = static_cast<int64_t>(item.pool.size());
    Example alone;
    alone.items = {item};
    alone.words = words;
    EXPECT_TRUE(at::allclose(states(alone), all.narrow(0, first, words), 1e-5, 1e-6)) << "window at word " << first;
    covered += words;
  }
  EXPECT_EQ(covered, 700);  // every word in exactly one window
}

TEST(Encoder, LowerLayersAreThoseOfTheWholeStack) {
  at::set_num_threads(1);
  const test::TempDir dir;
  test::WriteTinyEncoder(dir / "encoder");
  const EncoderConfig config = ReadEncoderConfig(dir / "encoder");
  const auto states = [&](std::vector<int64_t> layers) {
    auto mean = std::make_shared<nn::LayerMix>(LayerSelection::Mix::kMean, static_cast<int64_t>(layers.size()));
    nn::Encoder encoder(config, std::move(layers), mean);
    LoadEncoderWeights(dir / "encoder", encoder);
    encoder.eval();
    const Example example = Sentence({1, 2, 3}, 10, Pooling::kMean);
    torch::InferenceMode inference;
    return encoder.Forward({}, Pack({&example})).rows;
  };
  const at::Tensor zero = states({0}), one = states({1}), two = states({2});
  EXPECT_FALSE(at::allclose(one, two, 1e-3, 1e-3));
  EXPECT_TRUE(at::allclose(states({0, 1, 2}), (zero + one + two) / 3, 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(states({0, 2}), (zero + two) / 2, 1e-5, 1e-5));
}

}  // namespace
}  // namespace clner
