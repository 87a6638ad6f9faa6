#include "data/annotation_records.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/utf8.h"
#include "data/counted.h"
#include "data/json_fields.h"
#include "data/text_words.h"

namespace clner {
namespace {

TextRange Range(const Json& json, const char* begin, const char* end, const std::string& path) {
  return {NeedPosition(NeedField(json, {begin}, path), path + "." + begin),
          NeedPosition(NeedField(json, {end}, path), path + "." + end)};
}

/// {"start", "end", label} under the names of a format.
TextSpan SpanObject(const Json& json, const char* begin, const char* end, const char* label, std::string path) {
  TextSpan span;
  span.range = Range(json, begin, end, path);
  span.type = NeedString(NeedField(json, {label}, path), path + "." + label);
  span.path = std::move(path);
  return span;
}

/// [start, end, label]; further items (spaCy's knowledge base id) carry nothing.
TextSpan SpanList(const Json& json, std::string path) {
  if (NeedList(json, path).size() < 3)
    RefuseField("the list has fewer than three items", path, "write [start, end, label]");
  TextSpan span;
  span.range = {NeedPosition(json[0], path + "[0]"), NeedPosition(json[1], path + "[1]")};
  span.type = NeedString(json[2], path + "[2]");
  span.path = std::move(path);
  return span;
}

void ReadDocument(const Json& json, TextRecord* record) {
  if (const Json* document = FindField(json, {"document"})) record->document = NeedPosition(*document, "document");
}

bool ReadSpacyPair(const Json& json, TextRecord* record) {
  if (json.size() != 2)
    RefuseField(Counted(json.size(), "item") + " in the list", "", "write [text, {\"entities\": [...]}]");
  record->text = NeedString(json[0], "[0]");
  NeedObject(json[1], "[1]");
  const Json* entities = FindField(json[1], {"entities"});
  if (entities == nullptr) return true;
  record->labelled = true;
  for (size_t i = 0; i < NeedList(*entities, "[1].entities").size(); ++i)
    record->spans.push_back(SpanList((*entities)[i], ItemPath("[1].entities", i)));
  return true;
}

/// One span for every label of it.
void AddSpans(TextSpan span, const Json& labels, const std::string& path, TextRecord* record) {
  for (std::string& label : NeedStrings(labels, path)) {
    span.type = std::move(label);
    record->spans.push_back(span);
  }
}

/// Words of a text whose tokens are all its characters, or its parts between blanks.
std::vector<std::string> TokensOfText(const std::string& text, WordRule rule) {
  std::vector<std::string> tokens;
  if (rule == WordRule::kCharacters) {
    for (size_t at = 0, begin = 0; at < text.size(); begin = at) {
      (void)DecodeUtf8(text, &at);
      tokens.push_back(text.substr(begin, at - begin));
    }
    return tokens;
  }
  const TextIndex index(text);
  for (const TextRange& word : FindWords(text, rule)) tokens.emplace_back(index.TextOf(word));
  return tokens;
}

/// Tags of the characters of a text become those of its words, which are the characters that are no blanks.
void DropBlankTags(const std::vector<std::string>& characters, TextRecord* record) {
  std::vector<std::string> tags;
  for (size_t i = 0; i < characters.size(); ++i) {
    if (!FindWords(characters[i], WordRule::kCharacters).empty()) tags.push_back(std::move(record->tags[i]));
  }
  record->tags = std::move(tags);
}

}  // namespace

bool ReadProdigyRecord(const Json& json, AnnotationBuilder* builder, TextRecord* record) {
  if (json.is_array()) return ReadSpacyPair(json, record);
  const Json& text = NeedField(json, {"text"}, "");
  const Json* answer = FindField(json, {"answer"});
  if (answer != nullptr && NeedString(*answer, "answer") != "accept") {
    const auto& value = answer->get_ref<const std::string&>();
    if (value != "reject" && value != "ignore")
      RefuseField(fmt::format("unknown answer '{}'", Printable(value)), "answer", "write accept, reject or ignore");
    builder->Drop(value == "reject" ? "rejected records" : "ignored records");
    return false;
  }
  record->text = NeedString(text, "text");
  ReadDocument(json, record);
  if (const Json* tokens = FindField(json, {"tokens"})) {
    record->tokens.emplace();
    for (size_t i = 0; i < NeedList(*tokens, "tokens").size(); ++i) {
      const std::string path = ItemPath("tokens", i);
      TextSpan token = SpanObject((*tokens)[i], "start", "end", "text", path);
      token.surface = std::move(token.type);
      token.type.clear();
      record->tokens->push_back(std::move(token));
    }
  }
  const Json* spans = FindField(json, {"spans"});
  record->labelled = spans != nullptr || answer != nullptr;
  if (spans == nullptr) return true;
  for (size_t i = 0; i < NeedList(*spans, "spans").size(); ++i) {
    const std::string path = ItemPath("spans", i);
    TextSpan span = SpanObject((*spans)[i], "start", "end", "label", path);
    if (const Json* surface = FindField((*spans)[i], {"text"})) span.surface = NeedString(*surface, path + ".text");
    record->spans.push_back(std::move(span));
  }
  return true;
}

bool ReadDoccanoRecord(const Json& json, AnnotationBuilder*, TextRecord* record) {
  record->text = NeedString(NeedField(json, {"text", "data"}, ""), "text");
  ReadDocument(json, record);
  for (const char* name : {"label", "labels", "entities"}) {
    const Json* labels = FindField(json, {name});
    if (labels == nullptr) continue;
    record->labelled = true;
    for (size_t i = 0; i < NeedList(*labels, name).size(); ++i) {
      const std::string path = ItemPath(name, i);
      const Json& label = (*labels)[i];
      if (label.is_string())
        RefuseField("a label without a position", path, "this is a class of the whole text; export the spans");
      record->spans.push_back(label.is_array() ? SpanList(label, path)
                                               : SpanObject(label, "start_offset", "end_offset", "label", path));
    }
  }
  return true;
}

bool ReadCluenerRecord(const Json& json, AnnotationBuilder*, TextRecord* record) {
  record->text = NeedString(NeedField(json, {"text"}, ""), "text");
  const Json* labels = FindField(json, {"label"});
  if (labels == nullptr) return true;
  record->labelled = true;
  for (const auto& [type, surfaces] : NeedObject(*labels, "label").items()) {
    const std::string path = "label." + type;
    for (const auto& [surface, ranges] : NeedObject(surfaces, path).items()) {
      const std::string inside = path + "." + surface;
      for (size_t i = 0; i < NeedList(ranges, inside).size(); ++i) {
        const std::string item = ItemPath(inside, i);
        if (NeedList(ranges[i], item).size() != 2)
          RefuseField(Counted(ranges[i].size(), "item") + " in a range", item, "write [first, last]");
        record->spans.push_back(
            {{NeedPosition(ranges[i][0], item + "[0]"), NeedPosition(ranges[i][1], item + "[1]") + 1},
             type,
             surface,
             item});
      }
    }
  }
  return true;
}

bool ReadAdaSeqRecord(const Json& json, AnnotationBuilder* builder, TextRecord* record) {
  const Json& text = NeedField(json, {"text", "tokens"}, "");
  const Json* spans = FindField(json, {"spans"});
  const Json* tags = FindField(json, {"labels"});
  const WordRule rule = builder->words();
  std::vector<std::string> tokens =
      text.is_string() ? TokensOfText(NeedString(text, "text"), rule) : NeedStrings(text, "text");
  const bool by_character = text.is_string() && rule == WordRule::kCharacters;
  if (by_character) record->text = text.get<std::string>();
  if (tags != nullptr) {
    record->labelled = true;
    record->tags = NeedStrings(*tags, "labels");
    if (record->tags.size() != tokens.size()) {
      RefuseField(fmt::format("{} but {}", Counted(tokens.size(), by_character ? "character" : "word"),
                              Counted(record->tags.size(), "label")),
                  "labels",
                  text.is_string() ? "give every word one label, or split the words otherwise: " +
                                         ChoiceText(builder->options(), "words", "blanks")
                                   : "give every word one label");
    }
    if (by_character) DropBlankTags(tokens, record);
  } else if (spans != nullptr) {
    record->labelled = true;
    for (size_t i = 0; i < NeedList(*spans, "spans").size(); ++i) {
      const std::string path = ItemPath("spans", i);
      const Json& type = NeedField((*spans)[i], {"type"}, path);
      TextSpan span = {Range((*spans)[i], "start", "end", path), "", std::nullopt, path};
      AddSpans(std::move(span), type.is_array() ? type : Json::array({type}), path + ".type", record);
    }
  }
  if (!by_character) record->words = std::move(tokens);
  return true;
}

}  // namespace clner
