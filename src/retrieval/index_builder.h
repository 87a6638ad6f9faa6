// Builds an index from text collections: streaming, resumable, published by one rename.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "retrieval/collection.h"
#include "retrieval/index_file.h"

namespace clner {

struct IndexBuildOptions {
  CollectionOptions collection = {};
  IndexTokenizer tokenizer = IndexTokenizer::kUnicode61;
  PassageUnit unit = PassageUnit::kParagraph;
  double near_duplicates = 0.9;              ///< DuplicateFinder's threshold
  std::string license = {};                  ///< recorded with every source
  int64_t commit_bytes = int64_t{64} << 20;  ///< text between two points from which a killed build goes on
};

/// Reads `inputs` (files, directories, "-") and writes the index `output`, replacing an index of that name at the end.
/// What is done so far is kept beside it in `.<name>.building/`, so that a build that was killed or stopped goes on
/// when it is started again with the same arguments; a refused input removes it. Memory is bounded: about 0.6 GB at
/// most, whatever the collection. Errors: those of CollectionReader; 73 when `output` is another kind of file, cannot
/// be created or is being built by another process; 74 when the disk is full; 75 when a signal asked to stop.
IndexInfo BuildIndex(const std::vector<std::string>& inputs, const std::filesystem::path& output,
                     const IndexBuildOptions& options);

/// Adds `inputs` to the index `path`, as BuildIndex; tokenizer, unit and near_duplicates are those of the index. The
/// index stays as it is until the new one takes its place. 76 when it is damaged.
IndexInfo AddToIndex(const std::vector<std::string>& inputs, const std::filesystem::path& path,
                     IndexBuildOptions options);

}  // namespace clner
