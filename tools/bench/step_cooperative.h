// Steps of Cooperative Learning: four sentences and their contexts through one encoder, as the trainer makes the
// batches.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/files.h"
#include "model/model_directory.h"
#include "model/weights.h"
#include "ops/crf_op.h"
#include "peer_process.h"
#include "step_runner.h"
#include "tensor/memory.h"
#include "timed_process.h"
#include "train/batch_source.h"
#include "work_directory.h"

namespace clner::bench {

struct CooperativeOptions {
  std::string data = {}, encoder = {}, mode = "code", cl = "kl";
  int64_t batch_sentences = 4, steps = 2, rounds = 5, threads = 2;
};

/// The data and options of one race, read once.
class CooperativeData {
 public:
  /// Sentences of kFewest to kMost pieces with contexts that fill kPieces together with an average one.
  explicit CooperativeData(const CooperativeOptions& options) : tokenizer_(LoadTokenizer(options.encoder)) {
    config_.data.train.sentences = options.data;
    config_.data.token_cache = "off";
    config_.model.encoder.path = options.encoder;
    config_.objective.type = ObjectiveOptions::Type::kCooperative;
    for (const auto& choice : ChoicesOf(ObjectiveOptions::Mode{}))
      if (choice.name == options.mode) config_.objective.mode = choice.value;
    for (const auto& choice : ChoicesOf(ObjectiveOptions::Cl{}))
      if (choice.name == options.cl) config_.objective.cl = choice.value;
    config_.train.batch_sentences = static_cast<int>(options.batch_sentences);
    config_.train.lr = 5e-6;
    config_.train.groups = {{"^crf\\.", 0.05, std::nullopt}};
    config_.train.clip_norm = 5;
    CorpusCache cache(TokenCacheOptionsOf(config_.data), *tokenizer_, options.encoder);
    data_ = ReadDatasets(config_, cache, false);
    tags_ = TagSpace(data_.labels, Scheme::kBioes);
    const EncoderOptions& encoder = config_.model.encoder;
    const SentenceView original(*tokenizer_, encoder.max_pieces, encoder.window_overlap);
    const ContextView context(*tokenizer_, encoder.max_pieces, encoder.window_overlap,
                              {.max_pieces = kPieces - kAverage});
    PrepareExamples(data_, {original, context}, tags_, true);
    std::erase_if(data_.epoch, [&](int64_t sentence) { return !Fits(static_cast<size_t>(sentence)); });
    if (data_.epoch.empty()) throw Error(ErrorCode::kData, "no sentence has a fitting context", options.data);
  }

  /// Packed batches in which every sentence stands with its context.
  [[nodiscard]] std::vector<PlannedBatch> Plan(const BatchSource& source, int64_t count) const {
    std::vector<PlannedBatch> plan;
    for (int64_t epoch = 0; static_cast<int64_t>(plan.size()) < count; ++epoch) {
      for (PlannedBatch& batch : source.Epoch(epoch)) {
        const Batch packed = source.Pack(batch, 0, 1).front();
        const bool paired = packed.sentence_count() == 2 * config_.train.batch_sentences;
        if (paired && static_cast<int64_t>(plan.size()) < count) plan.push_back(std::move(batch));
      }
    }
    return plan;
  }
  [[nodiscard]] BatchSource Source(bool sorted) const {
    RunConfig config = config_;
    config.train.batching = sorted ? TrainOptions::Batching::kSorted : TrainOptions::Batching::kRandom;
    return {data_, config};
  }
  [[nodiscard]] std::unique_ptr<Model> MakeModel() const {
    torch::manual_seed(1);
    ModelSpec spec;
    spec.encoder = ReadEncoderConfig(config_.model.encoder.path);
    spec.tags = tags_;
    auto model = std::make_unique<Model>(std::move(spec));
    LoadEncoderWeights(config_.model.encoder.path, model->encoder());
    return model;
  }
  /// The sequences of a batch as the peer reads them, in pairs.
  [[nodiscard]] Json ForPeer(const Batch& batch) const {
    Json json = {{"original", Json::array()}, {"context", Json::array()}, {"tags", Json::array()}};
    double original = 0, context = 0, cl = 0;
    for (size_t b = 0; b < batch.teacher_of.size(); ++b) {
      if (batch.teacher_of[b] < 0) continue;
      const auto sentence = static_cast<size_t>(batch.sentences[b]);
      const Example &plain = data_.train.examples[sentence], &shown = data_.train.WithContext(sentence);
      json["original"].push_back({{"ids", plain.items[0].ids}, {"pool", plain.items[0].pool}});
      json["context"].push_back({{"ids", shown.items[0].ids}, {"pool", shown.items[0].pool}});
      json["tags"].push_back(plain.tags);
      original += static_cast<double>(batch.nll_weight[b]);
      context += static_cast<double>(batch.nll_weight[static_cast<size_t>(batch.teacher_of[b])]);
      cl += static_cast<double>(batch.cl_weight[b]);
    }
    json["weights"] = {original, context, cl};  // of means over the pairs
    return json;
  }
  [[nodiscard]] const RunConfig& config() const { return config_; }
  [[nodiscard]] ObjectiveRules rules() const { return RulesOf(config_); }
  [[nodiscard]] const TagSpace& tags() const { return tags_; }

 private:
  static constexpr int64_t kPieces = 200, kAverage = 24, kFewest = 16, kMost = 32;
  [[nodiscard]] bool Fits(size_t sentence) const {
    const Example &plain = data_.train.examples[sentence], &shown = data_.train.WithContext(sentence);
    if (!shown.context || plain.items.size() != 1 || plain.pieces() < kFewest || plain.pieces() > kMost) return false;
    // The peer has no rule for words without pieces.
    const std::vector<int32_t>& pool = plain.items[0].pool;
    const bool whole = std::find(pool.begin(), pool.end(), -1) == pool.end();
    return whole && shown.pieces() >= kPieces - kAverage;
  }

  std::unique_ptr<Tokenizer> tokenizer_;
  RunConfig config_ = {};
  Datasets data_ = {};
  TagSpace tags_ = {};
};

/// Seconds of the CRF in a step, given the emissions: losses, all gradients, and handing them on.
inline double CrfSeconds(StepRunner* runner, const ObjectiveRules& rules, int64_t step) {
  const Batch batch = runner->BatchAt(step);
  at::Tensor emissions;
  {
    const torch::NoGradGuard no_gradients;
    emissions = runner->model().Emissions(batch);
  }
  emissions.requires_grad_();
  const double began = Seconds();
  ops::CrfJoint(
      emissions, runner->model().crf(), batch.cu_words,
      {batch.tags, batch.nll_weight, batch.teacher_of, batch.cl_weight, rules.kl ? &rules.cooperative : nullptr})
      .total.backward();
  return Seconds() - began;
}

inline Json PartsOf(const StepParts& parts, double steps) {
  return {{"forward", parts.forward / steps}, {"backward", parts.backward / steps}, {"update", parts.update / steps}};
}

/// Pieces of the packed batch and those that padding both views apart makes of them, on average.
inline Json Sizes(const Json& batches) {
  double pieces = 0, padded = 0;
  const auto count = static_cast<double>(batches.size());
  for (const Json& batch : batches) {
    for (const char* view : {"original", "context"}) {
      size_t longest = 0;
      for (const Json& sequence : batch[view]) {
        pieces += static_cast<double>(sequence["ids"].size());
        longest = std::max(longest, sequence["ids"].size());
      }
      padded += static_cast<double>(longest * batch[view].size());
    }
  }
  return {{"pieces", pieces / count}, {"padded_pieces", padded / count}};
}

/// One setting of the peer: losses of the first steps equal, then rounds in turn.
inline Json CooperativeCase(const CooperativeOptions& options, const CooperativeData& data, bool best) {
  constexpr int64_t kChecked = 3;
  const BatchSource source = data.Source(best);
  const int64_t needed = std::max(kChecked, options.steps * (options.rounds + 1));
  const std::vector<PlannedBatch> plan = data.Plan(source, needed);
  const WorkDirectory directory;
  StepRunner runner(data.MakeModel(), MakeObjective(data.rules()), data.config().train,
                    [&](int64_t i) { return std::move(source.Pack(plan[static_cast<size_t>(i)], 0, 1).front()); });
  Json work = {{"lr", data.config().train.lr},
               {"lr_crf", data.config().train.groups[0].lr.value()},
               {"clip_norm", data.config().train.clip_norm},
               {"cl", options.cl},
               {"temperature", data.rules().cooperative.tau},
               {"per_dimension", data.rules().l2_per_dimension},
               {"l2_after_dropout", data.rules().l2_after_dropout},
               {"word_dropout", runner.model().spec().word_dropout},
               {"batches", Json::array()}};
  for (int64_t i = 0; i < needed; ++i) work["batches"].push_back(data.ForPeer(runner.BatchAt(i)));
  WriteFileAtomically(directory / "work.json", DumpJson(work));
  NamedTensors head;
  for (const auto& [name, tensor] : NamedParameters(runner.model())) {
    if (name.rfind("classifier.", 0) == 0 || name.rfind("crf.", 0) == 0) head.emplace_back(name, tensor);
  }
  SaveTensors(directory / "head.safetensors", head);
  PeerProcess peer({std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/bench_step_cooperative_peer.py",
                    directory.path(), options.encoder, std::to_string(options.threads), best ? "best" : "default"});
  const auto ask = [&](const std::string& request) {
    return ParseJson(peer.Ask(request), "peer", ErrorCode::kInternal);
  };
  Json row = {{"batch", options.batch_sentences},
              {"peer_setting", best ? "best" : "default"},
              {"tags", data.tags().size()},
              {"versions", ask("versions")}};
  row.update(Sizes(work["batches"]));
  const Json theirs = ask("check " + std::to_string(kChecked));
  runner.model().eval();
  row["max_relative_loss_difference"] = CheckLosses(runner.Run(0, kChecked), theirs);
  runner.model().train();

  Race race;
  Json peer_parts = Json::object();
  std::vector<double> our_crf, peer_crf;
  for (int64_t round = 0; round <= options.rounds; ++round) {  // round 0 warms up
    const int64_t first = round * options.steps;
    const std::string steps = std::to_string(first) + " " + std::to_string(options.steps);
    const Json answer = ask("time " + steps);
    const double began = Seconds();
    (void)runner.Run(first, options.steps);
    const double seconds = Seconds() - began;
    if (round == 0) {
      (void)runner.TakeParts();
      continue;
    }
    race.Add(seconds, answer["seconds"].get<double>());
    for (const auto& [part, value] : answer["parts"].items())
      peer_parts[part] = peer_parts.value(part, 0.0) + value.get<double>() / static_cast<double>(options.rounds);
    our_crf.push_back(CrfSeconds(&runner, data.rules(), first));
    peer_crf.push_back(ask("crf " + std::to_string(first)).get<double>());
  }
  const auto steps = static_cast<double>(options.steps);
  const double ours = Median(race.ours) / steps, theirs_seconds = Median(race.peer) / steps;
  row["ours_seconds_per_step"] = ours;
  row["peer_seconds_per_step"] = theirs_seconds;
  row.update(race.Ratio());
  row["ours_parts"] = PartsOf(runner.TakeParts(), steps * static_cast<double>(options.rounds));
  row["peer_parts"] = peer_parts;
  row["ours_crf_share"] = Median(our_crf) / ours;
  row["peer_crf_share"] = Median(peer_crf) / theirs_seconds;
  row["ours_peak_megabytes"] = PeakMegabytes();
  row["peer_peak_megabytes"] = ask("memory");
  return row;
}

/// A directory with the sizes of xlm-roberta-base and random weights below `directory`.
inline std::string WriteRandomEncoder(const WorkDirectory& directory, const std::string& tokenizer) {
  const std::string encoder = directory / "encoder";
  (void)RunTimed(
      {PeerPython(), std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/random_encoder.py", tokenizer, encoder},
      directory / "written");
  return encoder;
}

inline void PrintCooperative(const Json& row) {
  const auto number = [&](const char* name) { return row[name].get<double>(); };
  std::printf("batch %ld, peer %s: ours %.3f  peer %.3f seconds/step  ratio %.2f (%.2f..%.2f), losses equal to %.1e\n",
              row["batch"].get<long>(), row["peer_setting"].get<std::string>().c_str(), number("ours_seconds_per_step"),
              number("peer_seconds_per_step"), number("ratio"), number("ratio_min"), number("ratio_max"),
              number("max_relative_loss_difference"));
  std::printf("  pieces of both views %.0f, padded %.0f; %ld tags\n", number("pieces"), number("padded_pieces"),
              row["tags"].get<long>());
  for (const std::string who : {"ours", "peer"}) {
    const Json& parts = row[who + "_parts"];
    std::printf("  %s: forward %.3f  backward %.3f  update %.3f s; CRF %.2f %% of the step; peak %.0f MB\n",
                who.c_str(), parts["forward"].get<double>(), parts["backward"].get<double>(),
                parts["update"].get<double>(), 1e2 * number((who + "_crf_share").c_str()),
                number((who + "_peak_megabytes").c_str()));
  }
}

}  // namespace clner::bench
