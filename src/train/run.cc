#include "train/run.h"

#include <torch/torch.h>

#include <cmath>
#include <map>

#include "config/resolve.h"
#include "core/log.h"
#include "core/stop.h"
#include "model/model_directory.h"
#include "model/weights.h"
#include "tensor/device.h"
#include "tensor/memory.h"
#include "train/checkpoint.h"
#include "train/head_import.h"
#include "train/identity.h"
#include "train/optimizer_groups.h"
#include "train/report.h"
#include "train/trainer.h"
#include "views/context_view.h"

namespace clner {
namespace {

// Everything a run needs, built from the configuration in the order in which mistakes are cheapest to report.
struct Prepared {
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<SentenceView> original;
  std::unique_ptr<ContextView> context;
  Datasets data;
  std::unique_ptr<Model> model;
};

ContextLimits LimitsOf(const ContextOptions& options) {
  const auto limit = [](int value) { return value == 0 ? ContextLimits::kNone : static_cast<int64_t>(value); };
  return {limit(options.max_texts), limit(options.max_words_per_text), limit(options.max_pieces)};
}

// Dev data without contexts cannot select by them.
void CheckSelection(const RunConfig& config, const Datasets& data) {
  const TrainOptions::SelectBy by = config.train.select_by;
  if (!SelectsOnDev(config) || (by != TrainOptions::SelectBy::kContext && by != TrainOptions::SelectBy::kMean)) return;
  const std::string& over = config.train.select_over;
  std::string paths;
  for (const DataCorpus& corpus : data.corpora) {
    if (!corpus.dev || (over != "macro" && over != "micro" && over != corpus.name)) continue;
    if (corpus.dev->has_contexts()) return;
    paths += (paths.empty() ? "" : ", ") + corpus.dev->corpus.path;
  }
  const bool joint = !config.data.corpora.empty();
  throw Error(ErrorCode::kData,
              "train.select_by: " + std::string(NameOf(by)) + " needs contexts, and no dev sentence has one", paths,
              std::string("set ") + (joint ? "dev.contexts of a corpus" : "data.dev.contexts") +
                  ", or train.select_by: original");
}

ModelSpec SpecOf(const RunConfig& config, EncoderConfig encoder, const Datasets& data) {
  ModelSpec spec;
  spec.encoder = std::move(encoder);
  spec.tags = config.model.head.init_from.empty() ? TagSpace(data.labels, ParseScheme(config.data.scheme))
                                                  : ReadClnerTags(config.model.head.init_from, data.labels);
  spec.layers.layers = config.model.encoder.layers;
  spec.layers.mix = config.model.encoder.layer_mix == EncoderOptions::LayerMix::kMean ? LayerSelection::Mix::kMean
                                                                                      : LayerSelection::Mix::kScalar;
  spec.pooling = config.model.encoder.pool;
  spec.head = config.model.head.type == HeadOptions::Type::kCrf ? HeadType::kCrf : HeadType::kSoftmax;
  spec.max_pieces = config.model.encoder.max_pieces;
  spec.window_overlap = config.model.encoder.window_overlap;
  spec.contexts = LimitsOf(config.data.contexts);
  using Instances = ObjectiveRules::Instances;
  const Instances instances = RulesOf(config).instances;
  spec.trained_views = instances == Instances::kOriginal  ? TrainedViews::kSentence
                       : instances == Instances::kContext ? TrainedViews::kContext
                                                          : TrainedViews::kBoth;
  spec.word_dropout = config.model.encoder.word_dropout;
  spec.constraints =
      config.model.head.constraints == HeadOptions::Constraints::kOff ? ConstraintMode::kOff : ConstraintMode::kDecode;
  return spec;
}

Prepared Prepare(const RunConfig& config, bool force) {
  RequireTrainable(config);
  const at::Device device = ResolveDevice(config.device);  // before anything asks LibTorch for random numbers
  at::set_num_threads(config.threads > 0 ? config.threads : at::get_num_threads());
  const std::filesystem::path encoder_dir = config.model.encoder.path;
  Prepared prepared;
  EncoderConfig encoder = ReadEncoderConfig(encoder_dir);
  prepared.tokenizer = LoadTokenizer(encoder_dir);
  CheckEncoderFits(encoder, *prepared.tokenizer, config.model.encoder.max_pieces, encoder_dir);
  const EncoderOptions& options = config.model.encoder;
  prepared.original =
      std::make_unique<SentenceView>(*prepared.tokenizer, options.max_pieces, options.window_overlap, options.pool);
  prepared.context = std::make_unique<ContextView>(*prepared.tokenizer, options.max_pieces, options.window_overlap,
                                                   LimitsOf(config.data.contexts), options.pool);
  CorpusCache cache(TokenCacheOptionsOf(config.data), *prepared.tokenizer, encoder_dir);
  prepared.data = ReadDatasets(config, cache, force);
  torch::manual_seed(static_cast<uint64_t>(config.seed));
  prepared.model = std::make_unique<Model>(SpecOf(config, std::move(encoder), prepared.data));
  LoadEncoderWeights(encoder_dir, prepared.model->encoder());
  if (!config.model.head.init_from.empty()) LoadClnerHead(config.model.head.init_from, *prepared.model);
  nn::EncoderRunOptions run = prepared.model->encoder().run_options();
  if (config.model.encoder.dropout) run.hidden_dropout = run.attention_dropout = *config.model.encoder.dropout;
  run.bf16 = config.train.precision == TrainOptions::Precision::kBf16;
  if (run.bf16 && device.is_cpu() && !__builtin_cpu_supports("avx512bf16")) {
    LogWarning("slow bf16",
               "this processor has no bfloat16 instructions; train.precision: bf16 is slower than fp32 here", "",
               "set train.precision: fp32");
  }
  prepared.model->encoder().set_run_options(run);
  if (!device.is_cpu()) prepared.model->to(device);
  PrepareExamples(prepared.data, {*prepared.original, *prepared.context}, prepared.model->spec().tags,
                  RulesOf(config).needs_contexts());
  CheckSelection(config, prepared.data);
  return prepared;
}

// Sentences of every corpus of several.
Json SizesOf(const Datasets& data) {
  std::map<std::string, int64_t> epoch;
  for (const int64_t sentence : data.epoch) ++epoch[data.CorpusOf(sentence).name];
  Json sizes = Json::object();
  for (const DataCorpus& corpus : data.corpora) {
    Json& json =
        sizes[corpus.name] = {{"train_sentences", corpus.train.count}, {"epoch_sentences", epoch[corpus.name]}};
    if (corpus.dev) json["dev_sentences"] = corpus.dev->corpus.sentences.size();
    if (corpus.test) json["test_sentences"] = corpus.test->corpus.sentences.size();
  }
  return sizes;
}

Json RunJson(const TrainRequest& request, const Json& identity, const Datasets& data) {
  Json json;
  json["schema_version"] = 1;
  json["command"] = request.command_line;
  json["seed"] = request.config.seed;
  for (const char* key : {"version", "torch", "threads", "device", "sha256"}) json[key] = identity[key];
  if (!request.config.data.corpora.empty()) json["corpora"] = SizesOf(data);
  return json;
}

}  // namespace

Json TrainRun(const TrainRequest& request) {
  RunDirectory::CheckUsable(request.out, request.existing);
  const StopSignals signals;
  Prepared prepared = Prepare(request.config, request.force);
  const Json identity = RunIdentity(request.config, prepared.model->device());
  RunDirectory run(request.out, request.existing);
  RecoverDirectory(run.best());
  RemoveStaleTemporaries(run.path());
  ops::AdamW optimizer = MakeOptimizer(request.config.train, NamedParameters(*prepared.model));
  TrainState state;
  if (request.existing == ExistingRun::kResume) {
    if (const auto found = FindCheckpoint(run.checkpoints())) {
      CheckIdentity(found->identity, identity, request.force_resume, found->path.string());
      LoadCheckpoint(*found, *prepared.model, optimizer);
      state = found->state;
      LogInfo("resumed at step " + std::to_string(state.step) + " from " + found->path.string());
    } else {
      LogInfo("no checkpoint in " + run.checkpoints().string() + ": starting from the beginning");
    }
    run.TruncateAfter("metrics.jsonl", state.step, state.epoch);
    run.TruncateAfter("trace.jsonl", state.step - 1, state.epoch);  // its first step is 0, as in the reference's traces
  }
  WriteFileAtomically(run.path() / "config.yaml", ToYaml(request.config));
  WriteFileAtomically(run.path() / "run.json", DumpJson(RunJson(request, identity, prepared.data), 2) + "\n");
  SetLogFile(run.path() / "train.log");
  const std::unique_ptr<Objective> objective = MakeObjective(RulesOf(request.config));
  const BatchSource batches(prepared.data, request.config);
  Trainer trainer({request.config, prepared.data, batches, *prepared.model, *objective, optimizer, run,
                   request.config.model.encoder.path, identity, request.callbacks, request.read_ahead},
                  state);
  trainer.Run();
  {
    torch::NoGradGuard no_grad;
    LoadExactWeights(SafetensorsFile(run.best() / "model.safetensors"), *prepared.model);
  }
  prepared.model->eval();
  return WriteReports(request.config, *prepared.model, prepared.data, trainer.state(), run);
}

Json DryRun(const TrainRequest& request) {
  Prepared prepared = Prepare(request.config, request.force);
  const TrainOptions& train = request.config.train;
  ops::AdamW optimizer = MakeOptimizer(train, NamedParameters(*prepared.model));
  const BatchSource source(prepared.data, request.config);
  const std::vector<PlannedBatch> batches = source.Epoch(0);
  int64_t worst_pieces = -1, all_pieces = 0;
  const PlannedBatch* worst = nullptr;
  for (const PlannedBatch& batch : batches) {
    const int64_t pieces = source.PiecesOf(batch);
    all_pieces += pieces;
    if (pieces <= worst_pieces) continue;
    worst_pieces = pieces;
    worst = &batch;
  }
  prepared.model->train();
  const std::unique_ptr<Objective> objective = MakeObjective(RulesOf(request.config));
  double seconds = 0;
  for (int round = 0; round < 2; ++round) {  // the first round warms up
    const double began = Now();
    optimizer.ClearGradients();
    for (Batch& batch : source.Pack(*worst, 0, 1))
      objective->Step(*prepared.model, OnDevice(std::move(batch), prepared.model->device())).total.backward();
    (void)optimizer.GradientNorm();  // as in training, where a GPU is waited for here
    optimizer.Step(0, 1);
    seconds = Now() - began;
  }
  const int64_t steps = Trainer::StepsPerEpoch(static_cast<int64_t>(batches.size()), train.accumulate) * train.epochs;
  Json json;
  json["schema_version"] = 1;
  json["batches_per_epoch"] = batches.size();
  json["steps"] = steps;
  json["tags"] = prepared.model->spec().tags.size();
  json["worst_batch"] = {{"pieces", worst_pieces}, {"sentences", worst->labelled.size()}, {"seconds", seconds}};
  json["peak_megabytes"] = PeakMegabytes();
  json["estimated_seconds"] = seconds * static_cast<double>(all_pieces) /
                              static_cast<double>(std::max<int64_t>(1, worst_pieces)) * train.epochs;
  return json;
}

}  // namespace clner
