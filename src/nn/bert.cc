#include "nn/bert.h"

#include <ATen/autocast_mode.h>
#include <torch/torch.h>

#include "ops/packed_attention.h"

namespace clner::nn {
namespace {

// A module that only groups others under a name, e.g. "attention.self".
struct GroupImpl : torch::nn::Module {
  explicit GroupImpl(std::string name) : torch::nn::Module(std::move(name)) {}
};

std::shared_ptr<GroupImpl> AddGroup(torch::nn::Module& parent, const std::string& name) {
  return parent.register_module(name, std::make_shared<GroupImpl>(name));
}

at::Tensor Activate(const at::Tensor& x, const std::string& name) {
  if (name == "relu") return at::relu(x);
  return at::gelu(x, name == "gelu_new" ? "tanh" : "none");
}

// bfloat16 autocast for the current scope.
class Autocast {
 public:
  explicit Autocast(bool on) : on_(on) {
    if (!on_) return;
    before_ = at::autocast::is_autocast_enabled(at::kCPU);
    dtype_ = at::autocast::get_autocast_dtype(at::kCPU);
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCPU, true);
    at::autocast::increment_nesting();
  }
  ~Autocast() {
    if (!on_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(at::kCPU, before_);
    at::autocast::set_autocast_dtype(at::kCPU, dtype_);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool on_, before_ = false;
  at::ScalarType dtype_ = at::kBFloat16;
};

}  // namespace

BertLayer::BertLayer(const BertConfig& config) : heads(config.heads), activation(config.activation) {
  const int64_t width = config.hidden_size;
  auto attention = AddGroup(*this, "attention");
  auto self = AddGroup(*attention, "self");
  query = self->register_module("query", std::make_shared<Dense>(width, width));
  key = self->register_module("key", std::make_shared<Dense>(width, width));
  value = self->register_module("value", std::make_shared<Dense>(width, width));
  auto self_output = AddGroup(*attention, "output");
  attention_dense = self_output->register_module("dense", std::make_shared<Dense>(width, width));
  attention_norm = self_output->register_module("LayerNorm", std::make_shared<Norm>(width, config.layer_norm_eps));
  intermediate = AddGroup(*this, "intermediate")
                     ->register_module("dense", std::make_shared<Dense>(width, config.intermediate_size));
  auto feed_forward = AddGroup(*this, "output");
  output = feed_forward->register_module("dense", std::make_shared<Dense>(config.intermediate_size, width));
  output_norm = feed_forward->register_module("LayerNorm", std::make_shared<Norm>(width, config.layer_norm_eps));
}

at::Tensor BertLayer::Forward(const at::Tensor& rows, const Batch& batch, bool queries_only,
                              const EncoderRunOptions& run) {
  const double attention_dropout = is_training() ? run.attention_dropout : 0;
  const at::Tensor asking = queries_only ? rows.index_select(0, batch.query_index) : rows;
  const at::Tensor context = ops::PackedAttention((*query)(asking), (*key)(rows), (*value)(rows),
                                                  queries_only ? batch.cu_queries : batch.cu_seqlens, batch.cu_seqlens,
                                                  heads, attention_dropout);
  const at::Tensor attended = at::dropout((*attention_dense)(context), run.hidden_dropout, is_training());
  const at::Tensor middle = (*attention_norm)(attended + asking);
  const at::Tensor fed = (*output)(Activate((*intermediate)(middle), activation));
  return (*output_norm)(at::dropout(fed, run.hidden_dropout, is_training()) + middle);
}

BertEncoder::BertEncoder(const BertConfig& config) : config_(config) {
  run_.hidden_dropout = config.hidden_dropout;
  run_.attention_dropout = config.attention_dropout;
  auto embeddings = AddGroup(*this, "embeddings");
  const int64_t width = config.hidden_size;
  word_ = embeddings->register_module("word_embeddings", std::make_shared<Table>(config.vocab_size, width));
  position_ = embeddings->register_module("position_embeddings", std::make_shared<Table>(config.positions, width));
  type_ = embeddings->register_module("token_type_embeddings", std::make_shared<Table>(config.type_vocab_size, width));
  embedding_norm_ = embeddings->register_module("LayerNorm", std::make_shared<Norm>(width, config.layer_norm_eps));
  auto stack = AddGroup(*AddGroup(*this, "encoder"), "layer");
  for (int64_t i = 0; i < config.layers; ++i) {
    layers_.push_back(stack->register_module(std::to_string(i), std::make_shared<BertLayer>(config)));
  }
}

States BertEncoder::Forward(const States& /*states*/, const Batch& batch) {
  const Autocast autocast(run_.bf16);
  // Sparse: a batch touches few rows of the vocabulary, and the optimizer updates only rows that ever had a gradient.
  const at::Tensor words = (*word_)(batch.ids, /*sparse_gradient=*/true);
  at::Tensor rows = words + (*position_)(batch.positions, /*sparse_gradient=*/false) + type_->weight[0];
  rows = at::dropout((*embedding_norm_)(rows), run_.hidden_dropout, is_training());
  for (size_t i = 0; i < layers_.size(); ++i) rows = layers_[i]->Forward(rows, batch, i + 1 == layers_.size(), run_);
  return {rows.to(at::kFloat)};
}

}  // namespace clner::nn
