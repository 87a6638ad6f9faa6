#include "train/trainer.h"

#include <torch/torch.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "config/resolve.h"
#include "core/fault.h"
#include "core/log.h"
#include "core/random.h"
#include "core/stop.h"
#include "eval/report.h"
#include "model/model_directory.h"
#include "tensor/device.h"
#include "tensor/memory.h"
#include "train/checkpoint.h"
#include "train/schedule.h"

namespace clner {
namespace {

constexpr uint64_t kDropoutStream = 0xd809;  // keeps the dropout seeds apart from the seeds of the batch order

std::string Fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

}  // namespace

double Now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

Trainer::Trainer(TrainSetup setup, TrainState state) : setup_(std::move(setup)), state_(std::move(state)) {
  const TrainOptions& train = setup_.config.train;
  const auto batches = static_cast<int64_t>(setup_.batches.Epoch(0).size());
  total_steps_ = StepsPerEpoch(batches, train.accumulate) * train.epochs;
}

void Trainer::Run() {
  const TrainOptions& train = setup_.config.train;
  run_started_at_ = Now() - state_.seconds;
  const auto stop_early = [&] { return train.patience > 0 && state_.epochs_without_better >= train.patience; };
  while (state_.epoch < train.epochs && !stop_early()) {
    TrainEpoch();
    FinishEpoch();
  }
  if (!SelectsOnDev(setup_.config) && !state_.finished) PublishBest(Json());
  state_.finished = true;
  state_.seconds = Now() - run_started_at_;
  Save();
}

void Trainer::TrainEpoch() {
  const TrainOptions& train = setup_.config.train;
  const double began = loop_counted_at_ = Now();
  epoch_.batches = setup_.batches.Epoch(state_.epoch);
  const auto count = static_cast<int64_t>(epoch_.batches.size());
  epoch_.packed.emplace(state_.batch, count, setup_.read_ahead, [this](int64_t i) {
    return setup_.batches.Pack(epoch_.batches[static_cast<size_t>(i)], 0, 1);
  });
  state_.data_wait_seconds += Now() - began;
  setup_.model.train();
  Progress progress("epoch " + std::to_string(state_.epoch + 1) + "/" + std::to_string(train.epochs), count, "batches");
  while (state_.batch < count) {
    const int64_t end = std::min<int64_t>(count, state_.batch + train.accumulate);
    const bool done = TrainGroup(state_.batch, end);
    if (done) {
      state_.micro_step += end - state_.batch;
      state_.batch = end;
      progress.Update(end, note_);
    }
    if (setup_.callbacks.should_stop && setup_.callbacks.should_stop()) RequestStop("the caller");
    if (!done || StopRequested() != nullptr) SaveAndStop();
    if (state_.step % train.save_every == 0) Save();
    loop_counted_at_ = Now();
  }
  epoch_.packed.reset();
  progress.Finish();
}

bool Trainer::TrainGroup(int64_t first, int64_t end) {
  std::optional<GroupLoss> group;
  for (int64_t parts = 1; !group; ++parts) {
    try {
      group = Gradients(first, end, parts);
      if (!group) return false;
    } catch (const std::exception& error) {
      if (!IsOutOfMemory(error)) throw;
      setup_.optimizer.ClearGradients();
      SplitOrGiveUp(first, end, parts);
    }
  }
  const double norm = setup_.optimizer.GradientNorm();
  CountLoop();
  if (!std::isfinite(group->total) || !std::isfinite(norm)) {
    SkipBadStep(group->total, norm, first, end);
    return true;
  }
  ApplyStep(*group, norm);
  return true;
}

std::optional<Trainer::GroupLoss> Trainer::Gradients(int64_t first, int64_t end, int64_t parts) {
  GroupLoss group;
  setup_.optimizer.ClearGradients();
  for (int64_t i = first; i < end; ++i) {
    if (GraceIsOver(last_batch_seconds_)) return std::nullopt;
    const double began = Now();
    // Seeding every batch by its number makes a resumed run draw what the uninterrupted run drew.
    torch::manual_seed(MixSeed(MixSeed(static_cast<uint64_t>(setup_.config.seed), kDropoutStream),
                               static_cast<uint64_t>(state_.micro_step + i - first)));
    for (int64_t part = 0; part < parts; ++part) {
      for (Batch& batch : Packed(i, part, parts))
        AddGradients(OnDevice(std::move(batch), setup_.model.device()), 1.0 / static_cast<double>(end - first), &group);
    }
    last_batch_seconds_ = Now() - began;
  }
  return group;
}

std::vector<Batch> Trainer::Packed(int64_t batch, int64_t part, int64_t parts) {
  const double began = Now();
  // Memory ran out when there are parts: what was prepared is given up, and nothing is held twice.
  std::vector<Batch> packed = parts == 1 ? epoch_.packed->Take(batch)
                                         : setup_.batches.Pack(epoch_.batches[static_cast<size_t>(batch)], part, parts);
  state_.data_wait_seconds += Now() - began;
  return packed;
}

void Trainer::CountLoop() {
  const double now = Now();
  state_.loop_seconds += now - loop_counted_at_;
  loop_counted_at_ = now;
}

void Trainer::AddGradients(const Batch& batch, double share, GroupLoss* group) {
  StepLoss loss = setup_.objective.Step(setup_.model, batch);
  if (FaultPlanned("nan", "step")) loss.total = loss.total * std::numeric_limits<float>::quiet_NaN();
  group->total += loss.total.item<double>() * share;
  (share == 1 ? loss.total : loss.total * share).backward();
  for (const LossTerm& term : loss.terms) {
    const auto found = std::find_if(group->terms.begin(), group->terms.end(),
                                    [&](const LossTerm& other) { return other.name == term.name; });
    if (found == group->terms.end()) {
      group->terms.push_back(term);
    } else {
      found->sum += term.sum;
      found->count += term.count;
    }
  }
  group->words += batch.words();
}

void Trainer::SplitOrGiveUp(int64_t first, int64_t end, int64_t parts) const {
  int64_t pieces = 0, sentences = 0;
  for (int64_t i = first; i < end; ++i) {
    const PlannedBatch& batch = epoch_.batches[static_cast<size_t>(i)];
    const int64_t count = setup_.batches.PiecesOf(batch);
    if (count <= pieces) continue;
    pieces = count;
    sentences = static_cast<int64_t>(std::max(batch.labelled.size(), batch.unlabelled.size()));
  }
  const std::string shape =
      "a batch of " + std::to_string(sentences) + " sentences with " + std::to_string(pieces) + " pieces";
  if (parts > 1 || sentences == 1) {
    throw Error(ErrorCode::kResource,
                "out of memory in " + shape + (parts > 1 ? ", also when it was split" : "") + "; peak memory " +
                    Fixed(PeakMegabytes(), 0) + " MB",
                setup_.data.train.corpus.path, "lower train.batch_pieces or train.batch_sentences");
  }
  LogWarning("split batch", "out of memory in " + shape + ": it is split in two and tried again",
             setup_.data.train.corpus.path, "lower train.batch_pieces or train.batch_sentences");
}

void Trainer::ApplyStep(const GroupLoss& group, double norm) {
  const TrainOptions& train = setup_.config.train;
  const double factor = ScheduleFactor(train.schedule, state_.step, total_steps_), loss = group.total;
  // torch's clip_grad_norm_ divides by norm + 1e-6.
  const double scale = train.clip_norm > 0 ? std::min(1.0, train.clip_norm / (norm + 1e-6)) : 1.0;
  setup_.optimizer.Step(factor, scale);
  CountLoop();
  Json record = {{"event", "step"}, {"step", state_.step}, {"epoch", state_.epoch + 1}, {"loss", loss}};
  for (const LossTerm& term : group.terms) record[term.name] = term.sum / static_cast<double>(term.count);
  record["grad_norm"] = norm;
  record["lr"] = train.lr * factor;
  if (setup_.config.logging.trace) setup_.run.AppendJson("trace.jsonl", record);
  state_.bad_steps_in_row = 0;
  ++state_.step;
  if (setup_.callbacks.on_step) setup_.callbacks.on_step(state_.step, loss);
  state_.epoch_loss += loss;
  ++state_.epoch_batches;
  state_.trained_words += group.words;
  const double words_per_second = static_cast<double>(state_.trained_words) / std::max(1e-9, Now() - run_started_at_);
  note_ = "loss " + Fixed(state_.epoch_loss / static_cast<double>(state_.epoch_batches), 3) + ", " +
          Fixed(words_per_second, 0) + " words/s";
  if (state_.step % setup_.config.logging.every_steps == 0) {
    record["step"] = state_.step;
    record["words_per_second"] = words_per_second;
    record["data_wait_share"] = state_.data_wait_share();
    setup_.run.AppendJson("metrics.jsonl", record);
  }
}

void Trainer::SkipBadStep(double loss, double norm, int64_t first, int64_t end) {
  ++state_.bad_steps;
  ++state_.bad_steps_in_row;
  ++state_.step;
  // A list of lines, or one for each of several corpora by its name.
  const bool by_name = setup_.data.corpora.size() > 1 || setup_.data.unlabelled;
  Json lines = by_name ? Json::object() : Json::array();
  for (int64_t i = first; i < end; ++i) {
    for (const SentencePlace& place : setup_.batches.PlacesOf(epoch_.batches[static_cast<size_t>(i)]))
      (by_name ? lines[place.corpus.empty() ? "train" : place.corpus] : lines).push_back(place.line);
  }
  setup_.run.AppendJson("metrics.jsonl", {{"event", "bad_step"},
                                          {"step", state_.step},
                                          {"epoch", state_.epoch + 1},
                                          {"loss", JsonNumber(loss)},
                                          {"grad_norm", JsonNumber(norm)},
                                          {"sentence_lines", lines}});
  LogWarning("non-finite step",
             "loss or gradient of step " + std::to_string(state_.step) + " is not finite; the step is skipped",
             setup_.data.train.corpus.path, "lower train.lr, or set train.clip_norm");
  if (state_.bad_steps_in_row < setup_.config.train.max_bad_steps) return;
  throw Error(ErrorCode::kInternal,
              "training diverged: " + std::to_string(state_.bad_steps_in_row) +
                  " steps in a row had a non-finite loss or gradient",
              (setup_.run.path() / "metrics.jsonl").string(),
              "lower train.lr; the sentences of the steps are in metrics.jsonl, the last checkpoint is kept");
}

void Trainer::FinishEpoch() {
  const double loss = state_.epoch_loss / static_cast<double>(std::max<int64_t>(1, state_.epoch_batches));
  Json record = {{"event", "epoch"}, {"epoch", state_.epoch + 1}, {"step", state_.step}, {"loss", loss}};
  std::string line = "epoch " + std::to_string(state_.epoch + 1) + ": loss " + Fixed(loss, 4);
  if (setup_.data.has_dev()) {
    const std::vector<CorpusScores> dev = ScoreDev();
    line += ", " + DevLine(dev);
    record["dev"] = SelectionScores(setup_.config, dev);
    for (const CorpusScores& corpus : dev) {
      const bool alone = corpus.name.empty();
      if (alone && corpus.views.size() == 1) continue;  // they are those of "dev"
      Json& views = alone ? record["dev_views"] : record["dev_corpora"][corpus.name];
      for (const auto& [view, scores] : corpus.views.items()) views[view] = scores["micro"];
    }
  }
  record["data_wait_share"] = state_.data_wait_share();
  state_.seconds = Now() - run_started_at_;
  record["seconds"] = state_.seconds;
  state_.history.push_back(record);
  setup_.run.AppendJson("metrics.jsonl", record);
  if (setup_.callbacks.on_epoch) setup_.callbacks.on_epoch(state_.epoch + 1, DumpJson(record));
  if (SelectsOnDev(setup_.config)) {
    const double f1 = record["dev"]["f1"].get<double>();
    const bool better = f1 > state_.best_f1;
    state_.epochs_without_better = better ? 0 : state_.epochs_without_better + 1;
    if (f1 >= state_.best_f1) {  // the later epoch wins ties (clner.md 3.9)
      state_.best_f1 = f1;
      state_.best_epoch = state_.epoch + 1;
      PublishBest(record["dev"]);
      line += " (best)";
    }
  } else {
    state_.best_epoch = state_.epoch + 1;
  }
  LogInfo(line);
  ++state_.epoch;
  state_.batch = 0;
  state_.epoch_loss = 0;
  state_.epoch_batches = 0;
  Save();
}

std::vector<CorpusScores> Trainer::ScoreDev() {
  setup_.model.eval();
  std::vector<CorpusScores> all;
  for (const DataCorpus& corpus : setup_.data.corpora) {
    if (!corpus.dev) continue;
    CorpusScores& scores = all.emplace_back(CorpusScores{corpus.name});
    for (const bool context : {false, true}) {
      if (context && !corpus.dev->has_contexts()) continue;
      const std::optional<std::vector<Prediction>> predictions =
          PredictSplit(setup_.model, *corpus.dev, context, setup_.config.train.eval_batch_pieces);
      if (!predictions) SaveAndStop();  // the epoch is validated again on resume
      const Scores counted = ScoreSplit(*corpus.dev, *predictions);
      scores.views[context ? "context" : "original"] = ScoresJson(counted, corpus.dev->corpus.scheme);
      if (counted.micro.predicted > 0) continue;
      LogWarning("no entity predicted",
                 "after epoch " + std::to_string(state_.epoch + 1) + " every word of the dev data is tagged O",
                 corpus.dev->corpus.path, "train longer, or check train.lr and the tag column");
    }
  }
  return all;
}

void Trainer::PublishBest(const Json& dev) {
  // No date and no duration in it: the same training gives the same bytes.
  Json& summary = setup_.model.mutable_spec().training;
  summary = {{"name", setup_.config.name},
             {"seed", setup_.config.seed},
             {"epoch", state_.best_epoch},
             {"step", state_.step},
             {"train_sentences", setup_.data.train.corpus.sentences.size()}};
  for (const DataCorpus& corpus : setup_.data.corpora) {
    if (!corpus.name.empty()) summary["corpora"][corpus.name] = corpus.train.count;
  }
  if (!dev.is_null()) summary["dev"] = dev;
  AtomicDirectory output(setup_.run.best());
  WriteModelDirectory(output.path(), setup_.model, setup_.tokenizer_from,
                      ModelCard(setup_.model.spec(), setup_.config.name));
  std::error_code ignored;
  if (std::filesystem::exists(setup_.run.best(), ignored)) {
    output.PublishReplacing();
  } else {
    output.Publish();
  }
}

void Trainer::Save() {
  state_.seconds = Now() - run_started_at_;
  SaveCheckpoint(setup_.run.checkpoints(), setup_.model, setup_.optimizer, state_, setup_.identity,
                 setup_.config.train.keep_last);
}

void Trainer::SaveAndStop() {
  const char* reason = StopRequested() != nullptr ? StopRequested() : "a stop request";
  Save();
  throw Error(
      ErrorCode::kInterrupted,
      std::string("stopped by ") + reason + " after step " + std::to_string(state_.step) + "; the state is saved",
      setup_.run.checkpoints().string(), "run the same command with --resume to go on");
}

bool Trainer::GraceIsOver(double next_batch_seconds) {
  if (StopRequested() == nullptr) return false;
  const double now = Now();
  if (!stop_seen_at_) stop_seen_at_ = now;
  return now - *stop_seen_at_ + next_batch_seconds > setup_.config.train.grace_seconds;
}

}  // namespace clner
