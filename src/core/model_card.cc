#include "core/model_card.h"

namespace clner {

std::string ClnerCardText(const ClnerCard& card) {
  Json json;
  json["format"] = kModelFormat;
  json["labels"] = card.labels;
  json["view"] = {{"type", card.view}, {"max_pieces", card.max_pieces}, {"window_overlap", card.window_overlap}};
  json["view"].update(card.context_limits);
  json["encoder"] = {{"pool", Name(card.pool)},
                     {"layers", card.layers},
                     {"layer_mix", card.layer_mix},
                     {"word_dropout", card.word_dropout}};
  json["head"] = {{"type", card.head}, {"constraints", card.constraints}};
  json["training"] = card.training;
  return DumpJson(json, 2) + "\n";
}

}  // namespace clner
