// brat's pairs of files: where they are written, and how their lines get there.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/files.h"
#include "data/annotation_writer.h"

namespace clner {

/// The .txt and .ann file of the pair that `path` is one of, or `path` alone when it names a directory. kUsage for "-"
/// and for another ending; 73 for a directory that exists.
[[nodiscard]] std::vector<std::string> BratTargets(const std::string& path);

/// Writes one pair, or a new directory with a pair for every document. Nothing can be seen before Close(); of a pair
/// the .txt file is published first.
class BratOutput {
 public:
  /// `path` as for BratTargets.
  explicit BratOutput(const std::string& path);
  /// As for AnnotationWriter; before the first Write().
  void SetBlanks(bool blanks) { blanks_ = blanks; }
  /// Adds a line of text and its annotations. In a directory the pair has the name of the source's own file, or the
  /// number of the document. Empty lines of the source in front of it come back. 65 when a type cannot stand there.
  void Write(const Sentence& sentence, const SourceText* source);
  /// An empty line of the text, unless it would be the first of a pair in a directory.
  void WriteBlankLine();
  /// Publishes everything; must be called. 73, 74.
  void Close();

 private:
  void BeginPair(const std::string& text_path, const std::string& annotation_path);
  void EndPair();
  [[nodiscard]] std::string NewName(const SourceText* source);

  bool blanks_ = true;
  std::unique_ptr<AtomicDirectory> directory_;  // null for a single pair
  std::unique_ptr<OutputFile> text_, annotations_;
  std::optional<AnnotationWriter> writer_ = std::nullopt;  // of the current pair
  std::set<std::string> names_ = {};                       // of the pairs in the directory
  std::string file_ = {};                                  // of the source of the current pair
  int64_t document_ = 0, line_ = 0;
};

}  // namespace clner
