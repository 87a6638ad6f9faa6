#include "data/word_lists.h"

#include <algorithm>
#include <array>

namespace clner {
namespace {

// The lists are sorted, which the compiler checks.
template <size_t n>
constexpr bool IsSorted(const std::array<std::string_view, n>& words) {
  return std::is_sorted(words.begin(), words.end());
}
template <size_t n>
bool Holds(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::binary_search(words.begin(), words.end(), word);
}

constexpr std::array<std::string_view, 36> kTitles = {
    "adm", "brig", "capt", "cmdr",   "col",  "cpl", "dr",  "drs",  "fr", "ft",  "gen",  "gov",
    "hon", "lt",   "maj",  "messrs", "mlle", "mme", "mr",  "mrs",  "ms", "mt",  "pres", "prof",
    "rep", "reps", "rev",  "sen",    "sens", "sgt", "sra", "srta", "st", "ste", "supt", "vs"};
static_assert(IsSorted(kTitles));

constexpr std::array<std::string_view, 17> kBeforeNumbers = {"art",  "arts", "ch",   "eq",  "eqs", "fig",
                                                             "figs", "no",   "nos",  "nr",  "p",   "para",
                                                             "pp",   "sec",  "sect", "vol", "vols"};
static_assert(IsSorted(kBeforeNumbers));

constexpr std::array<std::string_view, 88> kAbbreviations = {
    "abt",  "acad", "aka",  "al",   "approx", "apr",   "apt", "arch", "assn", "assoc", "asst", "aug",  "av",
    "ave",  "bldg", "blvd", "bros", "ca",     "calif", "cf",  "cie",  "co",   "colo",  "conn", "corp", "dec",
    "dept", "dist", "ed",   "eds",  "esp",    "etc",   "ext", "feb",  "fla",  "ga",    "govt", "inc",  "incl",
    "inst", "intl", "jan",  "jr",   "jul",    "jun",   "kan", "ky",   "lb",   "lbs",   "ltd",  "mfg",  "mich",
    "minn", "misc", "mo",   "mos",  "natl",   "neb",   "nev", "nov",  "oct",  "okla",  "oz",   "penn", "penna",
    "phd",  "plc",  "pt",   "pty",  "pvt",    "qtr",   "rd",  "repr", "sep",  "sept",  "soc",  "sr",   "supp",
    "tel",  "tenn", "tex",  "univ", "usu",    "va",    "vt",  "wis",  "yr",   "yrs"};
static_assert(IsSorted(kAbbreviations));

constexpr std::array<std::string_view, 43> kTopLevelDomains = {
    "ai", "au",  "biz", "br", "ca",  "ch", "cn", "co", "com", "cz",   "de", "dev", "dk", "edu", "es",
    "eu", "fi",  "fm",  "fr", "gov", "gr", "hu", "ie", "il",  "info", "io", "jp",  "kr", "ly",  "mil",
    "mx", "net", "nl",  "nz", "org", "pl", "pt", "ru", "se",  "tv",   "uk", "xyz", "za"};
static_assert(IsSorted(kTopLevelDomains));

constexpr std::array<std::string_view, 91> kSentenceStarts = {
    "a",         "about",   "according", "after",   "all",     "also",  "although", "among",     "an",      "another",
    "any",       "as",      "at",        "because", "before",  "both",  "but",      "by",        "despite", "during",
    "each",      "even",    "every",     "few",     "for",     "from",  "he",       "her",       "here",    "his",
    "how",       "however", "i",         "if",      "in",      "it",    "its",      "last",      "later",   "many",
    "meanwhile", "more",    "most",      "my",      "neither", "no",    "none",     "not",       "now",     "on",
    "once",      "one",     "only",      "other",   "others",  "our",   "several",  "she",       "since",   "so",
    "some",      "still",   "such",      "that",    "the",     "their", "then",     "there",     "these",   "they",
    "this",      "those",   "though",    "thus",    "to",      "two",   "under",    "until",     "we",      "what",
    "when",      "where",   "which",     "while",   "who",     "why",   "with",     "yesterday", "yet",     "you",
    "your"};
static_assert(IsSorted(kSentenceStarts));

}  // namespace

bool IsTitleAbbreviation(std::string_view word) { return Holds(kTitles, word); }
bool IsNumberAbbreviation(std::string_view word) { return Holds(kBeforeNumbers, word); }
bool IsAbbreviation(std::string_view word) { return Holds(kAbbreviations, word); }
bool IsTopLevelDomain(std::string_view word) { return Holds(kTopLevelDomains, word); }
bool OftenBeginsSentence(std::string_view word) { return Holds(kSentenceStarts, word); }

}  // namespace clner
