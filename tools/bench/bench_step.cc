// Training steps beside a loop in PyTorch: same sentences in the same batches, same threads. Sentences alone against
// transformers + pytorch-crf; sentences with contexts against the cooperative objective on a transformers encoder.
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
#include "peer_process.h"
#include "step_cooperative.h"
#include "step_runner.h"
#include "tensor/batch_plan.h"
#include "work_directory.h"

namespace clner::bench {
namespace {

constexpr double kLr = 5e-5, kLrCrf = 0.05, kClip = 5;

struct Options {
  std::string name = "sentence", data, encoder, tokenizer, peer = "transformers", mode = "code", cl = "kl";
  std::vector<int64_t> batch_sizes;
  int64_t steps = 0, rounds = 5, threads = 2;
  bool json = false;

  [[nodiscard]] bool Cooperative() const { return name == "cooperative"; }
};

using Plan = std::vector<std::vector<int64_t>>;

StepRunner MakeRunner(const std::string& encoder, const TagSpace& tags, const std::vector<Example>& examples,
                      const Plan& plan, bool dropout) {
  torch::manual_seed(1);
  ModelSpec spec;
  spec.encoder = ReadEncoderConfig(encoder);
  spec.tags = tags;
  spec.word_dropout = 0;
  auto model = std::make_unique<Model>(std::move(spec));
  LoadEncoderWeights(encoder, model->encoder());
  model->train();
  if (!dropout) model->encoder().set_run_options({0, 0, false});
  TrainOptions train;
  train.lr = kLr;
  train.clip_norm = kClip;
  train.groups = {{"^crf\\.", kLrCrf, std::nullopt}};
  return {std::move(model), std::make_unique<TaggingNll>(), train, [&examples, &plan](int64_t i) {
            Batch batch = Pack(examples, plan[static_cast<size_t>(i)]);
            batch.nll_weight.assign(batch.context.size(), 1 / static_cast<float>(batch.context.size()));
            return batch;
          }};
}

void WriteWork(const std::filesystem::path& directory, const std::vector<Example>& examples, const Plan& plan,
               const Model& model) {
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
  Plan plan;
  std::vector<PlanUnit> units;
  for (const Example& example : examples) units.push_back({example.words, example.pieces()});
  for (int64_t epoch = 0; static_cast<int64_t>(plan.size()) < needed; ++epoch) {
    for (auto& batch : PlanBatches(units, {best ? BatchOrder::kSorted : BatchOrder::kRandom, batch_size, 0, 3}, epoch))
      plan.push_back(std::move(batch));
  }
  plan.resize(static_cast<size_t>(needed));
  const WorkDirectory directory;
  StepRunner checked = MakeRunner(options.encoder, tags, examples, plan, false);
  WriteWork(directory.path(), examples, plan, checked.model());
  PeerProcess peer({std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/bench_step_peer.py", directory.path(),
                    options.encoder, std::to_string(options.threads)});
  const Json versions = ParseJson(peer.Ask("versions"), "peer", ErrorCode::kInternal);
  constexpr int64_t kChecked = 4;
  Json theirs = Json::array();
  for (const Json& loss : ParseJson(peer.Ask("check " + std::to_string(kChecked)), "peer", ErrorCode::kInternal))
    theirs.push_back({{"total", loss}});
  const double worst = CheckLosses(checked.Run(0, kChecked), theirs);

  StepRunner timed = MakeRunner(options.encoder, tags, examples, plan, true);
  const std::string kind = best ? " best" : " default";
  Race race;
  for (int64_t round = 0; round <= options.rounds; ++round) {  // round 0 warms up
    const int64_t first = round * options.steps;
    const double peer_time =
        ParseJson(peer.Ask("time " + std::to_string(first) + " " + std::to_string(options.steps) + kind), "peer",
                  ErrorCode::kInternal)
            .get<double>();
    const double began = Seconds();
    (void)timed.Run(first, options.steps);
    if (round > 0) race.Add(Seconds() - began, peer_time);
  }
  const double sentences = static_cast<double>(batch_size * options.steps);
  Json row = {{"batch", batch_size},
              {"peer_setting", best ? "best" : "default"},
              {"max_relative_loss_difference", worst},
              {"ours_sentences_per_second", sentences / Median(race.ours)},
              {"peer_sentences_per_second", sentences / Median(race.peer)},
              {"versions", versions}};
  row.update(race.Ratio());
  return row;
}

Json SentenceCases(const Options& options) {
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
  Json cases = Json::array();
  for (int64_t batch_size : options.batch_sizes) {
    for (const bool best : {false, true}) cases.push_back(Case(options, examples, tags, batch_size, best));
  }
  return cases;
}

Json CooperativeCases(const Options& options) {
  const WorkDirectory written;
  CooperativeOptions one = {.data = options.data,
                            .encoder = options.encoder,
                            .mode = options.mode,
                            .cl = options.cl,
                            .steps = options.steps,
                            .rounds = options.rounds,
                            .threads = options.threads};
  if (one.encoder.empty()) one.encoder = WriteRandomEncoder(written, options.tokenizer);
  Json cases = Json::array();
  for (const int64_t batch_size : options.batch_sizes) {
    one.batch_sentences = batch_size;
    const CooperativeData data(one);
    for (const bool best : {false, true}) cases.push_back(CooperativeCase(one, data, best));
  }
  return cases;
}

void PrintSentence(const Json& row) {
  std::printf(
      "batch %-3ld peer %-8s ours %7.1f  peer %7.1f sentences/s  ratio %.2f (%.2f..%.2f), losses equal to %.1e\n",
      row["batch"].get<long>(), row["peer_setting"].get<std::string>().c_str(),
      row["ours_sentences_per_second"].get<double>(), row["peer_sentences_per_second"].get<double>(),
      row["ratio"].get<double>(), row["ratio_min"].get<double>(), row["ratio_max"].get<double>(),
      row["max_relative_loss_difference"].get<double>());
}

/// What each case takes where nothing was given.
void FillDefaults(Options* options) {
  const char* root = std::getenv("CLNER_DATA");
  const std::string data = root != nullptr ? root : std::string(CLNER_SOURCE_DIR) + "/../shared/data";
  const bool cooperative = options->Cooperative();
  if (options->data.empty()) {
    options->data =
        data + (cooperative ? "/clner_contexts/wnut17_bertscore_eos_doc_full/train.txt" : "/wnut17/wnut17train.conll");
  }
  if (options->tokenizer.empty()) options->tokenizer = std::string(CLNER_SOURCE_DIR) + "/../shared/tokenizers/xlmr";
  if (options->encoder.empty() && !cooperative) {
    options->encoder = std::string(CLNER_SOURCE_DIR) + "/models/minilm-l6";
  }
  if (options->batch_sizes.empty())
    options->batch_sizes = cooperative ? std::vector<int64_t>{4} : std::vector<int64_t>{16, 32};
  if (options->steps == 0) options->steps = cooperative ? 2 : 8;
}

int Main(int argc, char** argv) {
  CLI::App app("Training steps beside a loop in PyTorch; losses of the first steps are equal before any timing.");
  Options options;
  app.add_option("--case", options.name,
                 "sentence (sentences per second beside transformers + pytorch-crf), cooperative (steps with contexts)")
      ->check(CLI::IsMember({"sentence", "cooperative"}))
      ->capture_default_str();
  app.add_option("--peer", options.peer)->check(CLI::IsMember({"transformers"}))->capture_default_str();
  app.add_option("--data", options.data, "Column file; with contexts for cooperative (default: WNUT-17).");
  app.add_option("--encoder", options.encoder,
                 "Directory (default: models/minilm-l6; for cooperative random weights in the sizes of "
                 "xlm-roberta-base).");
  app.add_option("--tokenizer", options.tokenizer, "Directory with the tokenizer of the random encoder.");
  app.add_option("--mode", options.mode, "Of the cooperative objective.")
      ->check(CLI::IsMember({"code", "paper"}))
      ->capture_default_str();
  app.add_option("--cl", options.cl)->check(CLI::IsMember({"kl", "l2"}))->capture_default_str();
  app.add_option("--batch", options.batch_sizes, "Sentences (default: 16,32; for cooperative 4).")->delimiter(',');
  app.add_option("--steps", options.steps, "Steps a round (default: 8; for cooperative 2).")
      ->check(CLI::Range(1, 1000));
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 100))->capture_default_str();
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 256))->capture_default_str();
  app.add_flag("--json", options.json);
  CLI11_PARSE(app, argc, argv);
  SetLogLevel(LogLevel::kQuiet);
  at::set_num_threads(static_cast<int>(options.threads));

  FillDefaults(&options);
  Json result = {
      {"schema_version", 1}, {"benchmark", "bench_step"}, {"case", options.name}, {"threads", options.threads}};
  double load = 0;
  (void)getloadavg(&load, 1);
  result["load_average"] = load;
  result["cases"] = options.Cooperative() ? CooperativeCases(options) : SentenceCases(options);
  if (options.json) {
    std::printf("%s\n", DumpJson(result, 2).c_str());
    return 0;
  }
  std::printf("threads %ld, load %.1f, versions %s\n", static_cast<long>(options.threads), load,
              DumpJson(result["cases"][0]["versions"]).c_str());
  for (const Json& row : result["cases"]) options.Cooperative() ? PrintCooperative(row) : PrintSentence(row);
  return 0;
}

}  // namespace
}  // namespace clner::bench

int main(int argc, char** argv) { return clner::bench::RunBenchmark("bench_step", clner::bench::Main, argc, argv); }
