// `clner contexts report`: what the contexts of a labelled file are worth.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "contexts_examples.h"
#include "contexts_html.h"
#include "core/error.h"
#include "core/files.h"
#include "core/utf8.h"
#include "data/contexts.h"
#include "data_options.h"
#include "leak_sentences.h"
#include "output_check.h"
#include "retrieval/contexts_summary.h"

namespace clner::cli {
namespace {

constexpr size_t kTerminalWords = 60, kHtmlWords = 400;  // of a text of an example
constexpr int64_t kHtmlSentences = 100;

struct Options {
  std::string data, contexts, html;
  std::vector<std::string> train, exclude;
  int64_t sentences = -1;
  DataFlags read;
  bool json = false;
};

/// Reads a file whose mentions are counted. 65 when it has no tags.
Corpus ReadLabelled(const std::string& path, DataFormat format, const CorpusOptions& read,
                    const std::vector<std::string>& labels) {
  Corpus corpus = ReadData(path, format, read, labels);
  if (std::none_of(corpus.sentences.begin(), corpus.sentences.end(),
                   [](const Sentence& sentence) { return sentence.labelled; })) {
    throw Error(ErrorCode::kData, "the data have no tags, and coverage is the share of tagged mentions", corpus.path,
                "give the file with the tags of these sentences");
  }
  return corpus;
}

std::vector<std::pair<std::string, std::string>> Facts(const Options& options, const ContextsSummary& summary) {
  std::vector<std::pair<std::string, std::string>> facts = {{"data", options.data}, {"contexts", options.contexts}};
  for (const std::string& file : options.train) facts.emplace_back("train", file);
  for (const std::string& file : options.exclude) facts.emplace_back("excluded", file);
  const auto add = [&](const char* name, int64_t value) { facts.emplace_back(name, std::to_string(value)); };
  add("sentences", summary.sentences);
  add("without context", summary.sentences - summary.with_context);
  add("texts", summary.texts);
  if (summary.flat) facts.emplace_back("borders between texts", "unknown: those of a sentence count as one");
  add("leaks, exact", summary.leaks_exact);
  add("leaks, fuzzy", summary.leaks_fuzzy);
  add("duplicates in a sentence", summary.repeated_in_sentence);
  add("duplicates of earlier sentences", summary.repeated_in_corpus);
  return facts;
}

std::string Tables(const std::vector<std::pair<std::string, std::string>>& facts, const ContextsSummary& summary) {
  std::string text;
  for (const auto& [name, value] : facts) text += fmt::format("{:<32}{}\n", name, Printable(value, 200));
  text += "\n" + FormatTable(CoverageRows(summary));
  if (!summary.flat && !summary.found_first_in.empty()) text += "\n" + FormatTable(FirstTextRows(summary));
  text += "\n" + FormatTable(LengthRows(summary));
  for (const Finding& finding : summary.findings)
    text += fmt::format("\n{} ({}): {}\n{}", finding.code, finding.count, finding.what, FormatPlaces(finding));
  return text;
}

std::string JsonText(const Options& options, const ContextsSummary& summary) {
  Json json = ToJson(summary);
  json["data"] = options.data;
  json["contexts"] = options.contexts;
  json["train"] = options.train;
  json["exclude"] = options.exclude;
  return DumpJson(json, 2) + "\n";
}

void Write(const std::string& path, const std::string& text) {
  OutputFile output(path);
  output.Write(text);
  output.Close();
}

int Run(const Options& options, const Globals& globals) {
  std::vector<std::string> inputs = {options.data, options.contexts};
  inputs.insert(inputs.end(), options.train.begin(), options.train.end());
  inputs.insert(inputs.end(), options.exclude.begin(), options.exclude.end());
  CheckOutputs({options.html}, inputs);
  CorpusOptions read = ReadOptions(options.read);
  read.strict = globals.strict;
  const std::vector<std::string>& labels = options.read.labels;
  Corpus corpus = ReadLabelled(options.data, InputFormat(options.read, options.data), read, labels);
  WarnUnusedNames(read.label_map, corpus.types_in_file, corpus.path);
  CorpusOptions untagged = read;
  untagged.tags_optional = true;
  AttachContextFile(&corpus, options.contexts, untagged, labels);
  std::vector<Corpus> train;
  for (const std::string& file : options.train) train.push_back(ReadLabelled(file, FormatOfFile(file), read, labels));
  LeakFilter leaks = ReadLeakFilter(LeakRule::kFuzzy, corpus, options.exclude, untagged, labels);
  const ContextsSummary summary = SummarizeContexts(corpus, train, &leaks);
  const auto facts = Facts(options, summary);
  const auto examples = [&](int64_t standard, size_t max_words) {
    const int64_t count = options.sentences < 0 ? standard : options.sentences;
    return MakeExamples(corpus, summary, static_cast<size_t>(count), max_words);
  };
  if (!options.html.empty()) Write(options.html, ContextsHtml(facts, summary, examples(kHtmlSentences, kHtmlWords)));
  Write("-",
        options.json ? JsonText(options, summary) : Tables(facts, summary) + ExamplesText(examples(0, kTerminalWords)));
  return 0;
}

}  // namespace

void AddContextsReport(CLI::App& contexts, const Globals& globals, Action* action) {
  CLI::App* command = contexts.add_subcommand(
      "report", "Say what contexts are worth: mentions found in them, lengths, leaks, duplicates.");
  const auto options = std::make_shared<Options>();
  command->add_option("DATA", options->data, "Data file with tags, of any format; - is stdin.")->required();
  command
      ->add_option("CONTEXTS", options->contexts,
                   "Contexts of DATA: a cache, or a column or JSON lines file of the same sentences.")
      ->required();
  command
      ->add_option("--train", options->train,
                   "Training data: mentions that are mentions there and the others are also counted apart.")
      ->type_name("FILE");
  command
      ->add_option("--exclude", options->exclude,
                   "Other data sets whose sentences no text may contain; those of DATA are always among them.")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "Print one JSON object; coverages are fractions.");
  command->add_option("--html", options->html, "Write the report with examples as one HTML file.")->type_name("FILE");
  command
      ->add_option(
          "--sentences", options->sentences,
          "Sentences to show with their contexts, those with leaks, duplicates and mentions that are not found "
          "among the first (default: 0, 100 in HTML).")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  AddDataOptions(command, &options->read);
  command->footer(
      "Examples:\n  clner contexts report dev.conll dev_contexts.jsonl --train train.conll\n  clner contexts report "
      "dev.conll dev_contexts.jsonl --json\n  clner contexts report test.conll view.conll --exclude dev.conll --html "
      "report.html --sentences 50");
  command->callback([=, &globals] { *action = [=, &globals] { return Run(*options, globals); }; });
}

}  // namespace clner::cli
