// One way to open every kind of engine.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "retrieval/engine.h"
#include "retrieval/fts_index.h"
#include "retrieval/rest_engine.h"

namespace clner {

/// What the options of a command say about the engine; exactly one of `index`, `url` and `command` is set.
struct EngineOptions {
  std::string index = {};  ///< file of the embedded index
  FtsOptions fts = {};
  std::string url = {};         ///< of a search server
  std::string index_name = {};  ///< on that server
  std::string command = {};     ///< program and arguments
  // Servers and commands:
  double timeout_seconds = 60;  ///< for one answer
  // Servers:
  std::string auth = {};  ///< env:NAME or file:PATH
  std::string ca_file = {};
  bool any_certificate = false;  ///< TLS without a check of who the server is
  int64_t retries = 5;
  std::vector<std::string> fields = {};  ///< title=FIELD, text=FIELD
};

/// Options of the connection to `options.url`.
[[nodiscard]] ServerOptions ServerOptionsOf(const EngineOptions& options);

/// kUsage unless the options fit together; otherwise as the constructors of FtsIndex, RestEngine and CommandEngine.
[[nodiscard]] std::unique_ptr<Engine> OpenEngine(const EngineOptions& options);

}  // namespace clner
