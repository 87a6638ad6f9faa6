// The parts of engines that are not ours: queries, addresses, credentials, commands, added answers.
#include "retrieval/engines.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "core/error.h"
#include "core/utf8.h"
#include "retrieval/child_process.h"
#include "retrieval/credentials.h"
#include "retrieval/foreign_answer.h"
#include "retrieval/query.h"
#include "retrieval/server_url.h"

namespace clner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(WordQueries, HoldDistinctWordsWithoutMarksAndWebAddresses) {
  EXPECT_THAT(WordQueries("Jane, Jane (of \"Acme\") saw https://a.example/x !?", 30, 100),
              ElementsAre("Jane of Acme saw"));
  EXPECT_THAT(WordQueries("", 30, 100), IsEmpty());
  EXPECT_THAT(WordQueries("?! \xF0\x9F\x98\x80 ...", 30, 100), IsEmpty());
}

TEST(WordQueries, PiecesKeepTheLimits) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "w" + std::to_string(i) + (i % 7 == 6 ? ", " : " ");
  text += std::string(3000, 'x');
  size_t words = 0;
  std::string tail;
  for (const std::string& piece : WordQueries(text, 30, 100)) {
    EXPECT_LE(CodePointCount(piece), 100U);
    words += static_cast<size_t>(std::count(piece.begin(), piece.end(), ' ')) + 1;
    if (piece.find('x') != std::string::npos) tail += piece;
  }
  EXPECT_GE(words, 5030U);
  EXPECT_EQ(std::count(tail.begin(), tail.end(), 'x'), 3000);  // nothing is lost
}

TEST(ServerUrl, PartsAreToldApart) {
  const ServerUrl url = ParseServerUrl("https://jane:p%40ss@host.example:9200/prefix//");
  EXPECT_EQ(url.base, "https://host.example:9200/prefix");
  EXPECT_EQ(url.user_info, "jane:p@ss");
  EXPECT_TRUE(url.encrypted);
  EXPECT_FALSE(url.loopback);
  EXPECT_TRUE(ParseServerUrl("http://[::1]:9200").loopback);
  EXPECT_EQ(PrintableUrl("http://a:b/c@d@host/x"), "http://host/x");
  EXPECT_EQ(PathSegment("a b/\xC3\xAB"), "a%20b%2F%C3%AB");
}

TEST(Credentials, BecomeTheHeader) {
  const auto read = [](const char* value) {
    setenv("CLNER_TEST_SECRET", value, 1);
    return ReadAuthorization("env:CLNER_TEST_SECRET");
  };
  EXPECT_EQ(read("jane:secret"), "Basic amFuZTpzZWNyZXQ=");
  EXPECT_EQ(read("basic a:b c"), "Basic YTpiIGM=");
  EXPECT_EQ(read("ApiKey aWQ6a2V5"), "ApiKey aWQ6a2V5");
  EXPECT_EQ(read("apikey id:key"), "ApiKey aWQ6a2V5");
  EXPECT_EQ(read("BEARER tok.en"), "Bearer tok.en");
  EXPECT_THROW(static_cast<void>(read("basic ")), Error);
  unsetenv("CLNER_TEST_SECRET");
}

TEST(SplitCommand, HasTheQuotesOfAShell) {
  EXPECT_THAT(SplitCommand(" a  'b c' \"d \\\" e\" f\\ g '' h'i'"), ElementsAre("a", "b c", "d \" e", "f g", "", "hi"));
  EXPECT_THROW(static_cast<void>(SplitCommand("a 'b")), Error);
  EXPECT_THROW(static_cast<void>(SplitCommand("  ")), Error);
}

TEST(AnswerSum, AddsTheScoresOfOneTextAndOrders) {
  AnswerSum sum;
  sum.Add("i/b", {"b", "", "second", 1.0});
  sum.Add("i/a", {"a", "", "first", 1.0});
  sum.Add("i/c", {"c", "", "third", 0.75});
  sum.Add("i/c", {"c", "", "third", 0.75});
  const SearchAnswer answer = sum.Take(2);
  ASSERT_EQ(answer.candidates.size(), 2U);
  EXPECT_EQ(answer.candidates[0].id, "c");
  EXPECT_DOUBLE_EQ(answer.candidates[0].score, 1.5);
  EXPECT_EQ(answer.candidates[1].id, "a");
  EXPECT_FALSE(answer.partial);
}

TEST(CleanCandidate, LosesItsTagsOnRequest) {
  const std::optional<Candidate> candidate =
      CleanCandidate("<1>", "<em>Acme</em> Robotics", "<e:Acme Robotics>Acme</e> &amp; sons<br/>of Oslo", 1, true);
  ASSERT_TRUE(candidate.has_value());
  EXPECT_EQ(candidate->id, "<1>");
  EXPECT_EQ(candidate->title, "Acme Robotics");
  EXPECT_EQ(candidate->text, "Acme & sons of Oslo");
  EXPECT_EQ(CleanCandidate("1", "", "<em>Acme</em>", 1)->text, "<em>Acme</em>");
  EXPECT_FALSE(CleanCandidate("1", "T", "<p><br></p>", 1, true).has_value());
}

TEST(OpenEngine, OptionsOfAnotherEngineAreRefused) {
  const auto refusal = [](EngineOptions options) -> std::string {
    try {
      (void)OpenEngine(options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal({.index = "x", .retries = 5}), HasSubstr("--retries has no effect without --search"));
  EXPECT_THAT(refusal({.command = "x", .retries = 5}), HasSubstr("--retries"));
  EXPECT_THAT(refusal({.index = "x", .timeout_seconds = 60}), HasSubstr("--search-timeout"));
  EXPECT_THAT(refusal({.index = "x", .strip_html = true}), HasSubstr("--strip-html"));
  EXPECT_EQ(refusal({.command = "x", .timeout_seconds = 60, .strip_html = true}), "");
}

TEST(CleanCandidate, IsOneShortHarmlessLine) {
  EXPECT_FALSE(CleanCandidate("1", "T", " \x01?! ", 1).has_value());
  std::string long_text;
  for (int i = 0; i < 200000; ++i) long_text += "word ";
  const std::optional<Candidate> candidate = CleanCandidate("1\n2", "T\x1b[1m", long_text + "\n<EOS> B-X", 1);
  ASSERT_TRUE(candidate.has_value());
  EXPECT_EQ(candidate->id, "1 2");
  EXPECT_EQ(candidate->title, "T [1m");
  EXPECT_LE(candidate->text.size(), kMaxPassageBytes);
}

}  // namespace
}  // namespace clner
