// `clner predict` from start to exit beside a Python library that is loaded already: a column file into a tagged one.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "data/corpus.h"
#include "peer_process.h"
#include "timed_process.h"
#include "work_directory.h"

namespace clner::bench {

struct FileCase {
  std::string peer, model, precision;
  int64_t rounds = 5, threads = 2, batch_pieces = 4096;
};

/// The spans that two files with the same words give differently.
inline int64_t DifferingSpans(const std::string& ours, const std::string& theirs) {
  const Corpus a = ReadCorpus(ours, {}), b = ReadCorpus(theirs, {});
  if (a.sentences.size() != b.sentences.size())
    throw Error(ErrorCode::kInternal, "the peer wrote another number of sentences");
  int64_t differing = 0;
  for (size_t s = 0; s < a.sentences.size(); ++s) {
    if (a.sentences[s].words != b.sentences[s].words)
      throw Error(ErrorCode::kInternal, "the peer wrote other words in sentence " + std::to_string(s));
    std::vector<Span> one = a.sentences[s].spans, other = b.sentences[s].spans;
    for (const Span& span : one) differing += std::count(other.begin(), other.end(), span) == 0 ? 1 : 0;
    for (const Span& span : other) differing += std::count(one.begin(), one.end(), span) == 0 ? 1 : 0;
  }
  return differing;
}

/// Times both on the sentences, written as a file with one word a line. The peer's time is without its start, ours
/// with it. kCheckFailed when a span differs.
inline Json MeasureFiles(const FileCase& options, const std::vector<std::vector<std::string>>& sentences) {
  const WorkDirectory directory;
  std::string text;
  int64_t words = 0;
  for (const std::vector<std::string>& sentence : sentences) {
    for (const std::string& word : sentence) text += word + "\n";
    text += "\n";
    words += static_cast<int64_t>(sentence.size());
  }
  const std::string in = directory / "in.conll", ours = directory / "ours.conll", theirs = directory / "theirs.conll";
  WriteFileAtomically(in, text);
  PeerProcess peer({std::string(CLNER_SOURCE_DIR) + "/tools/bench/peers/bench_predict_file_peer.py", options.peer,
                    options.model, std::to_string(options.threads)});
  const auto ask = [&](const std::string& line) { return ParseJson(peer.Ask(line), "peer", ErrorCode::kInternal); };
  const std::vector<std::string> command = {ProgramBeside(),  "predict",
                                            "--quiet",        "-m",
                                            options.model,    in,
                                            "--threads",      std::to_string(options.threads),
                                            "--precision",    options.precision,
                                            "--batch-pieces", std::to_string(options.batch_pieces)};
  Json result = {{"versions", ask("versions")}};
  std::vector<double> our_times, their_times, ratios;
  for (int64_t round = 0; round <= options.rounds; ++round) {  // round 0 warms up and compares
    const double their_time = ask("tag " + in + " " + theirs).get<double>();
    const double our_time = RunTimed(command, ours).seconds;
    if (round == 0) {
      const int64_t differing = DifferingSpans(ours, theirs);
      result["differing_spans"] = differing;
      if (differing > 0 && options.precision == "fp32")
        throw Error(ErrorCode::kCheckFailed, std::to_string(differing) + " spans differ: nothing was timed");
      continue;
    }
    our_times.push_back(our_time), their_times.push_back(their_time), ratios.push_back(their_time / our_time);
  }
  result["cases"] = {{{"peer_setting", options.peer},
                      {"ours_words_per_second", static_cast<double>(words) / Median(our_times)},
                      {"peer_words_per_second", static_cast<double>(words) / Median(their_times)},
                      {"ratio", Median(ratios)},
                      {"ratio_min", *std::min_element(ratios.begin(), ratios.end())},
                      {"ratio_max", *std::max_element(ratios.begin(), ratios.end())}}};
  return result;
}

}  // namespace clner::bench
