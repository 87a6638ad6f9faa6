// Files of tables that are mapped into memory: how caches keep what is expensive to compute.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "core/files.h"

namespace clner {

/// Collects tables and writes them as one file: a header with the key, then every table with a QuickHash, all at
/// multiples of 64 bytes. Numbers are stored as they lie in memory.
class TableWriter {
 public:
  /// `key` says what the file was made from; TableFile asks for the same one.
  explicit TableWriter(std::string key) : key_(std::move(key)) {}
  /// Appends a table, which must live until Write.
  template <class T>
  void Add(std::span<const T> rows) {
    static_assert(std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>);
    tables_.push_back(std::as_bytes(rows));
  }
  /// Size of the file in bytes.
  [[nodiscard]] uint64_t size() const;
  /// 73 when the file cannot be created, 74 when it cannot be written.
  void Write(const std::filesystem::path& path) const;

 private:
  std::string key_;
  std::vector<std::span<const std::byte>> tables_;
};

/// A mapped file of a TableWriter. Every failure that is the file's own is 76: another format, key or processor, cut or
/// changed bytes. Tables are checked by the first request for them.
class TableFile {
 public:
  /// 66 when `path` is missing or unreadable.
  TableFile(const std::filesystem::path& path, const std::string& key);
  /// The rows of table `index`; valid as long as this object or one that it was moved to.
  template <class T>
  [[nodiscard]] std::span<const T> Table(size_t index) const {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::span<const std::byte> bytes = CheckedTable(index, sizeof(T));
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  /// Throws 76 with `what` about this file.
  [[noreturn]] void ThrowDamaged(const std::string& what) const;

 private:
  struct Entry {
    uint64_t begin = 0, size = 0, hash = 0;
  };
  [[nodiscard]] std::span<const std::byte> CheckedTable(size_t index, size_t row_bytes) const;

  std::filesystem::path path_;
  MappedFile file_;
  std::vector<Entry> entries_;
};

}  // namespace clner
