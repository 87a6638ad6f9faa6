#include "data/schemes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <sstream>

#include "core/random.h"
#include "data/tag_check.h"
#include "temp_file.h"

namespace clner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Tags = std::vector<std::string>;

const Scheme kAll[] = {Scheme::kIob1,  Scheme::kBio, Scheme::kBioes, Scheme::kBmes,
                       Scheme::kBilou, Scheme::kBie, Scheme::kIo};

Tags Words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}
std::string Show(const std::vector<Span>& spans) {
  std::string text;
  for (const Span& span : spans) {
    text += (text.empty() ? "" : " ") + span.type + ":" + std::to_string(span.begin_word) + "-" +
            std::to_string(span.end_word);
  }
  return text;
}
std::string Lenient(const std::string& tags, Scheme scheme = Scheme::kBio) {
  return Show(TagsToSpans(Words(tags), scheme));
}
std::string Strict(const std::string& tags, Scheme scheme) { return Show(TagsToSpansStrict(Words(tags), scheme)); }
int64_t Repaired(const std::string& tags, Scheme scheme) {
  int64_t repaired = 0;
  (void)TagsToSpans(Words(tags), scheme, &repaired);
  return repaired;
}
Scheme Detected(const std::vector<std::string>& sentences) {
  SchemeDetector detector;
  for (const std::string& sentence : sentences) detector.Add(Words(sentence));
  return detector.Detect();
}

TEST(Schemes, TagsSplitAtTheFirstHyphen) {
  const auto split = [](std::string_view tag) {
    const TagParts parts = SplitTag(tag);
    return std::string(1, parts.prefix) + "|" + std::string(parts.type);
  };
  EXPECT_EQ(split("B-creative-work"), "B|creative-work");
  EXPECT_EQ(split("I-PER.NAM"), "I|PER.NAM");
  EXPECT_EQ(split("O"), "O|");
  EXPECT_EQ(split("B"), "B|");
  EXPECT_EQ(split("U-x"), "U|x");
  for (const char* unknown : {"PER", "b-per", "B_PER", "O-PER", "BX-PER", "-X-", "X", ""}) {
    EXPECT_EQ(split(unknown), "?|" + std::string(unknown));
  }
}

TEST(Schemes, NamesParseInAnyCase) {
  for (const Scheme scheme : kAll) EXPECT_EQ(ParseScheme(Name(scheme)), scheme);
  EXPECT_EQ(ParseScheme("iob2"), Scheme::kBio);
  EXPECT_EQ(ParseScheme("IOBES"), Scheme::kBioes);
  const Error error = test::ErrorOf([] { (void)ParseScheme("BIOSE"); });
  EXPECT_EQ(error.code(), ErrorCode::kConfig);
  EXPECT_THAT(error.problems()[0].what, HasSubstr("unknown tag scheme 'BIOSE' (did you mean 'BIOES'?)"));
  EXPECT_THAT(error.problems()[0].fix, HasSubstr("BILOU"));
}

TEST(Schemes, LenientSpansFollowConlleval) {
  EXPECT_EQ(Lenient("B-P I-P O B-L"), "P:0-2 L:3-4");
  EXPECT_EQ(Lenient("I-P I-P O I-L"), "P:0-2 L:3-4") << "an I opens an entity";
  EXPECT_EQ(Lenient("B-P I-L I-L"), "P:0-1 L:1-3") << "another type opens one";
  EXPECT_EQ(Lenient("B-P B-P I-P"), "P:0-1 P:1-3");
  EXPECT_EQ(Lenient("B I O B"), ":0-2 :3-4") << "tags without types";
  EXPECT_EQ(Lenient(""), "");
  EXPECT_EQ(Lenient("O O"), "");
}

TEST(Schemes, LenientSpansKnowSinglesAndEnds) {
  EXPECT_EQ(Lenient("S-P S-P B-P E-P", Scheme::kBioes), "P:0-1 P:1-2 P:2-4");
  EXPECT_EQ(Lenient("B-O S-O E-O O E-P", Scheme::kBioes), "O:0-1 O:1-2 O:2-3 P:4-5");
  EXPECT_EQ(Lenient("E-P E-P I-P", Scheme::kBioes), "P:0-1 P:1-2 P:2-3");
  EXPECT_EQ(Lenient("U-P B-P L-P B-P I-P L-P", Scheme::kBilou), "P:0-1 P:1-3 P:3-6");
  EXPECT_EQ(Lenient("B-P M-P E-P S-P", Scheme::kBmes), "P:0-3 P:3-4");
  EXPECT_EQ(Lenient("B-P O B-P E-P B-P B-P I-P E-P", Scheme::kBie), "P:0-1 P:2-4 P:4-5 P:5-8");
  EXPECT_EQ(Lenient("PER PER O LOC PER", Scheme::kIo), "PER:0-2 LOC:3-4 PER:4-5");
}

TEST(Schemes, RepairsAreCountedPerTransition) {
  EXPECT_EQ(Repaired("B-P I-P O B-L", Scheme::kBio), 0);
  EXPECT_EQ(Repaired("I-P O I-P B-P I-L", Scheme::kBio), 3);
  EXPECT_EQ(Repaired("I-P B-P O", Scheme::kIob1), 0);
  EXPECT_EQ(Repaired("B-P O", Scheme::kIob1), 1);
  EXPECT_EQ(Repaired("B-P O", Scheme::kBioes), 1);
  EXPECT_EQ(Repaired("B-P", Scheme::kBioes), 1) << "the end of the sentence counts";
  EXPECT_EQ(Repaired("O E-P", Scheme::kBioes), 1);
  EXPECT_EQ(Repaired("B-P", Scheme::kBie), 0);
  EXPECT_EQ(Repaired("B-P I-P", Scheme::kBie), 1);
  EXPECT_EQ(Repaired("S-P", Scheme::kBio), 1) << "a letter of another scheme";
  EXPECT_EQ(Repaired("", Scheme::kBioes), 0);
}

// Expected values of seqeval 1.2.2, classification with mode='strict'.
TEST(Schemes, StrictSpansFollowSeqeval) {
  EXPECT_EQ(Strict("B-P I-P O I-L", Scheme::kBio), "P:0-2");
  EXPECT_EQ(Strict("B-P I-L B-L", Scheme::kBio), "P:0-1 L:2-3");
  EXPECT_EQ(Strict("B-P I-P O", Scheme::kBioes), "");
  EXPECT_EQ(Strict("B-P I-P S-L", Scheme::kBioes), "L:2-3");
  EXPECT_EQ(Strict("B-P I-P E-P E-P S-L", Scheme::kBioes), "P:0-3 L:4-5");
  EXPECT_EQ(Strict("B-P I-P L-P U-L B-P", Scheme::kBilou), "P:0-3 L:3-4");
  EXPECT_EQ(Strict("I-P I-P B-P I-L", Scheme::kIob1), "P:0-2 P:2-3 L:3-4");
  EXPECT_EQ(Strict("O B-P I-P", Scheme::kIob1), "P:2-3");
  EXPECT_EQ(Strict("B-P O B-P I-P E-P B-P I-P", Scheme::kBie), "P:0-1 P:2-5");
  EXPECT_EQ(Strict("B-P M-P E-P B-P M-P", Scheme::kBmes), "P:0-3");
}

TEST(Schemes, DetectionNamesTheScheme) {
  EXPECT_EQ(Detected({"B-P I-P O", "B-L"}), Scheme::kBio);
  EXPECT_EQ(Detected({"I-P I-P O", "I-L B-L"}), Scheme::kIob1);
  EXPECT_EQ(Detected({"I-P I-P O"}), Scheme::kIob1);
  EXPECT_EQ(Detected({"B-P E-P S-P O"}), Scheme::kBioes);
  EXPECT_EQ(Detected({"B-P E-P O"}), Scheme::kBioes) << "no entity of one word";
  EXPECT_EQ(Detected({"B-P E-P O B-P"}), Scheme::kBie);
  EXPECT_EQ(Detected({"B-P M-P E-P"}), Scheme::kBmes);
  EXPECT_EQ(Detected({"B-P L-P O"}), Scheme::kBilou);
  EXPECT_EQ(Detected({"U-P O"}), Scheme::kBilou);
  EXPECT_EQ(Detected({"PER PER O"}), Scheme::kIo);
  EXPECT_EQ(Detected({"B I O"}), Scheme::kBio);
  EXPECT_EQ(Detected({"O O"}), Scheme::kBio);
  EXPECT_EQ(Detected({"B-P I-P", "B-P O B-P", "O I-P"}), Scheme::kBio) << "one ill-formed tag does not decide";
}

std::vector<Span> RandomSpans(Random* random, int64_t words, bool merge_free) {
  const std::string types[] = {"PER", "creative-work", "LOC.NAM", ""};
  std::vector<Span> spans;
  for (int64_t at = 0; at < words;) {
    if (random->Below(3) == 0) {
      ++at;
      continue;
    }
    const int64_t end =
        at + 1 + static_cast<int64_t>(random->Below(static_cast<uint64_t>(std::min<int64_t>(5, words - at))));
    const std::string& type = types[random->Below(4)];
    if (merge_free && !spans.empty() && spans.back().end_word == at && spans.back().type == type) {
      ++at;
      continue;
    }
    spans.push_back({at, end, type});
    at = end;
  }
  return spans;
}

TEST(Schemes, SpansToTagsToSpansIsTheIdentity) {
  for (const Scheme scheme : kAll) {
    for (uint64_t seed = 1; seed <= 500; ++seed) {
      SCOPED_TRACE(std::string(Name(scheme)) + " seed " + std::to_string(seed));
      Random random(seed);
      const auto words = static_cast<int64_t>(random.Below(20));
      const std::vector<Span> spans = RandomSpans(&random, words, scheme == Scheme::kIo);
      const Tags tags = SpansToTags(spans, words, scheme);
      int64_t repaired = 0;
      ASSERT_EQ(Show(TagsToSpans(tags, scheme, &repaired)), Show(spans));
      ASSERT_EQ(repaired, 0) << "what is written is well-formed";
      ASSERT_EQ(Show(TagsToSpansStrict(tags, scheme)), Show(spans));
    }
  }
}

TEST(Schemes, LenientAndStrictAgreeOnWellFormedRandomTags) {
  for (const Scheme scheme : kAll) {
    const Tags alphabet = SchemeTags({"P", "L"}, scheme);
    for (uint64_t seed = 1; seed <= 500; ++seed) {
      Random random(seed);
      Tags tags(random.Below(8));
      for (std::string& tag : tags) tag = alphabet[random.Below(alphabet.size())];
      int64_t repaired = 0;
      const std::vector<Span> lenient = TagsToSpans(tags, scheme, &repaired);
      int64_t last = 0;
      for (const Span& span : lenient) {
        ASSERT_LE(last, span.begin_word);
        ASSERT_LT(span.begin_word, span.end_word);
        last = span.end_word;
      }
      ASSERT_LE(last, static_cast<int64_t>(tags.size()));
      if (repaired == 0) {
        ASSERT_EQ(TagsToSpansStrict(tags, scheme), lenient) << Name(scheme) << " seed " << seed;
      }
    }
  }
}

TEST(Schemes, TagsOfALabelSet) {
  EXPECT_THAT(SchemeTags({"P"}, Scheme::kBioes), ElementsAre("O", "B-P", "I-P", "E-P", "S-P"));
  EXPECT_THAT(SchemeTags({"P", "L"}, Scheme::kBio), ElementsAre("O", "B-P", "I-P", "B-L", "I-L"));
  EXPECT_THAT(SchemeTags({"P"}, Scheme::kBmes), ElementsAre("O", "B-P", "M-P", "E-P", "S-P"));
  EXPECT_THAT(SchemeTags({"P"}, Scheme::kBilou), ElementsAre("O", "B-P", "I-P", "L-P", "U-P"));
  EXPECT_THAT(SchemeTags({"P"}, Scheme::kBie), ElementsAre("O", "B-P", "I-P", "E-P"));
  EXPECT_THAT(SchemeTags({"P"}, Scheme::kIo), ElementsAre("O", "I-P"));
  EXPECT_THAT(SchemeTags({""}, Scheme::kBio), ElementsAre("O", "B", "I"));
}

// A path is legal by the constraints exactly if it is what some spans are written as.
TEST(Schemes, ConstraintsAllowExactlyTheWellFormedPaths) {
  for (const Scheme scheme : kAll) {
    const Tags tags = SchemeTags({"P", "L"}, scheme);
    const SchemeConstraints allowed = Constraints(tags, scheme);
    const size_t k = tags.size();
    const int words = k > 7 ? 3 : 4;
    size_t total = 1;
    for (int i = 0; i < words; ++i) total *= k;
    for (size_t code = 0; code < total; ++code) {
      std::vector<size_t> path;
      for (size_t rest = code; path.size() < static_cast<size_t>(words); rest /= k) path.push_back(rest % k);
      bool legal = allowed.start[path.front()] != 0 && allowed.end[path.back()] != 0;
      Tags text = {tags[path.front()]};
      for (size_t i = 1; i < path.size(); ++i) {
        legal = legal && allowed.transitions[path[i - 1] * k + path[i]] != 0;
        text.push_back(tags[path[i]]);
      }
      const bool written = SpansToTags(TagsToSpans(text, scheme), words, scheme) == text;
      ASSERT_EQ(legal, written) << Name(scheme) << " " << ::testing::PrintToString(text);
    }
  }
}

TEST(Schemes, UnknownTagCountsAsOutsideInConstraints) {
  const SchemeConstraints allowed = Constraints({"<unk>", "O", "B-P", "E-P"}, Scheme::kBioes);
  EXPECT_EQ(allowed.start[0], 1);
  EXPECT_EQ(allowed.transitions[0 * 4 + 2], 1);
  EXPECT_EQ(allowed.transitions[2 * 4 + 0], 0);
}

TEST(TagCheck, EveryComplaintHasAHint) {
  const struct {
    const char* tag;
    bool types_only;
    const char* what;
    const char* fix;
  } cases[] = {
      {"B-corporation,B-person", false, "tag 'B-corporation,B-person' joins several tags", "keep one tag a word"},
      {"O|B-person", false, "joins several tags", "keep one tag a word"},
      {"B_PER", false, "tag 'B_PER' separates prefix and type by '_'", "'B-PER'"},
      {"i:per", true, "separates prefix and type by ':'", "'I-per'"},
      {"b-per", true, "tag 'b-per' has a lower-case prefix", "'B-per'"},
      {"b", true, "tag 'b' has a lower-case prefix", "'B'"},
      {"PER-B", true, "tag 'PER-B' has its prefix at the end", "'B-PER'"},
      {"PER", false, "tag 'PER' has no known prefix", "'B-PER' or 'I-PER'"},
      {"0", true, "did you mean 'O'?", "'O'"},
      {"o", true, "did you mean 'O'?", "'O'"},
      {"", true, "tag is empty", "'O'"},
      {"B-", true, "tag 'B-' has no type behind the hyphen", "'B-TYPE'"},
      {"O-PER", true, "tag 'O-PER' has a type behind 'O'", "write 'O'"},
      {"None", true, "tag 'None' is not a tag (did you mean 'O'?)", "write 'O'"},
      {"_", true, "tag '_' is not a tag (did you mean 'O'?)", "choose another tag column"},
      {"-", false, "tag '-' is not a tag (did you mean 'O'?)", "write 'O'"},
      {"B\u2013PER", false, "separates prefix and type by '\u2013'", "'B-PER'"},
      {"i\u2212per", true, "separates prefix and type by '\u2212'", "'I-per'"},
      {"B\u2013", false, "has no known prefix", "choose another tag column"},
  };
  for (const auto& c : cases) {
    const std::optional<TagComplaint> complaint = CheckTag(c.tag, c.types_only);
    ASSERT_TRUE(complaint.has_value()) << c.tag;
    EXPECT_THAT(complaint->what, HasSubstr(c.what));
    EXPECT_THAT(complaint->fix, HasSubstr(c.fix));
  }
}

TEST(TagCheck, GoodTagsPass) {
  for (const char* tag : {"O", "B", "I", "B-PER", "I-creative-work", "B-PER.NAM", "U-x", "B-a,b", "B-x_y"}) {
    EXPECT_FALSE(CheckTag(tag, false).has_value()) << tag;
  }
  EXPECT_FALSE(CheckTag("PER", true).has_value());
  EXPECT_FALSE(CheckTag("creative-work", true).has_value());
}

}  // namespace
}  // namespace clner
