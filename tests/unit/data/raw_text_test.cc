#include "data/raw_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/random.h"
#include "core/utf8.h"
#include "data/column_file.h"
#include "data/text_clusters.h"
#include "support/cpu_time.h"
#include "support/shared_data.h"

namespace clner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Every sentence as its words with "|" between them.
std::vector<std::string> Cut(std::string_view text, const RawTextOptions& options = {}) {
  std::vector<std::string> sentences;
  for (const TextSentence& sentence : SegmentText(text, options)) {
    std::string& joined = sentences.emplace_back();
    for (const std::string& word : Surfaces(text, sentence)) joined += (joined.empty() ? "" : "|") + word;
  }
  return sentences;
}

/// What must hold for every text: words are in order, not empty, apart, have equal ranges in both units, and leave out
/// white space only. Returns what is wrong.
std::string Violation(std::string_view text, const std::vector<TextSentence>& sentences) {
  const std::u32string code_points = DecodeUtf8(text);
  size_t at = 0, byte = 0;
  const auto skip_blanks = [&](size_t end) {
    for (; at < end; ++at) {
      if (!IsWhiteSpace(code_points[at])) return false;
      byte += EncodeUtf8(std::u32string_view(code_points).substr(at, 1)).size();
    }
    return true;
  };
  for (const TextSentence& sentence : sentences) {
    if (sentence.words.empty()) return "empty sentence";
    for (const TextWord& word : sentence.words) {
      if (word.begin < at || word.end <= word.begin || word.end > code_points.size()) return "range of a word";
      if (!skip_blanks(word.begin)) return "character outside the words";
      if (word.begin_byte != byte) return "bytes of a word";
      const std::u32string_view expected = std::u32string_view(code_points).substr(at, word.end - at);
      if (Surface(text, word) != EncodeUtf8(expected)) return "surface of a word";
      for (const char32_t c : expected) {
        if (IsWhiteSpace(c)) return "white space in a word";
      }
      at = word.end;
      byte = word.end_byte;
    }
  }
  return skip_blanks(code_points.size()) ? "" : "character behind the words";
}

void ExpectSound(const std::string& text) {
  for (const RawTextOptions& options :
       {RawTextOptions{}, RawTextOptions{.line_is_sentence = false}, RawTextOptions{.tokenized = true}})
    EXPECT_EQ(Violation(text, SegmentText(text, options)), "") << Printable(text, 500);
}

TEST(RawText, EnglishWordsAreThoseOfConll) {
  EXPECT_THAT(Cut("O'Brien doesn't like rock-n-roll, can't he? We've seen Jane's (old) car."),
              ElementsAre("O'Brien|does|n't|like|rock-n-roll|,|ca|n't|he|?", "We|'ve|seen|Jane|'s|(|old|)|car|."));
  EXPECT_THAT(Cut("It 's the boys' room, shouldn't've \"quoted\" it\u2019s"),
              ElementsAre("It|'s|the|boys|'|room|,|should|n't|'ve|\"|quoted|\"|it|\u2019s"));
  EXPECT_THAT(Cut("US/UK AT&T's pre- and post-war S.p.A. snake_case -- well... so!!"),
              ElementsAre("US|/|UK|AT&T|'s|pre-|and|post-war|S.p.A.|snake_case|--|well|...|so|!!"));
}

TEST(RawText, NumbersStayWhole) {
  EXPECT_THAT(Cut("$1,000.50 or US$5 is 3.5% of 10,000; 6-4, 1/2, 7:30, +44, .500, -5 and 1996-12-06."),
              ElementsAre("$|1,000.50|or|US$|5|is|3.5|%|of|10,000|;|6-4|,|1/2|,|7:30|,|+44|,|.500|,|-|5|and|"
                          "1996-12-06|."));
  EXPECT_THAT(Cut("3. Jane Doe 2:29.34"), ElementsAre("3.|Jane|Doe|2:29.34"));
  EXPECT_THAT(Cut("a 10-year-old \u20AC20 C++ 18+ C#"), ElementsAre("a|10-year-old|\u20AC|20|C++|18+|C#"));
}

TEST(RawText, WebWordsStayWhole) {
  EXPECT_THAT(Cut("see (https://example.org/a_(b)?x=1&y=2), or www.example.org. Mail jane.doe@mail.example.org!"),
              ElementsAre("see|(|https://example.org/a_(b)?x=1&y=2|)|,|or|www.example.org|.",
                          "Mail|jane.doe@mail.example.org|!"));
  EXPECT_THAT(Cut("@jane_doe's #tag2 &amp; &#39; example.com/x?y=1, bbc.co.uk: https://t.co/ab\u2026"),
              ElementsAre("@jane_doe|'s|#tag2|&amp;|&#39;|example.com/x?y=1|,|bbc.co.uk|:|https://t.co/ab\u2026"));
  EXPECT_THAT(Cut("nice:) :-( ;P =D <3 ^_^ :'( f:x http:/ a@b @ 5 # 6"),
              ElementsAre("nice|:)|:-(|;P|=D|<3|^_^|:'(|f|:|x|http|:|/|a@b|@|5|#|6"));
  EXPECT_THAT(Cut("mailto:jane@example.org ssh://host:22/a. e.g. work...don't"),
              ElementsAre("mailto:jane@example.org|ssh://host:22/a|.|e.g.|work|...|do|n't"));
}

TEST(RawText, AbbreviationsKeepTheirFullStopInsideSentences) {
  EXPECT_THAT(Cut("Mr. J. R. Smith of Acme Corp. left the U.S. for St. Ives on Jan. 5, No. 5 of 9."),
              ElementsAre("Mr.|J.|R.|Smith|of|Acme|Corp.|left|the|U.S.|for|St.|Ives|on|Jan.|5|,|No.|5|of|9|."));
  // The last full stop is that of the sentence, as in CoNLL-2003.
  EXPECT_THAT(Cut("He left the U.S. The U.S.-led force stayed at Acme Inc."),
              ElementsAre("He|left|the|U.S|.", "The|U.S.-led|force|stayed|at|Acme|Inc|."));
  EXPECT_THAT(Cut("Did he? No. She did."), ElementsAre("Did|he|?", "No|.", "She|did|."));
}

TEST(RawText, SentencesEndAtMarksBeforeWhatCanBeginOne) {
  EXPECT_THAT(Cut("\"Stop!\" he said. \"Go.\" She went (quickly.) 5 left. @jane saw... Then what?! \u00BFQu\u00E9?"),
              ElementsAre("\"|Stop|!|\"|he|said|.", "\"|Go|.|\"", "She|went|(|quickly|.|)", "5|left|.", "@jane|saw|...",
                          "Then|what|?!", "\u00BF|Qu\u00E9|?"));
  EXPECT_THAT(Cut("What\u203C Go \u2049\uFE0F Now"), ElementsAre("What|\u203C", "Go|\u2049\uFE0F", "Now"));
  EXPECT_THAT(Cut("Yahoo! is big. see 3.5 or a.b. ok, end.Next one"),
              ElementsAre("Yahoo|!|is|big|.|see|3.5|or|a.b.|ok|,|end|.", "Next|one"));
  EXPECT_THAT(Cut("He said . \" Go ( now . ) Yes . \""), ElementsAre("He|said|.", "\"|Go|(|now|.|)", "Yes|.|\""));
}

TEST(RawText, ScriptsWithoutBlanksAreCutByCharacter) {
  EXPECT_THAT(Cut("\u6211\u7231\u5317\u4EAC\u3002\u201C\u597D\uFF01\u201D\u4ED6\u8BF42024\u5E74NBA"),
              ElementsAre("\u6211|\u7231|\u5317|\u4EAC|\u3002", "\u201C|\u597D|\uFF01|\u201D",
                          "\u4ED6|\u8BF4|2024|\u5E74|NBA"));
  EXPECT_THAT(Cut("\u30AB\u30BF\u30AB\u30CA\u3068\u3072\u3089"),
              ElementsAre("\u30AB\u30BF\u30AB\u30CA|\u3068|\u3072|\u3089"));
  EXPECT_THAT(Cut("\u0E20\u0E32\u0E29\u0E34"), ElementsAre("\u0E20|\u0E32|\u0E29\u0E34"));
  EXPECT_THAT(Cut("https://t.co/abc\u3002\u8C22\u8C22"), ElementsAre("https://t.co/abc|\u3002", "\u8C22|\u8C22"));
  EXPECT_THAT(
      Cut("\uC11C\uC6B8\uC5D0 \uAC04\uB2E4. \u0645\u0631\u062D\u0628\u0627\u061F \u0646\u0639\u0645"),
      ElementsAre("\uC11C\uC6B8\uC5D0|\uAC04\uB2E4|.", "\u0645\u0631\u062D\u0628\u0627|\u061F", "\u0646\u0639\u0645"));
}

TEST(RawText, ClustersAreNeverCut) {
  EXPECT_THAT(Cut("\U0001F468\u200D\U0001F469\u200D\U0001F467\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7"
                  "1\uFE0F\u20E3\U0001F44D\U0001F3FD\u2764\uFE0F"),
              ElementsAre("\U0001F468\u200D\U0001F469\u200D\U0001F467|\U0001F1E9\U0001F1EA|\U0001F1EB\U0001F1F7|"
                          "1\uFE0F\u20E3|\U0001F44D\U0001F3FD|\u2764\uFE0F"));
  EXPECT_THAT(Cut("e\u0301te\u0301 \u0301x ,\u0301."), ElementsAre("e\u0301te\u0301|\u0301x|,\u0301|."));
  // Invisible characters belong to a word, so that nothing but white space stands outside.
  EXPECT_THAT(Cut("\u200Ba\u200B.\uFEFF \u200E"), ElementsAre("\u200Ba\u200B|.\uFEFF|\u200E"));
  EXPECT_THAT(Cut("U.S.\u200E"), ElementsAre("U.S|.\u200E"));
  EXPECT_THAT(Cut("M\uFFFDller"), ElementsAre("M\uFFFDller"));
}

TEST(RawText, LineEndsAndBlanks) {
  const std::string text = "Jane\u00A0Doe\nran\r\n\r\nto\u3000Bonn \n \n x\u2029y";
  EXPECT_THAT(Cut(text), ElementsAre("Jane|Doe", "ran", "to|Bonn", "x", "y"));
  EXPECT_THAT(Cut(text, {.line_is_sentence = false}), ElementsAre("Jane|Doe|ran", "to|Bonn", "x|y"));
  EXPECT_THAT(Cut("It's  3.5%.\t\u3000(ok)\n\nHe said. No", {.tokenized = true}),
              ElementsAre("It's|3.5%.|(ok)", "He|said.|No"));
  for (const char* empty : {"", " ", "\n\n", "\u3000\t"}) {
    EXPECT_THAT(Cut(empty), IsEmpty());
    EXPECT_THAT(Cut(empty, {.tokenized = true}), IsEmpty());
  }
}

TEST(RawText, RangesFindTheirWords) {
  const std::string text = "J\u00FCrgen Doe-Roe ran. He won.";
  const std::vector<TextSentence> sentences = SegmentText(text);
  ASSERT_THAT(sentences, SizeIs(2));
  const auto expect = [&](size_t begin, size_t end, size_t sentence, int64_t first, int64_t last, bool exact) {
    const std::optional<TextWordRange> range = WordsOfRange(sentences, begin, end);
    ASSERT_TRUE(range.has_value()) << begin << "-" << end;
    EXPECT_EQ(range->sentence, sentence);
    EXPECT_EQ(range->begin_word, first);
    EXPECT_EQ(range->end_word, last);
    EXPECT_EQ(range->exact, exact);
  };
  expect(0, 14, 0, 0, 2, true);
  expect(7, 10, 0, 1, 2, false);
  expect(6, 14, 0, 1, 2, false);  // begins with a blank
  expect(20, 22, 1, 0, 1, true);
  for (const auto& [begin, end] : std::vector<std::pair<size_t, size_t>>{{6, 7}, {3, 3}, {5, 3}, {15, 22}, {27, 30}})
    EXPECT_FALSE(WordsOfRange(sentences, begin, end).has_value()) << begin << "-" << end;
}

TEST(RawText, RandomTextIsSound) {
  // Parts that the rules look at, and characters that are hard to keep together.
  const std::vector<std::string> parts = {"a",          "Ab",         "U.S.",       "Mr.",        "n't",
                                          "'s",         "'",          "\u2019",     "\"",         ".",
                                          "...",        "\u2026",     "!",          "?",          ",",
                                          ":",          ";",          "-",          "_",          "/",
                                          "@",          "#",          "&",          "&amp;",      "$",
                                          "%",          "+",          "*",          "=",          "<",
                                          ">",          "(",          ")",          "[",          "]",
                                          "\\",         "http://",    "www.",       "x@y.org",    "example.com",
                                          ":)",         ":",          "^_^",        "1",          "23",
                                          ",000",       "No.",        " ",          " ",          " ",
                                          "\t",         "\n",         "\r\n",       "\u00A0",     "\u3000",
                                          "\u2028",     "\u200B",     "\u200D",     "\uFE0F",     "\uFEFF",
                                          "\u0301",     "\u20E3",     "\u6211",     "\u3002",     "\uFF01",
                                          "\u30AB",     "\u3072",     "\u0E01",     "\u0E33",     "\u1100",
                                          "\u1161",     "\uAC00",     "\u05D0",     "\u0646",     "\u0600",
                                          "\U0001F468", "\U0001F3FD", "\U0001F1E9", "\U000E0067", "\U0010FFFF",
                                          "\uE000",     "\x01",       "\x7F",       "\uFFFD",     std::string(1, '\0')};
  for (uint64_t seed = 0; seed < 4000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::string text;
    for (uint64_t i = 1 + random.Below(30); i > 0; --i) {
      if (random.Below(8) == 0) {
        AppendUtf8(static_cast<char32_t>(random.Below(0x110000)), &text);
      } else {
        text += parts[random.Below(parts.size())];
      }
    }
    ExpectSound(text);
    if (HasFailure()) break;
  }
}

TEST(RawText, TimeIsLinear) {
  const auto seconds = [](const std::string& part, size_t bytes) {
    std::string text;
    while (text.size() < bytes) text += part;
    const double begin = test::CpuSeconds();
    EXPECT_EQ(Violation(text, SegmentText(text)), "") << part;
    return test::CpuSeconds() - begin;
  };
  for (const char* part : {"a",
                           "a.",
                           "a.b@",
                           "a's",
                           "x_",
                           "__ ",
                           ":",
                           ":)",
                           "((",
                           "http://",
                           "http://.",
                           "www.",
                           "&",
                           "'",
                           "^_",
                           "a-",
                           "-",
                           "A.",
                           "Mr.",
                           ". ",
                           "\u0301",
                           "a\u200D",
                           "\U0001F1E9",
                           "\U0001F468\u200D",
                           "\u6211\u3002",
                           "\u200B",
                           "\" ",
                           ".\"",
                           "No. ",
                           "1,",
                           "a*",
                           "=(",
                           "@a",
                           "#",
                           ") ",
                           ".) "}) {
    EXPECT_LT(seconds(part, 1 << 20), 8) << part;  // the square would take hours
  }
}

TEST(RawText, RealTextIsSound) {
  CLNER_NEEDS(test::DataDir());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test::DataDir())) {
    if (!entry.is_regular_file()) continue;
    SCOPED_TRACE(entry.path());
    std::ifstream file(entry.path());
    std::string line;
    for (int i = 0; i < 3000 && std::getline(file, line) && !HasFailure(); ++i)
      ExpectSound(ReplaceInvalidUtf8(line, nullptr));
  }
}

/// Words of a column file, joined as text is written: no blank before closing marks and clitics, none behind opening
/// ones.
std::string AsText(const std::vector<std::string>& words) {
  std::string text;
  bool quoted = false, glue = true;
  for (const std::string& word : words) {
    const bool quote = word == "\"";
    const bool clitic = word == "n't" || word == "N'T" || (word.size() <= 3 && word.size() > 1 && word[0] == '\'');
    const bool closing = word.size() == 1 && std::string_view(".,;:?!)]}%").find(word[0]) != std::string_view::npos;
    if (!glue && !closing && !clitic && !(quote && quoted)) text += ' ';
    text += word;
    if (quote) quoted = !quoted;
    const bool opening = word.size() == 1 && std::string_view("([{$").find(word[0]) != std::string_view::npos;
    glue = opening || (quote && quoted) || (word.size() > 1 && word.back() == '$');
  }
  return text;
}

struct Share {
  const char* path;
  double words;  ///< least share of words that come back
};
void PrintTo(const Share& share, std::ostream* out) { *out << share.path; }

class RawTextShare : public ::testing::TestWithParam<Share> {};

TEST_P(RawTextShare, WordsOfCorporaComeBack) {
  const std::filesystem::path path = test::DataDir() / GetParam().path;
  CLNER_NEEDS(path);
  ColumnReader reader(path.string(), {});
  int64_t words = 0, equal = 0;
  while (const std::optional<ColumnSentence> rows = reader.Next()) {
    std::vector<std::string> expected;
    for (const ColumnRow& row : rows->rows) expected.emplace_back(row.fields.front());
    const std::string text = AsText(expected);
    const std::vector<TextSentence> sentences = SegmentText(text);
    ASSERT_EQ(Violation(text, sentences), "") << Printable(text, 500);
    std::vector<std::string> found;
    for (const TextSentence& sentence : sentences) {
      for (std::string& word : Surfaces(text, sentence)) found.push_back(std::move(word));
    }
    size_t f = 0, found_end = 0, end = 0;
    for (const std::string& word : expected) {
      const size_t begin = end;
      end += word.size();
      while (f < found.size() && found_end < begin) found_end += found[f++].size();
      equal += f < found.size() && found_end == begin && found[f] == word ? 1 : 0;
      ++words;
    }
  }
  RecordProperty("words_that_come_back", std::to_string(equal) + " of " + std::to_string(words));
  EXPECT_GE(static_cast<double>(equal), GetParam().words * static_cast<double>(words)) << equal << " of " << words;
}

INSTANTIATE_TEST_SUITE_P(Data, RawTextShare,
                         ::testing::Values(Share{"conllpp/conllpp_train.txt", 0.999},
                                           Share{"conllpp/conllpp_dev.txt", 0.999},
                                           Share{"conllpp/conllpp_test.txt", 0.999},
                                           Share{"wnut17/wnut17train.conll", 0.95},
                                           Share{"wnut17/emerging.test.annotated", 0.95},
                                           Share{"bc5cdr/IOB/test.tsv", 0.99}, Share{"ncbi/IOB/test.tsv", 0.98}));

}  // namespace
}  // namespace clner
