#include "retrieval/passages.h"

#include <utility>

#include "data/raw_text.h"
#include "data/unicode_class.h"
#include "retrieval/clean_text.h"

namespace clner {
namespace {

constexpr std::pair<PassageUnit, const char*> kNames[] = {
    {PassageUnit::kSentence, "sentence"}, {PassageUnit::kParagraph, "paragraph"}, {PassageUnit::kDocument, "document"}};

void AddPassage(std::string_view text, std::vector<std::string>* passages) {
  const std::string clean = CleanText(text);
  for (std::string_view rest = clean; !rest.empty();) {
    const size_t size = WholeWords(rest, kMaxPassageBytes).size();
    if (HasLetterOrDigit(rest.substr(0, size))) passages->emplace_back(rest.substr(0, size));
    rest.remove_prefix(size);
    if (rest.starts_with(' ')) rest.remove_prefix(1);
  }
}

}  // namespace

const char* Name(PassageUnit unit) { return kNames[static_cast<size_t>(unit)].second; }

std::optional<PassageUnit> ParsePassageUnit(std::string_view name) {
  for (const auto& [unit, known] : kNames) {
    if (name == known) return unit;
  }
  return std::nullopt;
}

std::vector<std::string> CutPassages(std::string_view text, PassageUnit unit) {
  std::vector<std::string> passages;
  switch (unit) {
    case PassageUnit::kSentence:
      for (const TextSentence& sentence : SegmentText(text)) {
        const size_t begin = sentence.words.front().begin_byte, end = sentence.words.back().end_byte;
        AddPassage(text.substr(begin, end - begin), &passages);
      }
      break;
    case PassageUnit::kParagraph:
      for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find_first_of("\r\n", at), text.size());
        AddPassage(text.substr(at, end - at), &passages);
        at = end + 1;
      }
      break;
    case PassageUnit::kDocument:
      AddPassage(text, &passages);
      break;
  }
  return passages;
}

}  // namespace clner
