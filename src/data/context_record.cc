// One record of a context cache in JSON, read without building a tree.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "core/json.h"
#include "core/json_sax.h"
#include "core/suggest.h"
#include "core/utf8.h"
#include "data/context_cache.h"

namespace clner {
namespace {

enum Field : uint8_t {
  kId,
  kWords,
  kQuery,
  kContexts,
  kTokenized,
  kPartial,
  kText,
  kTitle,
  kDocId,
  kSource,
  kScore,
  kRerankScore,
  kNoField
};
constexpr std::array<std::string_view, kNoField> kNames = {"id",        "words",   "query", "contexts",
                                                           "tokenized", "partial", "text",  "title",
                                                           "doc_id",    "source",  "score", "rerank_score"};
constexpr std::array<std::string_view, kNoField> kExpected = {"an integer from 0 on",
                                                              "a list of strings",
                                                              "a string",
                                                              "a list of objects",
                                                              "true or false",
                                                              "true or false",
                                                              "a string",
                                                              "a string",
                                                              "a string",
                                                              "a string",
                                                              "a number",
                                                              "a number"};
constexpr const char* kForm = "write {\"words\": [...], \"contexts\": [{\"text\": ...}]}";

class RecordEvents final : public internal::JsonEvents {
 public:
  CacheRecord Take() { return std::move(record_); }

  void Null() override {
    const bool in_record = level_ == Level::kRecord && field_ != kWords && field_ != kContexts;
    if (!in_record && (level_ != Level::kText || field_ == kText)) Wrong("null");
  }
  void Bool(bool value) override {
    if (field_ == kTokenized) {
      record_.tokenized = value;
    } else if (field_ == kPartial) {
      record_.partial = value;
    } else {
      Wrong(value ? "true" : "false");
    }
  }
  void Integer(int64_t value) override { Number(static_cast<double>(value), std::to_string(value)); }
  void Unsigned(uint64_t value) override {
    if (field_ == kId && value < (uint64_t{1} << 63)) {
      record_.id = static_cast<int64_t>(value);
    } else {
      Number(static_cast<double>(value), std::to_string(value));
    }
  }
  void Float(double value) override { Number(value, JsonNumber(value)); }
  void String(std::string& value) override {
    if (level_ == Level::kWords) {
      record_.words.push_back(std::move(value));
      return;
    }
    std::string* target = field_ == kQuery ? &record_.query : TextField();
    if (target == nullptr) Wrong("a string");
    *target = std::move(value);
  }

  void Key(std::string& name) override {
    const bool in_text = level_ == Level::kText;
    const uint8_t first = in_text ? kText : kId, last = in_text ? kNoField : kText;
    field_ = kNoField;
    for (uint8_t i = first; i < last; ++i) {
      if (name == kNames[i]) field_ = static_cast<Field>(i);
    }
    if (field_ == kNoField) {
      const std::vector<std::string> names(kNames.begin() + first, kNames.begin() + last);
      Refuse(fmt::format("unknown field '{}'{}", Printable(name), DidYouMean(name, names)),
             fmt::format("a {} has the fields {}", in_text ? "text" : "record", fmt::join(names, ", ")));
    }
    if ((seen_ & (1U << field_)) != 0)
      Refuse(fmt::format("field '{}' is there twice", Printable(name)), "keep one of the two");
    seen_ |= 1U << field_;
  }
  void BeginObject() override {
    if (level_ == Level::kTop) {
      level_ = Level::kRecord;
    } else if (level_ == Level::kContexts) {
      level_ = Level::kText;
      record_.texts.emplace_back();
      seen_ &= (1U << kText) - 1;
    } else {
      Wrong("an object");
    }
  }
  void EndObject() override {
    if (level_ == Level::kText) {
      Need(kText);
      level_ = Level::kContexts;
      field_ = kContexts;
      return;
    }
    Need(kWords);
    Need(kContexts);
    if (record_.words.empty()) Refuse("'words' is empty", "write the words of the sentence");
  }
  void BeginArray() override {
    if (level_ != Level::kRecord || (field_ != kWords && field_ != kContexts)) Wrong("a list");
    level_ = field_ == kWords ? Level::kWords : Level::kContexts;
  }
  void EndArray() override { level_ = Level::kRecord; }

 private:
  enum class Level : uint8_t { kTop, kRecord, kWords, kContexts, kText };

  [[noreturn]] void Wrong(std::string_view got) const {
    if (level_ == Level::kTop) Refuse(fmt::format("line is {}, not an object", got), kForm);
    if (level_ == Level::kWords || level_ == Level::kContexts)
      Refuse(fmt::format("'{}' holds {}", kNames[field_], got), fmt::format("write {}", kExpected[field_]));
    Refuse(fmt::format("'{}' is {}, not {}", kNames[field_], got, kExpected[field_]), "correct the field");
  }

  void Need(Field field) const {
    if ((seen_ & (1U << field)) == 0) Refuse(fmt::format("field '{}' is missing", kNames[field]), kForm);
  }

  /// The text of the current field, or nullptr when it is none of a retrieved text.
  [[nodiscard]] std::string* TextField() {
    if (level_ != Level::kText) return nullptr;
    CachedText& text = record_.texts.back();
    if (field_ == kText) return &text.text;
    if (field_ == kTitle) return &text.title;
    if (field_ == kDocId) return &text.doc_id;
    return field_ == kSource ? &text.source : nullptr;
  }

  /// Numbers are scores, and document ids of systems that count documents.
  void Number(double value, std::string digits) {
    if (level_ != Level::kText) Wrong(digits);
    CachedText& text = record_.texts.back();
    if (field_ == kScore) {
      text.score = value;
    } else if (field_ == kRerankScore) {
      text.rerank_score = value;
    } else if (field_ == kDocId) {
      text.doc_id = std::move(digits);
    } else {
      Wrong(digits);
    }
  }

  CacheRecord record_;
  Level level_ = Level::kTop;
  Field field_ = kNoField;
  uint32_t seen_ = 0;
};

}  // namespace

CacheRecord ParseCacheRecord(std::string_view text, const std::string& name, int64_t line) {
  RecordEvents events;
  internal::ReadJson(text, name, ErrorCode::kData, events, line);
  CacheRecord record = events.Take();
  record.line = line;
  return record;
}

std::string CacheJsonlRecord(const CacheRecord& record, int64_t id) {
  Json texts = Json::array();
  for (const CachedText& cached : record.texts) {
    Json text = {{"text", cached.text}};
    if (!cached.title.empty()) text["title"] = cached.title;
    if (!cached.doc_id.empty()) text["doc_id"] = cached.doc_id;
    if (!cached.source.empty()) text["source"] = cached.source;
    if (cached.score.has_value()) text["score"] = *cached.score;
    if (cached.rerank_score.has_value()) text["rerank_score"] = *cached.rerank_score;
    texts.push_back(std::move(text));
  }
  Json json = {{"id", id}, {"words", record.words}, {"query", record.query}};
  if (record.tokenized) json["tokenized"] = true;
  json["contexts"] = std::move(texts);
  json["partial"] = record.partial;
  return DumpJson(json) + "\n";
}

}  // namespace clner
