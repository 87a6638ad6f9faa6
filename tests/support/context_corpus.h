// Contexts for a made-up corpus.
#pragma once

#include <sstream>
#include <string>

namespace clner::test {

/// The sentences of a column corpus with a context behind each, every fourth one aside: its last word and two others.
inline std::string WithToyContexts(const std::string& corpus) {
  std::istringstream lines(corpus);
  std::string out, own;
  int sentence = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) {
      out += line + "\n";
      own = line.substr(0, line.find('\t')) + " B-X\n";
      continue;
    }
    if (sentence++ % 4 != 3) out += "<EOS> B-X\n" + own + "said B-X\n. B-X\n";
    out += "\n";
    own.clear();
  }
  return out;
}

}  // namespace clner::test
