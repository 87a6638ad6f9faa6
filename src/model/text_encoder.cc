#include "model/text_encoder.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

#include "core/sha256.h"
#include "core/weight_files.h"
#include "model/encoder_precision.h"
#include "model/model_directory.h"
#include "model/weights.h"
#include "retrieval/encoder_ranking.h"
#include "retrieval/piece_weights.h"
#include "tensor/device.h"
#include "tokenize/tokenizer_json.h"

namespace clner {
namespace {

namespace fs = std::filesystem;

/// The hidden state that is read.
int64_t LayerOf(const TextEncoderOptions& options, const EncoderConfig& config, const fs::path& directory) {
  if (options.layer)
    return SelectedLayers(std::to_string(*options.layer), config.layers, ErrorCode::kUsage, "--layer").front();
  if (!options.recommended_layer) return config.layers;
  std::optional<int64_t> layer;
  if (const auto name = config.json.find("_name_or_path"); name != config.json.end() && name->is_string())
    layer = RecommendedLayer(name->get<std::string>());
  if (!layer) layer = RecommendedLayer(fs::weakly_canonical(directory).string());
  return layer && *layer <= config.layers ? *layer : config.layers;
}

/// Longest input of the encoder; bert-score cuts texts at that of the tokenizer.
int64_t LimitOf(const EncoderConfig& config, const fs::path& directory) {
  const JsonFile file(directory / "tokenizer_config.json");
  const Json* limit = file.Find("model_max_length");
  const bool is_limit = limit != nullptr && limit->is_number_integer() && limit->get<int64_t>() > 0;
  const int64_t pieces = is_limit ? std::min(limit->get<int64_t>(), config.max_pieces()) : config.max_pieces();
  constexpr int64_t kLeast = 3;  // [CLS], a piece, [SEP]
  if (pieces >= kLeast) return pieces;
  throw Error(ErrorCode::kCorrupt,
              "an input of " + std::to_string(pieces) + " pieces leaves no room for text between its special tokens",
              directory.string(), "use another encoder, or correct model_max_length of tokenizer_config.json");
}

/// Texts one after another; every piece is read.
Batch PackTexts(const std::vector<const std::vector<int32_t>*>& texts) {
  Batch batch;
  batch.cu_seqlens.push_back(0);
  std::vector<int64_t> ids, positions;
  for (const std::vector<int32_t>* text : texts) {
    ids.insert(ids.end(), text->begin(), text->end());
    positions.resize(ids.size());
    std::iota(positions.end() - static_cast<std::ptrdiff_t>(text->size()), positions.end(), int64_t{0});
    batch.cu_seqlens.push_back(static_cast<int64_t>(ids.size()));
  }
  batch.cu_queries = batch.cu_seqlens;
  batch.ids = torch::tensor(ids, at::kLong);
  batch.positions = torch::tensor(positions, at::kLong);
  batch.query_index = at::arange(static_cast<int64_t>(ids.size()), at::kLong);
  return batch;
}

at::Tensor UnitRows(const at::Tensor& rows) { return rows / rows.norm(2, -1, /*keepdim=*/true).clamp_min(1e-12); }

}  // namespace

TextEncoder::TextEncoder(const fs::path& directory, const TextEncoderOptions& options)
    : directory_(directory),
      precision_(options.precision),
      batch_pieces_(options.batch_pieces),
      device_(options.device) {
  const EncoderConfig config = ReadEncoderConfig(directory);
  if (options.verify && fs::exists(directory / "SHA256SUMS")) VerifyChecksums(directory);
  layer_ = LayerOf(options, config, directory);
  max_pieces_ = LimitOf(config, directory);
  tokenizer_ = LoadTokenizer(directory);
  CheckEncoderFits(config, *tokenizer_, max_pieces_, directory);
  encoder_ = std::make_shared<nn::Encoder>(config, std::vector<int64_t>{layer_});
  LoadEncoderWeights(directory, *encoder_);
  if (!options.device.is_cpu()) encoder_->to(options.device);
  encoder_->eval();
  SetPrecision(*encoder_, precision_, options.device);
}

std::vector<int32_t> TextEncoder::Pieces(std::string_view text) const {
  return EncodeText(*tokenizer_, text, max_pieces_);
}

std::vector<at::Tensor> TextEncoder::States(const std::vector<const std::vector<int32_t>*>& texts, bool mean) {
  const torch::InferenceMode inference;
  std::vector<size_t> order(texts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // Longest first, as batches are; texts of one length lie together.
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return texts[a]->size() > texts[b]->size(); });
  std::vector<at::Tensor> states(texts.size());
  for (size_t begin = 0; begin < order.size();) {
    std::vector<const std::vector<int32_t>*> members;
    size_t pieces = 0, end = begin;
    for (; end < order.size(); ++end) {
      pieces += texts[order[end]]->size();
      if (!members.empty() && pieces > static_cast<size_t>(batch_pieces_)) break;
      members.push_back(texts[order[end]]);
    }
    const Batch batch = OnDevice(PackTexts(members), device_);
    const at::Tensor rows = encoder_->Forward({}, batch).rows.cpu();
    if (!at::isfinite(rows).all().item<bool>()) {
      throw Error(ErrorCode::kCorrupt, "the states of the encoder are not finite", directory_.string(),
                  "check its weights with 'clner model verify'");
    }
    for (size_t i = 0; i < members.size(); ++i) {
      const at::Tensor own = rows.slice(0, batch.cu_seqlens[i], batch.cu_seqlens[i + 1]);
      states[order[begin + i]] = UnitRows(mean ? own.mean(0, /*keepdim=*/true) : own);
    }
    begin = end;
  }
  return states;
}

std::string TextEncoder::identity() const {
  std::vector<fs::path> files = OpenWeights(directory_).Files();
  files.push_back(directory_ / "config.json");
  for (const std::string& name : TokenizerFiles(directory_)) files.push_back(directory_ / name);
  std::string digests;
  for (const fs::path& file : files) digests += Sha256OfFile(file) + " " + file.filename().string() + "\n";
  return "encoder " + Sha256Hex(digests) + " layer " + std::to_string(layer_) + " pieces " +
         std::to_string(max_pieces_) + " precision " + precision_;
}

}  // namespace clner
