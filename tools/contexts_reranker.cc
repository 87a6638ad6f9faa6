#include "contexts_reranker.h"

#include "core/error.h"
#include "retrieval/encoder_ranking.h"
#include "retrieval/query.h"
#include "retrieval/text_rerankers.h"
#include "torch_library.h"

namespace clner::cli {
namespace {

const RerankFlags kDefaults;

/// Options of encoders say nothing about the other methods.
void CheckNoEncoderOptions(const RerankFlags& flags) {
  const char* given = !flags.encoder.empty()                   ? "--rerank-encoder"
                      : flags.layer                            ? "--layer"
                      : flags.words != kDefaults.words         ? "--rerank-words"
                      : flags.precision != kDefaults.precision ? "--precision"
                                                               : nullptr;
  if (given == nullptr) return;
  throw Error(ErrorCode::kUsage, std::string(given) + " without a re-ranker that is an encoder", "",
              "add --rerank bertscore, bertscore_idf or cosine");
}

std::vector<std::string> SentencesOf(const Corpus& corpus) {
  std::vector<std::string> sentences;
  for (const Sentence& sentence : corpus.sentences) sentences.push_back(JoinWords(sentence.words));
  return sentences;
}

std::unique_ptr<Reranker> LoadEncoderReranker(const RerankFlags& flags, EncoderRanking method,
                                              const std::string& reader, const Corpus& corpus, bool verify,
                                              const Globals& globals) {
  const std::string& directory = flags.encoder.empty() ? reader : flags.encoder;
  if (directory.empty()) {
    throw Error(ErrorCode::kUsage, "--rerank " + flags.method + " without an encoder", "",
                "add --rerank-encoder DIR, for example models/minilm-l6");
  }
  EncoderRankingOptions ranking = {.ranking = method, .layer = flags.layer, .max_text_words = flags.words};
  if (method == EncoderRanking::kBertScoreIdf) ranking.references = SentencesOf(corpus);
  LoadOptions load;
  load.device = globals.device;
  load.threads = globals.threads;
  load.verify = verify;
  load.precision = flags.precision;
  return TorchLibrary().load_reranker(directory, load, ranking);
}

}  // namespace

void AddRerankOptions(CLI::App* command, RerankFlags* flags) {
  command
      ->add_option("--rerank", flags->method,
                   "Order of the candidates: that of the engine, BM25 of all words, the edit distance to the sentence "
                   "(fuzzy match), or by an encoder: BERTScore, the same with idf weights, or the cosine of the mean "
                   "states.")
      ->check(CLI::IsMember({"none", "bm25", "fuzzy", "bertscore", "bertscore_idf", "cosine"}))
      ->capture_default_str();
  command
      ->add_option("--rerank-encoder", flags->encoder,
                   "Encoder of the last three: any model directory (default: that of --encoder).")
      ->type_name("DIR");
  command
      ->add_option("--layer", flags->layer,
                   "Hidden state that is compared, 0 = the embeddings, -1 = the last (default: for BERTScore the layer "
                   "that bert-score recommends for a known model, else the last).")
      ->type_name("N");
  command
      ->add_option("--rerank-words", flags->words,
                   "First words of a text that an encoder compares with the sentence; 0 = all.")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      ->add_option("--precision", flags->precision,
                   "Number format of that encoder: fp32, bf16 or int8; scores differ a little.")
      ->check(CLI::IsMember({"fp32", "bf16", "int8"}))
      ->capture_default_str();
}

std::unique_ptr<Reranker> MakeReranker(const RerankFlags& flags, const FtsIndex* index, const std::string& reader,
                                       const Corpus& corpus, bool verify, const Globals& globals) {
  if (const auto method = FindEncoderRanking(flags.method))
    return LoadEncoderReranker(flags, *method, reader, corpus, verify, globals);
  CheckNoEncoderOptions(flags);
  if (flags.method == "none") return nullptr;
  if (flags.method == "fuzzy") return std::make_unique<FuzzyReranker>();
  if (index == nullptr) {
    throw Error(ErrorCode::kUsage, "--rerank bm25 needs the counts of an index file", "",
                "use -i INDEX, or keep the order of the server, which is by BM25: --rerank none");
  }
  return std::make_unique<Bm25Reranker>(*index);
}

}  // namespace clner::cli
