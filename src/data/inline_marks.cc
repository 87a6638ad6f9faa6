#include "data/inline_marks.h"

namespace clner {
namespace {

void AppendEscaped(std::string_view text, std::string_view special, std::string* out) {
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) *out += '\\';
    *out += c;
  }
}

}  // namespace

std::string WithMarks(std::string_view text, const std::vector<MarkedSpan>& spans) {
  static constexpr std::string_view kInText = "[]\\", kInType = "()\\";
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  size_t done = 0;
  for (const MarkedSpan& span : spans) {
    AppendEscaped(text.substr(done, span.begin_byte - done), kInText, &out);
    out += '[';
    AppendEscaped(text.substr(span.begin_byte, span.end_byte - span.begin_byte), kInText, &out);
    out += "](";
    AppendEscaped(span.type, kInType, &out);
    out += ')';
    done = span.end_byte;
  }
  AppendEscaped(text.substr(done), kInText, &out);
  return out;
}

}  // namespace clner
