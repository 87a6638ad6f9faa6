// Encoder states per second beside transformers, ctranslate2 and onnxruntime: equal states first. Also the share of the
// time that the matrix products alone would take.
#include <torch/torch.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "core/files.h"
#include "core/json.h"
#include "core/log.h"
#include "data/corpus.h"
#include "model/weights.h"
#include "nn/crf_head.h"
#include "peer_process.h"
#include "tensor/batch_plan.h"
#include "timed_process.h"
#include "tokenize/tokenizer.h"

namespace clner::bench {
namespace {

constexpr double kLimit = 2e-4;  // max abs difference of states; the engines round differently

struct Options {
  std::string model = std::string(CLNER_SOURCE_DIR) + "/models/minilm-l6", data;
  int64_t rounds = 5, threads = 2, sentences = 0, batch_pieces = 4096;
  std::vector<std::string> engines = {"transformers", "transformers-sorted", "ctranslate2", "onnxruntime"};
  bool json = false;
};

/// All sentences in batches of at most so many pieces, longest first.
class Runner {
 public:
  Runner(const Options& options, const std::vector<Example>& examples)
      : config_(ReadEncoderConfig(options.model)), encoder_(config_) {
    LoadEncoderWeights(options.model, encoder_);
    encoder_.eval();
    encoder_.Pack();
    std::vector<int64_t> order(examples.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return examples[static_cast<size_t>(a)].pieces() > examples[static_cast<size_t>(b)].pieces();
    });
    int64_t filled = options.batch_pieces;
    for (const int64_t position : order) {
      const int64_t pieces = examples[static_cast<size_t>(position)].pieces();
      if (filled + pieces > options.batch_pieces) {
        plan_.emplace_back();
        filled = 0;
      }
      plan_.back().push_back(position);
      filled += pieces;
    }
    for (const auto& positions : plan_) batches_.push_back(Pack(examples, positions));
  }
  double Time() {
    torch::InferenceMode inference;
    const double began = Seconds();
    for (const Batch& batch : batches_) (void)nn::PoolPieces(encoder_.Forward({}, batch).rows, batch);
    return Seconds() - began;
  }
  /// Seconds of the layers' matrix products alone, on the same numbers of rows.
  double TimeProducts() {
    torch::InferenceMode inference;
    const int64_t width = config_.hidden_size, inner = config_.intermediate_size;
    const auto weights = [](int64_t out, int64_t in) {
      return ops::PackedLinear({at::randn({out, in})}, {at::randn({out})});
    };
    const ops::PackedLinear square = weights(width, width), up = weights(inner, width), down = weights(width, inner);
    double seconds = 0;
    for (const Batch& batch : batches_) {
      const at::Tensor rows = at::randn({batch.pieces(), width}), wide = at::randn({batch.pieces(), inner});
      const double began = Seconds();
      for (int64_t layer = 0; layer < config_.layers; ++layer) {
        for (int i = 0; i < 4; ++i) (void)square(rows);
        (void)up(rows);
        (void)down(wide);
      }
      seconds += Seconds() - began;
    }
    return seconds;
  }
  /// Floating point operations of these products.
  [[nodiscard]] double Operations() const {
    double pieces = 0;
    for (const Batch& batch : batches_) pieces += static_cast<double>(batch.pieces());
    const auto width = static_cast<double>(config_.hidden_size), inner = static_cast<double>(config_.intermediate_size);
    return 2 * pieces * static_cast<double>(config_.layers) * (4 * width * width + 2 * width * inner);
  }
  NamedTensors States() {
    torch::InferenceMode inference;
    NamedTensors states;
    for (size_t b = 0; b < plan_.size(); ++b) {
      const at::Tensor words = nn::PoolPieces(encoder_.Forward({}, batches_[b]).rows, batches_[b]);
      for (size_t s = 0; s < plan_[b].size(); ++s) {
        const int64_t first = batches_[b].cu_words[s], count = batches_[b].cu_words[s + 1] - first;
        states.emplace_back(std::to_string(plan_[b][s]), words.narrow(0, first, count).clone());
      }
    }
    return states;
  }

 private:
  EncoderConfig config_;
  nn::Encoder encoder_;
  std::vector<std::vector<int64_t>> plan_;
  std::vector<Batch> batches_;
};

/// Sentences of one window whose words all have pieces.
std::vector<Example> ReadExamples(const Options& options, const Tokenizer& tokenizer, int64_t* words) {
  const EncoderConfig config = ReadEncoderConfig(options.model);
  const SentenceView view(tokenizer, config.max_pieces(), config.max_pieces() / 4);
  std::vector<Example> examples;
  for (const Sentence& sentence : ReadCorpus(options.data, {}).sentences) {
    Example example;
    view.Append(sentence, 0, &example.items);
    example.words = static_cast<int64_t>(sentence.words.size());
    const std::vector<int32_t>& pool = example.items[0].pool;
    if (example.items.size() != 1 || std::find(pool.begin(), pool.end(), -1) != pool.end()) continue;
    *words += example.words;
    examples.push_back(std::move(example));
    if (options.sentences > 0 && static_cast<int64_t>(examples.size()) == options.sentences) break;
  }
  return examples;
}

Json Compare(const Options& options, const std::string& engine, int64_t words, Runner* runner, PeerProcess* peer) {
  const auto ask = [&](const char* request) {
    return ParseJson(peer->Ask(std::string(request) + " " + engine), "peer", ErrorCode::kInternal).get<double>();
  };
  const double difference = ask("check");
  if (!(difference <= kLimit))
    throw Error(ErrorCode::kCheckFailed, engine + ": states differ by " + std::to_string(difference) + ": not timed");
  std::vector<double> ratios, ours, theirs;
  for (int64_t round = 0; round < options.rounds; ++round) {
    theirs.push_back(ask("time"));
    ours.push_back(runner->Time());
    ratios.push_back(theirs.back() / ours.back());
  }
  return {{"engine", engine},
          {"largest_difference", difference},
          {"ours_words_per_second", static_cast<double>(words) / Median(ours)},
          {"peer_words_per_second", static_cast<double>(words) / Median(theirs)},
          {"ratio", Median(ratios)},
          {"ratio_min", *std::min_element(ratios.begin(), ratios.end())},
          {"ratio_max", *std::max_element(ratios.begin(), ratios.end())}};
}

/// How much of the time the matrix products take when they run alone.
Json Share(const Options& options, Runner* runner) {
  std::vector<double> shares, products;
  for (int64_t round = 0; round < options.rounds; ++round) {
    products.push_back(runner->TimeProducts());
    shares.push_back(products.back() / runner->Time());
  }
  return {{"products_gflops", runner->Operations() / Median(products) / 1e9}, {"share", Median(shares)}};
}

int Main(int argc, char** argv) {
  CLI::App app("States of the last layer, first piece of every word: ours beside other engines.");
  Options options;
  const char* data = std::getenv("CLNER_DATA");
  options.data = (data != nullptr ? std::string(data) : std::string(CLNER_SOURCE_DIR) + "/../shared/data") +
                 "/conllpp/conllpp_test.txt";
  app.add_option("-m,--model", options.model, "Hugging Face encoder directory.")->capture_default_str();
  app.add_option("--data", options.data)->capture_default_str();
  app.add_option("--engines", options.engines)->capture_default_str();
  app.add_option("--sentences", options.sentences, "Only the first ones; 0 = all.")->capture_default_str();
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 100))->capture_default_str();
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--batch-pieces", options.batch_pieces)->check(CLI::Range(1, 1000000))->capture_default_str();
  app.add_flag("--json", options.json);
  CLI11_PARSE(app, argc, argv);
  SetLogLevel(LogLevel::kQuiet);
  at::set_num_threads(static_cast<int>(options.threads));

  int64_t words = 0;
  const std::vector<Example> examples = ReadExamples(options, *LoadTokenizer(options.model), &words);
  Runner runner(options, examples);
  const WorkDirectory work;
  Json ids = Json::array(), pool = Json::array();
  for (const Example& example : examples) {
    ids.push_back(example.items[0].ids);
    pool.push_back(example.items[0].pool);
  }
  WriteFileAtomically(work / "work.json", DumpJson({{"ids", std::move(ids)}, {"pool", std::move(pool)}}));
  SaveTensors(work / "states.safetensors", runner.States());
  PeerProcess peer({std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/bench_encoder_peer.py", work.path(),
                    options.model, std::to_string(options.threads)});
  Json result = {{"schema_version", 1},
                 {"benchmark", "bench_encoder"},
                 {"threads", options.threads},
                 {"sentences", examples.size()},
                 {"words", words},
                 {"cases", Json::array()}};
  result["versions"] = ParseJson(peer.Ask("versions"), "peer", ErrorCode::kInternal);
  for (const std::string& engine : options.engines) {
    result["cases"].push_back(Compare(options, engine, words, &runner, &peer));
    if (options.json) continue;
    const Json& row = result["cases"].back();
    std::printf("%-20s ours %7.0f  peer %7.0f words/s  ratio %.2f (%.2f..%.2f), states equal to %.1e\n", engine.c_str(),
                row["ours_words_per_second"].get<double>(), row["peer_words_per_second"].get<double>(),
                row["ratio"].get<double>(), row["ratio_min"].get<double>(), row["ratio_max"].get<double>(),
                row["largest_difference"].get<double>());
  }
  result["limit"] = Share(options, &runner);
  if (options.json) {
    std::printf("%s\n", DumpJson(result, 2).c_str());
  } else {
    std::printf("matrix products alone: %.0f GFLOP/s, %.0f %% of our time\n",
                result["limit"]["products_gflops"].get<double>(), 100 * result["limit"]["share"].get<double>());
  }
  return 0;
}

}  // namespace
}  // namespace clner::bench

int main(int argc, char** argv) { return clner::bench::RunBenchmark("bench_encoder", clner::bench::Main, argc, argv); }
