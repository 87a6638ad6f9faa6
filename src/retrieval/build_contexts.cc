#include "retrieval/build_contexts.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
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

std::vector<DistinctSentence> DistinctSentences(const Corpus& corpus) {
  std::vector<DistinctSentence> distinct;
  std::unordered_set<std::string> known;
  for (const Sentence& sentence : corpus.sentences) {
    std::string key = KeyOfWords(sentence.words);
    if (known.insert(key).second) distinct.push_back({&sentence, std::move(key)});
  }
  return distinct;
}

std::vector<RetrievedContexts> RetrieveGroup(std::span<const DistinctSentence> group, ContextRetriever& retriever) {
  std::vector<const Sentence*> sentences;
  for (const DistinctSentence& distinct : group) sentences.push_back(distinct.sentence);
  return retriever.Retrieve(sentences);
}

/// Retrieves what the store lacks; `output` is the place of a request to stop.
void FillStore(std::span<const DistinctSentence> distinct, ContextRetriever& retriever, const std::string& output,
               ContextStore* store) {
  std::vector<DistinctSentence> missing;
  for (const DistinctSentence& one : distinct) {
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
void WriteCache(std::span<const DistinctSentence> distinct, const RoundAnswers& answers, ContextsFormat format,
                RetrievalCounts* counts, AtomicFile* file) {
  if (format == ContextsFormat::kTsv) file->Write(CacheTsvHeader(false));
  int64_t id = 0;
  for (const DistinctSentence& one : distinct) {
    const RetrievedContexts contexts = answers.read(one);
    *counts += contexts.counts;
    file->Write(format == ContextsFormat::kTsv ? CacheTsvRows(contexts.record)
                                               : CacheJsonlRecord(contexts.record, id++));
  }
}

/// Writes every sentence of the corpus with its context, in place of one that it has.
void WriteColumns(const Corpus& corpus, const std::vector<ColumnSentence>& rows, const RoundAnswers& answers,
                  const ColumnLayout& layout, RetrievalCounts* counts, AtomicFile* file) {
  ColumnWriter writer(corpus.path, layout);
  std::unordered_set<std::string> counted;
  for (size_t i = 0; i < corpus.sentences.size(); ++i) {
    Sentence sentence = corpus.sentences[i];
    const RetrievedContexts contexts = answers.read({&sentence, KeyOfWords(sentence.words)});
    if (counted.insert(contexts.record.key).second) *counts += contexts.counts;
    sentence.contexts = ContextsOfRecord(contexts.record);
    file->Write(writer.Record(sentence, rows.empty() ? nullptr : &rows[i]));
  }
  file->Write(ColumnWriter::End(corpus));
}

/// A whole retrieval in the work directory of its output.
class Work {
 public:
  Work(const ContextsJob& job, ContextRetriever& retriever)
      : job_(job),
        retriever_(retriever),
        output_(internal::FollowLink(job.output)),
        directory_(WorkDirectory(output_)),
        identity_(fmt::format("{}; rounds {} {}", retriever.identity(), job.rounds.rounds, job.rounds.model)) {
    CheckContextsOutput(job, identity_);
    std::error_code ignored;
    // Only the directory of the work is made: a missing parent is most likely a mistyped name.
    if (!std::filesystem::is_directory(internal::ParentOf(output_), ignored)) internal::ThrowCreate(output_, ENOENT);
    stores_.push_back(std::make_unique<ContextStore>(directory_, retriever.identity()));
    CheckContextsOutput(job, identity_);  // another process may have published it before the lock was free
  }
  /// The first round is in the work directory itself, the others below it.
  RoundAnswers Fill(int64_t round, std::span<const DistinctSentence> distinct) {
    if (round > 1) {
      stores_.push_back(
          std::make_unique<ContextStore>(directory_ / fmt::format("round-{}", round), retriever_.identity()));
    }
    ContextStore* store = stores_.back().get();
    RoundAnswers answers;
    for (const DistinctSentence& one : distinct) answers.resumed += store->Has(one.key) ? 1 : 0;
    FillStore(distinct, retriever_, job_.output.string(), store);
    answers.read = [store](const DistinctSentence& one) { return store->Read(one.key); };
    return answers;
  }
  void Publish(const Corpus& corpus, const std::vector<ColumnSentence>& rows,
               std::span<const DistinctSentence> distinct, const RoundAnswers& answers, RetrievalCounts* counts) {
    const std::filesystem::path finished = directory_ / "output";
    AtomicFile file(finished);
    if (job_.format == ContextsFormat::kColumns) {
      WriteColumns(corpus, rows, answers, job_.layout, counts, &file);
    } else {
      WriteCache(distinct, answers, job_.format, counts, &file);
    }
    file.Commit();
    NoteOutput(directory_, finished, identity_);
    internal::Rename(finished, output_);
    internal::SyncDirectory(internal::ParentOf(output_));
    stores_.resize(1);  // those of later rounds lie in the directory of the first
    stores_.front()->Remove();
  }

 private:
  const ContextsJob& job_;
  ContextRetriever& retriever_;
  std::filesystem::path output_, directory_;
  std::string identity_;
  std::vector<std::unique_ptr<ContextStore>> stores_;
};

/// The first sentences, in memory.
RoundAnswers Try(std::span<const DistinctSentence> distinct, ContextRetriever& retriever) {
  const auto found = std::make_shared<std::map<std::string, RetrievedContexts>>();
  for (RetrievedContexts& contexts : RetrieveGroup(distinct, retriever)) {
    const std::string key = contexts.record.key;
    found->emplace(key, std::move(contexts));
  }
  return {0, [found](const DistinctSentence& one) { return found->at(one.key); }};
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
  if (!report.rounds.empty()) json["rounds"] = Json::array();
  for (const RoundReport& round : report.rounds) json["rounds"].push_back(ToJson(round));
  return json;
}

void CheckContextsOutput(const ContextsJob& job, const std::optional<std::string>& identity) {
  std::error_code ignored;
  const std::string shown = Printable(job.output.string(), 200);
  const auto status = std::filesystem::status(job.output, ignored);
  if (!std::filesystem::exists(status)) return;
  if (!std::filesystem::is_regular_file(status)) {
    throw Error(ErrorCode::kOutput, fmt::format("output '{}' is no file", shown), job.output.string(),
                "name a file with -o");
  }
  if (job.overwrite || IsNotedOutput(internal::FollowLink(job.output), identity)) return;
  throw Error(ErrorCode::kOutput, fmt::format("the output '{}' is there already", shown), job.output.string(),
              "--overwrite replaces it at the end, -o FILE writes elsewhere");
}

ContextsReport BuildContexts(const Corpus& corpus, const std::vector<ColumnSentence>& rows, ContextRetriever& retriever,
                             const ContextsJob& job) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<DistinctSentence> distinct = DistinctSentences(corpus);
  ContextsReport report;
  report.sentences = static_cast<int64_t>(corpus.sentences.size());
  report.distinct = static_cast<int64_t>(distinct.size());
  if (job.dry_run) {
    const auto first = std::span(distinct).first(std::min(distinct.size(), kDryRunSentences));
    const RoundAnswers answers = RunRounds(
        first, job.rounds, [&](int64_t) { return Try(first, retriever); }, job.output.string(), &retriever,
        &report.rounds);
    for (const DistinctSentence& one : first) report.counts += answers.read(one).counts;
  } else {
    Work work(job, retriever);
    const RoundAnswers answers = RunRounds(
        distinct, job.rounds, [&](int64_t round) { return work.Fill(round, distinct); }, job.output.string(),
        &retriever, &report.rounds);
    report.resumed = answers.resumed;
    work.Publish(corpus, rows, distinct, answers, &report.counts);
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace clner
