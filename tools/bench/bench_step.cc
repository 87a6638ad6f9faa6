// Training steps per second beside a transformers + pytorch-crf loop: same sentences in the same batches, same threads.
#include <torch/torch.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "bench_program.h"
#include "core/files.h"
#include "core/json.h"
#include "core/log.h"
#include "model/model_directory.h"
#include "model/weights.h"
#include "objectives/objective.h"
#include "peer_process.h"
#include "tensor/batch_plan.h"
#include "train/optimizer_groups.h"
#include "work_directory.h"

namespace clner::bench {
namespace {

constexpr double kLr = 5e-5, kLrCrf = 0.05, kClip = 5, kTolerance = 1e-4;

struct Options {
  std::string data, encoder = std::string(CLNER_SOURCE_DIR) + "/models/minilm-l6", peer = "transformers";
  std::vector<int64_t> batch_sizes = {16, 32};
  int64_t steps = 8, rounds = 5, threads = 2;
  bool json = false;
};

// One model, optimiser and list of batches on our side.
class Runner {
 public:
  Runner(const std::string& encoder, const TagSpace& tags, const std::vector<Example>& examples,
         const std::vector<std::vector<int64_t>>& plan, bool dropout)
      : examples_(examples), plan_(plan) {
    torch::manual_seed(1);
    ModelSpec spec;
    spec.encoder = ReadEncoderConfig(encoder);
    spec.tags = tags;
    spec.word_dropout = 0;
    model_ = std::make_unique<Model>(std::move(spec));
    LoadEncoderWeights(encoder, model_->encoder());
    model_->train();
    if (!dropout) model_->encoder().set_run_options({0, 0, false});
    TrainOptions options;
    options.lr = kLr;
    options.groups = {{"^crf\\.", kLrCrf, std::nullopt}};
    optimizer_ = std::make_unique<ops::AdamW>(MakeOptimizer(options, NamedParameters(*model_)));
  }
  std::vector<double> Run(int64_t first, int64_t count) {
    std::vector<double> losses;
    for (int64_t i = first; i < first + count; ++i) {
      optimizer_->ClearGradients();
      Batch batch = Pack(examples_, plan_[static_cast<size_t>(i)]);
      batch.nll_weight.assign(batch.context.size(), 1 / static_cast<float>(batch.context.size()));
      StepLoss loss = objective_.Step(*model_, batch);
      loss.total.backward();
      optimizer_->Step(1, std::min(1.0, kClip / (optimizer_->GradientNorm() + 1e-6)));
      losses.push_back(loss.terms[0].sum / static_cast<double>(loss.terms[0].count));
    }
    return losses;
  }
  Model& model() { return *model_; }

 private:
  const std::vector<Example>& examples_;
  const std::vector<std::vector<int64_t>>& plan_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<ops::AdamW> optimizer_;
  TaggingNll objective_;
};

void WriteWork(const std::filesystem::path& directory, const std::vector<Example>& examples,
               const std::vector<std::vector<int64_t>>& plan, Model& model) {
  Json work = {{"lr", kLr}, {"lr_crf", kLrCrf}, {"batches", Json::array()}};
  for (const auto& positions : plan) {
    Json batch = Json::array();
    for (int64_t position : positions) {
      const Example& example = examples[static_cast<size_t>(position)];
      std::vector<int32_t> pool = example.items[0].pool;
      batch.push_back({{"ids", example.items[0].ids}, {"pool", pool}, {"tags", example.tags}});
    }
    work["batches"].push_back(std::move(batch));
  }
  WriteFileAtomically(directory / "work.json", DumpJson(work));
  NamedTensors head;
  for (const auto& [name, tensor] : NamedParameters(model)) {
    if (name.rfind("bert.", 0) != 0) head.emplace_back(name, tensor);
  }
  SaveTensors(directory / "head.safetensors", head);
}

Json Case(const Options& options, const std::vector<Example>& examples, const TagSpace& tags, int64_t batch_size,
          bool best) {
  const int64_t needed = options.steps * (options.rounds + 1);
  std::vector<std::vector<int64_t>> plan;
  std::vector<PlanUnit> units;
  for (const Example& example : examples) units.push_back({example.words, example.pieces()});
  for (int64_t epoch = 0; static_cast<int64_t>(plan.size()) < needed; ++epoch) {
    for (auto& batch : PlanBatches(units, {best ? BatchOrder::kSorted : BatchOrder::kRandom, batch_size, 0, 3}, epoch))
      plan.push_back(std::move(batch));
  }
  plan.resize(static_cast<size_t>(needed));
  const WorkDirectory directory;
  Runner checked(options.encoder, tags, examples, plan, false);
  WriteWork(directory.path(), examples, plan, checked.model());
  PeerProcess peer({std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/bench_step_peer.py", directory.path(),
                    options.encoder, std::to_string(options.threads)});
  const Json versions = ParseJson(peer.Ask("versions"), "peer", ErrorCode::kInternal);
  constexpr int64_t kChecked = 4;
  const Json theirs = ParseJson(peer.Ask("check " + std::to_string(kChecked)), "peer", ErrorCode::kInternal);
  const std::vector<double> ours = checked.Run(0, kChecked);
  double worst = 0;
  for (size_t i = 0; i < ours.size(); ++i)
    worst = std::max(worst, std::abs(ours[i] - theirs[i].get<double>()) / std::abs(ours[i]));
  if (!(worst <= kTolerance))
    throw Error(ErrorCode::kCheckFailed, "losses differ by " + JsonNumber(worst) + " (relative): nothing was timed");

  Runner timed(options.encoder, tags, examples, plan, true);
  const std::string kind = best ? " best" : " default";
  std::vector<double> ratios, our_seconds, peer_seconds;
  for (int64_t round = 0; round <= options.rounds; ++round) {  // round 0 warms up
    const int64_t first = round * options.steps;
    const double peer_time =
        ParseJson(peer.Ask("time " + std::to_string(first) + " " + std::to_string(options.steps) + kind), "peer",
                  ErrorCode::kInternal)
            .get<double>();
    const double began = Seconds();
    (void)timed.Run(first, options.steps);
    const double our_time = Seconds() - began;
    if (round == 0) continue;
    ratios.push_back(peer_time / our_time);
    our_seconds.push_back(our_time);
    peer_seconds.push_back(peer_time);
  }
  const double sentences = static_cast<double>(batch_size * options.steps);
  return {{"batch", batch_size},
          {"peer_setting", best ? "best" : "default"},
          {"max_relative_loss_difference", worst},
          {"ours_sentences_per_second", sentences / Median(our_seconds)},
          {"peer_sentences_per_second", sentences / Median(peer_seconds)},
          {"ratio", Median(ratios)},
          {"ratio_min", *std::min_element(ratios.begin(), ratios.end())},
          {"ratio_max", *std::max_element(ratios.begin(), ratios.end())},
          {"versions", versions}};
}

int Main(int argc, char** argv) {
  CLI::App app("Training steps beside a transformers + pytorch-crf loop.");
  Options options;
  const char* data = std::getenv("CLNER_DATA");
  options.data = (data != nullptr ? std::string(data) : std::string(CLNER_SOURCE_DIR) + "/../shared/data") +
                 "/wnut17/wnut17train.conll";
  app.add_option("--peer", options.peer)->check(CLI::IsMember({"transformers"}))->capture_default_str();
  app.add_option("--data", options.data)->capture_default_str();
  app.add_option("--encoder", options.encoder)->capture_default_str();
  app.add_option("--batch", options.batch_sizes)->delimiter(',')->capture_default_str();
  app.add_option("--steps", options.steps, "Steps a round.")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 100))->capture_default_str();
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 256))->capture_default_str();
  app.add_flag("--json", options.json);
  CLI11_PARSE(app, argc, argv);
  SetLogLevel(LogLevel::kQuiet);
  at::set_num_threads(static_cast<int>(options.threads));

  const Corpus corpus = ReadCorpus(options.data, {});
  LabelSet labels;
  labels.Add(corpus);
  const TagSpace tags(labels, Scheme::kBioes);
  const std::unique_ptr<Tokenizer> tokenizer = LoadTokenizer(options.encoder);
  const SentenceView view(*tokenizer, 512, 128);
  std::vector<Example> examples;
  for (const Sentence& sentence : corpus.sentences) {
    Example example;
    view.Append(sentence, 0, &example.items);
    example.words = static_cast<int64_t>(sentence.words.size());
    example.tags = tags.Encode(sentence);
    const std::vector<int32_t>& pool = example.items[0].pool;
    // The peer has no rule for words without pieces; sentences with one are left out on both sides.
    if (example.items.size() == 1 && std::find(pool.begin(), pool.end(), -1) == pool.end())
      examples.push_back(std::move(example));
  }
  Json result = {
      {"schema_version", 1}, {"benchmark", "bench_step"}, {"threads", options.threads}, {"cases", Json::array()}};
  double load = 0;
  (void)getloadavg(&load, 1);
  result["load_average"] = load;
  for (int64_t batch_size : options.batch_sizes) {
    for (const bool best : {false, true}) result["cases"].push_back(Case(options, examples, tags, batch_size, best));
  }
  if (options.json) {
    std::printf("%s\n", DumpJson(result, 2).c_str());
    return 0;
  }
  std::printf("threads %ld, load %.1f, versions %s\n", static_cast<long>(options.threads), load,
              DumpJson(result["cases"][0]["versions"]).c_str());
  for (const Json& row : result["cases"]) {
    std::printf(
        "batch %-3ld peer %-8s ours %7.1f  peer %7.1f sentences/s  ratio %.2f (%.2f..%.2f), losses equal to %.1e\n",
        row["batch"].get<long>(), row["peer_setting"].get<std::string>().c_str(),
        row["ours_sentences_per_second"].get<double>(), row["peer_sentences_per_second"].get<double>(),
        row["ratio"].get<double>(), row["ratio_min"].get<double>(), row["ratio_max"].get<double>(),
        row["max_relative_loss_difference"].get<double>());
  }
  return 0;
}

}  // namespace
}  // namespace clner::bench

int main(int argc, char** argv) { return clner::bench::RunBenchmark("bench_step", clner::bench::Main, argc, argv); }
