#include "retrieval/context_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/sha256.h"
#include "data/counted.h"

namespace clner {
namespace {

constexpr std::string_view kFormat = "clner contexts 1";
constexpr const char* kNote = "published";
constexpr size_t kChecksumDigits = 16, kBlockBytes = size_t{1} << 20;

/// A line of the file: checksum, blank, fields with TABs between them, which hold neither TABs nor line ends.
std::string MakeLine(const std::string& payload) {
  return Sha256Hex(payload).substr(0, kChecksumDigits) + " " + payload + "\n";
}

/// What MakeLine was given, or nullopt when the line (without its end) is damaged.
std::optional<std::string_view> PayloadOf(std::string_view line) {
  if (line.size() <= kChecksumDigits || line[kChecksumDigits] != ' ') return std::nullopt;
  const std::string_view payload = line.substr(kChecksumDigits + 1);
  if (std::string_view(Sha256Hex(payload)).substr(0, kChecksumDigits) != line.substr(0, kChecksumDigits))
    return std::nullopt;
  return payload;
}

/// Key, counts and record.
struct Fields {
  std::string_view key, counts, record;
};
std::optional<Fields> Split(std::string_view payload) {
  const size_t first = payload.find('\t');
  const size_t second = first == payload.npos ? first : payload.find('\t', first + 1);
  if (second == payload.npos) return std::nullopt;
  return Fields{payload.substr(0, first), payload.substr(first + 1, second - first - 1), payload.substr(second + 1)};
}

}  // namespace

std::filesystem::path WorkDirectory(const std::filesystem::path& output) {
  return internal::ParentOf(output) / ("." + output.filename().string() + ".building");
}

void NoteOutput(const std::filesystem::path& directory, const std::filesystem::path& made,
                const std::string& identity) {
  WriteFileAtomically(directory / kNote, MakeLine(Sha256OfFile(made) + " " + Sha256Hex(identity)));
}

bool IsNotedOutput(const std::filesystem::path& output, const std::optional<std::string>& identity) {
  const std::filesystem::path note = WorkDirectory(output) / kNote;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(note, ignored) || !std::filesystem::is_regular_file(output, ignored))
    return false;
  std::string line = ReadFile(note);
  if (line.ends_with('\n')) line.pop_back();
  const std::string_view payload = PayloadOf(line).value_or("");
  const std::string start = Sha256OfFile(output) + " ";
  return payload.starts_with(start) && (!identity.has_value() || payload.substr(start.size()) == Sha256Hex(*identity));
}

ContextStore::ContextStore(const std::filesystem::path& directory, const std::string& identity)
    : directory_(directory), records_(directory_ / "records") {
  std::error_code ignored;
  CreateDirectories(directory_);
  lock_ = std::make_unique<FileLock>(directory_ / "lock");
  const std::string header = MakeLine(fmt::format("{}\t{}\t{}", kFormat, CLNER_VERSION, Sha256Hex(identity)));
  const bool exists = std::filesystem::exists(records_, ignored), same = exists && Load(header);
  if (same) {
    LogInfo(fmt::format("going on with an unfinished retrieval: {} there",
                        Counted(size(), "sentence is", "sentences are")));
  } else {
    if (exists)
      LogWarning("restart", "the unfinished retrieval had another index, corpus or options; it is begun anew",
                 directory_.string());
    // Renamed when it is whole: a header that was cut short would look like another retrieval.
    WriteFileAtomically(records_, header);
  }
  append_ = std::make_unique<AppendFile>(records_);
  read_ = internal::Descriptor(internal::Open(records_, O_RDONLY));
  if (read_.get() < 0) internal::ThrowInput(records_, errno);
  size_ = std::filesystem::file_size(records_);
}

/// Finds the lines of the file; false when they belong to another retrieval.
bool ContextStore::Load(const std::string& header) {
  InputFile file(records_);
  std::string block(kBlockBytes, '\0'), rest;
  uint64_t begin = 0;  // of `rest` in the file
  int64_t left_out = 0;
  for (size_t count = 0; (count = file.Read(block.data(), block.size())) > 0;) {
    rest.append(block, 0, count);
    size_t at = 0;
    for (size_t end = 0; (end = rest.find('\n', at)) != rest.npos; at = end + 1) {
      const std::string_view line = std::string_view(rest).substr(at, end - at);
      if (begin + at == 0) {
        if (line != std::string_view(header).substr(0, header.size() - 1)) return false;
      } else if (!TakeLine(line, begin + at)) {
        ++left_out;
      }
    }
    rest.erase(0, at);
    begin += at;
  }
  left_out += rest.empty() ? 0 : 1;
  if (left_out > 0)
    LogInfo(fmt::format("{} cut short, damaged or partial; looked for again",
                        Counted(left_out, "sentence was", "sentences were")));
  return begin > 0;
}

bool ContextStore::TakeLine(std::string_view line, uint64_t begin) {
  const std::optional<std::string_view> payload = PayloadOf(line);
  const std::optional<Fields> fields = payload.has_value() ? Split(*payload) : std::nullopt;
  if (!fields.has_value()) return false;
  const RetrievalCounts counts =
      ParseRetrievalCounts(ParseJson(fields->counts, records_.string(), ErrorCode::kCorrupt), records_.string());
  if (counts.partial > 0) return false;
  places_[std::string(fields->key)] = {begin, line.size()};
  return true;
}

void ContextStore::Append(std::span<const RetrievedContexts> finished) {
  std::string lines;
  for (const RetrievedContexts& contexts : finished) {
    std::string record = CacheJsonlRecord(contexts.record, 0);
    record.pop_back();
    const std::string line =
        MakeLine(fmt::format("{}\t{}\t{}", contexts.record.key, DumpJson(ToJson(contexts.counts)), record));
    places_[contexts.record.key] = {size_ + lines.size(), line.size() - 1};
    lines += line;
  }
  append_->Append(lines);
  size_ += lines.size();
}

RetrievedContexts ContextStore::Read(const std::string& key) const {
  const Place& place = places_.at(key);
  std::string line(place.size, '\0');
  if (lseek(read_.get(), static_cast<off_t>(place.begin), SEEK_SET) < 0) internal::ThrowIo("read", records_, errno);
  for (size_t done = 0; done < line.size();) {
    const ssize_t count = internal::ReadSome(read_.get(), line.data() + done, line.size() - done);
    if (count < 0) internal::ThrowIo("read", records_, errno);
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  const std::optional<std::string_view> payload = PayloadOf(line);
  const std::optional<Fields> fields = payload.has_value() ? Split(*payload) : std::nullopt;
  if (!fields.has_value()) {
    throw Error(ErrorCode::kCorrupt, "the unfinished retrieval was changed by something else", records_.string(),
                "run the same command again; damaged sentences are looked for again");
  }
  RetrievedContexts contexts;
  contexts.record = ParseCacheRecord(fields->record, records_.string(), 0);
  contexts.record.key = key;
  contexts.counts =
      ParseRetrievalCounts(ParseJson(fields->counts, records_.string(), ErrorCode::kCorrupt), records_.string());
  return contexts;
}

void ContextStore::Remove() {
  append_.reset();
  read_ = {};
  RemoveDirectory(directory_);
  lock_.reset();
}

}  // namespace clner
