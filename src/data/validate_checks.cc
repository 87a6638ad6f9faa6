#include "data/validate_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>

#include "core/utf8.h"
#include "data/unicode_class.h"

namespace clner {
namespace {

/// Training with more types is possible, but usually means that the wrong column was read.
constexpr size_t kManyLabels = 1000;

std::string Quoted(std::string_view text) { return fmt::format("'{}'", Printable(text)); }

/// The words as one line; words of files hold no line end.
std::string Key(const Sentence& sentence) {
  std::string key;
  for (const std::string& word : sentence.words) key += word + "\n";
  return key;
}

std::string Text(const Sentence& sentence, int64_t begin, int64_t end) {
  std::string text;
  for (int64_t i = begin; i < end; ++i) text += (i > begin ? " " : "") + sentence.words[static_cast<size_t>(i)];
  return Quoted(text);
}
std::string Text(const Sentence& sentence) { return Text(sentence, 0, static_cast<int64_t>(sentence.words.size())); }

bool IsSentenceEnd(const std::string& word) {
  constexpr std::array<std::string_view, 6> kEnds = {".", "!", "?", "\xE3\x80\x82", "\xEF\xBC\x81", "\xEF\xBC\x9F"};
  return std::find(kEnds.begin(), kEnds.end(), word) != kEnds.end();
}

bool IsContextLeftover(const std::string& word) {
  constexpr std::array<std::string_view, 8> kMarks = {"<EOS>", "<eos>", "<s>", "</s>", "[CLS]", "[SEP]", "B-X", "S-X"};
  return std::find(kMarks.begin(), kMarks.end(), word) != kMarks.end();
}

class FileCheck {
 public:
  FileCheck(const Corpus& corpus, const ValidateOptions& options, FindingList* findings)
      : corpus_(corpus), options_(options), findings_(findings) {}

  void Words(const Sentence& sentence) {
    for (const std::string& word : sentence.words) {
      if (HasControl(word)) {
        Warn("control-characters", "words hold control characters, which tokenizers drop", "replace or remove them",
             "word " + Quoted(word), sentence);
      }
      if (IsInvisible(word)) {
        Warn("invisible-words", "words without a visible character, which may have no pieces",
             "remove the rows, or accept that such words are tagged without a vector of their own",
             "word " + Quoted(word), sentence);
      }
      if (word.find("\xEF\xBF\xBD") != std::string::npos) {
        Warn("replacement-characters", "words hold U+FFFD: the text went through a wrong encoding",
             "convert the original file again", "word " + Quoted(word), sentence);
      }
      if (IsContextLeftover(word)) {
        Warn("context-leftover", "words look like marks of contexts or special tokens",
             "check that each '<EOS>' line stands behind its sentence and that context rows are tagged X or B-X",
             "word " + Quoted(word), sentence);
      }
    }
  }

  void Length(const Sentence& sentence) {
    const auto words = static_cast<int64_t>(sentence.words.size());
    if (words <= options_.long_sentence_words) return;
    const auto ends = std::count_if(sentence.words.begin(), sentence.words.end() - 1, IsSentenceEnd);
    const std::string what = fmt::format("{} words: {}", words, Text(sentence, 0, 8));
    if (ends >= 5) {
      Warn("missing-blank-line", "very long sentences with several sentence ends", "put blank lines between sentences",
           what, sentence);
    } else {
      Warn("long-sentence", fmt::format("sentences of more than {} words", options_.long_sentence_words),
           "the encoder reads them in overlapping windows; check that no blank line is missing", what, sentence);
    }
  }

  void Entities(const Sentence& sentence) {
    for (const Span& span : sentence.spans) {
      bool visible = false, letters = false;
      for (int64_t i = span.begin_word; i < span.end_word; ++i) {
        const std::string& word = sentence.words[static_cast<size_t>(i)];
        visible = visible || !IsInvisible(word);
        letters = letters || HasLetterOrDigit(word);
      }
      const std::string what = fmt::format("{} {}", span.type, Text(sentence, span.begin_word, span.end_word));
      if (!visible) {
        Warn("blank-entity", "entities without a visible character", "remove the label", what, sentence);
      } else if (!letters) {
        Warn("punctuation-entity", "entities without a letter or digit", "check the labels", what, sentence);
      } else if (IsInvisible(sentence.words[static_cast<size_t>(span.begin_word)]) ||
                 IsInvisible(sentence.words[static_cast<size_t>(span.end_word - 1)])) {
        Warn("entity-edge-blank", "entities that begin or end with a blank word", "shorten the entity", what, sentence);
      }
    }
  }

  void Duplicates() {
    std::unordered_map<std::string, const Sentence*> seen;
    for (const Sentence& sentence : corpus_.sentences) {
      const auto [first, is_new] = seen.emplace(Key(sentence), &sentence);
      if (is_new) continue;
      const std::string what = fmt::format("{} as in line {}", Text(sentence), first->second->line);
      if (first->second->spans != sentence.spans && sentence.labelled && first->second->labelled) {
        Warn("conflicting-labels", "sentences that occur again with other labels", "label them alike", what, sentence);
      } else {
        Warn("duplicate-sentences", "sentences that occur again", "remove the repetitions unless they are meant", what,
             sentence);
      }
    }
  }

 private:
  void Warn(const std::string& code, const std::string& what, const std::string& fix, std::string place,
            const Sentence& sentence) {
    AddPlace(&findings_->Get(code, Severity::kWarning, corpus_.path, what, fix), std::move(place),
             Place(corpus_.path, sentence.line));
  }

  const Corpus& corpus_;
  const ValidateOptions& options_;
  FindingList* findings_;
};

/// Lower-case words with a blank at both ends of each, so that only whole words match.
void AppendFolded(std::string_view word, std::string* text) {
  if (!word.empty()) text->append(LowerCase(word) + " ");
}

bool IsLeaked(const Sentence& sentence) {
  std::string own = " ", context = " ";
  for (const std::string& word : sentence.words) AppendFolded(word, &own);
  for (size_t i = 0; i < sentence.contexts.words(); ++i) AppendFolded(sentence.contexts.word(i), &context);
  return context.find(own) != std::string::npos;
}

bool IsLabelled(const Corpus& corpus) {
  return std::any_of(corpus.sentences.begin(), corpus.sentences.end(), [](const Sentence& s) { return s.labelled; });
}

}  // namespace

Finding& FindingList::Get(const std::string& code, Severity severity, const std::string& file, const std::string& what,
                          const std::string& fix) {
  for (Finding& finding : findings_) {
    if (finding.code == code && finding.file == file) return finding;
  }
  return findings_.emplace_back(Finding{code, severity, file, what, 0, {}, fix});
}

std::vector<Finding> FindingList::Take() {
  std::stable_sort(findings_.begin(), findings_.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  return {std::make_move_iterator(findings_.begin()), std::make_move_iterator(findings_.end())};
}

void AddPlace(Finding* finding, std::string what, std::string where) {
  ++finding->count;
  if (finding->places.size() < kMaxPlaces) finding->places.push_back({std::move(what), std::move(where)});
}

void CheckFile(const Corpus& corpus, const ValidateOptions& options, bool is_training, FindingList* findings) {
  if (corpus.file.whitespace_separators > 0) {
    findings
        ->Get("blank-separators", Severity::kWarning, corpus.path, "separator lines hold blanks", "write empty lines")
        .count = corpus.file.whitespace_separators;
  }
  if (IsLabelled(corpus) && corpus.entities == 0) {
    findings
        ->Get("no-entities", is_training ? Severity::kError : Severity::kWarning, corpus.path, "every word is tagged O",
              "check that the tag column is the right one")
        .count = static_cast<int64_t>(corpus.sentences.size());
  }
  FileCheck check(corpus, options, findings);
  for (const Sentence& sentence : corpus.sentences) {
    check.Words(sentence);
    check.Length(sentence);
    check.Entities(sentence);
  }
  check.Duplicates();
}

void CheckHasTags(const Corpus& corpus, Severity severity, FindingList* findings) {
  if (corpus.sentences.empty() || IsLabelled(corpus)) return;
  const Sentence& first = corpus.sentences.front();
  Finding& finding = findings->Get(
      "no-tags", severity, corpus.path, "no sentence has tags",
      "give every word a tag; columns are separated by blanks or TABs, not by commas; --unlabelled if none are meant");
  AddPlace(&finding, "first word " + Quoted(first.words.front()), Place(corpus.path, first.line));
  finding.count = static_cast<int64_t>(corpus.sentences.size());
}

void CheckOverlap(const Corpus& first, const Corpus& second, FindingList* findings) {
  const std::string files = fmt::format("{} and {}", first.path, second.path);
  std::unordered_map<std::string, const Sentence*> known;
  for (const Sentence& sentence : first.sentences) known.emplace(Key(sentence), &sentence);
  for (const Sentence& sentence : second.sentences) {
    const auto found = known.find(Key(sentence));
    if (found == known.end()) continue;
    AddPlace(&findings->Get("overlap", Severity::kWarning, files, "sentences of the second file occur in the first",
                            "remove them from one of the files, or the scores are too high"),
             fmt::format("{} as in {}", Text(sentence), Place(first.path, found->second->line)),
             Place(second.path, sentence.line));
  }
  if (first.scheme == second.scheme || first.entities == 0 || second.entities == 0) return;
  AddPlace(&findings->Get("mixed-schemes", Severity::kWarning, files, "files use different tag schemes",
                          "harmless when the detected schemes are right; clner convert --scheme unifies them"),
           fmt::format("{} and {}", Name(first.scheme), Name(second.scheme)), files);
}

void CheckLabels(const Corpus& train, const std::vector<const Corpus*>& others, const ValidateOptions& options,
                 FindingList* findings) {
  if (!IsLabelled(train)) return;
  for (const auto& [type, count] : train.entities_of_type) {
    if (count >= options.rare_label) continue;
    AddPlace(&findings->Get("rare-label", Severity::kWarning, train.path,
                            fmt::format("types with fewer than {} entities", options.rare_label),
                            "label more examples, or merge the type with another by the label map"),
             fmt::format("{} has {} entit{}", Quoted(type), count, count == 1 ? "y" : "ies"), train.path);
  }
  std::map<std::string, std::string> by_case;
  for (const auto& [type, count] : train.entities_of_type) {
    const auto [first, is_new] = by_case.emplace(LowerCase(type), type);
    if (is_new) continue;
    AddPlace(&findings->Get("label-case", Severity::kWarning, train.path, "types that differ only by case",
                            "unify them by the label map"),
             fmt::format("{} and {}", Quoted(first->second), Quoted(type)), train.path);
  }
  if (train.entities_of_type.size() > kManyLabels) {
    findings
        ->Get("many-labels", Severity::kWarning, train.path, fmt::format("more than {} types", kManyLabels),
              "check that the tag column is the right one")
        .count = static_cast<int64_t>(train.entities_of_type.size());
  }
  for (const Corpus* other : others) {
    if (!IsLabelled(*other)) continue;
    for (const auto& [type, count] : other->entities_of_type) {
      if (train.entities_of_type.count(type) > 0) continue;
      AddPlace(&findings->Get("label-not-in-train", Severity::kWarning, other->path,
                              "types that the training data lack; every such entity counts as an error",
                              "rename the type by the label map, or add examples to the training data"),
               fmt::format("{} has {} entit{}", Quoted(type), count, count == 1 ? "y" : "ies"), other->path);
    }
    for (const auto& [type, count] : train.entities_of_type) {
      if (other->entities_of_type.count(type) > 0) continue;
      AddPlace(&findings->Get("label-missing", Severity::kWarning, other->path,
                              "types of the training data that do not occur", "nothing measures these types here"),
               Quoted(type), other->path);
    }
  }
}

void CheckLeaks(const Corpus& corpus, const std::string& file, const ValidateOptions& options, FindingList* findings) {
  for (const Sentence& sentence : corpus.sentences) {
    if (static_cast<int64_t>(sentence.words.size()) < options.leak_words || sentence.contexts.empty()) continue;
    if (!IsLeaked(sentence)) continue;
    AddPlace(
        &findings->Get("context-leak", Severity::kWarning, file,
                       "sentences that stand word for word in their own context", "retrieve with the leak filter on"),
        Text(sentence), Place(corpus.path, sentence.line));
  }
}

}  // namespace clner
