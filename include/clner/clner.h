// The public API of clner. No Torch, YAML, logging or JSON type appears in it.
#pragma once

#include "clner/error.h"
#include "clner/tagger.h"
#include "clner/train.h"
