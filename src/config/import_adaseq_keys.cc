#include "config/import_keys.h"

namespace clner {
namespace {

using Use = OriginalKey::Use;

constexpr std::string_view kLabels = "tags are taken from the data and kept in the model";
constexpr std::string_view kFiles = "-o chooses what is written where";
constexpr std::string_view kMemory = "it concerns memory and speed only";
constexpr std::string_view kReports = "train.select_by chooses the epoch, clner eval has the metrics";
constexpr std::string_view kModel = "only a linear layer with a CRF on an encoder is supported; import without it";
constexpr std::string_view kHub = "sets of a hub are not fetched; give their files as data_file and remove it";
constexpr std::string_view kVectors = "only encoders with their own tokenizers are supported";

}  // namespace

// What AdaSeq's documentation and its examples for entities have (docs/tutorials/learning_about_configs.md there).
const std::vector<OriginalKey>& AdaSeqKeys() {
  static const std::vector<OriginalKey> keys = {
      {"adaseq", "experiment", Use::kRead},
      {"adaseq", "task", Use::kFixed, "only entities are tagged", "named-entity-recognition", true},
      {"adaseq", "dataset", Use::kRead},
      {"adaseq", "preprocessor", Use::kRead},
      {"adaseq", "data_collator", Use::kOurs, "batches are packed without padding"},
      {"adaseq", "model", Use::kRead},
      {"adaseq", "train", Use::kRead},
      {"adaseq", "evaluation", Use::kOurs, kReports},
      {"adaseq", "work_dir", Use::kOurs, kFiles},

      {"adaseq.experiment", "exp_dir", Use::kOurs, kFiles},
      {"adaseq.experiment", "exp_name", Use::kRead},
      {"adaseq.experiment", "seed", Use::kRead},

      {"adaseq.dataset", "data_file", Use::kRead},
      {"adaseq.dataset", "data_type", Use::kRead},
      {"adaseq.dataset", "delimiter", Use::kRead},
      {"adaseq.dataset", "labels", Use::kOurs, kLabels},
      {"adaseq.dataset", "task", Use::kDead, "task says it"},
      {"adaseq.dataset", "name", Use::kFixed, kHub, "null"},
      {"adaseq.dataset", "path", Use::kFixed, kHub, "null"},
      {"adaseq.dataset", "namespace", Use::kFixed, kHub, "null"},
      {"adaseq.dataset", "subset_name", Use::kFixed, kHub, "null"},
      {"adaseq.dataset", "access_token", Use::kOurs, "nothing is fetched"},
      {"adaseq.dataset", "transform", Use::kFixed, "convert the files with clner convert", "null"},

      {"adaseq.data_file", "train", Use::kRead},
      {"adaseq.data_file", "valid", Use::kRead},
      {"adaseq.data_file", "dev", Use::kRead},
      {"adaseq.data_file", "test", Use::kRead},

      {"adaseq.preprocessor", "type", Use::kFixed, "only sequence labelling is supported",
       "sequence-labeling-preprocessor", true},
      {"adaseq.preprocessor", "max_length", Use::kRead},
      {"adaseq.preprocessor", "tag_scheme", Use::kRead},
      {"adaseq.preprocessor", "return_original_view", Use::kRead},
      {"adaseq.preprocessor", "model_dir", Use::kOurs, "an encoder has its tokenizer beside it"},
      {"adaseq.preprocessor", "bio2bioes", Use::kDead, "tag_scheme says it"},
      {"adaseq.preprocessor", "labels", Use::kOurs, kLabels},
      {"adaseq.preprocessor", "label_to_id", Use::kOurs, kLabels},
      {"adaseq.preprocessor", "is_word2vec", Use::kFixed, kVectors, "false"},
      {"adaseq.preprocessor", "tokenizer_kwargs", Use::kFixed, kVectors, "{}"},
      {"adaseq.preprocessor", "chunk_size", Use::kFixed, "import without it: contexts are not split", "null"},
      {"adaseq.preprocessor", "chunk_num", Use::kFixed, "import without it: contexts are not split", "null"},

      {"adaseq.model", "type", Use::kFixed, "only sequence labelling is supported", "sequence-labeling-model", true},
      {"adaseq.model", "embedder", Use::kRead},
      {"adaseq.model", "dropout", Use::kRead},
      {"adaseq.model", "word_dropout", Use::kRead},
      {"adaseq.model", "use_crf", Use::kRead},
      {"adaseq.model", "multiview", Use::kRead},
      {"adaseq.model", "temperature", Use::kRead},
      {"adaseq.model", "mv_loss_type", Use::kRead},
      {"adaseq.model", "mv_interpolation", Use::kRead},
      {"adaseq.model", "encoder", Use::kFixed, kModel, "null"},
      {"adaseq.model", "decoder", Use::kFixed, kModel, "null"},
      {"adaseq.model", "partial", Use::kFixed, kModel, "false"},
      {"adaseq.model", "chunk", Use::kFixed, kModel, "false"},
      {"adaseq.model", "id_to_label", Use::kOurs, kLabels},
      {"adaseq.embedder", "type", Use::kFixed, kVectors, "transformer-embedder"},
      {"adaseq.embedder", "model_name_or_path", Use::kRead},
      {"adaseq.embedder", "drop_special_tokens", Use::kFixed, kModel, "true"},

      {"adaseq.train", "max_epochs", Use::kRead},
      {"adaseq.train", "dataloader", Use::kRead},
      {"adaseq.train", "optimizer", Use::kRead},
      {"adaseq.train", "lr_scheduler", Use::kRead},
      {"adaseq.train", "trainer", Use::kOurs, "there is one trainer"},
      {"adaseq.train", "work_dir", Use::kOurs, kFiles},
      {"adaseq.train", "hooks", Use::kOurs, kReports},
      {"adaseq.dataloader", "batch_size_per_gpu", Use::kRead},
      {"adaseq.dataloader", "workers_per_gpu", Use::kOurs, kMemory},
      {"adaseq.dataloader", "shuffle", Use::kFixed, "import without it; the order of the batches is always shuffled",
       "true"},
      {"adaseq.optimizer", "type", Use::kFixed, "only AdamW is supported", "AdamW", true},
      {"adaseq.optimizer", "lr", Use::kRead},
      {"adaseq.optimizer", "weight_decay", Use::kRead},
      {"adaseq.optimizer", "eps", Use::kRead},
      {"adaseq.optimizer", "param_groups", Use::kRead},
      {"adaseq.optimizer", "options", Use::kRead},
      {"adaseq.options", "grad_clip", Use::kRead},
      {"adaseq.options", "cumulative_iters", Use::kFixed, "import without it and set train.accumulate", "1"},
      {"adaseq.grad_clip", "max_norm", Use::kRead},
      {"adaseq.grad_clip", "norm_type", Use::kFixed, "the norm of gradients is Euclidean", "2"},
      {"adaseq.group", "regex", Use::kRead},
      {"adaseq.group", "lr", Use::kRead},
      {"adaseq.lr_scheduler", "type", Use::kRead},
      {"adaseq.lr_scheduler", "start_factor", Use::kRead},
      {"adaseq.lr_scheduler", "end_factor", Use::kRead},
      {"adaseq.lr_scheduler", "total_iters", Use::kRead},
      {"adaseq.lr_scheduler", "warmup_rate", Use::kRead},
      {"adaseq.lr_scheduler", "options", Use::kFixed, "the learning rate changes after every step; import without it",
       "{}"},
  };
  return keys;
}

}  // namespace clner
