// The options of what is minimised.
#pragma once

#include <array>
#include <optional>

#include "config/field.h"

namespace clner {

/// Weights of the losses; null follows objective.mode (clner.md section 4, row 1).
struct LossWeightsOptions {
  std::optional<double> original = std::nullopt;
  std::optional<double> context = std::nullopt;
  std::optional<double> cl = std::nullopt;
  double unlabelled = 1;

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("original", &LossWeightsOptions::original, Doc("NLL of the original view; null is 1").AtLeast(0).AtMost(1e6));
    visit("context", &LossWeightsOptions::context,
          Doc("NLL of a batch with contexts; null is 1, and 0.5 in code mode with a cooperative loss")
              .AtLeast(0)
              .AtMost(1e6));
    visit("cl", &LossWeightsOptions::cl,
          Doc("cooperative loss; null is 0.5 in code mode and 1 in paper mode").AtLeast(0).AtMost(1e6));
    visit("unlabelled", &LossWeightsOptions::unlabelled,
          Doc("cooperative loss of data.unlabelled").AtLeast(0).AtMost(1e6));
  }
  friend bool operator==(const LossWeightsOptions&, const LossWeightsOptions&) = default;
};

/// What is minimised.
struct ObjectiveOptions {
  enum class Type { kNll, kCooperative };
  enum class View { kOriginal, kContext };
  enum class Mode { kCode, kPaper };
  enum class Cl { kNone, kL2, kKl, kBoth };
  enum class Direction { kForward, kReverse, kSymmetric };
  enum class WithoutContext { kMode, kCopy, kOnce };

  Type type = Type::kNll;
  View view = View::kOriginal;
  Mode mode = Mode::kCode;
  Cl cl = Cl::kKl;
  std::optional<double> temperature = std::nullopt;
  Direction direction = Direction::kForward;
  WithoutContext without_context = WithoutContext::kMode;
  LossWeightsOptions weights = {};

  friend constexpr auto ChoicesOf(Type) {
    return std::array{Choice{"nll", Type::kNll}, Choice{"cooperative", Type::kCooperative}};
  }
  friend constexpr auto ChoicesOf(View) {
    return std::array{Choice{"original", View::kOriginal}, Choice{"context", View::kContext}};
  }
  friend constexpr auto ChoicesOf(Mode) {
    return std::array{Choice{"code", Mode::kCode}, Choice{"paper", Mode::kPaper}};
  }
  friend constexpr auto ChoicesOf(Cl) {
    return std::array{Choice{"none", Cl::kNone}, Choice{"l2", Cl::kL2}, Choice{"kl", Cl::kKl},
                      Choice{"both", Cl::kBoth}};
  }
  friend constexpr auto ChoicesOf(Direction) {
    return std::array{Choice{"forward", Direction::kForward}, Choice{"reverse", Direction::kReverse},
                      Choice{"symmetric", Direction::kSymmetric}};
  }
  friend constexpr auto ChoicesOf(WithoutContext) {
    return std::array{Choice{"mode", WithoutContext::kMode}, Choice{"copy", WithoutContext::kCopy},
                      Choice{"once", WithoutContext::kOnce}};
  }

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("type", &ObjectiveOptions::type,
          Doc("nll, the negative log-likelihood of the tags of one view, or cooperative, both views together"));
    visit("view", &ObjectiveOptions::view,
          Doc("of nll: train on the sentences alone, or with their contexts (alone where there is none)"));
    visit(
        "mode", &ObjectiveOptions::mode,
        Doc("of cooperative: code follows the released CLNER (views are instances of one pool, losses 1 : 0.5 : 0.5), "
            "paper the paper (both views of a sentence in one step, 1 : 1 : 1)"));
    visit(
        "cl", &ObjectiveOptions::cl,
        Doc("of cooperative: distance of the original view to the context view, between word vectors (l2), posteriors "
            "of the tags (kl), both, or none"));
    visit(
        "temperature", &ObjectiveOptions::temperature,
        Doc("of cl kl: softens (above 1) or sharpens the posteriors, the loss is scaled by its square; null is 0.3 in "
            "code mode and 1 in paper mode")
            .Above(0)
            .AtMost(1000));
    visit("direction", &ObjectiveOptions::direction,
          Doc("of cl kl: KL of the teacher's posterior to the student's, the reverse, or the mean of both"));
    visit("without_context", &ObjectiveOptions::without_context,
          Doc("of cooperative: a sentence without context counts again as its own context view (copy) or not (once); "
              "mode is copy in code mode and once in paper mode"));
    visit("weights", &ObjectiveOptions::weights, Doc("weights of the losses"));
  }
  friend bool operator==(const ObjectiveOptions&, const ObjectiveOptions&) = default;
};

}  // namespace clner
