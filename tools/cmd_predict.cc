// `clner predict`: tags column files or JSON lines with a trained model, streaming, in input order.
#include <fmt/format.h>

#include <memory>

#include "commands.h"
#include "core/error.h"
#include "core/log.h"
#include "data_options.h"
#include "output_check.h"
#include "predict_io.h"
#include "torch_library.h"

namespace clner::cli {
namespace {

// Sentences read ahead and sorted into batches; bounds memory, and lets a pipe see results soon.
constexpr size_t kWindowSentences = 512;
constexpr int64_t kWindowWords = 20000;

struct Options {
  std::string model, input = "-", output = "-", format, input_format = "auto", delimiter = "blanks", comment,
                     on_error = "fail", encoding_errors = "fail";
  int text_column = 0;
  int64_t batch_pieces = 4096;
  bool scores = false, no_verify = false;
};

bool IsJson(const Options& options) {
  if (options.input_format != "auto") return options.input_format == "jsonl";
  return options.input.size() > 6 && options.input.substr(options.input.size() - 6) == ".jsonl";
}

ColumnFileOptions FileOptions(const Options& options) {
  return FileOptionsOf(options.delimiter, options.comment, options.on_error, options.encoding_errors);
}

class Predictor {
 public:
  Predictor(const Options& options, const Globals& globals)
      : options_(options), json_out_(options.format == "jsonl" || (options.format.empty() && IsJson(options))) {
    LoadOptions load;
    load.device = globals.device;
    load.threads = globals.threads;
    load.verify = !options.no_verify;
    load.batch_pieces = options.batch_pieces;
    load.scores = options.scores || json_out_;
    tagger_ = TorchLibrary().load(options.model, load);
  }

  void Run() {
    const bool json_in = IsJson(options_);
    if (json_in && !json_out_)
      throw Error(ErrorCode::kUsage, "--format conll needs column input", "", "give --format jsonl");
    const std::unique_ptr<PredictSource> source =
        json_in ? OpenJsonLines(options_.input, FileOptions(options_))
                : OpenColumns(options_.input, FileOptions(options_), options_.text_column);
    OutputFile output(options_.output);
    Progress progress("predict", 0, "words");
    std::vector<PredictItem> window;
    int64_t words = 0;
    const auto flush = [&] {
      Flush(&window, &output);
      words_ += words;
      words = 0;
      progress.Update(words_);
    };
    while (std::optional<PredictItem> item = source->Next()) {
      words += static_cast<int64_t>(item->sentence.words.size());
      window.push_back(std::move(*item));
      if (window.size() >= kWindowSentences || words >= kWindowWords) flush();
    }
    flush();
    if (!json_out_) {
      for (const std::string& line : source->trailing()) output.Write(line + "\n");
    }
    progress.Finish();
    output.Close();
  }

 private:
  void Flush(std::vector<PredictItem>* window, OutputFile* output) {
    std::vector<Sentence> sentences;
    for (const PredictItem& item : *window) sentences.push_back(item.sentence);
    const std::vector<std::vector<Entity>> entities = tagger_->Tag(sentences);
    for (size_t i = 0; i < window->size(); ++i) {
      output->Write(json_out_ ? JsonLine((*window)[i], position_, entities[i])
                              : ColumnText((*window)[i], entities[i], options_.scores));
      ++position_;
    }
    output->Flush();
    window->clear();
  }
  const Options& options_;
  bool json_out_;
  std::unique_ptr<api::TaggerBackend> tagger_;
  int64_t position_ = 0, words_ = 0;
};

}  // namespace

void AddPredict(CLI::App& app, const Globals& globals, Action* action) {
  CLI::App* command = app.add_subcommand("predict", "Tag column files or JSON lines with a trained model.");
  auto options = std::make_shared<Options>();
  command->add_option("-m,--model", options->model, "Model directory, for example runs/NAME/best.")
      ->required()
      ->type_name("DIR");
  command->add_option("IN", options->input, "Input file, - for stdin.")->type_name("FILE")->capture_default_str();
  command->add_option("-o,--output", options->output, "Output file, - for stdout.")
      ->type_name("FILE")
      ->capture_default_str();
  command
      ->add_option("--format", options->format,
                   "Output: conll adds a column with the tag, jsonl gives spans with scores (default: as the input).")
      ->check(CLI::IsMember({"conll", "jsonl"}));
  command
      ->add_option("--input-format", options->input_format,
                   "Input; auto takes jsonl for names ending in .jsonl, else conll.")
      ->check(CLI::IsMember({"auto", "conll", "jsonl"}))
      ->capture_default_str();
  command
      ->add_option("--column", options->text_column,
                   "Column of the words; negative numbers count from the last column.")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--delimiter", options->delimiter, "What separates columns.")
      ->check(CLI::IsMember({"blanks", "tab", "last"}))
      ->capture_default_str();
  command->add_option("--comment", options->comment, "Lines that start with this text are copied, not tagged.")
      ->type_name("TEXT");
  command->add_flag("--scores", options->scores, "Add the probability of the entity as a column.");
  command->add_option("--batch-pieces", options->batch_pieces, "Pieces of a batch; the result does not depend on it.")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{100000000}))
      ->capture_default_str();
  command->add_option("--on-error", options->on_error, "What a malformed sentence does.")
      ->check(CLI::IsMember({"fail", "skip"}))
      ->capture_default_str();
  command->add_option("--encoding-errors", options->encoding_errors, "What invalid UTF-8 does.")
      ->check(CLI::IsMember({"fail", "replace"}))
      ->capture_default_str();
  command->add_flag("--no-verify", options->no_verify, "Do not check SHA256SUMS before loading.");
  command->footer(
      "Examples:\n  clner predict -m runs/quickstart/best examples/quickstart/test.conll -o tagged.conll\n  cat "
      "words.txt | clner predict -m runs/quickstart/best --format jsonl");
  command->callback([=, &globals] {
    *action = [=, &globals] {
      CheckOutputs({options->output}, {options->input});
      Predictor(*options, globals).Run();
      return 0;
    };
  });
}

}  // namespace clner::cli
