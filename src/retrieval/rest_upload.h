// Puts a text collection into an index of a search server.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "retrieval/collection.h"
#include "retrieval/passages.h"
#include "retrieval/search_server.h"

namespace clner {

struct UploadOptions {
  ServerOptions server = {};
  std::string index = {};  ///< made when it is missing
  CollectionOptions collection = {};
  PassageUnit unit = PassageUnit::kParagraph;
  std::string analyzer = {};         ///< of a new index, e.g. cjk; "" = that of the server
  std::string rejected_file = {};    ///< JSON lines of all documents that were refused; "" = none
  int64_t request_bytes = 5 << 20;   ///< of one request, about
  int64_t request_documents = 1000;  ///< at most in one request
};

struct UploadReport {
  std::string server = {};  ///< product and version
  bool index_is_new = false;
  int64_t documents = 0;  ///< read
  int64_t passages = 0;   ///< sent and accepted: created + replaced
  int64_t created = 0, replaced = 0;
  int64_t rejected = 0;
  int64_t skipped_documents = 0, replaced_bytes = 0;  ///< as IndexInfo
  std::vector<std::string> rejections = {};           ///< the first 20, "ID: type: reason"
};

/// Sends the passages of the documents as `{"title":...,"text":...}` by `_bulk`. The id of a passage is that of its
/// document, with #2, #3, ... for further ones; FILE:LINE where the collection has no ids: a second run replaces the
/// same passages. Passages that the server is too busy for are sent again, others that it refuses are counted and
/// listed. Throws 69 and 65 as SearchServer, 75 on a stop request.
[[nodiscard]] UploadReport UploadCollection(const std::vector<std::string>& inputs, const UploadOptions& options);

}  // namespace clner
