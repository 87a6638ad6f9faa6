#include "core/torch_state.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "core/safetensors_header.h"
#include "core/utf8.h"

namespace clner::internal {
namespace {

constexpr size_t kMaxName = 1000, kMaxKey = 100;
constexpr std::string_view kUntyped = "torch.storage.UntypedStorage";
constexpr std::string_view kParameter = "torch._utils._rebuild_parameter", kTyped = "torch._utils._rebuild_tensor_v3";

constexpr std::pair<std::string_view, DType> kStorageTypes[] = {
    {"torch.DoubleStorage", DType::kF64},    {"torch.FloatStorage", DType::kF32}, {"torch.HalfStorage", DType::kF16},
    {"torch.BFloat16Storage", DType::kBF16}, {"torch.LongStorage", DType::kI64},  {"torch.IntStorage", DType::kI32},
    {"torch.ShortStorage", DType::kI16},     {"torch.CharStorage", DType::kI8},   {"torch.ByteStorage", DType::kU8},
    {"torch.BoolStorage", DType::kBool}};
constexpr std::pair<std::string_view, DType> kTensorTypes[] = {
    {"torch.float64", DType::kF64},   {"torch.float32", DType::kF32}, {"torch.float16", DType::kF16},
    {"torch.bfloat16", DType::kBF16}, {"torch.int64", DType::kI64},   {"torch.int32", DType::kI32},
    {"torch.int16", DType::kI16},     {"torch.int8", DType::kI8},     {"torch.uint8", DType::kU8},
    {"torch.uint16", DType::kU16},    {"torch.uint32", DType::kU32},  {"torch.uint64", DType::kU64},
    {"torch.bool", DType::kBool}};

std::optional<DType> TypeOf(std::span<const std::pair<std::string_view, DType>> types, const PickleValue& value) {
  if (value.kind != PickleKind::kGlobal) return std::nullopt;
  for (const auto& [name, dtype] : types) {
    if (name == value.text) return dtype;
  }
  return std::nullopt;
}

std::string Quoted(std::string_view name) { return "'" + Printable(name, 100) + "'"; }

class StateReader {
 public:
  StateReader(const Pickle& pickle, const std::string& path) : pickle_(pickle), path_(path) {}

  TorchState Run() {
    // Storages of skipped entries count too: an old file holds their bytes.
    for (const PickleValue& value : pickle_.values) {
      if (value.kind == PickleKind::kStorage) AddStorage(value);
    }
    const PickleValue& dict = FindDict();
    CheckCount(dict);
    for (size_t i = 0; i + 1 < dict.items.size(); i += 2) AddEntry(dict, i);
    return std::move(state_);
  }

 private:
  [[noreturn]] void Refuse(const std::string& rule) const { RefuseTorchFile(rule, path_); }
  [[noreturn]] void Bad(const std::string& rule) const { Refuse("tensor " + Quoted(name_) + ": " + rule); }

  void CheckCount(const PickleValue& dict) const {
    if (dict.items.size() / 2 > kMaxTensors) Refuse("it holds more than " + std::to_string(kMaxTensors) + " entries");
  }

  [[nodiscard]] const PickleValue* Argument(const PickleValue& call, size_t i) const {
    const PickleValue& arguments = pickle_.At(call.number);
    return i < arguments.items.size() ? &pickle_.At(arguments.items[i]) : nullptr;
  }

  // The persistent id: ("storage", type, key, device, number of elements[, view]).
  void AddStorage(const PickleValue& storage) {
    const PickleValue *tag = Argument(storage, 0), *type = Argument(storage, 1), *key = Argument(storage, 2),
                      *count = Argument(storage, 4), *view = Argument(storage, 5);
    if (count == nullptr || tag->kind != PickleKind::kText || tag->text != "storage" ||
        key->kind != PickleKind::kText || count->kind != PickleKind::kInteger || count->number < 0) {
      Refuse("the id of a storage is malformed");
    }
    if (view != nullptr && view->kind != PickleKind::kNone)
      Refuse("storages that are parts of others are not supported");
    if (key->text.size() > kMaxKey) Refuse("the key of a storage is longer than 100 bytes");
    const std::optional<DType> dtype = TypeOf(kStorageTypes, *type);
    if (!dtype && type->text != kUntyped) Refuse("storage " + Quoted(key->text) + " has no known type");
    TorchStorage found{std::string(key->text), dtype ? ByteSize(*dtype) : 1};
    if (__builtin_mul_overflow(static_cast<uint64_t>(count->number), found.element_bytes, &found.bytes))
      Refuse("storage " + Quoted(key->text) + ": size overflow");
    const auto [known, added] = storage_of_.emplace(key->text, state_.storages.size());
    if (added) {
      state_.storages.push_back(std::move(found));
      return;
    }
    // The same bytes seen as another type: the larger view counts.
    TorchStorage& first = state_.storages[known->second];
    first.bytes = std::max(first.bytes, found.bytes);
  }

  // The call that makes a tensor, inside a parameter where it is one; null for other values.
  [[nodiscard]] const PickleValue* TensorCall(const PickleValue& value) const {
    const PickleValue* call = &value;
    if (call->kind == PickleKind::kCall && call->text == kParameter) call = Argument(*call, 0);
    return call != nullptr && call->kind == PickleKind::kCall && call->text != kParameter ? call : nullptr;
  }

  [[nodiscard]] bool HoldsTensors(const PickleValue& value) const {
    if (value.kind != PickleKind::kDict) return false;
    for (size_t i = 0; i + 1 < value.items.size(); i += 2) {
      if (TensorCall(pickle_.At(value.items[i + 1])) != nullptr) return true;
    }
    return false;
  }

  const PickleValue& FindDict() {
    const PickleValue& root = pickle_.At(pickle_.root);
    if (root.kind != PickleKind::kDict) Refuse("it holds no dict");
    if (HoldsTensors(root)) return root;
    CheckCount(root);
    std::map<std::string_view, const PickleValue*> found;
    std::set<uint32_t> seen;  // an entry is looked through once, however often the pickle names it
    for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
      const PickleValue &key = pickle_.At(root.items[i]), &value = pickle_.At(root.items[i + 1]);
      if (seen.insert(root.items[i + 1]).second && HoldsTensors(value)) {
        found.emplace(key.text, &value);
      } else {
        state_.skipped.push_back(KeyText(key));
      }
    }
    if (found.empty()) Refuse("it holds no state dict (a dict of named tensors)");
    for (const std::string_view preferred : {"state_dict", "model"}) {
      if (const auto entry = found.find(preferred); entry != found.end()) return *entry->second;
    }
    if (found.size() > 1) {
      Refuse("it holds several state dicts (" + Quoted(found.begin()->first) + ", " + Quoted(found.rbegin()->first) +
             "), none of them named 'state_dict' or 'model'");
    }
    return *found.begin()->second;
  }

  static std::string KeyText(const PickleValue& key) {
    if (key.kind == PickleKind::kInteger) return std::to_string(key.number);
    return key.kind == PickleKind::kText ? Printable(key.text, 100) : "(a key that is no text)";
  }

  void AddEntry(const PickleValue& dict, size_t i) {
    const PickleValue &key = pickle_.At(dict.items[i]), &value = pickle_.At(dict.items[i + 1]);
    const PickleValue* call = TensorCall(value);
    if (call == nullptr) {
      state_.skipped.push_back(KeyText(key));
      return;
    }
    if (key.kind != PickleKind::kText) Refuse("the name of a tensor is no text");
    name_ = key.text;
    if (!names_.insert(name_).second) Bad("it is defined twice");
    if (name_.size() > kMaxName) Bad("the name is longer than 1000 bytes");
    if (FirstInvalidUtf8(name_)) Bad("the name is not UTF-8");
    state_.tensors.push_back(Tensor(*call));
  }

  // (storage, offset, size, strides, requires_grad, hooks[, metadata]), with the type in the seventh place in v3.
  TorchTensor Tensor(const PickleValue& call) const {
    const PickleValue *storage = Argument(call, 0), *offset = Argument(call, 1), *size = Argument(call, 2),
                      *strides = Argument(call, 3);
    if (strides == nullptr || storage->kind != PickleKind::kStorage || offset->kind != PickleKind::kInteger ||
        size->kind != PickleKind::kTuple || strides->kind != PickleKind::kTuple) {
      Bad("the description is malformed");
    }
    const bool typed = call.text == kTyped;
    const PickleValue* metadata = Argument(call, typed ? 7 : 6);
    if (metadata != nullptr && metadata->kind != PickleKind::kNone && !metadata->items.empty())
      Bad("values that are to be negated or conjugated are not supported");
    TorchTensor tensor{std::string(name_)};
    const PickleValue* type = typed ? Argument(call, 6) : Argument(*storage, 1);
    const std::optional<DType> dtype = type == nullptr ? std::nullopt
                                       : typed         ? TypeOf(kTensorTypes, *type)
                                                       : TypeOf(kStorageTypes, *type);
    if (!dtype) Bad("its type is not known");
    tensor.dtype = *dtype;
    tensor.storage = storage_of_.at(Argument(*storage, 2)->text);
    tensor.shape = Numbers(*size);
    tensor.strides = Numbers(*strides);
    if (tensor.shape.size() != tensor.strides.size()) Bad("it has other numbers of sizes and strides");
    Place(offset->number, &tensor);
    return tensor;
  }

  [[nodiscard]] std::vector<int64_t> Numbers(const PickleValue& tuple) const {
    if (tuple.items.size() > kMaxDimensions) Bad("more than " + std::to_string(kMaxDimensions) + " dimensions");
    std::vector<int64_t> numbers;
    for (const uint32_t item : tuple.items) {
      const PickleValue& value = pickle_.At(item);
      if (value.kind != PickleKind::kInteger) Bad("a size or stride is no 64-bit integer");
      if (value.number < 0) Bad("negative size or stride " + std::to_string(value.number));
      numbers.push_back(value.number);
    }
    return numbers;
  }

  // Computes the byte ranges and checks them against the storage.
  void Place(int64_t offset, TorchTensor* tensor) const {
    if (offset < 0) Bad("negative offset " + std::to_string(offset));
    const uint64_t element = ByteSize(tensor->dtype);
    uint64_t count = 1, last = 0, end = 0;
    bool empty = false, overflow = __builtin_mul_overflow(static_cast<uint64_t>(offset), element, &tensor->begin);
    for (size_t i = 0; i < tensor->shape.size(); ++i) {
      const auto size = static_cast<uint64_t>(tensor->shape[i]);
      empty = empty || size == 0;
      if (size == 0) continue;
      uint64_t step = 0;
      overflow = overflow || __builtin_mul_overflow(count, size, &count) ||
                 __builtin_mul_overflow(size - 1, static_cast<uint64_t>(tensor->strides[i]), &step) ||
                 __builtin_add_overflow(last, step, &last);
    }
    overflow = overflow || __builtin_mul_overflow(count, element, &tensor->bytes) || tensor->bytes > INT64_MAX ||
               last == UINT64_MAX || __builtin_mul_overflow(last + 1, element, &tensor->extent);
    if (empty) tensor->bytes = tensor->extent = 0;
    overflow = overflow || __builtin_add_overflow(tensor->begin, tensor->extent, &end);
    if (overflow) Bad("shape overflow");
    const TorchStorage& storage = state_.storages[tensor->storage];
    if (end > storage.bytes) {
      Bad("it ends at byte " + std::to_string(end) + " of storage " + Quoted(storage.key) + ", which has " +
          std::to_string(storage.bytes));
    }
  }

  const Pickle& pickle_;
  const std::string& path_;
  TorchState state_;
  std::map<std::string_view, size_t> storage_of_;  // by key
  std::set<std::string_view> names_;
  std::string_view name_;  // of the tensor being read
};

}  // namespace

bool TorchTensor::contiguous() const {
  if (bytes == 0) return true;
  int64_t expected = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

TorchState ReadTorchState(const Pickle& pickle, const std::string& path) { return StateReader(pickle, path).Run(); }

}  // namespace clner::internal
