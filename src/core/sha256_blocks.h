// The compression function of SHA-256 in two versions, so that tests can hold them against each other.
#pragma once

#include <cstddef>
#include <cstdint>

namespace clner::internal {

/// Folds `blocks` blocks of 64 bytes into `state` (8 words).
using Sha256Compress = void (*)(uint32_t* state, const uint8_t* data, size_t blocks);

void Sha256CompressPortable(uint32_t* state, const uint8_t* data, size_t blocks);
/// The version with x86 SHA instructions, or null when this processor has none.
[[nodiscard]] Sha256Compress Sha256CompressHardware();

}  // namespace clner::internal
