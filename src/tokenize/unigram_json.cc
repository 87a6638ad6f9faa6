#include "tokenize/unigram_json.h"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/utf8.h"
#include "tokenize/steps_json.h"
#include "tokenize/vocabulary.h"

namespace clner {
namespace {

void ReadMetaspace(const JsonFile& file, const Json& object, MetaspaceOptions* options) {
  constexpr const char* kKey = "pre_tokenizer";
  if (const std::string marker = StepString(file, object, "replacement", kKey); marker != kSpaceMarker)
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

/// Metaspace, which comes last, and what splits the word before it.
MetaspaceOptions ReadPreTokenizer(const JsonFile& file) {
  constexpr const char* kKey = "pre_tokenizer";
  MetaspaceOptions options;
  const Json* object = file.Find(kKey);
  if (object == nullptr) file.Fail("there is no pre-tokenizer; Metaspace is needed", kKey);
  const std::vector<const Json*> parts = PartsOf(file, *object, "pretokenizers", kKey);
  const auto refuse = [&](const Json& part) {
    RefuseStep(file, "pre-tokenizer", StepType(file, part, kKey), "Unigram",
               "Metaspace, alone or behind BertPreTokenizer, Digits, Punctuation, Whitespace and WhitespaceSplit",
               kKey);
  };
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    if (!AppendSplitSteps(file, *parts[i], &options.splits)) refuse(*parts[i]);
  }
  if (parts.empty() || StepType(file, *parts.back(), kKey) != "Metaspace")
    refuse(parts.empty() ? *object : *parts.back());
  ReadMetaspace(file, *parts.back(), &options);
  if (options.splits == std::vector<SplitStep>{SplitStep::kWhiteSpace}) {
    options.splits.clear();
    options.split_at_white_space = true;
  }
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
  if (const Json* normalizer = file.Find("normalizer"))
    spec.normalizer = ReadNormalizerSteps(file, *normalizer, "Unigram");
  spec.metaspace = ReadPreTokenizer(file);
  return spec;
}

}  // namespace clner
