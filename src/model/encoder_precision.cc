#include "model/encoder_precision.h"

#include "core/error.h"
#include "core/log.h"
#include "core/suggest.h"

namespace clner {

void SetPrecision(nn::Encoder& encoder, const std::string& precision, at::Device device) {
  if (precision == "fp32" && !device.is_cpu()) return;  // packed forms are those of the processor
  if (precision == "fp32") return encoder.Pack();
  if (precision == "int8" && !device.is_cpu()) {
    throw Error(ErrorCode::kConfig, "precision int8 is not there on device '" + device.str() + "'", "",
                "use --precision bf16 on a GPU, or --device cpu");
  }
  if (precision == "int8") return encoder.Quantize();
  if (precision != "bf16") {
    throw Error(ErrorCode::kConfig,
                "unknown precision '" + precision + "'" + DidYouMean(precision, {"fp32", "bf16", "int8"}), "",
                "precisions: fp32, bf16, int8");
  }
  if (device.is_cpu() && !__builtin_cpu_supports("avx512bf16")) {
    LogWarning("slow bf16", "this processor has no bfloat16 instructions; bf16 is slower than fp32 here", "",
               "use fp32 or int8");
  }
  nn::EncoderRunOptions run = encoder.run_options();
  run.bf16 = true;
  encoder.set_run_options(run);
}

}  // namespace clner
