// The corpora of a run: the one of data.train, dev and test, or those of data.corpora.
#pragma once

#include <string>
#include <vector>

#include "config/options.h"

namespace clner {

/// One corpus as if it were the only one.
struct CorpusData {
  std::string name = {};  ///< empty when it is the only one, of data.train, data.dev and data.test
  std::string key = {};   ///< its section: "data" or "data.corpora.NAME"
  double factor = 1;      ///< of data.corpora.NAME.factor
  DataOptions data = {};  ///< with what the section sets otherwise; no corpora in it
};

/// In the order of the configuration. Never empty.
[[nodiscard]] std::vector<CorpusData> CorporaOf(const DataOptions& data);

/// True if some corpus has dev data.
[[nodiscard]] bool HasDevData(const DataOptions& data);

}  // namespace clner
