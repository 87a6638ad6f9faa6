#include "tokenize/bpe_merges_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/utf8.h"
#include "tokenize/vocabulary.h"

namespace clner::bpe {
namespace {

using Parts = std::pair<std::string_view, std::string_view>;

/// The two pieces of "a b", or nullopt.
std::optional<Parts> SplitMerge(std::string_view text) {
  const size_t blank = text.find(' ');
  if (blank == 0 || blank == text.npos || blank + 1 == text.size()) return std::nullopt;
  if (text.find(' ', blank + 1) != text.npos) return std::nullopt;
  return Parts(text.substr(0, blank), text.substr(blank + 1));
}

/// Collects merges and the problems with them.
class MergeList {
 public:
  /// `where` gives the place of the n-th merge from 0.
  MergeList(const PieceIds& ids, std::function<std::string(size_t)> where, std::string fix)
      : ids_(ids), where_(std::move(where)), fix_(std::move(fix)) {}

  void Add(const Parts& parts) {
    const int32_t left = Find(parts.first), right = Find(parts.second);
    if (left >= 0 && right >= 0) {
      const uint64_t pair = static_cast<uint64_t>(left) << 32 | static_cast<uint64_t>(right);
      auto [first, added] = rank_of_.emplace(pair, count_);
      const int32_t merged = added ? Find(std::string(parts.first) + std::string(parts.second)) : -1;
      if (!added) {
        Refuse(fmt::format("duplicate merge '{} {}', first at {}", Printable(parts.first), Printable(parts.second),
                           where_(first->second)));
      } else if (merged >= 0) {
        merges_.push_back({left, right, merged});
      }
    }
    ++count_;
  }
  void AddBad(const std::string& problem) {
    Refuse(problem);
    ++count_;
  }
  std::vector<Merge> Take() {
    problems_.ThrowIfAny();
    return std::move(merges_);
  }

 private:
  int32_t Find(std::string_view piece) {
    auto found = ids_.find(piece);
    if (found != ids_.end()) return found->second;
    Refuse(fmt::format("piece '{}' of a merge is not in the vocabulary", Printable(piece)));
    return -1;
  }
  void Refuse(const std::string& problem) { problems_.Add(ErrorCode::kCorrupt, {problem, where_(count_), fix_}); }

  const PieceIds& ids_;
  std::function<std::string(size_t)> where_;
  std::string fix_;
  std::vector<Merge> merges_;
  std::unordered_map<uint64_t, size_t> rank_of_;
  ProblemList problems_;
  size_t count_ = 0;
};

}  // namespace

std::vector<Merge> ReadMerges(const std::filesystem::path& path, const PieceIds& ids) {
  const std::string text = ReadVocabularyText(path);
  std::string_view rest = text;
  size_t line = 1;
  if (rest.starts_with("#version")) {
    rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
    ++line;
  }
  MergeList merges(
      ids, [&](size_t rank) { return Place(path.string(), static_cast<int64_t>(line + rank)); },
      "copy merges.txt again from where the model came from");
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view entry = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (entry.ends_with('\r')) entry.remove_suffix(1);
    if (auto offset = FirstInvalidUtf8(entry)) {
      merges.AddBad(fmt::format("invalid UTF-8 at byte {} of the line", *offset));
    } else if (auto parts = SplitMerge(entry)) {
      merges.Add(*parts);
    } else {
      merges.AddBad(fmt::format("a merge is two pieces with one blank between them, not '{}'", Printable(entry)));
    }
  }
  return merges.Take();
}

std::vector<Merge> JsonMerges(const JsonFile& tokenizer, const Json& model, const PieceIds& ids) {
  const Json* entries = JsonFile::Find(model, "merges");
  if (entries == nullptr || !entries->is_array()) tokenizer.Fail("there is no 'merges' array", "model.merges");
  if (entries->size() > kMaxVocabularySize)
    tokenizer.Fail(fmt::format("more than {} merges", kMaxVocabularySize), "model.merges");
  MergeList merges(
      ids, [&](size_t rank) { return fmt::format("{} (model.merges[{}])", tokenizer.name(), rank); },
      "copy the file again from where the model came from");
  for (const Json& entry : *entries) {
    std::optional<Parts> parts;
    if (entry.is_string()) parts = SplitMerge(entry.get_ref<const std::string&>());
    if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string())
      parts = Parts(entry[0].get_ref<const std::string&>(), entry[1].get_ref<const std::string&>());
    if (parts) {
      merges.Add(*parts);
    } else {
      merges.AddBad(fmt::format("a merge is \"a b\" or [\"a\", \"b\"], not {}", Printable(DumpJson(entry))));
    }
  }
  return merges.Take();
}

}  // namespace clner::bpe
