#include "eval/conlleval.h"

#include <utility>

#include "fmt/format.h"

namespace clner {
namespace {

// The script's percentages keep its order of operations, so that ties round alike.
struct Percent {
  double precision = 0, recall = 0, f1 = 0;
};
Percent PercentOf(const Counts& counts) {
  Percent percent;
  const auto correct = static_cast<double>(100 * counts.correct);
  if (counts.predicted > 0) percent.precision = correct / static_cast<double>(counts.predicted);
  if (counts.gold > 0) percent.recall = correct / static_cast<double>(counts.gold);
  const double sum = percent.precision + percent.recall;
  if (sum > 0) percent.f1 = 2 * percent.precision * percent.recall / sum;
  return percent;
}

std::string Line(const Percent& percent) {
  return fmt::format("precision: {:6.2f}%; recall: {:6.2f}%; FB1: {:6.2f}", percent.precision, percent.recall,
                     percent.f1);
}

// Right-aligned by bytes: the script knows nothing of characters.
std::string PadLeft(const std::string& text, size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

}  // namespace

Conlleval::Tag Conlleval::Split(std::string_view text) {
  const size_t hyphen = text.find('-');
  if (hyphen == std::string_view::npos) return {std::string(text), {}};
  Tag tag{std::string(text.substr(0, hyphen)), std::string(text.substr(hyphen + 1))};
  if (tag.type == "0") tag.type.clear();
  return tag;
}

bool Conlleval::Starts(const Tag& previous, const Tag& tag) {
  const std::string &from = previous.prefix, &to = tag.prefix;
  if (to == "B" && (from == "B" || from == "I" || from == "O")) return true;
  if (to == "I" && (from == "O" || from == "E")) return true;
  if (to == "E" && (from == "O" || from == "E")) return true;
  if (to != "O" && to != "." && previous.type != tag.type) return true;
  return to == "[" || to == "]";
}

bool Conlleval::Ends(const Tag& previous, const Tag& tag) {
  const std::string &from = previous.prefix, &to = tag.prefix;
  if ((from == "B" || from == "I") && (to == "B" || to == "O")) return true;
  if (from == "E" && (to == "E" || to == "I" || to == "O")) return true;
  if (from != "O" && from != "." && previous.type != tag.type) return true;
  return from == "[" || from == "]";
}

void Conlleval::AddToken(std::string_view gold, std::string_view predicted) {
  Tag gold_tag = Split(gold), predicted_tag = Split(predicted);
  ++tokens_;
  if (gold_tag.prefix == predicted_tag.prefix && gold_tag.type == predicted_tag.type) ++correct_tags_;
  Advance(std::move(gold_tag), std::move(predicted_tag));
}

void Conlleval::AddBoundary() { Advance({}, {}); }

// A chunk is correct when both sides start it together with one type and end it together; `in_correct_` holds
// meanwhile.
void Conlleval::Advance(Tag gold, Tag predicted) {
  if (in_correct_) {
    const bool gold_ends = Ends(last_gold_, gold), predicted_ends = Ends(last_predicted_, predicted);
    if (gold_ends && predicted_ends && last_gold_.type == last_predicted_.type) {
      in_correct_ = false;
      ++types_[last_gold_.type].correct;
    } else if (gold_ends != predicted_ends || gold.type != predicted.type) {
      in_correct_ = false;
    }
  }
  const bool gold_starts = Starts(last_gold_, gold), predicted_starts = Starts(last_predicted_, predicted);
  if (gold_starts && predicted_starts && gold.type == predicted.type) in_correct_ = true;
  if (gold_starts) ++types_[gold.type].gold;
  if (predicted_starts) ++types_[predicted.type].predicted;
  last_gold_ = std::move(gold);
  last_predicted_ = std::move(predicted);
}

std::map<std::string, Counts> Conlleval::Types() const {
  std::map<std::string, Counts> types = types_;
  if (in_correct_) ++types[last_gold_.type].correct;
  return types;
}

Counts Conlleval::Total() const {
  Counts total;
  for (const auto& [type, counts] : Types()) total += counts;
  return total;
}

std::string Conlleval::Report() const {
  const Counts total = Total();
  std::string report = fmt::format("processed {} tokens with {} phrases; found: {} phrases; correct: {}.\n", tokens_,
                                   total.gold, total.predicted, total.correct);
  if (tokens_ > 0) {
    report +=
        fmt::format("accuracy: {:6.2f}%; {}\n", static_cast<double>(100 * correct_tags_) / static_cast<double>(tokens_),
                    Line(PercentOf(total)));
  }
  for (const auto& [type, counts] : Types()) {
    const std::string line = fmt::format("{}: {}  {}\n", PadLeft(type, 17), Line(PercentOf(counts)), counts.predicted);
    report += line;
    // The script removes doubles from the sorted type names but not that of the empty one.
    if (type.empty() && counts.gold > 0 && counts.predicted > 0) report += line;
  }
  return report;
}

}  // namespace clner
