#include "eval/eval_tags.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/log.h"
#include "core/utf8.h"
#include "data/tag_check.h"

namespace clner {
namespace {

constexpr std::string_view kBoundaryWord = "-X-";

}  // namespace

void TagPlaces::Add(const std::string& tag, int64_t line) {
  if (tag == last_) return;
  last_ = tag;
  lines_.try_emplace(tag, line);
}

void TagPlaces::Check(const std::string& path, ProblemList* problems) const {
  const auto has_prefix = [](const auto& entry) {
    const char prefix = SplitTag(entry.first).prefix;
    return prefix != '?' && prefix != 'O';
  };
  const bool types_only = std::none_of(lines_.begin(), lines_.end(), has_prefix);
  std::vector<std::pair<int64_t, std::string>> by_line;
  for (const auto& [tag, line] : lines_) by_line.emplace_back(line, tag);
  std::sort(by_line.begin(), by_line.end());
  for (const auto& [line, tag] : by_line) {
    const std::optional<TagComplaint> complaint = CheckTag(tag, types_only);
    if (complaint.has_value()) problems->Add(ErrorCode::kData, {complaint->what, Place(path, line), complaint->fix});
  }
}

void TagPlaces::AddTypes(std::set<std::string>* types) const {
  for (const auto& [tag, line] : lines_) {
    const TagParts parts = SplitTag(tag);
    if (parts.prefix != 'O') types->emplace(parts.type);
  }
}

void CheckTags(const EvalInput& input, const TagPlaces& gold, const TagPlaces& predicted) {
  ProblemList problems;
  gold.Check(input.gold_path, &problems);
  predicted.Check(input.predicted_path, &problems);
  problems.ThrowIfAny();
}

void FinishSchemes(const EvalInputOptions& options, const KnownSchemes& known, EvalInput* input) {
  if (options.scheme.has_value()) {
    input->gold_scheme = input->predicted_scheme = *options.scheme;
    return;
  }
  SchemeDetector detector;
  bool has_entities = false;
  for (const EvalSentence& sentence : input->sentences) {
    detector.Add(sentence.gold_tags);
    has_entities = has_entities || std::any_of(sentence.gold_tags.begin(), sentence.gold_tags.end(),
                                               [](const auto& t) { return t != "O"; });
  }
  input->gold_scheme = known.gold.value_or(detector.Detect());
  input->predicted_scheme =
      known.predicted.value_or(PredictedScheme(input->gold_scheme, has_entities, input->sentences));
  if (!has_entities) input->gold_scheme = input->predicted_scheme;
}

void ReportDifferentWords(const EvalInput& input, const WordDifference& first, bool strict) {
  if (input.different_words == 0) return;
  const std::string what =
      fmt::format("{} of {} words differ between the files, the first: '{}' against '{}'", input.different_words,
                  input.words, Printable(first.gold), Printable(first.predicted));
  const char* fix = "check that both files hold the same text";
  if (strict) throw Error(ErrorCode::kData, what, first.places, fix);
  LogWarning("words differ", what, first.places, fix);
}

void AddRaw(std::string_view word, std::string_view gold, std::string_view predicted, Conlleval* raw) {
  if (word == kBoundaryWord) {
    raw->AddBoundary();
  } else {
    raw->AddToken(gold, predicted);
  }
}

[[noreturn]] void ThrowNoSentences(const std::string& path) {
  throw Error(ErrorCode::kData, "no sentences", path, "give a column file with one word and its tag in each row");
}

[[noreturn]] void ThrowNoTag(const std::string& path, const ColumnRow& row) {
  throw Error(ErrorCode::kData, fmt::format("row '{}' has no tag", Printable(row.text)), Place(path, row.line),
              "the gold file needs a word and its tag in each row");
}

namespace {

/// Predicted tags that are the gold ones once these are written in `scheme`.
int64_t EqualTags(const std::vector<EvalSentence>& sentences, Scheme gold, Scheme scheme) {
  int64_t equal = 0;
  for (const EvalSentence& sentence : sentences) {
    const std::vector<std::string> tags =
        SpansToTags(TagsToSpans(sentence.gold_tags, gold), static_cast<int64_t>(sentence.size()), scheme);
    for (size_t w = 0; w < tags.size(); ++w) equal += tags[w] == sentence.predicted_tags[w] ? 1 : 0;
  }
  return equal;
}

}  // namespace

Scheme PredictedScheme(Scheme gold, bool gold_has_entities, const std::vector<EvalSentence>& sentences) {
  SchemeDetector detector;
  std::string used;
  for (const EvalSentence& sentence : sentences) {
    detector.Add(sentence.predicted_tags);
    for (const std::string& tag : sentence.predicted_tags) {
      const char prefix = SplitTag(tag).prefix;
      if (used.find(prefix) == std::string::npos) used += prefix;
    }
  }
  if (used.empty() || used == "O") return gold;
  const Scheme detected = detector.Detect();
  if (!gold_has_entities || detected == gold) return detected;
  const std::vector<std::string> letters = SchemeTags({"T"}, gold);
  const auto known = [&](char prefix) {
    return std::any_of(letters.begin(), letters.end(),
                       [&](const std::string& tag) { return SplitTag(tag).prefix == prefix; });
  };
  if (!std::all_of(used.begin(), used.end(), known)) return detected;
  return EqualTags(sentences, gold, detected) > EqualTags(sentences, gold, gold) ? detected : gold;
}

}  // namespace clner
