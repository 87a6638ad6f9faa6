#include "eval/html_report.h"

#include <algorithm>

#include "data/counted.h"
#include "eval/html_page.h"
#include "eval/html_svg.h"
#include "eval/report.h"
#include "fmt/format.h"

namespace clner {
namespace {

constexpr const char* kStyle =
    ".gold{border-bottom:3px solid #338855}.pred{background:#ffe2c8}.type{font-size:.7em;color:#555}\n"
    ".context{color:#777;font-size:.85em}\n";
constexpr size_t kShownContextWords = 60;

std::string ScoreSection(const HtmlScores& item) {
  const Scores& scores = item.scores;
  std::vector<std::pair<std::string, double>> bars;
  for (const auto& [type, counts] : scores.types) bars.emplace_back(TypeName(type), RatesOf(counts, scores.mode).f1);
  std::string body = fmt::format("<p>F1 <b>{}</b>, mode {}, {}</p>\n", Percent(scores.Micro().f1), Name(scores.mode),
                                 Counted(scores.sentences, "sentence"));
  if (!bars.empty()) body += BarChart(bars, "F1");
  return HtmlSection("Scores: " + item.name, body + HtmlTable(ScoreRows(scores)));
}

// The confusion table with cells shaded by their share of the row.
std::string Confusion(const ErrorAnalysis& analysis) {
  if (analysis.confusion.empty()) return {};
  const TableRows rows = ConfusionRows(analysis);
  std::string html = "<div class=\"wide\"><table>\n<tr>";
  for (const std::string& cell : rows[0]) html += fmt::format("<th>{}</th>", EscapeHtml(cell));
  html += "</tr>\n";
  const auto number = [](const std::string& cell) { return cell == "-" ? 0.0 : std::stod(cell); };
  for (size_t r = 1; r < rows.size(); ++r) {
    double sum = 0;
    for (size_t c = 1; c < rows[r].size(); ++c) sum += number(rows[r][c]);
    html += fmt::format("<tr><td>{}</td>", EscapeHtml(rows[r][0]));
    for (size_t c = 1; c < rows[r].size(); ++c) {
      const double share = sum > 0 ? number(rows[r][c]) / sum : 0;
      const char* color = c == r ? "51,136,85" : "204,85,34";
      html += fmt::format("<td style=\"background:rgba({},{:.2f})\">{}</td>", color, 0.7 * share, rows[r][c]);
    }
    html += "</tr>\n";
  }
  return html + "</table></div>\n";
}

// Every word stands in its own elements, so that overlapping spans of the two sides nest.
std::string Words(const HtmlExample& example) {
  std::string html;
  const auto covers = [](const std::vector<Span>& spans, int64_t word) -> const Span* {
    const auto found = std::find_if(spans.begin(), spans.end(),
                                    [&](const Span& span) { return span.begin_word <= word && word < span.end_word; });
    return found == spans.end() ? nullptr : &*found;
  };
  for (size_t w = 0; w < example.words.size(); ++w) {
    const auto word = static_cast<int64_t>(w);
    const Span *gold = covers(example.gold, word), *predicted = covers(example.predicted, word);
    if (w > 0) html += ' ';
    if (gold != nullptr) html += "<span class=\"gold\">";
    if (predicted != nullptr) html += "<span class=\"pred\">";
    html += EscapeHtml(example.words[w]);
    if (predicted != nullptr) html += "</span>";
    if (gold != nullptr) html += "</span>";
    if (gold != nullptr && gold->end_word == word + 1) {
      html += fmt::format("<span class=\"type\"> gold:{}</span>", EscapeHtml(gold->type));
    }
    if (predicted != nullptr && predicted->end_word == word + 1) {
      html += fmt::format("<span class=\"type\"> predicted:{}</span>", EscapeHtml(predicted->type));
    }
  }
  return html;
}

std::string Examples(const std::vector<HtmlExample>& examples) {
  if (examples.empty()) return {};
  std::string html =
      "<p><span class=\"gold\">underlined</span>: gold, <span class=\"pred\">shaded</span>: predicted</p>\n";
  for (size_t i = 0; i < std::min(examples.size(), kMaxHtmlExamples); ++i) {
    const HtmlExample& example = examples[i];
    html += fmt::format("<div class=\"example\"><span class=\"where\">{} {}</span><br>{}", EscapeHtml(example.where),
                        EscapeHtml(example.kind), Words(example));
    if (!example.context_words.empty()) {
      html += "<br><span class=\"context\">context:";
      for (size_t w = 0; w < std::min(example.context_words.size(), kShownContextWords); ++w) {
        html += ' ' + EscapeHtml(example.context_words[w]);
      }
      html += example.context_words.size() > kShownContextWords ? " ...</span>" : "</span>";
    }
    html += "</div>\n";
  }
  if (examples.size() > kMaxHtmlExamples) {
    html += fmt::format("<p>{} more sentences with errors are not shown</p>\n", examples.size() - kMaxHtmlExamples);
  }
  return html;
}

}  // namespace

std::string HtmlReport(const HtmlReportInput& input) {
  std::string html = HtmlFacts(input.facts);
  html += HtmlSection("Loss", LineChart(input.loss, "step", "loss", false));
  html += HtmlSection("F1 by epoch", LineChart(input.f1, "epoch", "F1", true));
  for (const HtmlScores& scores : input.scores) html += ScoreSection(scores);
  if (input.errors.has_value()) {
    html += HtmlSection("Kinds of errors", HtmlTable(ErrorKindRows(*input.errors)));
    html += HtmlSection("Confusion of types", Confusion(*input.errors));
  }
  html += HtmlSection("Examples of errors", Examples(input.examples));
  return HtmlPage(input.title, kStyle, html);
}

std::vector<HtmlExample> HtmlExamples(const EvalInput& input, const Evaluation& evaluation,
                                      const ErrorAnalysis& analysis) {
  std::vector<HtmlExample> examples;
  size_t last_sentence = 0;
  for (const SpanError& error : analysis.errors) {
    if (!examples.empty() && error.sentence == last_sentence) {
      const std::string kind = Name(error.kind);
      if (examples.back().kind.find(kind) == std::string::npos) examples.back().kind += ", " + kind;
      continue;
    }
    last_sentence = error.sentence;
    const EvalSentence& sentence = input.sentences[error.sentence];
    examples.push_back({fmt::format("line {}:", sentence.gold_line), Name(error.kind), sentence.words,
                        evaluation.gold[error.sentence], evaluation.predicted[error.sentence]});
  }
  return examples;
}

}  // namespace clner
