// Start weights of the head from a file in CLNER's layout.
#pragma once

#include <filesystem>

#include "model/model.h"

namespace clner {

/// The tag list of the file's metadata without `<START>` and `<STOP>`: CLNER's dictionary, `<unk>` and `S-X` included.
[[nodiscard]] TagSpace ReadClnerTags(const std::filesystem::path& path, const LabelSet& labels);

/// Copies linear.weight [T, D], linear.bias [T] and transitions [to, from] (crf.md section 1: transposed; start =
/// column START, end = row STOP) into a model whose tags came from ReadClnerTags. kCorrupt when shapes do not fit.
void LoadClnerHead(const std::filesystem::path& path, Model& model);

}  // namespace clner
