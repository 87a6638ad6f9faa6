// Words per second of turning words into pieces beside the Python tokenizers library, one thread each: equal ids first.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <filesystem>

#include "bench_program.h"
#include "core/files.h"
#include "core/json.h"
#include "core/log.h"
#include "data/corpus.h"
#include "peer_process.h"
#include "tokenize/tokenizer.h"
#include "work_directory.h"

namespace clner::bench {
namespace {

using Sentences = std::vector<std::vector<std::string>>;

struct Options {
  std::vector<std::string> tokenizers, data;
  std::string peer = "tokenizers";
  int64_t rounds = 7, sentences = 10000;
  bool json = false;
};

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double Spread(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return (*high - *low) / Median(values);
}

// The words of every line between blanks and tabs.
Sentences SplitLines(std::string_view text) {
  Sentences sentences;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::vector<std::string> words;
    while (true) {
      line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
      if (line.empty()) break;
      words.emplace_back(line.substr(0, line.find_first_of(" \t\r")));
      line.remove_prefix(words.back().size());
    }
    if (!words.empty()) sentences.push_back(std::move(words));
  }
  return sentences;
}

// A .tsv file is running text, others are column files.
Sentences ReadSentences(const std::string& path) {
  if (path.ends_with(".tsv")) return SplitLines(ReadFile(path));
  Sentences sentences;
  for (Sentence& sentence : ReadCorpus(path, {}).sentences) sentences.push_back(std::move(sentence.words));
  return sentences;
}

void CheckSameIds(const Tokenizer& tokenizer, const Sentences& sentences, const std::filesystem::path& peer_ids) {
  const std::string bytes = ReadFile(peer_ids);
  std::vector<int32_t> theirs(bytes.size() / sizeof(int32_t));
  std::memcpy(theirs.data(), bytes.data(), theirs.size() * sizeof(int32_t));
  auto next = theirs.begin();
  for (size_t i = 0; i < sentences.size(); ++i) {
    const auto end = std::find(next, theirs.end(), -1);
    if (!std::ranges::equal(tokenizer.Encode(sentences[i]).ids, std::ranges::subrange(next, end))) {
      throw Error(ErrorCode::kCheckFailed, "the ids of sentence " + std::to_string(i) + " differ: nothing was timed");
    }
    next = end == theirs.end() ? end : end + 1;
  }
}

Json Measure(const Options& options, const std::string& directory, const std::string& data) {
  Sentences sentences = ReadSentences(data);
  sentences.resize(std::min(sentences.size(), static_cast<size_t>(options.sentences)));
  const auto tokenizer = LoadTokenizer(directory);
  const WorkDirectory work;
  WriteFileAtomically(work / "sentences.json", DumpJson(Json(sentences)));
  PeerProcess peer({std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/bench_pipeline_peer.py", directory,
                    work / "sentences.json"});
  const auto ask = [&](const std::string& request) {
    return ParseJson(peer.Ask(request), "peer", ErrorCode::kInternal);
  };
  const Json versions = ask("versions");
  (void)ask("ids " + (work / "ids"));
  CheckSameIds(*tokenizer, sentences, work / "ids");

  double words = 0;
  for (const auto& sentence : sentences) words += static_cast<double>(sentence.size());
  std::vector<double> ours, theirs, ratios;
  Json answer;
  for (int64_t round = 0; round <= options.rounds; ++round) {  // round 0 warms up
    answer = ask("time");
    const double began = CpuSeconds();
    size_t pieces = 0;
    for (const auto& sentence : sentences) pieces += tokenizer->Encode(sentence).ids.size();
    const double our_time = CpuSeconds() - began;
    if (round == 0 || pieces == 0) continue;
    ours.push_back(our_time);
    theirs.push_back(answer["seconds"].get<double>());
    ratios.push_back(theirs.back() / our_time);
  }
  if (ours.empty()) throw Error(ErrorCode::kData, "no words", data, "name a file with words");
  return {{"tokenizer", directory},
          {"data", data},
          {"versions", versions},
          {"peer_way", answer["way"]},
          {"words", words},
          {"words_per_second", words / Median(ours)},
          {"spread", Spread(ours)},
          {"peer_words_per_second", words / Median(theirs)},
          {"peer_spread", Spread(theirs)},
          {"ratio", Median(ratios)},
          {"ratio_min", *std::min_element(ratios.begin(), ratios.end())},
          {"ratio_max", *std::max_element(ratios.begin(), ratios.end())}};
}

void Print(const Json& row) {
  const auto name = [&](const char* key) {
    return std::filesystem::path(row[key].get<std::string>()).filename().string();
  };
  std::printf(
      "%-20s %-20s %8.0f words, ids equal  ours %.2f M words/s (spread %.0f %%)  peer %.2f M (%s, spread %.0f %%)  "
      "ratio %.1f (%.1f..%.1f)\n",
      name("tokenizer").c_str(), name("data").c_str(), row["words"].get<double>(),
      1e-6 * row["words_per_second"].get<double>(), 100 * row["spread"].get<double>(),
      1e-6 * row["peer_words_per_second"].get<double>(), row["peer_way"].get<std::string>().c_str(),
      100 * row["peer_spread"].get<double>(), row["ratio"].get<double>(), row["ratio_min"].get<double>(),
      row["ratio_max"].get<double>());
}

int Run(int argc, char** argv) {
  CLI::App app("Pieces of words beside the Python tokenizers library, one thread each.");
  Options options;
  const char* env = std::getenv("CLNER_DATA");
  const std::string shared = env != nullptr ? env : std::string(CLNER_SOURCE_DIR) + "/../shared/data";
  options.tokenizers = {std::string(CLNER_SOURCE_DIR) + "/models/minilm-l6", shared + "/../tokenizers/roberta-base"};
  options.data = {shared + "/conllpp/conllpp_test.txt", shared + "/wikipedia/wikipedia_leads.tsv"};
  app.add_option("--peer", options.peer)->check(CLI::IsMember({"tokenizers"}))->capture_default_str();
  app.add_option("-t,--tokenizer", options.tokenizers, "Directories of tokenizers.")->capture_default_str();
  app.add_option("--data", options.data, "Column files, or .tsv files of running text.")->capture_default_str();
  app.add_option("--sentences", options.sentences, "At most this many of every file.")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_flag("--json", options.json);
  CLI11_PARSE(app, argc, argv);
  SetLogLevel(LogLevel::kQuiet);

  Json result = {{"schema_version", 1}, {"benchmark", "bench_pipeline"}, {"threads", 1}};
  double load = 0;
  (void)getloadavg(&load, 1);
  result["load_average"] = load;
  for (const std::string& directory : options.tokenizers) {
    for (const std::string& data : options.data) {
      result["cases"].push_back(Measure(options, directory, data));
      if (!options.json) Print(result["cases"].back());
    }
  }
  if (options.json) std::printf("%s\n", DumpJson(result, 2).c_str());
  return 0;
}

}  // namespace
}  // namespace clner::bench

int main(int argc, char** argv) { return clner::bench::ReportFailure("bench_pipeline", clner::bench::Run, argc, argv); }
