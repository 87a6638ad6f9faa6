// The cases of bench_crf on a GPU: the same problems in its memory, timed by the clock around finished launches.
#pragma once

#include <cuda_runtime.h>

#include <memory>

#include "bench_program.h"
#include "crf_cases.h"

namespace clner::bench {

inline void CheckCuda(cudaError_t error) {
  if (error != cudaSuccess) throw Error(ErrorCode::kInternal, std::string("CUDA: ") + cudaGetErrorString(error));
}

/// Host values mirrored in device memory.
template <class T>
class GpuCopy {
 public:
  explicit GpuCopy(const std::vector<T>& host) : bytes_(host.size() * sizeof(T)) {
    void* memory = nullptr;
    CheckCuda(cudaMalloc(&memory, bytes_));
    memory_.reset(static_cast<T*>(memory));
    CheckCuda(cudaMemcpy(memory_.get(), host.data(), bytes_, cudaMemcpyHostToDevice));
  }
  [[nodiscard]] T* get() const { return memory_.get(); }
  /// Waits for everything that was launched.
  void Fetch(std::vector<T>* host) const {
    CheckCuda(cudaMemcpy(host->data(), memory_.get(), bytes_, cudaMemcpyDeviceToHost));
  }

 private:
  struct Free {
    void operator()(T* memory) const { cudaFree(memory); }
  };
  size_t bytes_;
  std::unique_ptr<T, Free> memory_;
};

/// A case of the processor whose inputs and results are in device memory, too.
template <class Case>
class GpuCase : public Case {
 public:
  template <class... Arguments>
  GpuCase(crf::Operation operation, Arguments&&... arguments)
      : Case(std::forward<Arguments>(arguments)...),
        offsets_on_gpu_(this->offsets_),
        emissions_on_gpu_(this->emissions_),
        transitions_on_gpu_(this->transitions_),
        start_on_gpu_(this->start_),
        end_on_gpu_(this->end_),
        loss_on_gpu_(this->loss_),
        flags_on_gpu_(this->flags_),
        space_on_gpu_(std::vector<char>(crf::WorkspaceBytesCuda(operation, this->batch_))) {
    batch_on_gpu_ = this->batch_;
    batch_on_gpu_.offsets = offsets_on_gpu_.get();
    params_on_gpu_ = {transitions_on_gpu_.get(), start_on_gpu_.get(), end_on_gpu_.get(), this->tags_};
    workspace_on_gpu_ = {space_on_gpu_.get(), crf::WorkspaceBytesCuda(operation, this->batch_)};
  }
  /// Seconds of one call by the clock.
  double Time(double least) override {
    int64_t calls = 0;
    CheckCuda(cudaDeviceSynchronize());
    const double begin = Seconds();
    double spent = 0;
    while (spent < least) {
      for (int i = 0; i < 16; ++i) this->Run();
      CheckCuda(cudaDeviceSynchronize());
      calls += 16;
      spent = Seconds() - begin;
    }
    return spent / static_cast<double>(calls);
  }

 protected:
  [[nodiscard]] crf::Rows EmissionsOnGpu() const { return {emissions_on_gpu_.get(), this->tags_}; }

  GpuCopy<int64_t> offsets_on_gpu_;
  GpuCopy<float> emissions_on_gpu_, transitions_on_gpu_, start_on_gpu_, end_on_gpu_;
  GpuCopy<double> loss_on_gpu_;
  GpuCopy<uint8_t> flags_on_gpu_;
  GpuCopy<char> space_on_gpu_;
  crf::Batch batch_on_gpu_;
  crf::Params params_on_gpu_;
  crf::Workspace workspace_on_gpu_;
};

class NllGpuCase : public GpuCase<NllCase> {
 public:
  NllGpuCase(int64_t tags, int64_t sentences, const std::vector<int32_t>& corpus, uint64_t seed)
      : GpuCase(crf::Operation::kNll, tags, sentences, corpus, seed) {}
  void Run() override {
    Check(crf::NllCuda(batch_on_gpu_, EmissionsOnGpu(), params_on_gpu_, gold_on_gpu_.get(), weight_on_gpu_.get(),
                       loss_on_gpu_.get(), {d_emissions_.get(), tags_},
                       {d_transitions_.get(), d_start_.get(), d_end_.get(), tags_}, flags_on_gpu_.get(),
                       workspace_on_gpu_, nullptr));
  }

 private:
  void Fetch() override {
    loss_on_gpu_.Fetch(&loss_);
    d_emissions_.Fetch(&gradients_.emissions);
    d_transitions_.Fetch(&gradients_.transitions);
    d_start_.Fetch(&gradients_.start);
    d_end_.Fetch(&gradients_.end);
  }
  GpuCopy<int32_t> gold_on_gpu_{gold_};
  GpuCopy<float> weight_on_gpu_{weight_};
  GpuCopy<float> d_emissions_{gradients_.emissions}, d_transitions_{gradients_.transitions}, d_start_{gradients_.start},
      d_end_{gradients_.end};
};

class DecodeGpuCase : public GpuCase<DecodeCase> {
 public:
  DecodeGpuCase(int64_t tags, int64_t sentences, const std::vector<int32_t>& corpus, uint64_t seed)
      : GpuCase(crf::Operation::kViterbi, tags, sentences, corpus, seed) {}
  void Run() override {
    Check(crf::ViterbiCuda(batch_on_gpu_, EmissionsOnGpu(), params_on_gpu_, nullptr, out_on_gpu_.get(),
                           loss_on_gpu_.get(), flags_on_gpu_.get(), workspace_on_gpu_, nullptr));
  }

 private:
  void Fetch() override { out_on_gpu_.Fetch(&out_); }
  GpuCopy<int32_t> out_on_gpu_{out_};
};

}  // namespace clner::bench
