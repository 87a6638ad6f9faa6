// The Torch side of a loaded tagger.
#pragma once

#include "api/entry.h"
#include "model/model_directory.h"

namespace clner::api {

/// Throws kConfig for a device this build does not have.
void CheckDevice(const std::string& device);
[[nodiscard]] std::unique_ptr<TaggerBackend> LoadBackend(const std::string& directory, const LoadOptions& options);

}  // namespace clner::api
