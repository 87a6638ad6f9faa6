// What bench_crf measures: random problems with sentence lengths of a corpus, as files for the peer and calls of the
// kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "kernels/crf.h"

namespace clner::bench {

inline double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Sentence lengths of a column file.
inline std::vector<int32_t> ReadLengths(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw Error(ErrorCode::kNoInput, "cannot open '" + path + "'", path, "pass --data or set CLNER_DATA");
  std::vector<int32_t> lengths;
  int32_t words = 0;
  for (std::string line; std::getline(in, line);) {
    const bool blank = line.find_first_not_of(" \t\r") == std::string::npos;
    if (blank && words > 0) lengths.push_back(std::exchange(words, 0));
    if (!blank && line.rfind("-DOCSTART-", 0) != 0) ++words;
  }
  if (words > 0) lengths.push_back(words);
  if (lengths.empty()) throw Error(ErrorCode::kData, "no sentence in '" + path + "'", path, "pass a column file");
  return lengths;
}

/// One cell of the grid: inputs, buffers and calls. `views` copies of every sentence with noisy emissions make one
/// batch.
class CrfCase {
 public:
  CrfCase(int64_t tags, int64_t sentences, int64_t views, const std::vector<int32_t>& corpus, uint64_t seed)
      : tags_(tags), sentences_(sentences) {
    std::mt19937_64 random(seed);
    for (int64_t b = 0; b < sentences; ++b) {
      lengths_.push_back(corpus[random() % corpus.size()]);
      words_ += lengths_.back();
    }
    offsets_.push_back(0);
    for (int64_t b = 0; b < views * sentences; ++b)
      offsets_.push_back(offsets_.back() + lengths_[static_cast<size_t>(b % sentences)]);
    std::normal_distribution<float> normal;
    const auto fill = [&](std::vector<float>* values, int64_t count, float deviation) {
      values->resize(static_cast<size_t>(count));
      for (float& v : *values) v = deviation * normal(random);
    };
    fill(&emissions_, words_ * tags, 2.0f);
    fill(&transitions_, tags * tags, 0.5f);
    fill(&start_, tags, 0.5f);
    fill(&end_, tags, 0.5f);
    for (int64_t i = 0; i < words_; ++i) gold_.push_back(static_cast<int32_t>(random() % static_cast<uint64_t>(tags)));
    const auto cells = static_cast<int64_t>(emissions_.size());
    for (int64_t i = cells; i < views * cells; ++i)
      emissions_.push_back(emissions_[static_cast<size_t>(i % cells)] + 0.5f * normal(random));
    for (int64_t i = words_; i < views * words_; ++i) gold_.push_back(gold_[static_cast<size_t>(i % words_)]);
    weight_.assign(static_cast<size_t>(views * sentences), 1.0f / static_cast<float>(sentences));
    batch_ = {views * sentences, tags,   views * words_, *std::max_element(lengths_.begin(), lengths_.end()),
              offsets_.data(),   nullptr};
    params_ = {transitions_.data(), start_.data(), end_.data(), tags};
    loss_.resize(weight_.size());
    flags_.resize(weight_.size());
  }
  virtual ~CrfCase() = default;
  CrfCase(const CrfCase&) = delete;
  CrfCase& operator=(const CrfCase&) = delete;

  [[nodiscard]] int64_t Words() const { return words_; }  ///< of one view
  virtual void Run() = 0;
  /// Worst relative difference of the results to the peer's file.
  virtual double Compare(const std::string& path) = 0;

  void Write(const std::string& path) const {
    std::ofstream out(path, std::ios::binary);
    const int64_t sizes[] = {sentences_, tags_, words_};
    const auto put = [&](const auto* values, size_t count) {
      out.write(reinterpret_cast<const char*>(values), static_cast<std::streamsize>(count * sizeof(*values)));
    };
    put(sizes, 3);
    put(lengths_.data(), lengths_.size());
    put(emissions_.data(), emissions_.size());
    put(gold_.data(), static_cast<size_t>(words_));
    for (const auto* values : {&transitions_, &start_, &end_}) put(values->data(), values->size());
    if (!out) throw Error(ErrorCode::kOutput, "cannot write '" + path + "'");
  }

  /// CPU seconds of one call, averaged over enough calls to fill `least` seconds.
  virtual double Time(double least) {
    int64_t calls = 0;
    const double begin = CpuSeconds();
    double spent = 0;
    while (spent < least) {
      for (int i = 0; i < 4; ++i) Run();
      calls += 4;
      spent = CpuSeconds() - begin;
    }
    return spent / static_cast<double>(calls);
  }

 protected:
  /// Brings the results of Run to where Compare reads them.
  virtual void Fetch() {}
  [[nodiscard]] crf::Rows Emissions() const { return {emissions_.data(), tags_}; }
  crf::Workspace Reserve(crf::Operation operation) {
    workspace_.resize(crf::WorkspaceBytes(operation, batch_));
    return {workspace_.data(), workspace_.size()};
  }
  static void Check(crf::KernelStatus status) {
    if (status != crf::KernelStatus::kOk)
      throw Error(ErrorCode::kInternal, std::string("kernel: ") + crf::StatusText(status));
  }
  template <class T>
  static std::vector<T> Read(std::ifstream* in, size_t count, const std::string& path) {
    std::vector<T> values(count);
    in->read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(T)));
    if (!*in) throw Error(ErrorCode::kData, "'" + path + "' of the peer is too short");
    return values;
  }
  /// Largest difference of `count` values to those next in the peer's file, over the largest of these.
  template <class T>
  static double Against(const T* ours, size_t count, std::ifstream* in, const std::string& path) {
    const std::vector<float> want = Read<float>(in, count, path);
    double difference = 0, scale = 1e-12;
    for (size_t i = 0; i < count; ++i) {
      const double d = std::abs(static_cast<double>(ours[i]) - static_cast<double>(want[i]));
      difference = std::isnan(d) ? HUGE_VAL : std::max(difference, d);
      scale = std::max(scale, std::abs(static_cast<double>(want[i])));
    }
    return difference / scale;
  }

  int64_t tags_, sentences_, words_ = 0;
  std::vector<int32_t> lengths_, gold_;
  std::vector<int64_t> offsets_;
  std::vector<float> emissions_, transitions_, start_, end_, weight_;
  std::vector<double> loss_;
  std::vector<uint8_t> flags_;
  std::vector<char> workspace_;
  crf::Batch batch_;
  crf::Params params_;
};

/// Gradient buffers, in the order of the peer's files.
struct CrfGradients {
  CrfGradients(size_t cells, size_t tags) : emissions(cells), transitions(tags * tags), start(tags), end(tags) {}
  [[nodiscard]] crf::RowsOut Rows() { return {emissions.data(), static_cast<int64_t>(start.size())}; }
  [[nodiscard]] crf::ParamGrads Params() {
    return {transitions.data(), start.data(), end.data(), static_cast<int64_t>(start.size())};
  }
  std::vector<float> emissions, transitions, start, end;
};

/// Mean negative log-likelihood with all gradients.
class NllCase : public CrfCase {
 public:
  NllCase(int64_t tags, int64_t sentences, const std::vector<int32_t>& corpus, uint64_t seed)
      : CrfCase(tags, sentences, 1, corpus, seed),
        gradients_(emissions_.size(), start_.size()),
        space_(Reserve(crf::Operation::kNll)) {}
  void Run() override {
    Check(crf::Nll(batch_, Emissions(), params_, gold_.data(), weight_.data(), loss_.data(), gradients_.Rows(),
                   gradients_.Params(), flags_.data(), space_));
  }
  double Compare(const std::string& path) override {
    Run();
    Fetch();
    std::ifstream in(path, std::ios::binary);
    double worst = Against(loss_.data(), loss_.size(), &in, path);
    for (const auto* values : {&gradients_.emissions, &gradients_.transitions, &gradients_.start, &gradients_.end})
      worst = std::max(worst, Against(values->data(), values->size(), &in, path));
    return worst;
  }

 protected:
  CrfGradients gradients_;
  crf::Workspace space_;
};

/// Viterbi.
class DecodeCase : public CrfCase {
 public:
  DecodeCase(int64_t tags, int64_t sentences, const std::vector<int32_t>& corpus, uint64_t seed)
      : CrfCase(tags, sentences, 1, corpus, seed), out_(gold_.size()), space_(Reserve(crf::Operation::kViterbi)) {}
  void Run() override {
    Check(crf::Viterbi(batch_, Emissions(), params_, nullptr, out_.data(), loss_.data(), flags_.data(), space_));
  }
  /// 0 or 1: equal tags or not.
  double Compare(const std::string& path) override {
    Run();
    Fetch();
    std::ifstream in(path, std::ios::binary);
    return Read<int32_t>(&in, out_.size(), path) == out_ ? 0.0 : 1.0;
  }

 protected:
  std::vector<int32_t> out_;
  crf::Workspace space_;
};

/// NLL of both views of every pair and the tempered KL from the second to the first, with all gradients of the sum of
/// their means.
class CooperativeCase : public CrfCase {
 public:
  CooperativeCase(int64_t tags, int64_t pairs, float tau, const std::vector<int32_t>& corpus, uint64_t seed)
      : CrfCase(tags, pairs, 2, corpus, seed),
        gradients_(emissions_.size(), start_.size()),
        cl_(loss_.size()),
        teacher_of_(loss_.size(), -1),
        space_(Reserve(crf::Operation::kJoint)) {
    for (size_t b = 0; b < teacher_of_.size() / 2; ++b) teacher_of_[b] = static_cast<int64_t>(b) + pairs;
    terms_.gold = gold_.data();
    terms_.nll_weight = weight_.data();
    terms_.teacher_of = teacher_of_.data();
    terms_.cooperative.weight = weight_.data();
    terms_.cooperative.tau = tau;
  }
  void Run() override {
    Check(crf::Joint(batch_, Emissions(), params_, terms_, loss_.data(), cl_.data(), gradients_.Rows(),
                     gradients_.Params(), flags_.data(), space_));
  }
  double Compare(const std::string& path) override {
    Run();
    std::ifstream in(path, std::ios::binary);
    double worst = Against(loss_.data(), loss_.size(), &in, path);
    worst = std::max(worst, Against(cl_.data(), cl_.size() / 2, &in, path));
    for (const auto* values : {&gradients_.emissions, &gradients_.transitions, &gradients_.start, &gradients_.end})
      worst = std::max(worst, Against(values->data(), values->size(), &in, path));
    return worst;
  }

 private:
  CrfGradients gradients_;
  std::vector<double> cl_;
  std::vector<int64_t> teacher_of_;
  crf::JointTerms terms_;
  crf::Workspace space_;
};

}  // namespace clner::bench
