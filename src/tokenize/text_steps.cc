#include "tokenize/text_steps.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/utf8.h"
#include "tokenize/bert_tables.h"

namespace clner {
namespace {

/// A short word may grow to this length.
constexpr size_t kFreeBytes = 4096;

void Apply(const StripStep& step, std::string* text) {
  std::string_view rest = *text;
  if (step.left) {
    for (size_t length; !rest.empty() && (length = WhiteSpaceAt(rest, 0)) > 0;) rest.remove_prefix(length);
  }
  while (step.right && !rest.empty()) {
    size_t begin = rest.size() - 1;
    while ((static_cast<unsigned char>(rest[begin]) & 0xC0) == 0x80) --begin;
    if (WhiteSpaceAt(rest, begin) == 0) break;
    rest.remove_suffix(rest.size() - begin);
  }
  if (rest.size() != text->size()) *text = std::string(rest);
}

void Apply(const ReplaceStep& step, std::string* text) {
  const std::string_view pattern = step.pattern.empty() ? "  " : std::string_view(step.pattern);
  size_t found = text->find(pattern);
  if (found == text->npos) return;
  std::string out;
  size_t done = 0;
  for (; found != text->npos; found = text->find(pattern, done)) {
    out.append(*text, done, found - done).append(step.content);
    done = found + pattern.size();
    if (step.pattern.empty()) done = std::min(text->find_first_not_of(' ', done), text->size());
  }
  *text = out.append(*text, done);
}

void Apply(const SpmCharsMap& map, std::string* text) {
  std::string out;
  out.reserve(text->size());
  map.Append(*text, &out);
  text->swap(out);
}

void Apply(const PrependStep& step, std::string* text) {
  if (!text->empty()) text->insert(0, step.text);
}

void Apply(const LowercaseStep&, std::string* text) {
  *text = bert::Normalized(
      {.clean_text = false, .handle_chinese_chars = false, .strip_accents = false, .lowercase = true}, *text);
}

void Apply(const StripAccentsStep&, std::string* text) {
  std::string out;
  out.reserve(text->size());
  for (size_t at = 0, begin = 0; at < text->size(); begin = at) {
    const char32_t c = DecodeUtf8(*text, &at);
    if (c < 0x80 || !bert::Contains(bert::MarkRanges(), c)) out.append(*text, begin, at - begin);
  }
  text->swap(out);
}

void Apply(UnicodeForm form, std::string* text) { *text = ToUnicodeForm(form, *text); }

void Apply(const bert::NormalizerOptions& options, std::string* text) { *text = bert::Normalized(options, *text); }

/// What a character is to a step.
enum class Kind { kOther, kGone, kWord, kDigit, kAlone };

Kind KindOf(SplitStep step, char32_t c) {
  switch (step) {
    case SplitStep::kWhiteSpace:
      return bert::IsSpace(c) ? Kind::kGone : Kind::kOther;
    case SplitStep::kWords:
      if (bert::IsSpace(c)) return Kind::kGone;
      return bert::IsWordCharacter(c) ? Kind::kWord : Kind::kOther;
    case SplitStep::kPunctuation:
      return bert::IsPunctuation(c) ? Kind::kAlone : Kind::kOther;
    case SplitStep::kDigits:
      return bert::IsNumeric(c) ? Kind::kDigit : Kind::kOther;
    case SplitStep::kSingleDigits:
      return bert::IsNumeric(c) ? Kind::kAlone : Kind::kOther;
  }
  return Kind::kOther;
}

/// Appends the runs of characters of one kind.
void SplitPart(SplitStep step, std::string_view text, std::vector<std::string_view>* parts) {
  Kind run = Kind::kGone;
  size_t begin = 0;
  const auto end_run = [&](size_t end) {
    if (run != Kind::kGone && end > begin) parts->push_back(text.substr(begin, end - begin));
    begin = end;
  };
  for (size_t at = 0; at < text.size();) {
    const size_t first = at;
    const Kind kind = KindOf(step, DecodeUtf8(text, &at));
    if (kind != run || kind == Kind::kAlone) end_run(first);
    run = kind;
  }
  end_run(text.size());
}

}  // namespace

size_t WhiteSpaceAt(std::string_view text, size_t position) {
  size_t end = position;
  return bert::IsSpace(DecodeUtf8(text, &end)) ? end - position : 0;
}

std::string Normalize(std::span<const NormalizerStep> steps, std::string_view word) {
  std::string text(word);
  for (const NormalizerStep& step : steps) {
    std::visit([&](const auto& rule) { Apply(rule, &text); }, step);
    if (text.size() > word.size() * kMaxGrowth + kFreeBytes) {
      throw Error(
          ErrorCode::kCorrupt,
          fmt::format("the normalizer of the tokenizer makes {} bytes of a word of {}", text.size(), word.size()), "",
          "check the normalizer in tokenizer.json");
    }
  }
  return text;
}

std::vector<std::string_view> Split(const std::vector<SplitStep>& steps, std::string_view text) {
  std::vector<std::string_view> parts;
  if (!text.empty()) parts.push_back(text);
  for (const SplitStep step : steps) {
    std::vector<std::string_view> finer;
    for (const std::string_view part : parts) SplitPart(step, part, &finer);
    parts.swap(finer);
  }
  return parts;
}

}  // namespace clner
