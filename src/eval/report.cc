#include "eval/report.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "data/counted.h"
#include "fmt/format.h"

namespace clner {
namespace {

constexpr const char* kNoEntity = "none";

std::vector<std::string> ScoreRow(const std::string& name, const Counts& counts, EvalMode mode) {
  const Rates rates = RatesOf(counts, mode);
  std::vector<std::string> row = {name, Percent(rates.precision, counts.predicted > 0),
                                  Percent(rates.recall, counts.gold > 0),
                                  Percent(rates.f1, counts.gold + counts.predicted > 0)};
  for (const int64_t count : {counts.gold, counts.predicted, counts.correct}) row.push_back(std::to_string(count));
  if (!CountsOverlaps(mode)) return row;
  for (const int64_t count : {counts.incorrect, counts.partial, counts.missed(), counts.spurious()}) {
    row.push_back(std::to_string(count));
  }
  return row;
}

std::vector<std::string> ScoreHeader(const char* first, EvalMode mode) {
  std::vector<std::string> header = {first, "precision", "recall", "F1", "gold", "predicted", "correct"};
  if (CountsOverlaps(mode)) header.insert(header.end(), {"incorrect", "partial", "missed", "spurious"});
  return header;
}

Json RatesJson(const Rates& rates) {
  Json json;
  json["precision"] = rates.precision;
  json["recall"] = rates.recall;
  json["f1"] = rates.f1;
  return json;
}

}  // namespace

std::string Percent(double fraction, bool defined) { return defined ? fmt::format("{:.2f}", 100 * fraction) : "n/a"; }

std::string Headline(const Evaluation& evaluation) {
  const Scores& scores = evaluation.scores;
  std::string scheme = Name(evaluation.gold_scheme);
  if (evaluation.gold_scheme != evaluation.predicted_scheme) {
    scheme += fmt::format(" (gold) and {} (predicted)", Name(evaluation.predicted_scheme));
  }
  return fmt::format("mode {}, scheme {}, {}, {}, accuracy {} %", Name(scores.mode), scheme,
                     Counted(scores.sentences, "sentence"), Counted(scores.words, "word"),
                     Percent(scores.Accuracy(), scores.words > 0));
}

TableRows ScoreRows(const Scores& scores) {
  TableRows rows = {ScoreHeader("type", scores.mode)};
  for (const auto& [type, counts] : scores.types) rows.push_back(ScoreRow(TypeName(type), counts, scores.mode));
  rows.push_back(ScoreRow("micro", scores.micro, scores.mode));
  const Rates macro = scores.Macro();
  const bool defined = !scores.types.empty();
  std::vector<std::string> row = {"macro", Percent(macro.precision, defined), Percent(macro.recall, defined),
                                  Percent(macro.f1, defined)};
  row.resize(rows[0].size());
  rows.push_back(row);
  return rows;
}

std::vector<std::string> Notes(const Evaluation& evaluation) {
  std::vector<std::string> notes;
  if (evaluation.strict.has_value()) {
    notes.push_back(fmt::format("strict F1 {} (only spans that are legal in {}; some tags are ill-formed)",
                                Percent(RatesOf(*evaluation.strict, EvalMode::kStrict).f1),
                                Name(evaluation.predicted_scheme)));
  }
  if (evaluation.raw.has_value()) {
    notes.push_back(fmt::format("conlleval on the raw tags prints F1 {} ({} gold, {} predicted, {} correct)",
                                Percent(RatesOf(*evaluation.raw, EvalMode::kConlleval).f1), evaluation.raw->gold,
                                evaluation.raw->predicted, evaluation.raw->correct));
  }
  return notes;
}

TableRows ErrorKindRows(const ErrorAnalysis& analysis) {
  TableRows rows = {{"error", "number", "share"}};
  const auto all = static_cast<double>(analysis.errors.size());
  for (const ErrorKind kind : kErrorKinds) {
    const int64_t number = analysis.Number(kind);
    rows.push_back({Name(kind), std::to_string(number), Percent(static_cast<double>(number) / all, all > 0)});
  }
  return rows;
}

TableRows ConfusionRows(const ErrorAnalysis& analysis) {
  std::set<std::string> types;
  for (const auto& [pair, count] : analysis.confusion) types.insert({pair.first, pair.second});
  types.erase("");
  std::vector<std::string> names(types.begin(), types.end());
  names.emplace_back();
  TableRows rows = {{"gold \\ predicted"}};
  for (const std::string& name : names) rows[0].push_back(name.empty() ? kNoEntity : name);
  for (const std::string& gold : names) {
    std::vector<std::string> row = {gold.empty() ? kNoEntity : gold};
    for (const std::string& predicted : names) {
      const auto found = analysis.confusion.find({gold, predicted});
      row.push_back(gold.empty() && predicted.empty()   ? "-"
                    : found == analysis.confusion.end() ? "0"
                                                        : std::to_string(found->second));
    }
    rows.push_back(row);
  }
  return rows;
}

TableRows SeenRows(const SeenScores& seen, EvalMode mode) {
  // The four groups count equal spans only, whatever the mode does with overlaps.
  const EvalMode plain = mode == EvalMode::kClner ? mode : EvalMode::kConlleval;
  return {ScoreHeader("in training", plain), ScoreRow("surface seen", seen.surface_seen, plain),
          ScoreRow("surface unseen", seen.surface_unseen, plain),
          ScoreRow("surface and type seen", seen.typed_seen, plain),
          ScoreRow("surface and type unseen", seen.typed_unseen, plain)};
}

Json CountsJson(const Counts& counts, EvalMode mode) {
  Json json = RatesJson(RatesOf(counts, mode));
  json["gold"] = counts.gold;
  json["predicted"] = counts.predicted;
  json["correct"] = counts.correct;
  if (CountsOverlaps(mode)) {
    json["incorrect"] = counts.incorrect;
    json["partial"] = counts.partial;
    json["missed"] = counts.missed();
    json["spurious"] = counts.spurious();
  }
  return json;
}

Json ScoresJson(const Scores& scores, Scheme scheme) {
  Json json;
  json["schema_version"] = 1;
  json["mode"] = Name(scores.mode);
  json["scheme"] = Name(scheme);
  json["micro"] = CountsJson(scores.micro, scores.mode);
  json["macro"] = RatesJson(scores.Macro());
  json["types"] = Json::object();
  for (const auto& [type, counts] : scores.types) json["types"][type] = CountsJson(counts, scores.mode);
  json["accuracy"] = scores.Accuracy();
  json["sentences"] = scores.sentences;
  json["words"] = scores.words;
  return json;
}

Json EvaluationJson(const Evaluation& evaluation) {
  Json json = ScoresJson(evaluation.scores, evaluation.gold_scheme);
  json["predicted_scheme"] = Name(evaluation.predicted_scheme);
  if (evaluation.strict.has_value()) json["strict"] = CountsJson(*evaluation.strict, EvalMode::kStrict);
  if (evaluation.raw.has_value()) json["raw_conlleval"] = CountsJson(*evaluation.raw, EvalMode::kConlleval);
  return json;
}

Json ErrorsJson(const ErrorAnalysis& analysis) {
  Json json;
  json["kinds"] = Json::object();
  for (const ErrorKind kind : kErrorKinds) json["kinds"][Name(kind)] = analysis.Number(kind);
  json["confusion"] = Json::array();
  for (const auto& [pair, count] : analysis.confusion) {
    Json cell;
    cell["gold"] = pair.first;
    cell["predicted"] = pair.second;
    cell["count"] = count;
    json["confusion"].push_back(cell);
  }
  return json;
}

Json SeenJson(const SeenScores& seen, EvalMode mode) {
  const EvalMode plain = mode == EvalMode::kClner ? mode : EvalMode::kConlleval;
  Json json;
  json["surface"]["seen"] = CountsJson(seen.surface_seen, plain);
  json["surface"]["unseen"] = CountsJson(seen.surface_unseen, plain);
  json["surface_and_type"]["seen"] = CountsJson(seen.typed_seen, plain);
  json["surface_and_type"]["unseen"] = CountsJson(seen.typed_unseen, plain);
  return json;
}

void CheckFailUnder(const Scores& scores, double fail_under) {
  const double f1 = scores.Micro().f1;
  if (f1 >= fail_under) return;
  throw Error(ErrorCode::kCheckFailed,
              fmt::format("micro F1 {} is below --fail-under {}", JsonNumber(f1), JsonNumber(fail_under)), "",
              "improve the predictions or lower the limit");
}

}  // namespace clner
