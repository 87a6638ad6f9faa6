#include "tokenize/wordpiece_files.h"

#include <fmt/format.h>

#include <optional>

#include "core/log.h"
#include "core/utf8.h"
#include "tokenize/steps_json.h"
#include "tokenize/vocabulary.h"

namespace clner {
namespace {

namespace fs = std::filesystem;

/// True if a piece, the bracketed special ones aside, has a capital ASCII letter.
bool HasCapitals(const std::vector<std::string>& pieces) {
  for (const std::string& piece : pieces) {
    if ((piece.starts_with('[') && piece.ends_with(']')) || (piece.starts_with('<') && piece.ends_with('>'))) continue;
    for (char c : piece) {
      if (c >= 'A' && c <= 'Z') return true;
    }
  }
  return false;
}

/// True if tokenizer.json leaves the part to BERT's defaults or names `type`.
bool IsBerts(const JsonFile& file, const char* part, const char* type) {
  if (!file.exists()) return true;
  const auto found = file.object().find(part);
  if (found == file.object().end()) return true;
  return !found->is_null() && StepType(file, *found, part) == type;
}

/// The steps of tokenizer.json unless they are BERT's, whose normalizer has the options `bert`; null is no step.
std::optional<WordSteps> ReadSteps(const JsonFile& file, const bert::NormalizerOptions& bert) {
  const bool normalizer = IsBerts(file, "normalizer", "BertNormalizer");
  const bool splitting = IsBerts(file, "pre_tokenizer", "BertPreTokenizer");
  if (normalizer && splitting) return std::nullopt;
  WordSteps steps;
  if (normalizer) {
    steps.normalizer.emplace_back(bert);
  } else if (const Json* part = file.Find("normalizer")) {
    steps.normalizer = ReadNormalizerSteps(file, *part, "WordPiece");
  }
  if (splitting) {
    steps.splits = {SplitStep::kWhiteSpace, SplitStep::kPunctuation};
  } else if (const Json* object = file.Find("pre_tokenizer")) {
    for (const Json* part : PartsOf(file, *object, "pretokenizers", "pre_tokenizer")) {
      if (AppendSplitSteps(file, *part, &steps.splits)) continue;
      RefuseStep(file, "pre-tokenizer", StepType(file, *part, "pre_tokenizer"), "WordPiece",
                 "BertPreTokenizer, Digits, Punctuation, Whitespace, WhitespaceSplit and sequences of them",
                 "pre_tokenizer");
    }
  }
  return steps;
}

bert::NormalizerOptions ReadNormalizer(const TokenizerJsonFiles& files, const std::vector<std::string>& pieces) {
  bert::NormalizerOptions options;
  std::optional<bool> lower, strip;
  const JsonFile& file = files.tokenizer;
  const Json* normalizer = file.Find("normalizer");
  const bool is_berts = IsBerts(file, "normalizer", "BertNormalizer");
  if (normalizer != nullptr && is_berts) {
    options = ReadBertNormalizer(file, *normalizer);
    lower = file.Bool(*normalizer, "lowercase");
    strip = file.Bool(*normalizer, "strip_accents");
  }
  if (!is_berts) return options;
  if (std::optional<bool> value = files.config.Bool("tokenize_chinese_chars")) options.handle_chinese_chars = *value;
  if (std::optional<bool> value = files.config.Bool("strip_accents")) strip = value;
  if (std::optional<bool> value = files.config.Bool("do_lower_case")) lower = value;
  if (!lower) {
    lower = !HasCapitals(pieces);
    if (!*lower) {
      LogWarning("tokenizer-case",
                 "nothing says whether the model is cased; its vocabulary has capital letters, so it is taken as cased",
                 files.config.name(), "write {\"do_lower_case\": false} to tokenizer_config.json");
    }
  }
  options.lowercase = *lower;
  options.strip_accents = strip.value_or(*lower);
  return options;
}

void ReadSpecials(const TokenizerJsonFiles& files, const Json* model, WordPieceSpec* spec) {
  if (model != nullptr) {
    const JsonFile& file = files.tokenizer;
    if (const Json* unknown = JsonFile::Find(*model, "unk_token"))
      spec->special.unknown = file.String(*unknown, "model.unk_token");
    if (const Json* prefix = JsonFile::Find(*model, "continuing_subword_prefix")) {
      spec->continuing_prefix = file.String(*prefix, "model.continuing_subword_prefix");
    }
    if (const Json* limit = JsonFile::Find(*model, "max_input_chars_per_word")) {
      spec->max_input_chars_per_word = file.Id(*limit, "model.max_input_chars_per_word");
    }
  }
  ReadSpecialNames(files, &spec->special);
}

}  // namespace

WordPieceSpec ReadWordPieceSpec(const fs::path& directory, const TokenizerJsonFiles& files, std::string* source) {
  const fs::path lines = directory / "vocab.txt";
  const Json* model = TokenizerModel(files.tokenizer);
  WordPieceSpec spec;
  *source = fs::exists(lines) ? lines.string() : files.tokenizer.name();
  if (fs::exists(lines)) spec.vocabulary = ReadVocabulary(lines);
  if (model != nullptr) {
    std::vector<std::string> entries = JsonVocabulary(files.tokenizer, *model);
    if (spec.vocabulary.empty()) {
      spec.vocabulary = std::move(entries);
    } else {
      CheckSameVocabulary(spec.vocabulary, "vocab.txt", entries, files.tokenizer);
    }
  }
  spec.normalizer = ReadNormalizer(files, spec.vocabulary);
  if (files.tokenizer.exists()) spec.steps = ReadSteps(files.tokenizer, spec.normalizer);
  spec.searched_pieces = spec.vocabulary.size();
  AppendAddedTokens(files, &spec.vocabulary);
  ReadSpecials(files, model, &spec);
  return spec;
}

}  // namespace clner
