// Trained taggers between this program and Hugging Face's token classification classes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace clner::cli {

/// What ImportModel took over.
struct ImportReport {
  std::string model_type, scheme;
  std::vector<std::string> types = {};
  int64_t tags = 0;
  std::vector<std::string> unused = {};  ///< stored tensors that are no part of the tagger
};

/// Writes the model directory `out` from a `*ForTokenClassification` directory: its encoder, `classifier`, tokenizer
/// and the tags of id2label; head softmax, first piece, no constraints, so that the tags are those of the transformers
/// pipeline. kCorrupt when there is no classifier or id2label does not fit it, or its labels are no tags of a scheme;
/// kOutput when `out` exists.
ImportReport ImportModel(const std::filesystem::path& from, const std::filesystem::path& out);

/// Writes a copy of the trained model `from` for AutoModelForTokenClassification, with a README.md that shows its use:
/// `classifier` gives the emissions; `crf.*` are extra tensors. The copy stays a model directory of this program.
/// kUsage when emissions are not a function of the last layer's first piece; kOutput when `out` exists.
void ExportModel(const std::filesystem::path& from, const std::filesystem::path& out);

}  // namespace clner::cli
