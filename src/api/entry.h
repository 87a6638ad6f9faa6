// What the program needs from libclner.so, as one table: the program does not link LibTorch, it opens the library when
// a command wants it (architecture.md section 2).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "clner/clner.h"
#include "data/sentence.h"

namespace clner {
struct EncoderRankingOptions;
class Reranker;
}  // namespace clner

namespace clner::api {

/// A loaded model behind virtual functions, so that no symbol of the library is linked.
class TaggerBackend {
 public:
  virtual ~TaggerBackend() = default;
  /// Entities of each sentence, in order; const and thread-safe.
  [[nodiscard]] virtual std::vector<std::vector<Entity>> Tag(std::span<const Sentence> sentences) const = 0;
  [[nodiscard]] virtual std::vector<std::string> EntityTypes() const = 0;
  /// One JSON object per sentence: {"marginals": [[...]...], "log_z": ...} with the tag names in "tags".
  [[nodiscard]] virtual std::vector<std::string> MarginalsJson(std::span<const Sentence> sentences) const = 0;
};

/// Which states of an encoder become word vectors; a trained model has its own choice.
struct StateChoice {
  std::string layers = {};  ///< as model.encoder.layers; their mean. Empty: the model's, or the last
  std::string pool = {};    ///< as model.encoder.pool. Empty: the model's, or the first piece
};
/// Writes one f32 tensor [words, D] per sentence, named by its index (zeros for a word without pieces). `directory` is
/// a trained model or a plain encoder. kUsage for a choice that is malformed, or given for a trained model.
void WriteStates(const std::string& directory, std::span<const Sentence> sentences, const LoadOptions& options,
                 const StateChoice& choice, const std::string& out);

/// A re-ranker by the states of an encoder: a trained model or any Hugging Face encoder directory. kUsage for a layer
/// that is not there; else as TextEncoder.
[[nodiscard]] std::unique_ptr<Reranker> LoadReranker(const std::string& directory, const LoadOptions& options,
                                                     const EncoderRankingOptions& ranking);

struct Entry {
  int version = 1;
  std::unique_ptr<TaggerBackend> (*load)(const std::string& directory, const LoadOptions& options) = nullptr;
  std::string (*train)(const TrainJob& job, const TrainCallbacks& callbacks) = nullptr;
  std::string (*dry_run)(const TrainJob& job) = nullptr;
  void (*write_states)(const std::string& directory, std::span<const Sentence> sentences, const LoadOptions& options,
                       const StateChoice& choice, const std::string& out) = nullptr;
  std::string (*torch_version)() = nullptr;
  std::unique_ptr<Reranker> (*load_reranker)(const std::string& directory, const LoadOptions& options,
                                             const EncoderRankingOptions& ranking) = nullptr;
};

/// Name of the C symbol `const Entry* clner_entry()` of libclner.so.
inline constexpr const char* kEntrySymbol = "clner_entry";

}  // namespace clner::api
