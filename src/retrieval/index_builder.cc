#include "retrieval/index_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/fault.h"
#include "core/file_ops.h"
#include "core/files.h"
#include "core/log.h"
#include "core/stop.h"
#include "core/utf8.h"
#include "retrieval/clean_text.h"
#include "retrieval/duplicates.h"

namespace clner {
namespace {

constexpr int64_t kDocumentsPerUpdate = 64;
constexpr int kMergePages = 5000;  // of FTS5 in one transaction, so that a request to stop is seen

/// Where a build stands; stored in the index with every commit.
struct BuildState {
  std::string plan = {};       ///< arguments of the build as JSON; another plan does not go on
  int64_t source = 0;          ///< files that are done
  int64_t lines = 0;           ///< of the next file
  std::string digest = {};     ///< of those lines
  int64_t read = 0, kept = 0;  ///< documents and passages of the next file
  bool complete = false;       ///< only the publication is missing
};

Json ToJson(const BuildState& state) {
  return {{"plan", state.plan}, {"source", state.source}, {"lines", state.lines},      {"digest", state.digest},
          {"read", state.read}, {"kept", state.kept},     {"complete", state.complete}};
}

BuildState ParseBuildState(const std::string& text, const std::string& place) {
  try {
    const Json json = ParseJson(text, place, ErrorCode::kCorrupt);
    return {json.at("plan"), json.at("source"), json.at("lines"),   json.at("digest"),
            json.at("read"), json.at("kept"),   json.at("complete")};
  } catch (const Json::exception&) {
    throw Error(ErrorCode::kCorrupt, "the state of the unfinished build is damaged", place,
                "remove it and build again");
  }
}

void CheckTarget(const std::filesystem::path& output) {
  std::error_code ignored;
  const auto status = std::filesystem::status(output, ignored);
  if (!std::filesystem::exists(status)) return;
  if (std::filesystem::is_regular_file(status) && LooksLikeIndex(output)) return;
  throw Error(ErrorCode::kOutput, fmt::format("'{}' is there and is no index", Printable(output.string(), 200)),
              output.string(), "choose another output, or remove it");
}

/// One build in its directory. The connection is open from Start() to Publish().
class Builder {
 public:
  Builder(std::vector<std::string> files, std::filesystem::path output, IndexBuildOptions options,
          std::optional<std::filesystem::path> base)
      : files_(std::move(files)), output_(std::move(output)), options_(std::move(options)), base_(std::move(base)) {
    directory_ = internal::ParentOf(output_) / ("." + output_.filename().string() + ".building");
    partial_ = directory_ / "index";
  }

  IndexInfo Run() {
    std::error_code ignored;
    // Only the directory of the build is made: a missing parent is most likely a mistyped name.
    if (!std::filesystem::is_directory(internal::ParentOf(output_), ignored)) internal::ThrowCreate(output_, ENOENT);
    CreateDirectories(directory_);
    std::optional<FileLock> lock(directory_ / "lock");
    try {
      Start();
      while (!ReadSources()) Restart("the files are not those that the unfinished build has read");
      Finish();
    } catch (const Error& error) {
      Close();
      const bool refused =
          error.code() == ErrorCode::kData || error.code() == ErrorCode::kNoInput || error.code() == ErrorCode::kUsage;
      if (refused) RemoveDirectory(directory_);
      throw;
    }
    Publish();
    return info_;
  }

 private:
  [[nodiscard]] std::string Plan() const {
    const CollectionOptions& collection = options_.collection;
    return DumpJson({{"files", files_},
                     {"base", base_sha256_},
                     {"tokenizer", Name(options_.tokenizer)},
                     {"unit", Name(options_.unit)},
                     {"near", options_.near_duplicates},
                     {"license", options_.license},
                     {"format", Name(collection.format)},
                     {"fields", collection.fields},
                     {"replace", collection.replace_invalid_utf8},
                     {"html", collection.strip_html},
                     {"skip", collection.skip_bad_documents},
                     {"clner", CLNER_VERSION}});
  }

  /// Goes on with what is there, or begins.
  void Start() {
    if (base_.has_value()) base_sha256_ = CheckIndexFile(*base_, true);
    plan_ = Plan();
    std::error_code ignored;
    if (std::filesystem::exists(partial_, ignored)) {
      try {
        if (Continue()) return;
        Restart("the unfinished build had other arguments");
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kCorrupt) throw;
        Restart("what is left of the unfinished build is damaged");
      }
      return;
    }
    Begin();
  }

  [[nodiscard]] bool Continue() {
    // A journal undoes what was not committed; the size is only known to be right without one.
    std::error_code ignored;
    if (!std::filesystem::exists(partial_.string() + "-journal", ignored)) UnsealIndex(partial_);
    OpenDatabase();
    {
      SqliteStatement statement(*database_, "SELECT value FROM meta WHERE name = 'build'");
      if (!statement.Step()) return false;
      state_ = ParseBuildState(std::string(statement.Text(0)), partial_.string());
    }
    if (state_.plan != plan_) return false;
    info_ = ReadIndexInfo(*database_);
    LogInfo(fmt::format("going on with an unfinished build: {} passages of {} documents are there", info_.passages,
                        info_.documents));
    Prepare();
    return true;
  }

  void Restart(const char* reason) {
    LogWarning("restart", fmt::format("{}; it is begun anew", reason), directory_.string());
    Begin();
  }

  void Begin() {
    Close();
    for (const char* ending : {"", "-journal"}) internal::RemoveQuietly(partial_.string() + ending);
    state_ = {.plan = plan_};
    info_ = {.tokenizer = options_.tokenizer, .unit = options_.unit, .near_duplicates = options_.near_duplicates};
    if (base_.has_value()) {
      CopyBase();
      UnsealIndex(partial_);
      OpenDatabase();
      info_ = ReadIndexInfo(*database_);
    } else {
      OpenDatabase();
      database_->Execute("BEGIN");
      CreateIndexTables(*database_, options_.tokenizer);
      database_->Execute("INSERT INTO search(search, rank) VALUES('hashsize', 33554432); COMMIT");
    }
    info_.built_with = fmt::format("clner {}, SQLite {}", CLNER_VERSION, SqliteLibraryVersion());
    Prepare();
  }

  /// Under another name first: a copy that was cut short must not look like an unfinished build.
  void CopyBase() {
    InputFile from(*base_);
    AtomicFile to(partial_);
    std::string block(size_t{1} << 20, '\0');
    for (size_t count = 0; (count = from.Read(block.data(), block.size())) > 0;)
      to.Write(std::string_view(block).substr(0, count));
    to.Commit();
  }

  void OpenDatabase() {
    database_ = std::make_unique<SqliteDatabase>(partial_, SqliteDatabase::Mode::kWrite);
    RegisterTokenizers(*database_);
  }

  void Close() {
    insert_passage_.reset();
    insert_terms_.reset();
    select_text_.reset();
    database_.reset();
  }

  /// Statements, and what is known of the passages that are there.
  void Prepare() {
    insert_passage_ = std::make_unique<SqliteStatement>(
        *database_, "INSERT INTO passage(id, document, title, text) VALUES(?1, ?2, ?3, ?4)");
    insert_terms_ =
        std::make_unique<SqliteStatement>(*database_, "INSERT INTO search(rowid, title, text) VALUES(?1, ?2, ?3)");
    select_text_ = std::make_unique<SqliteStatement>(*database_, "SELECT text FROM passage WHERE id = ?1");
    duplicates_ = std::make_unique<DuplicateFinder>(info_.near_duplicates, [this](int64_t id) { return TextOf(id); });
    SqliteStatement all(*database_, "SELECT id, text FROM passage ORDER BY id");
    while (!state_.complete && all.Step()) {
      (void)duplicates_->Classify(all.Text(1));
      duplicates_->AddLast(all.Integer(0));
    }
    database_->Execute("BEGIN");
  }

  std::string TextOf(int64_t id) {
    select_text_->Bind(0, id);
    std::string text(select_text_->Step() ? select_text_->Text(0) : "");
    select_text_->Reset();
    return text;
  }

  /// False when a file is not what an earlier run has read of it.
  bool ReadSources() {
    if (state_.complete) return true;
    int64_t total = 0, done = 0;
    for (size_t i = 0; i < files_.size(); ++i) {
      std::error_code ignored;
      const uintmax_t size =
          std::filesystem::is_regular_file(files_[i], ignored) ? std::filesystem::file_size(files_[i], ignored) : 0;
      total += static_cast<int64_t>(size);
      if (static_cast<int64_t>(i) < state_.source) done += static_cast<int64_t>(size);
    }
    Progress progress("indexing", total / 1024, "kB");
    while (state_.source < static_cast<int64_t>(files_.size())) {
      CollectionReader reader(files_[static_cast<size_t>(state_.source)], options_.collection);
      if (state_.lines > 0 && !reader.Skip(state_.lines, state_.digest)) return false;
      ReadSource(reader, done, &progress);
      done += reader.input().raw_bytes();
      EndSource(reader);
    }
    progress.Finish();
    return true;
  }

  void ReadSource(CollectionReader& reader, int64_t done_before, Progress* progress) {
    Document document;
    int64_t text_bytes = 0;
    const int64_t skipped = info_.skipped_documents, replaced = info_.replaced_bytes;
    while (reader.Next(&document)) {
      text_bytes += static_cast<int64_t>(document.text.size());
      AddDocument(document);
      info_.skipped_documents = skipped + reader.skipped();
      info_.replaced_bytes = replaced + reader.replaced_bytes();
      if (state_.read % kDocumentsPerUpdate == 0)
        progress->Update((done_before + reader.input().raw_bytes()) / 1024, fmt::format("{} passages", info_.passages));
      const char* stop = StopRequested();
      if (text_bytes < options_.commit_bytes && stop == nullptr) continue;
      text_bytes = 0;
      state_.lines = reader.lines();
      state_.digest = reader.lines_digest();
      Commit();
      if (stop != nullptr) Interrupt(stop);
    }
    info_.skipped_documents = skipped + reader.skipped();
    info_.replaced_bytes = replaced + reader.replaced_bytes();
  }

  void AddDocument(const Document& document) {
    ++info_.documents;
    ++state_.read;
    const std::string title = CleanText(WholeCharacters(document.title, kMaxTitleBytes));
    const std::string id = CleanText(WholeCharacters(document.id, kMaxTitleBytes));
    for (const std::string& text : CutPassages(document.text, info_.unit)) {
      switch (duplicates_->Classify(text)) {
        case DuplicateFinder::Kind::kExact:
          ++info_.removed_exact;
          continue;
        case DuplicateFinder::Kind::kNear:
          ++info_.removed_near;
          continue;
        case DuplicateFinder::Kind::kNew:
          break;
      }
      const int64_t passage = ++info_.passages;  // ids count without gaps
      ++state_.kept;
      insert_passage_->Bind(0, passage).Bind(1, id).Bind(2, title).Bind(3, text).Run();
      insert_terms_->Bind(0, passage).Bind(1, title).Bind(2, text).Run();
      duplicates_->AddLast(passage);
    }
  }

  void EndSource(CollectionReader& reader) {
    info_.sources.push_back({reader.input().name(), Name(reader.format()), reader.input().HexDigest(), options_.license,
                             reader.input().raw_bytes(), state_.read, state_.kept});
    state_.source += 1;
    state_.lines = state_.read = state_.kept = 0;
    state_.digest.clear();
    Commit();
  }

  [[noreturn]] void Interrupt(const char* reason) const {
    throw Error(ErrorCode::kInterrupted,
                fmt::format("stopped by {} after {} passages; what is done is kept", reason, info_.passages),
                output_.string(), "run the same command again to go on");
  }

  /// Stores the state and ends the transaction; begins the next one.
  void Commit() {
    SqliteStatement store(*database_, "INSERT OR REPLACE INTO meta(name, value) VALUES(?1, ?2)");
    const std::string info = DumpJson(ToJson(info_)), state = DumpJson(ToJson(state_));
    store.Bind(0, "info").Bind(1, info).Run();
    store.Bind(0, "build").Bind(1, state).Run();
    if (const int planned = internal::Fault("commit"); planned > 0) internal::ThrowIo("write", partial_, planned);
    database_->Execute("COMMIT; BEGIN");
  }

  /// One tree for all terms, and how many passages hold each.
  void Finish() {
    if (state_.complete) return;
    if (info_.passages == 0) {
      throw Error(ErrorCode::kData, "the collection has no text", Printable(files_.front(), 200),
                  "check the files and --fields");
    }
    SqliteStatement merge(*database_, "INSERT INTO search(search, rank) VALUES('merge', ?1)");
    // A negative number makes one tree the goal; the work is done when nothing but the request itself changes.
    for (int64_t pages = -kMergePages;; pages = kMergePages) {
      const int64_t before = database_->total_changes();
      merge.Bind(0, pages).Run();
      if (database_->total_changes() - before < 2) break;
      Commit();
      if (const char* stop = StopRequested()) Interrupt(stop);
    }
    database_->Execute(
        "CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'search', 'row');"
        "DELETE FROM main.term; INSERT INTO main.term SELECT term, doc FROM temp.vocabulary");
    info_.terms = QueryInteger(*database_, "SELECT count(*) FROM term").value_or(0);
    info_.tokens = QueryInteger(*database_, "SELECT sum(cnt) FROM temp.vocabulary").value_or(0);
    state_.complete = true;
    Commit();
  }

  void Publish() {
    Close();
    SealIndex(partial_);
    internal::Rename(partial_, output_);
    internal::SyncDirectory(internal::ParentOf(output_));
    RemoveDirectory(directory_);
    info_.sha256 = CheckIndexFile(output_, false);
    info_.file_bytes = static_cast<int64_t>(std::filesystem::file_size(output_));
  }

  std::vector<std::string> files_;
  std::filesystem::path output_, directory_, partial_;
  IndexBuildOptions options_;
  std::optional<std::filesystem::path> base_;
  std::string base_sha256_, plan_;
  BuildState state_;
  IndexInfo info_;
  std::unique_ptr<SqliteDatabase> database_;
  std::unique_ptr<SqliteStatement> insert_passage_, insert_terms_, select_text_;
  std::unique_ptr<DuplicateFinder> duplicates_;
};

/// All inputs are there before anything is written.
std::vector<std::string> CheckedFiles(const std::vector<std::string>& inputs) {
  std::vector<std::string> files = CollectionFiles(inputs);
  for (const std::string& file : files) {
    std::error_code ignored;
    if (file != "-" && !std::filesystem::exists(file, ignored)) (void)InputFile(file);  // throws what is wrong
  }
  return files;
}

}  // namespace

IndexInfo BuildIndex(const std::vector<std::string>& inputs, const std::filesystem::path& output,
                     const IndexBuildOptions& options) {
  const std::filesystem::path target = internal::FollowLink(output);
  CheckTarget(target);
  return Builder(CheckedFiles(inputs), target, options, std::nullopt).Run();
}

IndexInfo AddToIndex(const std::vector<std::string>& inputs, const std::filesystem::path& path,
                     IndexBuildOptions options) {
  const std::filesystem::path target = internal::FollowLink(path);
  (void)CheckIndexFile(target, false);
  {
    const SqliteDatabase database(target, SqliteDatabase::Mode::kImmutable);
    RegisterTokenizers(database);
    const IndexInfo info = ReadIndexInfo(database);
    CheckIndexSchema(database, info.tokenizer);
    options.tokenizer = info.tokenizer;
    options.unit = info.unit;
    options.near_duplicates = info.near_duplicates;
  }
  return Builder(CheckedFiles(inputs), target, options, target).Run();
}

}  // namespace clner
