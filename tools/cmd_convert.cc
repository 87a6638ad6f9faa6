// `clner convert`: between column files, JSON lines, AutoNER's .ck and the formats of annotation tools.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/utf8.h"
#include "data/contexts.h"
#include "data/convert.h"
#include "data/counted.h"
#include "data/line_reader.h"
#include "data_options.h"
#include "output_check.h"

namespace clner::cli {
namespace {

struct Options {
  std::string input, output, to, contexts, scheme, out_delimiter = "keep";
  std::vector<int> columns;
  DataFlags read;
  bool json = false, dry_run = false;
};

/// The format of OUT by its name. What was a cache of contexts stays one.
DataFormat OutputFormat(const std::string& path, DataFormat from) {
  const DataFormat format = FormatOfPath(path);
  if (!IsContextCache(from)) return format;
  if (format == DataFormat::kJsonl) return DataFormat::kContexts;
  return path.ends_with(".tsv") ? DataFormat::kContextsTsv : format;
}

ConvertOptions Translate(const Options& options, const Globals& globals) {
  ConvertOptions convert;
  convert.from = InputFormat(options.read, options.input);
  convert.to = options.to.empty() ? OutputFormat(options.output, convert.from) : ParseDataFormat(options.to);
  convert.contexts = options.contexts;
  convert.read = ReadOptions(options.read);
  convert.read.tags_optional = true;
  convert.read.strict = globals.strict;
  convert.labels = options.read.labels;
  convert.columns = options.columns;
  if (!options.scheme.empty()) convert.scheme = ParseSchemeOption("--scheme", options.scheme);
  if (options.out_delimiter != "keep") convert.delimiter = options.out_delimiter == "tab" ? '\t' : ' ';
  return convert;
}

ConvertReport Write(const Options& options, const ConvertOptions& convert) {
  const bool is_brat = convert.to == DataFormat::kBrat;
  const std::vector<std::string> targets =
      is_brat ? BratTargets(options.output) : std::vector<std::string>{options.output};
  if (options.dry_run) return Convert(options.input, convert, [](std::string_view) {});
  CheckOutputs(targets, {options.input, options.contexts});
  if (is_brat) {
    BratOutput pairs(options.output);
    const ConvertReport report = Convert(
        options.input, convert, [](std::string_view) {}, &pairs);
    pairs.Close();
    return report;
  }
  OutputFile output(options.output);
  const ConvertReport report = Convert(options.input, convert, [&](std::string_view piece) { output.Write(piece); });
  output.Close();
  return report;
}

int Run(const Options& options, const Globals& globals) {
  const ConvertOptions convert = Translate(options, globals);
  if (options.json && options.output == "-" && !options.dry_run) {
    throw Error(ErrorCode::kUsage, "--json and the result both go to stdout", "", "write the result to a file");
  }
  const ConvertReport report = Write(options, convert);
  for (const auto& [kind, count] : report.dropped) {
    LogWarning("dropped", fmt::format("not written: {} ({})", kind, count), InputName(options.input));
  }
  for (const auto& [kind, count] : report.changed) {
    LogWarning("changed", fmt::format("{}: {}", kind, count), InputName(options.input));
  }
  if (IsAnnotation(convert.from)) {
    const AnnotationOptions& read = convert.read.annotation;
    LogInfo(fmt::format("positions read as {}, texts without tokens split by '{}'",
                        Name(read.offset_unit.value_or(DefaultUnit(convert.from))),
                        Name(read.words.value_or(DefaultWords(convert.from)))));
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
  command
      ->add_option("IN", options->input,
                   "File to read; - is stdin. For brat one of a .txt/.ann pair, or a directory of them.")
      ->required();
  command
      ->add_option(
          "OUT", options->output,
          "File to write; - is stdout. For brat the .txt or .ann file of the pair, or a new directory with a pair "
          "per document.")
      ->required();
  command->add_option("--to", options->to, "Format of OUT, as for --from (default: by the name).")->type_name("FORMAT");
  command
      ->add_option(
          "--contexts", options->contexts,
          "Contexts that the sentences of IN get: a column or JSON lines file of the same sentences, or a cache.")
      ->type_name("FILE");
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
      "--scheme BIOES\n  clner convert train.conll tasks.json --to labelstudio\n  clner convert export.json gold.conll "
      "--from labelstudio --on-misaligned widen\n  clner convert examples/quickstart/contexts/train.txt contexts.jsonl "
      "--to "
      "contexts\n  clner convert examples/quickstart/train.conll view.conll --contexts contexts.jsonl");
  command->callback([=, &globals] { *action = [=, &globals] { return Run(*options, globals); }; });
}

}  // namespace clner::cli
