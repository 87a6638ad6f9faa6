// The corpora of an original CLNER configuration: what they are for, which belong together, their columns and files.
#pragma once

#include <string>
#include <vector>

#include "config/data_options.h"
#include "config/import_reader.h"

namespace clner {

/// What becomes one corpus of ours.
struct OriginalCorpus {
  std::string name = {};           ///< can be the name of a section
  OriginalSection sentences = {};  ///< with contexts inside when the original has these sentences with contexts only
  OriginalSection contexts = {};   ///< the same sentences with contexts; its node is nullptr when there are none
};

struct OriginalCorpora {
  std::vector<OriginalCorpus> labelled = {};
  std::vector<OriginalSection> unlabelled = {};  ///< at most one
  bool any_plain = false, any_context = false;   ///< which kinds `Corpus` names

  [[nodiscard]] bool pairs() const { return any_plain && any_context; }
  /// Beside pairs, some corpus has no contexts.
  [[nodiscard]] bool some_unpaired() const;
};

/// The corpora that `Corpus` of the section `ner` names. The names say what each is for ("doc", "unlabel"), and which
/// sentences a corpus with contexts holds: those of the longest name that is part of its own, else those of the corpus
/// at its place in the order.
[[nodiscard]] OriginalCorpora SortCorpora(OriginalReader& in, const OriginalSection& ner, bool multi_view);

/// Fills columns, comments and files: of data.train, dev and test for one labelled corpus, of data.corpora for several.
void FillData(OriginalReader& in, const OriginalCorpora& corpora, DataOptions* data);

}  // namespace clner
