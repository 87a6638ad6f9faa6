#include "retrieval/rest_upload.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/sha256.h"
#include "core/stop.h"
#include "core/utf8.h"
#include "retrieval/clean_text.h"
#include "retrieval/server_url.h"

namespace clner {
namespace {

constexpr const char* kBulkPath = "/_bulk";
constexpr size_t kMaxIdBytes = 512;  // of the servers
constexpr int64_t kDocumentsPerUpdate = 64;

/// A passage as two lines of a bulk request.
struct Item {
  std::string id = {}, lines = {};
};

int64_t TotalBytes(const std::vector<std::string>& files) {
  int64_t total = 0;
  for (const std::string& file : files) {
    std::error_code unknown;
    const auto size = std::filesystem::file_size(file, unknown);
    if (!unknown) total += static_cast<int64_t>(size);
  }
  return total;
}

class Uploader {
 public:
  explicit Uploader(const UploadOptions& options) : options_(options), server_(options.server) {
    report_.server = server_.name();
    if (!options_.rejected_file.empty()) rejected_.emplace(options_.rejected_file);
  }

  UploadReport Run(const std::vector<std::string>& files) {
    MakeIndex();
    Progress progress("uploading", TotalBytes(files) / 1024, "kB");
    int64_t done = 0;
    for (const std::string& file : files) {
      CollectionReader reader(file, options_.collection);
      Document document;
      while (reader.Next(&document)) {
        AddDocument(file, document);
        if (report_.documents % kDocumentsPerUpdate == 0)
          progress.Update((done + reader.input().raw_bytes()) / 1024, fmt::format("{} passages", report_.passages));
      }
      report_.skipped_documents += reader.skipped();
      report_.replaced_bytes += reader.replaced_bytes();
      done += reader.input().raw_bytes();
    }
    Flush();
    progress.Finish();
    const std::string path = "/" + PathSegment(options_.index) + "/_refresh";  // what was sent is found from now on
    static_cast<void>(server_.Read(server_.Send("POST", path), path));
    if (rejected_.has_value()) rejected_->Close();
    return std::move(report_);
  }

 private:
  void MakeIndex() {
    const std::string path = "/" + PathSegment(options_.index);
    if (server_.Send("HEAD", path).status == 200) return;
    Json field = {{"type", "text"}};
    if (!options_.analyzer.empty()) field["analyzer"] = options_.analyzer;
    const Json body = {{"mappings", {{"properties", {{"title", field}, {"text", field}}}}}};
    const HttpResponse response = server_.Send("PUT", path, SearchServer::Body::kJson, DumpJson(body));
    // Another run may have made it in the meantime.
    if (response.status == 400 && response.body.find("resource_already_exists_exception") != std::string::npos) return;
    static_cast<void>(server_.Read(response, path));
    report_.index_is_new = true;
  }

  void AddDocument(const std::string& file, const Document& document) {
    ++report_.documents;
    std::string id = CleanText(document.id);
    if (document.numbered || id.empty()) id = file + ":" + document.id;
    const std::string title = CleanText(WholeCharacters(document.title, kMaxTitleBytes));
    int64_t number = 0;
    for (const std::string& text : CutPassages(document.text, options_.unit))
      AddItem(++number == 1 ? id : fmt::format("{}#{}", id, number), title, text);
  }

  void AddItem(std::string id, const std::string& title, const std::string& text) {
    if (id.size() > kMaxIdBytes) id = Sha256Hex(id);
    Item item = {id, DumpJson({{"index", {{"_index", options_.index}, {"_id", id}}}}) + "\n"};
    item.lines += DumpJson({{"title", title}, {"text", text}}) + "\n";
    const auto bytes = static_cast<int64_t>(item.lines.size());
    if (bytes_ + bytes > options_.request_bytes || std::ssize(items_) >= options_.request_documents) Flush();
    bytes_ += bytes;
    items_.push_back(std::move(item));
  }

  void Flush() {
    if (const char* stop = StopRequested()) {
      throw Error(ErrorCode::kInterrupted,
                  fmt::format("stopped by {} after {} passages, which the server has", stop, report_.passages), "",
                  "run the same command again: what is there is replaced by the same");
    }
    const std::vector<Item> items = std::exchange(items_, {});
    bytes_ = 0;
    Send(items, 0);
  }

  /// One request; what the server was too busy for, or a request that is too large for it, is sent again in parts.
  void Send(const std::vector<Item>& items, int64_t attempt) {
    if (items.empty()) return;
    std::string body;
    for (const Item& item : items) body += item.lines;
    const HttpResponse response =
        server_.Send(server_.bulk_method(), kBulkPath, SearchServer::Body::kLines, std::move(body));
    if (response.status == 413) {
      if (items.size() == 1) return Reject(items.front().id, 413, "the request is too large for the server");
      const auto half = items.begin() + std::ssize(items) / 2;
      Send({items.begin(), half}, attempt);
      return Send({half, items.end()}, attempt);
    }
    const std::vector<Item> again = TakeResults(server_.Read(response, kBulkPath), items);
    if (again.empty()) return;
    if (server_.http().WaitBeforeRetry(attempt)) return Send(again, attempt + 1);
    for (const Item& item : again)
      Reject(item.id, 429, fmt::format("the server is too busy, also after {} retries", attempt));
  }

  /// Counts what was done; returns the items to send again.
  std::vector<Item> TakeResults(const Json& json, const std::vector<Item>& items) {
    const bool complete = json.is_object() && json.contains("items") && json.at("items").is_array() &&
                          json.at("items").size() == items.size();
    if (!complete) Garbled("does not list every document that was sent");
    std::vector<Item> again;
    for (size_t i = 0; i < items.size(); ++i) {
      const Json& entry = json.at("items")[i];
      const Json& result = entry.is_object() && entry.contains("index") ? entry.at("index") : entry;
      const bool good = result.is_object() && result.contains("status") && result.at("status").is_number_integer();
      if (!good) Garbled("has a document without status");
      const int status = result.at("status").get<int>();
      if (status == 200 || status == 201) {
        ++report_.passages;
        ++(status == 201 ? report_.created : report_.replaced);
      } else if (HttpClient::IsBusy(status)) {
        again.push_back(items[i]);
      } else {
        Reject(items[i].id, status, ServerReason(result));
      }
    }
    return again;
  }

  [[noreturn]] void Garbled(const char* what) const {
    throw Error(ErrorCode::kData, fmt::format("the answer of the search server {}", what), server_.Where(kBulkPath));
  }

  void Reject(const std::string& id, int status, const std::string& reason) {
    ++report_.rejected;
    if (report_.rejections.size() < ProblemList::kMaxListed)
      report_.rejections.push_back(fmt::format("{}: {} ({})", Printable(id, 100), reason, status));
    if (rejected_.has_value()) rejected_->Write(DumpJson({{"id", id}, {"status", status}, {"reason", reason}}) + "\n");
  }

  const UploadOptions& options_;
  SearchServer server_;
  UploadReport report_;
  std::optional<OutputFile> rejected_;
  std::vector<Item> items_;  // of the next request
  int64_t bytes_ = 0;        // of their lines
};

}  // namespace

UploadReport UploadCollection(const std::vector<std::string>& inputs, const UploadOptions& options) {
  CheckIndexName(options.index, false);
  const std::vector<std::string> files = CollectionFiles(inputs);
  for (const std::string& file : files) {
    std::error_code unknown;
    const auto type = file == "-" ? std::filesystem::file_type::fifo : std::filesystem::status(file, unknown).type();
    // A missing file is told before anything is sent; opening a FIFO would take its text.
    if (type != std::filesystem::file_type::fifo) const InputFile readable(file);
  }
  return Uploader(options).Run(files);
}

}  // namespace clner
