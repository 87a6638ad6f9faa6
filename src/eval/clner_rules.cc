#include "eval/clner_rules.h"

#include <string_view>
#include <utility>

namespace clner {
namespace {

struct ClnerTag {
  char prefix = 'O';
  std::string_view type = {};
};

ClnerTag Split(std::string_view tag) {
  if (tag.empty() || tag == "O") return {};
  if (tag.size() >= 2 && tag[1] == '-' && std::string_view("BIOES").find(tag[0]) != std::string_view::npos) {
    return {tag[0], tag.substr(2)};
  }
  return {'S', tag};
}

/// The open span with its votes in order of first appearance.
class OpenSpan {
 public:
  void Add(int64_t word, std::string_view type, double weight) {
    if (votes_.empty()) begin_ = word;
    for (auto& [voted, sum] : votes_) {
      if (voted == type) {
        sum += weight;
        return;
      }
    }
    votes_.emplace_back(type, weight);
  }
  void CloseInto(int64_t end, std::vector<Span>* spans) {
    if (votes_.empty()) return;
    const std::pair<std::string_view, double>* best = &votes_.front();
    for (const auto& vote : votes_) {
      if (vote.second > best->second) best = &vote;
    }
    spans->push_back({begin_, end, std::string(best->first)});
    votes_.clear();
  }

 private:
  int64_t begin_ = 0;
  std::vector<std::pair<std::string_view, double>> votes_;
};

}  // namespace

std::vector<Span> ClnerSpans(const std::vector<std::string>& tags) {
  std::vector<Span> spans;
  OpenSpan open;
  ClnerTag previous;
  for (size_t i = 0; i < tags.size(); ++i) {
    const auto word = static_cast<int64_t>(i);
    const ClnerTag tag = Split(tags[i]);
    const bool inside = tag.prefix != 'O';
    const bool starts =
        tag.prefix == 'B' || tag.prefix == 'S' || (inside && previous.prefix == 'S' && previous.type != tag.type);
    if (starts || !inside) open.CloseInto(word, &spans);
    if (inside) open.Add(word, tag.type, starts ? 1.1 : 1.0);
    previous = tag;
  }
  open.CloseInto(static_cast<int64_t>(tags.size()), &spans);
  return spans;
}

std::vector<Span> ClnerSpans(const std::vector<std::string>& tags, Scheme scheme) {
  switch (scheme) {
    case Scheme::kBioes:
    case Scheme::kBio:  // the rules read BIO tags as they are
      return ClnerSpans(tags);
    default:
      return ClnerSpans(SpansToTags(TagsToSpans(tags, scheme), static_cast<int64_t>(tags.size()), Scheme::kBioes));
  }
}

}  // namespace clner
