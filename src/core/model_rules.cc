// What clner.json of a model may say, all problems collected.
#include <algorithm>
#include <optional>

#include "core/error.h"
#include "core/json_section.h"
#include "core/layer_selection.h"
#include "core/model_card.h"
#include "core/model_files.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr int64_t kMaxSize = INT64_C(1) << 24;
constexpr int64_t kSpecialPieces = 2;  // [CLS] and [SEP] of every window
constexpr size_t kMaxTags = 1024;      // of the CRF kernels
constexpr const char* kWrittenByClner = "the file is written by clner; train or copy the model again";

void CheckLabels(const JsonSection& labels) {
  const auto types = labels.Names("types", 0), tags = labels.Names("tags", 1);
  if (tags.has_value() && tags->size() > kMaxTags) {
    labels.Add(labels.Key("tags") + " holds " + std::to_string(tags->size()) + " tags, at most " +
               std::to_string(kMaxTags) + " are possible");
  }
  if (tags.has_value() && std::find(tags->begin(), tags->end(), "O") == tags->end())
    labels.Add(labels.Key("tags") + " has no 'O'");
  const Json* counts = labels.Find("counts");
  const bool fits = counts != nullptr && counts->is_array() &&
                    (!types.has_value() || counts->size() == types->size()) &&
                    std::all_of(counts->begin(), counts->end(), [](const Json& n) { return n.is_number_integer(); });
  if (!fits) labels.Add(labels.Key("counts") + " does not hold one integer for each of the types");
  if (const Json* scheme = labels.Find("scheme"); scheme == nullptr || !scheme->is_string())
    labels.Add(labels.Key("scheme") + " is missing or not a string");
}

void CheckEncoder(const JsonSection& encoder, const EncoderConfig* config, const std::string& path,
                  ProblemList* problems) {
  (void)encoder.OneOf("pool", kPoolingNames);
  (void)encoder.OneOf("layer_mix", {"mean", "scalar"}, "mean");
  (void)encoder.Rate("word_dropout");
  const Json* layers = encoder.Find("layers");
  if (layers == nullptr) return;
  if (!layers->is_string()) {
    encoder.Add(encoder.Key("layers") + " is not a string");
  } else if (config != nullptr) {
    try {
      (void)SelectedLayers(layers->get<std::string>(), config->layers, ErrorCode::kCorrupt, path);
    } catch (const Error& error) {
      for (const Problem& problem : error.problems()) problems->Add(error.code(), problem);
    }
  }
}

}  // namespace

void CheckModelCard(const Json& card, const EncoderConfig* encoder_config, const std::string& path,
                    ProblemList* problems) {
  if (!card.is_object()) {
    problems->Add(ErrorCode::kCorrupt, {"the file is not a JSON object", path, kWrittenByClner});
    return;
  }
  const JsonSection root(card, "", path, kWrittenByClner, problems);
  const int64_t format = root.Integer("format", 1, INT64_MAX);
  if (format > kModelFormat) {
    root.Add("model format " + std::to_string(format) + " is newer than this program's " + std::to_string(kModelFormat),
             "use a newer clner");
  }
  const auto with = [&](const std::string& name, const auto& check) {
    const Json* section = root.Find(name);
    if (section != nullptr && section->is_object())
      return check(JsonSection(*section, name, path, kWrittenByClner, problems));
    root.Add("'" + name + "' is missing or not an object");
  };
  with("labels", CheckLabels);
  with("view", [&](const JsonSection& view) {
    (void)view.OneOf("type", {"sentence", "context", "both"});
    for (const char* limit : {"max_texts", "max_words_per_text", "max_context_pieces"})
      (void)view.IntegerOr(limit, 0, 0, kMaxSize);
    const int64_t most = encoder_config != nullptr ? encoder_config->max_pieces() : kMaxSize;
    const int64_t pieces = view.Integer("max_pieces", kSpecialPieces + 1, kMaxSize);
    if (pieces > most) {
      view.Add(view.Key("max_pieces") + " is " + std::to_string(pieces) + ", config.json allows " +
               std::to_string(most) + " positions");
    }
    (void)view.Integer("window_overlap", 0, (pieces > 0 ? pieces : most) - kSpecialPieces - 1);
  });
  with("encoder", [&](const JsonSection& encoder) { CheckEncoder(encoder, encoder_config, path, problems); });
  with("head", [](const JsonSection& head) {
    (void)head.OneOf("type", {"crf", "softmax"});
    (void)head.OneOf("constraints", {"off", "decode"});
  });
  (void)root.Need("training");
}

}  // namespace clner
