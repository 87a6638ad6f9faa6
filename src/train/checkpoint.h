// Checkpoints: directories `checkpoints/step-000123/` with model, optimiser, state and a MANIFEST of SHA-256 sums,
// built under a temporary name, fsynced and renamed (reliability.md section 4).
#pragma once

#include <filesystem>
#include <optional>

#include "model/model.h"
#include "ops/adamw.h"
#include "train/state.h"

namespace clner {

/// Writes `directory`/step-N for state.step, then removes all but the newest `keep_last` complete ones.
void SaveCheckpoint(const std::filesystem::path& directory, const Model& model, const ops::AdamW& optimizer,
                    const TrainState& state, const Json& identity, int keep_last);

/// What a resumed run needs to know before weights are loaded.
struct FoundCheckpoint {
  std::filesystem::path path;
  TrainState state;
  Json identity;  ///< hashes and versions the checkpoint was made with
};
/// The newest checkpoint whose MANIFEST checks out; broken newer ones are skipped with a warning. nullopt when there is
/// none at all; kCorrupt when all are damaged.
[[nodiscard]] std::optional<FoundCheckpoint> FindCheckpoint(const std::filesystem::path& directory);
void LoadCheckpoint(const FoundCheckpoint& found, Model& model, ops::AdamW& optimizer);

}  // namespace clner
