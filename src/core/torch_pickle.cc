#include "core/torch_pickle.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/error.h"
#include "core/utf8.h"

namespace clner::internal {
namespace {

// Opcodes by their names in Python's pickletools; the rest is refused.
enum Opcode : uint8_t {
  kMark = '(',
  kStop = '.',
  kPop = '0',
  kPopMark = '1',
  kDup = '2',
  kBinBytes = 'B',
  kShortBinBytes = 'C',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinString = 'T',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kEmptyList = ']',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kDict = 'd',
  kAppends = 'e',
  kBinGet = 'h',
  kInst = 'i',
  kLongBinGet = 'j',
  kList = 'l',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyTuple = ')',
  kEmptyDict = '}',
  kProto = 0x80,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8A,
  kLong4 = 0x8B,
  kShortBinUnicode = 0x8C,
  kBinUnicode8 = 0x8D,
  kBinBytes8 = 0x8E,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
};

constexpr const char* kOrderedDict = "collections.OrderedDict";
constexpr const char* kSize = "torch.Size";
// Everything that a state dict may name. Functions that build tensors are noted as calls for the reader of the tree.
constexpr std::string_view kFunctions[] = {"torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
                                           "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_parameter"};
constexpr std::string_view kGlobals[] = {kOrderedDict,          kSize,
                                         "torch.DoubleStorage", "torch.FloatStorage",
                                         "torch.HalfStorage",   "torch.BFloat16Storage",
                                         "torch.LongStorage",   "torch.IntStorage",
                                         "torch.ShortStorage",  "torch.CharStorage",
                                         "torch.ByteStorage",   "torch.BoolStorage",
                                         "torch.float64",       "torch.float32",
                                         "torch.float16",       "torch.bfloat16",
                                         "torch.int64",         "torch.int32",
                                         "torch.int16",         "torch.int8",
                                         "torch.uint8",         "torch.uint16",
                                         "torch.uint32",        "torch.uint64",
                                         "torch.bool",          "torch.storage.UntypedStorage"};
constexpr size_t kMaxGlobalName = 200;
constexpr uint32_t kUnset = UINT32_MAX;

// The listed name of a global, "" when it is none.
std::string_view Listed(std::string_view module, std::string_view name) {
  for (const std::span<const std::string_view> list :
       {std::span<const std::string_view>(kGlobals), std::span<const std::string_view>(kFunctions)}) {
    for (const std::string_view full : list) {
      const size_t dot = full.rfind('.');
      if (full.substr(0, dot) == module && full.substr(dot + 1) == name) return full;
    }
  }
  return "";
}

bool IsFunction(std::string_view name) {
  return std::find(std::begin(kFunctions), std::end(kFunctions), name) != std::end(kFunctions);
}

class Unpickler {
 public:
  Unpickler(std::span<const std::byte> bytes, const std::string& path)
      : bytes_(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kMaxPickleBytes)), path_(path) {}

  Pickle Run() {
    if (bytes_.size() < 2 || static_cast<uint8_t>(bytes_[0]) != kProto) Refuse("no pickle of protocol 2 or later");
    while (true) {
      const auto opcode = Number<uint8_t>();
      if (opcode == kStop) break;
      if (!Scalar(opcode) && !Container(opcode) && !StackOrMemo(opcode) && !Call(opcode)) Unknown(opcode);
    }
    if (stack_.size() != 1 || !marks_.empty()) Refuse("the pickle does not end with one value");
    pickle_.root = stack_.back();
    pickle_.bytes = at_;
    return std::move(pickle_);
  }

 private:
  [[noreturn]] void Refuse(const std::string& rule) const {
    RefuseTorchFile(rule + " (byte " + std::to_string(at_) + " of the pickle)", path_);
  }

  [[noreturn]] void Unknown(uint8_t opcode) const {
    static constexpr char kHex[] = "0123456789ABCDEF";
    RefuseToRun(std::string("uses pickle opcode 0x") + kHex[opcode >> 4] + kHex[opcode & 15] + " (byte " +
                    std::to_string(at_ - 1) + "), which no state dict needs",
                path_);
  }

  std::string_view Take(uint64_t size) {
    if (size > bytes_.size() - at_) {
      if (bytes_.size() == kMaxPickleBytes) Refuse("the pickle is longer than 64 MiB");
      Refuse("the pickle is cut");
    }
    const std::string_view taken = bytes_.substr(at_, static_cast<size_t>(size));
    at_ += taken.size();
    return taken;
  }

  template <class T>
  T Number() {
    T value;
    std::memcpy(&value, Take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::string_view Line() {
    const size_t end = bytes_.substr(at_, kMaxGlobalName + 1).find('\n');
    if (end == std::string_view::npos) Refuse("the name of a global is cut or longer than 200 bytes");
    const std::string_view line = Take(end);
    ++at_;
    return line;
  }

  void PushIndex(uint32_t index) {
    if (stack_.size() == kMaxPickleValues) Refuse("the pickle's stack is deeper than 1000000 values");
    stack_.push_back(index);
  }

  void Push(PickleValue value) {
    if (pickle_.values.size() == kMaxPickleValues) Refuse("the pickle holds more than 1000000 values");
    PushIndex(static_cast<uint32_t>(pickle_.values.size()));
    pickle_.values.push_back(std::move(value));
  }

  // The stack below the topmost mark belongs to outer values.
  [[nodiscard]] size_t Floor() const { return marks_.empty() ? 0 : marks_.back(); }

  uint32_t PopIndex() {
    if (stack_.size() <= Floor()) Refuse("the pickle takes a value that is not there");
    const uint32_t index = stack_.back();
    stack_.pop_back();
    return index;
  }

  PickleValue& Top(PickleKind kind, const char* what) {
    if (stack_.size() <= Floor() || pickle_.values[stack_.back()].kind != kind)
      Refuse(std::string("the pickle adds items to what is no ") + what);
    return pickle_.values[stack_.back()];
  }

  // The `count` topmost values, in the order in which they were pushed.
  std::vector<uint32_t> Pop(size_t count) {
    if (stack_.size() - Floor() < count) Refuse("the pickle takes a value that is not there");
    const auto begin = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<uint32_t> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    return items;
  }

  std::vector<uint32_t> PopToMark() {
    if (marks_.empty()) Refuse("the pickle goes back to a mark that is not there");
    std::vector<uint32_t> items = Pop(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  // Two's complement, little-endian.
  void PushLong(std::string_view digits) {
    if (digits.size() > sizeof(int64_t)) return Push({PickleKind::kLong, 0, digits});
    uint64_t bits = !digits.empty() && (digits.back() & 0x80) != 0 ? UINT64_MAX : 0;
    if (!digits.empty()) std::memcpy(&bits, digits.data(), digits.size());
    Push({PickleKind::kInteger, std::bit_cast<int64_t>(bits)});
  }

  bool Scalar(uint8_t opcode) {
    switch (opcode) {
      case kNone:
        return Push({PickleKind::kNone}), true;
      case kNewTrue:
        return Push({PickleKind::kBool, 1}), true;
      case kNewFalse:
        return Push({PickleKind::kBool, 0}), true;
      case kBinInt:
        return Push({PickleKind::kInteger, Number<int32_t>()}), true;
      case kBinInt1:
        return Push({PickleKind::kInteger, Number<uint8_t>()}), true;
      case kBinInt2:
        return Push({PickleKind::kInteger, Number<uint16_t>()}), true;
      case kLong1:
        return PushLong(Take(Number<uint8_t>())), true;
      case kLong4:
        return PushLong(Take(Number<uint32_t>())), true;
      case kBinFloat:
        return Push({PickleKind::kFloat, 0, Take(8)}), true;
      case kShortBinString:
      case kShortBinUnicode:
        return Push({PickleKind::kText, 0, Take(Number<uint8_t>())}), true;
      case kBinString:
      case kBinUnicode:
        return Push({PickleKind::kText, 0, Take(Number<uint32_t>())}), true;
      case kBinUnicode8:
        return Push({PickleKind::kText, 0, Take(Number<uint64_t>())}), true;
      case kShortBinBytes:
        return Push({PickleKind::kBytes, 0, Take(Number<uint8_t>())}), true;
      case kBinBytes:
        return Push({PickleKind::kBytes, 0, Take(Number<uint32_t>())}), true;
      case kBinBytes8:
        return Push({PickleKind::kBytes, 0, Take(Number<uint64_t>())}), true;
      default:
        return false;
    }
  }

  bool Container(uint8_t opcode) {
    switch (opcode) {
      case kEmptyTuple:
        return Push({PickleKind::kTuple}), true;
      case kTuple1:
      case kTuple2:
      case kTuple3:
        return Push({PickleKind::kTuple, 0, {}, Pop(opcode - kTuple1 + 1U)}), true;
      case kTuple:
        return Push({PickleKind::kTuple, 0, {}, PopToMark()}), true;
      case kEmptyList:
        return Push({PickleKind::kList}), true;
      case kList:
        return Push({PickleKind::kList, 0, {}, PopToMark()}), true;
      case kAppend:
        return Extend(Pop(1), PickleKind::kList), true;
      case kAppends:
        return Extend(PopToMark(), PickleKind::kList), true;
      case kEmptyDict:
        return Push({PickleKind::kDict}), true;
      case kDict:
        return Push({PickleKind::kDict}), Extend(PopBelowTop(), PickleKind::kDict), true;
      case kSetItem:
        return Extend(Pop(2), PickleKind::kDict), true;
      case kSetItems:
        return Extend(PopToMark(), PickleKind::kDict), true;
      default:
        return false;
    }
  }

  // DICT makes a dict of what lies between the mark and the new, empty one.
  std::vector<uint32_t> PopBelowTop() {
    const uint32_t dict = PopIndex();
    std::vector<uint32_t> items = PopToMark();
    PushIndex(dict);
    return items;
  }

  void Extend(const std::vector<uint32_t>& items, PickleKind kind) {
    if (kind == PickleKind::kDict && items.size() % 2 != 0) Refuse("the pickle sets a key without a value");
    std::vector<uint32_t>& all = Top(kind, kind == PickleKind::kDict ? "dict" : "list").items;
    all.insert(all.end(), items.begin(), items.end());
  }

  bool StackOrMemo(uint8_t opcode) {
    switch (opcode) {
      case kProto:
        if (const auto protocol = Number<uint8_t>(); protocol < 2 || protocol > 5)
          Refuse("pickle protocol " + std::to_string(protocol) + " is not supported");
        return true;
      case kFrame:
        if (Number<uint64_t>() > bytes_.size() - at_) Refuse("the pickle is cut");
        return true;
      case kMark:
        if (marks_.size() == kMaxPickleValues) Refuse("the pickle's stack is deeper than 1000000 values");
        return marks_.push_back(stack_.size()), true;
      case kPop:
        return (void)PopIndex(), true;
      case kPopMark:
        return (void)PopToMark(), true;
      case kDup:
        if (stack_.size() <= Floor()) Refuse("the pickle takes a value that is not there");
        return PushIndex(stack_.back()), true;
      case kBinPut:
        return Remember(Number<uint8_t>()), true;
      case kLongBinPut:
        return Remember(Number<uint32_t>()), true;
      case kMemoize:
        return Remember(memoized_), true;
      case kBinGet:
        return Recall(Number<uint8_t>()), true;
      case kLongBinGet:
        return Recall(Number<uint32_t>()), true;
      default:
        return false;
    }
  }

  void Remember(size_t slot) {
    if (stack_.size() <= Floor()) Refuse("the pickle takes a value that is not there");
    if (slot >= kMaxPickleValues) Refuse("the pickle's memo is larger than 1000000 values");
    if (slot >= memo_.size()) memo_.resize(slot + 1, kUnset);
    if (memo_[slot] == kUnset) ++memoized_;
    memo_[slot] = stack_.back();
  }

  void Recall(size_t slot) {
    if (slot >= memo_.size() || memo_[slot] == kUnset) Refuse("the pickle takes a value that is not there");
    PushIndex(memo_[slot]);
  }

  bool Call(uint8_t opcode) {
    switch (opcode) {
      case kGlobal: {
        const std::string_view module = Line(), name = Line();
        return PushGlobal(module, name), true;
      }
      case kInst: {
        const std::string_view module = Line(), name = Line();
        RefuseGlobal(module, name);
      }
      case kStackGlobal: {
        const PickleValue &name = pickle_.values[PopIndex()], &module = pickle_.values[PopIndex()];
        if (name.kind != PickleKind::kText || module.kind != PickleKind::kText)
          Refuse("the name of a global is no text");
        return PushGlobal(module.text, name.text), true;
      }
      case kReduce:
        return Reduce(), true;
      case kBuild:
        return IgnoreState(), true;
      case kBinPersId: {
        const uint32_t id = PopIndex();
        if (pickle_.values[id].kind != PickleKind::kTuple) Refuse("the id of a storage is no tuple");
        return Push({PickleKind::kStorage, id}), true;
      }
      default:
        return false;
    }
  }

  [[noreturn]] void RefuseGlobal(std::string_view module, std::string_view name) const {
    RefuseToRun("wants to run '" + Printable(module, kMaxGlobalName) + "." + Printable(name, kMaxGlobalName) + "'",
                path_);
  }

  void PushGlobal(std::string_view module, std::string_view name) {
    const std::string_view listed = Listed(module, name);
    if (listed.empty()) RefuseGlobal(module, name);
    Push({PickleKind::kGlobal, 0, listed});
  }

  void Reduce() {
    const uint32_t index = PopIndex();
    const PickleValue &arguments = pickle_.values[index], &function = pickle_.values[PopIndex()];
    if (function.kind != PickleKind::kGlobal || arguments.kind != PickleKind::kTuple)
      Refuse("the pickle calls what is no function");
    if (function.text == kOrderedDict && arguments.items.empty()) return Push({PickleKind::kDict});
    if (function.text == kSize && arguments.items.size() == 1) return PushIndex(arguments.items[0]);
    if (!IsFunction(function.text)) {
      RefuseToRun("wants to call '" + std::string(function.text) + "' with " + std::to_string(arguments.items.size()) +
                      " arguments",
                  path_);
    }
    Push({PickleKind::kCall, index, function.text});
  }

  // A state dict of a module carries version numbers of its layers as attributes; nothing else has attributes.
  void IgnoreState() {
    const uint32_t state = PopIndex(), object = PopIndex();
    if (pickle_.values[object].kind != PickleKind::kDict || pickle_.values[state].kind != PickleKind::kDict)
      RefuseToRun("wants to set the state of an object", path_);
    PushIndex(object);
  }

  std::string_view bytes_;
  const std::string& path_;
  size_t at_ = 0;
  Pickle pickle_;
  std::vector<uint32_t> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::vector<uint32_t> memo_;
  size_t memoized_ = 0;
};

}  // namespace

Pickle ReadPickle(std::span<const std::byte> bytes, const std::string& path) { return Unpickler(bytes, path).Run(); }

void RefuseTorchFile(const std::string& rule, const std::string& path) {
  throw Error(ErrorCode::kCorrupt, "bad PyTorch file: " + rule, path, "download or export the file again");
}

void RefuseToRun(const std::string& what, const std::string& path) {
  throw Error(ErrorCode::kCorrupt, "this file " + what + "; nothing of it was executed", path,
              "if you trust it, convert it with PyTorch: python3 -c \"import torch, safetensors.torch as s; "
              "d = torch.load('pytorch_model.bin', weights_only=True); s.save_file({k: v.contiguous().clone() for k, v "
              "in d.items()}, 'model.safetensors', {'format': 'pt'})\"");
}

}  // namespace clner::internal
