#include "data/annotation_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/log.h"
#include "core/utf8.h"
#include "data/counted.h"
#include "data/tag_check.h"
#include "data/text_words.h"

namespace clner {
namespace {

std::string Describe(const TextSpan& span) {
  return fmt::format("span of type '{2}' at {0}-{1}", span.range.begin, span.range.end, Printable(span.type));
}

/// The words that `range` touches: [first, last).
std::pair<size_t, size_t> Touched(const std::vector<TextRange>& words, TextRange range) {
  const auto first =
      std::partition_point(words.begin(), words.end(), [&](const TextRange& word) { return word.end <= range.begin; });
  const auto last =
      std::partition_point(first, words.end(), [&](const TextRange& word) { return word.begin < range.end; });
  return {static_cast<size_t>(first - words.begin()), static_cast<size_t>(last - words.begin())};
}

bool IsAligned(const std::vector<TextRange>& words, TextRange range) {
  const auto [first, last] = Touched(words, range);
  return first < last && words[first].begin == range.begin && words[last - 1].end == range.end;
}

}  // namespace

/// One record on its way into the corpus.
class AnnotationBuilder::Record {
 public:
  Record(const std::string& file, TextRecord record) : in(std::move(record)), file_(file) {
    if (in.text.has_value()) index.emplace(*in.text);
  }
  void AddProblem(std::string what, std::string_view inside, std::string fix) {
    std::string path = in.path;
    const std::string& file = in.file.empty() ? file_ : in.file;
    if (!path.empty() && !inside.empty()) path += ".";
    problems.push_back({std::move(what), RecordPlace(file, in.line, path.append(inside)), std::move(fix)});
  }
  /// The range of a span in code points, or in words when there is no text.
  [[nodiscard]] PlacedRange Placed(const TextSpan& span, OffsetUnit unit, const AnnotationOptions& options) const {
    if (index.has_value()) return PlaceInText(*index, span, unit, options);
    if (span.range.begin < span.range.end && span.range.end <= static_cast<int64_t>(words.size())) return {span.range};
    return {std::nullopt,
            fmt::format("{}-{} is empty or outside the sentence of {}", span.range.begin, span.range.end,
                        Counted(words.size(), "word")),
            "correct the positions; they count words from 0, the end is behind the last word"};
  }

  /// How `range` differs from whole words.
  [[nodiscard]] std::string Misalignment(TextRange range) const {
    const auto [first, last] = Touched(words, range);
    if (first == last) return "holds no word";
    if (words[first].begin > range.begin) return "begins with a blank";
    if (words[last - 1].end < range.end) return "ends with a blank";
    const bool at_begin = words[first].begin < range.begin;
    return fmt::format("{} inside the word '{}'", at_begin ? "begins" : "ends",
                       Printable(index->TextOf(words[at_begin ? first : last - 1])));
  }

  TextRecord in;
  std::optional<TextIndex> index;
  std::vector<TextRange> words = {};
  std::vector<WordSpan> spans = {};
  std::vector<Problem> problems = {};

 private:
  const std::string& file_;
};

AnnotationBuilder::AnnotationBuilder(std::string name, const CorpusOptions& options, OffsetUnit unit, WordRule words,
                                     AnnotationSource* source)
    : name_(std::move(name)),
      options_(options),
      unit_(options.annotation.offset_unit.value_or(unit)),
      words_(options.annotation.words.value_or(words)),
      source_(source),
      builder_(name_, options_) {}

void AnnotationBuilder::AddProblem(Problem problem) {
  if (options_.file.skip_bad_sentences) {
    LogWarning("skipped sentences", "sentence left out: " + problem.what, problem.where);
    ++stats_.skipped_sentences;
  } else {
    problems_.Add(ErrorCode::kData, std::move(problem));
  }
}

void AnnotationBuilder::Add(TextRecord in) {
  if (options_.annotation.words_only) {
    in.spans.clear();
    in.tags.clear();
    in.labelled = false;
  }
  Record record(name_, std::move(in));
  if (record.in.text.has_value() && record.in.text->find('\0') != std::string::npos) {
    record.AddProblem("text holds a NUL character", "text", "remove it from the text");
  } else if (record.in.text.has_value() && record.in.text->size() > kMaxTextBytes) {
    record.AddProblem(fmt::format("text of {} bytes, at most {}", record.in.text->size(), kMaxTextBytes), "text",
                      "split it into sentences or paragraphs");
  } else {
    FindAllWords(&record);
    if (record.problems.empty()) PlaceSpans(&record);
    if (record.problems.empty()) ResolveOverlaps(&record);
  }
  if (record.problems.empty()) return AddToCorpus(&record);
  if (options_.file.skip_bad_sentences) return AddProblem(std::move(record.problems.front()));
  for (Problem& problem : record.problems) problems_.Add(ErrorCode::kData, std::move(problem));
}

std::vector<TextRange> AnnotationBuilder::SplitText(const std::string& text) const {
  const std::vector<Sentence>* given = options_.annotation.split_like;
  const auto i = static_cast<size_t>(stats_.sentences);
  if (given != nullptr && i < given->size()) {
    if (std::optional<std::vector<TextRange>> words = LocateWords(text, (*given)[i].words)) return std::move(*words);
  }
  return FindWords(text, words_);
}

void AnnotationBuilder::FindAllWords(Record* record) {
  const TextRecord& in = record->in;
  if (!in.text.has_value()) {
    for (size_t i = 0; i < in.words.size(); ++i) {
      record->words.push_back({static_cast<int64_t>(i), static_cast<int64_t>(i) + 1});
      if (in.words[i].empty()) record->AddProblem(fmt::format("word {} of the sentence is empty", i), "", "remove it");
    }
    return;
  }
  if (!in.tokens.has_value()) {
    record->words = SplitText(*in.text);
    return;
  }
  for (const TextSpan& token : *in.tokens) {
    const auto [range, what, fix] = record->Placed(token, unit_, options_.annotation);
    if (!range.has_value()) {
      record->AddProblem("token " + what, token.path, fix);
      return;
    }
    if (!record->words.empty() && range->begin < record->words.back().end) {
      record->AddProblem("token begins before the end of the token in front of it", token.path,
                         "order the tokens; they must not overlap");
      return;
    }
    // Tokens of blanks alone (line breaks in spaCy) are no words.
    if (!FindWords(record->index->TextOf(*range), WordRule::kCharacters).empty()) record->words.push_back(*range);
  }
}

/// False when the label map drops the type, or it cannot be a type.
bool AnnotationBuilder::CheckType(const TextSpan& span, Record* record) {
  const auto mapped = options_.label_map.find(span.type);
  if (mapped != options_.label_map.end() && mapped->second.empty()) {
    builder_.AddType(span.type, record->in.line);
    return false;
  }
  const std::string& type = mapped == options_.label_map.end() ? span.type : mapped->second;
  if (!type.empty() && !IsContextTag("B-" + type) && !CheckTag("B-" + type, false).has_value()) return true;
  record->AddProblem(
      type.empty() ? "the label is empty" : fmt::format("label '{}' cannot stand in a tag", Printable(type)), span.path,
      options_.annotation.in_config ? "rename it: data.label_map: {OLD: NEW}" : "rename it: --label-map OLD=NEW");
  return false;
}

/// Adds `span`, at `range` of the text, as a span of words by the rule for misaligned spans.
void AnnotationBuilder::AlignSpan(const TextSpan& span, TextRange range, Record* record) {
  const auto [first, last] = Touched(record->words, range);
  if (!IsAligned(record->words, range)) {
    const MisalignedRule rule = options_.annotation.on_misaligned;
    if (rule == MisalignedRule::kFail) {
      std::string advice = OtherUnitAdvice(*record->index, span, unit_, options_.annotation,
                                           [&](TextRange other) { return IsAligned(record->words, other); });
      if (advice.empty()) {
        advice = fmt::format("{} takes whole words, drop leaves it out; {} splits words otherwise",
                             ChoiceText(options_.annotation, "on_misaligned", "widen"),
                             ChoiceText(options_.annotation, "words"));
      }
      record->AddProblem(fmt::format("{} '{}' {}", Describe(span), Printable(record->index->TextOf(range)),
                                     record->Misalignment(range)),
                         span.path, std::move(advice));
      return;
    }
    if (rule == MisalignedRule::kDrop || first == last) return Drop("misaligned spans");
    ++source_->changed["spans widened to whole words"];
  }
  record->spans.push_back({{static_cast<int64_t>(first), static_cast<int64_t>(last), span.type}, &span});
}

void AnnotationBuilder::PlaceSpans(Record* record) {
  for (const TextSpan& span : record->in.spans) {
    if (!CheckType(span, record)) continue;
    const auto [range, what, fix] = record->Placed(span, unit_, options_.annotation);
    if (range.has_value()) {
      AlignSpan(span, *range, record);
    } else if (span.range.begin == span.range.end && options_.annotation.on_misaligned == MisalignedRule::kDrop) {
      Drop("misaligned spans");
    } else {
      record->AddProblem(fmt::format("span of type '{}' at {}", Printable(span.type), what), span.path, fix);
    }
  }
}

void AnnotationBuilder::ResolveOverlaps(Record* record) {
  std::vector<WordSpan> order = record->spans;
  const auto before = [](const WordSpan& a, const WordSpan& b) { return a.span < b.span; };
  const auto same = [](const WordSpan& a, const WordSpan& b) { return a.span == b.span; };
  const OverlapRule rule = options_.annotation.on_overlap;
  if (rule != OverlapRule::kFirst) std::stable_sort(order.begin(), order.end(), before);
  if (rule == OverlapRule::kLongest) {
    std::stable_sort(order.begin(), order.end(), [](const WordSpan& a, const WordSpan& b) {
      return a.span.end_word - a.span.begin_word > b.span.end_word - b.span.begin_word;
    });
  }
  record->spans.clear();
  std::map<int64_t, WordSpan> kept;  // by their first word
  for (WordSpan& span : order) {
    auto next = kept.lower_bound(span.span.end_word);
    const WordSpan* clash = nullptr;
    if (next != kept.begin()) {
      const WordSpan& last = std::prev(next)->second;
      if (last.span.end_word > span.span.begin_word) clash = &last;
    }
    if (clash == nullptr) {
      kept.emplace(span.span.begin_word, std::move(span));
    } else if (same(*clash, span)) {
      Drop("repeated spans");
    } else if (rule == OverlapRule::kFail) {
      record->AddProblem(fmt::format("{} overlaps {}", Describe(*span.source), Describe(*clash->source)),
                         span.source->path,
                         fmt::format("tags hold flat entities only: {} or first keeps one of them",
                                     ChoiceText(options_.annotation, "on_overlap", "longest")));
    } else {
      Drop("overlapping spans");
    }
  }
  for (auto& [begin, span] : kept) record->spans.push_back(std::move(span));
}

void AnnotationBuilder::AddToCorpus(Record* record) {
  TextRecord& in = record->in;
  if (record->words.empty()) return Drop("texts without words");
  Sentence sentence;
  sentence.document = in.document;
  sentence.line = in.line;
  SourceText source = {in.text.value_or(""), {}, in.line, in.file};
  if (!in.text.has_value()) {
    sentence.words = std::move(in.words);
  } else {
    for (const TextRange& word : record->words) sentence.words.emplace_back(record->index->TextOf(word));
    source.words = record->words;
  }
  std::vector<std::string> tags = std::move(in.tags);
  (in.labelled && !tags.empty() ? with_tags_ : with_spans_) += in.labelled ? 1 : 0;
  if (in.labelled && tags.empty()) {
    tags.assign(sentence.words.size(), "O");
    for (const WordSpan& span : record->spans) {
      for (int64_t i = span.span.begin_word; i < span.span.end_word; ++i) {
        tags[static_cast<size_t>(i)] = (i == span.span.begin_word ? "B-" : "I-") + span.span.type;
      }
    }
  }
  if (in.document != last_document_) ++stats_.docstart_lines;
  last_document_ = in.document;
  ++stats_.sentences;
  stats_.words += static_cast<int64_t>(sentence.words.size());
  source_->texts.push_back(std::move(source));
  builder_.Add(std::move(sentence), {tags.begin(), tags.end()});
}

Corpus AnnotationBuilder::Finish() {
  problems_.ThrowIfAny();
  if (with_tags_ > 0 && with_spans_ > 0) {
    throw Error(ErrorCode::kData,
                fmt::format("{} with tags and {} with spans in one file", Counted(with_tags_, "record"),
                            Counted(with_spans_, "record")),
                name_, "write all records in one of the two forms");
  }
  if (with_tags_ == 0) options_.scheme = Scheme::kBio;
  Corpus corpus = builder_.Finish(stats_);
  corpus.spans_in_file = with_tags_ == 0;
  // Records whose tags cannot be read are left out on request.
  std::vector<SourceText>& texts = source_->texts;
  size_t kept = 0;
  for (size_t i = 0; i < texts.size() && kept < corpus.sentences.size(); ++i) {
    if (texts[i].line != corpus.sentences[kept].line) continue;
    if (i != kept) texts[kept] = std::move(texts[i]);
    ++kept;
  }
  texts.resize(kept);
  return corpus;
}

}  // namespace clner
