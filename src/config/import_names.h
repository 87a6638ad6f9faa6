// What imported configurations have in common: their first line, the name of the run, and the encoder.
#pragma once

#include <string>

namespace clner {

/// The first line of an imported configuration; `name` is the file for messages.
[[nodiscard]] std::string ImportHeader(const std::string& name);
/// `name` if it can be the name of a run, else "".
[[nodiscard]] std::string RunNameOf(const std::string& name);
/// A directory that exists as it is, else the last part of the name below CLNER_MODELS; as ExpandPath reads it.
[[nodiscard]] std::string EncoderPathOf(const std::string& model);

}  // namespace clner
