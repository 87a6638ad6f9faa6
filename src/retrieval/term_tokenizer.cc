#include "retrieval/term_tokenizer.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "core/error.h"
#include "data/text_clusters.h"

namespace clner {
namespace {

constexpr std::pair<IndexTokenizer, const char*> kNames[] = {{IndexTokenizer::kUnicode61, "unicode61"},
                                                             {IndexTokenizer::kTrigram, "trigram"},
                                                             {IndexTokenizer::kCharacters, "characters"}};
constexpr const char* kCharactersName = "clner_characters";

using TokenCallback = int (*)(void*, int, const char*, int, int, int);

fts5_api* Api(const SqliteDatabase& database) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database.handle(), "SELECT fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  if (api != nullptr && api->iVersion >= 2) return api;
  throw Error(ErrorCode::kUnavailable,
              std::string("SQLite ") + sqlite3_libversion() + " has no full-text search (FTS5)", "",
              "install an SQLite library that was built with SQLITE_ENABLE_FTS5");
}

/// Arguments of unicode61 in both tokenizers that use it: diacritics are removed from all letters.
std::array<const char*, 2> Unicode61Arguments() { return {"remove_diacritics", "2"}; }

/// The tokenizer `characters`: unicode61 with its tokens cut further.
struct Characters {
  fts5_tokenizer words = {};
  Fts5Tokenizer* instance = nullptr;
};

struct Splitter {
  void* context;
  TokenCallback callback;
};

bool IsScriptWithoutBlanks(ClusterKind kind) { return kind == ClusterKind::kSolo || kind == ClusterKind::kKatakana; }

/// Passes on a token of unicode61 that stands at `begin`..`end` of the text: runs of scripts without blanks as pairs of
/// characters, the rest as it is.
int EmitPairs(const Splitter& out, std::string_view token, int begin, int end) {
  // Those scripts begin at U+0E00, which is three bytes long.
  const bool alphabetic =
      std::all_of(token.begin(), token.end(), [](char byte) { return static_cast<unsigned char>(byte) < 0xE0; });
  if (alphabetic) return out.callback(out.context, 0, token.data(), static_cast<int>(token.size()), begin, end);
  // A folded letter may have another length than in the text; then all parts get the place of the whole token.
  const bool same_bytes = static_cast<size_t>(end - begin) == token.size();
  ClusterReader reader(token);
  std::vector<Cluster> clusters;
  reader.NextChunk(&clusters);
  const auto end_of = [&](size_t cluster) {
    return cluster + 1 < clusters.size() ? size_t{clusters[cluster + 1].begin_byte} : token.size();
  };
  for (size_t first = 0; first < clusters.size();) {
    const bool pairs = IsScriptWithoutBlanks(clusters[first].kind);
    size_t last = first + 1;
    while (last < clusters.size() && IsScriptWithoutBlanks(clusters[last].kind) == pairs) ++last;
    const size_t width = pairs && last - first > 1 ? 2 : last - first;
    for (size_t at = first; at + width <= last; ++at) {
      const int from = static_cast<int>(clusters[at].begin_byte), to = static_cast<int>(end_of(at + width - 1));
      const int code = out.callback(out.context, 0, token.data() + from, to - from, same_bytes ? begin + from : begin,
                                    same_bytes ? begin + to : end);
      if (code != SQLITE_OK) return code;
    }
    first = last;
  }
  return SQLITE_OK;
}

// What FTS5 calls is C: no exception may leave.
int OnWord(void* context, int, const char* token, int bytes, int begin, int end) {
  try {
    return EmitPairs(*static_cast<const Splitter*>(context), {token, static_cast<size_t>(bytes)}, begin, end);
  } catch (...) {
    return SQLITE_NOMEM;
  }
}

int CreateCharacters(void* api, const char**, int, Fts5Tokenizer** out) {
  auto* created = new (std::nothrow) Characters;
  if (created == nullptr) return SQLITE_NOMEM;
  void* data = nullptr;
  auto* library = static_cast<fts5_api*>(api);
  int code = library->xFindTokenizer(library, "unicode61", &data, &created->words);
  std::array<const char*, 2> arguments = Unicode61Arguments();
  if (code == SQLITE_OK) code = created->words.xCreate(data, arguments.data(), 2, &created->instance);
  if (code != SQLITE_OK) {
    delete created;
    return code;
  }
  *out = reinterpret_cast<Fts5Tokenizer*>(created);
  return SQLITE_OK;
}

void DeleteCharacters(Fts5Tokenizer* tokenizer) {
  auto* characters = reinterpret_cast<Characters*>(tokenizer);
  characters->words.xDelete(characters->instance);
  delete characters;
}

int TokenizeCharacters(Fts5Tokenizer* tokenizer, void* context, int flags, const char* text, int bytes,
                       TokenCallback callback) {
  auto* characters = reinterpret_cast<Characters*>(tokenizer);
  Splitter splitter = {context, callback};
  return characters->words.xTokenize(characters->instance, &splitter, flags, text, bytes, OnWord);
}

int CollectTerm(void* context, int, const char* token, int bytes, int begin, int end) {
  try {
    static_cast<std::vector<Term>*>(context)->push_back(
        {std::string(token, static_cast<size_t>(bytes)), static_cast<size_t>(begin), static_cast<size_t>(end)});
    return SQLITE_OK;
  } catch (...) {
    return SQLITE_NOMEM;
  }
}

}  // namespace

const char* Name(IndexTokenizer tokenizer) { return kNames[static_cast<size_t>(tokenizer)].second; }

std::optional<IndexTokenizer> ParseIndexTokenizer(std::string_view name) {
  for (const auto& [tokenizer, known] : kNames) {
    if (name == known) return tokenizer;
  }
  return std::nullopt;
}

const char* TokenizerDefinition(IndexTokenizer tokenizer) {
  switch (tokenizer) {
    case IndexTokenizer::kTrigram:
      return "trigram";
    case IndexTokenizer::kCharacters:
      return kCharactersName;
    case IndexTokenizer::kUnicode61:
      break;
  }
  return "unicode61 remove_diacritics 2";
}

void RegisterTokenizers(const SqliteDatabase& database) {
  fts5_api* api = Api(database);
  fts5_tokenizer functions = {CreateCharacters, DeleteCharacters, TokenizeCharacters};
  const int code = api->xCreateTokenizer(api, kCharactersName, api, &functions, nullptr);
  if (code != SQLITE_OK) database.Fail(code);
}

struct TermTokenizer::State {
  fts5_tokenizer functions = {};
  Fts5Tokenizer* instance = nullptr;
};

TermTokenizer::TermTokenizer(const SqliteDatabase& database, IndexTokenizer tokenizer)
    : state_(std::make_unique<State>()) {
  fts5_api* api = Api(database);
  void* data = nullptr;
  const bool words = tokenizer == IndexTokenizer::kUnicode61;
  std::array<const char*, 2> arguments = Unicode61Arguments();
  const char* name = tokenizer == IndexTokenizer::kCharacters ? kCharactersName : Name(tokenizer);
  int code = api->xFindTokenizer(api, name, &data, &state_->functions);
  if (code == SQLITE_OK) {
    code = state_->functions.xCreate(data, words ? arguments.data() : nullptr, words ? 2 : 0, &state_->instance);
  }
  if (code != SQLITE_OK) database.Fail(code);
}

TermTokenizer::~TermTokenizer() { state_->functions.xDelete(state_->instance); }

std::vector<Term> TermTokenizer::Tokenize(std::string_view text) const {
  std::vector<Term> terms;
  CLNER_CHECK(text.size() < size_t{1} << 31, "text for a tokenizer");
  const int code = state_->functions.xTokenize(state_->instance, &terms, FTS5_TOKENIZE_QUERY, text.data(),
                                               static_cast<int>(text.size()), CollectTerm);
  if (code != SQLITE_OK) throw std::bad_alloc();
  return terms;
}

}  // namespace clner
