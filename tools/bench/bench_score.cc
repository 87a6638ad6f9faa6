// Entity F1 over one million tokens against seqeval: equality first, then processor time in alternating runs.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/random.h"
#include "eval/evaluation.h"
#include "peer_process.h"

namespace {

using Json = nlohmann::ordered_json;
using Tags = std::vector<std::vector<std::string>>;

constexpr double kTolerance = 1e-12;
const std::vector<std::string> kTypes = {"PER", "LOC", "ORG", "MISC"};

struct Data {
  Tags gold, predicted;
  int64_t words = 0;
};

// Sentences of 1 to 28 words with CoNLL-03's share of entities; one predicted tag in ten is another one.
Data MakeData(int64_t words, uint64_t seed) {
  clner::Random random(seed);
  Data data;
  while (data.words < words) {
    const auto length =
        static_cast<size_t>(std::min<int64_t>(1 + static_cast<int64_t>(random.Below(28)), words - data.words));
    std::vector<std::string> gold;
    while (gold.size() < length) {
      if (random.Uniform() < 0.88) {
        gold.emplace_back("O");
        continue;
      }
      const std::string& type = kTypes[random.Below(kTypes.size())];
      for (uint64_t w = 0, n = 1 + random.Below(3); w < n && gold.size() < length; ++w) {
        gold.push_back((w == 0 ? "B-" : "I-") + type);
      }
    }
    std::vector<std::string> predicted = gold;
    for (std::string& tag : predicted) {
      if (random.Uniform() >= 0.1) continue;
      const uint64_t choice = random.Below(3);
      tag = choice == 0 ? "O" : (choice == 1 ? "B-" : "I-") + kTypes[random.Below(kTypes.size())];
    }
    data.words += static_cast<int64_t>(length);
    data.gold.push_back(std::move(gold));
    data.predicted.push_back(std::move(predicted));
  }
  return data;
}

// Gold and predicted tags of a sentence on two lines.
std::filesystem::path WriteData(const Data& data) {
  const auto path = std::filesystem::temp_directory_path() / ("bench_score." + std::to_string(getpid()) + ".txt");
  std::ofstream out(path);
  for (size_t i = 0; i < data.gold.size(); ++i) {
    for (const auto* side : {&data.gold[i], &data.predicted[i]}) {
      for (size_t w = 0; w < side->size(); ++w) out << (w > 0 ? " " : "") << (*side)[w];
      out << '\n';
    }
  }
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
  return path;
}

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double Spread(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return (*high - *low) / Median(values);
}

// One case; throws when any rate differs.
Json RunCase(const Data& data, clner::EvalMode mode, int rounds, clner::bench::PeerProcess* peer) {
  const std::string name = mode == clner::EvalMode::kStrict ? "strict" : "default";
  const auto score = [&] { return clner::ScoreTags(data.gold, data.predicted, clner::Scheme::kBio, mode); };
  const clner::Rates ours = score().Micro();
  const Json theirs = Json::parse(peer->Ask("score " + name));
  double difference = 0;
  for (const auto& [key, value] : {std::pair{"precision", ours.precision}, {"recall", ours.recall}, {"f1", ours.f1}}) {
    difference = std::max(difference, std::abs(value - theirs[key].get<double>()));
  }
  if (!(difference <= kTolerance)) {
    throw std::runtime_error("the scores differ by " + std::to_string(difference) + " in mode " + name);
  }
  std::vector<double> our_seconds, peer_seconds;
  for (int round = 0; round < rounds; ++round) {
    const double begin = CpuSeconds();
    (void)score();
    our_seconds.push_back(CpuSeconds() - begin);
    peer_seconds.push_back(std::stod(peer->Ask("time " + name)));
  }
  return {{"mode", name},
          {"f1", ours.f1},
          {"difference", difference},
          {"seconds", Median(our_seconds)},
          {"spread", Spread(our_seconds)},
          {"peer_seconds", Median(peer_seconds)},
          {"peer_spread", Spread(peer_seconds)},
          {"ratio", Median(peer_seconds) / Median(our_seconds)}};
}

int Run(int argc, char** argv) {
  CLI::App app("Entity F1 against seqeval 1.2.2.");
  int64_t words = 1000000;
  uint64_t seed = 1;
  int rounds = 5;
  bool json = false;
  std::string peer_name = "seqeval";
  app.add_option("--words", words, "number of tokens")->check(CLI::Range(1000, 100000000));
  app.add_option("--seed", seed, "seed of the tags");
  app.add_option("--rounds", rounds, "timed runs of each side")->check(CLI::Range(1, 1000));
  app.add_option("--peer", peer_name, "seqeval")->check(CLI::IsMember({"seqeval"}));
  app.add_flag("--json", json, "print one JSON object");
  CLI11_PARSE(app, argc, argv);

  const Data data = MakeData(words, seed);
  const std::filesystem::path path = WriteData(data);
  clner::bench::PeerProcess peer(
      {std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/bench_score_peer.py", path.string()});
  Json result = {{"benchmark", "score"}, {"peer", Json::parse(peer.Ask("versions"))}, {"words", data.words}};
  std::filesystem::remove(path);
  double load = 0;
  (void)getloadavg(&load, 1);
  result["threads"] = 1;
  result["load_average"] = load;
  result["cases"] = {RunCase(data, clner::EvalMode::kConlleval, rounds, &peer),
                     RunCase(data, clner::EvalMode::kStrict, rounds, &peer)};
  result["ratio"] = result["cases"][0]["ratio"];
  if (json) {
    std::printf("%s\n", result.dump(2).c_str());
    return 0;
  }
  std::printf("%lld tokens, peer %s, one thread, load average %.1f\n", static_cast<long long>(data.words),
              result["peer"].dump().c_str(), load);
  for (const Json& item : result["cases"]) {
    std::printf(
        "%-8s F1 %.6f (equal to %.0e)  ours %.1f ms (spread %.0f %%)  peer %.1f ms (spread %.0f %%)  ratio %.1f\n",
        item["mode"].get<std::string>().c_str(), item["f1"].get<double>(), kTolerance,
        1e3 * item["seconds"].get<double>(), 100 * item["spread"].get<double>(),
        1e3 * item["peer_seconds"].get<double>(), 100 * item["peer_spread"].get<double>(), item["ratio"].get<double>());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_score: %s\n", error.what());
    return 1;
  }
}
