#include "views/corpus_cache.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/error.h"
#include "core/fault.h"
#include "core/log.h"
#include "data/data_format.h"
#include "support/shared_data.h"
#include "views/context_view.h"

namespace clner {
namespace {

namespace fs = std::filesystem;
constexpr DataFormat kColumns = DataFormat::kColumns;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A WordPiece tokenizer for words of letters, and places for data and cache.
class CorpusCacheTest : public testing::Test {
 protected:
  CorpusCacheTest() {
    std::string name = (fs::temp_directory_path() / "clner-cache-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    root_ = name;
    fs::create_directory(root_ / "tokenizer");
    std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    for (char letter = 'a'; letter <= 'z'; ++letter) {
      vocabulary += std::string(1, letter) + "\n##" + std::string(1, letter) + "\n";
    }
    WriteVocabulary(vocabulary);
  }
  ~CorpusCacheTest() override {
    SetFaultHook({});
    LogWarningSummary();  // other tests count their warnings from the start
    fs::remove_all(root_);
  }
  void WriteVocabulary(const std::string& text) {
    Write("tokenizer/vocab.txt", text);
    tokenizer_ = LoadTokenizer(root_ / "tokenizer");
  }
  std::string Write(const std::string& name, std::string_view text) const {
    std::ofstream(root_ / name, std::ios::binary) << text;
    return (root_ / name).string();
  }
  [[nodiscard]] CorpusCache Cache(bool verify = false) const {
    return CorpusCache({.directory = root_ / "cache", .verify_content = verify}, *tokenizer_, root_ / "tokenizer");
  }
  [[nodiscard]] TokenizedCorpus Read(const std::string& path, const CorpusOptions& options = {}) const {
    return Cache().Read(path, FormatOfFile(path), options);
  }
  [[nodiscard]] bool IsCached(const std::string& path, const CorpusOptions& options = {}) const {
    return Cache().FindPieces(path, FormatOfFile(path), options).has_value();
  }
  [[nodiscard]] std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(root_ / "cache", none)) {
      if (entry.path().extension() == TokenCache::kSuffix && !entry.path().filename().string().starts_with('.'))
        files.push_back(entry.path());
    }
    return files;
  }

  fs::path root_;
  std::unique_ptr<Tokenizer> tokenizer_;
};

/// Everything of a corpus as text.
std::string Dump(const TokenizedCorpus& read) {
  std::string text = read.corpus.path + " " + Name(read.corpus.scheme) + "\n";
  for (size_t i = 0; i < read.corpus.sentences.size(); ++i) {
    const Sentence& sentence = read.corpus.sentences[i];
    text += std::to_string(sentence.line) + (sentence.labelled ? ":" : "?");
    for (const std::string& word : sentence.words) text += " " + word;
    for (const Span& span : sentence.spans) {
      text += " [" + std::to_string(span.begin_word) + " " + std::to_string(span.end_word) + " " + span.type + "]";
    }
    for (size_t k = 0; k < sentence.contexts.texts(); ++k) {
      text += sentence.contexts.flat ? " (flat" : " (";
      for (size_t w = sentence.contexts.begin_word(k); w < sentence.contexts.end_word(k); ++w)
        text += " " + std::string(sentence.contexts.word(w));
      text += ")";
    }
    for (const WordPieces& pieces : {read.pieces.own(i), read.pieces.context(i)}) {
      text += " /";
      for (const uint16_t count : pieces.counts) text += " " + std::to_string(count);
      text += " |";
      for (const int32_t id : pieces.ids) text += " " + std::to_string(id);
    }
    text += "\n";
  }
  return text;
}

constexpr const char* kText = "ab B-PER\nc I-PER\n\nran O\nab O\n<EOS> B-X\n B-X\nzz B-X\n\n";

TEST_F(CorpusCacheTest, ReadsTheSameWithAndWithoutCache) {
  const std::string path = Write("a.conll", kText);
  CorpusCache none({}, *tokenizer_, root_ / "tokenizer");
  const std::string expected = Dump(none.Read(path, kColumns, {}));
  EXPECT_THAT(expected, HasSubstr("1: ab c [0 2 PER] / 2 1 | 5 8 9"));
  EXPECT_FALSE(none.FindPieces(path, kColumns, {}).has_value());
  EXPECT_FALSE(IsCached(path));
  EXPECT_EQ(Dump(Read(path)), expected);
  EXPECT_TRUE(IsCached(path));
  SetFaultHook([&](const char* op) { return std::string_view(op) == "write" ? EIO : 0; });
  EXPECT_EQ(Dump(Read(path)), expected) << "from the cache";
}

TEST_F(CorpusCacheTest, ContentDecidesNotNameOrTime) {
  const std::string path = Write("a.conll", kText);
  (void)Read(path);
  fs::copy_file(path, root_ / "b.conll");
  EXPECT_TRUE(IsCached((root_ / "b.conll").string()));
  EXPECT_EQ(Read((root_ / "b.conll").string()).corpus.path, (root_ / "b.conll").string());
  struct stat info = {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  std::string other = kText;
  other[0] = 'x';
  Write("a.conll", other);
  const timespec times[2] = {info.st_atim, info.st_mtim};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  EXPECT_FALSE(IsCached(path)) << "same size, same time, other content";
  EXPECT_EQ(Read(path).corpus.sentences[0].words[0], "xb");
}

TEST_F(CorpusCacheTest, ChangesAreSeenThroughRememberedDigestsToo) {
  const std::string path = Write("a.conll", kText);
  std::this_thread::sleep_for(std::chrono::milliseconds(2050));
  for (const bool verify : {false, true}) {
    (void)Cache(verify).Read(path, kColumns, {});
    EXPECT_TRUE(Cache(verify).FindPieces(path, kColumns, {}).has_value());
  }
  std::string other = kText;
  other[0] = 'x';
  Write("a.conll", other);
  for (const bool verify : {true, false}) EXPECT_FALSE(Cache(verify).FindPieces(path, kColumns, {}).has_value());
}

TEST_F(CorpusCacheTest, OptionsAndTokenizerAreSeparate) {
  const std::string path = Write("a.conll", kText);
  (void)Read(path);
  CorpusOptions strict, mapped, one_character;
  strict.strict = true;
  mapped.label_map = {{"PER", "P"}};
  one_character.first_code_point = true;
  for (const CorpusOptions& options : {strict, mapped, one_character}) EXPECT_FALSE(IsCached(path, options));
  EXPECT_EQ(Read(path, mapped).corpus.sentences[0].spans[0].type, "P");
  EXPECT_EQ(Read(path).corpus.sentences[0].spans[0].type, "PER");
  EXPECT_TRUE(IsCached(path, mapped));
  WriteVocabulary("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nab\n");
  EXPECT_FALSE(IsCached(path));
  EXPECT_THAT(Read(path).pieces.own(0).ids, ElementsAre(5, 1));
}

TEST_F(CorpusCacheTest, WarningsAreRepeatedWithThePathOfToday) {
  const std::string text = "ab I-PER\nc B-PER\n \t\nx O\n\nb y z O\n\n";
  CorpusOptions options;
  options.file.skip_bad_sentences = true;
  std::vector<std::string> cold, warm;
  for (std::vector<std::string>* lines : {&cold, &warm}) {
    const WarningRecorder recorder;
    (void)Read(Write("a.conll", text), options);
    for (const LoggedWarning& warning : recorder.warnings()) {
      lines->push_back(warning.kind + " " + warning.message + " " + warning.where + " " + warning.fix);
    }
  }
  EXPECT_EQ(cold, warm);
  EXPECT_EQ(Files().size(), 1u);
  EXPECT_GE(cold.size(), 2u);
  const WarningRecorder recorder;
  const std::string moved = Write("moved.conll", text);
  (void)Read(moved, options);
  ASSERT_EQ(recorder.warnings().size(), cold.size());
  for (const LoggedWarning& warning : recorder.warnings()) EXPECT_THAT(warning.where, testing::StartsWith(moved));
}

TEST_F(CorpusCacheTest, TooManyWarningsAreNotKept) {
  std::string text;
  for (size_t i = 0; i < 200; ++i) text += "a O\n\n";
  for (size_t i = 0; i <= WarningRecorder::kMaxKept; ++i) text += "a b c O\n\n";
  CorpusOptions options;
  options.file.skip_bad_sentences = true;
  EXPECT_EQ(Read(Write("a.conll", text), options).corpus.sentences.size(), 200u);
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(CorpusCacheTest, ErrorsAreTheReadersAndKeptNowhere) {
  const std::string path = Write("a.conll", "a O\nb\n\n");
  for (int round = 0; round < 2; ++round) {
    try {
      (void)Read(path);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kData);
    }
  }
  EXPECT_THAT(Files(), IsEmpty());
  try {
    (void)Read((root_ / "none.conll").string());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNoInput);
  }
}

TEST_F(CorpusCacheTest, FilesThatChangeMeanwhileAreNotKept) {
  const std::string path = Write("a.conll", kText);
  // The clock of the hook: a second writer comes when the digest is known and before the cache is written.
  CorpusCache cache = Cache();
  const std::string before = Dump(cache.Read(path, kColumns, {}));
  fs::remove_all(root_ / "cache");
  fs::create_directory(root_ / "cache");
  int opens = 0;
  SetFaultHook([&](const char* op) {
    if (std::string_view(op) == "open" && ++opens == 2) Write("a.conll", std::string(kText) + "late O\n\n");
    return 0;
  });
  (void)cache.Read(path, kColumns, {});
  SetFaultHook({});
  EXPECT_EQ(Read(path).corpus.sentences.size(), 3u);
}

TEST_F(CorpusCacheTest, NoChangedByteIsBelieved) {
  const std::string path = Write("a.conll", kText);
  const std::string expected = Dump(Read(path));
  ASSERT_EQ(Files().size(), 1u);
  const fs::path file = Files()[0];
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  SetLogLevel(LogLevel::kQuiet);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1 << i % 8);
    Write("cache/" + file.filename().string(), damaged);
    ASSERT_EQ(Dump(Read(path)), expected) << "byte " << i;
  }
  SetLogLevel(LogLevel::kInfo);
}

TEST_F(CorpusCacheTest, ManyProcessesMayStartAtOnce) {
  const std::string path = Write("a.conll", kText);
  CorpusCache none({}, *tokenizer_, root_ / "tokenizer");
  const std::string expected = Dump(none.Read(path, kColumns, {}));
  const size_t warnings = WarningCount();
  std::vector<pid_t> children;
  for (int child = 0; child < 8; ++child) {
    const pid_t pid = fork();
    if (pid != 0) {
      children.push_back(pid);
      continue;
    }
    try {
      bool same = true;
      for (int round = 0; round < 20; ++round) {
        std::error_code ignored;
        for (const fs::path& file : Files()) {
          if (round % 5 == child % 5) fs::remove(file, ignored);
        }
        same = same && Dump(Read(path)) == expected;
      }
      _exit(same && WarningCount() == warnings ? 0 : 1);
    } catch (...) {
      _exit(2);
    }
  }
  for (const pid_t pid : children) {
    int status = 0;
    waitpid(pid, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  for (const auto& entry : fs::directory_iterator(root_ / "cache")) {
    EXPECT_FALSE(entry.path().filename().string().starts_with(".tmp-")) << entry.path();
  }
}

TEST_F(CorpusCacheTest, FormatsOfSeveralFilesAreReadAnew) {
  fs::create_directory(root_ / "brat");
  Write("brat/a.txt", "Jane ran.\n");
  Write("brat/a.ann", "T1\tPER 0 4\tJane\n");
  EXPECT_EQ(Read((root_ / "brat").string()).corpus.sentences[0].words[0], "Jane");
  EXPECT_THAT(Files(), IsEmpty());
  const std::string jsonl = Write("a.jsonl", R"({"tokens": ["Jane"], "tags": ["B-PER"]})");
  EXPECT_EQ(Dump(Read(jsonl)), Dump(Read(jsonl)));
  EXPECT_EQ(Files().size(), 1u);
}

bool SameItem(const ViewItem& a, const ViewItem& b) {
  return a.ids == b.ids && a.word_of_piece == b.word_of_piece && a.pool == b.pool && a.pool_end == b.pool_end &&
         a.pooling == b.pooling && a.sentence == b.sentence && a.first_word == b.first_word;
}

void ExpectSameViews(const TokenizedCorpus& read, const Tokenizer& tokenizer, int64_t max_pieces) {
  const SentenceView view(tokenizer, max_pieces, max_pieces / 4, Pooling::kFirstLast);
  const ContextView whole(tokenizer, max_pieces, max_pieces / 4, {}, Pooling::kFirstLast);
  const ContextView limited(tokenizer, max_pieces, 0, {.max_texts = 2, .max_words_per_text = 3, .max_pieces = 20});
  for (size_t i = 0; i < read.corpus.sentences.size(); ++i) {
    const Sentence& sentence = read.corpus.sentences[i];
    const auto index = static_cast<int64_t>(i);
    const WordPieces own = read.pieces.own(i), context = read.pieces.context(i);
    std::vector<ViewItem> direct, kept;
    EXPECT_EQ(view.Append(sentence, index, &direct), view.Append(sentence, own, index, &kept));
    for (const ContextView* shown : {&whole, &limited})
      EXPECT_EQ(shown->Append(sentence, index, &direct), shown->Append(sentence, own, context, index, &kept));
    ASSERT_EQ(direct.size(), kept.size()) << i;
    for (size_t k = 0; k < direct.size(); ++k) ASSERT_TRUE(SameItem(direct[k], kept[k])) << i;
  }
}

TEST_F(CorpusCacheTest, ViewsOfKeptPiecesAreThoseOfTheWords) {
  const std::string long_word(300, 'q'), longer(70'000, 'r');
  const std::string path =
      Write("a.conll", "ab O\n" + long_word + " O\nc O\n" + longer + " O\n\u4E2D O\nd O\n\nx O\n\n");
  SetLogLevel(LogLevel::kQuiet);
  for (const int64_t max_pieces : {8, 64, 512, 65536}) ExpectSameViews(Read(path), *tokenizer_, max_pieces);
  SetLogLevel(LogLevel::kInfo);
}

// Texts are skipped, cut and left out in every way; the sentence leaves more or less room for them.
TEST_F(CorpusCacheTest, ContextViewsOfKeptPiecesAreThoseOfTheWords) {
  const std::string texts =
      R"({"words": ["ab", "c"], "tokenized": true, "contexts": [{"text": "abc de"}, {"text": "f"},)"
      R"( {"text": "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"}, {"text": "a b c d e f"}]})"
      "\n"
      R"({"words": ["abcdefghijk"], "contexts": [{"text": "x yz"}, {"text": "xyzxyzxyzxyzxyz z"}, {"text": "\u4e2d"}]})"
      "\n"
      R"({"words": ["none"], "contexts": []})"
      "\n";
  const std::string flat = "a O\nb O\n<EOS> B-X\nabc B-X\n B-X\nabcdefghijklmnop B-X\nq B-X\n\n";
  for (const std::string& path : {Write("c.jsonl", texts), Write("flat.conll", kText + flat)}) {
    for (const int64_t max_pieces : {8, 16, 17, 20, 24, 32, 40, 64, 512}) {
      SCOPED_TRACE(path + " " + std::to_string(max_pieces));
      SetLogLevel(LogLevel::kQuiet);
      ExpectSameViews(Read(path), *tokenizer_, max_pieces);
      SetLogLevel(LogLevel::kInfo);
    }
  }
}

TEST_F(CorpusCacheTest, PiecesThatDoNotMatchTheirWordsAreRefused) {
  const std::vector<int32_t> ids = {5, 6};
  const std::vector<uint16_t> right = {2}, few = {1}, many = {3}, other_word = {1, 1};
  Sentence sentence;
  sentence.words = {"ab"};
  sentence.contexts.AddWord("ab");
  sentence.contexts.EndText();
  std::vector<ViewItem> items;
  const auto problem = [&](auto append) -> std::string {
    try {
      append();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      return error.what();
    }
    return "accepted";
  };
  const SentenceView view(*tokenizer_, 64, 16);
  const ContextView context(*tokenizer_, 64, 16);
  for (const std::vector<uint16_t>* counts : {&few, &many, &other_word}) {
    const WordPieces whole = {ids, right}, wrong = {ids, *counts};
    for (const std::string& what : {problem([&] { view.Append(sentence, wrong, 0, &items); }),
                                    problem([&] { context.Append(sentence, wrong, whole, 0, &items); }),
                                    problem([&] { context.Append(sentence, whole, wrong, 0, &items); })})
      EXPECT_THAT(what, HasSubstr("pieces of a sentence from the token cache do not match its words"));
  }
}

TEST_F(CorpusCacheTest, RealCorporaReadTheSame) {
  const fs::path contexts = test::DataDir() / "clner_contexts/wnut17_bertscore_eos_doc_full/dev.txt";
  CLNER_NEEDS(contexts);
  const auto tokenizer = LoadTokenizer(test::TokenizerDir() / "roberta-base");
  for (const fs::path& path : {contexts, test::DataDir() / "conllpp/conllpp_test.txt"}) {
    CorpusCache none({}, *tokenizer, test::TokenizerDir() / "roberta-base");
    CorpusCache cache({.directory = root_ / "cache"}, *tokenizer, test::TokenizerDir() / "roberta-base");
    const std::string expected = Dump(none.Read(path.string(), kColumns, {}));
    EXPECT_EQ(Dump(cache.Read(path.string(), kColumns, {})), expected);
    const TokenizedCorpus warm = cache.Read(path.string(), kColumns, {});
    EXPECT_EQ(Dump(warm), expected);
    ExpectSameViews(warm, *tokenizer, 128);
  }
  EXPECT_EQ(Files().size(), 2u);
}

}  // namespace
}  // namespace clner
