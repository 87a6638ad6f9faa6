#include "eval/html_page.h"

#include "fmt/format.h"

namespace clner {
namespace {

constexpr const char* kStyle =
    "body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:60em;padding:0 "
    "1em;color:#222;background:#fff}\n"
    "h1{font-size:1.5em}h2{font-size:1.2em;margin-top:2em;border-bottom:1px solid #ddd}\n"
    "table{border-collapse:collapse;margin:.5em 0}td,th{padding:.15em .7em;text-align:right;border-bottom:1px solid "
    "#eee}\n"
    "td:first-child,th:first-child{text-align:left}svg{width:100%;max-width:640px;font-size:11px}\n"
    ".grid{stroke:#e5e5e5}.legend{margin:.2em 0 1em}.wide{overflow-x:auto}\n"
    ".example{margin:.6em 0}.where{color:#777;font-size:.85em}\n";

/// Bytes of the forbidden character at `at`, or 0: the C0 controls that HTML forbids even as references, C1, and the
/// marks that reorder the text around them (U+202A to U+202E, U+2066 to U+2069).
size_t ForbiddenAt(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U; };
  if ((byte(0) < 0x20 && text[at] != '\n' && text[at] != '\t') || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) return 2;
  if (byte(0) != 0xE2) return 0;
  const bool embedding = byte(1) == 0x80 && byte(2) >= 0xAA && byte(2) <= 0xAE;
  const bool isolate = byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9;
  return embedding || isolate ? 3 : 0;
}

std::string_view Reference(char letter) {
  switch (letter) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (size_t at = 0; at < text.size();) {
    const std::string_view reference = Reference(text[at]);
    const size_t forbidden = ForbiddenAt(text, at);
    if (forbidden > 0) {
      escaped += "\xEF\xBF\xBD";
    } else if (!reference.empty()) {
      escaped += reference;
    } else {
      escaped += text[at];
    }
    at += forbidden > 0 ? forbidden : 1;
  }
  return escaped;
}

std::string HtmlPage(const std::string& title, std::string_view style, std::string_view body) {
  const std::string name = EscapeHtml(title);
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>\n{}{}</style>\n</head>\n<body>\n"
      "<h1>{}</h1>\n{}</body>\n</html>\n",
      name, kStyle, style, name, body);
}

std::string HtmlSection(const std::string& title, const std::string& body) {
  return body.empty() ? std::string() : fmt::format("<h2>{}</h2>\n{}", EscapeHtml(title), body);
}

std::string HtmlFacts(const std::vector<std::pair<std::string, std::string>>& facts) {
  if (facts.empty()) return {};
  std::string html = "<table>\n";
  for (const auto& [name, value] : facts) {
    html += fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", EscapeHtml(name), EscapeHtml(value));
  }
  return html + "</table>\n";
}

std::string HtmlTable(const std::vector<std::vector<std::string>>& rows) {
  std::string html = "<div class=\"wide\"><table>\n";
  for (size_t r = 0; r < rows.size(); ++r) {
    html += "<tr>";
    for (const std::string& cell : rows[r]) {
      html += r == 0 ? "<th>" : "<td>";
      html += EscapeHtml(cell);
      html += r == 0 ? "</th>" : "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</table></div>\n";
}

}  // namespace clner
