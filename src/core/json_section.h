// Typed reading of one object of a JSON file that collects everything that is wrong with it.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/json.h"

namespace clner {

/// Values of one section of a JSON file, "" for its root. What is missing or wrong becomes a problem (kCorrupt).
class JsonSection {
 public:
  /// `json` is an object and outlives the section; `fix` is the advice of every problem that has none of its own.
  JsonSection(const Json& json, std::string name, std::string path, std::string fix, ProblemList* problems)
      : json_(json), name_(std::move(name)), path_(std::move(path)), fix_(std::move(fix)), problems_(problems) {}

  void Add(const std::string& what) const { Add(what, fix_); }
  void Add(const std::string& what, const std::string& fix) const;
  /// "'view.max_pieces'".
  [[nodiscard]] std::string Key(const std::string& key) const;
  /// Null when the key is absent.
  [[nodiscard]] const Json* Find(const std::string& key) const;
  /// Null with a problem when the key is absent.
  const Json* Need(const std::string& key) const;
  /// An integer in [low, high], or -1 with a problem; `low` is not negative.
  int64_t Integer(const std::string& key, int64_t low, int64_t high) const;
  /// The same, `fallback` when the key is absent or null.
  int64_t IntegerOr(const std::string& key, int64_t fallback, int64_t low, int64_t high) const;
  /// A number in [0, 1), or -1 with a problem.
  double Rate(const std::string& key) const;
  /// The same, `fallback` when the key is absent or null.
  double RateOr(const std::string& key, double fallback) const;
  /// One of the texts; else the first of them with a problem.
  std::string OneOf(const std::string& key, std::initializer_list<std::string_view> allowed) const;
  std::string OneOf(const std::string& key, std::span<const std::string_view> allowed) const;
  /// The same, `fallback` when the key is absent or null.
  std::string OneOf(const std::string& key, std::initializer_list<std::string_view> allowed,
                    const std::string& fallback) const;
  /// The strings of a list without doubled ones, or nothing with a problem.
  std::optional<std::vector<std::string>> Names(const std::string& key, size_t least) const;

 private:
  [[nodiscard]] bool Absent(const std::string& key) const;
  const Json& json_;
  std::string name_, path_, fix_;
  ProblemList* problems_;
};

}  // namespace clner
