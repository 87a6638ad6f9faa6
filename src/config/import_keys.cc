#include "config/import_keys.h"

namespace clner {
namespace {

using Use = OriginalKey::Use;

constexpr std::string_view kDistilled = "it acts under distill_mode only";
constexpr std::string_view kTask = "it belongs to another task";
constexpr std::string_view kMode = "fine_tune_mode has a schedule of its own";
constexpr std::string_view kFiles = "-o chooses what is written where";
constexpr std::string_view kMemory = "it concerns memory only";
constexpr std::string_view kHead = "our head is a linear layer with a CRF or a softmax; train without it";
constexpr std::string_view kDistill = "models cannot be distilled; train without it";
constexpr std::string_view kDocument =
    "this form of document context is not supported; v2_doc is, which shows a sentence between its neighbours";
constexpr std::string_view kSampling = "repeat or drop sentences in the data files";
constexpr std::string_view kSearch = "it belongs to the search for embeddings (ACE)";

// Constructor arguments of the trainer, the tagger, the embeddings and the corpus, arguments of train(), and the
// roots that the reference code looks at or that its files carry along.
std::vector<OriginalKey> AllKeys() {
  std::vector<OriginalKey> keys = {
      {"", "targets", Use::kRead},
      {"", "ner", Use::kRead},
      {"", "model", Use::kRead},
      {"", "embeddings", Use::kRead},
      {"", "train", Use::kRead},
      {"", "trainer", Use::kFixed, "only ModelFinetuner is supported, which fine-tunes an encoder", "ModelFinetuner"},
      {"", "ModelFinetuner", Use::kRead},
      {"", "load_pretrained", Use::kFixed, "convert the model and use clner train --resume or model.encoder.path",
       "false"},
      {"", "is_toy", Use::kFixed, "cut the data files instead", "false"},
      {"", "model_name", Use::kOurs, "the run is named after the file"},
      {"", "target_dir", Use::kOurs, kFiles},
      {"", "pretrained_model", Use::kDead, "it acts with load_pretrained only"},
      {"", "is_teacher_list", Use::kDead, kDistilled},
      {"", "teacher_annealing", Use::kDead, kDistilled},
      {"", "anneal_factor", Use::kDead, kDistilled},
      {"", "interpolation", Use::kDead, kDistilled},
      {"", "MFVI", Use::kDead, "it acts under use_mfvi only"},
      {"", "Controller", Use::kDead, kSearch},
      {"", "ReinforcementTrainer", Use::kDead, kSearch},
      {"", "ModelDistiller", Use::kDead, "it is another trainer's section"},
      {"", "upos", Use::kDead, kTask},
      {"", "ast", Use::kDead, kTask},
      {"", "atis", Use::kDead, kTask},
      {"", "chunk", Use::kDead, kTask},
      {"", "srl", Use::kDead, kTask},
      {"", "np", Use::kDead, kTask},
      {"", "dependency", Use::kDead, kTask},
      {"", "enhancedud", Use::kDead, kTask},

      {"ner", "Corpus", Use::kRead},
      {"ner", "tag_dictionary", Use::kOurs, "tags are taken from the data and kept in the model"},
      {"ner", "teachers", Use::kDead, kDistilled},
      {"ner", "professors", Use::kDead, kDistilled},
      {"ner", "systems", Use::kDead, "another trainer reads it"},
      {"ner", "zeroshot_corpus", Use::kDead, "it acts under train.unlabeled_data_for_zeroshot only"},

      {"corpus", "data_folder", Use::kRead},
      {"corpus", "column_format", Use::kRead},
      {"corpus", "tag_to_bioes", Use::kRead},
      {"corpus", "train_file", Use::kRead},
      {"corpus", "dev_file", Use::kRead},
      {"corpus", "test_file", Use::kRead},
      {"corpus", "comment_symbol", Use::kRead},
      {"corpus", "in_memory", Use::kOurs, kMemory},

      {"embeddings", "model", Use::kRead},
      {"embeddings", "layers", Use::kRead},
      {"embeddings", "pooling_operation", Use::kRead},
      {"embeddings", "fine_tune", Use::kFixed, "set it to true; an encoder that is not trained is not supported",
       "true", true},
      {"embeddings", "use_scalar_mix", Use::kFixed, "import without it and set model.encoder.layer_mix: scalar",
       "false"},
      {"embeddings", "v2_doc", Use::kRead},
      {"embeddings", "ext_doc", Use::kFixed, kDocument, "false"},
      {"embeddings", "document_extraction", Use::kFixed, kDocument, "false"},
      {"embeddings", "doc_batch_size", Use::kOurs, kMemory},
      {"embeddings", "sentence_feat", Use::kFixed, "features of whole sentences are not supported", "false"},
      {"embeddings", "embedding_name", Use::kOurs, "an encoder is known by its directory"},
      {"embeddings", "batch_size", Use::kOurs, kMemory},
      {"embeddings", "allow_long_sentences", Use::kOurs,
       "model.encoder.window_overlap says how long sentences are cut"},
      {"embeddings", "stride", Use::kOurs, "model.encoder.window_overlap says how long sentences are cut"},
      {"embeddings", "maximum_window", Use::kOurs, "model.encoder.window_overlap says how long sentences are cut"},
      {"embeddings", "maximum_subtoken_length", Use::kOurs, "words are never cut"},

      {"model", "use_crf", Use::kRead},
      {"model", "word_dropout", Use::kRead},
      {"model", "remove_x", Use::kRead},
      {"model", "multi_view_training", Use::kRead},
      {"model", "distill_posterior", Use::kRead},
      {"model", "calculate_l2_loss", Use::kRead},
      {"model", "l2_loss_only", Use::kRead},
      {"model", "temperature", Use::kRead},
      {"model", "sentence_loss", Use::kRead},
      {"model", "use_rnn", Use::kFixed, "set it to false; a recurrent layer is not supported", "false", true},
      {"model", "locked_dropout", Use::kFixed, "set it to 0.0; use word_dropout", "0", true},
      {"model", "dropout", Use::kFixed, "set it to 0.0; use word_dropout", "0"},
      {"model", "use_cnn", Use::kFixed, kHead, "false"},
      {"model", "use_mfvi", Use::kFixed, kHead, "false"},
      {"model", "biaf_attention", Use::kFixed, kHead, "false"},
      {"model", "crf_attention", Use::kFixed, kHead, "false"},
      {"model", "token_level_attention", Use::kFixed, kHead, "false"},
      {"model", "embedding_attention", Use::kFixed, kHead, "false"},
      {"model", "embedding_selector", Use::kFixed, kHead, "false"},
      {"model", "use_embedding_masks", Use::kFixed, kHead, "false"},
      {"model", "use_rl", Use::kFixed, kHead, "false"},
      {"model", "use_gumbel", Use::kFixed, kHead, "false"},
      {"model", "enhanced_crf", Use::kFixed, kHead, "false"},
      {"model", "use_language_attention", Use::kFixed, kHead, "false"},
      {"model", "use_language_vector", Use::kFixed, kHead, "false"},
      {"model", "use_language_id", Use::kFixed, kHead, "false"},
      {"model", "use_transition_attention", Use::kFixed, kHead, "false"},
      {"model", "relearn_embeddings", Use::kFixed, kHead, "false"},
      {"model", "map_embeddings", Use::kFixed, kHead, "false"},
      {"model", "no_encoder", Use::kFixed, kHead, "false"},
      {"model", "new_drop", Use::kFixed, kHead, "false"},
      {"model", "predict_posterior", Use::kFixed, "import without it; tags are the best sequence", "false"},
      {"model", "posterior_constraint", Use::kFixed, kDistill, "false"},
      {"model", "distill_exact", Use::kFixed, "the cooperative loss is between word marginals (distill_posterior)",
       "false"},
      {"model", "distill_crf", Use::kFixed, "the cooperative loss is between word marginals (distill_posterior)",
       "false"},
      {"model", "unlabel_entropy_loss", Use::kFixed, kDistill, "false"},
      {"model", "distill_prob", Use::kDead, kDistilled},
      {"model", "distill_emission", Use::kDead, kDistilled},
      {"model", "distill_with_gold", Use::kDead, kDistilled},
      {"model", "exp_score", Use::kDead, kDistilled},
      {"model", "gold_const", Use::kDead, kDistilled},
      {"model", "interpolation", Use::kDead, kDistilled},
      {"model", "posterior_interpolation", Use::kDead, kDistilled},
      {"model", "num_teachers", Use::kDead, kDistilled},
      {"model", "teacher_hidden", Use::kDead, kDistilled},
      {"model", "entropy_loss_rate", Use::kDead, "it acts under unlabel_entropy_loss only"},
      {"model", "hidden_size", Use::kDead, "it acts under use_rnn only"},
      {"model", "rnn_layers", Use::kDead, "it acts under use_rnn only"},
      {"model", "train_initial_hidden_state", Use::kDead, "it acts under use_rnn only"},
      {"model", "relearn_size", Use::kDead, "it acts under relearn_embeddings only"},
      {"model", "use_decoder_timer", Use::kDead, "nothing reads it"},
      {"model", "pickle_module", Use::kOurs, "models are safetensors"},
      {"model", "testing", Use::kDead, "nothing reads it in training"},
      {"model", "debug", Use::kOurs, "-vv prints details"},

      {"trainer", "sentence_level_batch", Use::kFixed,
       "set it to true and count sentences in train.mini_batch_size, or set train.batch_pieces after the import",
       "true", true},
      {"trainer", "distill_mode", Use::kFixed, kDistill, "false"},
      {"trainer", "ensemble_distill_mode", Use::kFixed, kDistill, "false"},
      {"trainer", "train_with_professor", Use::kFixed, kDistill, "false"},
      {"trainer", "assign_doc_id", Use::kRead},
      {"trainer", "train_with_doc", Use::kRead},
      {"trainer", "language_resample", Use::kFixed, "import without it and set data.upsample: smoothed", "false"},
      {"trainer", "direct_upsample_rate", Use::kFixed,
       "import without it and set data.upsample: factor, and factor of every smaller corpus", "-1"},
      {"trainer", "down_sample_amount", Use::kFixed, kSampling, "-1"},
      {"trainer", "clip_sentences", Use::kFixed, kSampling, "-1"},
      {"trainer", "remove_sentences", Use::kFixed, kSampling, "false"},
      {"trainer", "optimizer", Use::kFixed, "only AdamW is supported", "AdamW"},
      {"trainer", "pretrained_file_dict", Use::kFixed, "features of other models are not supported", "{}"},
      {"trainer", "sentence_level_pretrained_data", Use::kDead, "it acts with pretrained_file_dict only"},
      {"trainer", "use_tensorboard", Use::kOurs, "metrics.jsonl and report.html record the run"},

      {"train", "learning_rate", Use::kRead},
      {"train", "lr_rate", Use::kRead},
      {"train", "mini_batch_size", Use::kRead},
      {"train", "gradient_accumulation_steps", Use::kRead},
      {"train", "max_epochs", Use::kRead},
      {"train", "train_with_dev", Use::kRead},
      {"train", "use_warmup", Use::kRead},
      {"train", "warmup_epochs", Use::kRead},
      {"train", "warmup_steps", Use::kRead},
      {"train", "weight_decay", Use::kRead},
      {"train", "eps", Use::kRead},
      {"train", "multi_view_rate", Use::kRead},
      {"train", "fine_tune_mode", Use::kFixed, "set it to true; only fine-tuning with a linear schedule is supported",
       "true", true},
      {"train", "rootschedule", Use::kFixed, "schedules are linear or constant", "false"},
      {"train", "freezing", Use::kFixed, "import without it and freeze with train.groups (lr: 0)", "false"},
      {"train", "shuffle", Use::kFixed, "import without it; the order of the batches is always shuffled", "true"},
      {"train", "sort_data", Use::kFixed, "import without it and set train.batching: random", "true"},
      {"train", "true_reshuffle", Use::kFixed, "import without it and set train.batching: random", "false"},
      {"train", "macro_avg", Use::kFixed,
       "epochs are chosen by the mean of the views; train.select_by has other choices", "true"},
      {"train", "param_selection_mode", Use::kFixed, "import without it", "false"},
      {"train", "use_amp", Use::kFixed, "import without it and set train.precision: bf16", "false"},
      {"train", "use_autocast", Use::kFixed, "import without it and set train.precision: bf16", "false"},
      {"train", "use_unlabeled_data", Use::kFixed, "give a corpus whose name holds 'unlabel' instead", "false"},
      {"train", "unlabeled_data_for_zeroshot", Use::kFixed, "give a corpus whose name holds 'unlabel' instead",
       "false"},
      {"train", "calc_teachers_target_loss", Use::kFixed, kDistill, "false"},
      {"train", "language_attention_warmup", Use::kFixed, kHead, "false"},
      {"train", "language_attention_warmup_and_fix", Use::kFixed, kHead, "false"},
      {"train", "language_attention_entropy", Use::kFixed, kHead, "false"},
      {"train", "train_language_attention_by_dev", Use::kFixed, kHead, "false"},
      {"train", "gold_reward", Use::kDead, kDistilled},
      {"train", "best_k", Use::kDead, kDistilled},
      {"train", "professor_interpolation", Use::kDead, kDistilled},
      {"train", "entropy_loss_rate", Use::kDead, kDistilled},
      {"train", "anneal_factor", Use::kDead, kMode},
      {"train", "anneal_with_restarts", Use::kDead, kMode},
      {"train", "patience", Use::kDead, kMode},
      {"train", "decay", Use::kDead, kMode},
      {"train", "decay_steps", Use::kDead, kMode},
      {"train", "min_learning_rate", Use::kDead, "a linear schedule ends at its last step"},
      {"train", "max_epochs_without_improvement", Use::kDead, kMode},
      {"train", "amp_opt_level", Use::kDead, "it acts under use_amp only"},
      {"train", "min_freq", Use::kDead, "an encoder has its own vocabulary"},
      {"train", "min_lemma_freq", Use::kDead, "an encoder has its own vocabulary"},
      {"train", "min_pos_freq", Use::kDead, "an encoder has its own vocabulary"},
      {"train", "sampler", Use::kDead, "the trainer does not use it"},
      {"train", "embeddings_storage_mode", Use::kOurs, kMemory},
      {"train", "eval_mini_batch_size", Use::kOurs, "train.eval_batch_pieces bounds the memory"},
      {"train", "num_workers", Use::kOurs, kMemory},
      {"train", "checkpoint", Use::kOurs, "train.save_every and train.keep_last say what is saved"},
      {"train", "save_final_model", Use::kOurs, "train.save_every and train.keep_last say what is saved"},
      {"train", "save_finetuned_embedding", Use::kOurs, "a model directory holds its encoder"},
      {"train", "monitor_train", Use::kOurs, "dev data is scored after every epoch, test data at the end"},
      {"train", "monitor_test", Use::kOurs, "dev data is scored after every epoch, test data at the end"},
      {"train", "debug", Use::kOurs, "-vv prints details"},
  };
  keys.insert(keys.end(), AdaSeqKeys().begin(), AdaSeqKeys().end());
  return keys;
}

}  // namespace

const OriginalKey* FindOriginalKey(std::string_view section, std::string_view name) {
  for (const OriginalKey& key : OriginalKeys()) {
    if (key.section == section && key.name == name) return &key;
  }
  return nullptr;
}

const std::vector<OriginalKey>& OriginalKeys() {
  static const std::vector<OriginalKey> keys = AllKeys();
  return keys;
}

std::vector<std::string> OriginalNames(std::string_view section) {
  std::vector<std::string> names;
  for (const OriginalKey& key : OriginalKeys()) {
    if (key.section == section) names.emplace_back(key.name);
  }
  return names;
}

}  // namespace clner
