// Words per second of turning words or running text into pieces beside the Python tokenizers library, one thread each:
// equal ids first. And what the token cache saves.
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
#include "token_cache_case.h"
#include "tokenize/tokenizer.h"
#include "work_directory.h"

namespace clner::bench {
namespace {

using Sentences = std::vector<std::vector<std::string>>;

struct Options {
  std::vector<std::string> cases = {"words", "text", "cache"};
  std::vector<std::string> tokenizers, data, cache_data;
  std::string peer = "tokenizers";
  int64_t rounds = 7, sentences = 10000, repeat = 1;
  bool json = false;
};

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
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

/// Sentences as both sides get them: one word each, with the whole text, in the case "text".
Sentences AsTexts(const Sentences& sentences) {
  Sentences texts;
  for (const auto& words : sentences) {
    std::string text = words[0];
    for (size_t i = 1; i < words.size(); ++i) text += ' ' + words[i];
    texts.push_back({std::move(text)});
  }
  return texts;
}

void WriteForPeer(const Sentences& sentences, bool texts, const std::string& path) {
  Json json = Json::array();
  for (const auto& words : sentences) json.push_back(texts ? Json(words[0]) : Json(words));
  WriteFileAtomically(path, DumpJson(json));
}

void CheckSameIds(const Tokenizer& tokenizer, const Sentences& sentences, const std::filesystem::path& peer_ids) {
  const std::string bytes = ReadFile(peer_ids);
  std::vector<int32_t> theirs(bytes.size() / sizeof(int32_t));
  std::memcpy(theirs.data(), bytes.data(), theirs.size() * sizeof(int32_t));
  auto next = theirs.begin();
  for (size_t i = 0; i < sentences.size(); ++i) {
    const auto end = std::find(next, theirs.end(), -1);
    if (!std::ranges::equal(tokenizer.Encode(sentences[i]).ids, std::ranges::subrange(next, end))) {
      throw Error(ErrorCode::kCheckFailed, "the ids of sentence " + std::to_string(i) + " differ: nothing was timed",
                  sentences[i][0]);
    }
    next = end == theirs.end() ? end : end + 1;
  }
}

/// The case "words", or "text" where our tokenizer gets a whole sentence as one word, as the peer does. Neither side
/// remembers what it made of a word, except that the peer may inside of its own library.
Json MeasureTokenizer(const Options& options, const std::string& directory, const std::string& data, bool texts) {
  Sentences sentences = ReadSentences(data);
  sentences.resize(std::min(sentences.size(), static_cast<size_t>(options.sentences)));
  double words = 0;
  for (const auto& sentence : sentences) words += static_cast<double>(sentence.size());
  if (words == 0) throw Error(ErrorCode::kData, "no words", data, "name a file with words");
  if (texts) sentences = AsTexts(sentences);
  const auto tokenizer = LoadTokenizer(directory);
  const WorkDirectory work;
  WriteForPeer(sentences, texts, work / "sentences.json");
  PeerProcess peer({std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/bench_pipeline_peer.py", directory,
                    work / "sentences.json"});
  const auto ask = [&](const std::string& request) {
    return ParseJson(peer.Ask(request), "peer", ErrorCode::kInternal);
  };
  const Json versions = ask("versions");
  (void)ask("ids " + (work / "ids"));
  CheckSameIds(*tokenizer, sentences, work / "ids");

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
  return {{"case", texts ? "text" : "words"},
          {"tokenizer", directory},
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

std::string FileName(const Json& row, const char* key) {
  return std::filesystem::path(row[key].get<std::string>()).filename().string();
}

void PrintTokenizer(const Json& row) {
  std::printf(
      "%-5s %-20s %-20s %8.0f words, ids equal  ours %.2f M words/s (spread %.0f %%)  peer %.2f M (%s, spread %.0f %%) "
      " "
      "ratio %.1f (%.1f..%.1f)\n",
      row["case"].get<std::string>().c_str(), FileName(row, "tokenizer").c_str(), FileName(row, "data").c_str(),
      row["words"].get<double>(), 1e-6 * row["words_per_second"].get<double>(), 100 * row["spread"].get<double>(),
      1e-6 * row["peer_words_per_second"].get<double>(), row["peer_way"].get<std::string>().c_str(),
      100 * row["peer_spread"].get<double>(), row["ratio"].get<double>(), row["ratio_min"].get<double>(),
      row["ratio_max"].get<double>());
}

void PrintCache(const Json& row) {
  const auto milliseconds = [&](const char* key) { return 1e3 * row[key].get<double>(); };
  std::printf(
      "cache %-20s %-20s %8.0f words, pieces equal  cold %.1f ms (spread %.0f %%)  reopened %.3f ms (spread %.0f %%)  "
      "with words and tags %.2f ms  file %.1f MB  ratio %.0f (%.0f..%.0f)\n",
      FileName(row, "tokenizer").c_str(), FileName(row, "data").c_str(), row["words"].get<double>(),
      milliseconds("cold_seconds"), 100 * row["cold_spread"].get<double>(), milliseconds("reopen_seconds"),
      100 * row["reopen_spread"].get<double>(), milliseconds("read_seconds"), 1e-6 * row["cache_bytes"].get<double>(),
      row["ratio"].get<double>(), row["ratio_min"].get<double>(), row["ratio_max"].get<double>());
}

int Run(int argc, char** argv) {
  CLI::App app("Pieces of words and texts beside the Python tokenizers library, one thread each; the token cache.");
  Options options;
  const char* env = std::getenv("CLNER_DATA");
  const std::string shared = env != nullptr ? env : std::string(CLNER_SOURCE_DIR) + "/../shared/data";
  options.tokenizers = {std::string(CLNER_SOURCE_DIR) + "/models/minilm-l6", shared + "/../tokenizers/roberta-base",
                        shared + "/../tokenizers/xlmr"};
  options.data = {shared + "/conllpp/conllpp_test.txt", shared + "/wikipedia/wikipedia_leads.tsv"};
  options.cache_data = {shared + "/conllpp/conllpp_train.txt",
                        shared + "/clner_contexts/wnut17_bertscore_eos_doc_full/train.txt"};
  app.add_option("--case", options.cases, "words, text and cache; all by default.")
      ->check(CLI::IsMember({"words", "text", "cache"}))
      ->capture_default_str();
  app.add_option("--peer", options.peer)->check(CLI::IsMember({"tokenizers"}))->capture_default_str();
  app.add_option("-t,--tokenizer", options.tokenizers, "Directories of tokenizers.")->capture_default_str();
  app.add_option("--data", options.data, "Column files, or .tsv files of running text.")->capture_default_str();
  app.add_option("--sentences", options.sentences, "At most this many of every file.")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  app.add_option("--cache-data", options.cache_data, "Column files of the case cache.")->capture_default_str();
  app.add_option("--repeat", options.repeat, "How often every file of the case cache stands behind itself.")
      ->check(CLI::Range(1, 1000))
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
    const auto wanted = [&](const char* name) { return std::ranges::find(options.cases, name) != options.cases.end(); };
    for (const bool texts : {false, true}) {
      if (!wanted(texts ? "text" : "words")) continue;
      for (const std::string& data : options.data) {
        result["cases"].push_back(MeasureTokenizer(options, directory, data, texts));
        if (!options.json) PrintTokenizer(result["cases"].back());
      }
    }
    if (!wanted("cache")) continue;
    for (const std::string& data : options.cache_data) {
      result["cases"].push_back(MeasureTokenCache(directory, data, options.repeat, options.rounds));
      if (!options.json) PrintCache(result["cases"].back());
    }
  }
  if (options.json) std::printf("%s\n", DumpJson(result, 2).c_str());
  return 0;
}

}  // namespace
}  // namespace clner::bench

int main(int argc, char** argv) { return clner::bench::ReportFailure("bench_pipeline", clner::bench::Run, argc, argv); }
