// What the tests of `clner model` share.
#pragma once

#include "program.h"
#include "tiny_model_files.h"

namespace clner::test {

class ModelCommand : public Scratch {
 protected:
  ProcessResult Verify(const TinyModel& model, bool trained = true) {
    model.Write(Path("m"), trained);
    return RunClner({"model", "verify", Path("m")});
  }
};

}  // namespace clner::test
