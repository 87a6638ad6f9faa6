// What the readers of both forms of a context cache share: lines, problems, cleaning.
#pragma once

#include <string>

#include "core/error.h"
#include "core/log.h"
#include "data/context_cache.h"
#include "data/line_reader.h"

namespace clner {

/// Fills a cache line by line. Bad lines are collected, or with skip_bad_sentences left out and counted.
class CacheReader {
 public:
  CacheReader(const std::string& path, const ColumnFileOptions& options)
      : lines_(path, LineOptionsOf(options)), skip_(options.skip_bad_sentences) {
    cache_.path = lines_.name();
  }

  /// Calls `add` for every line that is not blank; what it throws is the problem of the line.
  template <class Add>
  void ReadLines(Add&& add) {
    for (Line line; lines_.Next(&line);) {
      if (line.problem.has_value()) {
        AddProblem(*line.problem);
        if (line.too_long && !skip_) problems_.ThrowIfAny();
      } else if (line.text.find_first_not_of(" \t") != std::string_view::npos) {
        try {
          add(line);
        } catch (const Error& error) {
          AddProblem(error.problems().front());
        }
      }
    }
  }

  void AddProblem(const Problem& problem) {
    if (!skip_) return problems_.Add(ErrorCode::kData, problem);
    ++cache_.skipped_records;
    LogWarning("skipped contexts", "left out: " + problem.what, problem.where);
  }

  /// Cleans everything that may be shown or written, and counts the text if that changed it.
  void Clean(bool tokenized, CachedText* cached) {
    bool changed = CleanText(tokenized, &cached->text);
    for (std::string* field : {&cached->title, &cached->doc_id, &cached->source})
      changed = CleanText(false, field) || changed;
    cache_.cleaned_texts += changed ? 1 : 0;
  }

  /// The cache, or the problems as one error.
  [[nodiscard]] ContextCache Take() {
    problems_.ThrowIfAny();
    return std::move(cache_);
  }
  [[nodiscard]] ContextCache& cache() { return cache_; }
  [[nodiscard]] const std::string& name() const { return lines_.name(); }

 private:
  LineReader lines_;
  bool skip_;
  ProblemList problems_;
  ContextCache cache_;
};

}  // namespace clner
