#include "eval/eval_sides.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/log.h"
#include "core/utf8.h"
#include "data/corpus_builder.h"
#include "data/counted.h"
#include "eval/eval_tags.h"

namespace clner {
namespace {

/// One file, read whole.
struct Side {
  std::string path = {};
  std::vector<Sentence> sentences = {};             // words are missing where the file has tags only
  std::vector<std::vector<std::string>> tags = {};  // of every sentence, after the label map
  std::vector<std::vector<int64_t>> lines = {};     // of every word
  std::optional<Scheme> scheme = std::nullopt;      // of tags that were made of ranges
  std::set<std::string> types = {};                 // before the label map
};

Side ReadColumns(const std::string& path, const EvalInputOptions& options, bool gold) {
  Side side;
  ColumnFileOptions file = options.file;
  file.any_context_tag = !gold;
  ColumnReader reader(path, file);
  side.path = reader.path();
  TagPlaces places;
  while (const std::optional<ColumnSentence> raw = reader.Next()) {
    Sentence sentence;
    sentence.line = raw->rows[0].line;
    std::vector<std::string> tags;
    std::vector<int64_t> lines;
    const size_t own = OwnRows(raw->rows);
    for (size_t r = 0; r < own; ++r) {
      const ColumnRow& row = raw->rows[r];
      if (row.fields.size() > 1) {
        sentence.words.push_back(row.fields[0]);
      } else if (gold) {
        ThrowNoTag(side.path, row);
      }
      places.Add(row.fields.back(), row.line);
      tags.push_back(MapTag(row.fields.back(), options.label_map));
      lines.push_back(row.line);
    }
    // Rows of tags only say nothing about their words.
    if (sentence.words.size() < own) sentence.words.clear();
    side.sentences.push_back(std::move(sentence));
    side.tags.push_back(std::move(tags));
    side.lines.push_back(std::move(lines));
  }
  if (side.sentences.empty()) ThrowNoSentences(side.path);
  ProblemList problems;
  places.Check(side.path, &problems);
  problems.ThrowIfAny();
  places.AddTypes(&side.types);
  return side;
}

/// A sentence without labels in the gold file is no sentence without entities; in predictions it is one, unless all are
/// like that.
void CheckLabels(const Corpus& corpus, bool gold) {
  const auto labelled = [](const Sentence& sentence) { return sentence.labelled; };
  const auto first = std::find_if_not(corpus.sentences.begin(), corpus.sentences.end(), labelled);
  if (first == corpus.sentences.end()) return;
  if (!gold && std::any_of(first, corpus.sentences.end(), labelled)) return;
  if (!gold && first != corpus.sentences.begin()) return;
  throw Error(ErrorCode::kData,
              gold ? fmt::format("sentence {} has no labels", first - corpus.sentences.begin() + 1)
                   : std::string("no sentence has labels"),
              Place(corpus.path, first->line),
              gold ? "label it, or take it out of both files" : "give a file with predicted entities");
}

Side ReadRecords(const std::string& path, DataFormat format, const EvalInputOptions& options, bool gold,
                 const std::vector<Sentence>* split_like) {
  CorpusOptions read;
  read.file = options.file;
  read.label_map = options.label_map;
  read.scheme = options.scheme;
  read.annotation = options.annotation;
  read.annotation.split_like = split_like;
  read.keep_tags = true;
  read.warn_repairs = false;
  DataSource source;
  Corpus corpus = ReadData(path, format, read, options.labels, &source);
  for (const auto& [kind, count] : source.annotation.dropped)
    LogWarning("dropped", fmt::format("not read: {} ({})", kind, count), corpus.path);
  for (const auto& [kind, count] : source.annotation.changed)
    LogWarning("changed", fmt::format("{}: {}", kind, count), corpus.path);
  CheckLabels(corpus, gold);
  Side side;
  side.path = corpus.path;
  side.types = std::move(corpus.types_in_file);
  if (corpus.spans_in_file) side.scheme = options.scheme.value_or(Scheme::kBio);
  for (size_t i = 0; i < corpus.sentences.size(); ++i) {
    const Sentence& sentence = corpus.sentences[i];
    const bool as_read = sentence.labelled && !side.scheme.has_value();
    side.tags.push_back(as_read ? std::move(corpus.tags[i])
                                : SpansToTags(sentence.spans, static_cast<int64_t>(sentence.words.size()),
                                              side.scheme.value_or(Scheme::kBio)));
    side.lines.emplace_back(sentence.words.size(), sentence.line);
  }
  side.sentences = std::move(corpus.sentences);
  return side;
}

Side ReadSide(const std::string& path, const EvalInputOptions& options, bool gold,
              const std::vector<Sentence>* split_like) {
  const DataFormat format = gold ? options.gold_format : options.predicted_format;
  return format == DataFormat::kColumns ? ReadColumns(path, options, gold)
                                        : ReadRecords(path, format, options, gold, split_like);
}

/// True for formats that hold words, not only a text (Prodigy's may hold either).
bool HoldsWords(DataFormat format) {
  return !IsAnnotation(format) || format == DataFormat::kAdaSeq || format == DataFormat::kProdigy;
}

/// Puts two sides together.
class Pairing {
 public:
  Pairing(Side gold, Side predicted, const EvalInputOptions& options)
      : gold_(std::move(gold)), predicted_(std::move(predicted)), options_(options) {
    input_.gold_path = gold_.path;
    input_.predicted_path = predicted_.path;
  }

  EvalInput Pair() {
    const size_t count = std::min(gold_.sentences.size(), predicted_.sentences.size());
    for (size_t i = 0; i < count; ++i) Add(i);
    if (gold_.sentences.size() != predicted_.sentences.size()) ThrowSentenceCount(count);
    ReportDifferentWords(input_, first_difference_, options_.strict);
    std::set<std::string> types = std::move(gold_.types);
    types.merge(predicted_.types);
    WarnUnusedNames(options_.label_map, types, gold_.path);
    FinishSchemes(options_, {gold_.scheme, predicted_.scheme}, &input_);
    return std::move(input_);
  }

 private:
  void Add(size_t i) {
    const std::vector<std::string>& predicted_words = predicted_.sentences[i].words;
    EvalSentence sentence;
    sentence.words = std::move(gold_.sentences[i].words);
    if (sentence.words.size() != predicted_.tags[i].size()) ThrowWordCount(i, sentence.words);
    sentence.gold_line = gold_.sentences[i].line;
    sentence.predicted_line = predicted_.sentences[i].line;
    sentence.gold_lines = std::move(gold_.lines[i]);
    sentence.gold_tags = std::move(gold_.tags[i]);
    sentence.predicted_tags = std::move(predicted_.tags[i]);
    for (size_t w = 0; w < sentence.words.size(); ++w) {
      AddRaw(sentence.words[w], sentence.gold_tags[w], sentence.predicted_tags[w], &input_.raw);
      if (predicted_words.empty() || sentence.words[w] == predicted_words[w] || input_.different_words++ > 0) continue;
      first_difference_ = {sentence.words[w], predicted_words[w],
                           Places(sentence.gold_lines[w], predicted_.lines[i][w])};
    }
    input_.raw.AddBoundary();
    input_.words += static_cast<int64_t>(sentence.words.size());
    input_.sentences.push_back(std::move(sentence));
  }

  [[nodiscard]] std::string Places(int64_t gold_line, int64_t predicted_line) const {
    return fmt::format("{} and {}", Place(gold_.path, gold_line), Place(predicted_.path, predicted_line));
  }

  [[noreturn]] void ThrowWordCount(size_t i, const std::vector<std::string>& gold_words) const {
    const std::vector<std::string>& words = predicted_.sentences[i].words;
    size_t w = 0;
    while (w < std::min(gold_words.size(), words.size()) && gold_words[w] == words[w]) ++w;
    const auto word = [w](const std::vector<std::string>& list) {
      return w < list.size() ? "'" + Printable(list[w]) + "'" : std::string("the end");
    };
    std::string what =
        fmt::format("sentence {} has {} in '{}' but {} in '{}'", i + 1, Counted(gold_words.size(), "word"), gold_.path,
                    predicted_.tags[i].size(), predicted_.path);
    if (!words.empty()) what += fmt::format("; they differ from {} against {} on", word(gold_words), word(words));
    throw Error(ErrorCode::kData, std::move(what), Places(gold_.sentences[i].line, predicted_.sentences[i].line),
                "give both files the same words or the same texts; --words says how texts without tokens are split");
  }

  [[noreturn]] void ThrowSentenceCount(size_t count) const {
    const bool gold_goes_on = gold_.sentences.size() > count;
    const auto line = [count](const Side& side) {
      return side.sentences[std::min(count, side.sentences.size() - 1)].line;
    };
    throw Error(ErrorCode::kData,
                fmt::format("'{}' ends after {} but '{}' goes on", gold_goes_on ? predicted_.path : gold_.path,
                            Counted(count, "sentence"), gold_goes_on ? gold_.path : predicted_.path),
                Places(line(gold_), line(predicted_)),
                "give predictions for exactly the sentences of the gold file, in the same order");
  }

  Side gold_, predicted_;
  const EvalInputOptions& options_;
  EvalInput input_;
  WordDifference first_difference_;
};

}  // namespace

EvalInput ReadSides(const std::string& gold_path, const std::string& predicted_path, const EvalInputOptions& options) {
  const bool predictions_first = !HoldsWords(options.gold_format) && HoldsWords(options.predicted_format);
  Side gold, predicted;
  if (!predictions_first) gold = ReadSide(gold_path, options, true, nullptr);
  predicted = ReadSide(predicted_path, options, false, predictions_first ? nullptr : &gold.sentences);
  if (predictions_first) gold = ReadSide(gold_path, options, true, &predicted.sentences);
  return Pairing(std::move(gold), std::move(predicted), options).Pair();
}

EvalInput ReadGold(const std::string& path, const EvalInputOptions& options) {
  Side gold = ReadSide(path, options, true, nullptr);
  EvalInput input;
  input.gold_path = gold.path;
  for (size_t i = 0; i < gold.sentences.size(); ++i) {
    EvalSentence sentence;
    sentence.words = std::move(gold.sentences[i].words);
    sentence.gold_line = sentence.predicted_line = gold.sentences[i].line;
    sentence.gold_lines = std::move(gold.lines[i]);
    sentence.gold_tags = std::move(gold.tags[i]);
    input.words += static_cast<int64_t>(sentence.words.size());
    input.sentences.push_back(std::move(sentence));
  }
  WarnUnusedNames(options.label_map, gold.types, gold.path);
  FinishSchemes(options, {gold.scheme, std::nullopt}, &input);
  return input;
}

void SetPredictions(const std::vector<std::vector<Span>>& predicted, const std::string& name, EvalInput* input) {
  CLNER_CHECK_EQ(predicted.size(), input->sentences.size());
  input->predicted_path = name;
  // IO cannot tell neighbours of one type apart.
  input->predicted_scheme = input->gold_scheme == Scheme::kIo ? Scheme::kBio : input->gold_scheme;
  input->raw = {};
  for (size_t i = 0; i < predicted.size(); ++i) {
    EvalSentence& sentence = input->sentences[i];
    sentence.predicted_tags = SpansToTags(predicted[i], static_cast<int64_t>(sentence.size()), input->predicted_scheme);
    for (size_t w = 0; w < sentence.size(); ++w) {
      AddRaw(sentence.words[w], sentence.gold_tags[w], sentence.predicted_tags[w], &input->raw);
    }
    input->raw.AddBoundary();
  }
}

}  // namespace clner
