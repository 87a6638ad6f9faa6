#include "core/torch_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <span>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/torch_pickle.h"
#include "core/torch_state.h"
#include "core/utf8.h"
#include "core/zip_entries.h"

namespace clner {
namespace {

using internal::Pickle;
using internal::PickleKind;
using internal::PickleValue;
using internal::RefuseTorchFile;
using internal::TorchState;
using internal::TorchStorage;
using internal::TorchTensor;
using Bytes = std::span<const std::byte>;

static_assert(std::endian::native == std::endian::little, "the files are little-endian");

// What torch.save of the old container writes first, as little-endian bytes.
constexpr std::string_view kMagic = "\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19";
constexpr int64_t kProtocolVersion = 1001;
// Tied tensors are few; more of them than this would only make the work on a small file endless.
constexpr uint64_t kMaxViewsOfFile = 32;

/// A state dict and the bytes of each of its storages.
struct Content {
  TorchState state;
  std::vector<Bytes> storages;
};

std::string Quoted(std::string_view name) { return "'" + Printable(name, 100) + "'"; }

// The bytes of one file of the archive; null when it is absent.
const internal::ZipEntry* FindEntry(const std::map<std::string_view, const internal::ZipEntry*>& entries,
                                    const std::string& name) {
  const auto found = entries.find(name);
  return found == entries.end() ? nullptr : found->second;
}

// ROOT/data.pkl, ROOT/byteorder (since 2.0) and ROOT/data/KEY, where ROOT is one folder of any name.
Content ReadArchive(Bytes bytes, const std::string& path) {
  const std::vector<internal::ZipEntry> entries = internal::ReadZipEntries(bytes, path);
  std::map<std::string_view, const internal::ZipEntry*> by_name;
  for (const internal::ZipEntry& entry : entries) by_name.emplace(entry.name, &entry);
  const std::string root =
      entries.empty() ? "" : std::string(entries[0].name.substr(0, entries[0].name.find('/'))) + "/";
  if (FindEntry(by_name, root + "constants.pkl") != nullptr)
    internal::RefuseToRun("is a TorchScript program, not a state dict", path);
  const internal::ZipEntry* pickle = FindEntry(by_name, root + "data.pkl");
  if (pickle == nullptr) RefuseTorchFile("the archive has no " + Quoted(root + "data.pkl"), path);
  if (pickle->crc != 0 && pickle->crc != internal::Crc32(pickle->data))
    RefuseTorchFile("the checksum of " + Quoted(pickle->name) + " is wrong", path);
  if (const internal::ZipEntry* order = FindEntry(by_name, root + "byteorder"); order != nullptr) {
    const std::string_view text(reinterpret_cast<const char*>(order->data.data()), order->data.size());
    if (text != "little") RefuseTorchFile("its byte order is " + Quoted(text) + ", only 'little' is supported", path);
  }
  const Pickle values = internal::ReadPickle(pickle->data, path);
  if (values.bytes != pickle->data.size()) RefuseTorchFile("there are bytes behind the pickle", path);
  Content content = {internal::ReadTorchState(values, path), {}};
  for (const TorchStorage& storage : content.state.storages) {
    const internal::ZipEntry* data = FindEntry(by_name, root + "data/" + storage.key);
    if (data == nullptr) RefuseTorchFile("the archive lacks storage " + Quoted(storage.key), path);
    if (data->data.size() < storage.bytes) {
      RefuseTorchFile("storage " + Quoted(storage.key) + " has " + std::to_string(data->data.size()) +
                          " bytes, its tensors need " + std::to_string(storage.bytes),
                      path);
    }
    content.storages.push_back(data->data);
  }
  return content;
}

// The pickles at the front of an old file, one after the other.
class OldFile {
 public:
  OldFile(Bytes bytes, const std::string& path) : rest_(bytes), path_(path) {}

  Content Read() {
    if (const Pickle magic = Next();
        magic.At(magic.root).kind != PickleKind::kLong || magic.At(magic.root).text != kMagic)
      RefuseTorchFile("it does not begin as files of torch.save do", path_);
    if (const Pickle version = Next(); version.At(version.root).number != kProtocolVersion)
      RefuseTorchFile("the version of the container is not 1001", path_);
    CheckSystem(Next());
    const Pickle values = Next();
    Content content = {internal::ReadTorchState(values, path_), {}};
    ReadStorages(Next(), &content);
    return content;
  }

 private:
  Pickle Next() {
    Pickle pickle = internal::ReadPickle(rest_, path_);
    rest_ = rest_.subspan(pickle.bytes);
    return pickle;
  }

  void CheckSystem(const Pickle& info) const {
    const PickleValue& dict = info.At(info.root);
    for (size_t i = 0; dict.kind == PickleKind::kDict && i + 1 < dict.items.size(); i += 2) {
      if (info.At(dict.items[i]).text == "little_endian" && info.At(dict.items[i + 1]).number == 0)
        RefuseTorchFile("its byte order is big-endian, only little-endian is supported", path_);
    }
  }

  // Keys in the order of the storages; each is a count of elements and their bytes.
  void ReadStorages(const Pickle& keys, Content* content) {
    const PickleValue& list = keys.At(keys.root);
    const std::vector<TorchStorage>& storages = content->state.storages;
    if (list.kind != PickleKind::kList || list.items.size() != storages.size())
      RefuseTorchFile("the list of storages does not fit the tensors", path_);
    std::map<std::string_view, size_t> position;
    for (size_t i = 0; i < storages.size(); ++i) position.emplace(storages[i].key, i);
    content->storages.resize(storages.size());
    for (const uint32_t item : list.items) {
      const auto found = position.find(keys.At(item).text);
      if (found == position.end()) RefuseTorchFile("the list of storages names one that no tensor uses", path_);
      content->storages[found->second] = TakeStorage(storages[found->second]);
      position.erase(found);
    }
    if (!rest_.empty()) RefuseTorchFile("there are " + std::to_string(rest_.size()) + " bytes behind the data", path_);
  }

  Bytes TakeStorage(const TorchStorage& storage) {
    uint64_t count = 0, size = 0;
    if (rest_.size() < sizeof(count)) RefuseTorchFile("storage " + Quoted(storage.key) + " is cut", path_);
    std::memcpy(&count, rest_.data(), sizeof(count));
    rest_ = rest_.subspan(sizeof(count));
    if (__builtin_mul_overflow(count, storage.element_bytes, &size) || size != storage.bytes) {
      RefuseTorchFile("storage " + Quoted(storage.key) + " holds " + std::to_string(count) +
                          " elements, its tensors need " + std::to_string(storage.bytes / storage.element_bytes),
                      path_);
    }
    if (size > rest_.size()) RefuseTorchFile("storage " + Quoted(storage.key) + " is cut", path_);
    const Bytes bytes = rest_.first(static_cast<size_t>(size));
    rest_ = rest_.subspan(bytes.size());
    return bytes;
  }

  Bytes rest_;
  const std::string& path_;
};

// Row-major copy of values that lie at `strides`. `from` covers the extent of the tensor.
std::vector<std::byte> Gather(const TorchTensor& tensor, Bytes from) {
  const size_t element = ByteSize(tensor.dtype), axes = tensor.shape.size();
  std::vector<std::byte> values(static_cast<size_t>(tensor.bytes));
  std::vector<int64_t> index(axes, 0);
  size_t source = 0;
  for (size_t target = 0; target < values.size(); target += element) {
    std::memcpy(values.data() + target, from.data() + source * element, element);
    for (size_t axis = axes; axis-- > 0;) {
      const auto stride = static_cast<size_t>(tensor.strides[axis]);
      source += stride;
      if (++index[axis] < tensor.shape[axis]) break;
      source -= stride * static_cast<size_t>(tensor.shape[axis]);
      index[axis] = 0;
    }
  }
  return values;
}

Content ReadContent(Bytes bytes, const std::string& path) {
  const std::string_view front(reinterpret_cast<const char*>(bytes.data()), std::min<size_t>(bytes.size(), 64));
  if (front.starts_with("PK\x03\x04")) return ReadArchive(bytes, path);
  if (front.starts_with('\x80')) return OldFile(bytes, path).Read();
  if (front.starts_with("version https://git-lfs")) {
    throw Error(ErrorCode::kCorrupt, "the file is a pointer of Git LFS, not the weights", path,
                "fetch the weights with 'git lfs pull'");
  }
  RefuseTorchFile("it is neither a zip archive nor a pickle (first bytes " + Quoted(front.substr(0, 8)) + ")", path);
}

}  // namespace

TorchFile::TorchFile(const std::filesystem::path& path) : path_(path), file_(path) {
  const std::string shown = path.string();
  const uint64_t file_bytes = file_.bytes().size();
  Content content = ReadContent(file_.bytes(), shown);
  skipped_ = std::move(content.state.skipped);
  tensors_.reserve(content.state.tensors.size());
  uint64_t viewed = 0, copied = 0;
  for (TorchTensor& tensor : content.state.tensors) {
    const Bytes storage = content.storages[tensor.storage];
    const std::string name = "tensor " + Quoted(tensor.name);
    if (__builtin_add_overflow(viewed, tensor.bytes, &viewed) || viewed / kMaxViewsOfFile > file_bytes)
      RefuseTorchFile("up to " + name + " its tensors have more than 32 times the bytes of the file", shown);
    Bytes bytes =
        storage.subspan(tensor.bytes == 0 ? 0 : static_cast<size_t>(tensor.begin), static_cast<size_t>(tensor.extent));
    if (!tensor.contiguous()) {
      if (tensor.bytes > file_bytes - copied)
        RefuseTorchFile(name + " is not stored in row-major order and too large to be copied", shown);
      copied += tensor.bytes;
      bytes = gathered_.emplace_back(Gather(tensor, bytes));
    }
    tensors_.push_back({std::move(tensor.name), tensor.dtype, std::move(tensor.shape), bytes});
  }
}

}  // namespace clner
