#include "objectives/rules.h"

namespace clner {
namespace {

using Options = ObjectiveOptions;
using Instances = ObjectiveRules::Instances;

constexpr double kCodeTemperature = 0.3;  // of the released WNUT-17 and BC5CDR configurations

crf::CooperativeTerm TermOf(const Options& options) {
  const bool paper = options.mode == Options::Mode::kPaper;
  crf::CooperativeTerm term;
  term.tau = static_cast<float>(options.temperature.value_or(paper ? 1 : kCodeTemperature));
  // The paper's cross-entropy differs from the KL by a constant, which has no gradient: the KL reads better, it is 0
  // for equal views. At temperature 1 the tempered form is the KL.
  term.form = crf::CooperativeForm::kTemperedKl;
  term.direction = options.direction == Options::Direction::kForward   ? crf::CooperativeDirection::kTeacherToStudent
                   : options.direction == Options::Direction::kReverse ? crf::CooperativeDirection::kStudentToTeacher
                                                                       : crf::CooperativeDirection::kSymmetric;
  return term;
}

}  // namespace

ObjectiveRules RulesOf(const RunConfig& config) {
  const Options& options = config.objective;
  ObjectiveRules rules;
  if (options.type == Options::Type::kNll) {
    rules.instances = options.view == Options::View::kContext ? Instances::kContext : Instances::kOriginal;
    return rules;
  }
  const bool paper = options.mode == Options::Mode::kPaper, cooperates = options.cl != Options::Cl::kNone;
  rules.instances = paper ? Instances::kPairs : Instances::kPool;
  rules.kl = options.cl == Options::Cl::kKl || options.cl == Options::Cl::kBoth;
  rules.l2 = options.cl == Options::Cl::kL2 || options.cl == Options::Cl::kBoth;
  // The released trainer halves both parts of a batch with pairs (its multi_view_rate), and only when it has a CL term.
  const double share = paper || !cooperates ? 1 : 0.5;
  rules.original_weight = options.weights.original.value_or(1);
  rules.context_weight = options.weights.context.value_or(share);
  rules.cl_weight = cooperates ? options.weights.cl.value_or(share) : 0;
  rules.copies = options.without_context == Options::WithoutContext::kMode
                     ? !paper
                     : options.without_context == Options::WithoutContext::kCopy;
  rules.cooperative = TermOf(options);
  rules.l2_per_dimension = rules.l2_after_dropout = !paper;
  if (!config.data.unlabelled.sentences.empty()) rules.unlabelled_weight = options.weights.unlabelled;
  rules.alternate_unlabelled = paper;
  return rules;
}

}  // namespace clner
