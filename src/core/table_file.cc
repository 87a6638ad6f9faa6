#include "core/table_file.h"

#include <cstring>

#include "core/error.h"
#include "core/quick_hash.h"

namespace clner {
namespace {

constexpr uint64_t kAlignment = 64;  // of every table: a line of the processor's cache
constexpr size_t kKeyBytes = 64;     // SHA-256 in hexadecimal digits
constexpr uint64_t kMaxTables = 64;
// Read as a number by the processor that wrote it: another byte order does not match.
constexpr uint64_t kMagic = UINT64_C(0x31'6C'62'61'74'6E'6C'63);  // "clntabl1"

struct Header {
  uint64_t magic = kMagic;
  uint64_t tables = 0;
  uint64_t file_bytes = 0;
  char key[kKeyBytes] = {};
  uint64_t hash = 0;  // of the entries behind the header and of the fields above
};

uint64_t Aligned(uint64_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

uint64_t HashOf(const Header& header, std::span<const std::byte> entries) {
  return QuickHash(std::as_bytes(std::span(&header, 1)).first(offsetof(Header, hash))) ^ QuickHash(entries);
}

}  // namespace

uint64_t TableWriter::size() const {
  uint64_t size = Aligned(sizeof(Header) + tables_.size() * 3 * sizeof(uint64_t));
  for (const std::span<const std::byte> table : tables_) size += Aligned(table.size());
  return size;
}

void TableWriter::Write(const std::filesystem::path& path) const {
  CLNER_CHECK_EQ(key_.size(), kKeyBytes);
  CLNER_CHECK_LE(tables_.size(), kMaxTables);
  std::vector<uint64_t> entries;
  uint64_t at = Aligned(sizeof(Header) + tables_.size() * 3 * sizeof(uint64_t));
  for (const std::span<const std::byte> table : tables_) {
    entries.insert(entries.end(), {at, table.size(), QuickHash(table)});
    at += Aligned(table.size());
  }
  Header header = {.tables = tables_.size(), .file_bytes = at};
  std::memcpy(header.key, key_.data(), kKeyBytes);
  header.hash = HashOf(header, std::as_bytes(std::span(entries)));

  AtomicFile file(path);
  uint64_t written = 0;
  const auto write = [&](std::span<const std::byte> bytes) {
    file.Write(bytes);
    written += bytes.size();
  };
  const auto pad = [&] { write(std::vector<std::byte>(Aligned(written) - written)); };
  write(std::as_bytes(std::span(&header, 1)));
  write(std::as_bytes(std::span(entries)));
  for (const std::span<const std::byte> table : tables_) {
    pad();
    write(table);
  }
  pad();
  CLNER_CHECK_EQ(written, header.file_bytes);
  file.Commit();
}

TableFile::TableFile(const std::filesystem::path& path, const std::string& key) : path_(path), file_(path) {
  const std::span<const std::byte> bytes = file_.bytes();
  Header header;
  if (bytes.size() < sizeof(header)) ThrowDamaged("the file is cut: it has " + std::to_string(bytes.size()) + " bytes");
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.magic != kMagic) ThrowDamaged("not a file of tables, or one of another version or processor");
  if (header.tables > kMaxTables || bytes.size() - sizeof(header) < header.tables * sizeof(Entry)) {
    ThrowDamaged("the header is damaged");
  }
  const std::span<const std::byte> entries = bytes.subspan(sizeof(header), header.tables * sizeof(Entry));
  if (HashOf(header, entries) != header.hash) ThrowDamaged("the header is damaged");
  if (header.file_bytes != bytes.size()) {
    ThrowDamaged("the file has " + std::to_string(bytes.size()) + " bytes instead of " +
                 std::to_string(header.file_bytes));
  }
  if (key != std::string_view(header.key, kKeyBytes)) ThrowDamaged("the file was made from something else");
  entries_.resize(header.tables);
  std::memcpy(entries_.data(), entries.data(), entries.size());
}

std::span<const std::byte> TableFile::CheckedTable(size_t index, size_t row_bytes) const {
  if (index >= entries_.size()) ThrowDamaged("table " + std::to_string(index) + " is missing");
  const Entry& entry = entries_[index];
  const uint64_t size = file_.bytes().size();
  const std::string name = "table " + std::to_string(index);
  if (entry.begin % kAlignment != 0 || entry.begin > size || entry.size > size - entry.begin ||
      entry.size % row_bytes != 0) {
    ThrowDamaged(name + " has a place outside of the file");
  }
  const std::span<const std::byte> table = file_.bytes().subspan(entry.begin, entry.size);
  if (QuickHash(table) != entry.hash) ThrowDamaged(name + " has changed bytes");
  return table;
}

void TableFile::ThrowDamaged(const std::string& what) const {
  throw Error(ErrorCode::kCorrupt, what, path_.string(), "delete the file");
}

}  // namespace clner
