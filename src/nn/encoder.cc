#include "nn/encoder.h"

#include <ATen/autocast_mode.h>
#include <torch/torch.h>

#include "ops/packed_attention.h"

namespace clner::nn {
namespace {

// A module that only groups others under a name, e.g. "attention.self".
struct GroupImpl : torch::nn::Module {
  explicit GroupImpl(std::string name) : torch::nn::Module(std::move(name)) {}
};

/// Registers `part` below `root` under a dotted path; the groups on the way are made when they are not there.
template <class Part>
std::shared_ptr<Part> Add(torch::nn::Module& root, std::string_view path, std::shared_ptr<Part> part) {
  torch::nn::Module* parent = &root;
  for (size_t dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
    const std::string name(path.substr(0, dot));
    const auto children = parent->named_children();
    const auto* found = children.find(name);
    parent = found != nullptr ? found->get() : parent->register_module(name, std::make_shared<GroupImpl>(name)).get();
    path.remove_prefix(dot + 1);
  }
  return parent->register_module(std::string(path), std::move(part));
}

// bfloat16 autocast for the current scope.
class Autocast {
 public:
  Autocast(bool on, at::DeviceType device) : on_(on), device_(device) {
    if (!on_) return;
    before_ = at::autocast::is_autocast_enabled(device_);
    dtype_ = at::autocast::get_autocast_dtype(device_);
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::set_autocast_enabled(device_, true);
    at::autocast::increment_nesting();
  }
  ~Autocast() {
    if (!on_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, before_);
    at::autocast::set_autocast_dtype(device_, dtype_);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool on_, before_ = false;
  at::DeviceType device_;
  at::ScalarType dtype_ = at::kBFloat16;
};

}  // namespace

EncoderLayer::EncoderLayer(const EncoderConfig& config) : heads(config.heads), activation(config.activation) {
  const EncoderFamily& names = *config.family;
  const int64_t width = config.hidden_size, inner = config.intermediate_size;
  query = Add(*this, names.query, std::make_shared<Dense>(width, width));
  key = Add(*this, names.key, std::make_shared<Dense>(width, width));
  value = Add(*this, names.value, std::make_shared<Dense>(width, width));
  attention_dense = Add(*this, names.attention_dense, std::make_shared<Dense>(width, width));
  attention_norm = Add(*this, names.attention_norm, std::make_shared<Norm>(width, config.layer_norm_eps));
  intermediate = Add(*this, names.intermediate, std::make_shared<Dense>(width, inner));
  output = Add(*this, names.output, std::make_shared<Dense>(inner, width));
  output_norm = Add(*this, names.output_norm, std::make_shared<Norm>(width, config.layer_norm_eps));
}

at::Tensor EncoderLayer::Attend(const at::Tensor& asking, const at::Tensor& rows, const Batch& batch,
                                const EncoderRunOptions& run) const {
  at::Tensor q, k, v;
  if (together != nullptr) {
    const std::vector<at::Tensor> parts = (*together)(rows).split(attention_norm->weight.size(0), 1);
    k = parts[0];
    v = parts[1];
    q = parts.size() > 2 ? parts[2] : (*query)(asking);
  } else {
    q = (*query)(asking);
    k = (*key)(rows);
    v = (*value)(rows);
  }
  return ops::PackedAttention(q, k, v, asking.is_same(rows) ? batch.cu_seqlens : batch.cu_queries, batch.cu_seqlens,
                              heads, is_training() ? run.attention_dropout : 0,
                              {asking.is_same(rows) ? batch.row_starts : batch.query_starts, batch.row_starts});
}

at::Tensor EncoderLayer::Forward(const at::Tensor& rows, const Batch& batch, bool queries_only,
                                 const EncoderRunOptions& run) {
  const at::Tensor asking = queries_only ? rows.index_select(0, batch.query_index) : rows;
  const at::Tensor context = Attend(asking, rows, batch, run);
  // In training, dropout stands between the product and the sum.
  const auto add = [&](const Dense& dense, const at::Tensor& x, const at::Tensor& residual) {
    return is_training() && run.hidden_dropout > 0 ? at::dropout(dense(x), run.hidden_dropout, true) + residual
                                                   : dense.Plus(x, residual);
  };
  const at::Tensor middle = (*attention_norm)(add(*attention_dense, context, asking));
  return (*output_norm)(add(*output, intermediate->Activated(middle, activation), middle));
}

void EncoderLayer::Pack(bool queries_only) {
  if (queries_only) query->Pack();
  std::vector<Dense*> same_input = {key.get(), value.get()};
  if (!queries_only) same_input.push_back(query.get());
  together = Dense::PackTogether(same_input);
  for (const auto& dense : {attention_dense, intermediate, output}) dense->Pack();
}

Encoder::Encoder(const EncoderConfig& config, std::vector<int64_t> selected, std::shared_ptr<LayerMix> mix)
    : config_(config), selected_(std::move(selected)), mix_(std::move(mix)) {
  if (selected_.empty()) selected_ = {config.layers};
  run_.hidden_dropout = config.hidden_dropout;
  run_.attention_dropout = config.attention_dropout;
  const int64_t width = config.embedding_size;
  word_ = Add(*this, "embeddings.word_embeddings", std::make_shared<Table>(config.vocab_size, width));
  position_ = Add(*this, "embeddings.position_embeddings", std::make_shared<Table>(config.position_rows, width));
  if (config.type_vocab_size > 0)
    type_ = Add(*this, "embeddings.token_type_embeddings", std::make_shared<Table>(config.type_vocab_size, width));
  embedding_norm_ = Add(*this, "embeddings.LayerNorm", std::make_shared<Norm>(width, config.layer_norm_eps));
  if (config.projects_embeddings())
    embedding_projection_ = Add(*this, "embeddings_project", std::make_shared<Dense>(width, config.hidden_size));
  for (int64_t i = 0; i < config.layers; ++i) {
    layers_.push_back(Add(*this, std::string(config.family->stack) + "." + std::to_string(i),
                          std::make_shared<EncoderLayer>(config)));
  }
}

at::Tensor Encoder::Embed(const Batch& batch) {
  // Sparse: a batch touches few rows of the vocabulary, and the optimizer updates only rows that ever had a gradient. A
  // GPU passes over the whole table in less time than it takes to find those rows.
  at::Tensor rows = (*word_)(batch.ids, /*sparse_gradient=*/batch.ids.is_cpu()) +
                    (*position_)(batch.positions + config_.position_offset, /*sparse_gradient=*/false);
  if (type_ != nullptr) rows = rows + type_->weight[0];
  rows = at::dropout((*embedding_norm_)(rows), run_.hidden_dropout, is_training());
  return embedding_projection_ != nullptr ? (*embedding_projection_)(rows) : rows;
}

void Encoder::Pack() {
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    layers_[layer]->Pack(/*queries_only=*/static_cast<int64_t>(layer) + 1 == selected_.back());
  }
}

void Encoder::Quantize() {
  // A normalised column reaches about three of its deviations, which are the weight, around its bias.
  const auto spread = [](const Norm& norm) { return norm.weight.detach().abs() * 3 + norm.bias.detach().abs(); };
  // The projected embeddings of ELECTRA are not normalised.
  at::Tensor inputs = embedding_projection_ == nullptr ? spread(*embedding_norm_) : at::Tensor();
  for (const auto& layer : layers_) {
    for (const auto& dense : {layer->query, layer->key, layer->value}) dense->Quantize(inputs);
    layer->attention_dense->Quantize();
    layer->intermediate->Quantize(spread(*layer->attention_norm));
    layer->output->Pack();  // stays exact: a few of its inputs behind the activation are far larger than the rest.
    inputs = spread(*layer->output_norm);
  }
}

States Encoder::Forward(const States& /*states*/, const Batch& batch) {
  const Autocast autocast(run_.bf16, batch.ids.device().type());
  at::Tensor rows = Embed(batch);
  std::vector<at::Tensor> states;
  for (const int64_t end : selected_) {
    for (int64_t layer = states.empty() ? 0 : selected_[states.size() - 1]; layer < end; ++layer) {
      const bool queries_only = layer + 1 == selected_.back();
      rows = layers_[static_cast<size_t>(layer)]->Forward(rows, batch, queries_only, run_);
    }
    const bool all_rows = end == 0 || end != selected_.back();
    states.push_back((all_rows ? rows.index_select(0, batch.query_index) : rows).to(at::kFloat));
  }
  return {mix_ != nullptr ? (*mix_)(states) : states.back()};
}

}  // namespace clner::nn
