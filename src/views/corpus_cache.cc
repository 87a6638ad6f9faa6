#include "views/corpus_cache.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/sha256.h"
#include "data/corpus_tables.h"

namespace clner {
namespace {

/// Tables of a file, in order: warnings as JSON, the pieces, the corpus.
constexpr size_t kWarnings = 0, kPieces = 1, kCorpus = kPieces + PieceTables::kTables;
/// Changes with the tables and with what readers make of a file.
constexpr int kRevision = 2;

/// Everything that changes what is read. The structured bindings name every field on purpose: a new one does not
/// compile until it is thought of here.
std::string Describe(const CorpusOptions& options, const std::vector<std::string>& labels) {
  const auto& [file, text_column, tag_column, label_map, scheme, strict, tags_optional, first_code_point, annotation,
               keep_tags, warn_repairs] = options;
  const auto& [delimiter, comment, skip_bad_sentences, replace_invalid_utf8, max_line_bytes, any_context_tag,
               context_words, skip_option, replace_option] = file;
  const auto& [offset_unit, words, on_misaligned, on_overlap, on_discontinuous, words_only, split_like, in_config] =
      annotation;
  const auto number = [](const auto& choice) { return choice ? static_cast<int>(*choice) : -1; };
  const Json json = {static_cast<int>(delimiter),
                     comment,
                     skip_bad_sentences,
                     replace_invalid_utf8,
                     max_line_bytes,
                     any_context_tag,
                     context_words,
                     skip_option,
                     replace_option,
                     text_column,
                     tag_column ? Json(*tag_column) : Json(),
                     label_map,
                     number(scheme),
                     strict,
                     tags_optional,
                     first_code_point,
                     number(offset_unit),
                     number(words),
                     static_cast<int>(on_misaligned),
                     static_cast<int>(on_overlap),
                     static_cast<int>(on_discontinuous),
                     words_only,
                     in_config,
                     warn_repairs,
                     labels};
  return DumpJson(json);
}

std::string WarningsToJson(const std::vector<LoggedWarning>& warnings, const std::string& path) {
  Json list = Json::array();
  for (const LoggedWarning& warning : warnings) {
    // The same content may have another path next time.
    const bool here = warning.where.starts_with(path);
    list.push_back(
        {warning.kind, warning.message, here ? warning.where.substr(path.size()) : warning.where, warning.fix, here});
  }
  return DumpJson(list);
}

std::vector<LoggedWarning> WarningsFromJson(std::span<const char> text, const std::string& path) {
  std::vector<LoggedWarning> warnings;
  for (const Json& entry : ParseJson({text.data(), text.size()}, "warnings", ErrorCode::kCorrupt)) {
    LoggedWarning warning = {entry.at(0).get<std::string>(), entry.at(1).get<std::string>(),
                             entry.at(2).get<std::string>(), entry.at(3).get<std::string>()};
    if (entry.at(4).get<bool>()) warning.where = path + warning.where;
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

bool HaveSameWords(const TokenizedCorpus& read) {
  const std::vector<Sentence>& sentences = read.corpus.sentences;
  if (read.pieces.sentences() != sentences.size()) return false;
  for (size_t i = 0; i < sentences.size(); ++i) {
    const WordRuns runs = read.pieces.runs(i);
    if (runs.own != sentences[i].words.size() || runs.context != sentences[i].contexts.words()) return false;
  }
  return true;
}

/// True when `path` still has the content of `digest`, which it had before it was read.
bool IsUnchanged(const std::string& path, const FileStamp& stamp, const std::string& digest) {
  if (StampOf(path) != stamp) return false;
  return !stamp.IsRacy(FileClockNs()) || Sha256OfFile(path) == digest;
}

}  // namespace

CorpusCache::CorpusCache(TokenCacheOptions options, const Tokenizer& tokenizer,
                         const std::filesystem::path& tokenizer_directory)
    : tokenizer_(tokenizer), cache_(std::move(options)) {
  if (cache_.enabled()) {
    tokenizer_fingerprint_ = TokenizerFingerprint(tokenizer, tokenizer_directory, cache_.digests());
  }
}

std::optional<CorpusCache::Source> CorpusCache::Identify(const std::string& path, DataFormat format,
                                                         const CorpusOptions& options,
                                                         const std::vector<std::string>& labels) const {
  if (!cache_.enabled() || options.keep_tags || options.annotation.split_like != nullptr) return std::nullopt;
  // brat keeps texts and annotations in two files each.
  const std::optional<FileStamp> stamp = format == DataFormat::kBrat ? std::nullopt : StampOf(path);
  if (!stamp) return std::nullopt;
  try {
    const std::string digest = cache_.digests().Sha256Of(path);
    const std::string key =
        Sha256Hex(fmt::format("corpus {} {}\n{}\n{}\n{}\n{}", kRevision, CLNER_VERSION, tokenizer_fingerprint_,
                              Name(format), Describe(options, labels), digest));
    return Source{*stamp, digest, key};
  } catch (const Error&) {
    return std::nullopt;  // the reader of the format says what is wrong
  }
}

bool CorpusCache::Load(const std::string& key, const std::string& path, TokenizedCorpus* result) {
  std::vector<LoggedWarning> warnings;
  const bool found = cache_.Load(key, [&](TableFile mapped) {
    const auto file = std::make_shared<const TableFile>(std::move(mapped));
    result->pieces = PieceTables(file, kPieces, tokenizer_.vocabulary_size());
    result->corpus = CorpusFromTables(*file, kCorpus, path);
    if (!HaveSameWords(*result)) file->ThrowDamaged("pieces and words are of different sentences");
    try {
      warnings = WarningsFromJson(file->Table<char>(kWarnings), path);
    } catch (const Json::exception& error) {
      file->ThrowDamaged(std::string("the warnings are wrong: ") + error.what());
    }
  });
  for (const LoggedWarning& warning : warnings) {
    if (found) LogWarning(warning.kind, warning.message, warning.where, warning.fix);
  }
  if (found) LogVerbose(fmt::format("{}: {} sentences from the token cache", path, result->corpus.sentences.size()));
  return found;
}

TokenizedCorpus CorpusCache::Read(const std::string& path, DataFormat format, const CorpusOptions& options,
                                  const std::vector<std::string>& labels) {
  const std::optional<Source> source = Identify(path, format, options, labels);
  TokenizedCorpus result;
  if (source && Load(source->key, path, &result)) return result;
  const WarningRecorder recorder;
  result.corpus = ReadData(path, format, options, labels);
  const CorpusTables tables(result.corpus);
  std::vector<WordRuns> runs;
  for (const Sentence& sentence : result.corpus.sentences) {
    runs.push_back({sentence.words.size(), sentence.contexts.words()});
  }
  result.pieces = PieceTables(runs, tables.word_types(), tables.types(), tokenizer_);
  if (!source || !recorder.complete() || !IsUnchanged(path, source->stamp, source->digest)) return result;
  const std::string warnings = WarningsToJson(recorder.warnings(), path);
  TableWriter writer(source->key);
  writer.Add(std::span<const char>(warnings));
  result.pieces.AddTo(&writer);
  tables.AddTo(&writer);
  cache_.Store(source->key, writer);
  return result;
}

std::optional<PieceTables> CorpusCache::FindPieces(const std::string& path, DataFormat format,
                                                   const CorpusOptions& options,
                                                   const std::vector<std::string>& labels) {
  const std::optional<Source> source = Identify(path, format, options, labels);
  PieceTables pieces;
  const bool found = source && cache_.Load(source->key, [&](TableFile file) {
    pieces = PieceTables(std::make_shared<const TableFile>(std::move(file)), kPieces, tokenizer_.vocabulary_size());
  });
  return found ? std::optional(pieces) : std::nullopt;
}

}  // namespace clner
