// `clner search`: looks for a text in an index.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "commands.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/utf8.h"
#include "option_table.h"
#include "retrieval/fts_index.h"
#include "retrieval/snippet.h"

namespace clner::cli {
namespace {

constexpr size_t kMaxQueryBytes = size_t{1} << 20;
constexpr size_t kSnippetBytes = 240, kTitleCharacters = 60;

struct Options {
  std::string index, text;
  int64_t limit = 10;
  FtsOptions search;
  bool json = false, no_verify = false, all_terms = false;
};

/// The limits of the options on the text of a query.
void CheckQuery(const std::string& text) {
  if (text.size() > kMaxQueryBytes) {
    throw Error(ErrorCode::kUsage, fmt::format("the query is longer than {} bytes", kMaxQueryBytes), "",
                "give a sentence");
  }
  if (const auto at = FirstInvalidUtf8(text); at.has_value()) {
    throw Error(ErrorCode::kUsage, fmt::format("the query is not valid UTF-8 at byte offset {}", *at), "",
                "use a UTF-8 terminal");
  }
}

Json CandidatesJson(const std::vector<Candidate>& candidates, const FtsIndex& index,
                    const std::unordered_set<std::string>& terms) {
  Json list = Json::array();
  for (const Candidate& candidate : candidates) {
    Json matches = Json::array();
    for (const Term& term : index.tokenizer().Tokenize(candidate.text)) {
      // Positions in code points, as everywhere in the program.
      if (!terms.contains(term.text)) continue;
      const size_t begin = CodePointCount(std::string_view(candidate.text).substr(0, term.begin_byte));
      matches.push_back({begin, begin + CodePointCount(std::string_view(candidate.text)
                                                           .substr(term.begin_byte, term.end_byte - term.begin_byte))});
    }
    list.push_back({{"doc_id", candidate.id},
                    {"title", candidate.title},
                    {"score", candidate.score},
                    {"text", candidate.text},
                    {"matches", std::move(matches)}});
  }
  return list;
}

std::string Table(const std::vector<Candidate>& candidates, const FtsIndex& index,
                  const std::unordered_set<std::string>& terms, bool color) {
  std::string text;
  int64_t rank = 0;
  for (const Candidate& candidate : candidates) {
    const std::string title = candidate.title.empty() ? candidate.id : candidate.title;
    text += fmt::format("{:>3}  {:>8.3f}  {}\n     ", ++rank, candidate.score, Printable(title, kTitleCharacters));
    for (const SnippetPart& part : MakeSnippet(candidate.text, index.tokenizer(), terms, kSnippetBytes)) {
      const std::string shown = Printable(part.text, kSnippetBytes);
      text += !part.matched ? shown : color ? "\x1b[1m" + shown + "\x1b[0m" : "[" + shown + "]";
    }
    text += '\n';
  }
  return text;
}

int Run(const Options& options, const Globals& globals) {
  CheckQuery(options.text);
  FtsOptions search = options.search;
  search.verify = !options.no_verify;
  if (options.all_terms) {
    search.query.max_share = search.query.name_share = 1.0;
    search.query.max_terms = static_cast<int64_t>(kMaxQueryBytes);
  }
  FtsIndex index(options.index, search);
  const SearchAnswer answer = index.Search(std::vector<std::string>{options.text}, options.limit).front();
  std::unordered_set<std::string> terms;
  Json pieces = Json::array();
  for (const std::vector<QueryTerm>& piece : index.Terms(options.text)) {
    Json words = Json::array();
    for (const QueryTerm& term : piece) {
      terms.insert(term.text);
      words.push_back({{"term", term.text}, {"passages", term.passages}, {"name", term.name}});
    }
    pieces.push_back(std::move(words));
  }
  OutputFile output("-");
  if (options.json) {
    output.Write(DumpJson({{"schema_version", 1},
                           {"query", options.text},
                           {"index", index.info().sha256},
                           {"terms", pieces},
                           {"candidates", CandidatesJson(answer.candidates, index, terms)},
                           {"partial", answer.partial}},
                          2) +
                 "\n");
  } else {
    const bool color = !globals.no_color && std::getenv("NO_COLOR") == nullptr && isatty(STDOUT_FILENO) != 0;
    output.Write(Table(answer.candidates, index, terms, color));
  }
  output.Close();
  if (answer.candidates.empty()) LogInfo("nothing found");
  return 0;
}

}  // namespace

void AddSearch(CLI::App& app, const Globals& globals, Action* action) {
  CLI::App* command = app.add_subcommand("search", "Find the passages of an index that fit a text.");
  const auto options = std::make_shared<Options>();
  QueryOptions& query = options->search.query;
  command->add_option("TEXT", options->text, "A sentence or some words; no character of it is query syntax.")
      ->required();
  command->add_option("-i,--index", options->index, "Index made by 'clner index build'.")
      ->required()
      ->type_name("INDEX");
  command->add_option("-k,--top", options->limit, "Passages to print.")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      ->add_option("--max-terms", query.max_terms,
                   "Terms to look for beside those that look like names; the rarest are taken.")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->add_option("--max-share", query.max_share, "Leave out terms in a greater share of the passages.")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--name-share", query.name_share, "The same for terms that look like names.")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_flag("--all-terms", options->all_terms, "Look for every term, which is slow in large indexes.");
  command
      ->add_option("--rescore", options->search.rescore,
                   "Order so many candidates by all terms of the text; 0 leaves them as found.")
      ->check(CLI::Range(0, 10000))
      ->capture_default_str();
  command->add_flag("--no-verify", options->no_verify, "Do not compare the file with its checksum first.");
  command->add_flag("--json", options->json, "Print one JSON object, with whole texts and the places of matches.");
  command->footer(
      "Examples:\n  clner search -i leads.idx \"Jane Doe joined Acme Robotics\"\n  clner search -i leads.idx -k 3 "
      "--json \"Lisbon\"");
  command->callback([=, &globals] { *action = [=, &globals] { return Run(*options, globals); }; });
}

}  // namespace clner::cli
