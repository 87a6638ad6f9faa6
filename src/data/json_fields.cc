#include "data/json_fields.h"

#include <fmt/format.h>

#include <limits>

#include "core/utf8.h"

namespace clner {

void RefuseField(std::string what, std::string path, std::string fix) {
  throw Error(ErrorCode::kData, std::move(what), std::move(path), std::move(fix));
}

const Json* FindField(const Json& json, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const auto found = json.find(name); found != json.end() && !found->is_null()) return &*found;
  }
  return nullptr;
}

const Json& NeedField(const Json& json, std::initializer_list<const char*> names, const std::string& path) {
  if (const Json* field = FindField(NeedObject(json, path), names)) return *field;
  RefuseField(fmt::format("field '{}' is missing", *names.begin()), path,
              "check that the file is of the format it is read as");
}

const Json& NeedObject(const Json& json, const std::string& path) {
  if (json.is_object()) return json;
  RefuseField(fmt::format("{}, not an object", json.type_name()), path, "write {...}");
}

const Json& NeedList(const Json& json, const std::string& path) {
  if (json.is_array()) return json;
  RefuseField(fmt::format("{}, not a list", json.type_name()), path, "write [...]");
}

std::string NeedString(const Json& json, const std::string& path) {
  if (json.is_string()) return json.get<std::string>();
  RefuseField(fmt::format("{}, not a string", json.type_name()), path, "write a text in quotes");
}

std::vector<std::string> NeedStrings(const Json& json, const std::string& path) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < NeedList(json, path).size(); ++i) texts.push_back(NeedString(json[i], ItemPath(path, i)));
  return texts;
}

int64_t NeedPosition(const Json& json, const std::string& path) {
  if (!json.is_number_integer())
    RefuseField(fmt::format("{} is no position", Printable(DumpJson(json))), path, "positions are integers from 0 on");
  const bool fits = json.is_number_unsigned() ? json.get<uint64_t>() < uint64_t{std::numeric_limits<int64_t>::max()}
                                              : json.get<int64_t>() >= 0;
  if (fits) return json.get<int64_t>();
  RefuseField(fmt::format("position {} is below 0 or too large", DumpJson(json)), path, "positions count from 0");
}

std::string ItemPath(std::string_view path, size_t index) { return fmt::format("{}[{}]", path, index); }

}  // namespace clner
