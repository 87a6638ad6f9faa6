#include "config/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config_test_support.h"
#include "support/cpu_time.h"

namespace clner {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const YamlNode> Parse(const std::string& text) {
  ProblemList problems;
  auto node = ParseYaml(text, "f.yaml", &problems);
  problems.ThrowIfAny();
  return node;
}

struct BadText {
  const char* name;
  std::string text, what, where;
};

class RefusedYaml : public ::testing::TestWithParam<BadText> {};

std::string Repeat(const std::string& part, size_t times) {
  std::string text;
  text.reserve(part.size() * times);
  for (size_t i = 0; i < times; ++i) text += part;
  return text;
}

std::string AliasBomb() {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i <= 9; ++i) {
    const std::string previous = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + previous + Repeat(", " + previous, 8) + "]\n";
  }
  return text;
}

std::string DeepSections(size_t depth) {
  std::string text;
  for (size_t i = 0; i < depth; ++i) text += std::string(i, ' ') + "a:\n";
  return text;
}

TEST_P(RefusedYaml, NamesRuleAndPlaceInUnderASecond) {
  const double start = test::CpuSeconds();
  const Error error = test::ErrorOf([&] { (void)Parse(GetParam().text); });
  const double seconds = test::CpuSeconds() - start;
  EXPECT_EQ(error.code(), ErrorCode::kConfig);
  EXPECT_THAT(error.problems()[0].what, HasSubstr(GetParam().what));
  EXPECT_THAT(error.problems()[0].where, HasSubstr(GetParam().where));
  EXPECT_LT(seconds, 1.0);
}

INSTANTIATE_TEST_SUITE_P(
    Traps, RefusedYaml,
    ::testing::Values(
        BadText{"Merge", "a: &x {b: 1}\nc:\n  <<: *x\n", "merge keys ('<<') are not supported", "f.yaml:3:3"},
        BadText{"SelfAlias", "a: &a [*a]\n", "an alias stands inside the value it names", "f.yaml:1:8"},
        BadText{"AliasBomb", AliasBomb(), "more than 100000 values", "f.yaml:"},
        BadText{"DeepFlow", Repeat("[", 100000), "deeper than 64 levels", "f.yaml:1:"},
        BadText{"DeepFlowMap", Repeat("{a: ", 100000), "deeper than 64 levels", "f.yaml:1:"},
        BadText{"DeepDashes", Repeat("- ", 100000), "deeper than 64 levels", "f.yaml:1:"},
        BadText{"DeepKeys", Repeat("? ", 100000), "deeper than 64 levels", "f.yaml:1:"},
        BadText{"DeepSections", DeepSections(1000), "deeper than 64 levels", "f.yaml:"},
        BadText{"Large", std::string(50u << 20, 'a'), "52428800 bytes are too many for a configuration (limit 1048576)",
                "f.yaml"},
        BadText{"TabIndent", "a:\n\tb: 1\n", "a tab in the indentation", "f.yaml:2"},
        BadText{"InvalidUtf8", "a: 1\nb: \xff\n", "invalid UTF-8 (byte 0xff)", "f.yaml:2:4"},
        BadText{"Overlong", "a: \xc0\xaf\n", "invalid UTF-8 (byte 0xc0)", "f.yaml:1:4"},
        BadText{"EndOfText", "a: 1\n\x04\nb: 2\n", "control character U+0004", "f.yaml:2:1"},
        BadText{"Nul", std::string("a: x\0y\n", 7), "control character U+0000", "f.yaml:1:5"},
        BadText{"Tag", "a: !!python/object x\n", "the tag 'tag:yaml.org,2002:python/object' is not supported",
                "f.yaml:1:"},
        BadText{"TwoDocuments", "a: 1\n---\nb: 2\n", "more than one document", "f.yaml:"},
        BadText{"TextBehindTheEnd", "a: 1\n...\nb: 2\n", "more than one document", "f.yaml:3:1"},
        BadText{"ListKey", "[a, b]: 1\n", "a key must be text, but it is a list", "f.yaml:1"},
        BadText{"NullKey", "~: 1\n", "a key must be text, but it is nothing", "f.yaml:1"},
        BadText{"OpenBracket", "a: [1, 2\n", "not valid YAML", "f.yaml:"},
        BadText{"OpenBracketAtTheEnd", "a: [1, 2\n\n# comment\n", "end of sequence flow not found", "f.yaml:1:9"},
        BadText{"ManyOpenBrackets", "a: " + Repeat("[", 40) + "\n", "end of sequence flow not found", "f.yaml:1:44"},
        BadText{"OpenQuote", "data:\n  comment: \"#\n  strict: true\n", "the text \"# has no closing quote",
                "f.yaml:2:12"},
        BadText{"OpenApostrophe", "a: 'it''s\nb: \"x\"\n", "the text 'it''s has no closing quote", "f.yaml:1:4"},
        BadText{"OpenQuoteWithEscapes", "a: \"x\\\"\n", "the text \"x\\\" has no closing quote", "f.yaml:1:4"},
        BadText{"OpenQuoteInAList", "a:\n  - x\n  - \"y\n  - z\n", "the text \"y has no closing quote", "f.yaml:3:5"},
        BadText{"OpenQuoteOfAKey", "a: 1\n\"b: 2\nc: 3\n", "the text \"b: 2 has no closing quote", "f.yaml:2:1"},
        BadText{"OpenQuoteInBrackets", "a: [x, \"y]\nb: 1\n", "the text \"y] has no closing quote", "f.yaml:1:8"},
        BadText{"OpenQuoteBehindAnAnchor", "a: &x # text\n  \"y\nb: 1\n", "the text \"y has no closing quote",
                "f.yaml:2:3"},
        BadText{"OpenQuoteWithoutNewline", "b: 1\na: \"x", "the text \"x has no closing quote", "f.yaml:2:4"},
        BadText{"UnknownAlias", "a: *nowhere\n", "not valid YAML: the referenced anchor is not defined", "f.yaml:1:"},
        BadText{"Duplicate", "a: 1\nb: 2\na: 3\n", "duplicate key 'a' on lines 1 and 3", "f.yaml:3:1"}),
    [](const auto& tested) { return tested.param.name; });

TEST(YamlTree, KeepsTextsQuotesAndPlaces) {
  const auto root = Parse("a: NO\nb:\n  - 010\n  - '1e-5'\n");
  ASSERT_EQ(root->entries.size(), 2u);
  EXPECT_EQ(root->entries[0].value->text, "NO");
  EXPECT_FALSE(root->entries[0].value->quoted);
  const YamlNode& list = *root->entries[1].value;
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_EQ(list.items[0]->text, "010");
  EXPECT_EQ(list.items[0]->line, 3);
  EXPECT_EQ(list.items[0]->column, 5);
  EXPECT_TRUE(list.items[1]->quoted);
}

TEST(YamlTree, AcceptsByteOrderMarkAndAllLineEnds) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const auto root = Parse(
        "\xEF\xBB\xBF"
        "a: 1" +
        end + "b:" + end + "  c: 2" + end);
    ASSERT_EQ(root->entries.size(), 2u);
    EXPECT_EQ(root->entries[1].line, 2);
    EXPECT_EQ(root->entries[1].value->entries[0].value->text, "2");
  }
}

TEST(YamlTree, ExpandsAnAliasOfAFinishedValue) {
  const auto root = Parse("a: &x {b: 1}\nc: *x\n");
  EXPECT_EQ(root->entries[1].value->entries[0].value->text, "1");
}

TEST(YamlTree, EmptyTextIsANullNode) {
  EXPECT_EQ(Parse("")->kind, YamlNode::Kind::kNull);
  EXPECT_EQ(Parse("# only a comment\n")->kind, YamlNode::Kind::kNull);
}

TEST(YamlTree, ClosedQuotesOfEveryKindAreTexts) {
  const auto root = Parse("a: 'it''s'\nb: \"x\\\"\\\\\"\nc: \"two\n  lines\"\nd: |\n  a \" b\ne: don't\nf: &x 'y'\n");
  std::vector<std::string> texts;
  for (const YamlNode::Entry& entry : root->entries) texts.push_back(entry.value->text);
  EXPECT_EQ(texts, (std::vector<std::string>{"it's", "x\"\\", "two lines", "a \" b\n", "don't", "y"}));
}

TEST(YamlTree, ListsInBracketsNestToTheLimit) {
  EXPECT_EQ(Parse("a: " + Repeat("[", kMaxYamlDepth - 1) + Repeat("]", kMaxYamlDepth - 1) + "\n")->entries.size(), 1u);
  const Error error = test::ErrorOf([] { (void)Parse("a: " + Repeat("[", kMaxYamlDepth) + Repeat("]", 64) + "\n"); });
  EXPECT_EQ(error.problems()[0].what, "values are nested deeper than 64 levels");
}

TEST(YamlTree, AMarkedEndOfTheDocumentIsAccepted) {
  EXPECT_EQ(Parse("---\na: 1\n...\n")->entries.size(), 1u);
  EXPECT_EQ(Parse("a: 1\n...\n...\n# comment\n")->entries.size(), 1u);
}

TEST(YamlTree, AValueThatWasLeftOutHasThePlaceOfItsKeyOrDash) {
  const auto root = Parse("a:\n\nb: null\nc:\n  - x\n  # comment\n  -  # nothing\n\n  - - \nd: {e:\n}\nf:\n");
  const auto place = [](const YamlNode& node) {
    EXPECT_EQ(node.kind, YamlNode::Kind::kNull);
    return std::pair(node.line, node.column);
  };
  EXPECT_EQ(place(*root->entries[0].value), (std::pair<int64_t, int64_t>(1, 1)));
  EXPECT_EQ(place(*root->entries[1].value), (std::pair<int64_t, int64_t>(3, 4)));
  EXPECT_EQ(place(*root->entries[2].value->items[1]), (std::pair<int64_t, int64_t>(7, 3)));
  EXPECT_EQ(place(*root->entries[2].value->items[2]->items[0]), (std::pair<int64_t, int64_t>(9, 5)));
  EXPECT_EQ(place(*root->entries[3].value->entries[0].value), (std::pair<int64_t, int64_t>(10, 5)));
  EXPECT_EQ(place(*root->entries[4].value), (std::pair<int64_t, int64_t>(12, 1)));
}

TEST(YamlTree, AMergeKeyInQuotesIsAKey) {
  const auto root = Parse("\"<<\": x\n'a': y\n");
  ASSERT_EQ(root->entries.size(), 2u);
  EXPECT_EQ(root->entries[0].key, "<<");
}

TEST(YamlTree, TabsOutsideTheIndentationAreAllowed) { EXPECT_EQ(Parse("a:\t1\n \t \nb: 2\n")->entries.size(), 2u); }

}  // namespace
}  // namespace clner
