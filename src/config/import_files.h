// The files of a corpus of the original CLNER, which its configurations name by their folder only.
#pragma once

#include <string>
#include <vector>

namespace clner {

/// Paths as a configuration writes them (ExpandPath reads them); empty means that there is none.
struct CorpusFiles {
  std::string train = {}, dev = {}, test = {};
  bool guessed = false;                     ///< the folder is not there: names are guesses
  std::vector<std::string> ambiguous = {};  ///< splits ("dev") for which several files would do; the first was taken
};

/// Finds the files as the original does, by what is in their names: "train", "dev" or "testa", "testb" or else "test".
/// `names` holds file names that are given; with a name for train the others are not looked for. Of a folder that does
/// not exist, the paths begin with its parent as the default of CLNER_DATA.
[[nodiscard]] CorpusFiles FindCorpusFiles(const std::string& folder, const CorpusFiles& names);

/// `${VARIABLE:-directory}/name`, as ExpandPath reads it.
[[nodiscard]] std::string PathBelowVariable(const std::string& variable, const std::string& directory,
                                            const std::string& name);

}  // namespace clner
