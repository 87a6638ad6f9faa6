// The tags of a model beside its entity types and its scheme.
#pragma once

#include <string>
#include <vector>

#include "data/schemes.h"

namespace clner {

/// What is wrong with `tags`, empty when nothing is: every tag is O or one of the scheme and of a listed type, and
/// every type has one. Tags in angle brackets (CLNER's `<unk>`) and of the type of contexts, X, belong to none.
[[nodiscard]] std::vector<std::string> TagSetProblems(const std::vector<std::string>& tags,
                                                      const std::vector<std::string>& types, Scheme scheme);

}  // namespace clner
