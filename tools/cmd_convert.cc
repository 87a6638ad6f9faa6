// `clner convert`: between column files, JSON lines and AutoNER's .ck.
#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "data/convert.h"
#include "data/counted.h"
#include "data/line_reader.h"
#include "data_options.h"
#include "output_check.h"

namespace clner::cli {
namespace {

struct Options {
  std::string input, output, from, to, scheme, out_delimiter = "keep";
  std::vector<int> columns;
  DataFlags read;
  bool json = false, dry_run = false;
};

ConvertOptions Translate(const Options& options, const Globals& globals) {
  ConvertOptions convert;
  convert.from = options.from.empty() ? FormatOfFile(options.input) : ParseDataFormat(options.from);
  convert.to = options.to.empty() ? FormatOfPath(options.output) : ParseDataFormat(options.to);
  convert.read = ReadOptions(options.read);
  convert.read.tags_optional = true;
  convert.read.strict = globals.strict;
  convert.labels = options.read.labels;
  convert.columns = options.columns;
  if (!options.scheme.empty()) convert.scheme = ParseSchemeOption("--scheme", options.scheme);
  if (options.out_delimiter != "keep") convert.delimiter = options.out_delimiter == "tab" ? '\t' : ' ';
  return convert;
}

int Run(const Options& options, const Globals& globals) {
  const ConvertOptions convert = Translate(options, globals);
  if (options.json && options.output == "-" && !options.dry_run) {
    throw Error(ErrorCode::kUsage, "--json and the result both go to stdout", "", "write the result to a file");
  }
  if (!options.dry_run) CheckOutputs({options.output}, {options.input});
  ConvertReport report;
  if (options.dry_run) {
    report = Convert(options.input, convert, [](std::string_view) {});
  } else {
    OutputFile output(options.output);
    report = Convert(options.input, convert, [&](std::string_view text) { output.Write(text); });
    output.Close();
  }
  for (const auto& [kind, count] : report.dropped) {
    LogWarning("dropped", fmt::format("not written: {} ({})", kind, count), InputName(options.input));
  }
  LogInfo(fmt::format("{} {}, {}, {}: {} {} to {} {}", options.dry_run ? "would write" : "wrote",
                      Counted(report.sentences, "sentence"), Counted(report.words, "word"),
                      Counted(report.entities, "entity", "entities"), Name(convert.from), Name(report.read_scheme),
                      Name(convert.to), Name(report.written_scheme)));
  if (!options.json) return 0;
  OutputFile stdout_file("-");
  stdout_file.Write(DumpJson(ToJson(report, convert), 2) + "\n");
  stdout_file.Close();
  return 0;
}

}  // namespace

void AddConvert(CLI::App& app, const Globals& globals, Action* action) {
  CLI::App* command = app.add_subcommand("convert", "Convert data between formats, columns and tag schemes.");
  auto options = std::make_shared<Options>();
  command->add_option("IN", options->input, "File to read; - is stdin.")->required();
  command->add_option("OUT", options->output, "File to write; - is stdout.")->required();
  command
      ->add_option("--from", options->from,
                   "Format of IN: columns, jsonl or autoner (default: by the name or the first bytes).")
      ->type_name("FORMAT");
  command->add_option("--to", options->to, "Format of OUT: columns, jsonl or autoner (default: by the name).")
      ->type_name("FORMAT");
  command
      ->add_option("--scheme", options->scheme,
                   "Tag scheme to write: BIO, IOB1, BIOES, BMES, BILOU, BIE or IO (default: as read).")
      ->type_name("SCHEME");
  command->add_option("--columns", options->columns, "Columns to write, in this order, e.g. 0,3 (default: all).")
      ->type_name("N,...")
      ->delimiter(',');
  command->add_option("--out-delimiter", options->out_delimiter, "What separates the columns that are written.")
      ->check(CLI::IsMember({"keep", "tab", "space"}))
      ->capture_default_str();
  command->add_flag("--dry-run", options->dry_run, "Read and convert, but write nothing.");
  command->add_flag("--json", options->json, "Print what was written and dropped as one JSON object.");
  AddDataOptions(command, &options->read);
  command->footer(
      "Examples:\n  clner convert examples/quickstart/train.conll train.jsonl\n  clner convert train.jsonl "
      "train.bioes.conll "
      "--scheme BIOES");
  command->callback([=, &globals] { *action = [=, &globals] { return Run(*options, globals); }; });
}

}  // namespace clner::cli
