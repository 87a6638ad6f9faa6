// Writes what torch.save writes, byte by byte, so that tests can also write what it never would.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/zip_entries.h"

namespace clner::test {

template <class T>
std::string LittleEndian(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

/// Pieces of a pickle of protocol 2. Each returns the bytes that push one value.
namespace pickle {
using std::string_literals::operator""s;
inline std::string Text(const std::string& text) {
  return "X" + LittleEndian(static_cast<uint32_t>(text.size())) + text;
}
inline std::string Int(int64_t value) {
  if (value >= 0 && value < 256) return "K" + std::string(1, static_cast<char>(value));
  if (value >= INT32_MIN && value <= INT32_MAX) return "J" + LittleEndian(static_cast<int32_t>(value));
  return "\x8a\x08" + LittleEndian(value);
}
inline std::string Global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string Tuple(const std::vector<std::string>& items) {
  std::string bytes = "(";
  for (const std::string& item : items) bytes += item;
  return bytes + "t";
}
inline std::string Ints(const std::vector<int64_t>& values) {
  std::vector<std::string> items;
  for (const int64_t value : values) items.push_back(Int(value));
  return Tuple(items);
}
inline std::string OrderedDict() { return Global("collections", "OrderedDict") + ")R"; }
inline std::string Dict(const std::vector<std::string>& keys_and_values) {
  std::string bytes = "}(";
  for (const std::string& item : keys_and_values) bytes += item;
  return bytes + "u";
}
inline std::string Storage(const std::string& type, const std::string& key, int64_t count,
                           const std::string& more = "") {
  return Tuple({Text("storage"), Global("torch", type), Text(key), Text("cpu"), Int(count), more}) + "Q";
}
inline std::string Tensor(const std::string& storage, int64_t offset, const std::vector<int64_t>& size,
                          const std::vector<int64_t>& strides) {
  return Global("torch._utils", "_rebuild_tensor_v2") +
         Tuple({storage, Int(offset), Ints(size), Ints(strides), "\x89", OrderedDict()}) + "R";
}
/// A whole pickle of the value that `body` pushes.
inline std::string Whole(const std::string& body) { return "\x80\x02" + body + "."; }
}  // namespace pickle

struct ZipMember {
  std::string name, data;
  uint16_t method = 0, flags = 0;
  std::string local_name = {};          ///< of the local header; empty: as `name`
  uint32_t listed_bytes = 0;            ///< size in the directory; 0: the size of the data
  uint32_t listed_offset = UINT32_MAX;  ///< of the local header; UINT32_MAX: where it is
};

/// A stored archive, as PyTorch's writer makes it apart from padding; with `zip64` it ends with the 64-bit records.
inline std::string ZipOf(const std::vector<ZipMember>& members, bool zip64 = true) {
  std::string file, directory;
  for (const ZipMember& member : members) {
    const std::string local_name = member.local_name.empty() ? member.name : member.local_name;
    const uint32_t crc = clner::internal::Crc32(std::as_bytes(std::span(member.data)));
    const auto size = static_cast<uint32_t>(member.data.size());
    const uint32_t listed = member.listed_bytes != 0 ? member.listed_bytes : size;
    const uint32_t offset =
        member.listed_offset != UINT32_MAX ? member.listed_offset : static_cast<uint32_t>(file.size());
    const std::string common =
        LittleEndian(member.flags) + LittleEndian(member.method) + LittleEndian(uint32_t{0}) + LittleEndian(crc);
    file += "PK\x03\x04" + LittleEndian(uint16_t{20}) + common + LittleEndian(size) + LittleEndian(size) +
            LittleEndian(static_cast<uint16_t>(local_name.size())) + LittleEndian(uint16_t{0}) + local_name +
            member.data;
    directory += "PK\x01\x02" + LittleEndian(uint16_t{20}) + LittleEndian(uint16_t{20}) + common +
                 LittleEndian(listed) + LittleEndian(listed) + LittleEndian(static_cast<uint16_t>(member.name.size())) +
                 LittleEndian(uint16_t{0}) + LittleEndian(uint16_t{0}) + LittleEndian(uint16_t{0}) +
                 LittleEndian(uint16_t{0}) + LittleEndian(uint32_t{0}) + LittleEndian(offset) + member.name;
  }
  const uint64_t begin = file.size(), count = members.size(), end64 = begin + directory.size();
  file += directory;
  if (zip64) {
    file += "PK\x06\x06" + LittleEndian(uint64_t{44}) + LittleEndian(uint32_t{0x2D002D}) + LittleEndian(uint64_t{0}) +
            LittleEndian(count) + LittleEndian(count) + LittleEndian(uint64_t{directory.size()}) + LittleEndian(begin);
    file += "PK\x06\x07" + LittleEndian(uint32_t{0}) + LittleEndian(end64) + LittleEndian(uint32_t{1});
  }
  return file + "PK\x05\x06" + LittleEndian(uint32_t{0}) + LittleEndian(static_cast<uint16_t>(count)) +
         LittleEndian(static_cast<uint16_t>(count)) + LittleEndian(static_cast<uint32_t>(directory.size())) +
         LittleEndian(static_cast<uint32_t>(begin)) + LittleEndian(uint16_t{0});
}

/// Bytes of storages by key.
using Storages = std::vector<std::pair<std::string, std::string>>;

/// torch.save since 1.6. `body` pushes the object.
inline std::string TorchZip(const std::string& body, const Storages& storages) {
  std::vector<ZipMember> members = {{"archive/data.pkl", pickle::Whole(body)}, {"archive/byteorder", "little"}};
  for (const auto& [key, bytes] : storages) members.push_back({"archive/data/" + key, bytes});
  members.push_back({"archive/version", "3\n"});
  return ZipOf(members);
}

/// torch.save before 1.6, of storages with elements of 4 bytes.
inline std::string TorchOld(const std::string& body, const Storages& storages) {
  using namespace pickle;  // NOLINT(google-build-using-namespace)
  std::string keys = "](", data;
  for (const auto& [key, bytes] : storages) {
    keys += Text(key);
    data += LittleEndian(uint64_t{bytes.size() / 4}) + bytes;
  }
  return Whole("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") + Whole(Int(1001)) +
         Whole(Dict({Text("protocol_version"), Int(1001), Text("little_endian"), "\x88"})) + Whole(body) +
         Whole(keys + "e") + data;
}

}  // namespace clner::test
