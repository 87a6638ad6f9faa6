#include "eval/conlleval.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "unit/data/temp_file.h"

namespace clner {
namespace {

nlohmann::json Golden() {
  return nlohmann::json::parse(
      test::TempDir::Read(std::string(CLNER_SOURCE_DIR) + "/tests/unit/eval/conlleval_golden.json"));
}

Conlleval Count(const std::vector<std::string>& rows) {
  Conlleval counts;
  for (const std::string& row : rows) {
    const size_t first = row.find(' '), second = row.rfind(' ');
    if (row.empty() || row.substr(0, first) == "-X-") {
      counts.AddBoundary();
    } else {
      counts.AddToken(row.substr(first + 1, second - first - 1), row.substr(second + 1));
    }
  }
  return counts;
}

TEST(Conlleval, ReportEqualsThatOfTheScriptByteForByte) {
  const nlohmann::json golden = Golden();
  ASSERT_GE(golden["cases"].size(), 20U);
  for (const auto& item : golden["cases"]) {
    EXPECT_EQ(Count(item["rows"].get<std::vector<std::string>>()).Report(), item["report"].get<std::string>())
        << item["name"];
  }
}

TEST(Conlleval, NoTokenGivesNoAccuracyLine) {
  EXPECT_EQ(Conlleval().Report(), "processed 0 tokens with 0 phrases; found: 0 phrases; correct: 0.\n");
}

TEST(Conlleval, BoundaryClosesAChunk) {
  Conlleval counts;
  counts.AddToken("B-a", "B-a");
  counts.AddBoundary();
  counts.AddToken("I-a", "I-a");
  EXPECT_EQ(counts.Total(), (Counts{2, 2, 2}));
  EXPECT_EQ(counts.tokens(), 2);
  EXPECT_EQ(counts.correct_tags(), 2);
}

TEST(Conlleval, JoinsSingleTagsOfOneTypeAsTheScriptDoes) {
  Conlleval counts;
  for (int i = 0; i < 2; ++i) counts.AddToken("S-a", "S-a");
  EXPECT_EQ(counts.Total(), (Counts{1, 1, 1}));
}

TEST(Conlleval, CountsAnOpenChunkWithoutClosingIt) {
  Conlleval counts;
  counts.AddToken("B-a", "B-a");
  EXPECT_EQ(counts.Total().correct, 1);
  counts.AddToken("I-a", "O");
  EXPECT_EQ(counts.Total().correct, 0);
}

}  // namespace
}  // namespace clner
