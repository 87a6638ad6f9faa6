// `clner index`: build, add, info, check, upload.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/stop.h"
#include "core/suggest.h"
#include "core/utf8.h"
#include "data/counted.h"
#include "engine_options.h"
#include "option_table.h"
#include "output_check.h"
#include "retrieval/fts_index.h"
#include "retrieval/index_builder.h"
#include "retrieval/rest_upload.h"

namespace clner::cli {
namespace {

struct Options {
  std::vector<std::string> inputs, fields;
  std::string index, format = "auto", passages = "paragraph", tokenizer = "unicode61", encoding_errors = "fail",
                     on_error = "fail", license, analyzer, rejected;
  EngineOptions server;
  double near_duplicates = IndexBuildOptions().near_duplicates;
  bool json = false, no_verify = false, strip_html = false;
};

void Print(const std::string& text) {
  OutputFile output("-");
  output.Write(text);
  output.Close();
}

Json InfoJson(const IndexInfo& info, const std::string& path) {
  Json json = ToJson(info);
  json["path"] = path;
  json["bytes"] = info.file_bytes;
  json["sha256"] = info.sha256;
  return json;
}

std::string InfoTables(const IndexInfo& info, const std::string& path) {
  std::vector<std::vector<std::string>> rows = {
      {Printable(path, 200), ""},
      {"documents", std::to_string(info.documents)},
      {"passages", fmt::format("{} ({} each)", info.passages, Name(info.unit))},
      {"distinct terms", std::to_string(info.terms)},
      {"tokens", std::to_string(info.tokens)},
      {"tokenizer", Name(info.tokenizer)},
      {"exact duplicates removed", std::to_string(info.removed_exact)},
      {"near duplicates removed", fmt::format("{} (similarity >= {})", info.removed_near, info.near_duplicates)},
      {"bad documents skipped", std::to_string(info.skipped_documents)},
      {"invalid bytes replaced", std::to_string(info.replaced_bytes)},
      {"size", fmt::format("{:.1f} MB", static_cast<double>(info.file_bytes) / 1e6)},
      {"built with", Printable(info.built_with, 100)},
      {"sha256 of the content", Printable(info.sha256, 64)}};
  if (info.near_duplicates <= 0) rows[7][1] = "not looked for";
  std::vector<std::vector<std::string>> sources = {
      {"source", "format", "documents", "passages", "bytes", "sha256", "license"}};
  for (const IndexSource& source : info.sources) {
    sources.push_back({Printable(source.path, 200), Printable(source.format, 20), std::to_string(source.documents),
                       std::to_string(source.passages), std::to_string(source.bytes), Printable(source.sha256, 64),
                       Printable(source.license, 60)});
  }
  return FormatTable(rows) + "\n" + FormatTable(sources);
}

void ReportRepairs(int64_t skipped_documents, int64_t replaced_bytes, const std::string& index) {
  if (skipped_documents > 0)
    LogWarning("skipped", fmt::format("{} left out", Counted(skipped_documents, "bad document")), index);
  if (replaced_bytes > 0)
    LogWarning("replaced", fmt::format("{} replaced by U+FFFD", Counted(replaced_bytes, "invalid byte")), index);
}

int Report(const IndexInfo& info, const Options& options) {
  ReportRepairs(info.skipped_documents, info.replaced_bytes, options.index);
  LogInfo(fmt::format("wrote {} of {} to '{}' ({:.1f} MB); left out {} and {}", Counted(info.passages, "passage"),
                      Counted(info.documents, "document"), Printable(options.index, 200),
                      static_cast<double>(info.file_bytes) / 1e6, Counted(info.removed_exact, "exact duplicate"),
                      Counted(info.removed_near, "near duplicate")));
  if (options.json) Print(DumpJson(InfoJson(info, options.index), 2) + "\n");
  return 0;
}

IndexBuildOptions Translate(const Options& options) {
  IndexBuildOptions build;
  build.collection = {ParseCollectionFormat(options.format), options.fields, options.encoding_errors == "replace",
                      options.strip_html, options.on_error == "skip"};
  build.tokenizer = ParseIndexTokenizer(options.tokenizer).value();
  build.unit = ParsePassageUnit(options.passages).value();
  build.near_duplicates = options.near_duplicates;
  build.license = options.license;
  return build;
}

int Write(const Options& options, bool add) {
  if (options.index == "-" || options.index.empty()) {
    throw Error(ErrorCode::kUsage, "an index cannot be written to standard output", "", "name a file with -o");
  }
  const IndexBuildOptions build = Translate(options);
  CheckOutputs({options.index}, options.inputs);
  const StopSignals signals;
  return Report(
      add ? AddToIndex(options.inputs, options.index, build) : BuildIndex(options.inputs, options.index, build),
      options);
}

int Info(const Options& options) {
  const FtsIndex index(options.index, {.verify = !options.no_verify});
  Print(options.json ? DumpJson(InfoJson(index.info(), options.index), 2) + "\n"
                     : InfoTables(index.info(), options.index));
  return 0;
}

int Check(const Options& options) {
  FtsIndex index(options.index);
  index.Check();
  const IndexInfo& info = index.info();
  Print(options.json ? DumpJson({{"schema_version", 1},
                                 {"path", options.index},
                                 {"ok", true},
                                 {"passages", info.passages},
                                 {"sha256", info.sha256}},
                                2) +
                           "\n"
                     : fmt::format("{}: ok, {}, {}\n", Printable(options.index, 200), Counted(info.passages, "passage"),
                                   Counted(info.terms, "term")));
  return 0;
}

int Upload(const Options& options) {
  if (options.server.url.empty() || options.server.index_name.empty()) {
    throw Error(ErrorCode::kUsage, "no server and index to upload to", "", "give --search URL --index-name NAME");
  }
  const IndexBuildOptions read = Translate(options);
  CheckOutputs({options.rejected}, options.inputs);
  UploadOptions upload = {.server = ServerOptionsOf(options.server), .index = options.server.index_name};
  upload.collection = read.collection;
  upload.unit = read.unit;
  upload.analyzer = options.analyzer;
  upload.rejected_file = options.rejected;
  const StopSignals signals;
  const UploadReport report = UploadCollection(options.inputs, upload);
  ReportRepairs(report.skipped_documents, report.replaced_bytes, options.server.index_name);
  LogInfo(fmt::format("sent {} of {} to '{}' ({}): {} new, {} replaced, {} rejected",
                      Counted(report.passages, "passage"), Counted(report.documents, "document"),
                      Printable(options.server.index_name), report.server, report.created, report.replaced,
                      report.rejected));
  if (options.json) {
    Print(DumpJson({{"schema_version", 1},
                    {"server", report.server},
                    {"index", options.server.index_name},
                    {"index_is_new", report.index_is_new},
                    {"documents", report.documents},
                    {"passages", report.passages},
                    {"created", report.created},
                    {"replaced", report.replaced},
                    {"rejected", report.rejected},
                    {"skipped_documents", report.skipped_documents},
                    {"replaced_bytes", report.replaced_bytes}},
                   2) +
          "\n");
  }
  if (report.rejected == 0) return 0;
  std::vector<Problem> problems;
  for (const std::string& rejection : report.rejections)
    problems.push_back({"the search server rejects a passage", rejection,
                        options.rejected.empty() ? "--rejected FILE lists all of them" : ""});
  throw Error(ErrorCode::kCheckFailed, std::move(problems), static_cast<size_t>(report.rejected));
}

/// Options of build, add and upload.
void AddCollection(CLI::App* command, Options* options) {
  command
      ->add_option("IN", options->inputs,
                   "Text collection: plain, gzip or zstd; a directory stands for all files below it; - is stdin.")
      ->required();
  command
      ->add_option("--format", options->format,
                   "auto (by name and first line), text (one a line), tsv, jsonl or cirrus (CirrusSearch dump).")
      ->type_name("FORMAT")
      ->capture_default_str();
  command
      ->add_option("--fields", options->fields,
                   "Columns of TSV in order, e.g. id,title,text,- or keys of JSON, e.g. text=body,title=name.")
      ->type_name("NAME,...")
      ->delimiter(',');
  command
      ->add_option("--encoding-errors", options->encoding_errors,
                   "Invalid UTF-8: fail, or replace by U+FFFD and count.")
      ->check(CLI::IsMember({"fail", "replace"}))
      ->capture_default_str();
  command->add_option("--on-error", options->on_error, "A bad document: fail, or skip it and count.")
      ->check(CLI::IsMember({"fail", "skip"}))
      ->capture_default_str();
  AddStripHtml(command, &options->strip_html);
}

void AddPassages(CLI::App* command, Options* options) {
  command->add_option("--passages", options->passages, "What is found and used as a context.")
      ->check(CLI::IsMember({"sentence", "paragraph", "document"}))
      ->capture_default_str();
}

/// Options of build and add.
void AddReading(CLI::App* command, Options* options) {
  AddCollection(command, options);
  command->add_option("-o,--output", options->index, "Index to write; an index of that name is replaced at the end.")
      ->required()
      ->type_name("INDEX");
  command->add_option("--license", options->license, "Licence of the texts, kept with every source.")
      ->type_name("TEXT");
  command->add_flag("--json", options->json, "Print the description of the index as one JSON object.");
}

}  // namespace

void AddIndex(CLI::App& app, const Globals& /*globals*/, Action* action) {
  CLI::App* index = app.add_subcommand("index", "Make and inspect the local search index that contexts come from.");
  const auto options = std::make_shared<Options>();
  CLI::App* build = index->add_subcommand(
      "build", "Index text collections; a build that was stopped goes on when it is started again.");
  AddReading(build, options.get());
  AddPassages(build, options.get());
  build
      ->add_option(
          "--tokenizer", options->tokenizer,
          "unicode61: words; characters: pairs of characters for Chinese and Japanese, words for the rest; trigram.")
      ->check(CLI::IsMember({"unicode61", "characters", "trigram"}))
      ->capture_default_str();
  build
      ->add_option("--near-duplicates", options->near_duplicates,
                   "Leave out passages whose word trigrams are so similar to those of an earlier one; 0 keeps them.")
      ->type_name("SIMILARITY")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  build->footer(
      "Examples:\n  clner index build leads.tsv -o leads.idx\n  clner index build dump.json.gz -o wiki.idx --fields "
      "text=opening_text --license CC-BY-SA-4.0\n  clner index build extracted/ -o zh.idx --tokenizer characters "
      "--passages sentence");
  build->callback([=] { *action = [=] { return Write(*options, false); }; });

  CLI::App* add = index->add_subcommand("add", "Add collections to an index; it is replaced when all are read.");
  AddReading(add, options.get());
  add->footer("Examples:\n  clner index add more.jsonl -o leads.idx");
  add->callback([=] { *action = [=] { return Write(*options, true); }; });

  CLI::App* info = index->add_subcommand("info", "Print what an index holds and where it comes from.");
  info->add_option("INDEX", options->index, "Index file.")->required();
  info->add_flag("--json", options->json, "Print one JSON object.");
  info->add_flag("--no-verify", options->no_verify, "Do not compare the file with its checksum first.");
  info->footer("Examples:\n  clner index info leads.idx --json");
  info->callback([=] { *action = [=] { return Info(*options); }; });

  CLI::App* check = index->add_subcommand(
      "check", "Check every byte, page, text and term of an index; exit 76 says what is damaged.");
  check->add_option("INDEX", options->index, "Index file.")->required();
  check->add_flag("--json", options->json, "Print one JSON object.");
  check->footer("Examples:\n  clner index check leads.idx");
  check->callback([=] { *action = [=] { return Check(*options); }; });

  CLI::App* upload = index->add_subcommand(
      "upload", "Put text collections into an index of OpenSearch or Elasticsearch; exit 1 if passages were rejected.");
  AddCollection(upload, options.get());
  AddPassages(upload, options.get());
  AddServerOptions(upload, &options->server);
  upload->add_option("--analyzer", options->analyzer, "Analyzer of the server for a new index, e.g. cjk or english.")
      ->type_name("NAME");
  upload->add_option("--rejected", options->rejected, "Write all rejected passages as JSON lines.")->type_name("FILE");
  upload->add_flag("--json", options->json, "Print what was sent as one JSON object.");
  upload->footer(
      "Examples:\n  clner index upload leads.tsv --search https://localhost:9200 --index-name leads --search-auth "
      "file:key.txt --ca-file ca.pem");
  upload->callback([=] { *action = [=] { return Upload(*options); }; });
}

}  // namespace clner::cli
