#include "tokenize/unigram_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/utf8.h"
#include "tokenize/spm_model.h"
#include "tokenize/unigram_json.h"

namespace clner {
namespace {

namespace fs = std::filesystem;

/// Which rule gives the pieces of a SentencePiece model their ids.
enum class Layout { kPlain, kXlmRoberta, kCamembert };

Layout FindLayout(const fs::path& directory, const fs::path& model, const TokenizerJsonFiles& files) {
  std::string name;
  if (const Json* value = files.config.Find("tokenizer_class")) name = files.config.String(*value, "tokenizer_class");
  if (name.ends_with("Fast")) name.resize(name.size() - 4);
  if (name == "XLMRobertaTokenizer") return Layout::kXlmRoberta;
  if (name == "CamembertTokenizer") return Layout::kCamembert;
  if (name.empty() || name == "PreTrainedTokenizer" || name == "TokenizersBackend") {
    const JsonFile config(directory / "config.json");
    const Json* type = config.Find("model_type");
    if (type != nullptr && config.String(*type, "model_type") == "camembert") return Layout::kCamembert;
    return model.filename() == kSpmFiles[0] ? Layout::kXlmRoberta : Layout::kPlain;
  }
  throw Error(ErrorCode::kCorrupt,
              fmt::format("the rules of tokenizer class '{}' are not known for a SentencePiece model", Printable(name)),
              fmt::format("{} (tokenizer_class)", files.config.name()),
              "save the fast tokenizer with transformers, so that a tokenizer.json is in the directory");
}

void AppendSpecial(const std::string& text, double score, UnigramSpec* spec) {
  spec->vocabulary.push_back(text);
  spec->scores.push_back(score);
  spec->literal.push_back(true);
}

void AppendPieces(const SpmModel& model, size_t first, UnigramSpec* spec) {
  for (size_t i = first; i < model.pieces.size(); ++i) {
    const SpmPiece& piece = model.pieces[i];
    if (piece.type == SpmPieceType::kUserDefined)
      spec->symbols.push_back(static_cast<int32_t>(spec->vocabulary.size()));
    spec->vocabulary.push_back(piece.text);
    spec->scores.push_back(static_cast<double>(piece.score));
    spec->literal.push_back(piece.type == SpmPieceType::kControl || piece.type == SpmPieceType::kUnknown);
  }
}

/// kCorrupt unless the model begins with the unknown piece and `controls` control pieces, which the layout replaces.
void CheckHead(const SpmModel& model, size_t controls, const std::string& source) {
  bool right = model.unknown_id == 0 && model.pieces.size() > controls;
  for (size_t i = 1; right && i <= controls; ++i) right = model.pieces[i].type == SpmPieceType::kControl;
  if (right) return;
  throw Error(ErrorCode::kCorrupt,
              fmt::format("the model must begin with the unknown piece and {} control pieces", controls), source,
              "name the class of the tokenizer as 'tokenizer_class' in tokenizer_config.json");
}

/// Pieces and special tokens in the order of their ids.
void LayOut(const SpmModel& model, Layout layout, const std::string& source, UnigramSpec* spec) {
  const SpecialNames& names = spec->special;
  switch (layout) {
    case Layout::kPlain:
      AppendPieces(model, 0, spec);
      return;
    case Layout::kXlmRoberta:
      CheckHead(model, 2, source);
      for (const std::string* name : {&names.begin, &names.pad, &names.separator, &names.unknown})
        AppendSpecial(*name, 0, spec);
      AppendPieces(model, 3, spec);
      break;
    case Layout::kCamembert:
      CheckHead(model, 0, source);
      AppendSpecial("<s>NOTUSED", 0, spec);
      AppendSpecial(names.pad, 0, spec);
      AppendSpecial("</s>NOTUSED", 0, spec);
      AppendSpecial(names.unknown, 0, spec);
      AppendSpecial("<unk>NOTUSED", -100, spec);
      AppendPieces(model, 1, spec);
      break;
  }
  AppendSpecial(names.mask, 0, spec);
}

void CheckSupported(const SpmModel& model, const std::string& source) {
  const char* option = nullptr;
  if (!model.escape_whitespaces) option = "escape_whitespaces = false";
  if (model.treat_whitespace_as_suffix) option = "treat_whitespace_as_suffix = true";
  if (option == nullptr) return;
  throw Error(ErrorCode::kCorrupt, fmt::format("a SentencePiece model with {} is not supported", option), source,
              "use a model whose pieces begin with the white space marker");
}

UnigramSpec FromSpm(const fs::path& directory, const fs::path& path, const TokenizerJsonFiles& files) {
  const std::string source = path.string();
  const SpmModel model = ReadSpmModel(path);
  CheckSupported(model, source);
  const Layout layout = FindLayout(directory, path, files);
  UnigramSpec spec;
  spec.special = {.unknown = layout == Layout::kPlain ? model.pieces[model.unknown_id].text : "<unk>",
                  .begin = "<s>",
                  .separator = "</s>",
                  .pad = "<pad>",
                  .mask = "<mask>"};
  ReadSpecialNames(files, &spec.special);
  LayOut(model, layout, source, &spec);
  spec.normalizer.emplace_back(SpmCharsMap(model.precompiled_charsmap, source));
  bool prefix = files.config.Bool("add_prefix_space").value_or(true);
  if (layout == Layout::kPlain) {
    spec.normalizer.emplace_back(StripStep{.right = true});
    spec.normalizer.emplace_back(ReplaceStep{.content = std::string(kSpaceMarker)});
    spec.byte_fallback = model.byte_fallback;
    prefix = prefix && model.add_dummy_prefix;
  }
  spec.metaspace = {.split_at_white_space = layout != Layout::kPlain,
                    .prepend = prefix ? PrependMarker::kAlways : PrependMarker::kNever};
  return spec;
}

void CheckDistinct(const std::vector<std::string>& pieces, const std::string& source) {
  std::vector<std::string_view> sorted(pieces.begin(), pieces.end());
  std::sort(sorted.begin(), sorted.end());
  auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice == sorted.end()) return;
  throw Error(ErrorCode::kCorrupt, fmt::format("duplicate piece '{}'", Printable(*twice)), source,
              "copy the tokenizer files again from where the encoder came from");
}

}  // namespace

UnigramSpec ReadUnigramSpec(const fs::path& directory, const TokenizerJsonFiles& files, std::string* source) {
  UnigramSpec spec;
  if (const Json* model = TokenizerModel(files.tokenizer)) {
    *source = files.tokenizer.name();
    spec = ReadUnigramJson(files, *model);
  } else {
    const auto* name = std::find_if(std::begin(kSpmFiles), std::end(kSpmFiles),
                                    [&](const char* file) { return fs::exists(directory / file); });
    CLNER_CHECK(name != std::end(kSpmFiles), "a SentencePiece model");
    *source = (directory / *name).string();
    spec = FromSpm(directory, *source, files);
  }
  AppendAddedTokens(files, &spec.vocabulary);
  CheckDistinct(spec.vocabulary, *source);
  return spec;
}

}  // namespace clner
