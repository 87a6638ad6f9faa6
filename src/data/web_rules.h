// What mail and social media write as one word: addresses, mentions, tags, emoticons, character entities.
#pragma once

#include <cstddef>
#include <vector>

#include "data/text_clusters.h"

namespace clner {

/// The base of cluster `i` when no mark stands on it, else and behind the end 0.
[[nodiscard]] inline char32_t PlainAt(const std::vector<Cluster>& text, size_t i) {
  return i < text.size() && text[i].plain ? text[i].base : 0;
}
/// Letter or digit, not one of a script whose clusters are words.
[[nodiscard]] inline bool IsAlnumAt(const std::vector<Cluster>& text, size_t i) {
  return i < text.size() && (text[i].kind == ClusterKind::kLetter || text[i].kind == ClusterKind::kDigit);
}

/// Finds such words in one chunk, asked from left to right at the starts of words; linear in all calls together.
class WebRules {
 public:
  explicit WebRules(const std::vector<Cluster>& chunk) : text_(chunk) {}
  /// End of the word that starts at `at`; `at` when there is none.
  [[nodiscard]] size_t End(size_t at);

 private:
  [[nodiscard]] size_t UrlEnd(size_t at) const;
  [[nodiscard]] size_t HostEnd(size_t at);
  [[nodiscard]] size_t MailEnd(size_t at);
  [[nodiscard]] size_t NameEnd(size_t at) const;
  [[nodiscard]] size_t EmoticonEnd(size_t at) const;
  [[nodiscard]] size_t EntityEnd(size_t at) const;
  [[nodiscard]] size_t AddressEnd(size_t at) const;

  const std::vector<Cluster>& text_;
  size_t no_host_before_ = 0, no_mail_before_ = 0;  ///< what was searched in vain need not be searched again
};

}  // namespace clner
