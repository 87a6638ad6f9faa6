// The names that `clner contexts` looks for in titles: of a file, or found by a model in rounds.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "commands.h"
#include "data/corpus.h"
#include "retrieval/engines.h"
#include "retrieval/rounds.h"

namespace clner::cli {

struct NameFlags {
  std::string entities = {};  ///< file with entities; names of the first round
  int64_t rounds = 1;
  std::string model = {};  ///< that finds those of the later ones
};

/// --entities, --rounds, -m.
void AddNameOptions(CLI::App* command, NameFlags* flags);

/// kUsage for options that do not fit together, and for names that the engine would not look for.
void CheckNames(const NameFlags& flags, const EngineOptions& engine);

/// The mentions of every sentence of a file, each once and as words with one blank between them. 65 when it has none of
/// the sentences of `corpus`.
[[nodiscard]] KnownNames ReadNames(const std::string& path, const Corpus& corpus, const CorpusOptions& read,
                                   const std::vector<std::string>& labels);

/// Loads the model when there are several rounds.
[[nodiscard]] RoundOptions MakeRounds(const NameFlags& flags, bool verify, const Globals& globals);

}  // namespace clner::cli
