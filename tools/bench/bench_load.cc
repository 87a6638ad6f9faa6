// From a model directory to its first prediction, as whole processes beside transformers: equal tags first.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "core/files.h"
#include "peer_process.h"
#include "timed_process.h"

namespace clner::bench {
namespace {

struct Options {
  std::string model = std::string(CLNER_SOURCE_DIR) + "/runs/quickstart/best",
              data = std::string(CLNER_SOURCE_DIR) + "/examples/quickstart/test.conll";
  int rounds = 5;
  bool json = false;
};

/// The first sentence of a column file, words alone.
std::string FirstSentence(const std::string& path) {
  const std::string text = ReadFile(path);
  std::string words;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string row = text.substr(begin, end - begin);
    begin = end + 1;
    const std::string word = row.substr(0, row.find_first_of(" \t\r"));
    if (word.empty() && !words.empty()) break;
    if (!word.empty()) words += word + "\n";
  }
  return words + "\n";
}

int Main(int argc, char** argv) {
  CLI::App app("Start, load a model, tag one sentence, end: beside transformers + pytorch-crf.");
  Options options;
  app.add_option("-m,--model", options.model, "A trained model with a CRF.")->capture_default_str();
  app.add_option("--data", options.data, "Column file whose first sentence is tagged.")->capture_default_str();
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 100))->capture_default_str();
  app.add_flag("--json", options.json);
  CLI11_PARSE(app, argc, argv);

  const WorkDirectory work;
  WriteFileAtomically(work / "in", FirstSentence(options.data));
  const std::vector<std::string> ours = {ProgramBeside(), "--quiet", "predict", "-m", options.model, work / "in"};
  const std::vector<std::string> theirs = {PeerPython(),
                                           std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/bench_load_peer.py",
                                           options.model, work / "in"};
  std::vector<TimedRun> our_runs, their_runs;
  std::vector<double> ratios;
  for (int round = 0; round <= options.rounds; ++round) {  // round 0 warms the page cache and compares the tags
    const TimedRun peer = RunTimed(theirs, work / "theirs"), own = RunTimed(ours, work / "ours");
    if (round == 0) {
      if (ReadFile(work / "ours") != ReadFile(work / "theirs"))
        throw Error(ErrorCode::kCheckFailed, "the tags differ: nothing was timed");
      continue;
    }
    our_runs.push_back(own);
    their_runs.push_back(peer);
    ratios.push_back(peer.seconds / own.seconds);
  }
  const Json result = {{"schema_version", 1},
                       {"benchmark", "bench_load"},
                       {"ours", Summary(our_runs)},
                       {"peer", Summary(their_runs)},
                       {"ratio", Median(ratios)},
                       {"ratio_min", *std::min_element(ratios.begin(), ratios.end())},
                       {"ratio_max", *std::max_element(ratios.begin(), ratios.end())}};
  if (options.json) {
    std::printf("%s\n", DumpJson(result, 2).c_str());
  } else {
    std::printf("ours %.2f s, %.0f MB   peer %.2f s, %.0f MB   ratio %.1f (%.1f..%.1f), tags equal\n",
                result["ours"]["seconds"].get<double>(), result["ours"]["peak_megabytes"].get<double>(),
                result["peer"]["seconds"].get<double>(), result["peer"]["peak_megabytes"].get<double>(),
                result["ratio"].get<double>(), result["ratio_min"].get<double>(), result["ratio_max"].get<double>());
  }
  return 0;
}

}  // namespace
}  // namespace clner::bench

int main(int argc, char** argv) { return clner::bench::RunBenchmark("bench_load", clner::bench::Main, argc, argv); }
