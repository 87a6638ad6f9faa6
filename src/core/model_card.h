// What clner.json of a model directory says. core/model_rules.cc has the rules for reading it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/pooling.h"

namespace clner {

/// Version of clner.json.
inline constexpr int64_t kModelFormat = 1;

/// Names are those of clner.json.
struct ClnerCard {
  Json labels = Json::object();   ///< types, counts, scheme, tags
  std::string view = "sentence";  ///< views that were trained: sentence, context or both
  int64_t max_pieces = 512, window_overlap = 128;
  Json context_limits = Json::object();  ///< further fields of the view; 0 = no limit
  Pooling pool = Pooling::kFirst;
  std::string layers = "-1", layer_mix = "mean";
  double word_dropout = 0;
  std::string head = "crf", constraints = "off";
  Json training = Json::object();  ///< summary for people
};

/// The text of clner.json.
[[nodiscard]] std::string ClnerCardText(const ClnerCard& card);

}  // namespace clner
