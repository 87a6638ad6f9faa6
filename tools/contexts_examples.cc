#include "contexts_examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "core/error.h"
#include "core/utf8.h"
#include "eval/scores.h"
#include "retrieval/query.h"

namespace clner::cli {
namespace {

constexpr size_t kWholeText = 1 << 20;  // characters

std::vector<ExamplePart> SentenceParts(const Sentence& sentence, const SentenceSummary& details) {
  std::vector<ExamplePart> parts;
  const std::span<const std::string> words(sentence.words);
  size_t at = 0;
  const auto add = [&](size_t end) -> ExamplePart* {
    if (end == at) return nullptr;
    parts.push_back({.text = JoinWords(words.subspan(at, end - at))});
    at = end;
    return &parts.back();
  };
  for (size_t i = 0; i < sentence.spans.size(); ++i) {
    const Span& span = sentence.spans[i];
    (void)add(static_cast<size_t>(span.begin_word));
    ExamplePart* part = add(static_cast<size_t>(span.end_word));
    if (part == nullptr) continue;
    part->mention = true;
    part->type = TypeName(span.type);
    part->found = details.found[i].has_value();
  }
  (void)add(words.size());
  return parts;
}

/// Parts of one text; `marks` as MentionsInContexts() gives them.
std::vector<ExamplePart> TextParts(const ContextTexts& contexts, size_t text, size_t max_words,
                                   const std::vector<std::optional<size_t>>& marks) {
  std::vector<ExamplePart> parts;
  const size_t begin = contexts.begin_word(text), end = std::min(contexts.end_word(text), begin + max_words);
  for (size_t word = begin; word < end; ++word) {
    if (word == begin || marks[word] != marks[word - 1]) {
      parts.push_back({.mention = marks[word].has_value(), .found = marks[word].has_value()});
    } else {
      parts.back().text += ' ';
    }
    parts.back().text += contexts.word(word);
  }
  if (end < contexts.end_word(text)) parts.push_back({.text = "..."});
  return parts;
}

std::string NotesOf(Leak leak, bool repeated) {
  std::string notes = leak == Leak::kExact ? "leak" : leak == Leak::kFuzzy ? "near leak" : "";
  if (repeated) notes += notes.empty() ? "duplicate" : ", duplicate";
  return notes;
}

std::string PartsText(const std::vector<ExamplePart>& parts) {
  std::string text;
  for (const ExamplePart& part : parts) {
    if (!text.empty()) text += ' ';
    const std::string words = Printable(part.text, kWholeText);
    text += part.mention ? "[" + words + "]" : words;
    if (part.type.empty()) continue;
    text += fmt::format("({}{})", Printable(part.type), part.found ? "" : ", not found");
  }
  return text;
}

}  // namespace

std::vector<ContextsExample> MakeExamples(const Corpus& corpus, const ContextsSummary& summary, size_t count,
                                          size_t max_words) {
  std::vector<ContextsExample> examples;
  for (const size_t number : ExampleSentences(summary, count)) {
    const Sentence& sentence = corpus.sentences[number];
    const SentenceSummary& details = summary.details[number];
    const std::vector<std::optional<size_t>> marks = MentionsInContexts(sentence);
    ContextsExample& example = examples.emplace_back();
    example.number = number + 1;
    example.where = Place(corpus.path, sentence.line);
    example.sentence = SentenceParts(sentence, details);
    for (size_t text = 0; text < sentence.contexts.texts(); ++text) {
      example.texts.push_back(
          {NotesOf(details.leaks[text], details.repeated[text]), TextParts(sentence.contexts, text, max_words, marks)});
    }
  }
  return examples;
}

std::string ExamplesText(const std::vector<ContextsExample>& examples) {
  std::string text;
  for (const ContextsExample& example : examples) {
    text += fmt::format("\nsentence {} at {}\n  {}\n", example.number, Printable(example.where, kWholeText),
                        PartsText(example.sentence));
    if (example.texts.empty()) text += "  no context\n";
    for (size_t i = 0; i < example.texts.size(); ++i) {
      const ExampleText& shown = example.texts[i];
      const std::string notes = shown.notes.empty() ? "" : " (" + shown.notes + ")";
      text += fmt::format("  {}{}: {}\n", i + 1, notes, PartsText(shown.parts));
    }
  }
  return text;
}

}  // namespace clner::cli
