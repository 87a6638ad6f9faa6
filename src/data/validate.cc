#include "data/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "core/utf8.h"
#include "data/contexts.h"
#include "data/line_reader.h"
#include "data/validate_checks.h"

namespace clner {
namespace {

void AddProblems(const Error& error, Finding* finding) {
  for (const Problem& problem : error.problems()) AddPlace(finding, problem.what, problem.where);
  finding->count = static_cast<int64_t>(error.total());
  if (finding->fix.empty()) finding->fix = error.problems().front().fix;
}

/// Reads a file; its bad rows become a finding and its other sentences the corpus.
std::optional<Corpus> ReadForCheck(const std::string& path, DataFormat format, const CorpusOptions& options,
                                   const std::vector<std::string>& labels, FindingList* findings) {
  const std::string name = InputName(path);
  try {
    return ReadData(path, format, options, labels);
  } catch (const Error& error) {
    const bool is_rows = error.code() == ErrorCode::kData && !error.problems().front().where.empty() &&
                         error.problems().front().where != name;
    if (!is_rows && error.problems().front().what != "no sentences") throw;
    AddProblems(error, &findings->Get("bad-input", Severity::kError, name, "rows cannot be read", ""));
    if (!is_rows || path == "-") return std::nullopt;
  }
  try {
    CorpusOptions lenient = options;
    lenient.strict = false;
    lenient.file.skip_bad_sentences = true;
    return ReadData(path, format, lenient, labels);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kData) throw;
    return std::nullopt;
  }
}

void CheckIllFormed(const Corpus& corpus, const std::string& path, DataFormat format, const CorpusOptions& options,
                    const std::vector<std::string>& labels, FindingList* findings) {
  if (corpus.repaired_tags == 0) return;
  Finding& finding =
      findings->Get("ill-formed-tags", Severity::kWarning, corpus.path,
                    fmt::format("transitions that scheme {} does not allow", Name(corpus.scheme)),
                    "correct the tags; training repairs them by conlleval's rule, or refuses them with data.strict");
  if (path != "-") {
    CorpusOptions strict = options;
    strict.strict = true;
    strict.scheme = corpus.scheme;
    try {
      (void)ReadData(path, format, strict, labels);
    } catch (const Error& error) {
      for (const Problem& problem : error.problems()) {
        if (problem.what.starts_with("ill-formed")) AddPlace(&finding, problem.what, problem.where);
      }
    }
  }
  finding.count = corpus.repaired_tags;
}

/// Reads a cache; its bad records become a finding and the others the cache.
ContextCache ReadCacheForCheck(const std::string& path, DataFormat format, const CorpusOptions& options,
                               FindingList* findings) {
  try {
    return ReadContextCache(path, format, options);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kData || error.problems().front().where == InputName(path)) throw;
    AddProblems(error, &findings->Get("bad-input", Severity::kError, InputName(path), "records cannot be read", ""));
  }
  CorpusOptions lenient = options;
  lenient.file.skip_bad_sentences = true;
  return ReadContextCache(path, format, lenient);
}

void CheckCache(const std::string& path, DataFormat format, const CorpusOptions& read, Corpus* plain,
                FindingList* findings) {
  const ContextCache cache = ReadCacheForCheck(path, format, read, findings);
  for (const size_t i : LookUpContexts(plain, cache)) {
    const Sentence& sentence = plain->sentences[i];
    AddPlace(&findings->Get("context-missing", Severity::kWarning, cache.path, "sentences that the cache lacks",
                            "retrieve contexts for them; words must be equal to the last character"),
             fmt::format("'{}' ...", Printable(sentence.words.front())), Place(plain->path, sentence.line));
  }
}

void CheckContexts(const ValidateInput& input, const CorpusOptions& read, const ValidateOptions& options, Corpus* plain,
                   FindingList* findings) {
  const DataFormat format = FormatOfFile(input.contexts);
  if (IsContextCache(format)) {
    CheckCache(input.contexts, format, read, plain, findings);
    return CheckLeaks(*plain, input.contexts, options, findings);
  }
  const std::optional<Corpus> contexts = ReadForCheck(input.contexts, format, read, options.labels, findings);
  if (!contexts.has_value()) return;
  const PairReport report = ComparePair(*plain, *contexts);
  for (const Problem& problem : report.problems) {
    AddPlace(&findings->Get("context-misaligned", Severity::kError, contexts->path,
                            "sentences do not belong to those of the data", problem.fix),
             problem.what, problem.where);
  }
  for (const Problem& problem : report.words) {
    AddPlace(&findings->Get("context-words", Severity::kWarning, contexts->path,
                            "words differ typographically from the data", "the words of the data are used"),
             problem.what, problem.where);
  }
  CheckLeaks(*contexts, contexts->path, options, findings);
  plain->with_context = contexts->with_context;
  plain->types_in_file.insert(contexts->types_in_file.begin(), contexts->types_in_file.end());
}

}  // namespace

const char* Name(Severity severity) { return severity == Severity::kError ? "error" : "warning"; }

int64_t ValidateReport::Count(Severity severity) const {
  return std::count_if(findings.begin(), findings.end(),
                       [severity](const Finding& finding) { return finding.severity == severity; });
}

ValidateReport Validate(const std::vector<ValidateInput>& inputs, const ValidateOptions& options) {
  ValidateReport report;
  FindingList findings;
  CorpusOptions with_tags = options.read;
  with_tags.warn_repairs = false;  // they are findings here
  CorpusOptions read = with_tags;
  read.tags_optional = true;
  const auto named =
      std::find_if(inputs.begin(), inputs.end(), [](const auto& input) { return input.role == "train"; });
  const size_t train = named == inputs.end() ? 0 : static_cast<size_t>(named - inputs.begin());
  std::vector<std::optional<Corpus>> corpora;
  std::set<std::string> types;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ValidateInput& input = inputs[i];
    const DataFormat format = options.format.has_value() ? *options.format : FormatOfFile(input.path);
    std::optional<Corpus> corpus = ReadForCheck(input.path, format, read, options.labels, &findings);
    if (corpus.has_value()) {
      CheckIllFormed(*corpus, input.path, format, read, options.labels, &findings);
      CheckFile(*corpus, options, i == train, &findings);
      // Training refuses dev and test data without tags, too; other files may be meant for prediction.
      const bool trains = i == train || input.role != "data";
      if (read.tag_column.has_value()) CheckHasTags(*corpus, trains ? Severity::kError : Severity::kWarning, &findings);
      CheckLeaks(*corpus, corpus->path, options, &findings);
      if (!input.contexts.empty()) CheckContexts(input, with_tags, options, &*corpus, &findings);
      types.insert(corpus->types_in_file.begin(), corpus->types_in_file.end());
    }
    corpora.push_back(std::move(corpus));
  }
  std::vector<const Corpus*> others;
  for (size_t i = 0; i < corpora.size(); ++i) {
    if (!corpora[i].has_value()) continue;
    if (i != train) others.push_back(&*corpora[i]);
    for (size_t k = i + 1; k < corpora.size(); ++k) {
      if (corpora[k].has_value()) CheckOverlap(*corpora[i], *corpora[k], &findings);
    }
  }
  if (train < corpora.size() && corpora[train].has_value()) CheckLabels(*corpora[train], others, options, &findings);
  std::string paths;
  for (const std::optional<Corpus>& corpus : corpora) {
    if (corpus.has_value()) paths += (paths.empty() ? "" : ", ") + corpus->path;
  }
  WarnUnusedNames(options.read.label_map, types, paths);
  report.findings = findings.Take();
  for (std::optional<Corpus>& corpus : corpora) {
    if (corpus.has_value()) report.corpora.push_back(std::move(*corpus));
  }
  return report;
}

Json ToJson(const ValidateReport& report) {
  Json files = Json::array();
  for (const Corpus& corpus : report.corpora) {
    files.push_back({{"path", corpus.path},
                     {"sentences", corpus.sentences.size()},
                     {"words", corpus.words},
                     {"entities", corpus.entities},
                     {"scheme", Name(corpus.scheme)},
                     {"with_context", corpus.with_context}});
  }
  Json findings = Json::array();
  for (const Finding& finding : report.findings) {
    Json places = Json::array();
    for (const Problem& place : finding.places) places.push_back({{"where", place.where}, {"what", place.what}});
    findings.push_back({{"code", finding.code},
                        {"severity", Name(finding.severity)},
                        {"file", finding.file},
                        {"what", finding.what},
                        {"count", finding.count},
                        {"places", std::move(places)},
                        {"fix", finding.fix}});
  }
  return {{"schema_version", 1},
          {"files", std::move(files)},
          {"errors", report.Count(Severity::kError)},
          {"warnings", report.Count(Severity::kWarning)},
          {"findings", std::move(findings)}};
}

}  // namespace clner
