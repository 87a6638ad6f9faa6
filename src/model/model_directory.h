// A trained model on disk: Hugging Face layout + clner.json + SHA256SUMS, self-contained.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "model/model.h"
#include "tokenize/tokenizer.h"
#include "views/view.h"

namespace clner {

/// Writes all files of the model into the existing, empty `directory` (build it with AtomicDirectory). `tokenizer_from`
/// is the directory whose tokenizer files are copied; `card` is the text of README.md.
void WriteModelDirectory(const std::filesystem::path& directory, const Model& model,
                         const std::filesystem::path& tokenizer_from, const std::string& card);

/// A model ready to predict. Immutable in use.
struct LoadedModel {
  std::unique_ptr<Tokenizer> tokenizer;
  std::shared_ptr<Model> model;
  std::unique_ptr<SentenceView> view;
  std::unique_ptr<ContextView> context_view;
};

/// Loads what WriteModelDirectory wrote. `verify` checks SHA256SUMS first. kCorrupt when anything is damaged or does
/// not fit.
[[nodiscard]] LoadedModel LoadModelDirectory(const std::filesystem::path& directory, bool verify);

/// True when the directory holds a trained model (clner.json), false for a plain encoder directory. kNoInput when it is
/// neither.
[[nodiscard]] bool IsTrainedModel(const std::filesystem::path& directory);

/// kConfig when `max_pieces` exceeds the encoder's positions, kCorrupt when the vocabulary exceeds its embedding rows.
void CheckEncoderFits(const EncoderConfig& config, const Tokenizer& tokenizer, int64_t max_pieces,
                      const std::filesystem::path& directory);

/// Model card in Markdown with model-index front matter.
[[nodiscard]] std::string ModelCard(const ModelSpec& spec, const std::string& name);

}  // namespace clner
