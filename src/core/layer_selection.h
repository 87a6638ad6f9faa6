// Which hidden states of an encoder make the states of its pieces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace clner {

/// `encoder.layers` and `encoder.layer_mix`. Hidden state 0 is that of the embeddings, L that of the last of L layers,
/// as `hidden_states` in transformers.
struct LayerSelection {
  enum class Mix : uint8_t {
    kMean,
    kScalar,  ///< gamma * sum softmax(w)_l h_l with learnt w and gamma (Peters et al., 2018)
  };
  std::string layers = "-1";  ///< "-1", "-4:-1" (both ends included), "0,6,12" or "all"
  Mix mix = Mix::kMean;
  friend bool operator==(const LayerSelection&, const LayerSelection&) = default;
};

/// True if `text` has the form of `LayerSelection::layers`.
[[nodiscard]] bool IsLayerList(std::string_view text);
/// The selected hidden states of an encoder of `layers` layers, ascending from 0 to `layers`. `code` with `where` when
/// the text is malformed, empty, doubled or names a layer that is not there.
[[nodiscard]] std::vector<int64_t> SelectedLayers(std::string_view text, int64_t layers, ErrorCode code,
                                                  const std::string& where);

}  // namespace clner
