// Linear-chain CRF kernels: the only statement of their contract. Plain pointers and integers; no allocation,
// exception, logging or global state; knows neither Torch nor the rest of clner. Mathematics: docs/internals/crf.md.
//
// Axes: B sentences, K tags, M = sum of sentence lengths (rows). score(y) = start[y_1] + sum e_i[y_i] + sum A[y_{i-1},
// y_i] + end[y_n].
#pragma once

#include <cstddef>
#include <cstdint>

namespace clner::crf {

enum class KernelStatus : int { kOk, kBadArgument, kNotCompiled, kNoDevice, kLaunchFailed };
[[nodiscard]] const char* StatusText(KernelStatus status);

/// Bits of the per-sentence flags.
enum SentenceFlag : uint8_t {
  kRedone = 1,      ///< float32 lost too much mass; the sentence was recomputed in float64 log space (results are good)
  kInfeasible = 2,  ///< no path has a finite score, or the gold path is forbidden: loss +inf, gradient contributions 0
  kNonFinite = 4,   ///< NaN or +inf in the inputs: loss NaN, gradient contributions 0
};

/// Where the rows of each sentence are.
struct Batch {
  int64_t sentences = 0;             ///< B >= 0
  int64_t tags = 0;                  ///< 1 <= K <= 1024
  int64_t rows = 0;                  ///< rows of the matrices
  int64_t max_length = 0;            ///< longest sentence; sizes the workspace
  const int64_t* offsets = nullptr;  ///< [B+1] non-decreasing; packed: sentence b = rows offsets[b] .. offsets[b+1]-1
  const int32_t* lengths =
      nullptr;  ///< null = packed; else [B]: sentence b = lengths[b] rows from offsets[b] (padded layouts)
};

struct Rows {  ///< [rows][K] float32, `stride` >= K floats between rows
  const float* data = nullptr;
  int64_t stride = 0;
};
struct RowsOut {
  float* data = nullptr;
  int64_t stride = 0;
};
struct Params {  ///< [K][K] from,to with `stride` >= K; [K]; [K]
  const float* transitions = nullptr;
  const float* start = nullptr;
  const float* end = nullptr;
  int64_t stride = 0;
};
struct ParamGrads {  ///< written, not added to
  float* transitions = nullptr;
  float* start = nullptr;
  float* end = nullptr;
  int64_t stride = 0;
};
/// Legal tags and transitions; null members mean "all allowed".
struct Constraints {
  const uint8_t* transitions = nullptr;  ///< [K][K] from,to
  const uint8_t* start = nullptr;        ///< [K]
  const uint8_t* end = nullptr;          ///< [K]
};
/// How blocks of sentences are spread over threads; null runs serially. The result does not depend on it.
struct Exec {
  void (*parallel_for)(void* context, int64_t n, void (*body)(void* body_context, int64_t index),
                       void* body_context) = nullptr;
  void* context = nullptr;
};
struct Workspace {
  void* data = nullptr;  ///< any alignment
  size_t bytes = 0;
};

enum class Operation { kNll, kMarginals, kViterbi, kPosterior, kSpanMarginals, kJoint, kCooperative };
/// Bytes of workspace `operation` needs for `batch` (only sizes and offsets are read); 0 when the batch is not valid.
[[nodiscard]] size_t WorkspaceBytes(Operation operation, const Batch& batch);

// Common to all operations: outputs must not overlap inputs (d_emissions or unary over emissions is kBadArgument), a
// refused call writes nothing, +inf or NaN in the parameters flags every sentence kNonFinite, and a sentence without
// words scores 0.

/// Negative log-likelihood with all gradients. gold [rows] tags; weight [B] scales each sentence's gradient
/// contributions (null = 1). Out: loss [B] float64 (unweighted log Z - score(gold)), d_emissions [rows][K], grads,
/// flags [B].
[[nodiscard]] KernelStatus Nll(const Batch& batch, Rows emissions, const Params& params, const int32_t* gold,
                               const float* weight, double* loss, RowsOut d_emissions, const ParamGrads& grads,
                               uint8_t* flags, Workspace workspace, const Exec& exec = {});

/// Which number compares the unary marginals of a student, p, with those of its teacher, q; each is summed over the
/// words. q is a constant, also through the parameters.
enum class CooperativeForm : int {
  kCrossEntropy,  ///< - sum q log p
  kKl,            ///< sum q log(q / p)
  kTemperedKl,    ///< tau^2 sum q' log(q' / p') with q' = softmax(log q / tau), p' = softmax(log p / tau)
};
/// Kept order of the two distributions, or both.
enum class CooperativeDirection : int {
  kTeacherToStudent,  ///< as written above
  kStudentToTeacher,  ///< p and q change places; q is still the constant
  kSymmetric,         ///< the mean of both
};
/// The Cooperative Learning term of a call. A probability below FLT_MIN counts as FLT_MIN in logarithms; a tag below it
/// in both views is left out.
struct CooperativeTerm {
  const float* weight = nullptr;  ///< [B] scales each student's gradient contributions; null = 1
  float tau = 1;                  ///< temperature of kTemperedKl, 0.001..1000
  CooperativeForm form = CooperativeForm::kTemperedKl;
  CooperativeDirection direction = CooperativeDirection::kTeacherToStudent;
};
/// Terms of a joint call. All views are sentences of one batch: original and retrieval view of a pair are two of them.
struct JointTerms {
  const int32_t* gold = nullptr;        ///< [rows] tags; null = no NLL term, then every nll_weight has to be 0
  const float* nll_weight = nullptr;    ///< [B] as in Nll; null = 1
  const int64_t* teacher_of = nullptr;  ///< [B] sentence that teaches this one, of equal length; -1 or null = none
  CooperativeTerm cooperative;
};

/// NLL of every sentence and the Cooperative Learning term of every sentence with a teacher, with all gradients of
/// their weighted sum, from one forward-backward per sentence. A teacher may have several students and a teacher of its
/// own; it receives only the gradients of its own terms. Out: nll [B] and cl [B] float64, both unweighted and 0 where
/// the term is absent; d_emissions [rows][K], grads, flags [B].
/// Terms stand on their own: a forbidden gold path (nll +inf, kInfeasible) leaves the sentence's cl and its teaching as
/// they are. A student without posterior (kNonFinite, or no path at all) has cl NaN or +inf and contributes nothing; a
/// teacher without posterior teaches nothing: cl 0 and no contribution. Equal views give a cl gradient of exactly 0.
[[nodiscard]] KernelStatus Joint(const Batch& batch, Rows emissions, const Params& params, const JointTerms& terms,
                                 double* nll, double* cl, RowsOut d_emissions, const ParamGrads& grads, uint8_t* flags,
                                 Workspace workspace, const Exec& exec = {});

/// The Cooperative Learning term alone, every sentence a student of the marginals in its rows of `teacher` [rows][K]
/// (as Marginals writes them; rows are normalised). A sentence with a row of zeros has no teacher: cl 0, no
/// contribution; one with a negative, infinite or NaN value is kNonFinite.
[[nodiscard]] KernelStatus Cooperative(const Batch& batch, Rows emissions, const Params& params, Rows teacher,
                                       const CooperativeTerm& term, double* cl, RowsOut d_emissions,
                                       const ParamGrads& grads, uint8_t* flags, Workspace workspace,
                                       const Exec& exec = {});

/// log Z [B] float64 and unary marginals [rows][K]; `constraints` may be null (else the renormalised posterior over
/// legal paths).
[[nodiscard]] KernelStatus Marginals(const Batch& batch, Rows emissions, const Params& params,
                                     const Constraints* constraints, double* log_z, RowsOut unary, uint8_t* flags,
                                     Workspace workspace, const Exec& exec = {});

/// Best path. tags [rows], score [B] float64. Ties: the smallest previous tag, then the smallest last tag.
[[nodiscard]] KernelStatus Viterbi(const Batch& batch, Rows emissions, const Params& params,
                                   const Constraints* constraints, int32_t* tags, double* score, uint8_t* flags,
                                   Workspace workspace, const Exec& exec = {});

/// Posterior decoding: arg max of the unary marginals per row, ties to the smallest tag.
[[nodiscard]] KernelStatus Posterior(const Batch& batch, Rows emissions, const Params& params,
                                     const Constraints* constraints, int32_t* tags, double* log_z, uint8_t* flags,
                                     Workspace workspace, const Exec& exec = {});

/// Which tags of one entity type begin, continue and end a span; -1 = the scheme has no such tag.
/// BIOES: all four set. BIO: end = single = -1, an entity ends where `inside` does not follow.
struct SpanTags {
  int32_t begin = -1, inside = -1, end = -1, single = -1;
};
struct SpanQuery {
  int64_t sentence = 0;
  int64_t first = 0, last = 0;  ///< words of the sentence, inclusive
  int32_t type = 0;             ///< index into `types`
};
/// probability [count] that the words first..last carry exactly one entity of the type, under the posterior.
[[nodiscard]] KernelStatus SpanMarginals(const Batch& batch, Rows emissions, const Params& params,
                                         const SpanTags* types, int64_t type_count, const SpanQuery* queries,
                                         int64_t count, float* probability, Workspace workspace, const Exec& exec = {});

// The CUDA twins. Same arguments, results, flags and float64 redo; every pointer is device memory, the workspace
// included, but the structs themselves are read on the host before the call returns. All work is put on `stream` (a
// cudaStream_t; null: the default stream): no allocation and no waiting, and the launches depend on sizes alone, so
// that a call can be captured in a CUDA graph for a bucket of (sentences, rows, max_length); sentences without words
// fill it. Two runs give the same bits. What lies in device memory cannot be refused: a sentence with bad offsets, a
// bad length, gold tag, weight or teacher is flagged kNonFinite and contributes nothing, a bad span query has
// probability NaN. kNotCompiled: a build without CUDA, or libclner_cuda.so is not beside it; kNoDevice: no usable GPU.

/// kOk when the functions below can run.
[[nodiscard]] KernelStatus CudaStatus();
/// Bytes of device memory; only the sizes in `batch` are read. 0 when they are not valid.
[[nodiscard]] size_t WorkspaceBytesCuda(Operation operation, const Batch& batch);
[[nodiscard]] KernelStatus NllCuda(const Batch& batch, Rows emissions, const Params& params, const int32_t* gold,
                                   const float* weight, double* loss, RowsOut d_emissions, const ParamGrads& grads,
                                   uint8_t* flags, Workspace workspace, void* stream);
[[nodiscard]] KernelStatus MarginalsCuda(const Batch& batch, Rows emissions, const Params& params,
                                         const Constraints* constraints, double* log_z, RowsOut unary, uint8_t* flags,
                                         Workspace workspace, void* stream);
[[nodiscard]] KernelStatus ViterbiCuda(const Batch& batch, Rows emissions, const Params& params,
                                       const Constraints* constraints, int32_t* tags, double* score, uint8_t* flags,
                                       Workspace workspace, void* stream);
[[nodiscard]] KernelStatus PosteriorCuda(const Batch& batch, Rows emissions, const Params& params,
                                         const Constraints* constraints, int32_t* tags, double* log_z, uint8_t* flags,
                                         Workspace workspace, void* stream);
[[nodiscard]] KernelStatus SpanMarginalsCuda(const Batch& batch, Rows emissions, const Params& params,
                                             const SpanTags* types, int64_t type_count, const SpanQuery* queries,
                                             int64_t count, float* probability, Workspace workspace, void* stream);
[[nodiscard]] KernelStatus JointCuda(const Batch& batch, Rows emissions, const Params& params, const JointTerms& terms,
                                     double* nll, double* cl, RowsOut d_emissions, const ParamGrads& grads,
                                     uint8_t* flags, Workspace workspace, void* stream);
[[nodiscard]] KernelStatus CooperativeCuda(const Batch& batch, Rows emissions, const Params& params, Rows teacher,
                                           const CooperativeTerm& term, double* cl, RowsOut d_emissions,
                                           const ParamGrads& grads, uint8_t* flags, Workspace workspace, void* stream);

/// The SIMD target in use: "scalar", "sse4", "avx2", "avx3". Chosen once from the processor, or by CLNER_SIMD.
[[nodiscard]] const char* SimdTarget();

}  // namespace clner::crf
