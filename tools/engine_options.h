// The options of every command that searches.
#pragma once

#include <CLI/CLI.hpp>

#include "retrieval/engines.h"

namespace clner::cli {

/// How to reach a search server: --search, --index-name, --search-auth, --ca-file, --any-certificate, --search-timeout
/// and --retries.
void AddServerOptions(CLI::App* command, EngineOptions* options);
/// --strip-html.
void AddStripHtml(CLI::App* command, bool* strip);
/// -i, the options of servers, --search-fields, --search-command and --strip-html. OpenEngine() says what is missing or
/// too much.
void AddEngineOptions(CLI::App* command, EngineOptions* options);

}  // namespace clner::cli
