#include "eval/error_analysis.h"

#include <algorithm>

#include "core/utf8.h"
#include "fmt/format.h"

namespace clner {
namespace {

constexpr int64_t kContextWords = 8;
constexpr size_t kPrintedCodePoints = 2000;

bool Overlap(const Span& a, const Span& b) { return a.begin_word < b.end_word && b.begin_word < a.end_word; }

/// Pairs the spans of one sentence.
class SentencePairing {
 public:
  SentencePairing(const std::vector<Span>& gold, const std::vector<Span>& predicted, size_t sentence,
                  ErrorAnalysis* analysis)
      : gold_(Scored(gold)), predicted_(Scored(predicted)), sentence_(sentence), analysis_(analysis) {
    // Touching a context span takes a predicted span out of scoring.
    for (const Span& span : gold) {
      if (span.type == kContextType) std::erase_if(predicted_, [&](const Span& p) { return Overlap(p, span); });
    }
    gold_free_.assign(gold_.size(), 1);
    predicted_free_.assign(predicted_.size(), 1);
  }

  void Run() {
    const size_t first_error = analysis_->errors.size();
    PairEqual();
    PairWhere(ErrorKind::kType,
              [](const Span& g, const Span& p) { return g.begin_word == p.begin_word && g.end_word == p.end_word; });
    PairWhere(ErrorKind::kBoundary, [](const Span& g, const Span& p) { return g.type == p.type; });
    PairWhere(ErrorKind::kBoth, [](const Span&, const Span&) { return true; });
    for (size_t g = 0; g < gold_.size(); ++g) {
      if (gold_free_[g] != 0) Add(ErrorKind::kMissed, &gold_[g], nullptr);
    }
    for (size_t p = 0; p < predicted_.size(); ++p) {
      if (predicted_free_[p] != 0) Add(ErrorKind::kSpurious, nullptr, &predicted_[p]);
    }
    const auto begin = [](const SpanError& error) {
      return error.gold.has_value() ? error.gold->begin_word : error.predicted->begin_word;
    };
    std::stable_sort(analysis_->errors.begin() + static_cast<std::ptrdiff_t>(first_error), analysis_->errors.end(),
                     [&](const SpanError& a, const SpanError& b) { return begin(a) < begin(b); });
  }

 private:
  static std::vector<Span> Scored(std::vector<Span> spans) {
    std::erase_if(spans, [](const Span& span) { return span.type == kContextType; });
    std::sort(spans.begin(), spans.end());
    spans.erase(std::unique(spans.begin(), spans.end()), spans.end());
    return spans;
  }

  void PairEqual() {
    for (size_t g = 0, p = 0; g < gold_.size() && p < predicted_.size();) {
      const auto order = gold_[g] <=> predicted_[p];
      if (order == 0) {
        ++analysis_->confusion[{TypeName(gold_[g].type), TypeName(predicted_[p].type)}];
        gold_free_[g] = predicted_free_[p] = 0;
      }
      if (order <= 0) ++g;
      if (order >= 0) ++p;
    }
  }

  template <class Rule>
  void PairWhere(ErrorKind kind, const Rule& rule) {
    size_t first = 0;
    for (size_t p = 0; p < predicted_.size(); ++p) {
      while (first < gold_.size() && gold_[first].end_word <= predicted_[p].begin_word) ++first;
      for (size_t g = first;
           predicted_free_[p] != 0 && g < gold_.size() && gold_[g].begin_word < predicted_[p].end_word; ++g) {
        if (gold_free_[g] == 0 || !Overlap(gold_[g], predicted_[p]) || !rule(gold_[g], predicted_[p])) continue;
        gold_free_[g] = predicted_free_[p] = 0;
        Add(kind, &gold_[g], &predicted_[p]);
      }
    }
  }

  void Add(ErrorKind kind, const Span* gold, const Span* predicted) {
    SpanError error{kind, sentence_};
    if (gold != nullptr) error.gold = *gold;
    if (predicted != nullptr) error.predicted = *predicted;
    const auto name = [](const Span* span) { return span != nullptr ? TypeName(span->type) : std::string(); };
    ++analysis_->confusion[{name(gold), name(predicted)}];
    analysis_->errors.push_back(std::move(error));
  }

  std::vector<Span> gold_, predicted_;
  std::vector<char> gold_free_, predicted_free_;
  size_t sentence_;
  ErrorAnalysis* analysis_;
};

std::string Words(const EvalSentence& sentence, int64_t begin, int64_t end) {
  std::string text;
  for (int64_t w = begin; w < end; ++w) {
    if (w > begin) text += ' ';
    text += Printable(sentence.words[static_cast<size_t>(w)], kPrintedCodePoints);
  }
  return text;
}

std::string Words(const EvalSentence& sentence, const std::optional<Span>& span) {
  return span.has_value() ? Words(sentence, span->begin_word, span->end_word) : std::string();
}

std::string InContext(const EvalSentence& sentence, const SpanError& error) {
  const Span& any = error.gold.has_value() ? *error.gold : *error.predicted;
  const Span& other = error.predicted.has_value() ? *error.predicted : any;
  const int64_t begin = std::max<int64_t>(0, std::min(any.begin_word, other.begin_word) - kContextWords);
  const int64_t end =
      std::min(static_cast<int64_t>(sentence.size()), std::max(any.end_word, other.end_word) + kContextWords);
  std::string text = begin > 0 ? "..." : "";
  for (int64_t w = begin; w < end; ++w) {
    if (!text.empty()) text += ' ';
    if (error.gold.has_value() && error.gold->begin_word == w) text += '[';
    if (error.predicted.has_value() && error.predicted->begin_word == w) text += '{';
    text += Words(sentence, w, w + 1);
    if (error.predicted.has_value() && error.predicted->end_word == w + 1) text += '}';
    if (error.gold.has_value() && error.gold->end_word == w + 1) text += ']';
  }
  if (end < static_cast<int64_t>(sentence.size())) text += " ...";
  return text;
}

}  // namespace

const char* Name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kType:
      return "type";
    case ErrorKind::kBoundary:
      return "boundary";
    case ErrorKind::kBoth:
      return "boundary and type";
    case ErrorKind::kMissed:
      return "missed";
    case ErrorKind::kSpurious:
      return "spurious";
  }
  return "missed";
}

int64_t ErrorAnalysis::Number(ErrorKind kind) const {
  return std::count_if(errors.begin(), errors.end(), [&](const SpanError& error) { return error.kind == kind; });
}

ErrorAnalysis AnalyzeErrors(const Evaluation& evaluation) {
  ErrorAnalysis analysis;
  for (size_t i = 0; i < evaluation.gold.size(); ++i) {
    if (evaluation.gold[i].empty() && evaluation.predicted[i].empty()) continue;
    SentencePairing(evaluation.gold[i], evaluation.predicted[i], i, &analysis).Run();
  }
  return analysis;
}

std::string ErrorsTsv(const EvalInput& input, const ErrorAnalysis& analysis) {
  std::string text = "sentence\tline\tkind\tgold_type\tgold\tpredicted_type\tpredicted\tcontext\n";
  for (const SpanError& error : analysis.errors) {
    const EvalSentence& sentence = input.sentences[error.sentence];
    const Span& place = error.gold.has_value() ? *error.gold : *error.predicted;
    text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", error.sentence + 1, sentence.GoldLine(place.begin_word),
                        Name(error.kind), error.gold.has_value() ? error.gold->type : "", Words(sentence, error.gold),
                        error.predicted.has_value() ? error.predicted->type : "", Words(sentence, error.predicted),
                        InContext(sentence, error));
  }
  return text;
}

}  // namespace clner
