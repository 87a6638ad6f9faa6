#include "contexts_html.h"

#include <fmt/format.h>

#include "eval/html_page.h"
#include "eval/html_svg.h"
#include "eval/report.h"
#include "eval/scores.h"

namespace clner::cli {
namespace {

constexpr const char* kStyle =
    ".found{border-bottom:3px solid #338855}.missing{border-bottom:3px dotted #cc5522}\n"
    ".hit{background:#d5ecd9}.type{font-size:.7em;color:#555}.note{background:#cc5522;color:#fff;padding:0 .4em}\n"
    "ol{margin:.2em 0 1em;padding-left:2em;color:#555;font-size:.9em}\n";

std::string Share(int64_t part, int64_t whole) {
  return Percent(whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole), whole > 0);
}

std::vector<std::string> CoverageRow(const std::string& name, const MentionCounts& counts) {
  return {name, std::to_string(counts.mentions), std::to_string(counts.found), Share(counts.found, counts.mentions)};
}

std::vector<std::string> LengthRow(const std::string& name, const LengthStats& lengths) {
  std::vector<std::string> row = {name, fmt::format("{:.2f}", lengths.mean)};
  for (const int64_t value : {lengths.min, lengths.p25, lengths.median, lengths.p75, lengths.max})
    row.push_back(std::to_string(value));
  return row;
}

std::string TypeChart(const ContextsSummary& summary) {
  std::vector<std::pair<std::string, double>> bars;
  for (const auto& [type, counts] : summary.types) bars.emplace_back(TypeName(type), counts.coverage());
  return bars.empty() ? "" : BarChart(bars, "coverage");
}

std::string LengthCharts(const ContextsSummary& summary) {
  if (summary.sentences == 0) return {};
  const auto share = [&](int64_t sentences) {
    return static_cast<double>(sentences) / static_cast<double>(summary.sentences);
  };
  std::vector<std::pair<std::string, double>> texts, words;
  for (const auto& [count, sentences] : summary.sentences_with_texts)
    texts.emplace_back(fmt::format("{} texts", count), share(sentences));
  for (size_t bin = 0; bin < summary.sentences_in_bin.size(); ++bin) {
    const int64_t before = static_cast<int64_t>(bin) * summary.bin_words;
    words.emplace_back(fmt::format("{}-{} words", before + 1, before + summary.bin_words),
                       share(summary.sentences_in_bin[bin]));
  }
  std::string html = "<p>Percent of the sentences</p>\n" + BarChart(texts, "sentences by texts");
  return words.empty() ? html : html + BarChart(words, "sentences by words");
}

std::string Findings(const ContextsSummary& summary) {
  std::string html;
  for (const Finding& finding : summary.findings) {
    html += fmt::format("<p><b>{}</b> {} ({})</p>\n<ul>\n", finding.count, EscapeHtml(finding.what),
                        EscapeHtml(finding.code));
    for (const Problem& place : finding.places) {
      html +=
          fmt::format("<li><span class=\"where\">{}</span> {}</li>\n", EscapeHtml(place.where), EscapeHtml(place.what));
    }
    html += "</ul>\n";
  }
  return html;
}

/// A part of a sentence when it has a type, else of a context.
std::string PartsHtml(const std::vector<ExamplePart>& parts) {
  std::string html;
  for (const ExamplePart& part : parts) {
    if (!html.empty()) html += ' ';
    if (!part.mention) {
      html += EscapeHtml(part.text);
      continue;
    }
    const char* style = part.type.empty() ? "hit" : part.found ? "found" : "missing";
    html += fmt::format("<span class=\"{}\">{}</span>", style, EscapeHtml(part.text));
    if (!part.type.empty()) html += fmt::format("<span class=\"type\"> {}</span>", EscapeHtml(part.type));
  }
  return html;
}

std::string Examples(const std::vector<ContextsExample>& examples) {
  if (examples.empty()) return {};
  std::string html =
      "<p>Sentences as they are, and what retrieval adds. <span class=\"found\">underlined</span>: a mention that the "
      "contexts have, <span class=\"missing\">dotted</span>: one that they lack, <span class=\"hit\">shaded</span>: "
      "where it is</p>\n";
  for (const ContextsExample& example : examples) {
    html += fmt::format("<div class=\"example\"><span class=\"where\">sentence {}, {}</span><br>{}", example.number,
                        EscapeHtml(example.where), PartsHtml(example.sentence));
    html += example.texts.empty() ? "<br><span class=\"where\">no context</span>" : "<ol>\n";
    for (const ExampleText& text : example.texts) {
      const std::string notes =
          text.notes.empty() ? "" : fmt::format("<span class=\"note\">{}</span> ", EscapeHtml(text.notes));
      html += fmt::format("<li>{}{}</li>\n", notes, PartsHtml(text.parts));
    }
    html += example.texts.empty() ? "</div>\n" : "</ol></div>\n";
  }
  return html;
}

}  // namespace

ReportRows CoverageRows(const ContextsSummary& summary) {
  ReportRows rows = {{"mentions", "all", "found", "coverage %"}, CoverageRow("all", summary.all)};
  if (summary.seen.has_value()) rows.push_back(CoverageRow("seen in train", *summary.seen));
  if (summary.unseen.has_value()) rows.push_back(CoverageRow("unseen in train", *summary.unseen));
  for (const auto& [type, counts] : summary.types) rows.push_back(CoverageRow(TypeName(type), counts));
  return rows;
}

ReportRows FirstTextRows(const ContextsSummary& summary) {
  ReportRows rows = {{"first text", "mentions", "coverage up to it %"}};
  int64_t found = 0;
  for (size_t text = 0; text < summary.found_first_in.size(); ++text) {
    found += summary.found_first_in[text];
    rows.push_back(
        {std::to_string(text + 1), std::to_string(summary.found_first_in[text]), Share(found, summary.all.mentions)});
  }
  return rows;
}

ReportRows LengthRows(const ContextsSummary& summary) {
  return {{"length", "mean", "min", "25 %", "median", "75 %", "max"},
          LengthRow("texts of a sentence", summary.texts_of_sentence),
          LengthRow("words of a sentence's texts", summary.words_of_sentence),
          LengthRow("words of a text", summary.words_of_text)};
}

std::string ContextsHtml(const std::vector<std::pair<std::string, std::string>>& facts, const ContextsSummary& summary,
                         const std::vector<ContextsExample>& examples) {
  std::string html = HtmlFacts(facts);
  html += HtmlSection("Mentions found in the contexts", TypeChart(summary) + HtmlTable(CoverageRows(summary)));
  if (!summary.flat && !summary.found_first_in.empty())
    html += HtmlSection("In which text a mention is first found", HtmlTable(FirstTextRows(summary)));
  html += HtmlSection("Lengths of contexts", HtmlTable(LengthRows(summary)) + LengthCharts(summary));
  html += HtmlSection("Findings", Findings(summary));
  html += HtmlSection("Before and after", Examples(examples));
  return HtmlPage("clner contexts report", kStyle, html);
}

}  // namespace clner::cli
