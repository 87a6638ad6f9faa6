// BERTScore of retrieved candidates beside bert-score: equal scores first, then pairs a second.
#include <torch/torch.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "bench_program.h"
#include "core/files.h"
#include "core/json.h"
#include "core/log.h"
#include "data/corpus.h"
#include "model/encoder_reranker.h"
#include "peer_process.h"
#include "retrieval/fts_index.h"
#include "retrieval/index_builder.h"
#include "retrieval/query.h"
#include "work_directory.h"

namespace clner::bench {
namespace {

constexpr double kLimit = 1e-3;  // largest difference of a score

struct Options {
  std::string model = std::string(CLNER_SOURCE_DIR) + "/models/minilm-l6", data, precision = "fp32";
  int64_t sentences = 100, candidates = 20, rounds = 5, threads = 2, layer = -1, batch_pieces = 4096;
  std::vector<std::string> cases = {"bertscore", "bertscore_idf"};
  bool json = false;
};

/// Sentences with the texts that the index finds for them.
struct Pairs {
  std::vector<std::string> sentences;
  std::vector<SearchAnswer> answers;
  std::vector<RerankRequest> requests;
  int64_t pairs = 0;
};

Pairs FindPairs(const Options& options) {
  const WorkDirectory work;
  (void)BuildIndex({options.data + "/wikipedia/wikipedia_leads.tsv"}, work / "leads.idx", {});
  Pairs result;
  std::vector<std::string> queries;
  for (const Sentence& sentence : ReadCorpus(options.data + "/wnut17/emerging.dev.conll", {}).sentences) {
    if (static_cast<int64_t>(queries.size()) == options.sentences) break;
    queries.push_back(JoinWords(sentence.words));
  }
  FtsIndex index(work / "leads.idx");
  result.answers = index.Search(queries, options.candidates);
  result.sentences = std::move(queries);
  for (size_t i = 0; i < result.sentences.size(); ++i) {
    for (Candidate& candidate : result.answers[i].candidates)
      candidate.text.resize(FirstWords(candidate.text, EncoderRankingOptions().max_text_words).size());
    result.requests.push_back({result.sentences[i], result.answers[i].candidates});
    result.pairs += static_cast<int64_t>(result.answers[i].candidates.size());
  }
  return result;
}

class Runner {
 public:
  Runner(const Options& options, const Pairs& pairs, const std::string& name) : options_(options), pairs_(pairs) {
    ranking_.ranking = FindEncoderRanking(name).value();
    ranking_.layer = options.layer;
    ranking_.references = pairs.sentences;
  }
  /// Scores of all pairs by a new re-ranker, which keeps no state of the last time.
  std::vector<std::vector<BertScore>> Run(double* seconds) const {
    EncoderReranker reranker(options_.model, ranking_,
                             {.precision = options_.precision, .batch_pieces = options_.batch_pieces});
    const double began = Seconds();
    std::vector<std::vector<BertScore>> scores = reranker.Match(pairs_.requests);
    *seconds = Seconds() - began;
    return scores;
  }

 private:
  const Options& options_;
  const Pairs& pairs_;
  EncoderRankingOptions ranking_;
};

/// Largest difference of precision, recall or F1; `theirs` are the pairs in order.
double Difference(const std::vector<std::vector<BertScore>>& ours, const Json& theirs) {
  double worst = 0;
  size_t pair = 0;
  for (const std::vector<BertScore>& scores : ours) {
    for (const BertScore& score : scores) {
      const auto expected = theirs.at(pair++).get<std::vector<double>>();
      for (const double difference :
           {score.precision - expected.at(0), score.recall - expected.at(1), score.f1 - expected.at(2)})
        worst = std::max(worst, std::abs(difference));
    }
  }
  return pair == theirs.size() ? worst : HUGE_VAL;
}

Json Compare(const Options& options, const Pairs& pairs, const std::string& name, PeerProcess* peer) {
  const auto ask = [&](const std::string& request) {
    return ParseJson(peer->Ask(request + " " + name), "peer", ErrorCode::kInternal);
  };
  const Runner runner(options, pairs, name);
  double seconds = 0;
  const double difference = Difference(runner.Run(&seconds), ask("scores"));
  if (!(difference <= kLimit))
    throw Error(ErrorCode::kCheckFailed, name + ": scores differ by " + std::to_string(difference) + ": not timed");
  std::vector<double> ours, theirs, ratios;
  for (int64_t round = 0; round < options.rounds; ++round) {
    theirs.push_back(ask("time").get<double>());
    (void)runner.Run(&seconds);
    ours.push_back(seconds);
    ratios.push_back(theirs.back() / seconds);
  }
  const auto count = static_cast<double>(pairs.pairs);
  return {{"case", name},
          {"largest_difference", difference},
          {"ours_pairs_per_second", count / Median(ours)},
          {"peer_pairs_per_second", count / Median(theirs)},
          {"ours_spread", Spread(ours)},
          {"peer_spread", Spread(theirs)},
          {"ratio", Median(ratios)},
          {"ratio_min", *std::min_element(ratios.begin(), ratios.end())},
          {"ratio_max", *std::max_element(ratios.begin(), ratios.end())}};
}

int Main(int argc, char** argv) {
  CLI::App app("BERTScore of the texts found for WNUT-17 sentences: ours beside bert-score.");
  Options options;
  const char* data = std::getenv("CLNER_DATA");
  options.data = data != nullptr ? std::string(data) : std::string(CLNER_SOURCE_DIR) + "/../shared/data";
  app.add_option("-m,--model", options.model, "Hugging Face encoder directory.")->capture_default_str();
  app.add_option("--data", options.data, "Folder with wikipedia/ and wnut17/.")->capture_default_str();
  app.add_option("--sentences", options.sentences)->check(CLI::Range(1, 100000))->capture_default_str();
  app.add_option("--candidates", options.candidates)->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--cases", options.cases)->check(CLI::IsMember({"bertscore", "bertscore_idf"}))->capture_default_str();
  app.add_option("--layer", options.layer, "Hidden state; -1 = the last.")->capture_default_str();
  app.add_option("--precision", options.precision, "Of our encoder; the peer's is fp32.")->capture_default_str();
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 100))->capture_default_str();
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--batch-pieces", options.batch_pieces)->check(CLI::Range(1, 1000000))->capture_default_str();
  app.add_flag("--json", options.json);
  CLI11_PARSE(app, argc, argv);
  SetLogLevel(LogLevel::kQuiet);
  at::set_num_threads(static_cast<int>(options.threads));

  const Pairs pairs = FindPairs(options);
  if (options.layer < 0) options.layer += ReadEncoderConfig(options.model).layers + 1;
  const WorkDirectory work;
  Json texts = Json::array();
  for (const SearchAnswer& answer : pairs.answers) {
    Json& list = texts.emplace_back(Json::array());
    for (const Candidate& candidate : answer.candidates) list.push_back(candidate.text);
  }
  WriteFileAtomically(work / "work.json", DumpJson({{"sentences", pairs.sentences}, {"texts", std::move(texts)}}));
  PeerProcess peer({std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/bench_rerank_peer.py", work.path(),
                    options.model, std::to_string(options.layer), std::to_string(options.threads)});
  Json result = {{"schema_version", 1},        {"benchmark", "bench_rerank"},
                 {"threads", options.threads}, {"precision", options.precision},
                 {"layer", options.layer},     {"sentences", pairs.sentences.size()},
                 {"pairs", pairs.pairs},       {"rounds", options.rounds},
                 {"cases", Json::array()}};
  result["versions"] = ParseJson(peer.Ask("versions"), "peer", ErrorCode::kInternal);
  for (const std::string& name : options.cases) {
    const Json& row = result["cases"].emplace_back(Compare(options, pairs, name, &peer));
    if (options.json) continue;
    std::printf("%-14s ours %6.0f  bert-score %6.0f pairs/s  ratio %.2f (%.2f..%.2f), scores equal to %.1e\n",
                name.c_str(), row["ours_pairs_per_second"].get<double>(), row["peer_pairs_per_second"].get<double>(),
                row["ratio"].get<double>(), row["ratio_min"].get<double>(), row["ratio_max"].get<double>(),
                row["largest_difference"].get<double>());
  }
  if (options.json) std::printf("%s\n", DumpJson(result, 2).c_str());
  return 0;
}

}  // namespace
}  // namespace clner::bench

int main(int argc, char** argv) { return clner::bench::RunBenchmark("bench_rerank", clner::bench::Main, argc, argv); }
