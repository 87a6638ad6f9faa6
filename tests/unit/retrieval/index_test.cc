// Builds and searches whole indexes: results, resume, faults, damaged files.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <csignal>

#include "core/log.h"
#include "core/random.h"
#include "core/stop.h"
#include "retrieval/fts_index.h"
#include "retrieval/index_builder.h"
#include "retrieval/snippet.h"
#include "unit/core/support.h"

namespace clner {
namespace {

using test::FaultAt;
using test::Get;
using test::HookGuard;
using test::InChild;
using test::Put;
using test::TempDir;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr const char* kLeads =
    "1\tAcme Robotics\tAcme Robotics is a maker of industrial robots in Lisbon.\n"
    "2\tJane Doe\tJane Doe is an engineer who founded Acme Robotics.\n"
    "3\tLisbon\tLisbon is the capital of Portugal.\n"
    "4\tOslo\tOslo is the capital of Norway.\n";

std::vector<Candidate> Search(FtsIndex& index, const std::string& query, int64_t limit) {
  return index.Search(std::vector<std::string>{query}, limit).front().candidates;
}

class Index : public ::testing::Test {
 protected:
  Index() { SetLogLevel(LogLevel::kQuiet); }
  ~Index() override { SetLogLevel(LogLevel::kInfo); }
  IndexInfo Build(const std::string& text, IndexBuildOptions options = {}) {
    Put(dir_ / "in.tsv", text);
    options.collection.fields = {"id", "title", "text"};
    return BuildIndex({(dir_ / "in.tsv").string()}, dir_ / "idx", options);
  }
  [[nodiscard]] std::vector<std::string> Find(const std::string& query, int64_t limit = 10,
                                              FtsOptions options = {}) const {
    FtsIndex index(dir_ / "idx", options);
    std::vector<std::string> ids;
    for (const Candidate& candidate : Search(index, query, limit)) ids.push_back(candidate.id);
    return ids;
  }
  /// Everything that Search() can see, for comparisons.
  [[nodiscard]] std::string Dump() const {
    FtsIndex index(dir_ / "idx");
    index.Check();
    Json json = ToJson(index.info());
    for (const char* query : {"Acme Robotics in Lisbon", "capital of Norway", "w1 w2 w3 w4 w5", "w40 w77"}) {
      for (const Candidate& candidate : Search(index, query, 20))
        json["found"].push_back({query, candidate.id, candidate.text, candidate.score});
    }
    return DumpJson(json, 1);
  }
  /// Documents of random words, in `files` files.
  std::vector<std::string> WriteCollection(int files, int documents) {
    Random random(7);
    std::vector<std::string> paths;
    for (int f = 0; f < files; ++f) {
      std::string text;
      for (int d = 0; d < documents; ++d) {
        text += std::to_string(f) + "-" + std::to_string(d) + "\tTitle\t";
        for (int w = 0; w < 20; ++w) text += "w" + std::to_string(random.Below(200)) + " ";
        text += "\n";
      }
      paths.push_back((dir_ / ("part" + std::to_string(f) + ".tsv")).string());
      Put(paths.back(), text);
    }
    return paths;
  }
  TempDir dir_;
};

TEST_F(Index, FindsPassagesByTheirRareTerms) {
  const IndexInfo info = Build(kLeads);
  EXPECT_EQ(info.documents, 4);
  EXPECT_EQ(info.passages, 4);
  EXPECT_EQ(info.sources.size(), 1U);
  EXPECT_EQ(info.sources.front().sha256, Sha256OfFile(dir_ / "in.tsv"));
  EXPECT_THAT(Find("Jane Doe visits Oslo", 2), UnorderedElementsAre("2", "4"));
  EXPECT_THAT(Find("#Lisbon"), ElementsAre("3", "1"));
  EXPECT_THAT(Find("@Acme_Robotics", 1), ElementsAre("1"));
  FtsIndex(dir_ / "idx").Check();
}

TEST_F(Index, QueriesAreNeverSyntax) {
  Build(kLeads);
  for (const char* query :
       {"", "   ", "?!...", "\"AND (\":/", "NEAR(", "title: *", "-", "^", "\"", "\xF0\x9F\x98\x80", "zzz qqq"})
    EXPECT_THAT(Find(query), IsEmpty()) << query;
  EXPECT_THAT(Find("Oslo\" OR title:Lisbon NOT *", 9), UnorderedElementsAre("4", "3", "1"));
  std::string words;
  for (int i = 0; i < 5000; ++i) words += i % 2 == 0 ? "capital " : "Oslo ";
  EXPECT_THAT(Find(words, 1), ElementsAre("4"));
}

TEST_F(Index, NamesInTitlesScoreMore) {
  Build(
      "1\tRobots\tLisbon Lisbon Lisbon is where Acme Robotics is.\n"
      "2\tLisbon\tThe capital of Portugal, a city by the sea, is also called so in many other places.\n"
      "3\tAcme Robotics\tA maker.\n");
  EXPECT_THAT(Find("Lisbon is nice", 1), ElementsAre("1"));
  FtsIndex index(dir_ / "idx");
  const auto best = [&](const NamedQuery& query) {
    return index.SearchNames(std::vector<NamedQuery>{query}, 3).front().candidates.front().id;
  };
  EXPECT_EQ(best({"Lisbon is nice", {}}), "1");
  EXPECT_EQ(best({"Lisbon is nice", {"Lisbon"}}), "2");
  EXPECT_EQ(best({"nothing", {"acme robotics"}}), "3");
  EXPECT_EQ(best({"Lisbon is nice", {"\" OR title:*", "?", "", "Robotics Acme"}}), "1");
}

TEST_F(Index, EqualScoresAreOrderedByPassage) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += std::to_string(i) + "\t-\tunit" + std::to_string(i) + " shares oneword\n";
  Build(text, {.near_duplicates = 0});
  EXPECT_THAT(Find("oneword", 4), ElementsAre("0", "1", "2", "3"));
}

TEST_F(Index, RescoringGivesTheOrderAndScoresOfAllTerms) {
  const std::vector<std::string> files = WriteCollection(1, 400);
  IndexBuildOptions build;
  build.collection.fields = {"id", "title", "text"};
  (void)BuildIndex(files, dir_ / "idx", build);
  FtsOptions all, rescored;
  all.query = {.max_terms = 1000, .max_share = 1.0, .name_share = 1.0};
  rescored.rescore = 400;
  rescored.query = {.max_terms = 3, .max_share = 0.5, .name_share = 0.5};
  FtsIndex full(dir_ / "idx", all), exact(dir_ / "idx", rescored);
  const std::vector<std::string> query = {"w1 w2 w3 w4 w5 w6 w7 w8"};
  const std::vector<Candidate> expected = full.Search(query, 400).front().candidates;
  const std::vector<Candidate> found = exact.Search(query, 400).front().candidates;
  ASSERT_GT(found.size(), 20U);
  size_t at = 0;
  for (const Candidate& candidate : found) {
    while (at < expected.size() && expected[at].id != candidate.id) ++at;
    ASSERT_LT(at, expected.size()) << "another order";
    EXPECT_NEAR(candidate.score, expected[at].score, 1e-9);
  }
}

TEST_F(Index, LeavesOutDuplicatesAndCountsThem) {
  const std::string line =
      "\tT\tJane Doe is an engineer who founded Acme Robotics in Lisbon and leads a team of forty people there.\n";
  const IndexInfo info = Build("1" + line + "2" + line +
                               "3\tT\tjane doe is an engineer who founded acme robotics in lisbon and leads a team of "
                               "forty people there today\n" +
                               kLeads);
  EXPECT_EQ(info.documents, 7);
  EXPECT_EQ(info.passages, 5);
  EXPECT_EQ(info.removed_exact, 1);
  EXPECT_EQ(info.removed_near, 1);
}

TEST_F(Index, TextsAreStoredWithoutControlAndBidiCharacters) {
  Put(dir_ / "in.jsonl",
      "{\"title\": \"A\\u202eB\\tC\", \"text\": \"one\\ttwo\\u0000\\u001b[31m three\\u2066 four\\nfive\"}\n");
  (void)BuildIndex({(dir_ / "in.jsonl").string()}, dir_ / "idx", {.unit = PassageUnit::kDocument});
  FtsIndex index(dir_ / "idx");
  const Candidate found = index.Search(std::vector<std::string>{"three"}, 1).front().candidates.at(0);
  EXPECT_EQ(found.text, "one two [31m three four five");
  EXPECT_EQ(found.title, "AB C");
}

TEST_F(Index, ChineseIsFoundByPairsOfCharacters) {
  const std::string text =
      "1\t-\t\xE5\x8C\x97\xE4\xBA\xAC\xE5\xA4\xA7\xE5\xAD\xA6\xE5\x9C\xA8\xE5\x8C\x97\xE4\xBA\xAC\xE3\x80\x82\n2\t-"
      "\t\xE4\xB8\x8A\xE6\xB5\xB7\xE5\xB8\x82\n";
  Build(text, {.tokenizer = IndexTokenizer::kCharacters});
  EXPECT_THAT(Find("\xE6\x88\x91\xE7\x88\xB1\xE5\x8C\x97\xE4\xBA\xAC"), ElementsAre("1"));
  EXPECT_THAT(Find("\xE4\xB8\x8A\xE6\xB5\xB7"), ElementsAre("2"));
}

TEST_F(Index, AddedFilesAreThoseOfOneBuild) {
  const std::vector<std::string> files = WriteCollection(2, 100);
  IndexBuildOptions options;
  options.collection.fields = {"id", "title", "text"};
  (void)BuildIndex(files, dir_ / "idx", options);
  const std::string expected = Dump();
  (void)BuildIndex({files[0]}, dir_ / "idx", options);
  const IndexInfo info = AddToIndex({files[1]}, dir_ / "idx", options);
  EXPECT_EQ(info.documents, 200);
  EXPECT_EQ(Dump(), expected);
}

// Row 62 and 46: at every point where a build can be cut, the old index stays and the next run ends as if nothing were.
TEST_F(Index, KilledBuildsLeaveTheOldIndexAndGoOn) {
  const std::vector<std::string> files = WriteCollection(2, 60);
  IndexBuildOptions options;
  options.collection.fields = {"id", "title", "text"};
  options.commit_bytes = 2000;
  (void)BuildIndex(files, dir_ / "idx", options);
  const std::string expected = Dump();
  Build(kLeads);
  const std::string old = Get(dir_ / "idx");
  for (const char* operation : {"commit", "fsync", "write", "rename", "sync_directory", "mkdir"}) {
    for (int k = 1; k < 100; ++k) {
      const int status = InChild([&] {
        SetFaultHook(FaultAt(operation, k, kFaultKill));
        (void)BuildIndex(files, dir_ / "idx", options);
      });
      if (WIFEXITED(status)) break;  // fewer than k operations
      ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
      const bool published = Get(dir_ / "idx") != old;
      if (!published) {
        EXPECT_THAT(Find("Jane Doe"), ElementsAre("2"));
      }
      (void)BuildIndex(files, dir_ / "idx", options);
      ASSERT_EQ(Dump(), expected) << operation << ' ' << k;
      EXPECT_FALSE(std::filesystem::exists(dir_ / ".idx.building")) << operation << ' ' << k;
      Put(dir_ / "idx", old);
      k += k / 4;  // the first ones, then fewer and fewer of the many
    }
  }
}

TEST_F(Index, ResumesOnlyWhatIsTheSame) {
  const std::vector<std::string> files = WriteCollection(1, 60);
  IndexBuildOptions options;
  options.collection.fields = {"id", "title", "text"};
  options.commit_bytes = 2000;
  const auto cut = [&] {
    return InChild([&] {
      SetFaultHook(FaultAt("commit", 3, kFaultKill));
      (void)BuildIndex(files, dir_ / "idx", options);
    });
  };
  ASSERT_TRUE(WIFSIGNALED(cut()));
  IndexBuildOptions other = options;
  other.near_duplicates = 0;
  EXPECT_EQ(BuildIndex(files, dir_ / "idx", other).passages, 60);
  ASSERT_TRUE(WIFSIGNALED(cut()));
  Put(files[0], "x-1\tTitle\tquite another text\n" + Get(files[0]));
  const IndexInfo info = BuildIndex(files, dir_ / "idx", options);
  EXPECT_EQ(info.passages, 61);
  EXPECT_THAT(Find("quite another text", 1), ElementsAre("x-1"));
  ASSERT_TRUE(WIFSIGNALED(cut()));
  Put(dir_ / ".idx.building/index", "damaged");
  EXPECT_EQ(BuildIndex(files, dir_ / "idx", options).passages, 61);
}

TEST_F(Index, StopRequestsKeepWhatIsDone) {
  const std::vector<std::string> files = WriteCollection(1, 60);
  IndexBuildOptions options;
  options.collection.fields = {"id", "title", "text"};
  RequestStop("SIGTERM");
  EXPECT_ERROR((void)BuildIndex(files, dir_ / "idx", options), ErrorCode::kInterrupted,
               "stopped by SIGTERM after 1 passages");
  ClearStop();
  EXPECT_FALSE(std::filesystem::exists(dir_ / "idx"));
  EXPECT_EQ(BuildIndex(files, dir_ / "idx", options).passages, 60);
}

TEST_F(Index, WriteErrorsAreReportedAndKeepWhatIsDone) {
  const std::vector<std::string> files = WriteCollection(1, 60);
  IndexBuildOptions options;
  options.collection.fields = {"id", "title", "text"};
  options.commit_bytes = 2000;
  {
    const HookGuard guard(FaultAt("commit", 2, ENOSPC));
    EXPECT_ERROR((void)BuildIndex(files, dir_ / "idx", options), ErrorCode::kIo, "No space left on device");
  }
  EXPECT_TRUE(std::filesystem::exists(dir_ / ".idx.building"));
  EXPECT_EQ(BuildIndex(files, dir_ / "idx", options).passages, 60);
}

TEST_F(Index, RefusedInputLeavesNothing) {
  Put(dir_ / "bad.txt", "good text\nbad \xFF\n");
  EXPECT_ERROR((void)BuildIndex({(dir_ / "bad.txt").string()}, dir_ / "idx", {}), ErrorCode::kData, "bad.txt:2:5");
  EXPECT_ERROR((void)BuildIndex({(dir_ / "no").string()}, dir_ / "idx", {}), ErrorCode::kNoInput, "cannot read");
  Put(dir_ / "empty.txt", "\n \n");
  EXPECT_ERROR((void)BuildIndex({(dir_ / "empty.txt").string()}, dir_ / "idx", {}), ErrorCode::kData, "no text");
  EXPECT_THAT(test::Names(dir_.path()), UnorderedElementsAre("bad.txt", "empty.txt"));
  Put(dir_ / "idx", "notes of the user");
  EXPECT_ERROR((void)Build(kLeads), ErrorCode::kOutput, "is there and is no index");
  EXPECT_EQ(Get(dir_ / "idx"), "notes of the user");
}

TEST_F(Index, TwoBuildsOfOneIndexDoNotMix) {
  std::filesystem::create_directories(dir_ / ".idx.building");
  const FileLock lock(dir_ / ".idx.building/lock");
  EXPECT_ERROR((void)Build(kLeads), ErrorCode::kOutput, "process ");
}

// Row 62.
TEST_F(Index, DamagedFilesAre76) {
  Build(kLeads);
  const std::string whole = Get(dir_ / "idx");
  const auto expect = [&](std::string bytes, const char* text) {
    Put(dir_ / "idx", bytes);
    EXPECT_ERROR(FtsIndex(dir_ / "idx"), ErrorCode::kCorrupt, text);
    EXPECT_ERROR((void)AddToIndex({(dir_ / "in.tsv").string()}, dir_ / "idx", {}), ErrorCode::kCorrupt, "");
  };
  expect("", "is empty, not an index");
  expect("SQLite format 3", "is not an index of clner");
  expect(std::string(5000, 'x'), "is not an index of clner");
  for (const size_t size : {whole.size() - 1, whole.size() / 2, size_t{4096}, size_t{100}})
    expect(whole.substr(0, size), "is damaged or unfinished");
  expect(whole + "x", "is damaged or unfinished");
  std::string other = whole;
  other[68] = 'x';
  expect(other, "of another application");
  other = whole;
  other[63] = 9;
  expect(other, "is an index of format 9, and clner");
  Random random(3);
  for (int i = 0; i < 200; ++i) {
    std::string flipped = whole;
    flipped[random.Below(whole.size())] ^= static_cast<char>(1 << random.Below(8));
    expect(flipped, "idx'");
  }
  EXPECT_ERROR(FtsIndex(dir_ / "missing"), ErrorCode::kNoInput, "cannot read");
  EXPECT_ERROR(FtsIndex(dir_.path()), ErrorCode::kNoInput, "directory");
}

TEST_F(Index, UncheckedDamageNeverCrashes) {
  Build(kLeads);
  const std::string whole = Get(dir_ / "idx");
  Random random(4);
  for (int i = 0; i < 300; ++i) {
    std::string damaged = whole;
    for (uint64_t n = 1 + random.Below(20); n > 0; --n)
      damaged[100 + random.Below(whole.size() - 200)] = static_cast<char>(random.Below(256));
    Put(dir_ / "idx", damaged);
    try {
      FtsIndex index(dir_ / "idx", {.verify = false});
      (void)index.Search(std::vector<std::string>{"Jane Doe of Acme Robotics in Lisbon"}, 10);
      index.Check();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << error.what();
    }
  }
}

TEST_F(Index, ForeignTablesAreRefused) {
  Build(kLeads);
  for (const char* sql :
       {"CREATE VIEW v AS SELECT 1", "CREATE TRIGGER t AFTER INSERT ON passage BEGIN DELETE FROM meta; END",
        "DROP TABLE term; CREATE VIEW term AS SELECT 'x' AS term, 1 AS passages", "DELETE FROM meta"}) {
    std::filesystem::copy_file(dir_ / "idx", dir_ / "bad");
    UnsealIndex(dir_ / "bad");
    {
      SqliteDatabase database(dir_ / "bad", SqliteDatabase::Mode::kWrite);
      RegisterTokenizers(database);
      database.Execute(sql);
    }
    SealIndex(dir_ / "bad");
    EXPECT_ERROR(FtsIndex(dir_ / "bad"), ErrorCode::kCorrupt, "bad'");
    std::filesystem::remove(dir_ / "bad");
  }
}

TEST_F(Index, TheSnippetHoldsMostMatches) {
  Build(kLeads);
  FtsIndex index(dir_ / "idx");
  std::string text;
  for (int i = 0; i < 40; ++i) text += "filler" + std::to_string(i) + " ";
  text += "Jane Doe of Acme sings " + text;
  std::string shown, matched;
  for (const SnippetPart& part : MakeSnippet(text, index.tokenizer(), {"jane", "acme", "filler3"}, 120)) {
    shown += part.text;
    if (part.matched) matched += part.text + "|";
  }
  EXPECT_EQ(matched, "Jane|Acme|filler3|");
  EXPECT_LE(shown.size(), 126U);
  EXPECT_TRUE(shown.starts_with("...") && shown.ends_with("...")) << shown;
  EXPECT_THAT(MakeSnippet("short", index.tokenizer(), {}, 100), ElementsAre(SnippetPart{"short", false}));
  EXPECT_THAT(MakeSnippet("", index.tokenizer(), {}, 100), IsEmpty());
}

}  // namespace
}  // namespace clner
