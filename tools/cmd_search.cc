// `clner search`: looks for a text in an index, on a search server or by a program.
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
#include "engine_options.h"
#include "option_table.h"
#include "retrieval/snippet.h"

namespace clner::cli {
namespace {

constexpr size_t kMaxQueryBytes = size_t{1} << 20;
constexpr size_t kSnippetBytes = 240, kTitleCharacters = 60;

struct Options {
  std::string text;
  int64_t limit = 10;
  EngineOptions engine;
  bool json = false, no_verify = false, all_terms = false;
};

/// What marks the matches in found texts: the tokenizer and the terms that were looked for.
class Marks {
 public:
  /// Those of an index, whose terms are known; for other engines the words of the query.
  Marks(const Engine& engine, const std::string& query) : index_(dynamic_cast<const FtsIndex*>(&engine)) {
    if (index_ != nullptr) {
      for (const std::vector<QueryTerm>& piece : index_->Terms(query)) AddPiece(piece);
      return;
    }
    own_ = std::make_unique<Own>();
    AddPiece(QueryTerms(query, own_->tokenizer));
  }
  [[nodiscard]] const TermTokenizer& tokenizer() const { return own_ ? own_->tokenizer : index_->tokenizer(); }
  [[nodiscard]] const std::unordered_set<std::string>& terms() const { return terms_; }
  /// What the index was asked for, piece by piece; empty for other engines.
  [[nodiscard]] const Json& asked() const { return asked_; }

 private:
  struct Own {
    SqliteDatabase database{":memory:", SqliteDatabase::Mode::kWrite};
    TermTokenizer tokenizer{Registered(database), IndexTokenizer::kUnicode61};
    static const SqliteDatabase& Registered(const SqliteDatabase& database) {
      RegisterTokenizers(database);
      return database;
    }
  };
  void AddPiece(const std::vector<QueryTerm>& piece) {
    Json words = Json::array();
    for (const QueryTerm& term : piece) {
      terms_.insert(term.text);
      words.push_back({{"term", term.text}, {"passages", term.passages}, {"name", term.name}});
    }
    if (index_ != nullptr) asked_.push_back(std::move(words));
  }

  const FtsIndex* index_;
  std::unique_ptr<Own> own_;
  std::unordered_set<std::string> terms_;
  Json asked_ = Json::array();
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

Json CandidatesJson(const std::vector<Candidate>& candidates, const Marks& marks) {
  Json list = Json::array();
  for (const Candidate& candidate : candidates) {
    Json matches = Json::array();
    for (const Term& term : marks.tokenizer().Tokenize(candidate.text)) {
      // Positions in code points, as everywhere in the program.
      if (!marks.terms().contains(term.text)) continue;
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

std::string Table(const std::vector<Candidate>& candidates, const Marks& marks, bool color) {
  std::string text;
  int64_t rank = 0;
  for (const Candidate& candidate : candidates) {
    const std::string title = candidate.title.empty() ? candidate.id : candidate.title;
    text += fmt::format("{:>3}  {:>8.3f}  {}\n     ", ++rank, candidate.score, Printable(title, kTitleCharacters));
    for (const SnippetPart& part : MakeSnippet(candidate.text, marks.tokenizer(), marks.terms(), kSnippetBytes)) {
      const std::string shown = Printable(part.text, kSnippetBytes);
      text += !part.matched ? shown : color ? "\x1b[1m" + shown + "\x1b[0m" : "[" + shown + "]";
    }
    text += '\n';
  }
  return text;
}

int Run(const Options& options, const Globals& globals) {
  CheckQuery(options.text);
  EngineOptions chosen = options.engine;
  chosen.fts.verify = !options.no_verify;
  if (options.all_terms) {
    chosen.fts.query.max_share = chosen.fts.query.name_share = 1.0;
    chosen.fts.query.max_terms = static_cast<int64_t>(kMaxQueryBytes);
  }
  const std::unique_ptr<Engine> engine = OpenEngine(chosen);
  const SearchAnswer answer = engine->Search(std::vector<std::string>{options.text}, options.limit).front();
  const Marks marks(*engine, options.text);
  const auto* index = dynamic_cast<const FtsIndex*>(engine.get());
  OutputFile output("-");
  if (options.json) {
    output.Write(DumpJson({{"schema_version", 1},
                           {"query", options.text},
                           {"index", index != nullptr ? Json(index->info().sha256) : Json()},
                           {"engine", engine->identity()},
                           {"terms", marks.asked()},
                           {"candidates", CandidatesJson(answer.candidates, marks)},
                           {"partial", answer.partial}},
                          2) +
                 "\n");
  } else {
    const bool color = !globals.no_color && std::getenv("NO_COLOR") == nullptr && isatty(STDOUT_FILENO) != 0;
    output.Write(Table(answer.candidates, marks, color));
  }
  output.Close();
  if (answer.candidates.empty()) LogInfo("nothing found");
  if (answer.partial)
    LogWarning("partial", "parts of the engine did not answer", "",
               "look at the shards of the index, and search again");
  return 0;
}

}  // namespace

void AddSearch(CLI::App& app, const Globals& globals, Action* action) {
  CLI::App* command = app.add_subcommand("search", "Find the passages of an index or a search server that fit a text.");
  const auto options = std::make_shared<Options>();
  QueryOptions& query = options->engine.fts.query;
  command->add_option("TEXT", options->text, "A sentence or some words; no character of it is query syntax.")
      ->required();
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
      ->add_option("--rescore", options->engine.fts.rescore,
                   "Order so many candidates by all terms of the text; 0 leaves them as found.")
      ->check(CLI::Range(0, 10000))
      ->capture_default_str();
  command->add_flag("--no-verify", options->no_verify, "Do not compare the file with its checksum first.");
  AddEngineOptions(command, &options->engine);
  for (const char* of_index : {"--max-terms", "--max-share", "--name-share", "--all-terms", "--rescore", "--no-verify"})
    command->get_option(of_index)->needs(command->get_option("--index"));
  command->add_flag("--json", options->json, "Print one JSON object, with whole texts and the places of matches.");
  command->footer(
      "Examples:\n  clner search -i leads.idx \"Jane Doe joined Acme Robotics\"\n  clner search -i leads.idx -k 3 "
      "--json \"Lisbon\"\n  clner search --search https://localhost:9200 --index-name leads --search-auth "
      "env:SEARCH_KEY \"Lisbon\"\n  clner search --search-command 'python3 my_search.py' \"Lisbon\"");
  command->callback([=, &globals] { *action = [=, &globals] { return Run(*options, globals); }; });
}

}  // namespace clner::cli
