#include "core/suggest.h"

#include <algorithm>
#include <limits>

#include "core/utf8.h"

namespace clner {
namespace {

// Longer names are not typing mistakes of each other; the bound keeps the quadratic distance cheap.
constexpr size_t kLongestName = 256;

std::u32string Folded(std::string_view name) {
  std::u32string folded = DecodeUtf8(name);
  for (char32_t& c : folded) {
    if (c >= U'A' && c <= U'Z') c += U'a' - U'A';
  }
  return folded;
}

// Optimal string alignment: insert, delete, replace, swap of neighbours. Rows are i-2, i-1, i.
size_t Distance(const std::u32string& a, const std::u32string& b) {
  std::vector<size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::string NearestName(std::string_view name, const std::vector<std::string>& candidates) {
  const std::u32string wanted = Folded(name.substr(0, 4 * kLongestName + 1));
  if (wanted.empty() || wanted.size() > kLongestName) return "";
  const size_t limit = std::max<size_t>(2, wanted.size() / 3);
  size_t best = std::numeric_limits<size_t>::max();
  const std::string* nearest = nullptr;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > 4 * (wanted.size() + limit)) continue;
    const std::u32string offered = Folded(candidate);
    const size_t longer = std::max(offered.size(), wanted.size());
    if (longer - std::min(offered.size(), wanted.size()) > limit) continue;
    const size_t distance = Distance(wanted, offered);
    // Two names without a common character are not near, however short they are.
    if (distance <= limit && distance < longer && distance < best) {
      best = distance;
      nearest = &candidate;
    }
  }
  return nearest == nullptr ? "" : *nearest;
}

std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string nearest = NearestName(name, candidates);
  return nearest.empty() ? "" : " (did you mean '" + Printable(nearest) + "'?)";
}

}  // namespace clner
