#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/import.h"
#include "config_test_support.h"

namespace clner {
namespace {

using test::ErrorOf;
using test::ScopedEnv;
using ::testing::Contains;
using ::testing::HasSubstr;

// In the form of examples/RaNER/configs/wnut17.yaml, every part of which can be replaced.
struct AdaSeq {
  std::string files =
      "    train: 'https://host/api/repo/files?Revision=master&FilePath=train.txt.ret'\n"
      "    valid: '/data/${x}/dev.txt.ret'\n";
  std::string dataset = {};
  std::string preprocessor = "  max_length: 100\n";
  std::string model = "  dropout: 0.1\n  use_crf: true\n";
  std::string optimizer = "    param_groups:\n      - regex: crf\n        lr: 5.0e-2\n";
  std::string scheduler =
      "  lr_scheduler:\n    type: LinearLR\n    start_factor: 1.0\n    end_factor: 0.0\n    total_iters: 20\n";
  std::string root = "evaluation:\n  metrics: ner-metric\n";

  [[nodiscard]] std::string text() const {
    return "experiment:\n  exp_dir: experiments/\n  exp_name: wnut17_ra\n  seed: 7\n"
           "task: named-entity-recognition\ndataset:\n  data_file:\n" +
           files + "  data_type: conll\n" + dataset + "preprocessor:\n  type: sequence-labeling-preprocessor\n" +
           preprocessor + "data_collator: SequenceLabelingDataCollatorWithPadding\n" +
           "model:\n  type: sequence-labeling-model\n  embedder:\n    model_name_or_path: hub/xlm-roberta-large\n" +
           model + "train:\n  max_epochs: 20\n  dataloader:\n    batch_size_per_gpu: 4\n" +
           "  optimizer:\n    type: AdamW\n    lr: 5.0e-6\n" + optimizer + scheduler + root;
  }
};

ImportedConfig Import(const AdaSeq& adaseq) { return ImportConfig(adaseq.text(), "sub/a.yaml"); }

RunConfig Resolved(const AdaSeq& adaseq) {
  const ScopedEnv no_set("CLNER_SET", nullptr), data("CLNER_DATA", "/sets"), no_models("CLNER_MODELS", nullptr);
  return test::ConfigOfText(Import(adaseq).yaml);
}

std::vector<std::string> TextsOf(const ImportedConfig& imported) {
  std::vector<std::string> texts;
  for (const ImportNote& note : imported.notes) texts.push_back(note.text);
  return texts;
}

TEST(ImportAdaSeq, FilesOfTheExamplesBecomeConfigurationsOfOurs) {
  AdaSeq adaseq;
  adaseq.files = "    train: 'https://host/api/repo/files?Revision=master&FilePath=train.txt.ret'\n";
  const RunConfig config = Resolved(adaseq);
  EXPECT_EQ(config.name, "wnut17_ra");
  EXPECT_EQ(config.seed, 7);
  EXPECT_EQ(config.data.train.sentences, "/sets/train.txt.ret");
  EXPECT_EQ(config.data.scheme, "BIOES");
  EXPECT_EQ(config.model.encoder.max_pieces, 100);
  EXPECT_EQ(config.model.encoder.window_overlap, 25) << "our default is longer than such a window";
  EXPECT_EQ(config.model.encoder.word_dropout, 0);
  EXPECT_EQ(config.objective.type, ObjectiveOptions::Type::kNll);
  EXPECT_EQ(config.objective.view, ObjectiveOptions::View::kContext);
  EXPECT_EQ(config.train.epochs, 20);
  EXPECT_EQ(config.train.batch_sentences, 4);
  EXPECT_EQ(config.train.lr, 5e-6);
  ASSERT_EQ(config.train.groups.size(), 1U);
  EXPECT_EQ(config.train.groups[0], (GroupOptions{"^crf\\.", 0.05, std::nullopt}));
  EXPECT_EQ(config.train.optimizer.weight_decay, 0.01) << "torch's default, which is not ours";
  EXPECT_EQ(config.train.optimizer.eps, 1e-8);
  EXPECT_EQ(config.train.clip_norm, 0);
  EXPECT_EQ(config.train.schedule.type, ScheduleOptions::Type::kLinear);
  EXPECT_EQ(config.train.batching, TrainOptions::Batching::kRandom);
  const std::vector<std::string> texts = TextsOf(Import(adaseq));
  for (const char* text :
       {"dataset.data_file.train is an address, and nothing is fetched", "model.dropout is not carried over",
        "evaluation is not carried over", "objective.view is context", "data_collator is not carried over",
        "falls after every epoch there"}) {
    EXPECT_THAT(texts, Contains(HasSubstr(text)));
  }
}

TEST(ImportAdaSeq, TwoViewsAreCooperativeInTheModeOfThePaper) {
  AdaSeq adaseq;
  adaseq.preprocessor = "  return_original_view: true\n  tag_scheme: BIO\n";
  adaseq.model =
      "  multiview: true\n  mv_loss_type: crf_kl\n  temperature: 2\n  mv_interpolation: 0.4\n  word_dropout: true\n"
      "  dropout: 0.2\n";
  adaseq.scheduler = "  lr_scheduler:\n    type: linear\n    warmup_rate: 0.1\n";
  adaseq.optimizer = "    options:\n      grad_clip:\n        max_norm: 2.0\n    weight_decay: 0\n";
  const RunConfig config = Resolved(adaseq);
  EXPECT_EQ(config.objective.type, ObjectiveOptions::Type::kCooperative);
  EXPECT_EQ(config.objective.mode, ObjectiveOptions::Mode::kPaper);
  EXPECT_EQ(config.objective.temperature, 2.0);
  EXPECT_EQ(config.objective.weights.original, 0.4);
  EXPECT_EQ(config.objective.weights.context, 0.4);
  EXPECT_EQ(config.objective.weights.cl, 0.6);
  EXPECT_EQ(config.data.scheme, "BIO");
  EXPECT_EQ(config.data.dev.sentences, "/data/${x}/dev.txt.ret");
  EXPECT_EQ(config.model.encoder.word_dropout, 0.2);
  EXPECT_EQ(config.train.schedule.warmup, 0.1);
  EXPECT_EQ(config.train.clip_norm, 2);
  EXPECT_EQ(config.train.optimizer.weight_decay, 0);
}

TEST(ImportAdaSeq, WhatHasNoCounterpartIsRefusedWithPlaceAndAdvice) {
  const auto refuses = [](const AdaSeq& adaseq, std::vector<const char*> parts) {
    const Error error = ErrorOf([&] { (void)Import(adaseq); });
    EXPECT_EQ(error.code(), ErrorCode::kConfig);
    for (const char* part : parts) EXPECT_THAT(error.what(), HasSubstr(part));
  };
  AdaSeq model;
  model.model = "  partial: true\n  use_crf: false\n  multiview: true\n  mv_los_type: kl\n  encoder:\n    type: lstm\n";
  refuses(model, {"model.partial is", "at: sub/a.yaml:22:3", "without a CRF, a loss per word is not supported",
                  "model.multiview and preprocessor.return_original_view belong together",
                  "unknown key 'model.mv_los_type' (did you mean 'mv_loss_type'?)", "set model.mv_loss_type: crf_kl",
                  "model.encoder is"});
  AdaSeq train;
  train.optimizer = "    param_groups:\n      - regex: embedder\n        lr: 1.0e-5\n";
  train.scheduler = "  lr_scheduler:\n    type: StepLR\n";
  train.dataset = "  name: damo/resume_ner\n";
  refuses(train, {"the group 'embedder' is not supported", "the schedule 'StepLR' is not supported",
                  "sets of a hub are not fetched"});
  train.scheduler = "  lr_scheduler:\n    type: LinearLR\n";
  train.optimizer = "    param_groups: crf\n";
  refuses(train, {"only a LinearLR from 1 to 0 over all epochs is supported", "param_groups must be a list"});

  const auto replaced = [](const std::string& part, const std::string& by) {
    std::string text = AdaSeq{}.text();
    text.replace(text.find(part), part.size(), by);
    return std::string(ErrorOf([&] { (void)ImportConfig(text, "a.yaml"); }).what());
  };
  EXPECT_THAT(replaced("named-entity-recognition", "part-of-speech"), HasSubstr("only entities are tagged"));
  EXPECT_THAT(replaced("data_type: conll", "data_type: conllu"), HasSubstr("data_type 'conllu' is not supported"));
  EXPECT_THAT(replaced("lr: 5.0e-6", "lr: [1e-5, 2e-5]"), HasSubstr("train.optimizer.lr must be"));
  EXPECT_THAT(replaced("  data_file:", "  other_file:"), HasSubstr("dataset.data_file is missing"));
}

}  // namespace
}  // namespace clner
