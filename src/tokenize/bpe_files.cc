#include "tokenize/bpe_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/utf8.h"
#include "tokenize/bpe_merges_file.h"
#include "tokenize/byte_alphabet.h"
#include "tokenize/steps_json.h"
#include "tokenize/vocabulary.h"

namespace clner {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Unsupported(const JsonFile& file, const std::string& key, const std::string& value) {
  throw Error(ErrorCode::kCorrupt,
              fmt::format("'{}' is {}, which is not supported with byte-level BPE", key, Printable(value)),
              fmt::format("{} ({})", file.name(), key), "use a model whose tokenizer is built like RoBERTa's");
}

/// The type of a part of tokenizer.json, "" when there is no such part.
std::string TypeOf(const JsonFile& file, const char* part) {
  const Json* object = file.Find(part);
  if (object == nullptr) return "";
  const Json* type = JsonFile::Find(*object, "type");
  return type != nullptr ? file.String(*type, fmt::format("{}.type", part)) : "without a type";
}

/// Refuses every setting of the model that changes the pieces of a complete byte-level vocabulary.
void CheckModel(const JsonFile& file, const Json& model) {
  const auto is_off = [](const Json& value) { return value == false || value == "" || value == 0; };
  for (const char* key :
       {"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback", "ignore_merges"}) {
    const Json* value = JsonFile::Find(model, key);
    if (value != nullptr && !is_off(*value)) Unsupported(file, fmt::format("model.{}", key), DumpJson(*value));
  }
}

/// The names that RobertaProcessing puts around a sentence; its ids must be theirs.
void ReadPostProcessor(const JsonFile& file, BpeSpec* spec) {
  const std::string type = TypeOf(file, "post_processor");
  if (type.empty()) return;
  if (type != "RobertaProcessing") Unsupported(file, "post_processor.type", fmt::format("'{}'", type));
  auto read = [&](const char* key, std::string* name) {
    const std::string path = fmt::format("post_processor.{}", key);
    const Json* token = JsonFile::Find(*file.Find("post_processor"), key);
    if (token == nullptr || !token->is_array() || token->size() != 2)
      file.Fail(fmt::format("'{}' must be a token and its id", key), path);
    *name = file.String((*token)[0], path);
    const size_t id = file.Id((*token)[1], path);
    if (id >= spec->vocabulary.size() || spec->vocabulary[id] != *name)
      file.Fail(fmt::format("token '{}' does not have the id {} in the vocabulary", Printable(*name), id), path);
  };
  read("cls", &spec->special.begin);
  read("sep", &spec->special.separator);
}

/// The pre-tokenizer, also when it is the only one of a sequence.
const Json& ByteLevelOf(const JsonFile& file) {
  constexpr const char* kKey = "pre_tokenizer";
  const Json* object = file.Find(kKey);
  if (object == nullptr) file.Fail("there is no pre-tokenizer; ByteLevel is needed", kKey);
  const std::vector<const Json*> parts = PartsOf(file, *object, "pretokenizers", kKey);
  for (const Json* part : parts) {
    const std::string type = StepType(file, *part, kKey);
    if (type != "ByteLevel") RefuseStep(file, "pre-tokenizer", type, "byte-level BPE", "ByteLevel alone", kKey);
  }
  if (parts.size() != 1) RefuseStep(file, "pre-tokenizer", "Sequence", "byte-level BPE", "ByteLevel alone", kKey);
  return *parts.front();
}

/// What tokenizer.json says beside vocabulary and merges.
void ReadSettings(const JsonFile& file, const Json& model, BpeSpec* spec) {
  CheckModel(file, model);
  if (const Json* normalizer = file.Find("normalizer"))
    spec->normalizer = ReadNormalizerSteps(file, *normalizer, "byte-level BPE");
  const Json& splitting = ByteLevelOf(file);
  spec->split_words = file.Bool(splitting, "use_regex").value_or(true);
  // Neither decides about the pieces of a word of a sentence, but both must make sense.
  (void)file.Bool(splitting, "add_prefix_space");
  (void)file.Bool(splitting, "trim_offsets");
  ReadPostProcessor(file, spec);
}

std::array<int32_t, 256> ReadByteIds(const bpe::PieceIds& ids, const std::string& source) {
  std::array<int32_t, 256> byte_ids = {};
  ProblemList problems;
  for (size_t byte = 0; byte < byte_ids.size(); ++byte) {
    std::string piece;
    AppendUtf8(bpe::CharacterOfByte(static_cast<unsigned char>(byte)), &piece);
    auto found = ids.find(piece);
    if (found != ids.end()) {
      byte_ids[byte] = found->second;
    } else {
      problems.Add(ErrorCode::kCorrupt,
                   {fmt::format("the vocabulary has no piece '{}' for the byte 0x{:02X}", piece, byte), source,
                    "use a byte-level vocabulary, which has a piece for each of the 256 bytes"});
    }
  }
  problems.ThrowIfAny();
  return byte_ids;
}

/// The merges of whichever file has them; both must be equal.
std::vector<bpe::Merge> MergesOf(const fs::path& lines, const JsonFile& file, const Json* model,
                                 const bpe::PieceIds& ids) {
  if (model != nullptr && !fs::exists(lines)) return bpe::JsonMerges(file, *model, ids);
  std::vector<bpe::Merge> merges = bpe::ReadMerges(lines, ids);
  if (model == nullptr) return merges;
  const std::vector<bpe::Merge> entries = bpe::JsonMerges(file, *model, ids);
  size_t rank = 0;
  while (rank < std::min(merges.size(), entries.size()) && merges[rank] == entries[rank]) ++rank;
  if (rank < std::max(merges.size(), entries.size()))
    file.Fail(fmt::format("merges.txt and tokenizer.json differ from merge {} on", rank + 1), "model.merges");
  return merges;
}

}  // namespace

BpeSpec ReadBpeSpec(const fs::path& directory, const TokenizerJsonFiles& files, std::string* source) {
  const JsonFile entries(directory / "vocab.json");
  const Json* model = TokenizerModel(files.tokenizer);
  BpeSpec spec;
  *source = entries.exists() ? entries.name() : files.tokenizer.name();
  if (entries.exists()) spec.vocabulary = PiecesById(entries, entries.object(), "");
  if (model != nullptr) {
    std::vector<std::string> pieces = JsonVocabulary(files.tokenizer, *model);
    if (spec.vocabulary.empty()) {
      spec.vocabulary = std::move(pieces);
    } else {
      CheckSameVocabulary(spec.vocabulary, "vocab.json", pieces, files.tokenizer);
    }
  }
  bpe::PieceIds ids;
  ids.reserve(spec.vocabulary.size());
  for (size_t id = 0; id < spec.vocabulary.size(); ++id) ids.emplace(spec.vocabulary[id], static_cast<int32_t>(id));
  spec.byte_ids = ReadByteIds(ids, *source);
  spec.merges = MergesOf(directory / "merges.txt", files.tokenizer, model, ids);
  AppendAddedTokens(files, &spec.vocabulary);
  if (model != nullptr) ReadSettings(files.tokenizer, *model, &spec);
  ReadSpecialNames(files, &spec.special);
  return spec;
}

}  // namespace clner
