// Words per second of tagging a column file beside transformers + pytorch-crf, or from start to exit beside a pipeline
// of transformers or flair, with the same model: equal tags first.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "bench_program.h"
#include "clner/clner.h"
#include "core/files.h"
#include "core/json.h"
#include "core/log.h"
#include "data/corpus.h"
#include "peer_process.h"
#include "predict_file_case.h"
#include "work_directory.h"

namespace clner::bench {
namespace {

struct Options {
  std::string model = std::string(CLNER_SOURCE_DIR) + "/runs/quickstart/best", data, peer = "transformers";
  int64_t rounds = 5, threads = 2, batch_pieces = 4096;
  std::string precision = "fp32";
  bool json = false;
};

// Tags that differ, and the first sentence with one.
struct Difference {
  int64_t words = 0, first_sentence = -1;
};

Difference Compare(const std::vector<TagResult>& ours, const Json& theirs) {
  Difference difference;
  if (theirs.size() != ours.size()) throw Error(ErrorCode::kInternal, "the peer tagged another number of sentences");
  for (size_t s = 0; s < ours.size(); ++s) {
    const auto tags = theirs[s].get<std::vector<std::string>>();
    for (size_t w = 0; w < ours[s].tags.size(); ++w) {
      if (w < tags.size() && tags[w] == ours[s].tags[w]) continue;
      ++difference.words;
      if (difference.first_sentence < 0) difference.first_sentence = static_cast<int64_t>(s);
    }
  }
  return difference;
}

Json Measure(const Options& options, const std::vector<TagInput>& inputs, int64_t words) {
  LoadOptions load;
  load.threads = static_cast<int>(options.threads);
  load.batch_pieces = options.batch_pieces;
  load.scores = false;
  load.precision = options.precision;
  const Tagger tagger = Tagger::Load(options.model, load);
  const WorkDirectory directory;
  Json sentences = Json::array();
  for (const TagInput& input : inputs) sentences.push_back(input.words);
  WriteFileAtomically(directory / "sentences.json", DumpJson(sentences));
  PeerProcess peer({std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/bench_predict_peer.py", directory.path(),
                    options.model, std::to_string(options.threads)});
  Json result = {{"versions", ParseJson(peer.Ask("versions"), "peer", ErrorCode::kInternal)}, {"cases", Json::array()}};
  const Difference difference =
      Compare(tagger.TagBatch(inputs), ParseJson(peer.Ask("tags"), "peer", ErrorCode::kInternal));
  result["differing_tags"] = difference.words;
  // Rounded numbers may turn a few tags; the share is reported.
  const int64_t allowed = options.precision == "fp32" ? 0 : words / 200;
  if (difference.words > allowed) {
    throw Error(ErrorCode::kCheckFailed, std::to_string(difference.words) + " tags differ, first in sentence " +
                                             std::to_string(difference.first_sentence) + ": nothing was timed");
  }
  for (const char* setting : {"default", "best"}) {
    std::vector<double> ratios, ours, theirs;
    for (int64_t round = 0; round <= options.rounds; ++round) {  // round 0 warms up
      const double peer_time =
          ParseJson(peer.Ask(std::string("time ") + setting), "peer", ErrorCode::kInternal).get<double>();
      const double began = Seconds();
      (void)tagger.TagBatch(inputs);
      const double our_time = Seconds() - began;
      if (round == 0) continue;
      ratios.push_back(peer_time / our_time);
      ours.push_back(our_time);
      theirs.push_back(peer_time);
    }
    result["cases"].push_back({{"peer_setting", setting},
                               {"ours_words_per_second", static_cast<double>(words) / Median(ours)},
                               {"peer_words_per_second", static_cast<double>(words) / Median(theirs)},
                               {"ratio", Median(ratios)},
                               {"ratio_min", *std::min_element(ratios.begin(), ratios.end())},
                               {"ratio_max", *std::max_element(ratios.begin(), ratios.end())}});
  }
  return result;
}

Json MeasureProgram(const Options& options, const std::vector<TagInput>& inputs) {
  std::vector<std::vector<std::string>> sentences;
  for (const TagInput& input : inputs) sentences.push_back(input.words);
  return MeasureFiles(
      {options.peer, options.model, options.precision, options.rounds, options.threads, options.batch_pieces},
      sentences);
}

void Print(const Json& result) {
  std::printf("%ld sentences, %ld words, %ld %s differ (%s); threads %ld, load %.1f, versions %s\n",
              result["sentences"].get<long>(), result["words"].get<long>(),
              result.value("differing_tags", result.value("differing_spans", 0L)),
              result.contains("differing_tags") ? "tags" : "spans", result["precision"].get<std::string>().c_str(),
              result["threads"].get<long>(), result["load_average"].get<double>(),
              DumpJson(result["versions"]).c_str());
  for (const Json& row : result["cases"]) {
    std::printf("peer %-8s ours %8.0f  peer %8.0f words/s  ratio %.2f (%.2f..%.2f)\n",
                row["peer_setting"].get<std::string>().c_str(), row["ours_words_per_second"].get<double>(),
                row["peer_words_per_second"].get<double>(), row["ratio"].get<double>(), row["ratio_min"].get<double>(),
                row["ratio_max"].get<double>());
  }
}

int Main(int argc, char** argv) {
  CLI::App app("Tagging beside transformers + pytorch-crf: the words of a column file, tokenised on both sides.");
  Options options;
  const char* data = std::getenv("CLNER_DATA");
  options.data = (data != nullptr ? std::string(data) : std::string(CLNER_SOURCE_DIR) + "/../shared/data") +
                 "/conllpp/conllpp_test.txt";
  app.add_option("--peer", options.peer,
                 "transformers: batches, loaded on both sides. pipeline, flair: our program from start to exit beside "
                 "the loaded library; a pipeline needs a model without CRF.")
      ->check(CLI::IsMember({"transformers", "pipeline", "flair"}))
      ->capture_default_str();
  app.add_option("-m,--model", options.model, "A trained model.")->capture_default_str();
  app.add_option("--data", options.data)->capture_default_str();
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 100))->capture_default_str();
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--batch-pieces", options.batch_pieces)->check(CLI::Range(1, 1000000))->capture_default_str();
  app.add_option("--precision", options.precision, "Of our encoder; the peer's is fp32.")
      ->check(CLI::IsMember({"fp32", "bf16", "int8"}))
      ->capture_default_str();
  app.add_flag("--json", options.json);
  CLI11_PARSE(app, argc, argv);
  SetLogLevel(LogLevel::kQuiet);

  std::vector<TagInput> inputs;
  int64_t words = 0;
  for (Sentence& sentence : ReadCorpus(options.data, {}).sentences) {
    words += static_cast<int64_t>(sentence.words.size());
    inputs.push_back({std::move(sentence.words)});
  }
  Json result = {{"schema_version", 1}, {"benchmark", "bench_predict"}, {"threads", options.threads}};
  double load = 0;
  (void)getloadavg(&load, 1);
  result["load_average"] = load;
  result["sentences"] = inputs.size();
  result["words"] = words;
  result["precision"] = options.precision;
  result.update(options.peer == "transformers" ? Measure(options, inputs, words) : MeasureProgram(options, inputs));
  if (options.json) {
    std::printf("%s\n", DumpJson(result, 2).c_str());
  } else {
    Print(result);
  }
  return 0;
}

}  // namespace
}  // namespace clner::bench

int main(int argc, char** argv) { return clner::bench::RunBenchmark("bench_predict", clner::bench::Main, argc, argv); }
