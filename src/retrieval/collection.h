// Text collections, document by document: lines, TSV, JSON lines and CirrusSearch dumps, plain or compressed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "retrieval/packed_lines.h"

namespace clner {

enum class CollectionFormat {
  kAuto,    ///< by the name of the file, else by its first line
  kText,    ///< one document a line
  kTsv,     ///< columns: text; id, text; id, text, title; set, id, title, text
  kJsonl,   ///< one object a line
  kCirrus,  ///< two lines a document: an action with its id, then the fields
};
[[nodiscard]] const char* Name(CollectionFormat format);
/// kUsage with the nearest name when unknown.
[[nodiscard]] CollectionFormat ParseCollectionFormat(const std::string& name);

struct CollectionOptions {
  CollectionFormat format = CollectionFormat::kAuto;
  /// TSV: the names of the columns in order, among id, title, text and - (not used). JSON: NAME=KEY pairs that say
  /// which keys hold id, title and text. Empty: the columns of the table above, the usual keys.
  std::vector<std::string> fields = {};
  bool replace_invalid_utf8 = false;  ///< else invalid bytes are a problem of the document
  bool strip_html = false;            ///< titles and texts go through StripHtml
  bool skip_bad_documents = false;    ///< documents with a problem are counted and left out, else they are 65
};

struct Document {
  std::string id = {};  ///< as in the collection; the number of the line when it has none
  std::string title = {}, text = {};
  bool numbered = false;  ///< the id is the number of the line
};

/// Reads one file. 65 with file:line for a bad document, unless they are skipped; otherwise as PackedInput.
class CollectionReader {
 public:
  /// `path` "-" is standard input. kUsage for fields that do not fit the format.
  CollectionReader(const std::string& path, const CollectionOptions& options);
  /// False at the end. Documents without text are passed over.
  [[nodiscard]] bool Next(Document* document);
  /// Passes over the first `lines` lines, which an earlier run has read; false when they are not those whose digest is
  /// `digest`. Only before Next().
  [[nodiscard]] bool Skip(int64_t lines, const std::string& digest);

  [[nodiscard]] int64_t lines() const { return lines_read_; }  ///< read so far
  [[nodiscard]] std::string lines_digest() const;              ///< of the lines read so far
  [[nodiscard]] int64_t skipped() const { return skipped_; }   ///< documents with a problem
  [[nodiscard]] int64_t replaced_bytes() const { return lines_.replaced_bytes(); }
  [[nodiscard]] CollectionFormat format() const { return format_; }  ///< never kAuto once a line was read
  [[nodiscard]] PackedInput& input() { return lines_.input(); }

 private:
  [[nodiscard]] bool NextLine(Line* line);
  void Recognize(std::string_view first_line);
  void Parse(const Line& line, Document* document);
  void ParseTsv(std::string_view line, Document* document);
  void ParseJson(const Line& line, Document* document);
  void ParseAction(const Line& line);
  [[nodiscard]] bool IsHeader(std::string_view line) const;

  PackedLines lines_;
  CollectionOptions options_;
  CollectionFormat format_;
  std::vector<std::string> columns_;         // of TSV
  std::map<std::string, std::string> keys_;  // of JSON, by id, title, text
  Sha256 digest_;
  int64_t lines_read_ = 0, skipped_ = 0;
  bool recognized_ = false;
  std::optional<std::string> action_id_;  // Cirrus: an action waits for its document
};

/// The files that IN... stands for: files and "-" as they are, a directory as everything below it, sorted. 66 when
/// something is missing, 65 for a directory without files.
[[nodiscard]] std::vector<std::string> CollectionFiles(const std::vector<std::string>& inputs);

}  // namespace clner
