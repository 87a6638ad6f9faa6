#include "config/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>

#include "config/schema.h"
#include "config_test_support.h"

namespace clner {
namespace {

using test::ConfigOfText;
using test::ErrorOf;
using test::ErrorOfSet;
using test::ErrorOfText;
using test::ScopedEnv;
using test::ScopedWorkingDirectory;
using test::TempDir;
using ::testing::HasSubstr;

TEST(Resolve, TheDefaultsResolveAndEveryKeyHasAnOrigin) {
  const ScopedEnv no_set("CLNER_SET", nullptr);
  const ResolvedConfig resolved = ResolveConfig("", {});
  EXPECT_EQ(resolved.config, RunConfig{});
  EXPECT_EQ(resolved.origin.at("train.lr"), "default");
  for (const std::string& key : ConfigKeys()) {
    if (key.find(".N.") != std::string::npos || key.find(".NAME.") != std::string::npos) continue;
    EXPECT_TRUE(resolved.origin.contains(key)) << key;
  }
}

TEST(Resolve, CommandLineBeatsEnvironmentBeatsFileBeatsIncludeBeatsDefault) {
  const TempDir directory;
  directory.Write("low.yaml", "train: {lr: 1, epochs: 1, patience: 0, accumulate: 1, save_every: 1}\n");
  directory.Write("high.yaml", "train: {lr: 2, epochs: 2, accumulate: 2, save_every: 2}\n");
  const std::string path =
      directory.Write("run.yaml", "include: [low, high.yaml]\ntrain:\n  lr: 3\n  epochs: 3\n  accumulate: 3\n");
  const ScopedEnv environment("CLNER_SET", "train.lr=4; train.epochs=4;");
  const ResolvedConfig resolved = ResolveConfig(path, {"train.lr=5", "train.lr=6"});
  EXPECT_EQ(resolved.config.train.lr, 6);
  EXPECT_EQ(resolved.config.train.epochs, 4);
  EXPECT_EQ(resolved.config.train.accumulate, 3);
  EXPECT_EQ(resolved.config.train.save_every, 2);
  EXPECT_EQ(resolved.origin.at("train.lr"), "--set");
  EXPECT_EQ(resolved.origin.at("train.epochs"), "CLNER_SET");
  EXPECT_EQ(resolved.origin.at("train.accumulate"), path + ":5:15");
  EXPECT_EQ(resolved.origin.at("train.save_every"), (directory.path() / "high.yaml").string() + ":1:54");
  EXPECT_EQ(resolved.origin.at("train.keep_last"), "default");
  EXPECT_EQ(resolved.files.size(), 3u);
  EXPECT_EQ(ResolveConfig(path, {}, {.use_environment = false}).config.train.epochs, 3);
}

TEST(Resolve, UnknownKeysAreAllListedWithPlaceAndNearestName) {
  const Error error =
      ErrorOfText("trainig:\n  lr: 1e-5\ntrain:\n  optimzer: {type: adamw}\nlr: 1\ntrain.epochs: 3\nzzzzzz: 1\n");
  EXPECT_EQ(error.code(), ErrorCode::kConfig);
  ASSERT_EQ(error.total(), 5u);
  EXPECT_EQ(error.problems()[0].what, "unknown key 'trainig' (did you mean 'train'?)");
  EXPECT_THAT(error.problems()[0].where, HasSubstr("run.yaml:1:1 (trainig)"));
  EXPECT_EQ(error.problems()[1].what, "unknown key 'train.optimzer' (did you mean 'optimizer'?)");
  EXPECT_THAT(error.problems()[1].where, HasSubstr("run.yaml:4:3 (train.optimzer)"));
  EXPECT_EQ(error.problems()[1].fix, "rename the key; 'clner config keys train' lists the valid ones");
  EXPECT_EQ(error.problems()[2].what, "unknown key 'lr' (did you mean 'train.lr'?)");
  EXPECT_EQ(error.problems()[3].what, "unknown key 'train.epochs' (did you mean 'train.epochs'?)");
  EXPECT_EQ(error.problems()[4].what, "unknown key 'zzzzzz'");
}

TEST(Resolve, TheEndOfAKeyPathIsSuggestedInFull) {
  EXPECT_EQ(ErrorOfSet({"optimizer.eps=1"}).problems()[0].what,
            "unknown key 'optimizer.eps' (did you mean 'train.optimizer.eps'?)");
  EXPECT_EQ(ErrorOfSet({"optimizer.epsi=1"}).problems()[0].what,
            "unknown key 'optimizer' (did you mean 'train.optimizer'?)");
  EXPECT_EQ(ErrorOfText("optimizer: {eps: 1}\n").problems()[0].what,
            "unknown key 'optimizer' (did you mean 'train.optimizer'?)");
}

TEST(Resolve, AValueThatWasLeftOutIsReportedOnItsLine) {
  const Error error = ErrorOfText("format:\n");
  EXPECT_EQ(error.problems()[0].what, "format must be a whole number = 1, not nothing");
  EXPECT_THAT(error.problems()[0].where, HasSubstr("run.yaml:1:1 (format)"));
  EXPECT_THAT(ErrorOfText("train:\n  groups:\n    -\nseed: 1\n").problems()[0].where,
              HasSubstr("run.yaml:3:5 (train.groups.0)"));
}

TEST(Resolve, AConflictWithADefaultIsReportedWhereTheOtherKeyWasSet) {
  const Error error = ErrorOfText("data:\n  columns:\n    text: -1\n");
  EXPECT_EQ(error.problems()[0].what, "data.columns.text and data.columns.ner are both column -1");
  EXPECT_THAT(error.problems()[0].where, HasSubstr("run.yaml:3:11 (data.columns.text)"));
  EXPECT_THAT(ErrorOfText("data: {columns: {ner: 0}}\n").problems()[0].where, HasSubstr("(data.columns.ner)"));
  EXPECT_EQ(ErrorOfSet({"data.columns.text=-1"}).problems()[0].where, "--set data.columns.text=-1 (data.columns.text)");
  RunConfig config;
  config.data.columns = {2, 2};
  EXPECT_EQ(ErrorOf([&] { Validate(config); }).problems()[0].where, "data.columns.ner");
}

TEST(Resolve, ALabelMapOfManyTypesTakesLessThanASecondOfTheProcessor) {
  std::string text = "data:\n  label_map:\n    \"<<\": MERGE\n";
  for (int i = 0; i < 40000; ++i) text += "    t" + std::to_string(i) + ": u" + std::to_string(i % 7) + "\n";
  const std::clock_t start = std::clock();
  const RunConfig config = ConfigOfText(text);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  EXPECT_EQ(config.data.label_map.size(), 40001u);
  EXPECT_EQ(config.data.label_map.at("<<"), "MERGE");
  EXPECT_EQ(config.data.label_map.at("t39999"), "u1");
  EXPECT_LT(seconds, 1.0);
}

TEST(Resolve, ProblemsOfAllSourcesAreReportedTogether) {
  const ScopedEnv environment("CLNER_SET", "train.epochs=none");
  const Error error = ErrorOfText("train: {lr: fast}\nseed: 1\nseed: 2\n", {"trainig.lr=1", "train.groups.1.lr=1"});
  ASSERT_EQ(error.total(), 5u);
  EXPECT_EQ(error.problems()[0].what, "duplicate key 'seed' on lines 2 and 3");
  EXPECT_EQ(error.problems()[2].where, "CLNER_SET: train.epochs=none (train.epochs)");
  EXPECT_EQ(error.problems()[3].where, "--set trainig.lr=1 (trainig)");
  EXPECT_EQ(error.problems()[4].what, "'1' is no element of train.groups, which has 0");
  EXPECT_EQ(error.problems()[4].fix, "elements are counted from 0; train.groups.0 appends one");
}

TEST(Resolve, TheFirstTwentyProblemsAreListedAndAllCounted) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "key" + std::to_string(i) + ": 1\n";
  const Error error = ErrorOfText(text);
  EXPECT_EQ(error.problems().size(), 20u);
  EXPECT_EQ(error.total(), 50u);
}

TEST(Resolve, AnAssignmentWithoutEqualsIsAUsageError) {
  EXPECT_EQ(ErrorOfSet({"train.lr"}).code(), ErrorCode::kUsage);
  EXPECT_EQ(ErrorOfSet({"=3"}).problems()[0].what, "'=3' is not of the form key=value");
  EXPECT_EQ(ErrorOfSet({"name=\xff"}).problems()[0].what, "an assignment is not valid UTF-8");
  EXPECT_EQ(ErrorOfSet({"name=a\x01"}).problems()[0].what, "the value holds control characters");
  EXPECT_EQ(ErrorOfSet({"include=x"}).problems()[0].fix, "'include' works only in files");
  const ScopedEnv environment("CLNER_SET", "train.lr");
  EXPECT_EQ(ErrorOfSet({}).code(), ErrorCode::kConfig);
}

TEST(Resolve, SetTakesYamlAndListIndices) {
  const RunConfig config =
      ConfigOfText("train: {groups: [{match: a, lr: 1}]}\n",
                   {"train.groups.0.lr=0.5", "train.groups.1.match=[cC]rf: #x", "train.groups.1.lr=0.25",
                    "train.optimizer={eps: 1e-8, beta1: 0.8}", "data.label_map.a.b=c", "data.comment=# id"});
  ASSERT_EQ(config.train.groups.size(), 2u);
  EXPECT_EQ(config.train.groups[0].match, "a");
  EXPECT_EQ(config.train.groups[0].lr, 0.5);
  EXPECT_EQ(config.train.groups[1].match, "[cC]rf: #x");
  EXPECT_EQ(config.train.groups[1].lr, 0.25);
  EXPECT_EQ(config.train.optimizer.eps, 1e-8);
  EXPECT_EQ(config.train.optimizer.beta2, 0.999);
  EXPECT_EQ(config.data.label_map.at("a.b"), "c");
  EXPECT_EQ(config.data.comment, "# id");
}

TEST(Resolve, ListsAndMapsReplaceAndSectionsMerge) {
  const TempDir directory;
  directory.Write(
      "base.yaml",
      "train: {groups: [{match: a, lr: 1}, {match: b, lr: 1}]}\ndata: {label_map: {x: y}, columns: {text: 2}}\n");
  const std::string path = directory.Write("run.yaml",
                                           "include: base\ntrain: {groups: [{match: c, weight_decay: 0.1}]}\ndata: "
                                           "{label_map: {p: q}, columns: {ner: 1}}\n");
  const ResolvedConfig resolved = ResolveConfig(path, {});
  ASSERT_EQ(resolved.config.train.groups.size(), 1u);
  EXPECT_FALSE(resolved.config.train.groups[0].lr.has_value());
  EXPECT_EQ(resolved.origin.at("train.groups.0.lr"), "default");
  EXPECT_EQ(resolved.config.data.label_map.size(), 1u);
  EXPECT_EQ(resolved.config.data.columns, (ColumnsOptions{2, 1}));
}

TEST(Resolve, TheBatchSizeSetAtTheHigherLevelCounts) {
  const ScopedEnv no_set("CLNER_SET", nullptr);
  EXPECT_EQ(ConfigOfText("train: {batch_pieces: 4096}\n").train.batch_sentences, 0);
  const RunConfig config = ConfigOfText("train: {batch_pieces: 4096}\n", {"train.batch_sentences=8"});
  EXPECT_EQ(config.train.batch_sentences, 8);
  EXPECT_EQ(config.train.batch_pieces, 0);
  EXPECT_EQ(ErrorOfText("train: {batch_pieces: 4096, batch_sentences: 4}\n").code(), ErrorCode::kConfig);
}

TEST(Resolve, TheDefaultOverlapFollowsShortWindows) {
  EXPECT_EQ(ConfigOfText("model: {encoder: {max_pieces: 128}}\n").model.encoder.window_overlap, 32);
  EXPECT_EQ(ConfigOfText("model: {encoder: {max_pieces: 128, window_overlap: 100}}\n").model.encoder.window_overlap,
            100);
  EXPECT_EQ(ConfigOfText("model: {encoder: {max_pieces: 1024}}\n").model.encoder.window_overlap, 128);
}

TEST(Resolve, IncludesFollowEachOtherAndLoopsAreNamed) {
  const TempDir directory;
  directory.Write("sub/c.yaml", "seed: 7\nname: c\n");
  directory.Write("b.yaml", "include: sub/c\nname: b\n");
  EXPECT_EQ(ResolveConfig(directory.Write("a.yaml", "include: [b]\n"), {}).config.name, "b");
  EXPECT_EQ(ResolveConfig((directory.path() / "a").string(), {}).config.seed, 7);
  directory.Write("sub/c.yaml", "include: ../a.yaml\n");
  const Error loop = ErrorOf([&] { (void)ResolveConfig((directory.path() / "a.yaml").string(), {}); });
  EXPECT_EQ(loop.code(), ErrorCode::kConfig);
  EXPECT_THAT(loop.problems()[0].what, HasSubstr("a.yaml' includes itself"));
  EXPECT_THAT(loop.problems()[0].where, HasSubstr("c.yaml:1:10 (include)"));
  for (int i = 0; i < 20; ++i)
    directory.Write("d" + std::to_string(i) + ".yaml", "include: d" + std::to_string(i + 1) + "\n");
  EXPECT_THAT(ErrorOf([&] { (void)ResolveConfig((directory.path() / "d0").string(), {}); }).problems()[0].what,
              HasSubstr("nested deeper than 16 files"));
}

TEST(Resolve, TooManyIncludesAreRefused) {
  const TempDir directory;
  directory.Write("x.yaml", "seed: 1\n");
  std::string list = "include: [x";
  for (int i = 0; i < 70; ++i) list += ", x";
  const std::string path = directory.Write("run.yaml", list + "]\n");
  EXPECT_EQ(ErrorOf([&] { (void)ResolveConfig(path, {}); }).problems()[0].what,
            "more than 64 configuration files are included");
}

TEST(Resolve, AMissingOrMalformedIncludeNamesItsPlace) {
  const Error missing = ErrorOfText("seed: 1\ninclude: [nowhere]\n");
  EXPECT_EQ(missing.code(), ErrorCode::kNoInput);
  EXPECT_THAT(missing.problems()[0].what,
              HasSubstr("cannot read the configuration 'nowhere': No such file or directory"));
  EXPECT_THAT(missing.problems()[0].where, HasSubstr("run.yaml:2:11 (include)"));
  EXPECT_EQ(ErrorOfText("include: {a: 1}\n").problems()[0].what,
            "include must be a list of files or presets, not a section");
  EXPECT_EQ(ErrorOfText("include: ['${CLNER_NO_SUCH_VARIABLE}']\n").problems()[0].what,
            "include: the environment variable 'CLNER_NO_SUCH_VARIABLE' is not set");
}

TEST(Resolve, AMissingConfigurationSuggestsAPreset) {
  const ScopedEnv presets("CLNER_CONFIGS", CLNER_SOURCE_DIR "/configs");
  const Error error = ErrorOf([] { (void)ResolveConfig("wnut17_minlm.yaml", {}); });
  EXPECT_EQ(error.code(), ErrorCode::kNoInput);
  EXPECT_EQ(
      error.problems()[0].what,
      "cannot read the configuration 'wnut17_minlm.yaml': No such file or directory (did you mean 'wnut17_minilm'?)");
  EXPECT_THAT(error.problems()[0].fix, HasSubstr("base/minilm"));
}

TEST(Resolve, DirectoriesAndFifosAreNoConfigurations) {
  const TempDir directory;
  EXPECT_THAT(ErrorOf([&] { (void)ResolveConfig(directory.path().string(), {}); }).problems()[0].what,
              HasSubstr("Is a directory"));
  const std::string fifo = (directory.path() / "fifo").string();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const Error error = ErrorOf([&] { (void)ResolveConfig(fifo, {}); });
  EXPECT_EQ(error.code(), ErrorCode::kNoInput);
  EXPECT_THAT(error.problems()[0].what, HasSubstr("it is a FIFO, not a file"));
}

TEST(Resolve, ThePipeOfAShellIsRead) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::string text = "seed: 11\n";
  ASSERT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  close(ends[1]);
  EXPECT_EQ(ResolveConfig("/dev/fd/" + std::to_string(ends[0]), {}).config.seed, 11);
  close(ends[0]);
}

TEST(Resolve, ALargeFileIsAConfigurationErrorNotADataError) {
  const Error error = ErrorOfText(std::string(2u << 20, '#'));
  EXPECT_EQ(error.code(), ErrorCode::kConfig);
  EXPECT_EQ(error.problems()[0].what, "the file is too large for a configuration (limit 1048576 bytes)");
}

TEST(Resolve, ARootThatIsNoSectionIsNamed) {
  EXPECT_EQ(ErrorOfText("- a\n").problems()[0].what, "a configuration must be a section of keys, not a list");
  EXPECT_EQ(ErrorOfText("train: {groups: [null]}\n").problems()[0].what,
            "train.groups.0 must be a section of keys, not nothing");
}

TEST(Paths, AreLookedUpBesideTheFileThenInTheWorkingDirectory) {
  const TempDir configs, work;
  configs.Write("data/train.conll", "x");
  work.Write("data/train.conll", "x");
  work.Write("data/dev.conll", "x");
  const std::string path = configs.Write("run.yaml",
                                         "data:\n  train: {sentences: data/train.conll}\n  dev: {sentences: "
                                         "data/../data/dev.conll}\n  test: {sentences: none.conll}\n");
  const ScopedWorkingDirectory here(work.path());
  const ResolvedConfig resolved = ResolveConfig(path, {"model.encoder.path=data"});
  EXPECT_EQ(resolved.config.data.train.sentences, (configs.path() / "data/train.conll").string());
  EXPECT_EQ(resolved.config.data.dev.sentences, (work.path() / "data/dev.conll").string());
  EXPECT_EQ(resolved.config.data.test.sentences, (work.path() / "none.conll").string());
  EXPECT_EQ(resolved.config.model.encoder.path, (work.path() / "data").string());
  const Error error = ErrorOf([&] { CheckFiles(resolved); });
  EXPECT_EQ(error.code(), ErrorCode::kNoInput);
  ASSERT_EQ(error.total(), 1u);
  EXPECT_THAT(error.problems()[0].what, HasSubstr("cannot read data.test.sentences '"));
  EXPECT_THAT(error.problems()[0].what, HasSubstr("none.conll': No such file or directory"));
  EXPECT_THAT(error.problems()[0].where, HasSubstr("run.yaml:4:21 (data.test.sentences)"));
  EXPECT_THAT(error.problems()[0].fix, HasSubstr((configs.path() / "none.conll").string()));
}

TEST(Paths, ExpandHomeAndVariables) {
  const ScopedEnv home("HOME", "/home/jane"), a("CLNER_TEST_A", "/a b"), none("CLNER_TEST_NONE", nullptr);
  const auto path_of = [](const std::string& text) {
    return ResolveConfig("", {"data.train.sentences=" + text}).config.data.train.sentences;
  };
  EXPECT_EQ(path_of("~/x"), "/home/jane/x");
  EXPECT_EQ(path_of("${CLNER_TEST_A}/x"), "/a b/x");
  EXPECT_EQ(path_of("${CLNER_TEST_NONE:-/default}/x"), "/default/x");
  EXPECT_EQ(path_of("/$CLNER_TEST_A/$${x}"), "/$CLNER_TEST_A/${x}");
  EXPECT_EQ(path_of("/x/~"), "/x/~");
  EXPECT_EQ(path_of(""), "");
  EXPECT_EQ(ResolveConfig("", {"name=${CLNER_TEST_A}"}).config.name, "${CLNER_TEST_A}");
  const auto problem_of = [](const std::string& text) {
    return ErrorOfSet({"data.train.sentences=" + text}).problems()[0].what;
  };
  EXPECT_EQ(problem_of("${CLNER_TEST_NONE}/x"),
            "data.train.sentences: the environment variable 'CLNER_TEST_NONE' is not set");
  EXPECT_EQ(problem_of("${CLNER_TEST_A"), "data.train.sentences: '${' is not closed in '${CLNER_TEST_A'");
  EXPECT_EQ(problem_of("${9}"), "data.train.sentences: '${9}' names no environment variable");
  EXPECT_EQ(problem_of("${CLNER_TEST_NONE:-}"), "data.train.sentences: '${CLNER_TEST_NONE:-}' expands to nothing");
  const ScopedEnv control("CLNER_TEST_A", "a\nb"), no_home("HOME", nullptr);
  EXPECT_THAT(problem_of("${CLNER_TEST_A}"), HasSubstr("holds a control character"));
  EXPECT_EQ(problem_of("~"), "data.train.sentences: '~' needs the environment variable 'HOME'");
  const ScopedEnv invalid("CLNER_TEST_A", "\xff");
  EXPECT_THAT(problem_of("${CLNER_TEST_A}"), HasSubstr("is not valid UTF-8"));
}

TEST(Paths, WrongKindsAreNamedWithoutOpeningThem) {
  const TempDir directory;
  const std::string file = directory.Write("file", "x"), fifo = (directory.path() / "fifo").string();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const ResolvedConfig resolved =
      ResolveConfig("", {"model.encoder.path=" + file, "data.train.sentences=" + directory.path().string(),
                         "data.dev.sentences=" + fifo, "model.head.init_from=" + file});
  const Error error = ErrorOf([&] { CheckFiles(resolved); });
  ASSERT_EQ(error.total(), 3u);
  EXPECT_THAT(error.problems()[0].what, HasSubstr("Is a directory"));
  EXPECT_THAT(error.problems()[1].what, HasSubstr("it is a FIFO, not a file"));
  EXPECT_THAT(error.problems()[2].what, HasSubstr("Not a directory"));
  EXPECT_EQ(error.problems()[2].where, "--set model.encoder.path=" + file + " (model.encoder.path)");
}

TEST(Paths, AnUnreadableFileHasTheErrnoText) {
  if (geteuid() == 0) GTEST_SKIP() << "root can read every file";
  const TempDir directory;
  const std::string file = directory.Write("file", "x");
  ASSERT_EQ(chmod(file.c_str(), 0), 0);
  const ResolvedConfig resolved = ResolveConfig("", {"data.train.sentences=" + file});
  EXPECT_THAT(ErrorOf([&] { CheckFiles(resolved); }).problems()[0].what, HasSubstr("Permission denied"));
}

TEST(Presets, AllResolveFromAnyWorkingDirectory) {
  const ScopedEnv presets("CLNER_CONFIGS", CLNER_SOURCE_DIR "/configs"), no_set("CLNER_SET", nullptr),
      no_models("CLNER_MODELS", nullptr);
  const TempDir elsewhere;
  const ScopedWorkingDirectory here(elsewhere.path());
  EXPECT_THAT(PresetNames(), ::testing::IsSupersetOf({"base/bert_base", "base/clner", "base/minilm", "quickstart",
                                                      "wnut17_baseline", "wnut17_minilm"}));
  for (const std::string& name : PresetNames()) EXPECT_NO_THROW((void)ResolveConfig(name, {})) << name;
  const std::filesystem::path source(CLNER_SOURCE_DIR);
  if (std::filesystem::exists(source / "examples/quickstart/train.conll")) {
    EXPECT_TRUE(std::filesystem::equivalent(ResolveConfig("quickstart.yaml", {}).config.data.train.sentences,
                                            source / "examples/quickstart/train.conll"));
  }
}

TEST(Presets, Wnut17MiniLmIsTheReferenceSetting) {
  const ScopedEnv presets("CLNER_CONFIGS", CLNER_SOURCE_DIR "/configs"), no_set("CLNER_SET", nullptr),
      data("CLNER_DATA", "/data");
  const ResolvedConfig resolved = ResolveConfig("wnut17_minilm.yaml", {});
  const RunConfig& config = resolved.config;
  EXPECT_EQ(config.name, "wnut17_minilm");
  EXPECT_EQ(config.data.train.sentences, "/data/wnut17/wnut17train.conll");
  EXPECT_EQ(config.train.lr, 5e-5);
  ASSERT_EQ(config.train.groups.size(), 1u);
  EXPECT_EQ(config.train.groups[0], (GroupOptions{"^crf\\.", 0.05, std::nullopt}));
  EXPECT_EQ(config.train.batch_sentences, 16);
  EXPECT_EQ(config.train.epochs, 5);
  EXPECT_EQ(config.train.optimizer.eps, 1e-6);
  EXPECT_EQ(config.model.encoder.word_dropout, 0.1);
  EXPECT_EQ(config.model.head.constraints, HeadOptions::Constraints::kOff);
  RunConfig baseline = ResolveConfig("wnut17_baseline", {}).config;
  EXPECT_EQ(baseline.name, "wnut17_baseline");
  baseline.name = config.name;
  EXPECT_EQ(baseline, config);
}

}  // namespace
}  // namespace clner
