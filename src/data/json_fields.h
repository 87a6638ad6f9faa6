// Typed access to fields of records from outside; every failure is 65 with the place inside the record.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace clner {

[[noreturn]] void RefuseField(std::string what, std::string path, std::string fix);
/// The first of `names` that is there and not null, or nullptr. `json` must be an object.
[[nodiscard]] const Json* FindField(const Json& json, std::initializer_list<const char*> names);
/// FindField, or 65 naming the first of `names`.
[[nodiscard]] const Json& NeedField(const Json& json, std::initializer_list<const char*> names,
                                    const std::string& path);
const Json& NeedObject(const Json& json, const std::string& path);
const Json& NeedList(const Json& json, const std::string& path);
[[nodiscard]] std::string NeedString(const Json& json, const std::string& path);
[[nodiscard]] std::vector<std::string> NeedStrings(const Json& json, const std::string& path);
/// An integer from 0 on.
[[nodiscard]] int64_t NeedPosition(const Json& json, const std::string& path);
/// `path`[`index`]
[[nodiscard]] std::string ItemPath(std::string_view path, size_t index);

}  // namespace clner
