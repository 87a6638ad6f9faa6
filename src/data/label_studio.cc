// Tasks of a Label Studio export.
#include <fmt/format.h>

#include <algorithm>

#include "core/utf8.h"
#include "data/annotation_records.h"
#include "data/json_fields.h"

namespace clner {
namespace {

/// data.text, or the only string among the fields of data.
std::string TextOfTask(const Json& data) {
  if (const Json* text = FindField(NeedObject(data, "data"), {"text"})) return NeedString(*text, "data.text");
  const Json* only = nullptr;
  for (const auto& [key, value] : data.items()) {
    if (!value.is_string()) continue;
    if (only != nullptr)
      RefuseField("no field 'text', and several others hold strings", "data", "name the text 'text'");
    only = &value;
  }
  if (only == nullptr) RefuseField("no field holds the text", "data", "name the text 'text'");
  return only->get<std::string>();
}

bool Flag(const Json& json, const char* name) {
  const Json* field = FindField(json, {name});
  return field != nullptr && field->is_boolean() && field->get<bool>();
}

/// Index of the annotation that counts, or nullopt when all are cancelled.
std::optional<size_t> ChooseAnnotation(const Json& annotations, AnnotationBuilder* builder) {
  std::optional<size_t> chosen;
  int64_t valid = 0, cancelled = 0;
  for (size_t i = 0; i < annotations.size(); ++i) {
    NeedObject(annotations[i], ItemPath("annotations", i));
    if (Flag(annotations[i], "was_cancelled")) {
      ++cancelled;
      continue;
    }
    ++valid;
    if (!chosen.has_value() || (Flag(annotations[i], "ground_truth") && !Flag(annotations[*chosen], "ground_truth")))
      chosen = i;
  }
  if (cancelled > 0) builder->Drop("cancelled annotations", cancelled);
  if (valid > 1) builder->Drop("further annotations of a task", valid - 1);
  return chosen;
}

}  // namespace

bool ReadLabelStudioTask(const Json& json, AnnotationBuilder* builder, TextRecord* record) {
  const Json* data = FindField(NeedObject(json, ""), {"data"});
  if (data == nullptr) {
    RefuseField("field 'data' is missing", "",
                FindField(json, {"annotator", "annotation_id", "lead_time"}) != nullptr
                    ? "this is the export JSON-MIN; export as JSON"
                    : "export the project as JSON");
  }
  record->text = TextOfTask(*data);
  if (const Json* document = FindField(*data, {"document"}); document != nullptr && document->is_number_integer())
    record->document = NeedPosition(*document, "data.document");
  const Json* annotations = FindField(json, {"annotations", "completions"});
  if (annotations == nullptr || NeedList(*annotations, "annotations").empty()) return true;
  const std::optional<size_t> chosen = ChooseAnnotation(*annotations, builder);
  if (!chosen.has_value()) return false;
  record->labelled = true;
  const std::string path = ItemPath("annotations", *chosen);
  const Json& result = NeedField((*annotations)[*chosen], {"result"}, path);
  for (size_t i = 0; i < NeedList(result, path + ".result").size(); ++i) {
    const std::string item = ItemPath(path + ".result", i);
    const Json* type = FindField(NeedObject(result[i], item), {"type"});
    if (type != nullptr && NeedString(*type, item + ".type") != "labels") {
      builder->Drop(fmt::format("results of type {}", Printable(type->get<std::string>())));
      continue;
    }
    const Json& value = NeedField(result[i], {"value"}, item);
    const std::string inside = item + ".value";
    TextSpan span;
    span.range = {NeedPosition(NeedField(value, {"start"}, inside), inside + ".start"),
                  NeedPosition(NeedField(value, {"end"}, inside), inside + ".end")};
    span.path = item;
    if (const Json* surface = FindField(value, {"text"})) span.surface = NeedString(*surface, inside + ".text");
    const std::vector<std::string> labels = NeedStrings(NeedField(value, {"labels"}, inside), inside + ".labels");
    if (labels.empty()) RefuseField("'labels' is empty", inside, "give the region a label");
    for (const std::string& label : labels) {
      span.type = label;
      record->spans.push_back(span);
    }
  }
  return true;
}

}  // namespace clner
