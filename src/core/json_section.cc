#include "core/json_section.h"

#include <algorithm>
#include <set>

#include "core/utf8.h"

namespace clner {

void JsonSection::Add(const std::string& what, const std::string& fix) const {
  problems_->Add(ErrorCode::kCorrupt, {what, path_, fix});
}

std::string JsonSection::Key(const std::string& key) const {
  return "'" + (name_.empty() ? key : name_ + "." + key) + "'";
}

const Json* JsonSection::Find(const std::string& key) const {
  const auto found = json_.find(key);
  return found == json_.end() ? nullptr : &*found;
}

const Json* JsonSection::Need(const std::string& key) const {
  const Json* value = Find(key);
  if (value == nullptr) Add(Key(key) + " is missing");
  return value;
}

bool JsonSection::Absent(const std::string& key) const {
  const Json* value = Find(key);
  return value == nullptr || value->is_null();
}

int64_t JsonSection::Integer(const std::string& key, int64_t low, int64_t high) const {
  const Json* value = Need(key);
  if (value == nullptr) return -1;
  if (!value->is_number_integer()) {
    Add(Key(key) + " is not an integer");
  } else if (value->get<int64_t>() < low || value->get<int64_t>() > high) {
    Add(Key(key) + " is " + value->dump() + ", allowed: " + std::to_string(low) + " to " + std::to_string(high));
  } else {
    return value->get<int64_t>();
  }
  return -1;
}

int64_t JsonSection::IntegerOr(const std::string& key, int64_t fallback, int64_t low, int64_t high) const {
  return Absent(key) ? fallback : Integer(key, low, high);
}

double JsonSection::Rate(const std::string& key) const {
  const Json* value = Need(key);
  if (value == nullptr) return -1;
  const bool inside = value->is_number() && value->get<double>() >= 0 && value->get<double>() < 1;
  if (!inside) Add(Key(key) + " is not a number from 0 to below 1");
  return inside ? value->get<double>() : -1;
}

double JsonSection::RateOr(const std::string& key, double fallback) const { return Absent(key) ? fallback : Rate(key); }

std::string JsonSection::OneOf(const std::string& key, std::initializer_list<std::string_view> allowed) const {
  return OneOf(key, std::span(allowed.begin(), allowed.size()));
}

std::string JsonSection::OneOf(const std::string& key, std::span<const std::string_view> allowed) const {
  const Json* value = Need(key);
  if (value == nullptr) return std::string(allowed.front());
  std::string list;
  for (const std::string_view text : allowed) {
    if (value->is_string() && value->get_ref<const std::string&>() == text) return std::string(text);
    list += (list.empty() ? "" : ", ") + std::string(text);
  }
  Add(Key(key) + " is " + Printable(DumpJson(*value)) + ", supported: " + list);
  return std::string(allowed.front());
}

std::string JsonSection::OneOf(const std::string& key, std::initializer_list<std::string_view> allowed,
                               const std::string& fallback) const {
  return Absent(key) ? fallback : OneOf(key, allowed);
}

std::optional<std::vector<std::string>> JsonSection::Names(const std::string& key, size_t least) const {
  const Json* value = Find(key);
  const bool fits = value != nullptr && value->is_array() && value->size() >= least &&
                    std::all_of(value->begin(), value->end(), [](const Json& item) { return item.is_string(); });
  if (!fits) {
    Add(Key(key) +
        (least > 0 ? " is missing, empty or not a list of strings" : " is missing or not a list of strings"));
    return std::nullopt;
  }
  const auto names = value->get<std::vector<std::string>>();
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) Add(Key(key) + " holds '" + Printable(name) + "' twice");
  }
  return names;
}

}  // namespace clner
