#include "core/json.h"

#include <charconv>
#include <cmath>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/json_sax.h"
#include "core/utf8.h"

namespace clner {
namespace {

// Builds the tree. Keys go to the end of the object without the linear search of ordered_json, so that a vocabulary of
// 250,000 entries takes no quadratic time; the set of each open object finds duplicates.
class TreeBuilder : public internal::JsonEvents {
 public:
  explicit TreeBuilder(BigIntegers big_integers) : big_integers_(big_integers) {}
  Json Take() { return std::move(root_); }

  void Null() override { Add(nullptr); }
  void Bool(bool value) override { Add(value); }
  void Integer(int64_t value) override { Add(value); }
  void Unsigned(uint64_t value) override { Add(value); }
  void Float(double value) override { Add(value); }
  void String(std::string& value) override { Add(std::move(value)); }
  void Key(std::string& name) override {
    if (!open_.back().keys.insert(name).second) {
      Refuse("bad JSON: duplicate key '" + Printable(name, 100) + "'", "keep one of the two");
    }
    key_ = std::move(name);
  }
  void BeginObject() override { open_.push_back({Add(Json::object()), {}}); }
  void EndObject() override { open_.pop_back(); }
  void BeginArray() override { open_.push_back({Add(Json::array()), {}}); }
  void EndArray() override { open_.pop_back(); }
  [[nodiscard]] bool TakesBigIntegers() const override { return big_integers_ == BigIntegers::kAsDouble; }

 private:
  struct Open {
    Json* value;
    std::unordered_set<std::string> keys;
  };

  // The containers above the last one do not grow while it is open, so that pointers to it stay valid.
  Json* Add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back().value;
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    auto& members = parent.get_ref<Json::object_t&>();
    members.emplace_back(std::move(key_), std::move(value));
    return &members.back().second;
  }

  BigIntegers big_integers_;
  Json root_;
  std::string key_;
  std::vector<Open> open_;
};

}  // namespace

Json ParseJson(std::string_view text, const std::string& name, ErrorCode code, BigIntegers big_integers) {
  TreeBuilder builder(big_integers);
  internal::ReadJson(text, name, code, builder);
  return builder.Take();
}

std::string DumpJson(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string JsonNumber(double value) {
  if (!std::isfinite(value)) return "null";
  char digits[32];
  // From 2^63 on the shortest form can be a bare integer, which strict readers refuse as beyond 64 bits.
  const bool beyond_integers = std::abs(value) >= 0x1p63;
  const auto [end, error] = beyond_integers
                                ? std::to_chars(digits, digits + sizeof(digits), value, std::chars_format::scientific)
                                : std::to_chars(digits, digits + sizeof(digits), value);
  CLNER_CHECK(error == std::errc(), "no room for a double");
  return std::string(digits, end);
}

Json ProblemsToJson(const Error& error) {
  Json list = Json::array();
  for (const Problem& problem : error.problems()) {
    list.push_back({{"what", problem.what},
                    {"where", problem.where},
                    {"fix", problem.fix},
                    {"code", static_cast<int>(error.code())}});
  }
  return list;
}

}  // namespace clner
