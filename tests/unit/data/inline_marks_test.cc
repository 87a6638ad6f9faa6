#include "data/inline_marks.h"

#include <gtest/gtest.h>

#include "core/random.h"

namespace clner {
namespace {

struct Read {
  std::string text = {};
  std::vector<std::string> spans = {};  ///< begin-end:type
};

/// Reads marks back by the rules of docs/formats.md.
Read ReadMarks(std::string_view line) {
  Read read;
  size_t begin = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      read.text += line[++i];
    } else if (line[i] == '[') {
      begin = read.text.size();
    } else if (line[i] == ']') {
      std::string type;
      for (i += 2; line[i] != ')'; ++i) type += line[i] == '\\' ? line[++i] : line[i];
      read.spans.push_back(std::to_string(begin) + "-" + std::to_string(read.text.size()) + ":" + type);
    } else {
      read.text += line[i];
    }
  }
  return read;
}

TEST(InlineMarks, EntitiesAreBracketed) {
  EXPECT_EQ(WithMarks("Jane Doe in Bonn.", {{0, 8, "PER"}, {12, 16, "LOC"}}), "[Jane Doe](PER) in [Bonn](LOC).");
  EXPECT_EQ(WithMarks("a [b](c) \\ d", {{2, 5, "x(y)\\"}}), "a [\\[b\\]](x\\(y\\)\\\\)(c) \\\\ d");
  EXPECT_EQ(WithMarks("", {}), "");
}

TEST(InlineMarks, RandomTextRoundTrips) {
  static constexpr std::string_view kAlphabet = "ab[]()\\ \xF0\x9F\x98\x80";
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const auto text_of = [&](uint64_t longest) {
      std::string text;
      for (uint64_t i = random.Below(longest); i > 0; --i) text += kAlphabet[random.Below(kAlphabet.size())];
      return text;
    };
    const std::string text = text_of(30);
    std::vector<std::string> types, expected;
    std::vector<MarkedSpan> spans;
    types.reserve(text.size());
    for (size_t at = random.Below(4); at < text.size(); at += random.Below(3)) {
      const size_t end = std::min<size_t>(text.size(), at + 1 + random.Below(5));
      spans.push_back({at, end, types.emplace_back(text_of(5))});
      expected.push_back(std::to_string(at) + "-" + std::to_string(end) + ":" + types.back());
      at = end;
    }
    const Read read = ReadMarks(WithMarks(text, spans));
    EXPECT_EQ(read.text, text);
    EXPECT_EQ(read.spans, expected);
  }
}

}  // namespace
}  // namespace clner
