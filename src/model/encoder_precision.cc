#include "model/encoder_precision.h"

#include "core/error.h"
#include "core/log.h"
#include "core/suggest.h"

namespace clner {

void SetPrecision(nn::Encoder& encoder, const std::string& precision) {
  if (precision == "fp32") return encoder.Pack();
  if (precision == "int8") return encoder.Quantize();
  if (precision != "bf16") {
    throw Error(ErrorCode::kConfig,
                "unknown precision '" + precision + "'" + DidYouMean(precision, {"fp32", "bf16", "int8"}), "",
                "precisions: fp32, bf16, int8");
  }
  if (!__builtin_cpu_supports("avx512bf16")) {
    LogWarning("slow bf16", "this processor has no bfloat16 instructions; bf16 is slower than fp32 here", "",
               "use fp32 or int8");
  }
  nn::EncoderRunOptions run = encoder.run_options();
  run.bf16 = true;
  encoder.set_run_options(run);
}

}  // namespace clner
