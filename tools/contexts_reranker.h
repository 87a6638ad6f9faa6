// What orders the candidates of `clner contexts`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "commands.h"
#include "data/corpus.h"
#include "retrieval/fts_index.h"
#include "retrieval/reranker.h"

namespace clner::cli {

struct RerankFlags {
  std::string method = "none";
  std::string encoder = {};  ///< empty: the one that will read the contexts
  std::optional<int64_t> layer = {};
  int64_t words = 200;
  std::string precision = "fp32";
};

void AddRerankOptions(CLI::App* command, RerankFlags* flags);

/// The re-ranker of `flags`, which reads `index` as long as it lives; null for `none`: the order of the engine stays.
/// `reader` is the encoder that will read the contexts, may be empty. The sentences of `corpus` are the references of
/// idf weights. kUsage for options without the method they belong to, and for an encoder that is missing.
[[nodiscard]] std::unique_ptr<Reranker> MakeReranker(const RerankFlags& flags, const FtsIndex* index,
                                                     const std::string& reader, const Corpus& corpus, bool verify,
                                                     const Globals& globals);

}  // namespace clner::cli
