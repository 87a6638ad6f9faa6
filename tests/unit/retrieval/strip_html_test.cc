// Texts from the web without their marks.
#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <utility>

#include "retrieval/clean_text.h"

namespace clner {
namespace {

TEST(StripHtml, TagsGoAndTheirTextStays) {
  const std::pair<const char*, const char*> cases[] = {
      {"<em>Acme</em> Robotics", "Acme Robotics"},
      {"A<b class=\"x > y\">c</b>me", "Acme"},
      {"one<br>two<br/>three<p>four</P>", "one\ntwo\nthree\nfour\n"},
      {"<a href='https://a.example/?x=1'>site</a>", "site"},
      {"<e:Paris (France)>Paris</e> is", "Paris is"},
      {"text<!-- a <b> comment -->s", "texts"},
      {"<ref name=\"n\" />fact<nowiki>x</nowiki>", "factx"},
      {"<script>if (a<b) c();</script>text<style>p {}</style>", "text"},
      {"<h2>Title</h2>", "\nTitle\n"}};
  for (const auto& [text, stripped] : cases) EXPECT_EQ(StripHtml(text), stripped) << text;
}

TEST(StripHtml, WhatIsNoTagStays) {
  for (const char* text : {"",
                           "a < b",
                           "a <b",
                           "x <b and c> y",
                           "<3 you",
                           "a<",
                           "<",
                           "</",
                           "</>",
                           "<EOS> B-X",
                           "<unk>",
                           "<john@a.example>",
                           "<e>",
                           "<e:open",
                           "<bold>",
                           "<!-- open",
                           "<a href=\"open",
                           "1<2 && 3>2",
                           "AT&T",
                           "a & b",
                           "&unknown;",
                           "&amp",
                           "&;",
                           "&#;",
                           "&#x;",
                           "&#0;",
                           "&#xD800;",
                           "&#x110000;",
                           "&#99999999999;",
                           "&#12a;"})
    EXPECT_EQ(StripHtml(text), text);
  EXPECT_EQ(StripHtml("<script>open"), "open");
}

TEST(StripHtml, ReferencesAreDecodedOnce) {
  const std::pair<const char*, const char*> cases[] = {{"AT&amp;T", "AT&T"},
                                                       {"&amp;lt;b&gt;", "&lt;b>"},
                                                       {"&lt;b&gt;bold&lt;/b&gt;", "<b>bold</b>"},
                                                       {"caf&eacute; &Oslash;re", "caf\xC3\xA9 \xC3\x98re"},
                                                       {"a&nbsp;b",
                                                        "a\xC2\xA0"
                                                        "b"},
                                                       {"&yuml;&szlig;", "\xC3\xBF\xC3\x9F"},
                                                       {"1990&ndash;1999",
                                                        "1990\xE2\x80\x93"
                                                        "1999"},
                                                       {"&#39;&#x27;&#X1F600;", "''\xF0\x9F\x98\x80"}};
  for (const auto& [text, decoded] : cases) EXPECT_EQ(StripHtml(text), decoded) << text;
  EXPECT_EQ(CleanText(StripHtml("a&#8238;b&#0;&#10;c")), "ab&#0; c");  // hidden marks do not come in by references
}

// A hostile server must not keep the program busy.
TEST(StripHtml, TakesLinearTime) {
  for (const char* part :
       {"<", "<a ", "<a x=\"", "<a x='", "<!--", "<script>", "<style><script>", "<e:", "&", "&#", "</"}) {
    std::string text;
    while (text.size() < (size_t{1} << 18)) text += part;
    const std::clock_t start = std::clock();  // of the processor: others may keep it busy
    (void)StripHtml(text);
    EXPECT_LT(std::clock() - start, 2 * CLOCKS_PER_SEC) << part;
  }
}

}  // namespace
}  // namespace clner
