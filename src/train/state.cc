#include "train/state.h"

namespace clner {
namespace {

// Visits every field by name, so that writing and reading cannot differ.
template <class State, class Visit>
void ForEachField(State& state, Visit&& visit) {
  visit("epoch", state.epoch);
  visit("batch", state.batch);
  visit("step", state.step);
  visit("micro_step", state.micro_step);
  visit("best_f1", state.best_f1);
  visit("best_epoch", state.best_epoch);
  visit("epochs_without_better", state.epochs_without_better);
  visit("bad_steps_in_row", state.bad_steps_in_row);
  visit("bad_steps", state.bad_steps);
  visit("epoch_loss", state.epoch_loss);
  visit("epoch_batches", state.epoch_batches);
  visit("trained_words", state.trained_words);
  visit("seconds", state.seconds);
  visit("loop_seconds", state.loop_seconds);
  visit("data_wait_seconds", state.data_wait_seconds);
  visit("finished", state.finished);
  visit("history", state.history);
}

}  // namespace

Json TrainState::ToJson() const {
  Json json = Json::object();
  ForEachField(*this, [&](const char* name, const auto& value) { json[name] = value; });
  return json;
}

TrainState TrainState::FromJson(const Json& json, const std::string& path) {
  TrainState state;
  ForEachField(state, [&](const char* name, auto& value) {
    try {
      value = json.at(name).get<std::remove_reference_t<decltype(value)>>();
    } catch (const Json::exception&) {
      throw Error(ErrorCode::kCorrupt, std::string("'") + name + "' is missing or of the wrong type", path,
                  "remove this checkpoint; an older one is used instead");
    }
  });
  return state;
}

}  // namespace clner
