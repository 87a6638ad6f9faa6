// `clner model info | verify | diff | import | export`. Needs no LibTorch.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "commands.h"
#include "core/error.h"
#include "core/model_diff.h"
#include "core/model_files.h"
#include "core/utf8.h"
#include "data/tag_set.h"
#include "model_transfer.h"
#include "option_table.h"
#include "tokenize/tokenizer.h"

namespace clner::cli {
namespace {

constexpr const char* kConfigFields[] = {"model_type",
                                         "vocab_size",
                                         "hidden_size",
                                         "num_hidden_layers",
                                         "num_attention_heads",
                                         "intermediate_size",
                                         "max_position_embeddings",
                                         "type_vocab_size",
                                         "hidden_act"};

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }

std::string Plain(const Json& value) { return value.is_string() ? value.get<std::string>() : DumpJson(value); }

Json TensorList(const ModelFiles& files) {
  Json list = Json::array();
  for (const TensorInfo& tensor : files.weights.tensors()) {
    list.push_back(
        {{"name", tensor.name}, {"dtype", Name(tensor.dtype)}, {"shape", tensor.shape}, {"values", tensor.elements()}});
  }
  return list;
}

/// Names of the files that hold the weights, the index of several first.
std::vector<std::string> WeightFileNames(const ModelFiles& files) {
  std::vector<std::string> names;
  for (const std::filesystem::path& path : files.weights.Files()) names.push_back(path.filename().string());
  return names;
}

void PrintLabels(const Json& card) {
  const auto labels = card.find("labels");
  if (labels == card.end() || !labels->is_object()) return;
  const Json types = labels->value("types", Json::array()), counts = labels->value("counts", Json::array());
  std::vector<std::vector<std::string>> rows = {{"entity type", "training examples"}};
  for (size_t i = 0; types.is_array() && i < types.size(); ++i) {
    rows.push_back({Printable(Plain(types[i])), counts.is_array() && i < counts.size() ? Plain(counts[i]) : "n/a"});
  }
  Print(FormatTable(rows));
  const Json tags = labels->value("tags", Json::array());
  Print(fmt::format("tag scheme {}, {} tags\n\n", Plain(labels->value("scheme", Json("unknown"))), tags.size()));
}

int Info(const std::string& directory, bool json) {
  const ModelFiles files = ReadModelFiles(directory);
  if (json) {
    Json out = {{"schema_version", 1},
                {"directory", directory},
                {"trained", files.trained()},
                {"parameters", files.parameters()}};
    out["weights"] = WeightFileNames(files);
    out["config"] = files.config;
    out["clner"] = files.card;
    out["tensors"] = TensorList(files);
    Print(DumpJson(out, 2) + "\n");
    return 0;
  }
  Print(fmt::format("{}: {}\n\n", Printable(directory, 4096),
                    files.trained() ? "trained model" : "encoder without a trained head"));
  for (const char* field : kConfigFields) {
    const auto value = files.config.find(field);
    if (value != files.config.end()) Print(fmt::format("{:<24} {}\n", field, Printable(Plain(*value))));
  }
  Print(fmt::format("{:<24} {}\n\n", "weights", Printable(Join(WeightFileNames(files), ", "), 1000)));
  if (files.card.is_object()) {
    PrintLabels(files.card);
    for (const auto& [key, value] : files.card.items()) {
      if (key != "labels") Print(fmt::format("{:<24} {}\n", Printable(key), Printable(Plain(value), 4096)));
    }
    Print("\n");
  }
  std::vector<std::vector<std::string>> rows = {{"tensor", "type", "shape", "values"}};
  for (const TensorInfo& tensor : files.weights.tensors()) {
    rows.push_back(
        {Printable(tensor.name, 200), Name(tensor.dtype), ShapeText(tensor.shape), std::to_string(tensor.elements())});
  }
  rows.push_back({fmt::format("{} tensors", files.weights.tensors().size()), "", "parameters",
                  std::to_string(files.parameters())});
  Print(FormatTable(rows));
  return 0;
}

/// The tokenizer must load, and its pieces must have embedding rows.
void CheckTokenizer(const ModelFiles& files) {
  const std::unique_ptr<Tokenizer> tokenizer = LoadTokenizer(files.directory);
  const auto rows = files.config.find("vocab_size");
  if (rows != files.config.end() && rows->is_number_integer() && tokenizer->vocabulary_size() > rows->get<int64_t>()) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("the vocabulary has {} pieces, the encoder {} embedding rows", tokenizer->vocabulary_size(),
                            rows->get<int64_t>()),
                files.directory.string(), "use the tokenizer files that belong to the model");
  }
}

/// The tag scheme of clner.json must be known, and the tags must be those of it and of the types.
void CheckTags(const ModelFiles& files) {
  if (!files.trained()) return;
  const std::string path = (files.directory / "clner.json").string();
  const Json& labels = files.card.at("labels");
  ProblemList problems;
  try {
    const Scheme scheme = ParseScheme(labels.at("scheme").get<std::string>());
    for (std::string& what : TagSetProblems(files.tags(), labels.at("types").get<std::vector<std::string>>(), scheme))
      problems.Add(ErrorCode::kCorrupt, {"'labels.tags': " + what, path, "train or copy the model again"});
  } catch (const Error& error) {
    const Problem& problem = error.problems().front();
    problems.Add(ErrorCode::kCorrupt, {problem.what, path, problem.fix});
  }
  problems.ThrowIfAny();
}

ModelVerification CheckModel(const std::string& directory) {
  std::optional<ModelFiles> files;
  ModelVerification result = VerifyModelDirectory(directory, &files);
  CheckTokenizer(*files);
  CheckTags(*files);
  return result;
}

Json ToJson(const std::string& directory, const ModelVerification& result) {
  return {{"schema_version", 1},
          {"directory", directory},
          {"ok", true},
          {"checksums", result.checksums},
          {"tensors", result.tensors},
          {"values", result.values},
          {"unused", result.unused},
          {"skipped", result.skipped},
          {"problems", Json::array()},
          {"total_problems", 0}};
}

int Verify(const std::string& directory, bool json) {
  ModelVerification result;
  try {
    result = CheckModel(directory);
  } catch (const Error& error) {
    if (json) {
      const Json failure = {{"schema_version", 1},
                            {"directory", directory},
                            {"ok", false},
                            {"problems", ProblemsToJson(error)},
                            {"total_problems", error.total()}};
      Print(DumpJson(failure, 2) + "\n");
    }
    throw;
  }
  if (json) {
    Print(DumpJson(ToJson(directory, result), 2) + "\n");
    return 0;
  }
  Print(fmt::format("{}: ok\n", Printable(directory, 4096)));
  Print(result.checksums ? "  SHA256SUMS   every file as written\n"
                         : "  SHA256SUMS   absent: bytes could not be compared\n");
  Print(fmt::format("  tensors      {} with {} values, shapes as in config.json, all finite\n", result.tensors,
                    result.values));
  Print("  tokenizer    loads, every piece has an embedding row\n");
  if (!result.unused.empty()) Print("  not used     " + Printable(Join(result.unused, ", "), 1000) + "\n");
  if (!result.skipped.empty()) Print("  no tensors   " + Printable(Join(result.skipped, ", "), 1000) + "\n");
  if (!result.converted.empty())
    Print(
        fmt::format("  converted    {} tensors are not F32 and are converted when loaded\n", result.converted.size()));
  return 0;
}

const char* StateName(FileState state) {
  switch (state) {
    case FileState::kContent:
      return "content";
    case FileState::kOnlyA:
      return "only in A";
    case FileState::kOnlyB:
      return "only in B";
  }
  return "";
}

const char* StateName(TensorState state) {
  switch (state) {
    case TensorState::kEqual:
      return "equal";
    case TensorState::kValues:
      return "values";
    case TensorState::kShape:
      return "shape";
    case TensorState::kOnlyA:
      return "only in A";
    case TensorState::kOnlyB:
      return "only in B";
  }
  return "";
}

void PrintJsonDifferences(const char* file, const std::vector<JsonDifference>& differences) {
  if (differences.empty()) return;
  std::vector<std::vector<std::string>> rows = {{file, "A", "B"}};
  for (const JsonDifference& row : differences) {
    rows.push_back(
        {Printable(row.path, 100), row.a.empty() ? "-" : Printable(row.a), row.b.empty() ? "-" : Printable(row.b)});
  }
  Print(FormatTable(rows) + "\n");
}

Json ToJson(const std::vector<JsonDifference>& differences) {
  Json list = Json::array();
  for (const JsonDifference& row : differences) list.push_back({{"key", row.path}, {"a", row.a}, {"b", row.b}});
  return list;
}

void PrintFileDifferences(const std::vector<FileDifference>& differences) {
  if (differences.empty()) return;
  std::vector<std::vector<std::string>> rows = {{"file", "difference"}};
  for (const FileDifference& row : differences) rows.push_back({Printable(row.name, 200), StateName(row.state)});
  Print(FormatTable(rows) + "\n");
}

Json ToJson(const std::vector<FileDifference>& differences) {
  Json list = Json::array();
  for (const FileDifference& row : differences)
    list.push_back({{"name", row.name}, {"difference", StateName(row.state)}});
  return list;
}

int Diff(const std::string& a, const std::string& b, bool json) {
  const ModelFiles first = ReadModelFiles(a), second = ReadModelFiles(b);
  const std::vector<JsonDifference> config = CompareJson(first.config, second.config);
  const std::vector<JsonDifference> card = CompareJson(first.card, second.card);
  const std::vector<FileDifference> files = CompareFiles(first, second);
  const std::vector<TensorDifference> tensors = CompareTensors(first.weights, second.weights);
  size_t equal = 0;
  double largest = 0;
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {{"tensor", "difference", "A", "B", "max |A-B|"}};
  for (const TensorDifference& tensor : tensors) {
    if (tensor.state == TensorState::kEqual) {
      ++equal;
      continue;
    }
    const bool comparable = tensor.state == TensorState::kValues;
    if (comparable) largest = std::max(largest, tensor.max_abs);
    rows.push_back({Printable(tensor.name, 200), StateName(tensor.state), tensor.shape_a.empty() ? "-" : tensor.shape_a,
                    tensor.shape_b.empty() ? "-" : tensor.shape_b,
                    comparable ? fmt::format("{:.3g}", tensor.max_abs) : "n/a"});
    const bool finite = comparable && std::isfinite(tensor.max_abs);
    list.push_back({{"name", tensor.name},
                    {"difference", StateName(tensor.state)},
                    {"a", tensor.shape_a},
                    {"b", tensor.shape_b},
                    {"max_abs", finite ? Json(tensor.max_abs) : Json()}});
  }
  const bool same = config.empty() && card.empty() && files.empty() && list.empty();
  if (json) {
    Print(DumpJson({{"schema_version", 1},
                    {"same", same},
                    {"config", ToJson(config)},
                    {"clner", ToJson(card)},
                    {"files", ToJson(files)},
                    {"tensors", list},
                    {"equal_tensors", equal},
                    {"max_abs", std::isfinite(largest) ? Json(largest) : Json()}},
                   2) +
          "\n");
    return same ? 0 : static_cast<int>(ErrorCode::kCheckFailed);
  }
  PrintJsonDifferences("config.json", config);
  PrintJsonDifferences("clner.json", card);
  PrintFileDifferences(files);
  if (rows.size() > 1) Print(FormatTable(rows) + "\n");
  Print(fmt::format("{} of {} tensors equal, largest difference {:.3g}\n", equal, tensors.size(), largest));
  return same ? 0 : static_cast<int>(ErrorCode::kCheckFailed);
}

int Import(const std::string& from, const std::string& out, bool json) {
  const ImportReport report = ImportModel(from, out);
  CheckTokenizer(ReadModelFiles(out));
  if (json) {
    Print(DumpJson({{"schema_version", 1},
                    {"directory", out},
                    {"model_type", report.model_type},
                    {"scheme", report.scheme},
                    {"types", report.types},
                    {"tags", report.tags},
                    {"unused", report.unused}},
                   2) +
          "\n");
    return 0;
  }
  Print(fmt::format("{}: {} with {} tags ({}): {}\n", Printable(out, 4096), report.model_type, report.tags,
                    report.scheme, Printable(Join(report.types, ", "), 1000)));
  if (!report.unused.empty()) Print("  not used     " + Printable(Join(report.unused, ", "), 1000) + "\n");
  return 0;
}

int Export(const std::string& from, const std::string& out, bool json) {
  ExportModel(from, out);
  Print(json ? DumpJson({{"schema_version", 1}, {"directory", out}}) + "\n"
             : fmt::format("{}: for AutoModelForTokenClassification; README.md shows its use\n", Printable(out, 4096)));
  return 0;
}

struct ModelArguments {
  std::string a, b;
  bool json = false;
};

}  // namespace

void AddModel(CLI::App& app, const Globals& /*globals*/, Action* action) {
  CLI::App* model = app.add_subcommand("model", "Look into model directories, and exchange them with Hugging Face.");
  const auto arguments = std::make_shared<ModelArguments>();
  const auto add = [&](const char* name, const char* help) {
    CLI::App* command = model->add_subcommand(name, help);
    command->add_flag("--json", arguments->json, "Print one JSON object.");
    return command;
  };
  CLI::App* info = add("info", "Print configuration, labels and tensors of a model or encoder directory.");
  info->add_option("MODEL", arguments->a, "Model directory, e.g. runs/NAME/best.")->required();
  info->footer("Examples:\n  clner model info runs/quickstart/best\n  clner model info models/minilm-l6 --json");
  info->callback([=] { *action = [=] { return Info(arguments->a, arguments->json); }; });

  CLI::App* verify =
      add("verify", "Check every byte, shape and value of a model directory; exit 76 names what is damaged.");
  verify->add_option("MODEL", arguments->a, "Model directory, e.g. runs/NAME/best.")->required();
  verify->footer("Examples:\n  clner model verify runs/quickstart/best");
  verify->callback([=] { *action = [=] { return Verify(arguments->a, arguments->json); }; });

  CLI::App* diff = add("diff", "Compare two model directories; exit 1 when they differ.");
  diff->add_option("A", arguments->a, "Model directory.")->required();
  diff->add_option("B", arguments->b, "Model directory.")->required();
  diff->footer("Examples:\n  clner model diff runs/one/best runs/two/best");
  diff->callback([=] { *action = [=] { return Diff(arguments->a, arguments->b, arguments->json); }; });

  CLI::App* import = add("import", "Make a model from a fine-tuned Hugging Face *ForTokenClassification directory.");
  import->add_option("DIR", arguments->a, "Directory with config.json, weights and tokenizer.")->required();
  import->add_option("-o,--output", arguments->b, "Directory to write; must not exist.")->required()->type_name("DIR");
  import->footer("Examples:\n  clner model import downloads/bert-ner -o models/bert-ner");
  import->callback([=] { *action = [=] { return Import(arguments->a, arguments->b, arguments->json);
};
}  // namespace clner::cli
);

CLI::App* out = add("export", "Write a trained model for AutoModelForTokenClassification in Python.");
out->add_option("MODEL", arguments->a, "Model directory, e.g. runs/NAME/best.")->required();
out->add_option("-o,--output", arguments->b, "Directory to write; must not exist.")->required()->type_name("DIR");
out->footer("Examples:\n  clner model export runs/quickstart/best -o exported");
out->callback([=] { *action = [=] { return Export(arguments->a, arguments->b, arguments->json); }; });
}

}  // namespace clner::cli
