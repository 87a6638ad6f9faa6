// `clner eval`: scores predictions of a file or of a model against gold tags.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <memory>
#include <set>
#include <string>

#include "commands.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "data/corpus.h"
#include "data_options.h"
#include "eval/error_analysis.h"
#include "eval/eval_request.h"
#include "eval/evaluation.h"
#include "eval/html_report.h"
#include "eval/report.h"
#include "output_check.h"
#include "torch_library.h"

namespace clner::cli {
namespace {

struct Options : EvalRequest {
  DataFlags read;
  std::string predicted_format;
  bool no_verify = false;
};

EvalInputOptions InputOptions(const Options& options, const Globals& globals) {
  const CorpusOptions read = ReadOptions(options.read);
  EvalInputOptions input;
  input.file = read.file;
  input.file.skip_option.clear();  // a sentence left out in one file would shift it against the other
  input.annotation = read.annotation;
  input.labels = options.read.labels;
  input.label_map = read.label_map;
  if (!options.files.empty()) input.gold_format = InputFormat(options.read, options.files[0]);
  if (options.files.size() > 1) {
    input.predicted_format = options.predicted_format.empty() ? InputFormat(options.read, options.files[1])
                                                              : ParseDataFormat(options.predicted_format);
  }
  if (!options.scheme.empty()) input.scheme = ParseScheme(options.scheme);
  input.strict = globals.strict;
  return input;
}

/// Fills the types that the model knows.
EvalInput PredictWithModel(const Options& options, const EvalInputOptions& input_options, const Globals& globals,
                           std::set<std::string>* known) {
  EvalInput input = ReadGold(options.files[0], input_options);
  LoadOptions load;
  load.device = globals.device;
  load.threads = globals.threads;
  load.verify = !options.no_verify;
  load.scores = false;
  std::vector<Sentence> sentences;
  for (const EvalSentence& sentence : input.sentences) sentences.push_back({.words = sentence.words});
  const std::unique_ptr<api::TaggerBackend> tagger = TorchLibrary().load(options.model, load);
  for (const std::string& type : tagger->EntityTypes()) known->insert(type);
  std::vector<std::vector<Span>> predicted;
  for (const std::vector<Entity>& entities : tagger->Tag(sentences)) {
    std::vector<Span> spans;
    for (const Entity& entity : entities) spans.push_back({entity.begin_word, entity.end_word, entity.type});
    predicted.push_back(std::move(spans));
  }
  SetPredictions(predicted, options.model, &input);
  return input;
}

EvalInput Read(const Options& options, const Globals& globals, std::set<std::string>* known) {
  const EvalInputOptions input = InputOptions(options, globals);
  if (!options.conll.empty()) return ReadConllFile(options.conll, input);
  if (!options.model.empty()) return PredictWithModel(options, input, globals, known);
  return ReadGoldAndPredictions(options.files[0], options.files[1], input);
}

void WarnUnknownTypes(const Options& options, const Evaluation& evaluation, const std::set<std::string>& known) {
  for (const std::string& type : TypesNotIn(evaluation, known)) {
    LogWarning("type the model does not know",
               fmt::format("the model does not know the type '{}'; its entities count as missed", type),
               options.files[0],
               fmt::format("rename it: --label-map '{}={}'; the model knows {}", type,
                           known.empty() ? "TYPE" : *known.begin(), fmt::join(known, ", ")));
  }
}

std::optional<SeenScores> Seen(const Options& options, const EvalInputOptions& input_options, const EvalInput& input,
                               const Evaluation& evaluation) {
  if (options.train.empty()) return std::nullopt;
  CorpusOptions corpus = ReadOptions(options.read);
  corpus.file = input_options.file;
  const Corpus train = ReadData(options.train, InputFormat(options.read, options.train), corpus, options.read.labels);
  for (const std::string& type : TypesNotIn(evaluation, train.sentences)) {
    LogWarning("type without training data",
               fmt::format("type '{}' does not occur in the training data; its entities count as errors", type),
               options.train);
  }
  return ScoreSeen(input, evaluation, train.sentences);
}

void Print(const std::string& text) {
  OutputFile output("-");
  output.Write(text);
  output.Close();
}

std::string Tables(const EvalInput& input, const Evaluation& evaluation, const std::optional<SeenScores>& seen,
                   const ErrorAnalysis* analysis) {
  std::string text = Headline(evaluation) + "\n\n" + FormatTable(ScoreRows(evaluation.scores));
  for (const std::string& note : Notes(evaluation)) text += "\nnote: " + note;
  if (evaluation.strict.has_value() || evaluation.raw.has_value()) text += "\n";
  if (seen.has_value()) text += "\n" + FormatTable(SeenRows(*seen, evaluation.scores.mode));
  if (analysis != nullptr) {
    const Counts surface = SurfaceCounts(input, evaluation);
    text += "\n" + FormatTable(ErrorKindRows(*analysis)) + "\n" + FormatTable(ConfusionRows(*analysis));
    text += fmt::format("\nsurface F1 {} (distinct surfaces and types: {} gold, {} predicted, {} correct)\n",
                        Percent(RatesOf(surface, EvalMode::kConlleval).f1, surface.gold + surface.predicted > 0),
                        surface.gold, surface.predicted, surface.correct);
  }
  return text;
}

std::string JsonText(const EvalInput& input, const Evaluation& evaluation, const std::optional<SeenScores>& seen,
                     const ErrorAnalysis* analysis) {
  Json json = EvaluationJson(evaluation);
  json["surface"] = CountsJson(SurfaceCounts(input, evaluation), EvalMode::kConlleval);
  if (seen.has_value()) json["seen"] = SeenJson(*seen, evaluation.scores.mode);
  if (analysis != nullptr) json["errors"] = ErrorsJson(*analysis);
  return DumpJson(json, 2) + "\n";
}

HtmlReportInput HtmlInput(const EvalInput& input, const Evaluation& evaluation, const ErrorAnalysis& analysis) {
  HtmlReportInput html;
  html.title = "clner eval: " + input.predicted_path;
  html.facts = {{"gold", input.gold_path}, {"predictions", input.predicted_path}, {"rules", Headline(evaluation)}};
  for (const std::string& note : Notes(evaluation)) html.facts.emplace_back("note", note);
  html.scores = {{input.gold_path, evaluation.scores}};
  html.errors = analysis;
  html.examples = HtmlExamples(input, evaluation, analysis);
  return html;
}

int Run(const Options& options, const Globals& globals) {
  const EvalMode mode = CheckRequest(options);
  std::vector<std::string> inputs = options.files;
  inputs.insert(inputs.end(), {options.conll, options.train});
  CheckOutputs({options.errors, options.html}, inputs);
  const EvalInputOptions input_options = InputOptions(options, globals);
  std::set<std::string> known;
  const EvalInput input = Read(options, globals, &known);
  const Evaluation evaluation = Evaluate(input, mode);
  if (!options.model.empty()) WarnUnknownTypes(options, evaluation, known);
  const std::optional<SeenScores> seen = Seen(options, input_options, input, evaluation);
  const ErrorAnalysis analysis = AnalyzeErrors(evaluation);
  if (!options.errors.empty()) {
    OutputFile errors(options.errors);
    errors.Write(ErrorsTsv(input, analysis));
    errors.Close();
  }
  if (!options.html.empty()) {
    OutputFile html(options.html);
    html.Write(HtmlReport(HtmlInput(input, evaluation, analysis)));
    html.Close();
  }
  const ErrorAnalysis* shown = globals.verbose > 0 ? &analysis : nullptr;
  if (options.report == "conlleval") {
    Print(input.raw.Report());
  } else if (options.json) {
    Print(JsonText(input, evaluation, seen, shown));
  } else {
    Print(Tables(input, evaluation, seen, shown));
  }
  if (options.fail_under.has_value()) CheckFailUnder(evaluation.scores, *options.fail_under);
  return 0;
}

}  // namespace

namespace {

void AddReadingOptions(CLI::App* command, Options* options) {
  const auto reading = [](CLI::Option* option) { return option->group("Reading"); };
  reading(command->add_option("--from", options->read.from,
                              "Format of all files, as for convert (default: each by its name or what is inside)."))
      ->type_name("FORMAT");
  reading(command->add_option("--pred-from", options->predicted_format, "Format of PRED, if it is another one."))
      ->type_name("FORMAT");
  reading(command->add_option("--delimiter", options->read.delimiter, "What separates columns."))
      ->check(CLI::IsMember({"blanks", "tab", "last"}))
      ->capture_default_str();
  reading(command->add_option("--comment", options->read.comment, "Lines that start with this text are left out."))
      ->type_name("TEXT");
  reading(command->add_option("--encoding-errors", options->read.encoding_errors, "What invalid UTF-8 does."))
      ->check(CLI::IsMember({"fail", "replace"}))
      ->capture_default_str();
  AddRecordOptions(command, &options->read);
}

}  // namespace

void AddEval(CLI::App& app, const Globals& globals, Action* action) {
  CLI::App* command = app.add_subcommand("eval", "Score predictions of a file or of a model against gold tags.");
  auto options = std::make_shared<Options>();
  command
      ->add_option("FILES", options->files,
                   "GOLD and PRED, of any format: in column files the last column holds the tags; only GOLD with "
                   "--model.")
      ->type_name("GOLD [PRED]");
  command->add_option("--conll", options->conll, "One file whose last two columns are the gold and the predicted tag.")
      ->type_name("FILE");
  command->add_option("-m,--model", options->model, "Model directory that predicts GOLD.")->type_name("DIR");
  command
      ->add_option("--mode", options->mode,
                   "When a span is right: conlleval, strict, partial, type, exact or clner (default: conlleval).")
      ->type_name("MODE");
  command->add_flag("--parity", options->parity, "Short for --mode clner: the reference's repair and rounding.");
  command->add_option("--report", options->report, "table, or conlleval for the text of that script.")
      ->type_name("REPORT")
      ->capture_default_str();
  command->add_flag("--json", options->json, "Print one JSON object; rates are fractions.");
  command->add_option("--train", options->train, "Training data: also scores seen and unseen entities apart.")
      ->type_name("FILE");
  command->add_option("--errors", options->errors, "Write every wrong span with its sentence as TSV.")
      ->type_name("FILE");
  command->add_option("--html", options->html, "Write a report as one HTML file.")->type_name("FILE");
  command->add_option("--fail-under", options->fail_under, "Exit 1 if micro F1 is below this fraction.")
      ->type_name("F1");
  command
      ->add_option("--scheme", options->scheme,
                   "Tag scheme of both sides: BIO, IOB1, BIOES, BMES, BILOU, BIE or IO (default: detected).")
      ->type_name("SCHEME");
  command->add_flag("--no-verify", options->no_verify, "Do not check SHA256SUMS before loading the model.");
  AddReadingOptions(command, options.get());
  command->footer(
      "Examples:\n  clner eval examples/quickstart/test.conll tagged.conll\n  clner eval gold.conll "
      "exported.json --offset-unit utf16\n  clner eval --conll tagged.conll --report conlleval\n  clner eval -m "
      "runs/quickstart/best examples/quickstart/test.conll --json --fail-under 0.8");
  command->callback([=, &globals] { *action = [=, &globals] { return Run(*options, globals); }; });
}

}  // namespace clner::cli
