// What the token cache of tokenize/token_cache.h saves: reading and tokenising a corpus against opening the cache.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench_program.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "data/corpus.h"
#include "views/corpus_cache.h"
#include "work_directory.h"

namespace clner::bench {

/// Pieces of all words, those of contexts included, with their numbers by word: what the cache holds too.
struct ColdPieces {
  std::vector<int32_t> ids = {};
  std::vector<uint16_t> counts = {};
};

/// The pass without a cache: every word is tokenised where it stands.
inline ColdPieces ReadAndTokenise(const std::string& path, const Tokenizer& tokenizer) {
  const Corpus corpus = ReadCorpus(path, {});
  ColdPieces pieces;
  const auto append = [&](std::string_view word) {
    const size_t before = pieces.ids.size();
    (void)tokenizer.EncodeWord(word, PieceTables::kMaxPiecesPerWord, &pieces.ids);
    pieces.counts.push_back(static_cast<uint16_t>(pieces.ids.size() - before));
  };
  for (const Sentence& sentence : corpus.sentences) {
    for (const std::string& word : sentence.words) append(word);
    for (size_t i = 0; i < sentence.contexts.words(); ++i) append(sentence.contexts.word(i));
  }
  return pieces;
}

inline void CheckSamePieces(const PieceTables& tables, const ColdPieces& cold) {
  auto id = cold.ids.begin();
  auto count = cold.counts.begin();
  bool same = tables.pieces() == cold.ids.size() && tables.words() == cold.counts.size();
  for (size_t i = 0; same && i < tables.sentences(); ++i) {
    for (const WordPieces& part : {tables.own(i), tables.context(i)}) {
      same = same && std::equal(part.ids.begin(), part.ids.end(), id) &&
             std::equal(part.counts.begin(), part.counts.end(), count);
      id += static_cast<std::ptrdiff_t>(part.ids.size());
      count += static_cast<std::ptrdiff_t>(part.counts.size());
    }
  }
  if (!same) throw Error(ErrorCode::kCheckFailed, "the pieces of the cache differ: nothing was timed");
}

/// `data` `repeat` times, in a file whose stamp is old enough to be trusted.
inline std::string RepeatedFile(const std::string& data, int64_t repeat, const WorkDirectory& work) {
  if (repeat == 1) return data;
  const std::string path = work / std::filesystem::path(data).filename().string();
  const std::string text = ReadFile(data);
  AtomicFile file(path);
  for (int64_t i = 0; i < repeat; ++i) file.Write(text);
  file.Commit();
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  return path;
}

/// Wall seconds of both ways, interleaved. A reopening is a new object: tokenizer and data files are looked at again.
inline Json MeasureTokenCache(const std::string& directory, const std::string& data, int64_t repeat, int64_t rounds) {
  const WorkDirectory work;
  const std::string path = RepeatedFile(data, repeat, work);
  const auto tokenizer = LoadTokenizer(directory);
  const TokenCacheOptions options = {.directory = work / "cache"};
  const auto reopen = [&] {
    return CorpusCache(options, *tokenizer, directory).FindPieces(path, DataFormat::kColumns, {});
  };
  (void)CorpusCache(options, *tokenizer, directory).Read(path, DataFormat::kColumns, {});
  const auto kept = reopen();
  if (!kept) throw Error(ErrorCode::kCheckFailed, "the cache was not written: nothing was timed", path);
  CheckSamePieces(*kept, ReadAndTokenise(path, *tokenizer));

  std::vector<double> cold, warm, read, ratios;
  for (int64_t round = 0; round <= rounds; ++round) {  // round 0 warms up
    double began = Seconds();
    const size_t pieces = ReadAndTokenise(path, *tokenizer).ids.size();
    const double cold_time = Seconds() - began;
    began = Seconds();
    const bool same = reopen()->pieces() == pieces;
    const double warm_time = Seconds() - began;
    began = Seconds();
    const size_t sentences =
        CorpusCache(options, *tokenizer, directory).Read(path, DataFormat::kColumns, {}).corpus.sentences.size();
    const double read_time = Seconds() - began;
    if (round == 0 || !same || sentences != kept->sentences()) continue;
    cold.push_back(cold_time);
    warm.push_back(warm_time);
    read.push_back(read_time);
    ratios.push_back(cold_time / warm_time);
  }
  return {{"case", "cache"},
          {"tokenizer", directory},
          {"data", data},
          {"repeat", repeat},
          {"words", static_cast<double>(kept->words())},
          {"pieces", static_cast<double>(kept->pieces())},
          {"file_bytes", static_cast<double>(std::filesystem::file_size(path))},
          {"cache_bytes", static_cast<double>(TokenCacheUseOf(options.directory).bytes)},
          {"cold_seconds", Median(cold)},
          {"cold_spread", Spread(cold)},
          {"reopen_seconds", Median(warm)},
          {"reopen_spread", Spread(warm)},
          {"read_seconds", Median(read)},
          {"ratio", Median(ratios)},
          {"ratio_min", *std::min_element(ratios.begin(), ratios.end())},
          {"ratio_max", *std::max_element(ratios.begin(), ratios.end())}};
}

}  // namespace clner::bench
