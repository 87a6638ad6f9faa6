#include "retrieval/engines.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/utf8.h"
#include "retrieval/command_engine.h"

namespace clner {
namespace {

RestFields FieldsOf(const std::vector<std::string>& pairs) {
  RestFields fields;
  for (const std::string& pair : pairs) {
    const size_t equals = pair.find('=');
    const std::string name = pair.substr(0, equals);
    std::string value = equals == std::string::npos ? "" : pair.substr(equals + 1);
    if ((name != "title" && name != "text") || equals == std::string::npos || (name == "text" && value.empty())) {
      throw Error(ErrorCode::kUsage, fmt::format("'{}' names no field of the documents", Printable(pair)), "",
                  "write text=FIELD or title=FIELD; an empty title= searches the text only");
    }
    (name == "title" ? fields.title : fields.text) = std::move(value);
  }
  return fields;
}

void Check(const EngineOptions& options) {
  const int chosen =
      (options.index.empty() ? 0 : 1) + (options.url.empty() ? 0 : 1) + (options.command.empty() ? 0 : 1);
  if (chosen != 1) {
    throw Error(ErrorCode::kUsage, chosen == 0 ? "no engine is named" : "more than one engine is named", "",
                "give one of -i INDEX, --search URL --index-name NAME, --search-command COMMAND");
  }
  if (options.url.empty() != options.index_name.empty()) {
    throw Error(ErrorCode::kUsage,
                options.url.empty() ? "--index-name has no effect without --search" : "--search needs --index-name", "",
                "give both: --search URL --index-name NAME");
  }
  if (!options.url.empty()) return;
  const std::pair<bool, const char*> settings[] = {{!options.auth.empty(), "--search-auth"},
                                                   {!options.ca_file.empty(), "--ca-file"},
                                                   {options.any_certificate, "--any-certificate"},
                                                   {!options.fields.empty(), "--search-fields"},
                                                   {options.retries.has_value(), "--retries"}};
  for (const auto& [set, name] : settings) {
    if (set)
      throw Error(ErrorCode::kUsage, fmt::format("{} has no effect without --search", name), "",
                  "leave it out, or name a search server with --search URL --index-name NAME");
  }
  if (!options.command.empty()) return;
  if (options.timeout_seconds.has_value()) {
    throw Error(ErrorCode::kUsage, "--search-timeout has no effect on an index file", "",
                "leave it out: nothing is waited for");
  }
  if (options.strip_html) {
    throw Error(ErrorCode::kUsage, "--strip-html has no effect on an index file", "",
                "build the index with it: clner index build --strip-html IN... -o INDEX");
  }
}

}  // namespace

ServerOptions ServerOptionsOf(const EngineOptions& options) {
  ServerOptions server = {options.url, options.auth, {}};
  server.http.ca_file = options.ca_file;
  server.http.verify_tls = !options.any_certificate;
  server.http.answer_seconds = options.timeout_seconds.value_or(EngineOptions::kAnswerSeconds);
  server.http.connect_seconds = std::min(server.http.connect_seconds, server.http.answer_seconds);
  server.http.retries = options.retries.value_or(EngineOptions::kRetries);
  return server;
}

std::unique_ptr<Engine> OpenEngine(const EngineOptions& options) {
  Check(options);
  if (!options.index.empty()) return std::make_unique<FtsIndex>(options.index, options.fts);
  if (!options.command.empty())
    return std::make_unique<CommandEngine>(CommandOptions{
        options.command, options.timeout_seconds.value_or(EngineOptions::kAnswerSeconds), options.strip_html});
  return std::make_unique<RestEngine>(RestOptions{ServerOptionsOf(options), options.index_name,
                                                  FieldsOf(options.fields), options.fts.query.max_words,
                                                  options.strip_html});
}

}  // namespace clner
