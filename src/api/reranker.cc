#include <ATen/Parallel.h>

#include "api/backend.h"
#include "api/guard.h"
#include "model/encoder_reranker.h"
#include "tensor/device.h"

namespace clner::api {
namespace {

class GuardedReranker final : public Reranker {
 public:
  explicit GuardedReranker(EncoderReranker reranker) : reranker_(std::move(reranker)) {}
  std::vector<std::vector<double>> Score(std::span<const RerankRequest> requests) override {
    return Guarded([&] { return reranker_.Score(requests); });
  }
  std::string identity() const override {
    return Guarded([&] { return reranker_.identity(); });
  }

 private:
  EncoderReranker reranker_;
};

}  // namespace

std::unique_ptr<Reranker> LoadReranker(const std::string& directory, const LoadOptions& options,
                                       const EncoderRankingOptions& ranking) {
  return Guarded([&]() -> std::unique_ptr<Reranker> {
    const at::Device device = ResolveDevice(options.device);
    if (options.threads > 0) at::set_num_threads(options.threads);
    return std::make_unique<GuardedReranker>(EncoderReranker(directory, ranking,
                                                             {.verify = options.verify,
                                                              .precision = options.precision,
                                                              .batch_pieces = options.batch_pieces,
                                                              .device = device}));
  });
}

}  // namespace clner::api
