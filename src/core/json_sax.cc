#include "core/json_sax.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/utf8.h"

namespace clner::internal {
namespace {

// Iterates over the text and tells where the parser is, which its own events do not.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, const char** told) : at_(at), told_(told) {}
  reference operator*() const { return *at_; }
  Cursor& operator++() {
    *told_ = ++at_;
    return *this;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }
  bool operator!=(const Cursor& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** told_;
};

// Line and column (in code points, from 1) of a byte position; the text begins in line `first`.
std::string PlaceIn(const std::string& name, int64_t first, std::string_view text, size_t position) {
  const std::string_view before = text.substr(0, position);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const size_t newline = before.rfind('\n');
  const std::string_view line = before.substr(newline == std::string_view::npos ? 0 : newline + 1);
  return Place(name, first + lines, static_cast<int64_t>(CodePointCount(line)) + 1);
}

// The library's message without its own numbers and place.
std::string Reason(std::string_view message) {
  for (const std::string_view mark : {"] ", ", column ", ": ", "syntax error while parsing ", " - "}) {
    const size_t found = message.find(mark);
    if (found != std::string_view::npos) message.remove_prefix(found + mark.size());
  }
  return Printable(message, 200);
}

constexpr const char* kFix = "correct the file, or get it again";

// Between the parser and the handler: counts depth, tells integers beyond 64 bits from other numbers.
class Adapter {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  Adapter(JsonEvents& events, std::string_view text, const std::string& name, int64_t line, ErrorCode code)
      : events_(events), text_(text), name_(name), line_(line), code_(code) {}

  bool null() { return events_.Null(), true; }
  bool boolean(bool value) { return events_.Bool(value), true; }
  bool number_integer(number_integer_t value) { return events_.Integer(value), true; }
  bool number_unsigned(number_unsigned_t value) { return events_.Unsigned(value), true; }
  bool number_float(number_float_t value, const string_t& digits) {
    // The parser falls back to double for integers that do not fit.
    if (digits.find_first_of(".eE") == string_t::npos && !events_.TakesBigIntegers())
      events_.Refuse("integer " + Printable(digits, 40) + " exceeds 64 bits", kFix);
    return events_.Float(value), true;
  }
  bool string(string_t& value) { return events_.String(value), true; }
  bool binary(binary_t&) { return false; }
  bool key(string_t& name) { return events_.Key(name), true; }
  bool start_object(size_t) { return Descend(), events_.BeginObject(), true; }
  bool end_object() { return --depth_, events_.EndObject(), true; }
  bool start_array(size_t) { return Descend(), events_.BeginArray(), true; }
  bool end_array() { return --depth_, events_.EndArray(), true; }
  bool parse_error(size_t position, const string_t&, const nlohmann::json::exception& error) {
    const size_t place = std::min(position == 0 ? 0 : position - 1, text_.size());
    throw Error(code_, "bad JSON: " + Reason(error.what()), PlaceIn(name_, line_, text_, place), kFix);
  }

 private:
  void Descend() {
    if (++depth_ > kMaxJsonDepth)
      events_.Refuse("bad JSON: nested deeper than " + std::to_string(kMaxJsonDepth) + " levels", kFix);
  }

  JsonEvents& events_;
  std::string_view text_;
  const std::string& name_;
  int64_t line_;
  ErrorCode code_;
  int depth_ = 0;
};

}  // namespace

void JsonEvents::Refuse(const std::string& what, const std::string& fix) const {
  const size_t behind = at_ == nullptr ? 0 : static_cast<size_t>(at_ - text_.data());
  throw Error(code_, what, PlaceIn(*name_, line_, text_, behind == 0 ? 0 : behind - 1), fix);
}

void ReadJson(std::string_view text, const std::string& name, ErrorCode code, JsonEvents& events, int64_t line) {
  events.text_ = text;
  events.at_ = text.data();
  events.name_ = &name;
  events.line_ = line;
  events.code_ = code;
  // The parser takes a NUL byte for the end of the text and would not see what follows.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    throw Error(code, "bad JSON: NUL byte", PlaceIn(name, line, text, nul), kFix);
  }
  if (const std::optional<size_t> invalid = FirstInvalidUtf8(text)) {
    throw Error(code, "bad JSON: invalid UTF-8", PlaceIn(name, line, text, *invalid), kFix);
  }
  Adapter adapter(events, text, name, line, code);
  const char* end = text.data() + text.size();
  nlohmann::json::sax_parse(Cursor(text.data(), &events.at_), Cursor(end, &events.at_), &adapter);
}

}  // namespace clner::internal
