#include "core/json.h"

#include <cmath>
#include <limits>

#include "core/random.h"
#include "core/utf8.h"
#include "support.h"
#include "support/cpu_time.h"

namespace clner {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;

Json Parse(std::string_view text) { return ParseJson(text, "f.json", ErrorCode::kCorrupt); }

TEST(JsonParse, ReadsEveryKindOfValueInOrder) {
  const std::string text =
      R"({"z":1,"a":[true,false,null,-7,2.5,"\u00e9\ud83d\ude00",[],{}],"m":{"k":18446744073709551615}})";
  const Json json = Parse(text);
  EXPECT_EQ(json["a"][3].get<int64_t>(), -7);
  EXPECT_EQ(json["a"][5].get<std::string>(), "\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(json["m"]["k"].get<uint64_t>(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(Parse(DumpJson(json)), json);
  EXPECT_EQ(json.begin().key(), "z");
  EXPECT_EQ(Parse("\xEF\xBB\xBF 3 \n"), Json(3));
  EXPECT_EQ(Parse("\"top\""), Json("top"));
}

TEST(JsonParse, NamesLineAndColumn) {
  EXPECT_ERROR((void)Parse("{\n  \"a\": 1,\n  \"b\": x\n}"), ErrorCode::kCorrupt, "f.json:3:8");
  EXPECT_ERROR((void)Parse("{\"\xC3\xA9\xC3\xA9\": ?}"), ErrorCode::kCorrupt, "f.json:1:8");
  EXPECT_ERROR((void)ParseJson("[", "g", ErrorCode::kData), ErrorCode::kData, "bad JSON: unexpected end of input");
}

TEST(JsonParse, RefusesWhatIsNoJson) {
  for (const char* text :
       {"",         "  ",        "{",         "[1,]",    "{\"a\":1,}",  "{a:1}",        "'a'",
        "[1 2]",    "nul",       "01",        "+1",      "1.",          ".5",           "NaN",
        "Infinity", "-",         "\"a",       "\"\\x\"", "\"\\ud800\"", "\"\\udc00x\"", "\"tab\there\"",
        "// c\n1",  "/* c */ 1", "{\"a\" 1}", "]"}) {
    EXPECT_ERROR((void)Parse(text), ErrorCode::kCorrupt, "bad JSON");
  }
}

TEST(JsonParse, RefusesTextBehindTheValue) {
  EXPECT_ERROR((void)Parse("{} {}"), ErrorCode::kCorrupt, "bad JSON");
  EXPECT_ERROR((void)Parse("1 x"), ErrorCode::kCorrupt, "bad JSON");
  EXPECT_ERROR((void)Parse("{}\0{}"s), ErrorCode::kCorrupt, "bad JSON: NUL byte");
}

TEST(JsonParse, RefusesDuplicateKeysAtAnyDepth) {
  EXPECT_ERROR((void)Parse("{\"a\":1,\n\"a\":2}"), ErrorCode::kCorrupt, "duplicate key 'a'");
  EXPECT_ERROR((void)Parse("{\"a\":1,\n\"a\":2}"), ErrorCode::kCorrupt, "f.json:2:");
  EXPECT_ERROR((void)Parse("[{\"x\":{\"b\":1,\"\\u0062\":2}}]"), ErrorCode::kCorrupt, "duplicate key 'b'");
  EXPECT_EQ(Parse("[{\"a\":1},{\"a\":{\"a\":2}}]").size(), 2u);
}

TEST(JsonParse, RefusesInvalidUtf8WithItsPlace) {
  EXPECT_ERROR((void)Parse("{\n\"a\":\"\xFF\"}"), ErrorCode::kCorrupt, "bad JSON: invalid UTF-8");
  EXPECT_ERROR((void)Parse("{\n\"a\":\"\xFF\"}"), ErrorCode::kCorrupt, "f.json:2:6");
}

TEST(JsonParse, TakesBigIntegersAsDoublesWhenAsked) {
  const Json json =
      ParseJson("[1000000000000000019884624838656, -7]", "f.json", ErrorCode::kCorrupt, BigIntegers::kAsDouble);
  EXPECT_EQ(json[0].get<double>(), 1e30);
  EXPECT_EQ(json[1].get<int>(), -7);
}

TEST(JsonParse, AllowsSixtyFourLevelsAndNoMore) {
  EXPECT_NO_THROW((void)Parse(std::string(64, '[') + std::string(64, ']')));
  EXPECT_ERROR((void)Parse(std::string(65, '[') + std::string(65, ']')), ErrorCode::kCorrupt,
               "nested deeper than 64 levels");
  EXPECT_ERROR((void)Parse(std::string(1'000'000, '[')), ErrorCode::kCorrupt, "nested deeper than 64 levels");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_ERROR((void)Parse(objects), ErrorCode::kCorrupt, "nested deeper than 64 levels");
}

TEST(JsonParse, RefusesNumbersThatDoNotFit) {
  EXPECT_EQ(Parse("-9223372036854775808").get<int64_t>(), std::numeric_limits<int64_t>::min());
  EXPECT_ERROR((void)Parse("18446744073709551616"), ErrorCode::kCorrupt,
               "integer 18446744073709551616 exceeds 64 bits");
  EXPECT_ERROR((void)Parse("-9223372036854775809"), ErrorCode::kCorrupt, "exceeds 64 bits");
  EXPECT_ERROR((void)Parse("[1e999]"), ErrorCode::kCorrupt, "bad JSON: number overflow");
  EXPECT_DOUBLE_EQ(Parse("1e22").get<double>(), 1e22);
}

TEST(JsonParse, ReadsABigVocabularyInLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 250'000; ++i) text += (i == 0 ? "\"w" : ",\"w") + std::to_string(i) + "\":" + std::to_string(i);
  const double start = test::CpuSeconds();
  EXPECT_EQ(Parse(text + "}").size(), 250'000u);
  // A quadratic search would take minutes.
  EXPECT_LT(test::CpuSeconds() - start, 10);
}

TEST(JsonParse, MessagesArePrintable) {
  try {
    (void)Parse("\"\x1b[31m\"");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\x1b'), std::string::npos);
  }
}

TEST(JsonDump, NeverThrows) {
  Json json;
  json["a\xFF"] = "b\xC3";
  json["n"] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(DumpJson(json), "{\"a\xEF\xBF\xBD\":\"b\xEF\xBF\xBD\",\"n\":null}");
  EXPECT_EQ(DumpJson(Json{{"a", 1}}, 2), "{\n  \"a\": 1\n}");
}

TEST(JsonNumber, IsTheShortestTextThatReadsBack) {
  EXPECT_EQ(JsonNumber(0.1), "0.1");
  EXPECT_EQ(JsonNumber(5e-6), "5e-06");
  EXPECT_EQ(JsonNumber(1.0), "1");
  EXPECT_EQ(JsonNumber(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(JsonNumber(std::nan("")), "null");
  Random random(5);
  for (int i = 0; i < 10000; ++i) {
    const double value = (random.Uniform() - 0.5) * std::pow(10.0, static_cast<double>(random.Below(600)) - 300.0);
    ASSERT_EQ(Parse(JsonNumber(value)).get<double>(), value);
  }
}

TEST(Json, ProblemsOfAnErrorBecomeAList) {
  ProblemList problems;
  problems.Add(ErrorCode::kConfig, {"unknown key 'a'", "f.yaml:1:1", "remove it"});
  problems.Add(ErrorCode::kConfig, {"unknown key 'b'"});
  try {
    problems.ThrowIfAny();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(DumpJson(ProblemsToJson(error)),
              R"([{"what":"unknown key 'a'","where":"f.yaml:1:1","fix":"remove it","code":78},)"
              R"({"what":"unknown key 'b'","where":"","fix":"","code":78}])");
  }
}

}  // namespace
}  // namespace clner
