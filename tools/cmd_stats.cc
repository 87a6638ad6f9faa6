// `clner stats`: sizes, lengths, entities and contexts of a data file.
#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "core/files.h"
#include "data/contexts.h"
#include "data/stats.h"
#include "data_options.h"

namespace clner::cli {
namespace {

struct Options {
  std::string data, contexts;
  DataFlags read;
  bool json = false;
};

using Rows = std::vector<std::vector<std::string>>;

std::vector<std::string> LengthRow(const std::string& name, const LengthStats& lengths) {
  return {name,
          std::to_string(lengths.min),
          std::to_string(lengths.median),
          fmt::format("{:.2f}", lengths.mean),
          std::to_string(lengths.p95),
          std::to_string(lengths.max)};
}

std::string Percent(int64_t part, int64_t whole) {
  return whole == 0 ? "n/a" : fmt::format("{:.2f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string Tables(const DataStats& stats) {
  Rows sizes = {{stats.path, ""},
                {"sentences", std::to_string(stats.sentences)},
                {"words", std::to_string(stats.words)},
                {"distinct words", std::to_string(stats.vocabulary)}};
  if (stats.documents > 0) sizes.push_back({"documents", std::to_string(stats.documents)});
  if (stats.skipped_sentences > 0) sizes.push_back({"skipped sentences", std::to_string(stats.skipped_sentences)});
  if (stats.labelled) {
    sizes.push_back({"tag scheme", Name(stats.scheme)});
    sizes.push_back({"entities", std::to_string(stats.entities)});
    sizes.push_back({"words in entities", Percent(stats.entity_words, stats.words)});
    sizes.push_back({"sentences with entities", Percent(stats.sentences_with_entities, stats.sentences)});
    sizes.push_back({"ill-formed transitions", std::to_string(stats.repaired_tags)});
  } else {
    sizes.push_back({"tags", "none"});
  }
  if (stats.with_context > 0) {
    sizes.push_back({"sentences with context",
                     fmt::format("{} ({})", stats.with_context, Percent(stats.with_context, stats.sentences))});
    sizes.push_back({"context texts", std::to_string(stats.context_texts)});
    sizes.push_back({"context words", std::to_string(stats.context_words)});
  }
  Rows lengths = {{"length in words", "min", "median", "mean", "95 %", "max"},
                  LengthRow("sentence", stats.sentence_words)};
  if (stats.entities > 0) lengths.push_back(LengthRow("entity", stats.words_of_entity));
  if (stats.with_context > 0) {
    lengths.push_back(LengthRow("context", stats.words_of_context));
    lengths.push_back(LengthRow("sentence + context", stats.words_of_view));
  }
  std::string text = FormatTable(sizes) + "\n" + FormatTable(lengths);
  if (stats.types.empty()) return text;
  Rows types = {{"type", "entities", "share", "surfaces", "mean words"}};
  for (const auto& [name, type] : stats.types) {
    types.push_back({name.empty() ? "(no type)" : name, std::to_string(type.entities),
                     Percent(type.entities, stats.entities), std::to_string(type.surfaces),
                     fmt::format("{:.2f}", static_cast<double>(type.words) / static_cast<double>(type.entities))});
  }
  return text + "\n" + FormatTable(types);
}

int Run(const Options& options, const Globals& globals) {
  CorpusOptions read = ReadOptions(options.read);
  read.tags_optional = true;
  read.strict = globals.strict;
  Corpus corpus = ReadData(options.data, InputFormat(options.read, options.data), read, options.read.labels);
  if (!options.contexts.empty()) AttachContextFile(&corpus, options.contexts, read, options.read.labels);
  WarnUnusedNames(read.label_map, corpus.types_in_file, corpus.path);
  const DataStats stats = ComputeStats(corpus);
  OutputFile output("-");
  output.Write(options.json ? DumpJson(ToJson(stats), 2) + "\n" : Tables(stats));
  output.Close();
  return 0;
}

}  // namespace

void AddStats(CLI::App& app, const Globals& globals, Action* action) {
  CLI::App* command = app.add_subcommand("stats", "Count sentences, words, entities and contexts of a data file.");
  auto options = std::make_shared<Options>();
  command
      ->add_option("DATA", options->data,
                   "Column file with or without tags and contexts, JSON lines or another format; - is stdin.")
      ->required();
  command
      ->add_option("--contexts", options->contexts,
                   "Contexts of DATA: a column or JSON lines file of the same sentences, or a cache.")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "Print one JSON object; shares are fractions.");
  AddDataOptions(command, &options->read);
  command->footer(
      "Examples:\n  clner stats examples/quickstart/train.conll\n  clner stats examples/quickstart/contexts/train.txt "
      "--json");
  command->callback([=, &globals] { *action = [=, &globals] { return Run(*options, globals); }; });
}

}  // namespace clner::cli
