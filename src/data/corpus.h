// Corpora: sentences with spans, from column files, and the label set collected from them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/annotation.h"
#include "data/column_file.h"
#include "data/schemes.h"
#include "data/sentence.h"

namespace clner {

struct CorpusOptions {
  ColumnFileOptions file = {};
  int text_column = 0;                                ///< -1 counts from the end
  std::optional<int> tag_column = -1;                 ///< nullopt: unlabelled; -1 = last column
  std::map<std::string, std::string> label_map = {};  ///< type -> type; "" drops the type
  std::optional<Scheme> scheme = std::nullopt;        ///< nullopt: detect
  bool strict = false;                                ///< ill-formed tags are an error
  bool tags_optional = false;     ///< a file with a single column is read as unlabelled instead of refused
  bool first_code_point = false;  ///< a word is the first code point of its field (Weibo NER writes `word position`)
  AnnotationOptions annotation = {};  ///< of formats with positions in a text
  bool keep_tags = false;             ///< fills Corpus::tags
  bool warn_repairs = true;           ///< ill-formed tags are warned about; the caller that reports them itself says no
};

/// Labelled or plain sentences of one file and what was counted while reading them.
struct Corpus {
  std::string path = {};
  std::vector<Sentence> sentences = {};
  Scheme scheme = Scheme::kBio;
  ColumnFileStats file = {};
  int64_t words = 0, entities = 0;
  int64_t repaired_tags = 0;  ///< ill-formed transitions
  int64_t documents = 0;      ///< documents with sentences; 0 when the file has no -DOCSTART- line
  int64_t with_context = 0, context_texts = 0, context_words = 0, empty_context_words = 0;
  std::map<std::string, int64_t> entities_of_type = {};
  std::set<std::string> types_in_file = {};      ///< as they stand there, before the label map
  std::vector<std::string> trailing_lines = {};  ///< of a column file, behind the last sentence
  bool spans_in_file = false;                    ///< the file has ranges; the tags were made of them
  /// On request those of every sentence as they were read, after the label map; empty for an unlabelled one.
  std::vector<std::vector<std::string>> tags = {};
};

/// Adds the contexts of a sentence to the counts of its corpus.
void CountContexts(const ContextTexts& contexts, Corpus* corpus);

/// Reads a whole file: context layout recognised (`<EOS>` line followed by rows tagged X, B-X, O or nothing), tags to
/// spans, types mapped. Prints (LogVerbose) counts and scheme. 65 "no sentences" when empty; missing columns; empty
/// words; tags that are not tags of a scheme (comma-joined, `B_PER`, lower-case prefixes, without prefix among others
/// with one, a context tag in the sentence itself), each named once with its number of rows, first place and a hint.
/// `skip_bad_sentences` leaves such sentences out and counts them in `file.skipped_sentences`.
/// `raw` (may be null) gets the rows of every sentence of the result, in the same order.
[[nodiscard]] Corpus ReadCorpus(const std::string& path, const CorpusOptions& options,
                                std::vector<ColumnSentence>* raw = nullptr);

/// Reads two parallel files, one sentence a line: words and tags separated by blanks. 65 when the lines do not match.
/// Columns in `options` have no meaning here.
[[nodiscard]] Corpus ReadParallel(const std::string& words_path, const std::string& tags_path,
                                  const CorpusOptions& options);

/// Splits one raw sentence into own rows and contexts (used by streaming predict too). Fills words, contexts, line,
/// document. 65 when `text_column` is not there; `path` is the file in the message.
[[nodiscard]] Sentence SplitContext(const ColumnSentence& raw, int text_column, size_t* own_rows,
                                    const std::string& path);

/// Warns about each type of the label map that is none of `types_in_file`, with the nearest one that is; `path` is
/// where they were looked for.
void WarnUnusedNames(const std::map<std::string, std::string>& label_map, const std::set<std::string>& types_in_file,
                     const std::string& path);

/// Entity types in order of first appearance with their counts in the training data.
struct LabelSet {
  std::vector<std::string> types = {};
  std::vector<int64_t> counts = {};
  void Add(const Corpus& corpus);
};

/// Pairs a plain and a context corpus by position: word counts and spans must agree (65 with the sentence), words that
/// differ only typographically are warned about, other words are 65 naming both. Moves the contexts into `plain`. Up
/// to 20 mismatches are reported together; when the numbers of sentences differ, only the first (the others follow from
/// it).
void AttachContexts(Corpus* plain, Corpus contexts);

/// What AttachContexts checks, without throwing: `problems` make the pair unusable, `words` differ typographically.
struct PairReport {
  std::vector<Problem> problems = {};  ///< all of them, unless the numbers of sentences differ
  std::vector<Problem> words = {};
};
[[nodiscard]] PairReport ComparePair(const Corpus& plain, const Corpus& contexts);
/// `word` with quotes, dashes, ellipses and width forms unified and zero-width characters removed.
[[nodiscard]] std::string FoldTypography(std::string_view word);

}  // namespace clner
