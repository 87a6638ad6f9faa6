// Pairs of brat files: names, what stands in them, and that nothing is seen before the end.
#include "data/brat_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/annotation_file.h"
#include "data/convert.h"
#include "temp_file.h"

namespace clner {
namespace {

using test::ErrorOf;
using test::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> NamesIn(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}
Sentence Labelled(std::vector<std::string> words, std::vector<Span> spans, int64_t document = 0) {
  Sentence sentence;
  sentence.words = std::move(words);
  sentence.spans = std::move(spans);
  sentence.labelled = true;
  sentence.document = document;
  return sentence;
}

TEST(BratOutput, EitherNameOfAPairGivesBothFilesAtTheEnd) {
  for (const char* name : {"x.txt", "x.ann"}) {
    const TempDir dir;
    BratOutput output((dir.path() / name).string());
    output.Write(Labelled({"Jane", "ran"}, {{0, 1, "PER"}}), nullptr);
    output.WriteBlankLine();
    output.Write(Labelled({"\xF0\x9F\x98\x80", "Doe"}, {{1, 2, "PER"}}), nullptr);
    for (const std::string& seen : NamesIn(dir.path())) EXPECT_TRUE(seen.starts_with(".")) << seen;
    output.Close();
    EXPECT_THAT(NamesIn(dir.path()), ElementsAre("x.ann", "x.txt"));
    EXPECT_EQ(TempDir::Read((dir.path() / "x.txt").string()), "Jane ran\n\n\xF0\x9F\x98\x80 Doe\n");
    EXPECT_EQ(TempDir::Read((dir.path() / "x.ann").string()), "T1\tPER 0 4\tJane\nT2\tPER 12 15\tDoe\n");
  }
}

TEST(BratOutput, ADirectoryGetsAPairPerDocument) {
  const TempDir dir;
  const std::filesystem::path target = dir.path() / "out";
  BratOutput output(target.string());
  output.SetBlanks(false);
  output.Write(Labelled({"a", "b"}, {{0, 2, "T"}}, 3), nullptr);
  output.Write(Labelled({"c"}, {{0, 1, "T"}}, 3), nullptr);
  output.Write(Labelled({"d"}, {{0, 1, "T"}}, 7), nullptr);
  EXPECT_FALSE(std::filesystem::exists(target));
  output.Close();
  EXPECT_THAT(NamesIn(target),
              ElementsAre("document-00001.ann", "document-00001.txt", "document-00002.ann", "document-00002.txt"));
  EXPECT_EQ(TempDir::Read((target / "document-00001.txt").string()), "ab\nc\n");
  EXPECT_EQ(TempDir::Read((target / "document-00002.ann").string()), "T1\tT 0 1\td\n");
}

TEST(BratOutput, PairsOfADirectoryKeepTheirNamesAndEmptyLines) {
  const TempDir in, out;
  (void)in.Write("b.v2.txt", "Jane ran\n\n\nDoe sat\n");
  (void)in.Write("b.v2.ann", "T1\tPER 11 14\tDoe\n");
  (void)in.Write("a.txt", "\nx\n");
  (void)in.Write("a.ann", "T1\tT 1 2\tx\n");
  const std::string target = (out.path() / "new").string();
  BratOutput output(target);
  const ConvertReport report = Convert(
      in.path().string(), {.from = DataFormat::kBrat, .to = DataFormat::kBrat}, [](std::string_view) {}, &output);
  output.Close();
  EXPECT_EQ(report.documents, 2);
  EXPECT_THAT(NamesIn(target), ElementsAre("a.ann", "a.txt", "b.v2.ann", "b.v2.txt"));
  for (const std::string& name : NamesIn(in.path()))
    EXPECT_EQ(TempDir::Read(target + "/" + name), TempDir::Read((in.path() / name).string())) << name;
}

TEST(BratOutput, OneNameTwiceGetsANumber) {
  const TempDir dir;
  BratOutput output((dir.path() / "out").string());
  SourceText first = {"a", {{0, 1}}, 1, "p/x.txt"}, second = {"b", {{0, 1}}, 1, "q/x.txt"};
  output.Write(Labelled({"a"}, {}, 1), &first);
  output.Write(Labelled({"b"}, {}, 2), &second);
  output.Close();
  EXPECT_THAT(NamesIn(dir.path() / "out"), ElementsAre("x-2.ann", "x-2.txt", "x.ann", "x.txt"));
}

TEST(BratOutput, WhatIsNotClosedLeavesNothing) {
  const TempDir dir;
  {
    BratOutput pair((dir.path() / "x.ann").string()), directory((dir.path() / "out").string());
    pair.Write(Labelled({"a"}, {}), nullptr);
    directory.Write(Labelled({"a"}, {}), nullptr);
    const Error error = ErrorOf([&] { pair.Write(Labelled({"a"}, {{0, 1, "a b"}}), nullptr); });
    EXPECT_EQ(error.code(), ErrorCode::kData);
    EXPECT_EQ(error.problems()[0].what, "type 'a b' cannot stand in a brat file");
  }
  EXPECT_THAT(NamesIn(dir.path()), ElementsAre());
}

TEST(BratOutput, OtherNamesAndDirectoriesThatExistAreRefused) {
  const TempDir dir;
  const Error to_stdout = ErrorOf([&] { (void)BratTargets("-"); });
  EXPECT_EQ(to_stdout.code(), ErrorCode::kUsage);
  EXPECT_EQ(to_stdout.problems()[0].what, "brat has two files, which cannot both go to stdout");
  EXPECT_THAT(to_stdout.problems()[0].fix, HasSubstr("or a new directory"));
  const Error ending = ErrorOf([&] { (void)BratTargets("out.json"); });
  EXPECT_EQ(ending.code(), ErrorCode::kUsage);
  EXPECT_EQ(ending.problems()[0].what, "brat has two files, and 'out.json' names neither");
  std::filesystem::create_directory(dir.path() / "there");
  const Error exists = ErrorOf([&] { (void)BratTargets((dir.path() / "there").string()); });
  EXPECT_EQ(exists.code(), ErrorCode::kOutput);
  EXPECT_THAT(exists.problems()[0].what, HasSubstr("exists already"));
  EXPECT_EQ(exists.problems()[0].fix, "name a new directory");
}

}  // namespace
}  // namespace clner
