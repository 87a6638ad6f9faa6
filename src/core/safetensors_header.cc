#include "core/safetensors_header.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "core/json_sax.h"
#include "core/utf8.h"

namespace clner::internal {
namespace {

constexpr const char* kFix = "download or export the file again";
constexpr std::string_view kMetadataKey = "__metadata__";

constexpr unsigned kDTypeField = 1, kShapeField = 2, kOffsetsField = 4;
constexpr std::pair<std::string_view, unsigned> kFields[] = {
    {"dtype", kDTypeField}, {"shape", kShapeField}, {"data_offsets", kOffsetsField}};

std::optional<DType> DTypeOf(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(DType::kU64); ++i) {
    if (name == Name(static_cast<DType>(i))) return static_cast<DType>(i);
  }
  return std::nullopt;
}

// Accepts {"__metadata__": {string: string}, NAME: {"dtype": string, "shape": [n...], "data_offsets": [begin, end]},
// ...}
class HeaderReader : public JsonEvents {
 public:
  Header Take() { return std::move(header_); }

  void Null() override { Unexpected("null"); }
  void Bool(bool value) override { Unexpected(value ? "true" : "false"); }
  void Float(double) override { Unexpected("a number with a fraction"); }
  void Integer(int64_t value) override {
    if (value < 0) Unexpected("negative number " + std::to_string(value));
    Unsigned(static_cast<uint64_t>(value));
  }

  void Unsigned(uint64_t value) override {
    if (state_ == State::kShape) {
      if (value > uint64_t{std::numeric_limits<int64_t>::max()})
        Bad("shape overflow: dimension " + std::to_string(value));
      if (Entry().shape.size() == kMaxDimensions) Bad("more than " + std::to_string(kMaxDimensions) + " dimensions");
      Entry().shape.push_back(static_cast<int64_t>(value));
    } else if (state_ == State::kOffsets && offsets_ < 2) {
      (offsets_++ == 0 ? Entry().begin : Entry().end) = value;
    } else {
      Unexpected("number " + std::to_string(value));
    }
  }

  void String(std::string& value) override {
    if (state_ == State::kMetadata) {
      const auto [entry, added] = header_.metadata.emplace(std::move(key_), std::move(value));
      if (!added)
        Refuse("bad safetensors header: duplicate key '" + Printable(entry->first, 100) + "' in '__metadata__'", kFix);
    } else if (state_ == State::kEntry && field_ == kDTypeField) {
      const std::optional<DType> dtype = DTypeOf(value);
      if (!dtype) Bad("unsupported dtype '" + Printable(value, 20) + "'");
      Entry().dtype = *dtype;
    } else {
      Unexpected("text '" + Printable(value, 40) + "'");
    }
  }

  void Key(std::string& name) override {
    if (state_ != State::kEntry) {
      key_ = std::move(name);
      return;
    }
    field_ = 0;
    for (const auto& [known, bit] : kFields) field_ |= name == known ? bit : 0;
    if (field_ == 0) Bad("unknown key '" + Printable(name, 100) + "'");
    if ((seen_ & field_) != 0) Bad("duplicate key '" + name + "'");
    seen_ |= field_;
  }

  void BeginObject() override {
    if (state_ == State::kOutside) {
      state_ = State::kRoot;
    } else if (state_ == State::kRoot && key_ == kMetadataKey) {
      if (std::exchange(has_metadata_, true)) Refuse("bad safetensors header: duplicate key '__metadata__'", kFix);
      state_ = State::kMetadata;
    } else if (state_ == State::kRoot) {
      if (header_.entries.size() == kMaxTensors) {
        Refuse("bad safetensors header: more than " + std::to_string(kMaxTensors) + " tensors", kFix);
      }
      header_.entries.push_back({std::move(key_)});
      seen_ = 0;
      state_ = State::kEntry;
    } else {
      Unexpected("an object");
    }
  }

  void EndObject() override {
    if (state_ == State::kEntry) {
      for (const auto& [known, bit] : kFields) {
        if ((seen_ & bit) == 0) Bad("'" + std::string(known) + "' is missing");
      }
    }
    state_ = state_ == State::kRoot ? State::kOutside : State::kRoot;
  }

  void BeginArray() override {
    const bool shape = state_ == State::kEntry && field_ == kShapeField;
    const bool offsets = state_ == State::kEntry && field_ == kOffsetsField;
    if (!shape && !offsets) Unexpected("an array");
    state_ = shape ? State::kShape : State::kOffsets;
    offsets_ = 0;
  }

  void EndArray() override {
    if (state_ == State::kOffsets && offsets_ != 2) Bad("'data_offsets' is not two numbers");
    state_ = State::kEntry;
  }

 private:
  enum class State { kOutside, kRoot, kMetadata, kEntry, kShape, kOffsets };

  HeaderEntry& Entry() { return header_.entries.back(); }

  [[noreturn]] void Bad(const std::string& what) {
    Refuse("bad safetensors header: tensor '" + Printable(Entry().name, 100) + "': " + what, kFix);
  }

  [[noreturn]] void Unexpected(const std::string& what) {
    switch (state_) {
      case State::kOutside:
        Refuse("bad safetensors header: " + what + " instead of an object", kFix);
      case State::kRoot:
        Refuse("bad safetensors header: entry '" + Printable(key_, 100) + "' is " + what + ", not an object", kFix);
      case State::kMetadata:
        Refuse(
            "bad safetensors header: '__metadata__' holds " + what + " under '" + Printable(key_, 100) + "', not text",
            kFix);
      case State::kEntry:
        Bad(what + " under '" + FieldName() + "'");
      case State::kShape:
        Bad("'shape' holds " + what);
      case State::kOffsets:
        Bad("'data_offsets' holds " + what);
    }
    Refuse("bad safetensors header", kFix);
  }

  [[nodiscard]] std::string FieldName() const {
    for (const auto& [known, bit] : kFields) {
      if (bit == field_) return std::string(known);
    }
    return "";
  }

  Header header_;
  State state_ = State::kOutside;
  std::string key_;
  unsigned field_ = 0, seen_ = 0;
  int offsets_ = 0;
  bool has_metadata_ = false;
};

void RefuseDoubledNames(const std::vector<HeaderEntry>& entries, const std::string& name) {
  std::vector<size_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0);
  const auto by_name = [&](size_t a, size_t b) { return entries[a].name < entries[b].name; };
  std::sort(order.begin(), order.end(), by_name);
  for (size_t i = 1; i < order.size(); ++i) {
    if (entries[order[i]].name != entries[order[i - 1]].name) continue;
    throw Error(ErrorCode::kCorrupt,
                "bad safetensors header: duplicate key: tensor '" + Printable(entries[order[i]].name, 100) +
                    "' is defined twice",
                name, kFix);
  }
}

}  // namespace

Header ParseHeader(std::string_view json, const std::string& name) {
  HeaderReader reader;
  ReadJson(json, name, ErrorCode::kCorrupt, reader);
  Header header = reader.Take();
  RefuseDoubledNames(header.entries, name);
  return header;
}

}  // namespace clner::internal
