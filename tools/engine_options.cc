#include "engine_options.h"

namespace clner::cli {

void AddServerOptions(CLI::App* command, EngineOptions* options) {
  command
      ->add_option("--search", options->url,
                   "Search server: http(s)://HOST:PORT of OpenSearch 1-3 or Elasticsearch 7-9.")
      ->type_name("URL");
  command->add_option("--index-name", options->index_name, "Index of the search server.")->type_name("NAME");
  command
      ->add_option("--search-auth", options->auth,
                   "Where the credentials are: env:NAME or file:PATH, holding 'basic USER:PASSWORD', 'apikey KEY' or "
                   "'bearer TOKEN'.")
      ->type_name("SOURCE");
  command
      ->add_option("--ca-file", options->ca_file,
                   "Certificates (PEM) of the authority that the server's certificate is checked with.")
      ->type_name("FILE");
  command->add_flag("--any-certificate", options->any_certificate,
                    "Do not check the certificate of the search server.");
  command
      ->add_option("--search-timeout", options->timeout_seconds,
                   "Seconds to wait for one answer of the search server or command (default: 60).")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 3600.0));
  command->add_option("--retries", options->retries, "Retries while the search server is too busy (default: 5).")
      ->type_name("N")
      ->check(CLI::Range(0, 100));
}

void AddStripHtml(CLI::App* command, bool* strip) {
  command->add_flag("--strip-html", *strip,
                    "Take HTML, wiki and KB-NER tags out of titles and texts, and decode character references.");
}

void AddEngineOptions(CLI::App* command, EngineOptions* options) {
  command->add_option("-i,--index", options->index, "Index made by 'clner index build'.")->type_name("INDEX");
  AddServerOptions(command, options);
  command
      ->add_option("--search-fields", options->fields,
                   "Fields of the server's documents: text=FIELD,title=FIELD; an empty title= searches the text only.")
      ->type_name("NAME=FIELD,...")
      ->delimiter(',');
  command
      ->add_option(
          "--search-command", options->command,
          "Program that answers searches line by line in JSON, with its arguments; no shell (docs/retrieval.md).")
      ->type_name("COMMAND");
  AddStripHtml(command, &options->strip_html);
}

}  // namespace clner::cli
