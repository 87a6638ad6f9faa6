// Differences between two models: JSON values, tensors and other files.
#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "core/model_files.h"
#include "core/weight_files.h"

namespace clner {

/// One value that differs; `a` or `b` is empty where the key is absent.
struct JsonDifference {
  std::string path;  ///< dotted, e.g. "labels.tags.3"
  std::string a, b;  ///< JSON text
};
[[nodiscard]] std::vector<JsonDifference> CompareJson(const Json& a, const Json& b);

enum class FileState { kContent, kOnlyA, kOnlyB };
struct FileDifference {
  std::string name;
  FileState state = FileState::kContent;
};
/// The other files of two model directories that differ (the tokenizer's, above all), by name. Weights are compared by
/// value, README.md and metrics.json describe a model: they do not count. 66 when a file cannot be read.
[[nodiscard]] std::vector<FileDifference> CompareFiles(const ModelFiles& a, const ModelFiles& b);

enum class TensorState { kEqual, kValues, kShape, kOnlyA, kOnlyB };
struct TensorDifference {
  std::string name;
  TensorState state = TensorState::kEqual;
  double max_abs = 0;  ///< for equal shapes: largest |a - b|; infinite when one side is not a number where the other is
  std::string shape_a = {}, shape_b = {};  ///< dtype and shape
};
/// All tensors of both models: those of `a` in file order, then those only in `b`. Types may differ (values are
/// compared as doubles).
[[nodiscard]] std::vector<TensorDifference> CompareTensors(const WeightFiles& a, const WeightFiles& b);

/// Element `index` of a tensor as a double; bool is 0 or 1.
[[nodiscard]] double TensorValue(const TensorInfo& tensor, int64_t index);

}  // namespace clner
