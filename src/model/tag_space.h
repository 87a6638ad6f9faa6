// The tags of a model: entity types x scheme, with everything decoding needs. Stored by name in the model directory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/corpus.h"
#include "data/schemes.h"
#include "kernels/crf.h"
#include "ops/crf_op.h"

namespace clner {

class TagSpace {
 public:
  TagSpace() = default;
  /// O and the scheme's tags of every type.
  TagSpace(LabelSet labels, Scheme scheme);
  /// An explicit tag list (CLNER's dictionary with `<unk>` and `S-X`); its other entries must be tags of the scheme.
  TagSpace(LabelSet labels, Scheme scheme, std::vector<std::string> tags);

  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(tags_.size()); }
  [[nodiscard]] const std::vector<std::string>& tags() const { return tags_; }
  [[nodiscard]] const LabelSet& labels() const { return labels_; }
  [[nodiscard]] Scheme scheme() const { return scheme_; }

  /// Gold tag ids of a labelled sentence. A type the model does not know becomes the `<unk>` tag when there is one,
  /// else O;
  /// `*unknown` (may be null) counts such entities.
  [[nodiscard]] std::vector<int32_t> Encode(const Sentence& sentence, int64_t* unknown = nullptr) const;
  /// Entity spans of decoded tags; `<unk>` and type X count as outside.
  [[nodiscard]] std::vector<Span> Decode(const int32_t* tags, int64_t words) const;
  [[nodiscard]] ops::CrfConstraints Constraints() const;
  /// Per type of labels(): its tags for span marginals.
  [[nodiscard]] const std::vector<crf::SpanTags>& span_tags() const { return span_tags_; }
  [[nodiscard]] int64_t TypeIndex(const std::string& type) const;  ///< -1 when unknown

  [[nodiscard]] Json ToJson() const;
  /// kCorrupt naming `path` when the object is not what ToJson writes.
  [[nodiscard]] static TagSpace FromJson(const Json& json, const std::string& path);

 private:
  void Index();
  LabelSet labels_;
  Scheme scheme_ = Scheme::kBioes;
  std::vector<std::string> tags_;
  std::map<std::string, int32_t> id_of_tag_;
  std::vector<crf::SpanTags> span_tags_;
};

}  // namespace clner
