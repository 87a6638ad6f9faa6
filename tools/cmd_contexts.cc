// `clner contexts`: retrieves the contexts of a corpus.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "commands.h"
#include "contexts_names.h"
#include "contexts_reranker.h"
#include "core/encoder_config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/sha256.h"
#include "core/stop.h"
#include "core/utf8.h"
#include "data/counted.h"
#include "data_options.h"
#include "engine_options.h"
#include "leak_sentences.h"
#include "output_check.h"
#include "retrieval/build_contexts.h"
#include "retrieval/query.h"
#include "views/context_view.h"

namespace clner::cli {
namespace {

constexpr int64_t kMaxPieces = 512;  // as model.encoder.max_pieces

struct Options {
  EngineOptions engine;
  std::string corpus, output, format, leaks = "fuzzy", encoder;
  std::vector<std::string> exclude;
  NameFlags names;
  RerankFlags rerank;
  RetrievalOptions retrieval;
  int64_t max_pieces = 0;
  DataFlags read;
  bool no_verify = false, overwrite = false, dry_run = false, json = false;
};

/// Where candidates come from.
struct Source {
  std::unique_ptr<Engine> engine;
  const FtsIndex* index = nullptr;  ///< the engine when it is an index file
  std::string name;                 ///< as records have it
};

std::string NameOf(const EngineOptions& chosen, const Engine& engine) {
  if (const auto* server = dynamic_cast<const RestEngine*>(&engine))
    return server->server_name() + "/" + chosen.index_name;
  if (!chosen.command.empty()) return chosen.command.substr(0, chosen.command.find(' '));
  return std::filesystem::path(chosen.index).filename().string();
}

Source OpenSource(const Options& options) {
  EngineOptions chosen = options.engine;
  chosen.fts.verify = !options.no_verify;
  std::unique_ptr<Engine> engine = OpenEngine(chosen);
  const auto* index = dynamic_cast<const FtsIndex*>(engine.get());
  std::string name = NameOf(chosen, *engine);
  return {std::move(engine), index, std::move(name)};
}

/// What behind a sentence the encoder has room for. Its parts live as long as the rule.
RoomRule MakeRoom(const Options& options) {
  if (options.encoder.empty()) {
    if (options.max_pieces == 0) return {};
    throw Error(ErrorCode::kUsage, "--max-pieces without an encoder whose pieces are counted", "",
                "add --encoder DIR, or use --max-words-per-text");
  }
  std::error_code ignored;
  const bool known = std::filesystem::exists(std::filesystem::path(options.encoder) / "config.json", ignored);
  const int64_t taken = std::min(kMaxPieces, known ? ReadEncoderConfig(options.encoder).max_pieces() : kMaxPieces);
  if (options.max_pieces > taken) {
    throw Error(ErrorCode::kUsage,
                fmt::format("--max-pieces {} is more than the {} that the encoder takes", options.max_pieces, taken),
                "", "give a smaller number");
  }
  const int64_t pieces = options.max_pieces > 0 ? options.max_pieces : taken;
  struct Parts {
    std::unique_ptr<Tokenizer> tokenizer;
    ContextView view;
  };
  std::unique_ptr<Tokenizer> tokenizer = LoadTokenizer(options.encoder);
  ContextView view(*tokenizer, pieces, 0, {.max_texts = options.retrieval.max_texts});
  const auto parts = std::make_shared<Parts>(Parts{std::move(tokenizer), std::move(view)});
  RoomRule room;
  room.shown = [parts](const Sentence& sentence) {
    std::vector<size_t> texts;
    size_t text = 0;
    for (const ContextRange& shown : parts->view.Shown(sentence)) {
      while (sentence.contexts.begin_word(text) != shown.begin) ++text;
      texts.push_back(text);
    }
    return texts;
  };
  room.identity = fmt::format("{} pieces", pieces);
  for (const std::string& file : TokenizerFiles(options.encoder))
    room.identity += " " + Sha256OfFile(std::filesystem::path(options.encoder) / file);
  return room;
}

ContextsJob MakeJob(const Options& options) {
  if (options.output == "-" || options.output.empty()) {
    throw Error(ErrorCode::kUsage, "contexts cannot be written to standard output", "", "name a file with -o");
  }
  ContextsJob job = {.output = options.output, .overwrite = options.overwrite, .dry_run = options.dry_run};
  const std::string name = !options.format.empty()            ? options.format
                           : options.output.ends_with(".tsv") ? "contexts-tsv"
                                                              : "contexts";
  job.format = ParseContextsFormat(name).value();
  if (job.dry_run) return job;
  std::vector<std::string> inputs = options.exclude;
  inputs.insert(inputs.end(), {options.corpus, options.engine.index, options.names.entities});
  CheckOutputs({options.output}, inputs);
  CheckContextsOutput(job);
  return job;
}

std::string SummaryTable(const ContextsReport& report, const Options& options) {
  const RetrievalCounts& counts = report.counts;
  std::vector<std::vector<std::string>> rows = {{Printable(options.output, 200), ""},
                                                {"sentences", std::to_string(report.sentences)},
                                                {"different sentences", std::to_string(report.distinct)}};
  if (counts.sentences < report.distinct) rows.push_back({"tried", std::to_string(counts.sentences)});
  if (report.resumed > 0) rows.push_back({"from an earlier run", std::to_string(report.resumed)});
  rows.insert(rows.end(), {{"with contexts", std::to_string(counts.with_contexts)},
                           {"texts", std::to_string(counts.texts)},
                           {"candidates", std::to_string(counts.candidates)},
                           {"leaks, exact", std::to_string(counts.leaks_exact)},
                           {"leaks, fuzzy", std::to_string(counts.leaks_fuzzy)},
                           {"duplicates, exact", std::to_string(counts.duplicates_exact)},
                           {"duplicates, near", std::to_string(counts.duplicates_near)},
                           {"texts without room", std::to_string(counts.without_room)},
                           {"empty queries", std::to_string(counts.empty_queries)},
                           {"partial answers", std::to_string(counts.partial)},
                           {"seconds", fmt::format("{:.1f}", report.seconds)}});
  return FormatTable(rows);
}

std::string RoundTable(const std::vector<RoundReport>& rounds) {
  std::vector<std::vector<std::string>> rows = {
      {"round", "names", "with contexts", "texts", "changed sentences", "gold mentions in the texts"}};
  for (const RoundReport& round : rounds) {
    rows.push_back({std::to_string(round.round), std::to_string(round.names), std::to_string(round.with_contexts),
                    std::to_string(round.texts), round.round == 1 ? "" : std::to_string(round.changed),
                    round.mentions == 0 ? "" : fmt::format("{} of {}", round.mentions_found, round.mentions)});
  }
  return FormatTable(rows);
}

void Report(const ContextsReport& report, const Options& options, const ContextsJob& job) {
  LogInfo("summary\n" + SummaryTable(report, options));
  if (!report.rounds.empty()) LogInfo("rounds\n" + RoundTable(report.rounds));
  if (report.counts.partial > 0) {
    LogWarning("partial answers",
               fmt::format("{} answered in part; marked in the output",
                           Counted(report.counts.partial, "sentence was", "sentences were")),
               options.output, "retrieve again when the whole engine answers");
  }
  if (job.dry_run) {
    const double share = report.counts.sentences == 0
                             ? 0.0
                             : static_cast<double>(report.distinct) / static_cast<double>(report.counts.sentences);
    LogInfo(fmt::format("dry run: nothing was written; all sentences take about {:.0f} s", report.seconds * share));
  }
  if (!options.json) return;
  Json json = ToJson(report);
  json["output"] = options.output;
  json["format"] = Name(job.format);
  json["rerank"] = options.rerank.method;
  json["leaks"] = options.leaks;
  json["dry_run"] = job.dry_run;
  OutputFile output("-");
  output.Write(DumpJson(json, 2) + "\n");
  output.Close();
}

int Run(const Options& options, const Globals& globals) {
  CheckNames(options.names, options.engine);
  ContextsJob job = MakeJob(options);
  CorpusOptions read = ReadOptions(options.read);
  read.tags_optional = true;
  read.strict = globals.strict;
  DataSource source;
  const bool columns = job.format == ContextsFormat::kColumns;
  const Corpus corpus = ReadData(options.corpus, InputFormat(options.read, options.corpus), read, options.read.labels,
                                 columns ? &source : nullptr);
  WarnUnusedNames(read.label_map, corpus.types_in_file, corpus.path);
  LeakFilter leaks =
      ReadLeakFilter(ParseLeakRule(options.leaks).value(), corpus, options.exclude, read, options.read.labels);
  const Source engine = OpenSource(options);
  const std::unique_ptr<Reranker> reranker =
      MakeReranker(options.rerank, engine.index, options.encoder, corpus, !options.no_verify, globals);
  ContextRetriever retriever(*engine.engine, engine.name, reranker.get(), leaks, MakeRoom(options), options.retrieval);
  const std::string& entities = options.names.entities;
  if (!entities.empty()) retriever.SetNames(ReadNames(entities, corpus, read, options.read.labels));
  job.rounds = MakeRounds(options.names, !options.no_verify, globals);
  job.layout = {.scheme = corpus.scheme,
                .delimiter = DelimiterOfRows(source.rows),
                .text_column = read.text_column,
                .tag_column = read.tag_column,
                .flat_contexts = true};
  const StopSignals signals;
  Report(BuildContexts(corpus, source.rows, retriever, job), options, job);
  return 0;
}

CLI::Option* AddNumber(CLI::App* command, const char* name, int64_t* value, const char* help) {
  return command->add_option(name, *value, help)->type_name("N");
}

void AddRetrievalOptions(CLI::App* command, Options* options) {
  RetrievalOptions& retrieval = options->retrieval;
  AddNumber(command, "--candidates", &retrieval.candidates, "Texts to ask the engine for.")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  AddNumber(command, "--top", &retrieval.top, "Best texts that may become contexts.")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  AddRerankOptions(command, &options->rerank);
  AddNameOptions(command, &options->names);
  command
      ->add_option("--leaks", options->leaks,
                   "Drop texts that contain a sentence of the data, exactly or also nearly (fuzzy).")
      ->check(CLI::IsMember({"off", "exact", "fuzzy"}))
      ->capture_default_str();
  command
      ->add_option("--exclude", options->exclude,
                   "Other data sets whose sentences no text may contain; those of CORPUS are always among them.")
      ->type_name("FILE");
  command
      ->add_option("--near-duplicates", retrieval.near_duplicates,
                   "Drop texts whose word trigrams are so similar to those of a better one; 0 drops equal ones only.")
      ->type_name("SIMILARITY")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

void AddPackingOptions(CLI::App* command, Options* options) {
  RetrievalOptions& retrieval = options->retrieval;
  AddNumber(command, "--max-texts", &retrieval.max_texts, "Texts of a sentence, of the best --top (default: all).")
      ->check(CLI::PositiveNumber);
  AddNumber(command, "--max-words-per-text", &retrieval.max_words_per_text,
            "Words of a text, the rest is cut off (default: all).")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--encoder", options->encoder,
                   "Directory of the encoder that will read the contexts: texts that do not fit behind the sentence "
                   "are passed over.")
      ->type_name("DIR");
  AddNumber(command, "--max-pieces", &options->max_pieces,
            "With --encoder: pieces of an input, sentence and special tokens included (default: what the encoder "
            "takes, at most 512).")
      ->check(CLI::Range(int64_t{3}, kMaxPieces));
}

}  // namespace

void AddContexts(CLI::App& app, const Globals& globals, Action* action) {
  CLI::App* command = app.add_subcommand("contexts", "Retrieve contexts for the sentences of a corpus.");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("CORPUS", options->corpus,
                   "Column file with or without tags, JSON lines or another format; - is stdin.")
      ->required();
  AddEngineOptions(command, &options->engine);
  command
      ->add_option("-o,--output", options->output,
                   "File to write; a run that was stopped goes on when it is started again.")
      ->required()
      ->type_name("OUT");
  command
      ->add_option("--format", options->format,
                   "Form of OUT: a cache of JSON lines (contexts) or as a table (contexts-tsv), or CLNER's column "
                   "file with the contexts behind each sentence (clner). Default: by the name of OUT.")
      ->check(CLI::IsMember({"contexts", "contexts-tsv", "clner", "jsonl", "tsv"}));
  AddRetrievalOptions(command, options.get());
  AddPackingOptions(command, options.get());
  command->add_flag("--overwrite", options->overwrite, "Replace an OUT that is there at the end.");
  command->add_flag("--dry-run", options->dry_run, "Try the first sentences, report, and write nothing.");
  command->add_flag("--no-verify", options->no_verify, "Do not compare index and encoder with their checksums first.");
  command->add_flag("--json", options->json, "Print the report as one JSON object.");
  AddDataOptions(command, &options->read);
  command->footer(
      "Examples:\n  clner contexts -i leads.idx train.conll -o contexts.jsonl --exclude dev.conll\n  clner "
      "contexts -i leads.idx train.conll -o view.conll --format clner --rerank bm25\n  clner contexts -i leads.idx "
      "dev.conll -o dev.jsonl --encoder models/minilm-l6 --max-pieces 256 --rerank bertscore\n  clner contexts -i "
      "leads.idx "
      "test.conll -o test.jsonl --rounds 2 -m runs/wnut17/best");
  command->callback([=, &globals] { *action = [=, &globals] { return Run(*options, globals); }; });
  AddContextsReport(*command, globals, action);
}

}  // namespace clner::cli
