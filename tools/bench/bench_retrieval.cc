// The embedded index over the Wikipedia leads: speed of build and queries, gold mentions found for WNUT-17, and the
// rank of the own article of held-out sentences beside bm25s.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "bench_program.h"
#include "clner/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/random.h"
#include "data/data_format.h"
#include "data/raw_text.h"
#include "data/unicode_class.h"
#include "peer_process.h"
#include "retrieval/collection.h"
#include "retrieval/fts_index.h"
#include "retrieval/index_builder.h"
#include "work_directory.h"

namespace clner::bench {
namespace {

constexpr int64_t kContexts = 6, kTop = 10, kCandidates = 20;  // candidates: as clner contexts

struct Arguments {
  std::string data = std::string(CLNER_SOURCE_DIR) + "/../shared/data";
  int64_t held_out = 2000, rounds = 5;
  uint64_t seed = 1;
  std::vector<std::string> queries = {"emerging.dev.conll"};
  std::string peer = "bm25s";
  FtsOptions search;
  bool repeat_unpruned = false;  // it is slow: one run of a thousand sentences says enough
  bool json = false;
};

FtsOptions Unpruned() {
  FtsOptions options;
  options.query = {.max_words = 1 << 20, .max_terms = 1 << 20, .max_share = 1.0, .name_share = 1.0};
  options.rescore = 0;
  return options;
}

/// Sentences as queries, and the surfaces of their gold mentions.
struct Queries {
  std::vector<std::string> texts;
  std::vector<std::vector<std::string>> mentions;  // lower case
};

Queries ReadQueries(const std::string& path) {
  Queries queries;
  for (const Sentence& sentence : ReadData(path, DataFormat::kColumns, {}, {}).sentences) {
    std::vector<std::string> mentions;
    for (const Span& span : sentence.spans) {
      std::string surface;
      for (auto w = static_cast<size_t>(span.begin_word); w < static_cast<size_t>(span.end_word); ++w)
        surface += (surface.empty() ? "" : " ") + sentence.words[w];
      mentions.push_back(LowerCase(surface));
    }
    queries.texts.push_back(JoinWords(sentence.words));
    queries.mentions.push_back(std::move(mentions));
  }
  return queries;
}

/// Share of mentions whose surface occurs in the first kContexts texts of their sentence.
double Coverage(const Queries& queries, const std::vector<SearchAnswer>& answers) {
  int64_t found = 0, total = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    std::string contexts;
    for (size_t c = 0; c < answers[i].candidates.size() && c < kContexts; ++c)
      contexts += LowerCase(answers[i].candidates[c].title + "\n" + answers[i].candidates[c].text) + "\n";
    for (const std::string& mention : queries.mentions[i]) {
      ++total;
      if (contexts.find(mention) != std::string::npos) ++found;
    }
  }
  return static_cast<double>(found) / static_cast<double>(std::max<int64_t>(total, 1));
}

/// Mean share of the first kTop texts of `a` that are among those of `b`.
double Overlap(const std::vector<SearchAnswer>& a, const std::vector<SearchAnswer>& b) {
  double sum = 0;
  int64_t queries = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    std::unordered_set<std::string> texts;
    for (const Candidate& candidate : b[i].candidates) texts.insert(candidate.text);
    if (texts.empty()) continue;
    const auto common = std::count_if(a[i].candidates.begin(), a[i].candidates.end(),
                                      [&](const Candidate& candidate) { return texts.contains(candidate.text); });
    sum += static_cast<double>(common) / static_cast<double>(texts.size());
    ++queries;
  }
  return sum / static_cast<double>(std::max<int64_t>(queries, 1));
}

/// Pruned and unpruned queries of one set in alternating rounds.
Json RunQueries(const std::string& name, const Queries& queries, const std::string& path, const Arguments& arguments) {
  FtsIndex pruned(path, arguments.search), unpruned(path, Unpruned());
  std::vector<SearchAnswer> ours, all;
  std::vector<double> ours_seconds, all_seconds;
  for (int64_t round = 0; round < arguments.rounds; ++round) {
    const double begin = Seconds();
    ours = pruned.Search(queries.texts, kTop);
    ours_seconds.push_back(Seconds() - begin);
    if (round > 0 && !arguments.repeat_unpruned) continue;
    const double middle = Seconds();
    all = unpruned.Search(queries.texts, kTop);
    all_seconds.push_back(Seconds() - middle);
  }
  const auto count = static_cast<double>(queries.texts.size());
  return {{"queries", name},
          {"sentences", queries.texts.size()},
          {"per_second", count / Median(ours_seconds)},
          {"per_second_unpruned", count / Median(all_seconds)},
          {"ratio", Median(all_seconds) / Median(ours_seconds)},
          {"coverage", Coverage(queries, ours)},
          {"coverage_unpruned", Coverage(queries, all)},
          {"overlap", Overlap(ours, all)}};
}

/// A collection from which sentences were taken out, and those sentences.
struct HeldOut {
  std::vector<std::string> queries, articles;
};

HeldOut MakeHeldOut(const std::string& leads, const std::string& collection, const Arguments& arguments) {
  std::vector<Document> documents;
  CollectionReader reader(leads, {});
  for (Document document; reader.Next(&document);) documents.push_back(document);
  HeldOut held;
  for (const int64_t at : Permutation(static_cast<int64_t>(documents.size()), arguments.seed)) {
    if (static_cast<int64_t>(held.queries.size()) == arguments.held_out) break;
    Document& document = documents[static_cast<size_t>(at)];
    const std::vector<TextSentence> sentences = SegmentText(document.text);
    if (sentences.size() < 3) continue;
    // Not the first one, which names the article.
    const TextSentence& sentence =
        sentences[1 + Random(arguments.seed + static_cast<uint64_t>(at)).Below(sentences.size() - 1)];
    const size_t begin = sentence.words.front().begin_byte, end = sentence.words.back().end_byte;
    held.queries.push_back(document.text.substr(begin, end - begin));
    held.articles.push_back(document.id);
    document.text.erase(begin, end - begin);
  }
  std::ofstream out(collection);
  for (const Document& document : documents)
    out << document.id << '\t' << document.title << '\t' << document.text << '\n';
  if (!out.flush()) throw Error(ErrorCode::kIo, "cannot write " + collection);
  return held;
}

double ReciprocalRank(const std::vector<std::string>& ids, const std::string& own) {
  const auto at = std::find(ids.begin(), ids.end(), own);
  return at == ids.end() ? 0.0 : 1.0 / static_cast<double>(at - ids.begin() + 1);
}

Json RankOwn(const HeldOut& held, FtsIndex& index) {
  const double begin = Seconds();
  const std::vector<SearchAnswer> answers = index.Search(held.queries, kCandidates);
  const double seconds = Seconds() - begin;
  double sum = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    std::vector<std::string> ids;
    for (const Candidate& candidate : answers[i].candidates) ids.push_back(candidate.id);
    sum += ReciprocalRank(ids, held.articles[i]);
  }
  const auto count = static_cast<double>(held.queries.size());
  return {{"mrr", sum / count}, {"per_second", count / seconds}};
}

Json RankPeer(const HeldOut& held, const std::string& collection, const std::string& queries) {
  std::ofstream out(queries);
  for (const std::string& query : held.queries) out << query << '\n';
  if (!out.flush()) throw Error(ErrorCode::kIo, "cannot write " + queries);
  out.close();
  PeerProcess peer({std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/bench_retrieval_peer.py", collection, queries});
  Json result = {{"versions", ParseJson(peer.Ask("versions"), "peer", ErrorCode::kData)}};
  result["index_seconds"] = std::stod(peer.Ask("index"));
  for (const char* backend : {"numpy", "numba"}) {
    const Json answer =
        ParseJson(peer.Ask(fmt::format("search {} {}", backend, kCandidates)), "peer", ErrorCode::kData);
    double sum = 0;
    for (size_t i = 0; i < held.queries.size(); ++i)
      sum += ReciprocalRank(answer.at("ids").at(i).get<std::vector<std::string>>(), held.articles[i]);
    result[backend] = {{"mrr", sum / static_cast<double>(held.queries.size())},
                       {"per_second", static_cast<double>(held.queries.size()) / answer.at("seconds").get<double>()}};
  }
  return result;
}

Json RunHeldOut(const std::string& leads, const Arguments& arguments) {
  const WorkDirectory work;
  const HeldOut held = MakeHeldOut(leads, work / "held.tsv", arguments);
  IndexBuildOptions build;
  build.collection.fields = {"id", "title", "text"};
  build.near_duplicates = 0;  // the peer keeps them
  const double begin = Seconds();
  (void)BuildIndex({work / "held.tsv"}, work / "held.idx", build);
  Json result = {{"sentences", held.queries.size()}, {"index_seconds", Seconds() - begin}};
  FtsOptions as_found = arguments.search;
  as_found.rescore = 0;
  FtsIndex rescored(work / "held.idx", arguments.search), pruned(work / "held.idx", as_found);
  result["default"] = RankOwn(held, rescored);
  result["not_rescored"] = RankOwn(held, pruned);
  if (arguments.peer == "bm25s") result["bm25s"] = RankPeer(held, work / "held.tsv", work / "queries.txt");
  return result;
}

void Print(const Json& result) {
  std::printf("build: %.0f documents/s, %.1f MB, load average %.1f, one thread\n",
              result["build"]["per_second"].get<double>(), result["build"]["bytes"].get<double>() / 1e6,
              result["load_average"].get<double>());
  for (const Json& item : result["cases"]) {
    std::printf(
        "%-12s %5lld sentences  pruned %.0f/s  unpruned %.1f/s  ratio %.1f  coverage of gold mentions in the top 6 "
        "%.4f, unpruned %.4f  overlap of the top 10 %.2f\n",
        item["queries"].get<std::string>().c_str(), static_cast<long long>(item["sentences"].get<int64_t>()),
        item["per_second"].get<double>(), item["per_second_unpruned"].get<double>(), item["ratio"].get<double>(),
        item["coverage"].get<double>(), item["coverage_unpruned"].get<double>(), item["overlap"].get<double>());
  }
  if (!result.contains("held_out")) return;
  const auto line = [](const char* name, const Json& rank) {
    std::printf("  %-16s MRR of the own article %.4f  %.0f queries/s\n", name, rank["mrr"].get<double>(),
                rank["per_second"].get<double>());
  };
  const Json& held = result["held_out"];
  std::printf("%lld sentences taken out of the leads; index %.2f s\n",
              static_cast<long long>(held["sentences"].get<int64_t>()), held["index_seconds"].get<double>());
  for (const char* name : {"default", "not_rescored"}) line(name, held[name]);
  if (!held.contains("bm25s")) return;
  std::printf("  %s, index %.2f s\n", held["bm25s"]["versions"].dump().c_str(),
              held["bm25s"]["index_seconds"].get<double>());
  for (const char* name : {"numpy", "numba"}) line(name, held["bm25s"][name]);
}

int Run(int argc, char** argv) {
  CLI::App app("Retrieval over the Wikipedia leads: build, WNUT-17 queries, own article of held-out sentences.");
  Arguments arguments;
  if (const char* env = std::getenv("CLNER_DATA"); env != nullptr) arguments.data = env;
  QueryOptions& query = arguments.search.query;
  app.add_option("--data", arguments.data, "folder with wikipedia/ and wnut17/");
  app.add_option("--queries", arguments.queries, "files of wnut17/ whose sentences are looked for")->delimiter(',');
  app.add_option("--held-out", arguments.held_out, "sentences taken out of the leads; 0 leaves that part out")
      ->check(CLI::Range(0, 20000));
  app.add_option("--rounds", arguments.rounds, "timed runs of each side")->check(CLI::Range(1, 1000));
  app.add_option("--seed", arguments.seed, "choice of the held-out sentences");
  app.add_option("--peer", arguments.peer, "bm25s or none")->check(CLI::IsMember({"bm25s", "none"}));
  app.add_option("--max-terms", query.max_terms, "as in clner search");
  app.add_option("--max-share", query.max_share, "as in clner search");
  app.add_option("--name-share", query.name_share, "as in clner search");
  app.add_option("--max-words", query.max_words, "longest piece of a sentence");
  app.add_option("--rescore", arguments.search.rescore, "as in clner search");
  app.add_flag("--repeat-unpruned", arguments.repeat_unpruned, "time the unpruned queries in every round");
  app.add_flag("--json", arguments.json, "print one JSON object");
  CLI11_PARSE(app, argc, argv);

  SetLogLevel(LogLevel::kQuiet);
  const std::string leads = arguments.data + "/wikipedia/wikipedia_leads.tsv";
  const WorkDirectory work;
  std::vector<double> seconds;
  IndexInfo info;
  for (int64_t round = 0; round < arguments.rounds; ++round) {
    const double begin = Seconds();
    info = BuildIndex({leads}, work / "leads.idx", {});
    seconds.push_back(Seconds() - begin);
  }
  Json result = {{"benchmark", "retrieval"}, {"threads", 1}};
  double load = 0;
  (void)getloadavg(&load, 1);
  result["load_average"] = load;
  result["build"] = {{"documents", info.documents},
                     {"per_second", static_cast<double>(info.documents) / Median(seconds)},
                     {"bytes", info.file_bytes}};
  result["cases"] = Json::array();
  for (const std::string& name : arguments.queries) {
    const Queries queries = ReadQueries(arguments.data + "/wnut17/" + name);
    result["cases"].push_back(RunQueries(name, queries, work / "leads.idx", arguments));
  }
  if (arguments.held_out > 0) result["held_out"] = RunHeldOut(leads, arguments);
  arguments.json ? (void)std::printf("%s\n", DumpJson(result, 2).c_str()) : Print(result);
  return 0;
}

}  // namespace
}  // namespace clner::bench

int main(int argc, char** argv) {
  return clner::bench::ReportFailure("bench_retrieval", clner::bench::Run, argc, argv);
}
