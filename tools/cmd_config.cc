// clner config: init, show, check, keys, diff, fill, import, schema, docs.
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "commands.h"
#include "config/import.h"
#include "config/resolve.h"
#include "config/schema.h"
#include "config/values.h"
#include "config/write.h"
#include "config/yaml_tree.h"
#include "core/files.h"
#include "core/json.h"
#include "core/log.h"
#include "core/suggest.h"
#include "core/utf8.h"

namespace clner::cli {
namespace {

struct ConfigArguments {
  std::string config = {};
  std::vector<std::string> set = {};
  std::string output = "-";
  std::string left = {}, right = {};
  std::string path = {};
  bool origin = false, json = false, files = true;
};
using Arguments = std::shared_ptr<ConfigArguments>;

int Print(std::string_view text, const std::string& output = "-") {
  if (output != "-" && std::filesystem::exists(output)) {
    throw Error(ErrorCode::kOutput, fmt::format("'{}' exists", output), output, "remove it or give another -o");
  }
  OutputFile out(output);
  out.Write(text);
  out.Close();
  return 0;
}

std::string JsonText(Json fields) {
  Json json = {{"schema_version", 1}};
  json.update(fields);
  return DumpJson(json, 2) + "\n";
}

int Init(const ConfigArguments& arguments) {
  const std::string header =
      "# Complete configuration with every default. Keys can be left out; 'clner config check -c FILE' checks the "
      "file.\n"
      "# 'include: [base/minilm]' would take values of other files or shipped presets.\n";
  return Print(header + WriteYaml(ToJson(RunConfig{}), {.comments = true}), arguments.output);
}

/// True if both files lie in one directory, so that a relative path means the same in both.
bool InOneDirectory(const std::string& a, const std::string& b) {
  const auto parent_of = [](const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  };
  std::error_code error;
  return std::filesystem::equivalent(parent_of(a), parent_of(b), error) && !error;
}

int Fill(const ConfigArguments& arguments) {
  const ResolvedConfig resolved = ResolveConfig(arguments.config, arguments.set, {.use_environment = false});
  std::map<std::string, PathSource> own_paths;  // paths of other files would mean something else in the filled file
  const bool streams = resolved.files.empty() || arguments.config == "-" || arguments.output == "-";
  if (!streams && InOneDirectory(resolved.files.back(), arguments.output)) {
    for (const auto& [key, source] : resolved.paths) {
      if (source.place.starts_with(resolved.files.back() + ":")) own_paths.emplace(key, source);
    }
  }
  return Print(WriteYaml(ToJson(resolved.config), {.comments = true, .raw_paths = &own_paths}), arguments.output);
}

int Import(const ConfigArguments& arguments) {
  const std::string name = arguments.config == "-" ? "standard input" : arguments.config;
  const ImportedConfig imported = ImportConfig(ReadFile(arguments.config, kMaxYamlBytes), name);
  std::string comments;
  for (const ImportNote& note : imported.notes) {
    const std::string text = fmt::format("{}: {}", Place(Printable(name, 200), note.line), note.text);
    LogInfo("note: " + text);
    comments += "# " + text + "\n";
  }
  return Print(imported.yaml + comments, arguments.output);
}

int Show(const ConfigArguments& arguments) {
  const ResolvedConfig resolved = ResolveConfig(arguments.config, arguments.set);
  const Json config = ToJson(resolved.config);
  if (arguments.json) {
    Json json = {{"config", config}};
    if (arguments.origin) json["origin"] = resolved.origin;
    return Print(JsonText(json));
  }
  return Print(WriteYaml(config, {.origin = arguments.origin ? &resolved.origin : nullptr}));
}

int Check(const ConfigArguments& arguments) {
  ResolvedConfig resolved;
  try {
    resolved = ResolveConfig(arguments.config, arguments.set);
    if (arguments.files) CheckFiles(resolved);
  } catch (const Error& error) {
    if (arguments.json) {
      Print(JsonText({{"valid", false},
                      {"files", resolved.files},
                      {"missing", Json::array()},
                      {"problems", ProblemsToJson(error)},
                      {"total_problems", error.total()}}));
    }
    throw;
  }
  std::vector<std::string> missing;
  try {
    RequireTrainable(resolved.config);
  } catch (const Error& error) {
    for (const Problem& problem : error.problems()) missing.push_back(problem.what);
  }
  if (arguments.json) {
    return Print(JsonText({{"valid", true},
                           {"files", resolved.files},
                           {"missing", missing},
                           {"problems", Json::array()},
                           {"total_problems", 0}}));
  }
  std::string text = fmt::format("{}: valid\n", resolved.files.empty() ? "defaults" : resolved.files.back());
  for (const std::string& what : missing) text += "note: " + what + "\n";
  return Print(text);
}

/// Options at and below a section or option, in order.
void CollectKeys(const SchemaNode& node, const std::string& key,
                 std::vector<std::pair<std::string, const SchemaNode*>>* keys) {
  if (node.type != ValueType::kStruct) keys->emplace_back(key, &node);
  for (const SchemaNode& child : node.children) {
    CollectKeys(child, JoinKey(node.has_elements() ? ElementKey(node, key) : key, child.name), keys);
  }
}

int Keys(const ConfigArguments& arguments) {
  const SchemaNode* node = FindSchema(arguments.path);
  if (node == nullptr) {
    throw Error(ErrorCode::kUsage,
                fmt::format("unknown key '{}'{}", Printable(arguments.path), DidYouMean(arguments.path, ConfigNames())),
                "config keys", "'clner config keys' lists all keys");
  }
  std::vector<std::pair<std::string, const SchemaNode*>> keys;
  if (node->has_elements() && !arguments.path.ends_with(node->name)) {  // one of its elements
    for (const SchemaNode& child : node->children) CollectKeys(child, JoinKey(arguments.path, child.name), &keys);
  } else {
    CollectKeys(*node, arguments.path, &keys);
  }
  if (arguments.json) {
    Json list = Json::array();
    for (const auto& [key, schema] : keys) {
      list.push_back({{"key", key},
                      {"type", Expected(*schema)},
                      {"unit", schema->info.unit},
                      {"default", schema->default_value},
                      {"doc", schema->info.doc}});
    }
    return Print(JsonText({{"keys", list}}));
  }
  std::string text;
  for (const auto& [key, schema] : keys)
    text += fmt::format("{}\n    {} ({})\n", key, schema->info.doc, Summary(*schema));
  return Print(text);
}

int ShowDiff(const ConfigArguments& arguments) {
  const RunConfig left = ResolveConfig(arguments.left, {}, {.use_environment = false}).config;
  const RunConfig right = ResolveConfig(arguments.right, {}, {.use_environment = false}).config;
  // One file is compared with the defaults, which stand on the left.
  const std::vector<Difference> differences = arguments.right.empty() ? Diff(right, left) : Diff(left, right);
  if (arguments.json) {
    Json list = Json::array();
    for (const Difference& d : differences) {
      list.push_back({{"key", d.key}, {"left", d.left_value}, {"right", d.right_value}});
    }
    return Print(JsonText({{"differences", list}}));
  }
  std::string text;
  for (const Difference& d : differences) {
    text +=
        fmt::format("{}: {} -> {}\n", d.key, d.left.empty() ? "(none)" : d.left, d.right.empty() ? "(none)" : d.right);
  }
  return Print(text);
}

void AddSet(CLI::App* command, const Arguments& arguments) {
  command->add_option("--set", arguments->set, "Override one value; repeatable, the last one wins.")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

// What --help shows below the options of each subcommand.
const std::map<std::string, std::string> kExamples = {
    {"init", "clner config init -o my.yaml"},
    {"show", "clner config show -c my.yaml --origin"},
    {"check", "clner config check -c my.yaml --set train.lr=1e-5"},
    {"keys", "clner config keys train.optimizer"},
    {"diff", "clner config diff my.yaml wnut17_baseline"},
    {"fill", "clner config fill partial.yaml -o complete.yaml"},
    {"import", "clner config import CLNER/config/wnut17_doc_cl_kl.yaml -o my.yaml"},
    {"schema", "clner config schema > clner.schema.json"},
    {"docs", "clner config docs > config.md"},
};

CLI::App* Add(CLI::App* parent, const std::string& name, const std::string& help, Action* action,
              const Arguments& arguments, int (*run)(const ConfigArguments&)) {
  CLI::App* command = parent->add_subcommand(name, help);
  command->footer("Examples:\n  " + kExamples.at(name));
  command->callback([=] { *action = [=] { return run(*arguments); }; });
  return command;
}

}  // namespace

void AddConfig(CLI::App& app, const Globals& /*globals*/, Action* action) {
  CLI::App* config = app.add_subcommand("config", "Write, complete, check and explain configurations.");
  config->require_subcommand(1);
  const auto arguments = std::make_shared<ConfigArguments>();
  const std::string config_help = "Configuration: a path, a shipped preset, or - for standard input.";

  CLI::App* init = Add(config, "init", "Print a complete, commented configuration.", action, arguments, Init);
  init->add_option("-o,--output", arguments->output, "File to write, which must not exist.")->type_name("FILE");

  CLI::App* show = Add(config, "show", "Print the resolved configuration.", action, arguments, Show);
  show->add_option("-c,--config", arguments->config, config_help)->type_name("FILE");
  AddSet(show, arguments);
  show->add_flag("--origin", arguments->origin, "Say where each value came from.");
  show->add_flag("--json", arguments->json, "Print one JSON object.");

  CLI::App* check = Add(config, "check", "Check a configuration and the files it names.", action, arguments, Check);
  check->add_option("-c,--config", arguments->config, config_help)->type_name("FILE")->required();
  AddSet(check, arguments);
  check->add_flag("--files,!--no-files", arguments->files,
                  "Check that the files exist (default); --no-files does not.");
  check->add_flag("--json", arguments->json, "Print one JSON object.");

  CLI::App* keys =
      Add(config, "keys", "List the options with type, range, default and meaning.", action, arguments, Keys);
  keys->add_option("PATH", arguments->path, "Section or option, e.g. train.optimizer.");
  keys->add_flag("--json", arguments->json, "Print one JSON object.");

  CLI::App* diff = Add(config, "diff", "Print what differs from the defaults or between two configurations.", action,
                       arguments, ShowDiff);
  diff->add_option("A", arguments->left, config_help)->required();
  diff->add_option("B", arguments->right, "Second configuration; without it A is compared with the defaults.");
  diff->add_flag("--json", arguments->json, "Print one JSON object.");

  CLI::App* fill =
      Add(config, "fill", "Print a partial configuration completed with the defaults.", action, arguments, Fill);
  fill->add_option("FILE", arguments->config, config_help)->required();
  AddSet(fill, arguments);
  fill->add_option("-o,--output", arguments->output, "File to write, which must not exist.")->type_name("FILE");

  CLI::App* import = Add(config, "import", "Print a configuration of the original CLNER or of AdaSeq as ours.", action,
                         arguments, Import);
  import->add_option("FILE", arguments->config, "Configuration of the original, or - for standard input.")->required();
  import->add_option("-o,--output", arguments->output, "File to write, which must not exist.")->type_name("FILE");

  Add(config, "schema", "Print the JSON Schema of configurations.", action, arguments,
      [](const ConfigArguments&) { return Print(JsonSchema()); });
  Add(config, "docs", "Print docs/config.md.", action, arguments,
      [](const ConfigArguments&) { return Print(ConfigReference()); });
}

}  // namespace clner::cli
