#include "retrieval/build_contexts.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "core/error.h"
#include "core/file_ops.h"
#include "core/files.h"
#include "core/log.h"
#include "core/stop.h"
#include "core/utf8.h"
#include "retrieval/context_store.h"

namespace clner {
namespace {

// So many are asked for at once, and lost at most when the process is killed.
constexpr size_t kGroup = 64;
constexpr size_t kDryRunSentences = 256;

struct FormatName {
  ContextsFormat format;
  const char* name;
  const char* short_name;
};
constexpr FormatName kFormatNames[] = {{ContextsFormat::kJsonl, "contexts", "jsonl"},
                                       {ContextsFormat::kTsv, "contexts-tsv", "tsv"},
                                       {ContextsFormat::kColumns, "clner", "clner"}};

/// A sentence, the first of those with its words.
struct Distinct {
  const Sentence* sentence;
  std::string key;
};

std::vector<Distinct> DistinctSentences(const Corpus& corpus) {
  std::vector<Distinct> distinct;
  std::unordered_set<std::string> known;
  for (const Sentence& sentence : corpus.sentences) {
    std::string key = KeyOfWords(sentence.words);
    if (known.insert(key).second) distinct.push_back({&sentence, std::move(key)});
  }
  return distinct;
}

std::vector<RetrievedContexts> RetrieveGroup(std::span<const Distinct> group, ContextRetriever& retriever) {
  std::vector<const Sentence*> sentences;
  for (const Distinct& distinct : group) sentences.push_back(distinct.sentence);
  return retriever.Retrieve(sentences);
}

/// Retrieves what the store lacks; `output` is the place of a request to stop.
void Fill(std::span<const Distinct> distinct, ContextRetriever& retriever, const std::string& output,
          ContextStore* store) {
  std::vector<Distinct> missing;
  for (const Distinct& one : distinct) {
    if (!store->Has(one.key)) missing.push_back(one);
  }
  const size_t there = distinct.size() - missing.size();
  const auto total = static_cast<int64_t>(distinct.size());
  Progress progress("retrieving", total, "sentences");
  for (size_t begin = 0; begin < missing.size(); begin += kGroup) {
    progress.Update(static_cast<int64_t>(there + begin));
    if (const char* stop = StopRequested()) {
      throw Error(
          ErrorCode::kInterrupted,
          fmt::format("stopped by {} after {} of {} sentences; what is done is kept", stop, there + begin, total),
          output, "run the same command again to go on");
    }
    const size_t size = std::min(kGroup, missing.size() - begin);
    store->Append(RetrieveGroup(std::span(missing).subspan(begin, size), retriever));
  }
  progress.Update(total);
  progress.Finish();
}

/// Writes records in the order of the sentences.
void WriteCache(std::span<const Distinct> distinct, const ContextStore& store, ContextsFormat format,
                RetrievalCounts* counts, AtomicFile* file) {
  if (format == ContextsFormat::kTsv) file->Write(CacheTsvHeader(false));
  int64_t id = 0;
  for (const Distinct& one : distinct) {
    const RetrievedContexts contexts = store.Read(one.key);
    *counts += contexts.counts;
    file->Write(format == ContextsFormat::kTsv ? CacheTsvRows(contexts.record)
                                               : CacheJsonlRecord(contexts.record, id++));
  }
}

/// Writes every sentence of the corpus with its context, in place of one that it has.
void WriteColumns(const Corpus& corpus, const std::vector<ColumnSentence>& rows, const ContextStore& store,
                  const ColumnLayout& layout, RetrievalCounts* counts, AtomicFile* file) {
  ColumnWriter writer(corpus.path, layout);
  std::unordered_set<std::string> counted;
  for (size_t i = 0; i < corpus.sentences.size(); ++i) {
    Sentence sentence = corpus.sentences[i];
    const RetrievedContexts contexts = store.Read(KeyOfWords(sentence.words));
    if (counted.insert(contexts.record.key).second) *counts += contexts.counts;
    sentence.contexts = ContextsOfRecord(contexts.record);
    file->Write(writer.Record(sentence, rows.empty() ? nullptr : &rows[i]));
  }
  file->Write(ColumnWriter::End(corpus));
}

}  // namespace

std::optional<ContextsFormat> ParseContextsFormat(std::string_view name) {
  for (const FormatName& format : kFormatNames) {
    if (name == format.name || name == format.short_name) return format.format;
  }
  return std::nullopt;
}

const char* Name(ContextsFormat format) { return kFormatNames[static_cast<size_t>(format)].name; }

Json ToJson(const ContextsReport& report) {
  Json json = {{"schema_version", 1},
               {"sentences", report.sentences},
               {"distinct_sentences", report.distinct},
               {"resumed_sentences", report.resumed},
               {"retrieved_sentences", report.counts.sentences}};
  const Json counts = ToJson(report.counts);
  for (const auto& [name, count] : counts.items()) {
    if (name != "sentences") json[name] = count;
  }
  json["seconds"] = report.seconds;
  return json;
}

void CheckContextsOutput(const ContextsJob& job) {
  std::error_code ignored;
  const std::string shown = Printable(job.output.string(), 200);
  const auto status = std::filesystem::status(job.output, ignored);
  if (!std::filesystem::exists(status)) return;
  if (!std::filesystem::is_regular_file(status)) {
    throw Error(ErrorCode::kOutput, fmt::format("output '{}' is no file", shown), job.output.string(),
                "name a file with -o");
  }
  if (!job.overwrite) {
    throw Error(ErrorCode::kOutput, fmt::format("the output '{}' is there already", shown), job.output.string(),
                "--overwrite replaces it at the end, -o FILE writes elsewhere");
  }
}

ContextsReport BuildContexts(const Corpus& corpus, const std::vector<ColumnSentence>& rows, ContextRetriever& retriever,
                             const ContextsJob& job) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Distinct> distinct = DistinctSentences(corpus);
  ContextsReport report;
  report.sentences = static_cast<int64_t>(corpus.sentences.size());
  report.distinct = static_cast<int64_t>(distinct.size());
  if (job.dry_run) {
    for (const RetrievedContexts& contexts :
         RetrieveGroup(std::span(distinct).first(std::min(distinct.size(), kDryRunSentences)), retriever))
      report.counts += contexts.counts;
  } else {
    CheckContextsOutput(job);
    const std::filesystem::path output = internal::FollowLink(job.output);
    ContextStore store(output, retriever.identity());
    for (const Distinct& one : distinct) report.resumed += store.Has(one.key) ? 1 : 0;
    Fill(distinct, retriever, job.output.string(), &store);
    const std::filesystem::path finished = store.directory() / "output";
    AtomicFile file(finished);
    if (job.format == ContextsFormat::kColumns) {
      WriteColumns(corpus, rows, store, job.layout, &report.counts, &file);
    } else {
      WriteCache(distinct, store, job.format, &report.counts, &file);
    }
    file.Commit();
    internal::Rename(finished, output);
    internal::SyncDirectory(internal::ParentOf(output));
    store.Remove();
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace clner
