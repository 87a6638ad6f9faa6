// One way to open every kind of engine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "retrieval/engine.h"
#include "retrieval/fts_index.h"
#include "retrieval/rest_engine.h"

namespace clner {

/// What the options of a command say about the engine; exactly one of `index`, `url` and `command` is set.
struct EngineOptions {
  static constexpr double kAnswerSeconds = 60;
  static constexpr int64_t kRetries = 5;
  std::string index = {};  ///< file of the embedded index
  FtsOptions fts = {};
  std::string url = {};         ///< of a search server
  std::string index_name = {};  ///< on that server
  std::string command = {};     ///< program and arguments
  // Servers and commands:
  std::optional<double> timeout_seconds = {};  ///< for one answer; kAnswerSeconds
  bool strip_html = false;                     ///< of what is found (StripHtml)
  // Servers:
  std::string auth = {};  ///< env:NAME or file:PATH
  std::string ca_file = {};
  bool any_certificate = false;          ///< TLS without a check of who the server is
  std::optional<int64_t> retries = {};   ///< while the server is too busy; kRetries
  std::vector<std::string> fields = {};  ///< title=FIELD, text=FIELD
};

/// Options of the connection to `options.url`.
[[nodiscard]] ServerOptions ServerOptionsOf(const EngineOptions& options);

/// kUsage unless the options fit together; otherwise as the constructors of FtsIndex, RestEngine and CommandEngine.
[[nodiscard]] std::unique_ptr<Engine> OpenEngine(const EngineOptions& options);

}  // namespace clner
