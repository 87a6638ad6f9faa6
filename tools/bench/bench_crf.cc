// CRF kernels against their peers in PyTorch: equality first, then CPU time on one thread in alternating runs; on a
// GPU, time of finished calls by the clock, both sides on the same one.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "bench_program.h"
#include "core/error.h"
#include "crf_cases.h"
#if defined(CLNER_BENCH_CUDA)
#include "crf_gpu_cases.h"
#endif
#include "kernels/crf.h"
#include "peer_process.h"
#include "work_directory.h"

namespace clner::bench {
namespace {

struct Options {
  std::string name = "nll", data, device = "cpu";
  std::vector<std::string> peers;  ///< the first one decides `ratio_geomean`
  bool json = false;
  int repeats = 7;
  uint64_t seed = 1;

  [[nodiscard]] bool Cooperative() const { return name == "cooperative"; }
  [[nodiscard]] bool OnGpu() const { return device == "cuda"; }
  /// Peers that have the case.
  [[nodiscard]] std::vector<std::string> Known() const {
    if (Cooperative()) return {"double-backward", "clner", "torch-struct"};
    return {"pytorch-crf"};
  }
  /// Replaces "all" and an empty list, and drops names given twice; the name of a peer without the case, or "".
  std::string ChoosePeers();
};

std::string Options::ChoosePeers() {
  const std::vector<std::string> known = Known();
  std::vector<std::string> named = std::move(peers);
  peers.clear();
  if (named.empty()) named.push_back(known.front());
  for (const std::string& name_or_all : named) {
    for (const std::string& peer : name_or_all == "all" ? known : std::vector<std::string>{name_or_all}) {
      if (std::find(known.begin(), known.end(), peer) == known.end()) return peer;
      if (std::find(peers.begin(), peers.end(), peer) == peers.end()) peers.push_back(peer);
    }
  }
  return {};
}

/// A cell and what the peer calls it.
struct Cell {
  int64_t tags = 0, sentences = 0;
  float tau = 1;  ///< of cooperative cells

  [[nodiscard]] std::unique_ptr<CrfCase> Make(const Options& options, const std::vector<int32_t>& corpus,
                                              uint64_t seed) const {
    const std::string& name = options.name;
#if defined(CLNER_BENCH_CUDA)
    if (options.OnGpu() && name == "decode") return std::make_unique<DecodeGpuCase>(tags, sentences, corpus, seed);
    if (options.OnGpu()) return std::make_unique<NllGpuCase>(tags, sentences, corpus, seed);
#endif
    if (name == "decode") return std::make_unique<DecodeCase>(tags, sentences, corpus, seed);
    if (name == "nll") return std::make_unique<NllCase>(tags, sentences, corpus, seed);
    return std::make_unique<CooperativeCase>(tags, sentences, tau, corpus, seed);
  }
  [[nodiscard]] std::string Question(const Options& options, const std::string& peer) const {
    if (!options.Cooperative()) return options.name;
    std::ostringstream text;
    text << peer << ' ' << tau;
    return text.str();
  }
};

std::vector<Cell> CellsOf(const Options& options) {
  std::vector<Cell> cells;
  for (const int64_t tags : {9, 25, 57}) {
    for (const int64_t sentences : {4, 32, 256}) {
      if (!options.Cooperative()) cells.push_back({tags, sentences, 1});
      for (const float tau : {1.0f, 0.3f}) {
        if (options.Cooperative() && sentences < 256) cells.push_back({tags, sentences, tau});
      }
    }
  }
  return cells;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// Throws unless the peer has our results; the largest relative difference.
double CheckEqual(const Options& options, const std::string& peer, CrfCase* problem, const std::string& outputs) {
  const double difference = problem->Compare(outputs);
  if (difference <= 1e-4) return difference;
  throw Error(ErrorCode::kInternal, options.name == "decode" ? "tags differ from those of " + peer
                                                             : "results differ from those of " + peer + " by " +
                                                                   std::to_string(difference) + " (relative)");
}

/// Ratios of one peer, round by round.
struct PeerTimes {
  std::vector<double> seconds, ratios;
  double difference = 0;
};

nlohmann::json RunCell(const Options& options, const Cell& cell, const std::vector<int32_t>& corpus,
                       const WorkDirectory& files, PeerProcess* process) {
  const auto problem = cell.Make(options, corpus, options.seed + static_cast<uint64_t>(cell.sentences));
  const std::string inputs = files / "inputs", outputs = files / "outputs";
  problem->Write(inputs);
  process->Ask("load " + inputs);
  std::vector<PeerTimes> times(options.peers.size());
  const auto question = [&](size_t i) { return cell.Question(options, options.peers[i]); };
  for (size_t i = 0; i < times.size(); ++i) {
    process->Ask("check " + question(i) + " " + outputs);
    times[i].difference = CheckEqual(options, options.peers[i], problem.get(), outputs);
    process->Ask("time " + question(i));
  }
  std::vector<double> ours;
  problem->Time(0.005);
  for (int round = 0; round < options.repeats; ++round) {
    for (size_t i = 0; i < times.size(); ++i)
      times[i].seconds.push_back(std::stod(process->Ask("time " + question(i))));
    ours.push_back(problem->Time(0.02));
    for (PeerTimes& peer : times) peer.ratios.push_back(peer.seconds.back() / ours.back());
  }
  nlohmann::json row = {{"tags", cell.tags},
                        {"sentences", cell.sentences},
                        {"words", problem->Words()},
                        {"ours_us", 1e6 * Median(ours)},
                        {"us_per_word", 1e6 * Median(ours) / static_cast<double>(problem->Words())}};
  for (size_t i = 0; i < times.size(); ++i) {
    const PeerTimes& peer = times[i];
    const nlohmann::json against = {{"max_difference", peer.difference},
                                    {"peer_ms", 1e3 * Median(peer.seconds)},
                                    {"ratio", Median(peer.seconds) / Median(ours)},
                                    {"ratio_min", *std::min_element(peer.ratios.begin(), peer.ratios.end())},
                                    {"ratio_max", *std::max_element(peer.ratios.begin(), peer.ratios.end())}};
    if (i == 0) row.update(against);
    row["peers"][options.peers[i]] = against;
  }
  if (options.Cooperative()) row["tau"] = cell.tau;
  return row;
}

std::string Machine() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

void PrintRow(const Options& options, const nlohmann::json& row) {
  for (const std::string& peer : options.peers) {
    const nlohmann::json& against = row["peers"][peer];
    std::printf("%4d %5d %4s %6d %10.3f %10.2f %8.3f %8.1f  %6.1f..%-8.1f %s\n", row["tags"].get<int>(),
                row["sentences"].get<int>(), row.contains("tau") ? row["tau"].dump().substr(0, 3).c_str() : "-",
                row["words"].get<int>(), against["peer_ms"].get<double>(), row["ours_us"].get<double>(),
                row["us_per_word"].get<double>(), against["ratio"].get<double>(), against["ratio_min"].get<double>(),
                against["ratio_max"].get<double>(), peer.c_str());
  }
}

void CheckDevice(const Options& options) {
  if (!options.OnGpu()) return;
  if (options.Cooperative()) {
    throw Error(ErrorCode::kUsage, "--device cuda has no case 'cooperative'", "", "--case nll or --case decode");
  }
#if !defined(CLNER_BENCH_CUDA)
  throw Error(ErrorCode::kUnavailable, "--device cuda: bench_crf was built without a CUDA toolkit", "",
              "build with a CUDA 13 toolkit, -DCLNER_WITH_CUDA=ON");
#endif
  const crf::KernelStatus status = crf::CudaStatus();
  if (status == crf::KernelStatus::kOk) return;
  throw Error(ErrorCode::kUnavailable, std::string("--device cuda: ") + crf::StatusText(status), "",
              "it needs a GPU with its driver, and libclner_cuda.so of this build; or use --device cpu");
}

nlohmann::json RunAll(const Options& options) {
  CheckDevice(options);
  for (const char* name : {"OMP_NUM_THREADS", "MKL_NUM_THREADS"}) setenv(name, "1", 1);
  const char* script = options.Cooperative() ? "bench_crf_cooperative_peer.py" : "bench_crf_peer.py";
  std::vector<std::string> arguments = {std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/" + script};
  if (options.OnGpu()) arguments.push_back("cuda");
  PeerProcess peer(arguments);
  nlohmann::json peers = nlohmann::json::array();
  std::string torch, names;
  for (const std::string& name : options.peers) {
    std::istringstream versions(peer.Ask("hello " + name));
    std::string library;
    versions >> torch >> library;
    peers.push_back({{"peer", name}, {"version", library}});
    names += (names.empty() ? "" : ", ") + name + " " + library;
  }
  double load = 0;
  if (getloadavg(&load, 1) != 1) load = -1;
  const bool noisy = load > 2.0 * std::thread::hardware_concurrency();
  nlohmann::json report = {{"schema_version", 1},
                           {"benchmark", "bench_crf"},
                           {"case", options.name},
                           {"peer", options.peers.front()},
                           {"peer_version", peers[0]["version"]},
                           {"torch_version", torch},
                           {"machine", Machine()},
                           {"device", options.device},
                           {"simd", crf::SimdTarget()},
                           {"threads", 1},
                           {"load", load},
                           {"noisy", noisy},
                           {"repeats", options.repeats}};
  if (!options.json) {
    std::printf("%s against %s on torch %s; %s, %s, 1 thread, CPU time, load %.1f%s\n", options.name.c_str(),
                names.c_str(), torch.c_str(), Machine().c_str(), crf::SimdTarget(), load, noisy ? " (noisy)" : "");
    std::printf("%4s %5s %4s %6s %10s %10s %8s %8s  %s\n", "K", "B", "tau", "words", "peer ms", "ours us", "us/word",
                "ratio", "ratio min..max    peer");
  }
  const std::vector<int32_t> corpus = ReadLengths(options.data);
  const WorkDirectory files;
  double slowest_at_25 = 0;
  std::vector<double> logs(options.peers.size());
  const std::vector<Cell> cells = CellsOf(options);
  for (const Cell& cell : cells) {
    const nlohmann::json row = RunCell(options, cell, corpus, files, &peer);
    for (size_t i = 0; i < logs.size(); ++i) logs[i] += std::log(row["peers"][options.peers[i]]["ratio"].get<double>());
    if (cell.tags == 25) slowest_at_25 = std::max(slowest_at_25, row["us_per_word"].get<double>());
    report["cases"].push_back(row);
    if (!options.json) PrintRow(options, row);
  }
  for (size_t i = 0; i < logs.size(); ++i)
    peers[i]["ratio_geomean"] = std::exp(logs[i] / static_cast<double>(cells.size()));
  report["ratio_geomean"] = peers[0]["ratio_geomean"];
  report["peers"] = peers;
  if (options.Cooperative()) report["us_per_word_25_tags"] = slowest_at_25;
  return report;
}

std::string DefaultData() {
  const char* data = std::getenv("CLNER_DATA");
  const std::filesystem::path root =
      data != nullptr ? std::filesystem::path(data) : std::filesystem::path(CLNER_SOURCE_DIR) / "../shared/data";
  return (root / "conllpp/conllpp_test.txt").string();
}

int Run(int argc, char** argv) {
  Options options;
  options.data = DefaultData();
  CLI::App app("CRF kernels against PyTorch on one thread; equality is asserted before any timing");
  app.add_option("--case", options.name,
                 "nll (loss and all gradients), decode (Viterbi), cooperative (both losses of pairs and their KL, all "
                 "gradients)")
      ->check(CLI::IsMember({"nll", "decode", "cooperative"}));
  app.add_option(
         "--peer", options.peers,
         "pytorch-crf for nll and decode; for cooperative double-backward (the default), clner, torch-struct; all "
         "of the case; repeated, the first one decides ratio_geomean")
      ->check(CLI::IsMember({"pytorch-crf", "double-backward", "clner", "torch-struct", "all"}))
      ->allow_extra_args(false);
  app.add_option("--device", options.device, "cpu, or cuda for both sides; nll and decode only")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  app.add_option("--data", options.data, "column file that sentence lengths are drawn from");
  app.add_option("--repeats", options.repeats, "alternating runs per case")->check(CLI::Range(1, 1000));
  app.add_option("--seed", options.seed, "of lengths and scores");
  app.add_flag("--json", options.json, "print one JSON object");
  CLI11_PARSE(app, argc, argv);
  if (const std::string other = options.ChoosePeers(); !other.empty()) {
    std::cerr << "bench_crf: error: peer '" << other << "' has no case '" << options.name << "'\n";
    return 64;
  }
  const nlohmann::json report = RunAll(options);
  if (options.json) {
    std::cout << report.dump(2) << "\n";
    return 0;
  }
  for (const nlohmann::json& peer : report["peers"])
    std::printf("ratio_geomean %.1f %s\n", peer["ratio_geomean"].get<double>(),
                peer["peer"].get<std::string>().c_str());
  if (options.Cooperative())
    std::printf("microseconds per word at 25 tags, at most %.3f\n", report["us_per_word_25_tags"].get<double>());
  return 0;
}

}  // namespace
}  // namespace clner::bench

int main(int argc, char** argv) { return clner::bench::ReportFailure("bench_crf", clner::bench::Run, argc, argv); }
