#include "config/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/import_keys.h"
#include "config_test_support.h"

namespace clner {
namespace {

using test::ErrorOf;
using test::ScopedEnv;
using test::TempDir;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Corpus(const std::string& name, const std::string& folder) {
  return "  ColumnCorpus-" + name + ":\n    column_format:\n      0: text\n      1: ner\n    data_folder: " + folder +
         "\n    tag_to_bioes: ner\n";
}

/// A file in the original's form. `model`, `train` and `root` are further lines.
struct Original {
  std::string corpus = "ColumnCorpus-ABC:ColumnCorpus-ABCDOCFULL";
  std::string corpora = Corpus("ABC", "/nowhere/sets/abc") + Corpus("ABCDOCFULL", "/nowhere/sets/abc_eos_doc_full");
  std::string encoder = "    layers: '-1'\n    pooling_operation: first\n    fine_tune: true\n";
  std::string name = "dmis-lab/biobert-large-cased-v1.1";
  std::string trainer = {};
  std::string model = "    multi_view_training: true\n    distill_posterior: true\n    temperature: 2.0\n";
  std::string train = "  gradient_accumulation_steps: 4\n";
  std::string root = {};

  [[nodiscard]] std::string text() const {
    return "ModelFinetuner:\n  distill_mode: false\n  sentence_level_batch: true\n" + trainer +
           "embeddings:\n  TransformerWordEmbeddings-0:\n    model: " + name + "\n" + encoder +
           "model:\n  FastSequenceTagger:\n    dropout: 0.0\n    locked_dropout: 0.0\n    remove_x: true\n"
           "    sentence_loss: true\n    use_cnn: false\n    use_crf: true\n    use_rnn: false\n    word_dropout: "
           "0.1\n" +
           model + "ner:\n  Corpus: " + corpus + "\n" + corpora +
           "targets: ner\ntrain:\n  fine_tune_mode: true\n  learning_rate: 5.0e-06\n  lr_rate: 10000\n"
           "  max_epochs: 10\n  mini_batch_size: 1\n" +
           train + "trainer: ModelFinetuner\n" + root;
  }
};

ImportedConfig Import(const Original& original) { return ImportConfig(original.text(), "sub/abc_cl_kl.yaml"); }

/// What our own resolver makes of the result.
RunConfig Resolved(const ImportedConfig& imported) {
  const ScopedEnv no_set("CLNER_SET", nullptr), no_data("CLNER_DATA", nullptr), no_models("CLNER_MODELS", nullptr);
  return test::ConfigOfText(imported.yaml);
}
RunConfig Resolved(const Original& original) { return Resolved(Import(original)); }

std::vector<std::string> TextsOf(const ImportedConfig& imported) {
  std::vector<std::string> texts;
  for (const ImportNote& note : imported.notes) texts.push_back(note.text);
  return texts;
}

Error ProblemsOf(const Original& original) {
  return ErrorOf([&] { (void)Import(original); });
}

TEST(Import, CooperativeConfigurationIsMinimalAndResolves) {
  const ImportedConfig imported = Import({});
  EXPECT_EQ(imported.yaml,
            "# Imported from sub/abc_cl_kl.yaml.\n"
            "format: 1\n"
            "name: abc_cl_kl\n"
            "data:\n"
            "  columns: {ner: 1}\n"
            "  train: {sentences: \"${CLNER_DATA:-/nowhere/sets}/abc/train.txt\", "
            "contexts: \"${CLNER_DATA:-/nowhere/sets}/abc_eos_doc_full/train.txt\"}\n"
            "  dev: {sentences: \"${CLNER_DATA:-/nowhere/sets}/abc/dev.txt\", "
            "contexts: \"${CLNER_DATA:-/nowhere/sets}/abc_eos_doc_full/dev.txt\"}\n"
            "  test: {sentences: \"${CLNER_DATA:-/nowhere/sets}/abc/test.txt\", "
            "contexts: \"${CLNER_DATA:-/nowhere/sets}/abc_eos_doc_full/test.txt\"}\n"
            "model:\n"
            "  encoder: {path: \"${CLNER_MODELS:-models}/biobert-large-cased-v1.1\"}\n"
            "  head: {constraints: off}\n"
            "objective:\n"
            "  type: cooperative\n"
            "  temperature: 2\n"
            "train:\n"
            "  batch_sentences: 1\n"
            "  accumulate: 4\n"
            "  lr: 5e-6\n"
            "  optimizer: {eps_placement: hf3}\n"
            "  groups: [{match: \"^crf\\\\.\", lr: 0.05}]\n");
  const RunConfig config = Resolved(imported);
  EXPECT_EQ(config.data.train.contexts, "/nowhere/sets/abc_eos_doc_full/train.txt");
  EXPECT_EQ(config.objective.cl, ObjectiveOptions::Cl::kKl);
  EXPECT_EQ(config.objective.temperature, 2.0);
  EXPECT_EQ(config.train.groups.at(0).match, "^crf\\.");
  EXPECT_EQ(config.train.epochs, 10);
}

TEST(Import, ObjectiveFollowsCorporaAndFlags) {
  Original l2;
  l2.model = "    multi_view_training: true\n    calculate_l2_loss: true\n    l2_loss_only: true\n";
  EXPECT_EQ(Resolved(l2).objective.cl, ObjectiveOptions::Cl::kL2);
  EXPECT_FALSE(Resolved(l2).objective.temperature.has_value());

  Original both;
  both.model = "    multi_view_training: true\n    calculate_l2_loss: true\n    distill_posterior: true\n";
  EXPECT_EQ(Resolved(both).objective.cl, ObjectiveOptions::Cl::kBoth);
  EXPECT_EQ(Resolved(both).objective.temperature, 1.0) << "the original's default, which is not ours";

  Original joint;
  joint.model = "    temperature: 0.3\n";
  EXPECT_EQ(Resolved(joint).objective.type, ObjectiveOptions::Type::kCooperative);
  EXPECT_EQ(Resolved(joint).objective.cl, ObjectiveOptions::Cl::kNone);
  EXPECT_THAT(TextsOf(Import(joint)),
              Contains("model.FastSequenceTagger.temperature has no effect: it acts under multi_view_training only"));

  Original context = joint;
  context.corpus = "ColumnCorpus-ABCDOCFULL";
  EXPECT_EQ(Resolved(context).objective.type, ObjectiveOptions::Type::kNll);
  EXPECT_EQ(Resolved(context).objective.view, ObjectiveOptions::View::kContext);
  EXPECT_EQ(Resolved(context).data.train.sentences, "/nowhere/sets/abc_eos_doc_full/train.txt");
  EXPECT_EQ(Resolved(context).data.train.contexts, "");
  EXPECT_THAT(TextsOf(Import(context)), Contains("ner.ColumnCorpus-ABC has no effect: Corpus does not name it"));

  Original plain = joint;
  plain.corpus = "ColumnCorpus-ABC";
  EXPECT_EQ(Resolved(plain).objective, ObjectiveOptions{});
}

TEST(Import, UnlabelledCorpus) {
  Original original;
  original.corpus += ":ColumnCorpus-ABCUNLABEL";
  original.corpora += Corpus("ABCUNLABEL", "/nowhere/more");
  const RunConfig config = Resolved(original);
  EXPECT_EQ(config.data.unlabelled.sentences, "/nowhere/more/train.txt");
  EXPECT_EQ(config.data.unlabelled.contexts, "");
}

TEST(Import, DocumentContext) {
  // What ncbi_doc.yaml of the original has.
  Original original;
  original.corpus = "ColumnCorpus-ABC";
  original.model = {};
  original.trainer = "  assign_doc_id: true\n  train_with_doc: true\n";
  original.encoder += "    v2_doc: true\n    doc_batch_size: 8\n";
  const RunConfig config = Resolved(original);
  EXPECT_EQ(config.data.contexts.source, ContextOptions::Source::kDocument);
  EXPECT_EQ(config.data.train.sentences, "/nowhere/sets/abc/train.txt");
  EXPECT_EQ(config.data.train.contexts, "");
  EXPECT_EQ(config.objective.type, ObjectiveOptions::Type::kNll);
  EXPECT_EQ(config.objective.view, ObjectiveOptions::View::kContext);
  EXPECT_THAT(TextsOf(Import(original)),
              Contains("embeddings.TransformerWordEmbeddings-0.doc_batch_size is not carried "
                       "over: it concerns memory only"));

  Original dead = original;
  dead.encoder = Original{}.encoder;
  EXPECT_EQ(Resolved(dead).data.contexts, ContextOptions{});
  EXPECT_EQ(Resolved(dead).objective, ObjectiveOptions{});
  EXPECT_THAT(TextsOf(Import(dead)), Contains("ModelFinetuner.train_with_doc has no effect: no embedding has v2_doc"));

  Original alone = original;
  alone.trainer = "  assign_doc_id: true\n";
  EXPECT_THAT(ProblemsOf(alone).what(), HasSubstr("v2_doc needs ModelFinetuner.train_with_doc"));
  Original beside = original;
  beside.corpus += ":ColumnCorpus-ABCDOCFULL";
  EXPECT_THAT(ProblemsOf(beside).what(), HasSubstr("v2_doc beside a corpus with contexts is not supported"));
}

TEST(Import, SeveralCorporaBecomeSectionsInTheirOrder) {
  Original original;
  original.corpus = "ColumnCorpus-B:ColumnCorpus-A";
  original.corpora = Corpus("A", "/nowhere/sets/a") +
                     "  ColumnCorpus-B:\n    column_format: {0: text, 3: ner}\n    data_folder: /nowhere/sets/b\n"
                     "    tag_to_bioes: ner\n    comment_symbol: '#'\n    train_file: b.train\n";
  original.model = {};
  const ImportedConfig imported = Import(original);
  EXPECT_THAT(imported.yaml, HasSubstr("data:\n"
                                       "  columns: {ner: 3}\n"
                                       "  comment: \"#\"\n"
                                       "  corpora:\n"
                                       "    B: {train: {sentences: \"${CLNER_DATA:-/nowhere/sets}/b/b.train\"}}\n"
                                       "    A: {train: {"));
  const RunConfig config = Resolved(imported);
  ASSERT_EQ(config.data.corpora.size(), 2U);
  EXPECT_EQ(config.data.train.sentences, "");
  const JointCorpusOptions& a = config.data.corpora[1].second;
  EXPECT_EQ(a.test.sentences, "/nowhere/sets/a/test.txt");
  EXPECT_EQ(a.columns.ner, 1);
  EXPECT_EQ(a.columns.text, std::nullopt);
  EXPECT_EQ(a.comment, "");
  EXPECT_EQ(config.data.corpora[0].second.columns, JointColumnsOptions{});
  EXPECT_EQ(config.objective, ObjectiveOptions{});

  Original contexts = original;
  contexts.corpus = "ColumnCorpus-ADOC:ColumnCorpus-BDOC";
  contexts.corpora = Corpus("BDOC", "/nowhere/bd") + Corpus("ADOC", "/nowhere/ad");
  const RunConfig alone = Resolved(contexts);
  EXPECT_EQ(alone.objective.view, ObjectiveOptions::View::kContext);
  ASSERT_EQ(alone.data.corpora.size(), 2U);
  EXPECT_EQ(alone.data.corpora[0].first, "ADOC");
  EXPECT_EQ(alone.data.corpora[0].second.train.sentences, "/nowhere/ad/train.txt");
}

TEST(Import, SeveralCorporaArePairedByName) {
  Original original;
  original.corpus = "ColumnCorpus-AB:ColumnCorpus-ABC:ColumnCorpus-ABCDOC:ColumnCorpus-ABDOC";
  original.corpora = Corpus("AB", "/nowhere/ab") + Corpus("ABC", "/nowhere/abc") + Corpus("ABDOC", "/nowhere/abd") +
                     Corpus("ABCDOC", "/nowhere/abcd");
  const ImportedConfig imported = Import(original);
  const RunConfig config = Resolved(imported);
  ASSERT_EQ(config.data.corpora.size(), 2U);
  EXPECT_EQ(config.data.corpora[0].first, "AB");
  EXPECT_EQ(config.data.corpora[0].second.train.contexts, "/nowhere/abd/train.txt");
  EXPECT_EQ(config.data.corpora[1].second.dev.contexts, "/nowhere/abcd/dev.txt");
  EXPECT_EQ(config.objective.type, ObjectiveOptions::Type::kCooperative);
  EXPECT_EQ(config.objective.without_context, ObjectiveOptions::WithoutContext::kMode);
  EXPECT_THAT(TextsOf(imported), Contains(HasSubstr("the original pairs every corpus with contexts with "
                                                    "ColumnCorpus-ABC, by position")));

  Original unpaired = original;
  unpaired.corpus = "ColumnCorpus-AB:ColumnCorpus-ABC:ColumnCorpus-ABDOC";
  const RunConfig once = Resolved(unpaired);
  EXPECT_EQ(once.data.corpora[1].second.train.contexts, "");
  EXPECT_EQ(once.objective.without_context, ObjectiveOptions::WithoutContext::kOnce);
  EXPECT_THAT(TextsOf(Import(unpaired)), Contains(HasSubstr("objective.without_context is once")));

  // Names that say nothing: by their order.
  Original ordered = original;
  ordered.corpus = "ColumnCorpus-ONE:ColumnCorpus-TWO:ColumnCorpus-DOC1:ColumnCorpus-DOC2";
  ordered.corpora = Corpus("ONE", "/nowhere/1") + Corpus("TWO", "/nowhere/2") + Corpus("DOC1", "/nowhere/d1") +
                    Corpus("DOC2", "/nowhere/d2");
  EXPECT_EQ(Resolved(ordered).data.corpora[1].second.train.contexts, "/nowhere/d2/train.txt");
}

TEST(Import, TrainingOptions) {
  Original original;
  original.train = "  use_warmup: true\n  warmup_epochs: 2\n  weight_decay: 0.01\n  multi_view_rate: 0.4\n";
  const RunConfig config = Resolved(original);
  EXPECT_EQ(config.train.schedule.warmup, 0.2);
  EXPECT_EQ(config.train.optimizer.weight_decay, 0.01);
  EXPECT_EQ(config.train.accumulate, 1);
  EXPECT_EQ(config.objective.weights.context, 0.6);
  EXPECT_EQ(config.objective.weights.cl, 0.4);

  Original steps;
  steps.train = "  warmup_steps: 500\n";
  EXPECT_EQ(Resolved(steps).train.schedule.warmup, 500);
}

TEST(Import, FilesOfAFolderAreFoundByName) {
  const TempDir directory;
  directory.Write("abc/eng.train", "");
  directory.Write("abc/eng.testa", "");
  directory.Write("abc/eng.testb", "");
  directory.Write("abc/eng.train.gz", "");
  directory.Write("abc_doc/my_train.conll", "");
  directory.Write("abc_doc/my_dev.conll", "");
  const std::string root = directory.path().string();
  Original original;
  original.corpora = Corpus("ABC", root + "/abc/") + Corpus("ABCDOCFULL", root + "/abc_doc");
  const ImportedConfig imported = Import(original);
  const DataOptions data = Resolved(imported).data;
  EXPECT_EQ(data.train.sentences, root + "/abc/eng.train");
  EXPECT_EQ(data.dev.sentences, root + "/abc/eng.testa");
  EXPECT_EQ(data.test.sentences, root + "/abc/eng.testb");
  EXPECT_EQ(data.train.contexts, root + "/abc_doc/my_train.conll");
  EXPECT_EQ(data.test.contexts, "");
  EXPECT_THAT(TextsOf(imported), Contains("ner.ColumnCorpus-ABCDOCFULL.data_folder: no file for test; the original "
                                          "draws it from train at random"));
  EXPECT_THAT(TextsOf(imported), Not(Contains(HasSubstr("guesses"))));

  directory.Write("abc/more.train", "");
  EXPECT_THAT(TextsOf(Import(original)), Contains(HasSubstr("several files could be train")));
}

TEST(Import, ColumnsAndGivenFiles) {
  Original original;
  original.corpus = "ColumnCorpus-C";
  original.model = {};
  original.corpora =
      "  ColumnCorpus-C:\n    column_format: {0: text, 1: pos, 2: np, 3: ner}\n    data_folder: sets/${c}\n"
      "    tag_to_bioes: ner\n    comment_symbol: '#'\n    train_file: a.txt\n    dev_file: b.txt\n";
  original.train = "  train_with_dev: True\n";
  const ImportedConfig imported = Import(original);
  const DataOptions data = Resolved(imported).data;
  EXPECT_EQ(data.columns.ner, 3);
  EXPECT_EQ(data.comment, "#");
  EXPECT_THAT(data.train.sentences, ::testing::EndsWith("/sets/${c}/a.txt"));
  EXPECT_THAT(data.dev.sentences, ::testing::EndsWith("/sets/${c}/b.txt"));
  EXPECT_EQ(data.test.sentences, "");
  EXPECT_TRUE(data.train_with_dev);

  // Context files with fewer columns: the tags of both stand last.
  Original two;
  two.corpora = Corpus("ABCDOCFULL", "/nowhere/abc_doc") +
                "  ColumnCorpus-ABC:\n    column_format: {0: text, 3: ner}\n    data_folder: /nowhere/abc\n";
  EXPECT_EQ(Resolved(two).data.columns.ner, -1);
  EXPECT_THAT(TextsOf(Import(two)), Contains(HasSubstr("tag_to_bioes is not ner")));
}

TEST(Import, EveryKeyWithoutEffectIsNotedWithItsLine) {
  Original original;
  original.model += "    hidden_size: 256\n    crf_attention: false\n";
  original.train += "  embeddings_storage_mode: none\n  patience: 5\n";
  original.root =
      "MFVI:\n  tag_dim: 150\nanneal_factor: 2\nupos:\n  ? config/a.yaml\n  : UD\ntarget_dir: x\nteachres: 1\n"
      "model_name: a_b\n";
  const ImportedConfig imported = Import(original);
  for (const char* text : {"model.FastSequenceTagger.hidden_size has no effect: it acts under use_rnn only",
                           "train.embeddings_storage_mode is not carried over: it concerns memory only",
                           "train.patience has no effect: fine_tune_mode has a schedule of its own",
                           "anneal_factor has no effect: it acts under distill_mode only",
                           "upos has no effect: it belongs to another task",
                           "target_dir is not carried over: -o chooses what is written where"}) {
    EXPECT_THAT(TextsOf(imported), Contains(text));
  }
  EXPECT_THAT(TextsOf(imported), Contains(HasSubstr("teachres has no effect: nothing reads it")));
  EXPECT_THAT(TextsOf(imported), Not(Contains(HasSubstr("crf_attention"))));
  EXPECT_TRUE(std::is_sorted(imported.notes.begin(), imported.notes.end(),
                             [](const ImportNote& a, const ImportNote& b) { return a.line < b.line; }));
  EXPECT_EQ(std::count(imported.yaml.begin(), imported.yaml.end(), '#'), 1);
  const std::string text = original.text();
  const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find("MFVI")), '\n') + 1;
  const auto found = std::find_if(imported.notes.begin(), imported.notes.end(),
                                  [](const ImportNote& note) { return note.text.starts_with("MFVI "); });
  ASSERT_NE(found, imported.notes.end());
  EXPECT_EQ(found->line, line);
}

TEST(Import, WhatIsSwitchedOnAndNotSupportedIsRefusedWithPlaceAndAdvice) {
  Original original;
  original.model += "    biaf_attention: true\n    use_mfvi: True\n    no_such_thing: 1\n";
  original.encoder += "    ext_doc: true\n";
  original.train += "  use_amp: true\n  max_epochz: 3\n";
  const Error error = ProblemsOf(original);
  EXPECT_EQ(error.code(), ErrorCode::kConfig);
  EXPECT_EQ(error.problems().size(), 6U) << error.what();
  const std::string report = error.what();
  EXPECT_THAT(report, HasSubstr("model.FastSequenceTagger.biaf_attention is 'true', which is not supported\n"
                                "   at: sub/abc_cl_kl.yaml:24:5\n  fix: our head is"));
  EXPECT_THAT(report, HasSubstr("use_mfvi is"));
  EXPECT_THAT(report, HasSubstr("unknown key 'model.FastSequenceTagger.no_such_thing'"));
  EXPECT_THAT(report, HasSubstr("this form of document context is not supported"));
  EXPECT_THAT(report, HasSubstr("set train.precision: bf16"));
  EXPECT_THAT(report, HasSubstr("unknown key 'train.max_epochz' (did you mean 'max_epochs'?)"));
}

TEST(Import, WhatTheOriginalDoesWithoutAKeyCounts) {
  Original original;
  std::string text = original.text();
  const auto drop = [&text](const std::string& line) { text.erase(text.find(line), line.size()); };
  drop("    use_rnn: false\n");
  drop("    locked_dropout: 0.0\n");
  drop("    fine_tune: true\n");
  drop("    layers: '-1'\n");
  drop("  sentence_level_batch: true\n");
  drop("  mini_batch_size: 1\n");
  const Error error = ErrorOf([&] { (void)ImportConfig(text, "a.yaml"); });
  EXPECT_EQ(error.problems().size(), 6U) << error.what();
  EXPECT_THAT(error.what(), HasSubstr("layers side by side are not supported"));
  EXPECT_THAT(error.what(), HasSubstr("use_rnn is missing, and what the original does without it is not supported"));

  text = original.text();
  drop("    word_dropout: 0.1\n");
  drop("  max_epochs: 10\n");
  drop("  learning_rate: 5.0e-06\n");
  drop("  lr_rate: 10000\n");
  const RunConfig config = Resolved(ImportConfig(text, "a.yaml"));
  EXPECT_EQ(config.model.encoder.word_dropout, 0.05);
  EXPECT_EQ(config.train.epochs, 100);
  EXPECT_EQ(config.train.lr, 5e-5);
  EXPECT_TRUE(config.train.groups.empty());
}

TEST(Import, CorporaThatDoNotFitAreRefused) {
  const auto refuses = [](const std::string& corpus, const std::string& model, const char* what) {
    Original original;
    original.corpus = corpus;
    for (const char* name : {"OTHER", "MOREDOC", "ABC_RANK_DOC", "UNLABEL1", "UNLABEL2", "A.B", "A_B"})
      original.corpora += Corpus(name, "/nowhere/other");
    original.model = model;
    const Error error = ProblemsOf(original);
    EXPECT_EQ(error.code(), ErrorCode::kConfig);
    EXPECT_THAT(error.what(), HasSubstr(what));
  };
  const std::string multi = "    multi_view_training: true\n";
  refuses("CONLL_03", "", "the corpus 'CONLL_03' has no section with its files");
  refuses("ColumnCorpus-ABC:ColumnCorpus-ABC", "", "Corpus names 'ColumnCorpus-ABC' twice");
  refuses("ColumnCorpus-ABC:ColumnCorpus-OTHER:ColumnCorpus-MOREDOC", "",
          "no corpus without contexts belongs to 'ColumnCorpus-MOREDOC'");
  refuses("ColumnCorpus-ABC:ColumnCorpus-ABCDOCFULL:ColumnCorpus-ABC_RANK_DOC", "",
          "Corpus names several corpora with contexts for 'ColumnCorpus-ABC'");
  refuses("ColumnCorpus-ABC:ColumnCorpus-ABCDOCFULL:ColumnCorpus-UNLABEL1:ColumnCorpus-UNLABEL2",
          multi + "    distill_posterior: true\n", "Corpus names several unlabelled corpora");
  refuses("ColumnCorpus-A.B:ColumnCorpus-A_B", "", "two corpora would be called 'A_B'");
  refuses("ColumnCorpus-ABCDOCFULL", multi, "multi_view_training needs a corpus with contexts and one without");
  refuses("ColumnCorpus-ABC:ColumnCorpus-ABCDOCFULL", multi, "no cooperative loss that we have is switched on");
  refuses("''", "", "ner.Corpus must be text");

  Original tagged;
  std::string text = tagged.text();
  text.replace(text.find("remove_x: true"), 14, "remove_x: no");
  EXPECT_THAT(ErrorOf([&] { (void)ImportConfig(text, "a.yaml"); }).what(),
              HasSubstr("set model.FastSequenceTagger.remove_x"));
}

TEST(Import, OtherFilesAreNamedForWhatTheyAre) {
  const auto message = [](const std::string& text) {
    return std::string(ErrorOf([&] { (void)ImportConfig(text, "x.yaml"); }).what());
  };
  EXPECT_THAT(message(""), HasSubstr("not a configuration of the original CLNER"));
  EXPECT_THAT(message("[1, 2]"), HasSubstr("not a configuration of the original CLNER"));
  EXPECT_THAT(message("format: 1\ntrain: {epochs: 1}\n"), HasSubstr("configuration of clner itself"));
  EXPECT_THAT(message("dataset: {}\npreprocessor: {}\ntrain: {}\n"), HasSubstr("or of AdaSeq"));
  EXPECT_THAT(message("targets: ner\nembeddings: 1\ntrain: []\n"), HasSubstr("embeddings must be a section"));
  EXPECT_THAT(message("targets: [a]\nembeddings:\ntrain:\n"), HasSubstr("the section model is missing"));
}

TEST(Import, ValuesOfTheWrongTypeAreRefused) {
  Original original;
  original.model += "    word_dropout: lots\n";
  EXPECT_THAT(ProblemsOf(original).what(), HasSubstr("duplicate key 'word_dropout'"));
  std::string text = Original{}.text();
  text.replace(text.find("word_dropout: 0.1"), 17, "word_dropout: 1.5");
  text.replace(text.find("max_epochs: 10"), 14, "max_epochs: ten");
  text.replace(text.find("mini_batch_size: 1"), 18, "mini_batch_size: 0");
  text.replace(text.find("multi_view_training: true"), 25, "multi_view_training: 2   ");
  const Error error = ErrorOf([&] { (void)ImportConfig(text, "a.yaml"); });
  EXPECT_THAT(error.what(), HasSubstr("word_dropout must be a number in [0, 1), not '1.5'"));
  EXPECT_THAT(error.what(), HasSubstr("train.max_epochs must be a whole number"));
  EXPECT_THAT(error.what(), HasSubstr("train.mini_batch_size must be a whole number"));
  EXPECT_THAT(error.what(), HasSubstr("multi_view_training must be true or false"));
}

TEST(Import, NoKeyIsListedTwice) {
  for (const OriginalKey& key : OriginalKeys()) {
    const auto same = std::count_if(OriginalKeys().begin(), OriginalKeys().end(), [&](const OriginalKey& other) {
      return other.section == key.section && other.name == key.name;
    });
    EXPECT_EQ(same, 1) << key.section << "." << key.name;
    EXPECT_EQ(key.use == OriginalKey::Use::kRead, key.text.empty()) << key.name;
    EXPECT_EQ(key.use == OriginalKey::Use::kFixed, !key.value.empty()) << key.name;
  }
}

}  // namespace
}  // namespace clner
