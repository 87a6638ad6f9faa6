// Lists of terms and small tables: fields separated by TAB, one record a line (dictionaries, gazetteers, THUOCL,
// leads).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clner {

struct TermListOptions {
  size_t fields = 0;  ///< required number of fields; 0 = that of the first line
  uint64_t max_line_bytes = UINT64_C(16) << 20;
};

/// Records of a list in file order; every field is stripped of ASCII blanks; blank lines are skipped. LF, CRLF, CR and
/// a BOM are accepted. 65 with file:line for another number of fields, an empty first field or invalid UTF-8; an empty
/// list is legal.
[[nodiscard]] std::vector<std::vector<std::string>> ReadTermList(const std::string& path,
                                                                 const TermListOptions& options = {});

}  // namespace clner
