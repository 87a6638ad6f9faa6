#include "tokenize/steps_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/utf8.h"

namespace clner {
namespace {

constexpr const char* kNormalizer = "normalizer";

/// The only regular expression that is understood: a run of blanks.
constexpr std::string_view kBlankRun = " {2,}";

/// The bytes of base 64 text with its padding.
std::string DecodeBase64(const std::string& text, const JsonFile& file, const char* key) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<int8_t, 256> digit_of;
  digit_of.fill(-1);
  for (size_t i = 0; i < kDigits.size(); ++i) digit_of[static_cast<unsigned char>(kDigits[i])] = static_cast<int8_t>(i);
  const size_t digits = std::min(text.find('='), text.size());
  if (text.size() % 4 != 0 || text.size() - digits > 2 || text.find_first_not_of('=', digits) != text.npos)
    file.Fail("the base 64 text has the wrong length", key);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t bits = 0;
  for (size_t i = 0; i < digits; ++i) {
    const int8_t digit = digit_of[static_cast<unsigned char>(text[i])];
    if (digit < 0) file.Fail(fmt::format("the base 64 text has a wrong character at {}", i), key);
    bits = bits << 6 | static_cast<uint32_t>(digit);
    if (i % 4 > 0) bytes.push_back(static_cast<char>(bits >> (6 - 2 * (i % 4)) & 0xFF));
  }
  return bytes;
}

ReplaceStep ReadReplace(const JsonFile& file, const Json& step) {
  constexpr const char* kKey = "normalizer.pattern";
  ReplaceStep replace{.content = StepString(file, step, "content", "normalizer.content")};
  const Json* pattern = JsonFile::Find(step, "pattern");
  if (pattern == nullptr) file.Fail("'pattern' is missing", kKey);
  if (const Json* text = JsonFile::Find(*pattern, "String")) {
    replace.pattern = file.String(*text, kKey);
    if (replace.pattern.empty()) file.Fail("an empty pattern", kKey);
  } else if (std::string regex = StepString(file, *pattern, "Regex", kKey); regex != kBlankRun) {
    file.Fail(fmt::format("the regular expression '{}' is not supported, only '{}'", Printable(regex), kBlankRun),
              kKey);
  }
  const size_t bytes = std::max(replace.pattern.size(), size_t{1});
  if (replace.content.size() > bytes * kMaxGrowth) {
    file.Fail(fmt::format("a replacement of {} bytes for {}; at most {} times as many are allowed",
                          replace.content.size(), bytes, kMaxGrowth),
              "normalizer.content");
  }
  return replace;
}

std::optional<UnicodeForm> FormOf(const std::string& type) {
  constexpr std::pair<std::string_view, UnicodeForm> kForms[] = {{"NFC", UnicodeForm::kNfc},
                                                                 {"NFD", UnicodeForm::kNfd},
                                                                 {"NFKC", UnicodeForm::kNfkc},
                                                                 {"NFKD", UnicodeForm::kNfkd}};
  for (const auto& [name, form] : kForms) {
    if (type == name) return form;
  }
  return std::nullopt;
}

void AppendNormalizer(const JsonFile& file, const Json& step, const char* model, std::vector<NormalizerStep>* steps) {
  const std::string type = StepType(file, step, kNormalizer);
  if (type == "Sequence") {
    for (const Json* part : PartsOf(file, step, "normalizers", kNormalizer))
      AppendNormalizer(file, *part, model, steps);
  } else if (const std::optional<UnicodeForm> form = FormOf(type)) {
    steps->emplace_back(*form);
  } else if (type == "BertNormalizer") {
    steps->emplace_back(ReadBertNormalizer(file, step));
  } else if (type == "Lowercase") {
    steps->emplace_back(LowercaseStep{});
  } else if (type == "StripAccents") {
    steps->emplace_back(StripAccentsStep{});
  } else if (type == "Prepend") {
    steps->emplace_back(PrependStep{.text = StepString(file, step, "prepend", "normalizer.prepend")});
  } else if (type == "Precompiled") {
    constexpr const char* kMap = "normalizer.precompiled_charsmap";
    steps->emplace_back(
        SpmCharsMap(DecodeBase64(StepString(file, step, "precompiled_charsmap", kMap), file, kMap), file.name()));
  } else if (type == "Strip") {
    steps->emplace_back(StripStep{.left = file.Bool(step, "strip_left").value_or(false),
                                  .right = file.Bool(step, "strip_right").value_or(false)});
  } else if (type == "Replace") {
    steps->emplace_back(ReadReplace(file, step));
  } else {
    RefuseStep(
        file, "normalizer", type, model,
        "BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, Precompiled, Prepend, Replace, Strip, StripAccents and "
        "sequences of them",
        kNormalizer);
  }
}

}  // namespace

std::string StepType(const JsonFile& file, const Json& part, const std::string& key) {
  const Json* type = JsonFile::Find(part, "type");
  if (type == nullptr) file.Fail(fmt::format("a {} has no 'type'", key), key);
  return file.String(*type, fmt::format("{}.type", key));
}

std::string StepString(const JsonFile& file, const Json& part, const char* name, const std::string& key) {
  const Json* value = JsonFile::Find(part, name);
  if (value == nullptr) file.Fail(fmt::format("'{}' is missing", name), key);
  return file.String(*value, key);
}

std::vector<const Json*> PartsOf(const JsonFile& file, const Json& part, const char* name, const std::string& key) {
  if (StepType(file, part, key) != "Sequence") return {&part};
  const Json* list = JsonFile::Find(part, name);
  if (list == nullptr || !list->is_array()) file.Fail(fmt::format("'{}' must be a list", name), key);
  std::vector<const Json*> parts;
  for (const Json& item : *list) parts.push_back(&item);
  return parts;
}

void RefuseStep(const JsonFile& file, const char* what, const std::string& type, const char* model,
                const char* supported, const std::string& key) {
  throw Error(ErrorCode::kCorrupt, fmt::format("{} '{}' is not supported with {}", what, Printable(type), model),
              fmt::format("{} ({})", file.name(), key),
              fmt::format("use a model of another tokenizer; supported are {}", supported));
}

std::vector<NormalizerStep> ReadNormalizerSteps(const JsonFile& file, const Json& normalizer, const char* model) {
  std::vector<NormalizerStep> steps;
  AppendNormalizer(file, normalizer, model, &steps);
  return steps;
}

bert::NormalizerOptions ReadBertNormalizer(const JsonFile& file, const Json& normalizer) {
  bert::NormalizerOptions options;
  options.clean_text = file.Bool(normalizer, "clean_text").value_or(true);
  options.handle_chinese_chars = file.Bool(normalizer, "handle_chinese_chars").value_or(true);
  options.lowercase = file.Bool(normalizer, "lowercase").value_or(true);
  options.strip_accents = file.Bool(normalizer, "strip_accents").value_or(options.lowercase);
  return options;
}

bool AppendSplitSteps(const JsonFile& file, const Json& part, std::vector<SplitStep>* steps) {
  constexpr const char* kKey = "pre_tokenizer";
  const std::string type = StepType(file, part, kKey);
  if (type == "BertPreTokenizer") {
    steps->insert(steps->end(), {SplitStep::kWhiteSpace, SplitStep::kPunctuation});
  } else if (type == "Whitespace") {
    steps->push_back(SplitStep::kWords);
  } else if (type == "WhitespaceSplit") {
    steps->push_back(SplitStep::kWhiteSpace);
  } else if (type == "Digits") {
    const bool single = file.Bool(part, "individual_digits").value_or(false);
    steps->push_back(single ? SplitStep::kSingleDigits : SplitStep::kDigits);
  } else if (type == "Punctuation") {
    const Json* behavior = JsonFile::Find(part, "behavior");
    const std::string name = behavior == nullptr ? "Isolated" : file.String(*behavior, "pre_tokenizer.behavior");
    if (name != "Isolated") file.Fail(fmt::format("Punctuation with '{}' is not supported", Printable(name)), kKey);
    steps->push_back(SplitStep::kPunctuation);
  } else {
    return false;
  }
  return true;
}

}  // namespace clner
