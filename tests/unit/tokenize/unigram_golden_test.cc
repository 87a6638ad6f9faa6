// The ids of transformers with SentencePiece models, from scripts/golden/unigram_golden.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "golden.h"
#include "support/shared_data.h"
#include "temp_directory.h"

namespace clner {
namespace {

using test::ReadJson;

/// The tokenizer of a SentencePiece file, in a directory as transformers has it. The model is linked, not copied.
std::unique_ptr<Tokenizer> Load(const Json& model) {
  test::TempDirectory directory;
  const std::string tokenizer_class = model.at("class");
  const char* name = tokenizer_class.empty() ? "spiece.model" : "sentencepiece.bpe.model";
  const auto path = std::filesystem::canonical(test::TokenizerDir() / model.at("model").get<std::string>());
  std::filesystem::create_symlink(path, directory.path() / name);
  if (!tokenizer_class.empty())
    directory.Write("tokenizer_config.json", R"({"tokenizer_class": ")" + tokenizer_class + R"("})");
  return LoadTokenizer(directory.path());
}

std::string NameOf(const Json& model) {
  return model.at("model").get<std::string>() + " " + model.at("class").get<std::string>();
}

void ExpectSummary(const Json& golden, test::IdDigest* digest, const std::string& name) {
  EXPECT_EQ(digest->words(), golden.at("words").get<size_t>()) << name;
  EXPECT_EQ(digest->pieces(), golden.at("pieces").get<size_t>()) << name;
  EXPECT_EQ(digest->Hex(), golden.at("sha256").get<std::string>()) << name;
}

TEST(UnigramGolden, NastyWordsHaveTheIdsOfTransformers) {
  CLNER_NEEDS(test::TokenizerDir());
  const Json words = ReadJson("unigram_words.json"), golden = ReadJson("unigram_golden.json");
  ASSERT_GE(words.size(), 500u);
  for (const Json& model : golden.at("models")) {
    const auto tokenizer = Load(model);
    EXPECT_EQ(tokenizer->vocabulary_size(), model.at("vocabulary_size").get<int32_t>());
    ASSERT_EQ(words.size(), model.at("nasty").size());
    for (size_t i = 0; i < words.size(); ++i) {
      std::vector<int32_t> ids;
      tokenizer->EncodeWord(words[i].get<std::string>(), SIZE_MAX, &ids);
      EXPECT_EQ(ids, model["nasty"][i].get<std::vector<int32_t>>()) << NameOf(model) << " " << i << ": " << words[i];
    }
  }
}

TEST(UnigramGolden, OnlyAddedTokenTextDiffersFromTransformers) {
  const Json words = ReadJson("unigram_words.json"), golden = ReadJson("unigram_golden.json");
  for (const Json& model : golden.at("models")) {
    if (model.at("class") != "XLMRobertaTokenizer") continue;
    std::vector<std::string> different;
    for (const Json& entry : model.at("special_text")) different.push_back(words.at(entry[0].get<size_t>()));
    EXPECT_EQ(different, (std::vector<std::string>{"</s>", "<s>", "<unk>", "<pad>", "<mask>", "a</s>b", "<s></s>",
                                                   "x<mask>y", "<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"}));
  }
}

TEST(UnigramGolden, WordOf200KilobytesHasTheIdsOfTransformers) {
  CLNER_NEEDS(test::TokenizerDir());
  const Json golden = ReadJson("unigram_golden.json");
  const std::string part = golden.at("long_part");
  std::string word;
  while (word.size() + part.size() <= 200'000) word += part;
  for (const Json& model : golden.at("models")) {
    test::IdDigest digest;
    digest.Add(*Load(model), word);
    ExpectSummary(model.at("long"), &digest, NameOf(model));
  }
}

TEST(UnigramGolden, EveryWordOfTheSharedDataHasTheIdsOfTransformers) {
  CLNER_NEEDS(test::DataDir());
  CLNER_NEEDS(test::TokenizerDir());
  const Json golden = ReadJson("unigram_golden.json");
  std::map<std::string, std::vector<std::string>> words;
  for (const Json& entry : golden.at("files")) {
    const std::string name = entry.at("file");
    if (std::filesystem::exists(test::DataDir() / name))
      words[name] = test::DistinctWords(ReadFile(test::DataDir() / name));
  }
  for (const Json& model : golden.at("models")) {
    const auto tokenizer = Load(model);
    const bool by_file = model.at("class") == "XLMRobertaTokenizer";
    test::IdDigest all;
    for (const Json& entry : golden.at("files")) {
      const std::string name = entry.at("file");
      test::IdDigest digest;
      for (const std::string& word : words[name]) (by_file ? digest : all).Add(*tokenizer, word);
      if (by_file && words.contains(name)) ExpectSummary(entry, &digest, name);
    }
    const bool whole = std::none_of(words.begin(), words.end(), [](const auto& file) { return file.second.empty(); });
    if (!by_file && whole) ExpectSummary(model.at("all"), &all, NameOf(model));
  }
}

}  // namespace
}  // namespace clner
