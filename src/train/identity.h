// What must be equal for a resumed run to continue exactly: configuration, data, encoder, threads, version.
#pragma once

#include <c10/core/Device.h>

#include <string>

#include "config/options.h"
#include "core/json.h"

namespace clner {

/// Hashes and settings recorded in run.json and in every checkpoint.
[[nodiscard]] Json RunIdentity(const RunConfig& config, at::Device device);

/// Compares the identity of a checkpoint with the present one. Other configuration (beyond harmless keys) or data: 78
/// listing the differences unless `force`; other thread count, kind of device or version: a warning that results may
/// differ in the last bits.
void CheckIdentity(const Json& saved, const Json& present, bool force, const std::string& place);

}  // namespace clner
