// Short word lists of the tokeniser, in lower case.
#pragma once

#include <string_view>

namespace clner {

/// Written with a full stop before a name or a number, never last in a sentence: "Mr".
[[nodiscard]] bool IsTitleAbbreviation(std::string_view word);
/// Written with a full stop before a number: "No", "pp".
[[nodiscard]] bool IsNumberAbbreviation(std::string_view word);
/// Other words written with a full stop: "Corp", "Jan".
[[nodiscard]] bool IsAbbreviation(std::string_view word);
/// Last part of host names that are recognised without a scheme.
[[nodiscard]] bool IsTopLevelDomain(std::string_view word);
/// Words that seldom stand behind an abbreviation within a sentence and often begin one.
[[nodiscard]] bool OftenBeginsSentence(std::string_view word);

}  // namespace clner
