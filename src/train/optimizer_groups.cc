#include "train/optimizer_groups.h"

#include <regex>

#include "core/error.h"

namespace clner {
namespace {

std::regex Compile(const GroupOptions& group, size_t index) {
  try {
    return std::regex(group.match, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error&) {
    throw Error(ErrorCode::kConfig, "'" + group.match + "' is not a regular expression",
                "train.groups." + std::to_string(index) + ".match",
                "ECMAScript syntax, for example '^crf\\.' or 'LayerNorm'");
  }
}

}  // namespace

ops::AdamW MakeOptimizer(const TrainOptions& options, const NamedTensors& parameters) {
  std::vector<std::regex> patterns;
  for (size_t i = 0; i < options.groups.size(); ++i) patterns.push_back(Compile(options.groups[i], i));
  std::vector<ops::AdamWGroup> groups(options.groups.size() + 1);
  for (size_t g = 0; g < groups.size(); ++g) {
    const GroupOptions group = g < options.groups.size() ? options.groups[g] : GroupOptions{};
    groups[g].lr = group.lr.value_or(options.lr);
    groups[g].weight_decay = group.weight_decay.value_or(options.optimizer.weight_decay);
  }
  std::vector<bool> matched(options.groups.size(), false);
  for (const auto& [name, parameter] : parameters) {
    size_t g = 0;
    while (g < patterns.size() && !std::regex_search(name, patterns[g])) ++g;
    if (g < patterns.size()) matched[g] = true;
    if (groups[g].lr == 0) {
      at::Tensor(parameter).requires_grad_(false);
      continue;
    }
    groups[g].names.push_back(name);
    groups[g].parameters.push_back(parameter);
  }
  ProblemList problems;
  for (size_t g = 0; g < matched.size(); ++g) {
    if (matched[g]) continue;
    problems.Add(
        ErrorCode::kConfig,
        {"'" + options.groups[g].match + "' matches no parameter that an earlier group has not taken",
         "train.groups." + std::to_string(g) + ".match", "'clner model info --tensors DIR' lists the parameter names"});
  }
  problems.ThrowIfAny();
  ops::AdamWSettings settings{options.optimizer.beta1, options.optimizer.beta2, options.optimizer.eps,
                              options.optimizer.eps_placement == OptimizerOptions::EpsPlacement::kHf3};
  return ops::AdamW(std::move(groups), settings);
}

}  // namespace clner
