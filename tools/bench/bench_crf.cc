// CRF kernels against pytorch-crf: equality first, then CPU time on one thread in alternating runs.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "kernels/crf.h"

extern char** environ;

namespace {

namespace crf = clner::crf;
namespace fs = std::filesystem;

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// A directory that is removed at the end.
class ScratchDir {
 public:
  ScratchDir() {
    std::string name = (fs::temp_directory_path() / "bench_crf.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw Failure("cannot create a directory in " + fs::temp_directory_path().string());
    path_ = name;
  }
  ~ScratchDir() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;
  [[nodiscard]] std::string File(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

/// The Python process of the peer; one line per question and answer.
class Peer {
 public:
  Peer(const std::string& python, const std::string& script) {
    if (!fs::exists(python)) throw Failure("no peer interpreter '" + python + "'; create it or set CLNER_PEERS_PYTHON");
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0) throw Failure("cannot create pipes");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    for (const int fd : {in[0], in[1], out[0], out[1]}) posix_spawn_file_actions_addclose(&actions, fd);
    for (const char* name : {"OMP_NUM_THREADS", "MKL_NUM_THREADS"}) setenv(name, "1", 1);
    std::string program = python, file = script;
    char* arguments[] = {program.data(), file.data(), nullptr};
    const int error = posix_spawn(&pid_, program.c_str(), &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    to_.reset(fdopen(in[1], "w"));
    from_.reset(fdopen(out[0], "r"));
    if (error != 0) throw Failure("cannot start '" + python + "'");
  }
  ~Peer() {
    to_.reset();
    int status = 0;
    if (pid_ > 0) waitpid(pid_, &status, 0);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  std::string Ask(const std::string& question) {
    std::fprintf(to_.get(), "%s\n", question.c_str());
    std::fflush(to_.get());
    std::string answer;
    for (int c = std::fgetc(from_.get()); c != '\n'; c = std::fgetc(from_.get())) {
      if (c == EOF) throw Failure("the peer ended at '" + question + "'");
      answer.push_back(static_cast<char>(c));
    }
    return answer;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  pid_t pid_ = 0;
  std::unique_ptr<std::FILE, Close> to_, from_;
};

/// Sentence lengths of a column file.
std::vector<int32_t> ReadLengths(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw Failure("cannot open '" + path + "'; pass --data or set CLNER_DATA");
  std::vector<int32_t> lengths;
  int32_t words = 0;
  for (std::string line; std::getline(in, line);) {
    const bool blank = line.find_first_not_of(" \t\r") == std::string::npos;
    if (blank && words > 0) lengths.push_back(std::exchange(words, 0));
    if (!blank && line.rfind("-DOCSTART-", 0) != 0) ++words;
  }
  if (words > 0) lengths.push_back(words);
  if (lengths.empty()) throw Failure("no sentence in '" + path + "'");
  return lengths;
}

/// One cell of the grid: inputs, our buffers and calls.
class Case {
 public:
  Case(int64_t tags, int64_t sentences, const std::vector<int32_t>& corpus, uint64_t seed) : tags_(tags) {
    std::mt19937_64 random(seed);
    offsets_.push_back(0);
    for (int64_t b = 0; b < sentences; ++b) {
      lengths_.push_back(corpus[random() % corpus.size()]);
      offsets_.push_back(offsets_.back() + lengths_.back());
    }
    std::normal_distribution<float> normal;
    const auto fill = [&](std::vector<float>* values, int64_t count, float deviation) {
      values->resize(static_cast<size_t>(count));
      for (float& v : *values) v = deviation * normal(random);
    };
    fill(&emissions_, Words() * tags, 2.0f);
    fill(&transitions_, tags * tags, 0.5f);
    fill(&start_, tags, 0.5f);
    fill(&end_, tags, 0.5f);
    for (int64_t i = 0; i < Words(); ++i) gold_.push_back(static_cast<int32_t>(random() % static_cast<uint64_t>(tags)));
    weight_.assign(static_cast<size_t>(sentences), 1.0f / static_cast<float>(sentences));
    batch_ = {sentences, tags, Words(), *std::max_element(lengths_.begin(), lengths_.end()), offsets_.data(), nullptr};
    params_ = {transitions_.data(), start_.data(), end_.data(), tags};
    loss_.resize(weight_.size());
    flags_.resize(weight_.size());
    d_emissions_.resize(emissions_.size());
    d_transitions_.resize(transitions_.size());
    d_start_.resize(start_.size());
    d_end_.resize(end_.size());
    tags_out_.resize(gold_.size());
    workspace_.resize(std::max(crf::WorkspaceBytes(crf::Operation::kNll, batch_),
                               crf::WorkspaceBytes(crf::Operation::kViterbi, batch_)));
  }

  [[nodiscard]] int64_t Words() const { return offsets_.back(); }

  void Write(const std::string& path) const {
    std::ofstream out(path, std::ios::binary);
    const int64_t sizes[] = {batch_.sentences, tags_, Words()};
    const auto put = [&](const auto* values, size_t count) {
      out.write(reinterpret_cast<const char*>(values), static_cast<std::streamsize>(count * sizeof(*values)));
    };
    put(sizes, 3);
    put(lengths_.data(), lengths_.size());
    put(emissions_.data(), emissions_.size());
    put(gold_.data(), gold_.size());
    for (const auto* values : {&transitions_, &start_, &end_}) put(values->data(), values->size());
    if (!out) throw Failure("cannot write '" + path + "'");
  }

  void Run(bool decode) {
    const crf::Workspace workspace{workspace_.data(), workspace_.size()};
    const crf::KernelStatus status =
        decode ? crf::Viterbi(batch_, {emissions_.data(), tags_}, params_, nullptr, tags_out_.data(), loss_.data(),
                              flags_.data(), workspace)
               : crf::Nll(batch_, {emissions_.data(), tags_}, params_, gold_.data(), weight_.data(), loss_.data(),
                          {d_emissions_.data(), tags_}, {d_transitions_.data(), d_start_.data(), d_end_.data(), tags_},
                          flags_.data(), workspace);
    if (status != crf::KernelStatus::kOk) throw Failure(std::string("kernel: ") + crf::StatusText(status));
  }

  /// CPU seconds of one call, averaged over enough calls to fill `least` seconds.
  double Time(bool decode, double least) {
    int64_t calls = 0;
    const double begin = CpuSeconds();
    double spent = 0;
    while (spent < least) {
      for (int i = 0; i < 4; ++i) Run(decode);
      calls += 4;
      spent = CpuSeconds() - begin;
    }
    return spent / static_cast<double>(calls);
  }

  /// Worst relative difference to the peer's file; tags count as 0 or 1.
  double Compare(bool decode, const std::string& path) {
    Run(decode);
    std::ifstream in(path, std::ios::binary);
    if (decode) {
      std::vector<int32_t> want(tags_out_.size());
      Read(&in, &want, path);
      return want == tags_out_ ? 0.0 : 1.0;
    }
    double worst = 0;
    const auto against = [&](const auto& ours) {
      std::vector<float> want(ours.size());
      Read(&in, &want, path);
      double difference = 0, scale = 1e-12;
      for (size_t i = 0; i < want.size(); ++i) {
        const double d = std::abs(static_cast<double>(ours[i]) - static_cast<double>(want[i]));
        difference = std::isnan(d) ? HUGE_VAL : std::max(difference, d);
        scale = std::max(scale, std::abs(static_cast<double>(want[i])));
      }
      worst = std::max(worst, difference / scale);
    };
    against(loss_);
    for (const auto* values : {&d_emissions_, &d_transitions_, &d_start_, &d_end_}) against(*values);
    return worst;
  }

 private:
  template <class T>
  static void Read(std::ifstream* in, std::vector<T>* values, const std::string& path) {
    in->read(reinterpret_cast<char*>(values->data()), static_cast<std::streamsize>(values->size() * sizeof(T)));
    if (!*in) throw Failure("'" + path + "' of the peer is too short");
  }

  int64_t tags_;
  std::vector<int32_t> lengths_, gold_, tags_out_;
  std::vector<int64_t> offsets_;
  std::vector<float> emissions_, transitions_, start_, end_, weight_, d_emissions_, d_transitions_, d_start_, d_end_;
  std::vector<double> loss_;
  std::vector<uint8_t> flags_;
  std::vector<char> workspace_;
  crf::Batch batch_;
  crf::Params params_;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

nlohmann::json RunCase(Peer* peer, const ScratchDir& scratch, Case* cell, const std::string& name, int repeats) {
  const bool decode = name == "decode";
  const std::string inputs = scratch.File("inputs"), outputs = scratch.File("outputs");
  cell->Write(inputs);
  peer->Ask("load " + inputs);
  peer->Ask("check " + name + " " + outputs);
  const double difference = cell->Compare(decode, outputs);
  if (!(difference <= 1e-4)) {
    throw Failure(decode ? "tags differ from the peer's"
                         : "results differ from the peer's by " + std::to_string(difference) + " (relative)");
  }
  std::vector<double> theirs, ours, ratios;
  peer->Ask("time " + name);
  cell->Time(decode, 0.005);
  for (int i = 0; i < repeats; ++i) {
    theirs.push_back(std::stod(peer->Ask("time " + name)));
    ours.push_back(cell->Time(decode, 0.02));
    ratios.push_back(theirs.back() / ours.back());
  }
  return {{"words", cell->Words()},
          {"max_difference", difference},
          {"peer_ms", 1e3 * Median(theirs)},
          {"ours_us", 1e6 * Median(ours)},
          {"ratio", Median(theirs) / Median(ours)},
          {"ratio_min", *std::min_element(ratios.begin(), ratios.end())},
          {"ratio_max", *std::max_element(ratios.begin(), ratios.end())}};
}

std::string Machine() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

struct Options {
  std::string name = "nll", peer = "pytorch-crf", data;
  bool json = false;
  int repeats = 7;
  uint64_t seed = 1;
};

nlohmann::json RunAll(const Options& options) {
  const std::string root = CLNER_SOURCE_DIR;
  const char* python = std::getenv("CLNER_PEERS_PYTHON");
  Peer peer(python != nullptr ? python : root + "/.venv-peers/bin/python",
            root + "/tools/bench/peers/bench_crf_peer.py");
  std::istringstream versions(peer.Ask("hello"));
  std::string torch, pytorch_crf;
  versions >> torch >> pytorch_crf;
  double load = 0;
  if (getloadavg(&load, 1) != 1) load = -1;
  const bool noisy = load > 2.0 * std::thread::hardware_concurrency();
  nlohmann::json report = {{"schema_version", 1},
                           {"benchmark", "bench_crf"},
                           {"case", options.name},
                           {"peer", options.peer},
                           {"peer_version", pytorch_crf},
                           {"torch_version", torch},
                           {"machine", Machine()},
                           {"simd", crf::SimdTarget()},
                           {"threads", 1},
                           {"load", load},
                           {"noisy", noisy},
                           {"repeats", options.repeats}};
  if (!options.json) {
    std::printf("%s against %s %s on torch %s; %s, %s, 1 thread, CPU time, load %.1f%s\n", options.name.c_str(),
                options.peer.c_str(), pytorch_crf.c_str(), torch.c_str(), Machine().c_str(), crf::SimdTarget(), load,
                noisy ? " (noisy)" : "");
    std::printf("%4s %5s %6s %10s %10s %8s  %s\n", "K", "B", "words", "peer ms", "ours us", "ratio", "ratio min..max");
  }
  const std::vector<int32_t> corpus = ReadLengths(options.data);
  const ScratchDir scratch;
  double logs = 0;
  for (const int64_t tags : {9, 25, 57}) {
    for (const int64_t sentences : {4, 32, 256}) {
      Case cell(tags, sentences, corpus, options.seed + static_cast<uint64_t>(sentences));
      nlohmann::json row = RunCase(&peer, scratch, &cell, options.name, options.repeats);
      row["tags"] = tags;
      row["sentences"] = sentences;
      logs += std::log(row["ratio"].get<double>());
      report["cases"].push_back(row);
      if (options.json) continue;
      std::printf("%4ld %5ld %6ld %10.3f %10.2f %8.1f  %.1f..%.1f\n", static_cast<long>(tags),
                  static_cast<long>(sentences), static_cast<long>(cell.Words()), row["peer_ms"].get<double>(),
                  row["ours_us"].get<double>(), row["ratio"].get<double>(), row["ratio_min"].get<double>(),
                  row["ratio_max"].get<double>());
    }
  }
  report["ratio_geomean"] = std::exp(logs / 9);
  return report;
}

std::string DefaultData() {
  const char* data = std::getenv("CLNER_DATA");
  const fs::path root = data != nullptr ? fs::path(data) : fs::path(CLNER_SOURCE_DIR) / "../shared/data";
  return (root / "conllpp/conllpp_test.txt").string();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.data = DefaultData();
  CLI::App app("CRF kernels against pytorch-crf on one thread; equality is asserted before any timing");
  app.add_option("--case", options.name, "nll (loss and all gradients) or decode (Viterbi)")
      ->check(CLI::IsMember({"nll", "decode"}));
  app.add_option("--peer", options.peer, "what to compare with")->check(CLI::IsMember({"pytorch-crf"}));
  app.add_option("--data", options.data, "column file that sentence lengths are drawn from");
  app.add_option("--repeats", options.repeats, "alternating runs per case")->check(CLI::Range(5, 1000));
  app.add_option("--seed", options.seed, "of lengths and scores");
  app.add_flag("--json", options.json, "print one JSON object");
  CLI11_PARSE(app, argc, argv);
  try {
    const nlohmann::json report = RunAll(options);
    if (options.json) {
      std::cout << report.dump(2) << "\n";
    } else {
      std::printf("ratio_geomean %.1f\n", report["ratio_geomean"].get<double>());
    }
  } catch (const std::exception& error) {
    std::cerr << "bench_crf: error: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
