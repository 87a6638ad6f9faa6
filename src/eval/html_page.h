// The parts that HTML reports have in common: one file without external assets, all text escaped.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clner {

/// Text safe inside HTML elements and quoted attributes. Control characters other than line end and TAB, and those that
/// reorder text, become U+FFFD.
[[nodiscard]] std::string EscapeHtml(std::string_view text);

/// The whole document around `body`, which is HTML; `style` is CSS for what the page holds besides tables and examples.
[[nodiscard]] std::string HtmlPage(const std::string& title, std::string_view style, std::string_view body);
/// A title over `body`, which is HTML; "" without one.
[[nodiscard]] std::string HtmlSection(const std::string& title, const std::string& body);
/// Names and values in order.
[[nodiscard]] std::string HtmlFacts(const std::vector<std::pair<std::string, std::string>>& facts);
/// The first row is the header, the first column holds names.
[[nodiscard]] std::string HtmlTable(const std::vector<std::vector<std::string>>& rows);

}  // namespace clner
