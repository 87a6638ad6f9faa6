#include "config/write.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

#include "config/validate.h"
#include "config_test_support.h"

namespace clner {
namespace {

using test::ConfigOfText;
using test::ScopedEnv;
using ::testing::HasSubstr;

std::string FileText(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// A configuration with a random valid value in every option whose range is wide.
RunConfig RandomConfig(std::mt19937_64& random) {
  std::uniform_real_distribution<double> unit(0, 1);
  const auto text = [&](size_t length) {
    static const std::vector<std::string> parts = {"a", "Z", "0", "-",  "_", ".", ":",  "#", "'",  "\"",   "\\",
                                                   "{", "}", "$", "${", "~", "&", "*",  "[", "]",  ",",    "!",
                                                   "%", "@", "`", "|",  ">", "é", "日", "😀", "no", "null", "1e5"};
    std::string out;
    for (size_t i = 0; i < length; ++i) out += parts[random() % parts.size()];
    return out;
  };
  RunConfig config;
  config.name = "n" + text(random() % 6);
  config.seed = static_cast<int64_t>(random() >> 1);
  config.device = "cuda:" + std::to_string(random() % 16);
  config.data.comment = text(random() % 5);
  for (size_t i = random() % 4; i > 0; --i) config.data.label_map[text(1 + random() % 4)] = text(random() % 4);
  config.data.train.sentences = "/t" + text(random() % 8);  // not "/.", which is the same as "/"
  config.data.dev.sentences = random() % 2 == 0 ? "" : "/d" + text(random() % 8);
  config.model.encoder.word_dropout = unit(random);
  if (random() % 2 == 0) config.model.encoder.dropout = unit(random);
  config.model.head.constraints =
      random() % 2 == 0 ? HeadOptions::Constraints::kOff : HeadOptions::Constraints::kDecode;
  config.train.lr = std::exp(-20 * unit(random));
  config.train.clip_norm = 1e9 * unit(random);
  config.train.optimizer.eps = std::exp(-200 * unit(random));
  for (size_t i = random() % 3; i > 0; --i) {
    config.train.groups.push_back(
        {"g" + std::to_string(i), unit(random), random() % 2 == 0 ? std::optional<double>() : unit(random)});
  }
  config.train.grace_seconds = 86400 * unit(random);
  // The data above would stand beside those of the corpora.
  for (size_t i = random() % 3; i > 0; --i) {
    config.data.train = config.data.dev = {};
    JointCorpusOptions& corpus = config.data.corpora.emplace_back().second;
    config.data.corpora.back().first =
        "-" + std::to_string(i) + "e1";  // not the order of the names; looks like a number
    corpus.train.sentences = "/t" + text(random() % 8);
    if (random() % 2 == 0) corpus.format = DataOptions::Format::kColumns;
    if (random() % 2 == 0) corpus.comment = text(random() % 5);
    if (random() % 2 == 0) corpus.columns.ner = static_cast<int>(random() % 9) + 1;
    for (size_t k = random() % 3; k > 0; --k) corpus.label_map[text(1 + random() % 4)] = text(random() % 4);
  }
  return config;
}

TEST(Write, YamlReadsBackToTheSameConfigurationExactly) {
  const ScopedEnv no_set("CLNER_SET", nullptr);
  const uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  for (int i = 0; i < 60; ++i) {
    const RunConfig config = RandomConfig(random);
    if (config.name.find('/') != std::string::npos) continue;
    const std::string yaml = ToYaml(config);
    try {
      ASSERT_EQ(ConfigOfText(yaml), config) << "seed " << seed << "\n" << yaml;
      ASSERT_EQ(ToYaml(ConfigOfText(yaml)), yaml);
    } catch (const Error& error) {
      FAIL() << "seed " << seed << "\n" << error.what() << "\n" << yaml;
    }
  }
}

TEST(Write, JsonIsTheInverseOfFromJson) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 50; ++i) {
    const RunConfig config = RandomConfig(random);
    EXPECT_EQ(FromJson(ToJson(config)), config);
  }
}

TEST(Write, TheCommentedDefaultsValidateAndHoldEveryKey) {
  const ScopedEnv no_set("CLNER_SET", nullptr);
  const std::string yaml = WriteYaml(ToJson(RunConfig{}), {.comments = true});
  EXPECT_EQ(ConfigOfText(yaml), RunConfig{});
  EXPECT_THAT(
      yaml,
      HasSubstr(
          "  # passes over the training data (whole number in [1, 1000000]; epochs; default 10)\n  epochs: 10\n"));
  for (const char* line :
       {"  lr: 5e-5\n", "  groups: []\n", "  label_map: {}\n", "    dropout: null\n", "    constraints: decode\n"}) {
    EXPECT_THAT(yaml, HasSubstr(line));
  }
}

TEST(Write, OriginsStandBehindTheValues) {
  const std::map<std::string, std::string> origin = {{"train.lr", "--set"}, {"seed", "default"}};
  const std::string yaml = WriteYaml(ToJson(RunConfig{}), {.origin = &origin});
  EXPECT_THAT(yaml, HasSubstr("  lr: 5e-5  # --set\n"));
  EXPECT_THAT(yaml, HasSubstr("seed: 1  # default\n"));
}

TEST(Write, RawPathsAreKeptAsWritten) {
  const std::map<std::string, PathSource> raw = {{"data.train.sentences", {"${X:-a}/b", "", {}}}};
  EXPECT_THAT(WriteYaml(ToJson(RunConfig{}), {.raw_paths = &raw}), HasSubstr("    sentences: \"${X:-a}/b\"\n"));
}

TEST(Write, DiffListsChangedAddedAndRemovedKeys) {
  RunConfig left, right;
  right.train.lr = 1;
  right.train.groups = {{"x", 0.5, std::nullopt}};
  const std::vector<Difference> differences = Diff(left, right);
  ASSERT_EQ(differences.size(), 5u);
  EXPECT_EQ(differences[0].key, "train.lr");
  EXPECT_EQ(differences[0].left, "5e-5");
  EXPECT_EQ(differences[0].right, "1");
  EXPECT_EQ(differences[1].key, "train.groups");
  EXPECT_EQ(differences[2].key, "train.groups.0.match");
  EXPECT_EQ(differences[2].left, "");
  EXPECT_EQ(differences[0].left_value, Json(5e-5));
  EXPECT_EQ(differences[2].left_value, Json());
  EXPECT_EQ(differences[2].right_value, Json("x"));
  EXPECT_TRUE(Diff(right, right).empty());
}

TEST(Schema, EveryOptionHasADocumentAndADefaultInItsRange) {
  for (const std::string& key : ConfigKeys()) {
    const SchemaNode* schema = FindSchema(key);
    ASSERT_NE(schema, nullptr) << key;
    EXPECT_FALSE(schema->info.doc.empty()) << key;
    EXPECT_FALSE(schema->info.doc.ends_with('.')) << key;
  }
  EXPECT_NO_THROW(Validate(RunConfig{}));
}

TEST(Schema, PathsFindOptionsAndNothingElse) {
  EXPECT_EQ(FindSchema("train.groups.3.lr")->name, "lr");
  EXPECT_EQ(FindSchema("train.groups.N")->name, "groups");
  EXPECT_EQ(FindSchema("data.corpora.wnut-17.label_map")->name, "label_map");
  EXPECT_EQ(FindSchema("data.corpora.NAME")->name, "corpora");
  EXPECT_EQ(FindSchema("")->children.size(), RunSchema().children.size());
  for (const char* path : {"nope", "train.nope", "train.groups.lr", "train.lr.x", "data.label_map.x", ".",
                           "train.groups.-1", "data.corpora.label_map.x.y", "data.corpora.a b.train"}) {
    EXPECT_EQ(FindSchema(path), nullptr) << path;
  }
}

TEST(Reference, TheCommittedPageIsWhatTheCodePrints) {
  EXPECT_EQ(FileText(CLNER_SOURCE_DIR "/docs/config.md"), ConfigReference())
      << "run 'clner config docs > docs/config.md'";
}

TEST(Reference, TheCommittedJsonSchemaIsWhatTheCodePrints) {
  EXPECT_EQ(FileText(CLNER_SOURCE_DIR "/docs/config.schema.json"), JsonSchema())
      << "run 'clner config schema > docs/config.schema.json'";
}

TEST(Reference, TheJsonSchemaForbidsUnknownKeysAndHoldsRanges) {
  const Json schema = Json::parse(JsonSchema());
  EXPECT_EQ(schema.at("additionalProperties"), false);
  const Json& train = schema.at("properties").at("train").at("properties");
  EXPECT_EQ(train.at("epochs").at("minimum"), 1);
  EXPECT_EQ(train.at("optimizer").at("properties").at("eps").at("exclusiveMinimum"), 0.0);
  EXPECT_EQ(train.at("groups").at("items").at("properties").at("lr").at("type"), Json::array({"number", "null"}));
  EXPECT_EQ(train.at("batching").at("enum"), Json::array({"sorted", "random", "file"}));
  const Json& data = schema.at("properties").at("data").at("properties");
  const Json& corpus = data.at("corpora").at("additionalProperties");
  EXPECT_EQ(corpus.at("additionalProperties"), false);
  EXPECT_TRUE(corpus.at("properties").at("delimiter").at("enum").back().is_null());
  EXPECT_EQ(schema.at("properties").at("include").at("oneOf").size(), 2u);
}

}  // namespace
}  // namespace clner
