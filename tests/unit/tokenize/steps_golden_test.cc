// Normalizers, pre-tokenizers and symbols as `tokenizers` and SentencePiece have them, from
// scripts/golden/steps_golden.py.
#include <gtest/gtest.h>

#include "core/utf8.h"
#include "golden.h"
#include "spm_bytes.h"
#include "support/shared_data.h"
#include "temp_directory.h"
#include "tokenize/spm_model.h"
#include "tokenize/steps_json.h"
#include "tokenize/vocabulary.h"

namespace clner {
namespace {

using test::ReadJson;

std::vector<std::string> Words(const Json& golden) {
  std::vector<std::string> words = golden.at("marks");
  for (const char* name : {"nasty_words.json", "unigram_words.json"}) {
    for (const Json& word : ReadJson(name)) words.push_back(word);
  }
  return words;
}

/// SHA-256 of change(text) for every text, each with a NUL behind it.
template <class Change>
std::string Hashed(const std::vector<std::string>& texts, Change&& change) {
  Sha256 digest;
  for (const std::string& text : texts) {
    const std::string changed = change(text) + '\0';
    digest.Update(std::as_bytes(std::span(changed)));
  }
  return digest.HexDigest();
}

std::vector<std::string> CodePoints(std::string_view before, std::string_view behind) {
  std::vector<std::string> texts;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text(before);
    AppendUtf8(c, &text);
    texts.push_back(text.append(behind));
  }
  return texts;
}

TEST(StepsGolden, NormalizersAreThoseOfTokenizers) {
  const Json golden = ReadJson("steps_golden.json");
  const std::vector<std::string> words = Words(golden), code_points = CodePoints("", "");
  const JsonFile file("none");
  for (const Json& entry : golden.at("normalizers")) {
    const std::vector<NormalizerStep> steps = ReadNormalizerSteps(file, entry.at("step"), "test");
    const auto normalize = [&](const std::string& text) { return Normalize(steps, text); };
    EXPECT_EQ(Hashed(code_points, normalize), entry.at("code_points").get<std::string>()) << entry.at("step");
    EXPECT_EQ(Hashed(words, normalize), entry.at("words").get<std::string>()) << entry.at("step");
  }
}

TEST(StepsGolden, PreTokenizersAreThoseOfTokenizers) {
  const Json golden = ReadJson("steps_golden.json");
  const std::vector<std::string> words = Words(golden), code_points = CodePoints("a", "1");
  const JsonFile file("none");
  for (const Json& entry : golden.at("splits")) {
    std::vector<SplitStep> steps;
    for (const Json* part : PartsOf(file, entry.at("step"), "pretokenizers", "test"))
      ASSERT_TRUE(AppendSplitSteps(file, *part, &steps));
    const auto cut = [&](const std::string& text) {
      std::string parts;
      for (const std::string_view part : Split(steps, text)) parts.append(part).append("\1");
      return parts;
    };
    EXPECT_EQ(Hashed(code_points, cut), entry.at("code_points").get<std::string>()) << entry.at("step");
    EXPECT_EQ(Hashed(words, cut), entry.at("words").get<std::string>()) << entry.at("step");
  }
}

/// The model part of tokenizer.json with the vocabulary of a file.
Json ModelOf(const std::string& type, const std::filesystem::path& path) {
  Json model = {{"type", type}};
  if (type == "WordPiece") {
    Json vocabulary = Json::object();
    const std::vector<std::string> pieces = ReadVocabulary(path);
    auto& entries = vocabulary.get_ref<Json::object_t&>();
    for (size_t id = 0; id < pieces.size(); ++id) entries.emplace_back(pieces[id], id);
    model["vocab"] = std::move(vocabulary);
  } else if (type == "BPE") {
    model["vocab"] = ParseJson(ReadFile(path), path.string(), ErrorCode::kCorrupt);
    model["merges"] = Json::array();
    const std::string text = ReadFile(path.parent_path() / "merges.txt");
    for (size_t begin = text.find('\n') + 1, end = 0; begin < text.size(); begin = end + 1) {
      end = std::min(text.find('\n', begin), text.size());
      if (end > begin) model["merges"].push_back(text.substr(begin, end - begin));
    }
  } else {
    model["unk_id"] = 0;
    model["vocab"] = Json::array();
    for (const SpmPiece& piece : ReadSpmModel(path).pieces) model["vocab"].push_back({piece.text, piece.score});
  }
  return model;
}

TEST(StepsGolden, ModelsWithOtherStepsHaveTheIdsOfTokenizers) {
  CLNER_NEEDS(test::TokenizerDir());
  const Json golden = ReadJson("steps_golden.json");
  const std::vector<std::string> words = Words(golden);
  for (const Json& entry : golden.at("models")) {
    test::TempDirectory directory;
    const Json description = {{"normalizer", entry.at("normalizer")},
                              {"pre_tokenizer", entry.at("pre_tokenizer")},
                              {"model", ModelOf(entry.at("type"), test::TokenizerDir() / entry.at("file"))}};
    directory.Write("tokenizer.json", description.dump());
    const auto tokenizer = LoadTokenizer(directory.path());
    test::IdDigest digest;
    for (const std::string& word : words) {
      if (word.find("<unk>") == word.npos) digest.Add(*tokenizer, word);
    }
    EXPECT_EQ(digest.pieces(), entry.at("pieces").get<size_t>()) << entry.at("normalizer") << entry.at("pre_tokenizer");
    EXPECT_EQ(digest.Hex(), entry.at("sha256").get<std::string>()) << entry.at("normalizer") << entry.at("file");
  }
}

TEST(StepsGolden, SymbolsAreOnePieceAsInSentencePiece) {
  CLNER_NEEDS(test::TokenizerDir());
  const Json golden = ReadJson("steps_golden.json").at("symbols");
  test::TempDirectory own, xlnet;
  std::string pieces;
  for (const Json& piece : golden.at("pieces")) pieces += test::Piece(piece[0].get<std::string>(), piece[1], piece[2]);
  const SpmModel xlmr = ReadSpmModel(test::TokenizerDir() / "xlmr/sentencepiece.bpe.model");
  own.Write("spiece.model", pieces + test::Specs(xlmr.precompiled_charsmap));
  std::filesystem::create_symlink(std::filesystem::canonical(test::TokenizerDir() / "spm-fixtures/xlnet_spiece.model"),
                                  xlnet.path() / "spiece.model");
  for (const auto& [name, directory] : {std::pair("words", &own), {"xlnet", &xlnet}}) {
    const auto tokenizer = LoadTokenizer(directory->path());
    for (const Json& entry : golden.at(name)) {
      std::vector<int32_t> ids;
      tokenizer->EncodeWord(entry[0].get<std::string>(), SIZE_MAX, &ids);
      EXPECT_EQ(ids, entry[1].get<std::vector<int32_t>>()) << name << " " << entry[0];
    }
  }
}

}  // namespace
}  // namespace clner
