// Start-up of commands that need no LibTorch, as whole processes beside Python: equal F1 first.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "core/files.h"
#include "peer_process.h"
#include "timed_process.h"

namespace clner::bench {
namespace {

struct Options {
  std::string data;
  int rounds = 11;
  bool json = false;
};

/// Rows `word gold predicted`; the prediction is the gold tag, wrong in every seventh row that has an entity.
std::string WithPredictions(const std::string& path) {
  const std::string text = ReadFile(path);
  std::string rows;
  int64_t entities = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string row = text.substr(begin, end - begin);
    begin = end + 1;
    const size_t first = row.find(' '), last = row.rfind(' ');
    if (first == row.npos || row.starts_with("-DOCSTART-")) {
      rows += "\n";
      continue;
    }
    const std::string gold = row.substr(last + 1);
    const bool wrong = gold != "O" && ++entities % 7 == 0;
    rows += row.substr(0, first) + " " + gold + " " + (wrong ? "O" : gold) + "\n";
  }
  return rows;
}

int Main(int argc, char** argv) {
  CLI::App app("clner --help and clner eval beside python -c 'import transformers' and seqeval.");
  Options options;
  const char* data = std::getenv("CLNER_DATA");
  options.data = (data != nullptr ? std::string(data) : std::string(CLNER_SOURCE_DIR) + "/../shared/data") +
                 "/conllpp/conllpp_test.txt";
  app.add_option("--data", options.data, "Column file with blanks between the columns.")->capture_default_str();
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_flag("--json", options.json);
  CLI11_PARSE(app, argc, argv);

  const WorkDirectory work;
  WriteFileAtomically(work / "both", WithPredictions(options.data));
  const std::string peer = std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/bench_startup_peer.py",
                    out = work / "out";
  struct Case {
    const char* name;
    std::vector<std::string> ours, theirs;
  };
  const std::vector<Case> cases = {{"help", {ProgramBeside(), "--help"}, {PeerPython(), "-c", "import transformers"}},
                                   {"eval",
                                    {ProgramBeside(), "--quiet", "eval", "--conll", work / "both", "--json"},
                                    {PeerPython(), peer, work / "both"}}};
  RunTimed(cases[1].ours, work / "ours");
  RunTimed(cases[1].theirs, work / "theirs");
  const double f1 = ParseJson(ReadFile(work / "ours"), "ours", ErrorCode::kInternal)["micro"]["f1"].get<double>();
  if (std::abs(f1 - std::stod(ReadFile(work / "theirs"))) > 1e-12)
    throw Error(ErrorCode::kCheckFailed, "F1 differs: nothing was timed");
  Json result = {{"schema_version", 1}, {"benchmark", "bench_startup"}, {"f1", f1}, {"cases", Json::array()}};
  for (const Case& tested : cases) {
    std::vector<TimedRun> ours, theirs;
    std::vector<double> ratios;
    for (int round = 0; round < options.rounds; ++round) {
      ours.push_back(RunTimed(tested.ours, out));
      theirs.push_back(RunTimed(tested.theirs, out));
      ratios.push_back(theirs.back().seconds / ours.back().seconds);
    }
    result["cases"].push_back(
        {{"name", tested.name}, {"ours", Summary(ours)}, {"peer", Summary(theirs)}, {"ratio", Median(ratios)}});
    if (options.json) continue;
    const Json& row = result["cases"].back();
    std::printf("%-5s ours %6.1f ms (%.1f..%.1f)   peer %7.1f ms   ratio %.0f\n", tested.name,
                1e3 * row["ours"]["seconds"].get<double>(), 1e3 * row["ours"]["seconds_min"].get<double>(),
                1e3 * row["ours"]["seconds_max"].get<double>(), 1e3 * row["peer"]["seconds"].get<double>(),
                row["ratio"].get<double>());
  }
  if (options.json) std::printf("%s\n", DumpJson(result, 2).c_str());
  return 0;
}

}  // namespace
}  // namespace clner::bench

int main(int argc, char** argv) { return clner::bench::RunBenchmark("bench_startup", clner::bench::Main, argc, argv); }
