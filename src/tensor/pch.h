// Precompiled header of the Torch part.
#pragma once

#include <torch/torch.h>

#include <nlohmann/json.hpp>
