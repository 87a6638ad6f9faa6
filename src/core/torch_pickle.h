// A reader for the pickles that torch.save writes for a state dict (protocols 2 to 5). It builds a tree of plain values
// and can execute nothing: names of functions are compared with a short list, calls are only noted down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clner::internal {

inline constexpr size_t kMaxPickleBytes = size_t{64} << 20;
inline constexpr size_t kMaxPickleValues = 1'000'000;  ///< also of the stack and of the memo; about 60,000 tensors

enum class PickleKind : uint8_t {
  kNone,
  kBool,
  kInteger,
  kLong,
  kFloat,
  kText,
  kBytes,
  kTuple,
  kList,
  kDict,
  kGlobal,
  kStorage,
  kCall
};

struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  /// Bool, integer; position of the argument tuple of a call and of the id tuple of a storage.
  int64_t number = 0;
  /// Text and bytes of the pickle; little-endian bytes of a kLong beyond 64 bits; "module.name" of a global or the
  /// function of a call.
  std::string_view text = {};
  /// Positions of the items of a tuple or list; key, value, key, value... of a dict. May lead in circles.
  std::vector<uint32_t> items = {};
};

struct Pickle {
  std::deque<PickleValue> values;
  uint32_t root = 0;
  size_t bytes = 0;  ///< length of the pickle
  [[nodiscard]] const PickleValue& At(int64_t position) const { return values[static_cast<size_t>(position)]; }
};

/// Reads the pickle at the front of `bytes`, which must outlive it. Throws kCorrupt at `path` for a global that is not
/// on the list (named), for every other opcode that makes objects or runs code, for damaged data and for limits.
[[nodiscard]] Pickle ReadPickle(std::span<const std::byte> bytes, const std::string& path);

/// Throws kCorrupt "bad PyTorch file: RULE" for damaged files.
[[noreturn]] void RefuseTorchFile(const std::string& rule, const std::string& path);
/// Throws kCorrupt for what only a general unpickler could load, with the command that converts the file.
[[noreturn]] void RefuseToRun(const std::string& what, const std::string& path);

}  // namespace clner::internal
