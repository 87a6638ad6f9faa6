// The ids of the Python tokenizers library, from scripts/golden/tokenizer_golden.py.
#include <gtest/gtest.h>

#include <map>

#include "golden.h"
#include "support/shared_data.h"
#include "tokenize/vocabulary.h"
#include "tokenize/wordpiece.h"

namespace clner {
namespace {

using test::DistinctWords;
using test::ReadJson;

TEST(TokenizerGolden, NastyWordsHaveTheIdsOfTransformers) {
  CLNER_NEEDS(test::MiniLmDir() / "vocab.txt");
  const Json words = ReadJson("nasty_words.json"), golden = ReadJson("golden.json");
  auto tokenizer = LoadTokenizer(test::MiniLmDir());
  ASSERT_GE(words.size(), 200u);
  ASSERT_EQ(words.size(), golden.at("nasty").size());
  for (size_t i = 0; i < words.size(); ++i) {
    std::vector<int32_t> ids;
    tokenizer->EncodeWord(words[i].get<std::string>(), SIZE_MAX, &ids);
    EXPECT_EQ(ids, golden["nasty"][i].get<std::vector<int32_t>>()) << i << ": " << words[i];
  }
}

TEST(TokenizerGolden, OnlySpecialTokenTextDiffersFromTransformers) {
  // transformers replaces the text of a special token inside a word, clner takes it literally: these words and no
  // others differ.
  const Json words = ReadJson("nasty_words.json"), golden = ReadJson("golden.json");
  std::vector<std::string> different;
  for (const Json& entry : golden.at("special_text")) {
    different.push_back(words.at(entry[0].get<size_t>()));
    EXPECT_NE(entry[1], golden["nasty"][entry[0].get<size_t>()]) << different.back();
  }
  EXPECT_EQ(different, (std::vector<std::string>{"[SEP]", "[CLS]", "[MASK]", "[PAD]", "[UNK]", "x[SEP]y", "[[SEP]]",
                                                 "[SEP][CLS]", "[MASK]ed"}));
}

TEST(TokenizerGolden, EveryWordOfTheSharedDataHasTheIdsOfTransformers) {
  CLNER_NEEDS(test::DataDir());
  CLNER_NEEDS(test::TokenizerDir());
  std::map<std::pair<std::string, bool>, std::unique_ptr<WordPieceTokenizer>> tokenizers;
  std::string read_name, text;
  std::vector<std::string> words;
  const Json golden = ReadJson("golden.json");
  for (const Json& entry : golden.at("files")) {
    const std::string name = entry.at("file"), vocabulary = entry.at("vocabulary");
    const bool lower = entry.at("lower");
    if (!std::filesystem::exists(test::DataDir() / name)) continue;
    auto& tokenizer = tokenizers[{vocabulary, lower}];
    if (tokenizer == nullptr) {
      WordPieceSpec spec;
      spec.vocabulary = ReadVocabulary(test::TokenizerDir() / vocabulary / "vocab.txt");
      spec.normalizer = {.strip_accents = lower, .lowercase = lower};
      tokenizer = std::make_unique<WordPieceTokenizer>(std::move(spec), vocabulary);
    }
    if (name != read_name) {
      text = ReadFile(test::DataDir() / name);
      words = DistinctWords(text);
      read_name = name;
    }
    test::IdDigest digest;
    for (const std::string& word : words) digest.Add(*tokenizer, word);
    EXPECT_EQ(digest.words(), entry.at("words").get<size_t>()) << name;
    EXPECT_EQ(digest.pieces(), entry.at("pieces").get<size_t>()) << name << " " << vocabulary;
    EXPECT_EQ(digest.Hex(), entry.at("sha256").get<std::string>()) << name << " " << vocabulary << " lower " << lower;
  }
}

}  // namespace
}  // namespace clner
