#include "api/backend.h"

#include <torch/torch.h>

#include <algorithm>
#include <atomic>

#include "api/guard.h"
#include "core/json.h"
#include "core/log.h"
#include "core/suggest.h"
#include "model/encoder_precision.h"
#include "model/predictor.h"
#include "model/weights.h"
#include "tensor/device.h"

namespace clner::api {
namespace {

class Backend final : public TaggerBackend {
 public:
  Backend(LoadedModel model, const LoadOptions& options)
      : loaded_(std::move(model)), predictor_(*loaded_.model, {options.batch_pieces, options.scores}) {}

  std::vector<std::vector<Entity>> Tag(std::span<const Sentence> sentences) const override {
    return Guarded([&] {
      std::vector<std::vector<Entity>> results;
      for (Prediction& prediction : predictor_.Predict(Prepare(sentences))) {
        std::vector<Entity>& entities = results.emplace_back();
        for (ScoredSpan& scored : prediction.spans) {
          entities.push_back({scored.span.begin_word, scored.span.end_word, std::move(scored.span.type), scored.score});
        }
      }
      return results;
    });
  }

  std::vector<std::string> EntityTypes() const override { return loaded_.model->spec().tags.labels().types; }

  std::vector<std::string> MarginalsJson(std::span<const Sentence> sentences) const override {
    return Guarded([&] {
      torch::InferenceMode inference;
      std::vector<std::string> lines;
      for (const Sentence& sentence : sentences) {
        const std::vector<Example> examples = Prepare({&sentence, 1});
        Json json;
        json["words"] = sentence.words;
        json["tags"] = loaded_.model->spec().tags.tags();
        json["marginals"] = Json::array();
        if (!sentence.words.empty()) AddMarginals(OnDevice(Pack({&examples[0]}), loaded_.model->device()), &json);
        lines.push_back(DumpJson(json));
      }
      return lines;
    });
  }

 private:
  void AddMarginals(const Batch& batch, Json* json) const {
    const ops::CrfMarginalsResult result =
        ops::CrfMarginals(loaded_.model->Emissions(batch), loaded_.model->crf(), batch.cu_words, {});
    (*json)["log_z"] = result.log_z[0];
    const at::Tensor unary = result.unary.cpu();
    for (int64_t i = 0; i < unary.size(0); ++i) {
      const at::Tensor row = unary[i].contiguous();
      const float* data = row.const_data_ptr<float>();
      (*json)["marginals"].push_back(std::vector<float>(data, data + row.numel()));
    }
  }
  std::vector<Example> Prepare(std::span<const Sentence> sentences) const {
    std::vector<Example> examples = PrepareSentences(sentences, *loaded_.view, loaded_.context_view.get());
    const TrainedViews trained = loaded_.model->spec().trained_views;
    const auto with_context = [](const Example& example) { return example.context; };
    if (trained == TrainedViews::kSentence && std::any_of(examples.begin(), examples.end(), with_context)) {
      WarnOnce("the sentences have contexts, and the model was trained on sentences alone",
               "--contexts none reads them alone");
    }
    if (trained == TrainedViews::kContext && std::none_of(examples.begin(), examples.end(), with_context)) {
      WarnOnce("the sentences have no contexts, and the model was trained with contexts", "give --contexts FILE");
    }
    return examples;
  }
  void WarnOnce(const char* what, const char* fix) const {
    if (!warned_.test_and_set()) LogWarning("other view", what, "", fix);
  }
  mutable std::atomic_flag warned_;
  LoadedModel loaded_;
  TaggerPredictor predictor_;
};

// An encoder with its tokenizer, from a trained model or a plain directory.
struct Encoder {
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<SentenceView> view;
  std::shared_ptr<nn::Encoder> encoder;
};

Pooling PoolingOf(const std::string& name) {
  if (name.empty()) return Pooling::kFirst;
  const std::optional<Pooling> pooling = FindPooling(name);
  if (pooling) return *pooling;
  throw Error(ErrorCode::kUsage, "--pool '" + name + "' is unknown", "", "first, last, mean or first_last");
}

Encoder LoadEncoder(const std::filesystem::path& directory, bool verify, const StateChoice& choice, at::Device device) {
  Encoder result;
  if (IsTrainedModel(directory)) {
    if (!choice.layers.empty() || !choice.pool.empty()) {
      throw Error(ErrorCode::kUsage, "a trained model has its own layers and pooling", directory.string(),
                  "leave out --layers and --pool, or give a plain encoder directory");
    }
    LoadedModel loaded = LoadModelDirectory(directory, verify);
    if (!device.is_cpu()) loaded.model->to(device);  // with the layer mix, which is no part of the encoder
    result.tokenizer = std::move(loaded.tokenizer);
    result.view = std::move(loaded.view);
    result.encoder = std::dynamic_pointer_cast<nn::Encoder>(loaded.model->encoder().shared_from_this());
  } else {
    constexpr int64_t kOverlap = 128;
    const EncoderConfig config = ReadEncoderConfig(directory);
    result.tokenizer = LoadTokenizer(directory);
    CheckEncoderFits(config, *result.tokenizer, config.max_pieces(), directory);
    result.view = std::make_unique<SentenceView>(*result.tokenizer, config.max_pieces(),
                                                 std::min(kOverlap, config.max_pieces() / 4), PoolingOf(choice.pool));
    std::vector<int64_t> layers =
        SelectedLayers(choice.layers.empty() ? "-1" : choice.layers, config.layers, ErrorCode::kUsage, "--layers");
    auto mean = std::make_shared<nn::LayerMix>(LayerSelection::Mix::kMean, static_cast<int64_t>(layers.size()));
    result.encoder = std::make_shared<nn::Encoder>(config, std::move(layers), std::move(mean));
    LoadEncoderWeights(directory, *result.encoder);
  }
  result.encoder->eval();
  if (device.is_cpu()) {
    result.encoder->Pack();
  } else {
    result.encoder->to(device);
  }
  return result;
}

}  // namespace

std::unique_ptr<TaggerBackend> LoadBackend(const std::string& directory, const LoadOptions& options) {
  return Guarded([&]() -> std::unique_ptr<TaggerBackend> {
    const at::Device device = ResolveDevice(options.device);
    if (options.threads > 0) at::set_num_threads(options.threads);
    LoadedModel loaded = LoadModelDirectory(directory, options.verify);
    if (!device.is_cpu()) loaded.model->to(device);
    SetPrecision(loaded.model->encoder(), options.precision, device);
    return std::make_unique<Backend>(std::move(loaded), options);
  });
}

void WriteStates(const std::string& directory, std::span<const Sentence> sentences, const LoadOptions& options,
                 const StateChoice& choice, const std::string& out) {
  Guarded([&] {
    const at::Device device = ResolveDevice(options.device);
    if (options.threads > 0) at::set_num_threads(options.threads);
    torch::InferenceMode inference;
    const Encoder encoder = LoadEncoder(directory, options.verify, choice, device);
    NamedTensors states;
    for (size_t i = 0; i < sentences.size(); ++i) {
      Example example;
      encoder.view->Append(sentences[i], static_cast<int64_t>(i), &example.items);
      example.words = static_cast<int64_t>(sentences[i].words.size());
      const Batch batch = OnDevice(Pack({&example}), device);
      states.emplace_back(std::to_string(i), nn::PoolPieces(encoder.encoder->Forward({}, batch).rows, batch));
    }
    SaveTensors(out, states);
  });
}

}  // namespace clner::api
