// The Torch side of a loaded tagger.
#pragma once

#include "api/entry.h"
#include "model/model_directory.h"

namespace clner::api {

[[nodiscard]] std::unique_ptr<TaggerBackend> LoadBackend(const std::string& directory, const LoadOptions& options);

}  // namespace clner::api
