#include "core/model_diff.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "core/error.h"
#include "core/sha256.h"

namespace clner {
namespace {

template <class T>
T Load(const TensorInfo& tensor, int64_t index) {
  T value;
  std::memcpy(&value, tensor.bytes.data() + static_cast<size_t>(index) * sizeof(T), sizeof(T));
  return value;
}

double FromBFloat16(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

/// IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits.
double FromHalf(uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  double value;
  if (exponent == 31) {
    value = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else {
    value = std::ldexp(1024 + fraction, exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

std::string Describe(const TensorInfo& tensor) {
  return std::string(Name(tensor.dtype)) + " " + ShapeText(tensor.shape);
}

double MaxAbsDifference(const TensorInfo& a, const TensorInfo& b) {
  if (a.dtype == b.dtype && std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end())) return 0;
  double largest = 0;
  for (int64_t i = 0; i < a.elements(); ++i) {
    const double x = TensorValue(a, i), y = TensorValue(b, i);
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    const double difference = std::abs(x - y);
    largest = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(largest, difference);
  }
  return largest;
}

std::string Key(const std::string& path, const std::string& name) { return path.empty() ? name : path + "." + name; }

void Compare(const Json& a, const Json& b, const std::string& path, std::vector<JsonDifference>* differences) {
  if (a.is_object() && b.is_object()) {
    for (const auto& [key, value] : a.items()) {
      const auto other = b.find(key);
      if (other == b.end()) {
        differences->push_back({Key(path, key), DumpJson(value), ""});
      } else {
        Compare(value, *other, Key(path, key), differences);
      }
    }
    for (const auto& [key, value] : b.items()) {
      if (!a.contains(key)) differences->push_back({Key(path, key), "", DumpJson(value)});
    }
    return;
  }
  if (a.is_array() && b.is_array()) {
    for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
      const std::string element = Key(path, std::to_string(i));
      if (i >= a.size()) {
        differences->push_back({element, "", DumpJson(b[i])});
      } else if (i >= b.size()) {
        differences->push_back({element, DumpJson(a[i]), ""});
      } else {
        Compare(a[i], b[i], element, differences);
      }
    }
    return;
  }
  if (a != b) differences->push_back({path, DumpJson(a), DumpJson(b)});
}

// Compared value by value, made from the others, or without influence on what the model does.
constexpr const char* kNotCompared[] = {"config.json",
                                        "clner.json",
                                        "SHA256SUMS",
                                        "README.md",
                                        "metrics.json",
                                        "model.safetensors",
                                        "model.safetensors.index.json",
                                        "pytorch_model.bin",
                                        "pytorch_model.bin.index.json"};

// Regular files and links to them: nothing else can be compared.
std::set<std::string> OtherFiles(const ModelFiles& model) {
  std::set<std::string> names;
  std::error_code ignored;
  for (const std::string& name : FilesBelow(model.directory)) {
    if (std::filesystem::is_regular_file(model.directory / name, ignored)) names.insert(name);
  }
  for (const char* name : kNotCompared) names.erase(name);
  for (const std::filesystem::path& part : model.weights.Files()) names.erase(part.filename().string());
  return names;
}

}  // namespace

double TensorValue(const TensorInfo& tensor, int64_t index) {
  switch (tensor.dtype) {
    case DType::kF64:
      return Load<double>(tensor, index);
    case DType::kF32:
      return Load<float>(tensor, index);
    case DType::kF16:
      return FromHalf(Load<uint16_t>(tensor, index));
    case DType::kBF16:
      return FromBFloat16(Load<uint16_t>(tensor, index));
    case DType::kI64:
      return static_cast<double>(Load<int64_t>(tensor, index));
    case DType::kI32:
      return Load<int32_t>(tensor, index);
    case DType::kI16:
      return Load<int16_t>(tensor, index);
    case DType::kI8:
      return Load<int8_t>(tensor, index);
    case DType::kU8:
      return Load<uint8_t>(tensor, index);
    case DType::kBool:
      return Load<uint8_t>(tensor, index) != 0 ? 1 : 0;
    case DType::kU16:
      return Load<uint16_t>(tensor, index);
    case DType::kU32:
      return Load<uint32_t>(tensor, index);
    case DType::kU64:
      return static_cast<double>(Load<uint64_t>(tensor, index));
  }
  CLNER_CHECK(false, Name(tensor.dtype));
  return 0;
}

std::vector<JsonDifference> CompareJson(const Json& a, const Json& b) {
  std::vector<JsonDifference> differences;
  Compare(a, b, "", &differences);
  return differences;
}

std::vector<FileDifference> CompareFiles(const ModelFiles& a, const ModelFiles& b) {
  const std::set<std::string> in_a = OtherFiles(a), in_b = OtherFiles(b);
  std::set<std::string> names = in_a;
  names.insert(in_b.begin(), in_b.end());
  std::vector<FileDifference> differences;
  for (const std::string& name : names) {
    if (!in_b.contains(name)) {
      differences.push_back({name, FileState::kOnlyA});
    } else if (!in_a.contains(name)) {
      differences.push_back({name, FileState::kOnlyB});
    } else if (Sha256OfFile(a.directory / name) != Sha256OfFile(b.directory / name)) {
      differences.push_back({name, FileState::kContent});
    }
  }
  return differences;
}

std::vector<TensorDifference> CompareTensors(const WeightFiles& a, const WeightFiles& b) {
  std::vector<TensorDifference> differences;
  for (const TensorInfo& tensor : a.tensors()) {
    TensorDifference row{tensor.name, TensorState::kOnlyA, 0, Describe(tensor), ""};
    if (const TensorInfo* other = b.Find(tensor.name); other != nullptr) {
      row.shape_b = Describe(*other);
      if (other->shape != tensor.shape) {
        row.state = TensorState::kShape;
      } else {
        row.max_abs = MaxAbsDifference(tensor, *other);
        row.state = row.max_abs > 0 ? TensorState::kValues : TensorState::kEqual;
      }
    }
    differences.push_back(row);
  }
  for (const TensorInfo& tensor : b.tensors()) {
    if (a.Find(tensor.name) == nullptr)
      differences.push_back({tensor.name, TensorState::kOnlyB, 0, "", Describe(tensor)});
  }
  return differences;
}

}  // namespace clner
