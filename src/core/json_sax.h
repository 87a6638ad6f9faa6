// Strict JSON as events, for readers that build no tree. The rules of core/json.h hold for every handler.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.h"

namespace clner::internal {

inline constexpr int kMaxJsonDepth = 64;

/// Receives the events of one text. A handler refuses by throwing an Error with `Where()` as its place.
class JsonEvents {
 public:
  virtual ~JsonEvents() = default;
  virtual void Null() = 0;
  virtual void Bool(bool value) = 0;
  virtual void Integer(int64_t value) = 0;
  virtual void Unsigned(uint64_t value) = 0;
  virtual void Float(double value) = 0;
  virtual void String(std::string& value) = 0;
  virtual void Key(std::string& name) = 0;
  virtual void BeginObject() = 0;
  virtual void EndObject() = 0;
  virtual void BeginArray() = 0;
  virtual void EndArray() = 0;
  /// Whether integers beyond 64 bits come as Float instead of being refused.
  [[nodiscard]] virtual bool TakesBigIntegers() const { return false; }

  /// Throws Error{code, what, name:line:column of the current token, fix}.
  [[noreturn]] void Refuse(const std::string& what, const std::string& fix = {}) const;

 private:
  friend void ReadJson(std::string_view text, const std::string& name, ErrorCode code, JsonEvents& events,
                       int64_t line);
  std::string_view text_ = {};
  const char* at_ = nullptr;  // behind the last byte the parser took
  const std::string* name_ = nullptr;
  int64_t line_ = 1;
  ErrorCode code_ = ErrorCode::kInternal;
};

/// Parses all of `text` and calls `events`. Throws Error{code} on bad syntax, invalid UTF-8, NUL bytes, depth > 64,
/// integers beyond 64 bits (unless `events` takes them), numbers beyond double and text behind the value. Duplicate
/// keys are the handler's affair. `line` is the number that the first line of `text` has in the file `name`.
void ReadJson(std::string_view text, const std::string& name, ErrorCode code, JsonEvents& events, int64_t line = 1);

}  // namespace clner::internal
