// The number format in which an encoder computes.
#pragma once

#include <string>

#include "nn/encoder.h"

namespace clner {

/// From now on for inference only, on the encoder's `device`: "fp32", "bf16" (with a warning where the processor has no
/// such products) or "int8", which processors alone have. kConfig for other names.
void SetPrecision(nn::Encoder& encoder, const std::string& precision, at::Device device = at::kCPU);

}  // namespace clner
