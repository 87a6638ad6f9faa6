#include "model/tag_space.h"

#include <algorithm>
#include <set>
#include <utility>

#include "data/tag_set.h"

namespace clner {
namespace {

constexpr const char* kUnknownTag = "<unk>";
constexpr const char* kContextType = "X";
constexpr size_t kMaxTags = 1024;  // the kernels' limit

[[noreturn]] void Malformed(const std::string& what, const std::string& path) {
  throw Error(ErrorCode::kCorrupt, what, path, "train or export the model again; clner.json is written by clner");
}

std::vector<std::string> Strings(const Json& json, const char* key, const std::string& path) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) Malformed(std::string("'labels.") + key + "' is not a list", path);
  std::vector<std::string> values;
  for (const Json& value : *found) {
    if (!value.is_string()) Malformed(std::string("'labels.") + key + "' holds a value that is not a string", path);
    values.push_back(value.get<std::string>());
  }
  return values;
}

}  // namespace

TagSpace::TagSpace(LabelSet labels, Scheme scheme)
    : labels_(std::move(labels)), scheme_(scheme), tags_(SchemeTags(labels_.types, scheme)) {
  Index();
}

TagSpace::TagSpace(LabelSet labels, Scheme scheme, std::vector<std::string> tags)
    : labels_(std::move(labels)), scheme_(scheme), tags_(std::move(tags)) {
  Index();
}

void TagSpace::Index() {
  if (tags_.size() > kMaxTags) {
    throw Error(ErrorCode::kData,
                std::to_string(tags_.size()) + " tags, at most " + std::to_string(kMaxTags) + " are possible", "",
                "check the tag column (data.columns.ner): labels with thousands of values are usually words");
  }
  for (size_t i = 0; i < tags_.size(); ++i) id_of_tag_.emplace(tags_[i], static_cast<int32_t>(i));
  const auto id = [&](const char* prefix, const std::string& type) {
    const auto found = id_of_tag_.find(prefix + ("-" + type));
    return found == id_of_tag_.end() ? -1 : found->second;
  };
  for (const std::string& type : labels_.types) {
    crf::SpanTags tags;
    switch (scheme_) {
      case Scheme::kBioes:
        tags = {id("B", type), id("I", type), id("E", type), id("S", type)};
        break;
      case Scheme::kBilou:
        tags = {id("B", type), id("I", type), id("L", type), id("U", type)};
        break;
      case Scheme::kBmes:
        tags = {id("B", type), id("M", type), id("E", type), id("S", type)};
        break;
      default:
        tags = {id("B", type), id("I", type), -1, -1};
        break;
    }
    span_tags_.push_back(tags);
  }
}

std::vector<int32_t> TagSpace::Encode(const Sentence& sentence, int64_t* unknown) const {
  const auto words = static_cast<int64_t>(sentence.words.size());
  const std::vector<std::string> names = SpansToTags(sentence.spans, words, scheme_);
  const int32_t outside = id_of_tag_.at("O");
  const auto unknown_tag = id_of_tag_.find(kUnknownTag);
  std::vector<int32_t> ids;
  for (const std::string& name : names) {
    const auto found = id_of_tag_.find(name);
    if (found != id_of_tag_.end()) {
      ids.push_back(found->second);
    } else {
      ids.push_back(unknown_tag == id_of_tag_.end() ? outside : unknown_tag->second);
    }
  }
  if (unknown != nullptr) {
    for (const Span& span : sentence.spans) *unknown += TypeIndex(span.type) < 0 ? 1 : 0;
  }
  return ids;
}

std::vector<Span> TagSpace::Decode(const int32_t* tags, int64_t words) const {
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(words));
  for (int64_t i = 0; i < words; ++i) {
    const std::string& name = tags_[static_cast<size_t>(tags[i])];
    names.push_back(name == kUnknownTag || SplitTag(name).type == kContextType ? "O" : name);
  }
  return TagsToSpans(names, scheme_);
}

ops::CrfConstraints TagSpace::Constraints() const {
  // `<unk>` is no tag of the scheme; for legality it behaves as O.
  std::vector<std::string> tags = tags_;
  std::replace(tags.begin(), tags.end(), std::string(kUnknownTag), std::string("O"));
  SchemeConstraints legal = clner::Constraints(tags, scheme_);
  return {std::move(legal.transitions), std::move(legal.start), std::move(legal.end)};
}

int64_t TagSpace::TypeIndex(const std::string& type) const {
  const auto found = std::find(labels_.types.begin(), labels_.types.end(), type);
  return found == labels_.types.end() ? -1 : found - labels_.types.begin();
}

Json TagSpace::ToJson() const {
  return {{"types", labels_.types}, {"counts", labels_.counts}, {"scheme", Name(scheme_)}, {"tags", tags_}};
}

TagSpace TagSpace::FromJson(const Json& json, const std::string& path) {
  if (!json.is_object()) Malformed("'labels' is not an object", path);
  LabelSet labels;
  labels.types = Strings(json, "types", path);
  if (std::set<std::string>(labels.types.begin(), labels.types.end()).size() != labels.types.size())
    Malformed("'labels.types' holds a type twice", path);
  const auto counts = json.find("counts");
  if (counts == json.end() || !counts->is_array() || counts->size() != labels.types.size()) {
    Malformed("'labels.counts' does not fit 'labels.types'", path);
  }
  for (const Json& count : *counts) {
    if (!count.is_number_integer()) Malformed("'labels.counts' holds a value that is not an integer", path);
    labels.counts.push_back(count.get<int64_t>());
  }
  const auto scheme = json.find("scheme");
  if (scheme == json.end() || !scheme->is_string()) Malformed("'labels.scheme' is missing", path);
  std::vector<std::string> tags = Strings(json, "tags", path);
  if (std::set<std::string>(tags.begin(), tags.end()).size() != tags.size())
    Malformed("'labels.tags' holds a tag twice", path);
  if (std::find(tags.begin(), tags.end(), "O") == tags.end()) Malformed("'labels.tags' has no 'O'", path);
  try {
    const Scheme parsed = ParseScheme(scheme->get<std::string>());
    const std::vector<std::string> problems = TagSetProblems(tags, labels.types, parsed);
    if (!problems.empty()) Malformed("'labels.tags': " + problems.front(), path);
    return TagSpace(std::move(labels), parsed, std::move(tags));
  } catch (const Error& error) {
    Malformed(error.problems().front().what, path);
  }
}

}  // namespace clner
