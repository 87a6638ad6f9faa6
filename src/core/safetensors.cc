#include "core/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/json.h"
#include "core/safetensors_header.h"
#include "core/utf8.h"

namespace clner {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;
constexpr size_t kAlignment = 8;
constexpr const char* kFix = "download or export the file again";

struct DTypeFacts {
  const char* name;
  size_t bytes;
};
// In the order of the enumeration.
constexpr DTypeFacts kDTypes[] = {{"F64", 8}, {"F32", 4}, {"F16", 2},  {"BF16", 2}, {"I64", 8}, {"I32", 4}, {"I16", 2},
                                  {"I8", 1},  {"U8", 1},  {"BOOL", 1}, {"U16", 2},  {"U32", 4}, {"U64", 8}};

const DTypeFacts& FactsOf(DType dtype) {
  CLNER_CHECK_LT(static_cast<size_t>(dtype), std::size(kDTypes));
  return kDTypes[static_cast<size_t>(dtype)];
}

[[noreturn]] void Refuse(const std::string& rule, const std::filesystem::path& path) {
  throw Error(ErrorCode::kCorrupt, "bad safetensors file: " + rule, path.string(), kFix);
}

// Bytes of shape x dtype, or nothing when the product exceeds 63 bits.
std::optional<uint64_t> ByteCount(const std::vector<int64_t>& shape, DType dtype) {
  int64_t count = static_cast<int64_t>(ByteSize(dtype));
  // A zero anywhere makes the tensor empty, but the other dimensions must not overflow either.
  bool empty = false;
  for (const int64_t n : shape) {
    empty = empty || n == 0;
    if (n != 0 && __builtin_mul_overflow(count, n, &count)) return std::nullopt;
  }
  return empty ? 0 : static_cast<uint64_t>(count);
}

std::string TensorName(const std::string& name) { return "tensor '" + Printable(name, 100) + "'"; }

// Tensors must cover the data part exactly, in any order. `order` is sorted by begin.
void CheckLayout(const std::vector<internal::HeaderEntry>& entries, const std::vector<uint32_t>& order,
                 uint64_t data_bytes, const std::filesystem::path& path) {
  uint64_t covered = 0;
  for (const uint32_t i : order) {
    const internal::HeaderEntry& entry = entries[i];
    const std::string range = " [" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + ")";
    if (entry.begin > entry.end) Refuse(TensorName(entry.name) + range + ": data_offsets run backwards", path);
    if (entry.end > data_bytes) {
      Refuse(TensorName(entry.name) + range + " lies beyond the " + std::to_string(data_bytes) +
                 " bytes of data (file cut?)",
             path);
    }
    const std::optional<uint64_t> bytes = ByteCount(entry.shape, entry.dtype);
    if (!bytes) Refuse(TensorName(entry.name) + ": shape overflow", path);
    if (*bytes != entry.end - entry.begin) {
      Refuse(TensorName(entry.name) + range + ": shape and dtype need " + std::to_string(*bytes) + " bytes", path);
    }
    if (entry.begin < covered) Refuse(TensorName(entry.name) + range + ": overlap with the tensor before it", path);
    if (entry.begin > covered)
      Refuse("hole of " + std::to_string(entry.begin - covered) + " bytes before " + TensorName(entry.name), path);
    covered = entry.end;
  }
  if (covered < data_bytes)
    Refuse(std::to_string(data_bytes - covered) + " trailing bytes behind the last tensor", path);
}

// True if any of the floating numbers with `Word` bits and exponent `mask` is NaN or infinite. No branch in the inner
// loop, so that it runs at memory speed.
template <class Word>
std::optional<size_t> FirstNonFinite(std::span<const std::byte> bytes, Word mask) {
  constexpr size_t kChunk = 4096 / sizeof(Word);
  const size_t count = bytes.size() / sizeof(Word);
  const auto load = [&bytes](size_t i) {
    Word word;
    std::memcpy(&word, bytes.data() + i * sizeof(Word), sizeof(Word));  // the data may be unaligned
    return word;
  };
  for (size_t begin = 0; begin < count; begin += kChunk) {
    const size_t end = std::min(count, begin + kChunk);
    Word bad = 0;
    for (size_t i = begin; i < end; ++i) bad = static_cast<Word>(bad | ((load(i) & mask) == mask ? 1 : 0));
    if (bad == 0) continue;
    for (size_t i = begin; i < end; ++i) {
      if ((load(i) & mask) == mask) return i;
    }
  }
  return std::nullopt;
}

std::string HeaderText(const std::vector<TensorInfo>& tensors, const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  auto& members = header.get_ref<Json::object_t&>();  // appended without the linear search of ordered_json
  if (!metadata.empty()) members.emplace_back("__metadata__", Json(metadata));
  std::set<std::string_view> names = {"__metadata__"};
  uint64_t offset = 0;
  for (const TensorInfo& tensor : tensors) {
    CLNER_CHECK(names.insert(tensor.name).second, "tensor name '" + tensor.name + "' is doubled or reserved");
    CLNER_CHECK(!FirstInvalidUtf8(tensor.name), "tensor name is not UTF-8");
    const std::optional<uint64_t> bytes = ByteCount(tensor.shape, tensor.dtype);
    CLNER_CHECK(bytes && *bytes == tensor.bytes.size(), "bytes of tensor '" + tensor.name + "' do not fit its shape");
    Json entry = Json::object();
    entry["dtype"] = Name(tensor.dtype);
    entry["shape"] = tensor.shape;
    entry["data_offsets"] = {offset, offset + *bytes};
    members.emplace_back(tensor.name, std::move(entry));
    offset += *bytes;
  }
  std::string text = DumpJson(header);
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  CLNER_CHECK_LE(text.size(), kMaxHeaderBytes);
  return text;
}

}  // namespace

size_t ByteSize(DType dtype) { return FactsOf(dtype).bytes; }
const char* Name(DType dtype) { return FactsOf(dtype).name; }

int64_t TensorInfo::elements() const { return static_cast<int64_t>(bytes.size() / ByteSize(dtype)); }

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : path_(path), file_(path) { Parse(); }

void SafetensorsFile::Parse() {
  const std::span<const std::byte> bytes = file_.bytes();
  if (bytes.size() < kLengthBytes) {
    Refuse("the file has " + std::to_string(bytes.size()) + " bytes, the header length alone takes 8", path_);
  }
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > kMaxHeaderBytes)
    Refuse("header length " + std::to_string(length) + " exceeds the limit of 100000000", path_);
  if (length > bytes.size() - kLengthBytes) {
    Refuse(
        "header length " + std::to_string(length) + " exceeds the file of " + std::to_string(bytes.size()) + " bytes",
        path_);
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, static_cast<size_t>(length));
  if (!text.starts_with('{')) Refuse("the header does not start with '{'", path_);
  internal::Header header = internal::ParseHeader(text, path_.string());
  std::vector<internal::HeaderEntry>& entries = header.entries;
  metadata_ = std::move(header.metadata);

  const std::span<const std::byte> data = bytes.subspan(kLengthBytes + text.size());
  std::vector<uint32_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0);
  // Empty tensors share their begin with the next one and come first.
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return std::pair(entries[a].begin, entries[a].end) < std::pair(entries[b].begin, entries[b].end);
  });
  CheckLayout(entries, order, data.size(), path_);

  tensors_.reserve(entries.size());
  for (const uint32_t i : order) {
    internal::HeaderEntry& entry = entries[i];
    const auto begin = static_cast<size_t>(entry.begin), size = static_cast<size_t>(entry.end - entry.begin);
    tensors_.push_back({std::move(entry.name), entry.dtype, std::move(entry.shape), data.subspan(begin, size)});
  }
  by_name_.resize(tensors_.size());
  std::iota(by_name_.begin(), by_name_.end(), 0);
  std::sort(by_name_.begin(), by_name_.end(),
            [&](uint32_t a, uint32_t b) { return tensors_[a].name < tensors_[b].name; });
}

const TensorInfo* SafetensorsFile::Find(const std::string& name) const {
  const auto found = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                      [&](uint32_t i, const std::string& wanted) { return tensors_[i].name < wanted; });
  return found != by_name_.end() && tensors_[*found].name == name ? &tensors_[*found] : nullptr;
}

void WriteSafetensors(const std::filesystem::path& path, const std::vector<TensorInfo>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  const std::string header = HeaderText(tensors, metadata);
  const uint64_t length = header.size();
  AtomicFile file(path);
  file.Write(std::as_bytes(std::span(&length, 1)));
  file.Write(header);
  for (const TensorInfo& tensor : tensors) file.Write(tensor.bytes);
  file.Commit();
}

void CheckFinite(const TensorInfo& tensor, const std::filesystem::path& path) {
  std::optional<size_t> bad;
  switch (tensor.dtype) {
    case DType::kF64:
      bad = FirstNonFinite<uint64_t>(tensor.bytes, UINT64_C(0x7FF0000000000000));
      break;
    case DType::kF32:
      bad = FirstNonFinite<uint32_t>(tensor.bytes, UINT32_C(0x7F800000));
      break;
    case DType::kF16:
      bad = FirstNonFinite<uint16_t>(tensor.bytes, 0x7C00);
      break;
    case DType::kBF16:
      bad = FirstNonFinite<uint16_t>(tensor.bytes, 0x7F80);
      break;
    default:
      return;
  }
  if (!bad) return;
  throw Error(
      ErrorCode::kCorrupt, "non-finite value in " + TensorName(tensor.name) + " (element " + std::to_string(*bad) + ")",
      path.string(), "the model was saved after its training diverged, or the file is damaged; use another one");
}

}  // namespace clner
