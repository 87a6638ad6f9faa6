// The finished part of a retrieval, kept beside its output until all is done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/file_ops.h"
#include "core/files.h"
#include "retrieval/context_retriever.h"

namespace clner {

/// Where the unfinished work on `output` is kept: `.<name>.building` beside it.
[[nodiscard]] std::filesystem::path WorkDirectory(const std::filesystem::path& output);

/// Notes in a work directory that `made`, a file in it, is about to become the output of the work with this identity.
void NoteOutput(const std::filesystem::path& directory, const std::filesystem::path& made, const std::string& identity);
/// True if `output` is what NoteOutput() was told about: its run was killed before it could remove the work directory.
/// Without an identity, that of any work.
[[nodiscard]] bool IsNotedOutput(const std::filesystem::path& output, const std::optional<std::string>& identity);

/// Records by the key of their sentence, in the file `records` of a work directory: a line with the identity of the
/// retrieval, then a line for every sentence, each with a checksum. A process that is killed leaves at most a part of
/// its last lines, which is not read.
class ContextStore {
 public:
  /// Goes on with what an earlier run left, if it was the same retrieval, and else begins anew; both are logged. Left
  /// out are damaged lines and sentences whose answer was partial. 73 when the directory cannot be made (its parent
  /// must be there), or another process works in it.
  ContextStore(const std::filesystem::path& directory, const std::string& identity);
  [[nodiscard]] bool Has(const std::string& key) const { return places_.contains(key); }
  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(places_.size()); }
  /// Where the output is made before it gets its name.
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  /// Keeps finished sentences; 74 when they cannot be written.
  void Append(std::span<const RetrievedContexts> finished);
  /// What was appended for a sentence; `key` must be there. 76 when it was damaged since.
  [[nodiscard]] RetrievedContexts Read(const std::string& key) const;
  /// Removes the directory; nothing can be read or written after it.
  void Remove();

 private:
  struct Place {
    uint64_t begin = 0, size = 0;  // of a line without its end
  };
  [[nodiscard]] bool Load(const std::string& header);
  [[nodiscard]] bool TakeLine(std::string_view line, uint64_t begin);

  std::filesystem::path directory_, records_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<AppendFile> append_;
  internal::Descriptor read_;
  uint64_t size_ = 0;  // of the file
  std::unordered_map<std::string, Place> places_;
};

}  // namespace clner
