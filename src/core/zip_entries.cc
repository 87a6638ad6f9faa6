#include "core/zip_entries.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "core/error.h"
#include "core/utf8.h"

namespace clner::internal {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr uint32_t kLocalMark = 0x04034B50, kEntryMark = 0x02014B50, kEndMark = 0x06054B50;
constexpr uint32_t kEnd64Mark = 0x06064B50, kLocator64Mark = 0x07064B50;
constexpr size_t kLocalBytes = 30, kEntryBytes = 46, kEndBytes = 22, kEnd64Bytes = 56, kLocator64Bytes = 20;
constexpr uint16_t kEncrypted = 1, kSizesFollow = 8;
constexpr uint16_t kZip64Field = 1;
constexpr size_t kMaxName = 1000;

[[noreturn]] void Refuse(const std::string& rule, const std::string& path) {
  throw Error(ErrorCode::kCorrupt, "bad zip archive: " + rule, path, "download or export the file again");
}

std::string Quoted(std::string_view name) { return "'" + Printable(name, 100) + "'"; }

// Reads numbers at places that the caller has checked.
template <class T>
T At(std::span<const std::byte> bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

struct Directory {
  uint64_t entries = 0, begin = 0, size = 0;
};

// A field of the short record must agree with the long one, or say by all ones that it could not hold the number.
bool Agrees(uint64_t value, uint64_t full, uint64_t ones) { return value == full || value == ones; }

Directory ReadEnd64(std::span<const std::byte> bytes, size_t locator, size_t end, const std::string& path) {
  const auto begin = At<uint64_t>(bytes, locator + 8);
  if (locator < kEnd64Bytes || begin > locator - kEnd64Bytes || At<uint32_t>(bytes, begin) != kEnd64Mark)
    Refuse("the zip64 end record is missing", path);
  if (At<uint32_t>(bytes, begin + 16) != 0 || At<uint32_t>(bytes, begin + 20) != 0)
    Refuse("it is one of several parts", path);
  const Directory directory = {At<uint64_t>(bytes, begin + 32), At<uint64_t>(bytes, begin + 48),
                               At<uint64_t>(bytes, begin + 40)};
  if (!Agrees(At<uint16_t>(bytes, end + 10), directory.entries, UINT16_MAX) ||
      !Agrees(At<uint32_t>(bytes, end + 12), directory.size, UINT32_MAX) ||
      !Agrees(At<uint32_t>(bytes, end + 16), directory.begin, UINT32_MAX)) {
    Refuse("the two end records disagree", path);
  }
  if (directory.begin > begin || directory.size > begin - directory.begin)
    Refuse("the directory lies beyond its end record", path);
  return directory;
}

Directory ReadEnd(std::span<const std::byte> bytes, const std::string& path) {
  // The record has no comment in any archive of PyTorch, so it is looked for in one place only.
  if (bytes.size() < kEndBytes || At<uint32_t>(bytes, bytes.size() - kEndBytes) != kEndMark)
    Refuse("it does not end with an end record (file cut?)", path);
  const size_t end = bytes.size() - kEndBytes;
  if (At<uint16_t>(bytes, end + 20) != 0) Refuse("the end record announces a comment that is not there", path);
  if (At<uint16_t>(bytes, end + 4) != 0 || At<uint16_t>(bytes, end + 6) != 0)
    Refuse("it is one of several parts", path);
  if (end >= kLocator64Bytes && At<uint32_t>(bytes, end - kLocator64Bytes) == kLocator64Mark)
    return ReadEnd64(bytes, end - kLocator64Bytes, end, path);
  const Directory directory = {At<uint16_t>(bytes, end + 10), At<uint32_t>(bytes, end + 16),
                               At<uint32_t>(bytes, end + 12)};
  if (directory.begin > end || directory.size > end - directory.begin)
    Refuse("the directory lies beyond its end record", path);
  return directory;
}

void CheckName(std::string_view name, const std::string& path) {
  bool inside = !name.empty() && name.front() != '/' && name.find('\\') == std::string_view::npos &&
                name.find('\0') == std::string_view::npos;
  for (size_t begin = 0; inside && begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    inside = name.substr(begin, end - begin) != "..";
    begin = end + 1;
  }
  if (!inside) Refuse("file name " + Quoted(name) + " leads outside the archive", path);
  if (name.size() > kMaxName) Refuse("file name " + Quoted(name) + " is longer than 1000 bytes", path);
}

// The numbers of one entry that may be widened by its zip64 field.
struct Widths {
  uint64_t size = 0, stored = 0, local = 0;
};

void ReadZip64Field(std::span<const std::byte> extra, Widths* widths, std::string_view name, const std::string& path) {
  std::vector<uint64_t*> wide;
  for (uint64_t* number : {&widths->size, &widths->stored, &widths->local}) {
    if (*number == UINT32_MAX) wide.push_back(number);
  }
  if (wide.empty()) return;
  while (extra.size() >= 4) {
    const size_t kind = At<uint16_t>(extra, 0), size = At<uint16_t>(extra, 2);
    if (size > extra.size() - 4) break;
    if (kind == kZip64Field && size >= wide.size() * 8) {
      for (size_t i = 0; i < wide.size(); ++i) *wide[i] = At<uint64_t>(extra, 4 + i * 8);
      return;
    }
    extra = extra.subspan(4 + size);
  }
  Refuse("file " + Quoted(name) + " lacks its 64-bit sizes", path);
}

// Where an entry begins and ends in the archive, its local header included.
struct Extent {
  uint64_t begin = 0, end = 0;
};

ZipEntry ReadEntry(std::span<const std::byte> bytes, size_t* at, const Directory& directory, Extent* extent,
                   const std::string& path) {
  const size_t rest = static_cast<size_t>(directory.begin + directory.size) - *at;
  if (rest < kEntryBytes || At<uint32_t>(bytes, *at) != kEntryMark) Refuse("the directory is cut or damaged", path);
  const size_t name_size = At<uint16_t>(bytes, *at + 28), extra_size = At<uint16_t>(bytes, *at + 30);
  const size_t size = kEntryBytes + name_size + extra_size + At<uint16_t>(bytes, *at + 32);
  if (size > rest) Refuse("the directory is cut or damaged", path);
  ZipEntry entry;
  entry.name = {reinterpret_cast<const char*>(bytes.data()) + *at + kEntryBytes, name_size};
  CheckName(entry.name, path);
  entry.crc = At<uint32_t>(bytes, *at + 16);
  const auto flags = At<uint16_t>(bytes, *at + 8), method = At<uint16_t>(bytes, *at + 10);
  Widths widths = {At<uint32_t>(bytes, *at + 24), At<uint32_t>(bytes, *at + 20), At<uint32_t>(bytes, *at + 42)};
  ReadZip64Field(bytes.subspan(*at + kEntryBytes + name_size, extra_size), &widths, entry.name, path);
  *at += size;

  const std::string file = "file " + Quoted(entry.name);
  if ((flags & kEncrypted) != 0) Refuse(file + " is encrypted", path);
  if (method != 0 || widths.size != widths.stored)
    Refuse(file + " is compressed; PyTorch stores its files as they are", path);
  if (widths.local > directory.begin || directory.begin - widths.local < kLocalBytes ||
      At<uint32_t>(bytes, widths.local) != kLocalMark) {
    Refuse(file + " has no header at its place", path);
  }
  const auto local = static_cast<size_t>(widths.local);
  const size_t local_name = At<uint16_t>(bytes, local + 26);
  const uint64_t begin = widths.local + kLocalBytes + local_name + At<uint16_t>(bytes, local + 28);
  if (begin > directory.begin || widths.size > directory.begin - begin)
    Refuse(file + " of " + std::to_string(widths.size) + " bytes lies beyond the data (file cut?)", path);
  const std::string_view second_name(reinterpret_cast<const char*>(bytes.data()) + local + kLocalBytes, local_name);
  const auto second_size = At<uint32_t>(bytes, local + 22);
  const bool sizes_agree = (flags & kSizesFollow) != 0 || Agrees(second_size, widths.size, UINT32_MAX);
  if (second_name != entry.name || At<uint16_t>(bytes, local + 8) != 0 || !sizes_agree)
    Refuse("the two headers of " + file + " disagree", path);
  entry.data = bytes.subspan(static_cast<size_t>(begin), static_cast<size_t>(widths.size));
  *extent = {widths.local, begin + widths.size};
  return entry;
}

void CheckDistinct(const std::vector<ZipEntry>& entries, std::vector<Extent> extents, const std::string& path) {
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  for (size_t i = 1; i < extents.size(); ++i) {
    if (extents[i].begin < extents[i - 1].end) Refuse("files overlap", path);
  }
  std::vector<std::string_view> names;
  names.reserve(entries.size());
  for (const ZipEntry& entry : entries) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  const auto doubled = std::adjacent_find(names.begin(), names.end());
  if (doubled != names.end()) Refuse("there are two files " + Quoted(*doubled), path);
}

// Tables for eight bytes at a time: table[k][b] is the CRC of byte b followed by k zeros.
constexpr std::array<std::array<uint32_t, 256>, 8> MakeTables() {
  std::array<std::array<uint32_t, 256>, 8> table = {};
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0);
    table[0][b] = crc;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t b = 0; b < 256; ++b) table[k][b] = (table[k - 1][b] >> 8) ^ table[0][table[k - 1][b] & 255];
  }
  return table;
}
constexpr std::array<std::array<uint32_t, 256>, 8> kTables = MakeTables();

}  // namespace

std::vector<ZipEntry> ReadZipEntries(std::span<const std::byte> bytes, const std::string& path) {
  const Directory directory = ReadEnd(bytes, path);
  if (directory.entries > kMaxZipEntries)
    Refuse("it holds more than " + std::to_string(kMaxZipEntries) + " files", path);
  if (directory.entries > directory.size / kEntryBytes) Refuse("the directory is too short for its files", path);
  std::vector<ZipEntry> entries;
  std::vector<Extent> extents(static_cast<size_t>(directory.entries));
  entries.reserve(extents.size());
  auto at = static_cast<size_t>(directory.begin);
  for (Extent& extent : extents) entries.push_back(ReadEntry(bytes, &at, directory, &extent, path));
  if (at != directory.begin + directory.size) Refuse("the directory holds more than its files", path);
  CheckDistinct(entries, std::move(extents), path);
  return entries;
}

uint32_t Crc32(std::span<const std::byte> bytes) {
  uint32_t crc = UINT32_MAX;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    const uint32_t low = At<uint32_t>(bytes, 0) ^ crc, high = At<uint32_t>(bytes, 4);
    crc = kTables[7][low & 255] ^ kTables[6][(low >> 8) & 255] ^ kTables[5][(low >> 16) & 255] ^ kTables[4][low >> 24] ^
          kTables[3][high & 255] ^ kTables[2][(high >> 8) & 255] ^ kTables[1][(high >> 16) & 255] ^
          kTables[0][high >> 24];
  }
  for (const std::byte byte : bytes) crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<uint32_t>(byte)) & 255];
  return ~crc;
}

}  // namespace clner::internal
