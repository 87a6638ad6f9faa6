#include "tokenize/unigram_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "core/utf8.h"
#include "tokenize/vocabulary.h"

namespace clner {
namespace {

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

/// The "type" of a normaliser or pre-tokeniser.
std::string TypeOf(const JsonFile& file, const Json& object, const char* key) {
  const Json* type = JsonFile::Find(object, "type");
  if (type == nullptr) file.Fail(fmt::format("a {} has no 'type'", key), key);
  return file.String(*type, key);
}

std::string StringOf(const JsonFile& file, const Json& object, const char* name, const char* key) {
  const Json* value = JsonFile::Find(object, name);
  if (value == nullptr) file.Fail(fmt::format("'{}' is missing", name), key);
  return file.String(*value, key);
}

ReplaceStep ReadReplace(const JsonFile& file, const Json& step) {
  constexpr const char* kKey = "normalizer.pattern";
  ReplaceStep replace{.content = StringOf(file, step, "content", "normalizer.content")};
  const Json* pattern = JsonFile::Find(step, "pattern");
  if (pattern == nullptr) file.Fail("'pattern' is missing", kKey);
  if (const Json* text = JsonFile::Find(*pattern, "String")) {
    replace.pattern = file.String(*text, kKey);
    if (replace.pattern.empty()) file.Fail("an empty pattern", kKey);
  } else if (std::string regex = StringOf(file, *pattern, "Regex", kKey); regex != kBlankRun) {
    file.Fail(fmt::format("the regular expression '{}' is not supported, only '{}'", Printable(regex), kBlankRun),
              kKey);
  }
  return replace;
}

void ReadNormalizer(const JsonFile& file, const Json& step, std::vector<NormalizerStep>* steps) {
  constexpr const char* kKey = "normalizer";
  const std::string type = TypeOf(file, step, kKey);
  if (type == "Sequence") {
    const Json* parts = JsonFile::Find(step, "normalizers");
    if (parts == nullptr || !parts->is_array()) file.Fail("'normalizers' must be a list", kKey);
    for (const Json& part : *parts) ReadNormalizer(file, part, steps);
  } else if (type == "Precompiled") {
    constexpr const char* kMap = "normalizer.precompiled_charsmap";
    steps->emplace_back(
        SpmCharsMap(DecodeBase64(StringOf(file, step, "precompiled_charsmap", kMap), file, kMap), file.name()));
  } else if (type == "Strip") {
    steps->emplace_back(StripStep{.left = file.Bool(step, "strip_left").value_or(false),
                                  .right = file.Bool(step, "strip_right").value_or(false)});
  } else if (type == "Replace") {
    steps->emplace_back(ReadReplace(file, step));
  } else {
    file.Fail(fmt::format("normalizer '{}' is not supported with Unigram", Printable(type)), kKey);
  }
}

void ReadMetaspace(const JsonFile& file, const Json& object, MetaspaceOptions* options) {
  constexpr const char* kKey = "pre_tokenizer";
  if (const std::string marker = StringOf(file, object, "replacement", kKey); marker != kSpaceMarker)
    file.Fail(fmt::format("Metaspace with '{}' instead of '{}' is not supported", Printable(marker), kSpaceMarker),
              kKey);
  options->split_at_marker = file.Bool(object, "split").value_or(true);
  // Older files say add_prefix_space.
  std::string scheme = file.Bool(object, "add_prefix_space").value_or(true) ? "always" : "never";
  if (const Json* value = JsonFile::Find(object, "prepend_scheme")) scheme = file.String(*value, kKey);
  if (scheme == "always") {
    options->prepend = PrependMarker::kAlways;
  } else if (scheme == "first") {
    options->prepend = PrependMarker::kFirst;
  } else if (scheme == "never") {
    options->prepend = PrependMarker::kNever;
  } else {
    file.Fail(fmt::format("'prepend_scheme' must be always, first or never, not '{}'", Printable(scheme)), kKey);
  }
}

MetaspaceOptions ReadPreTokenizer(const JsonFile& file) {
  constexpr const char* kKey = "pre_tokenizer";
  MetaspaceOptions options;
  const Json* object = file.Find(kKey);
  if (object == nullptr) file.Fail("there is no pre-tokenizer; Metaspace is needed", kKey);
  if (TypeOf(file, *object, kKey) == "Sequence") {
    const Json* parts = JsonFile::Find(*object, "pretokenizers");
    if (parts == nullptr || !parts->is_array()) file.Fail("'pretokenizers' must be a list", kKey);
    options.split_at_white_space = parts->size() == 2 && TypeOf(file, parts->front(), kKey) == "WhitespaceSplit";
    if (parts->size() != 1 && !options.split_at_white_space)
      file.Fail("only Metaspace, alone or after WhitespaceSplit, is supported with Unigram", kKey);
    object = &parts->back();
  }
  if (const std::string type = TypeOf(file, *object, kKey); type != "Metaspace")
    file.Fail(fmt::format("pre-tokenizer '{}' is not supported with Unigram", Printable(type)), kKey);
  ReadMetaspace(file, *object, &options);
  return options;
}

void ReadPieces(const JsonFile& file, const Json& model, UnigramSpec* spec) {
  constexpr const char* kKey = "model.vocab";
  const Json* entries = JsonFile::Find(model, "vocab");
  if (entries == nullptr || !entries->is_array()) file.Fail("there is no 'vocab' list", kKey);
  if (entries->empty()) file.Fail("the vocabulary is empty", kKey);
  if (entries->size() > kMaxVocabularySize) file.Fail(fmt::format("more than {} pieces", kMaxVocabularySize), kKey);
  for (const Json& entry : *entries) {
    const size_t id = spec->vocabulary.size();
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
      file.Fail(fmt::format("entry {} must be [piece, score], not {}", id, Printable(DumpJson(entry))), kKey);
    std::string piece = entry[0].get<std::string>();
    if (piece.empty() || piece.size() > kMaxPieceBytes)
      file.Fail(fmt::format("a piece of {} bytes; 1 to {} are allowed", piece.size(), kMaxPieceBytes), kKey);
    const double score = entry[1].get<double>();
    if (!std::isfinite(score)) file.Fail(fmt::format("the score of piece '{}' is not finite", Printable(piece)), kKey);
    spec->vocabulary.push_back(std::move(piece));
    spec->scores.push_back(score);
  }
}

void ReadSpecials(const TokenizerJsonFiles& files, const Json& model, UnigramSpec* spec) {
  const JsonFile& file = files.tokenizer;
  const Json* unknown = JsonFile::Find(model, "unk_id");
  if (unknown == nullptr) file.Fail("there is no unknown piece ('unk_id')", "model.unk_id");
  const size_t id = file.Id(*unknown, "model.unk_id");
  if (id >= spec->vocabulary.size())
    file.Fail(fmt::format("'unk_id' is {}, but there are {} pieces", id, spec->vocabulary.size()), "model.unk_id");
  spec->special = {.unknown = {}, .begin = "<s>", .separator = "</s>", .pad = "<pad>", .mask = "<mask>"};
  ReadSpecialNames(files, &spec->special);
  spec->special.unknown = spec->vocabulary[id];
  spec->literal.resize(spec->scores.size());
  spec->literal[id] = true;
  if (const Json* tokens = file.Find("added_tokens")) {
    for (const Json& token : *tokens) {
      const Json* token_id = JsonFile::Find(token, "id");
      if (token_id == nullptr || !file.Bool(token, "special").value_or(false)) continue;
      const size_t special = file.Id(*token_id, "added_tokens");
      if (special < spec->literal.size()) spec->literal[special] = true;
    }
  }
}

}  // namespace

UnigramSpec ReadUnigramJson(const TokenizerJsonFiles& files, const Json& model) {
  const JsonFile& file = files.tokenizer;
  UnigramSpec spec;
  ReadPieces(file, model, &spec);
  ReadSpecials(files, model, &spec);
  spec.byte_fallback = file.Bool(model, "byte_fallback").value_or(false);
  if (const Json* normalizer = file.Find("normalizer")) ReadNormalizer(file, *normalizer, &spec.normalizer);
  spec.metaspace = ReadPreTokenizer(file);
  return spec;
}

}  // namespace clner
