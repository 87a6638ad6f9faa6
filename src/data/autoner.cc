#include "data/autoner.h"

#include <fmt/format.h>

#include "core/utf8.h"
#include "data/corpus_builder.h"

namespace clner {
namespace {

constexpr std::string_view kBegin = "<s>", kEnd = "<eof>", kNone = "None";

/// BIO tags of the rows between the marks; throws the first problem of the sentence.
std::vector<std::string> TagsOf(const std::vector<ColumnRow>& rows, const std::string& name) {
  const auto refuse = [&](const ColumnRow& row, std::string what, const char* fix) {
    throw Error(ErrorCode::kData, fmt::format("{}: '{}'", what, Printable(row.text)), Place(name, row.line), fix);
  };
  if (rows.front().fields.size() != 3)
    refuse(rows.front(), "row is not 'token break type'", "is this an AutoNER .ck file?");
  if (rows.front().fields[0] != kBegin)
    refuse(rows.front(), "sentence does not begin with '<s>'", "add the row '<s> O None'");
  if (rows.size() < 2 || rows.back().fields[0] != kEnd) {
    refuse(rows.back(), "sentence does not end with '<eof>'", "add the row '<eof> I None'");
  }
  std::vector<std::string> tags;
  for (size_t i = 1; i + 1 < rows.size(); ++i) {
    const std::vector<std::string>& fields = rows[i].fields;
    if (fields[1] != "I" && fields[1] != "O")
      refuse(rows[i], "break is neither 'I' nor 'O'", "write I = break, O = tied");
    const bool tied = fields[1] == "O" && i > 1;
    if (tied && fields[2] != rows[i - 1].fields[2])
      refuse(rows[i], "tied token has another type", "repeat the type of the entity");
    tags.push_back(fields[2] == kNone ? "O" : (tied ? "I-" : "B-") + fields[2]);
  }
  return tags;
}

}  // namespace

Corpus ReadAutoNer(const std::string& path, const CorpusOptions& options) {
  ColumnFileOptions file = options.file;
  file.delimiter = ColumnDelimiter::kBlanks;
  file.any_context_tag = true;  // there are no contexts
  ColumnReader reader(path, file);
  CorpusOptions bio = options;
  bio.scheme = Scheme::kBio;
  CorpusBuilder builder(reader.path(), bio);
  ProblemList problems;
  ColumnFileStats stats;
  while (const std::optional<ColumnSentence> raw = reader.Next()) {
    try {
      const std::vector<std::string> tags = TagsOf(raw->rows, reader.path());
      Sentence sentence;
      std::vector<int64_t> lines;
      for (size_t i = 1; i + 1 < raw->rows.size(); ++i) {
        sentence.words.push_back(raw->rows[i].fields[0]);
        lines.push_back(raw->rows[i].line);
      }
      if (sentence.words.empty()) continue;
      sentence.line = lines.front();
      ++stats.sentences;
      stats.words += static_cast<int64_t>(tags.size());
      builder.Add(std::move(sentence), {tags.begin(), tags.end()}, std::move(lines));
    } catch (const Error& error) {
      if (options.file.skip_bad_sentences) {
        ++stats.skipped_sentences;
      } else {
        problems.Add(ErrorCode::kData, error.problems().front());
      }
    }
  }
  problems.ThrowIfAny();
  stats.skipped_sentences += reader.stats().skipped_sentences;
  return builder.Finish(stats);
}

std::string AutoNerRecord(const Sentence& sentence) {
  std::vector<std::string> rows(sentence.words.size(), "I None");
  for (const Span& span : sentence.spans) {
    for (int64_t i = span.begin_word; i < span.end_word; ++i) {
      rows[static_cast<size_t>(i)] = (i == span.begin_word ? "I " : "O ") + span.type;
    }
  }
  std::string text = "<s> O None\n";
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string& word = sentence.words[i];
    if (word.empty() || word.find_first_of(" \t\r\n") != std::string::npos) {
      throw Error(ErrorCode::kData, fmt::format("word '{}' cannot stand in an AutoNER file", Printable(word)), "",
                  "write another format, e.g. --to jsonl");
    }
    text += word + " " + rows[i] + "\n";
  }
  return text + "<eof> I None\n\n";
}

}  // namespace clner
