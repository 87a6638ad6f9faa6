// `clner predict`: tags column files, JSON lines, plain text or annotated records with a trained model, in input order.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>

#include "commands.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/log.h"
#include "data_options.h"
#include "output_check.h"
#include "predict_annotation.h"
#include "predict_contexts.h"
#include "predict_io.h"
#include "predict_text.h"
#include "torch_library.h"

namespace clner::cli {
namespace {

// Sentences read ahead and sorted into batches; bounds memory, and lets a pipe see results soon.
constexpr size_t kWindowSentences = 512;
constexpr int64_t kWindowWords = 20000;

struct Options {
  std::string model, input = "-", output = "-", format, input_format = "auto", delimiter = "blanks", comment,
                     on_error = "fail", encoding_errors = "fail", offset_unit, precision = "fp32", contexts;
  int text_column = 0;
  int64_t batch_pieces = 4096;
  bool scores = false, no_verify = false, tokenized = false, marks = false;
};

enum class Form { kColumns, kJson, kText, kAnnotation };

bool IsAnnotationName(const std::string& name) {
  return std::any_of(std::begin(kDataFormats), std::end(kDataFormats),
                     [&](DataFormat format) { return IsAnnotation(format) && name == Name(format); });
}

/// The data format of the input, plain text aside.
DataFormat InputData(const Options& options) {
  if (options.input_format != "auto") return ParseDataFormat(options.input_format);
  return options.input == "-" ? DataFormat::kColumns : FormatOfFile(options.input);
}

Form InputForm(const Options& options) {
  if (options.input_format == "text" || (options.input_format == "auto" && options.format == "text"))
    return Form::kText;
  const DataFormat format = InputData(options);
  if (IsAnnotation(format)) return Form::kAnnotation;
  if (format == DataFormat::kContextsTsv) {
    throw Error(ErrorCode::kData, "a table of contexts has no sentences", options.input, "give a file with sentences");
  }
  return format == DataFormat::kJsonl || format == DataFormat::kContexts ? Form::kJson : Form::kColumns;
}

/// The format of the result when it is one of annotation tools.
std::optional<DataFormat> AnnotationOf(const Options& options) {
  if (IsAnnotationName(options.format)) return ParseDataFormat(options.format);
  const bool as_read = options.format.empty() && InputForm(options) == Form::kAnnotation;
  return as_read ? std::optional(InputData(options)) : std::nullopt;
}

/// kUsage for options that contradict each other; for brat also what BratTargets refuses.
void CheckOptions(const Options& options) {
  const Form input = InputForm(options);
  if (options.format == "text" && input != Form::kText) {
    throw Error(ErrorCode::kUsage, fmt::format("--format text reads plain text, not {}", options.input_format), "",
                "leave out --input-format, or choose --format jsonl");
  }
  if (options.format == "conll" && input != Form::kColumns)
    throw Error(ErrorCode::kUsage, "--format conll needs column input", "", "give --format jsonl");
  const char* text_only = options.marks                  ? "--marks"
                          : options.tokenized            ? "--tokenized"
                          : !options.offset_unit.empty() ? "--offset-unit"
                                                         : nullptr;
  const bool offsets_of_records = input == Form::kAnnotation && !options.marks && !options.tokenized;
  if (text_only != nullptr && input != Form::kText && !offsets_of_records)
    throw Error(ErrorCode::kUsage, fmt::format("{} needs plain text", text_only), "", "give --format text");
  if (options.marks && !options.format.empty() && options.format != "text")
    throw Error(ErrorCode::kUsage, fmt::format("--marks and --format {} exclude each other", options.format), "",
                "leave one of them out");
  const bool is_brat = AnnotationOf(options) == DataFormat::kBrat;
  CheckOutputs(is_brat ? BratTargets(options.output) : std::vector<std::string>{options.output}, {options.input});
}

ColumnFileOptions FileOptions(const Options& options) {
  return FileOptionsOf(options.delimiter, options.comment, options.on_error, options.encoding_errors);
}

/// Pieces of the longest input of a trained model, whose card was checked when it was loaded.
size_t EncoderPieces(const std::string& model) {
  const std::string path = (std::filesystem::path(model) / "clner.json").string();
  return ParseJson(ReadFile(path), path, ErrorCode::kCorrupt).at("view").at("max_pieces").get<size_t>();
}

class Predictor {
 public:
  Predictor(const Options& options, const Globals& globals)
      : options_(options),
        input_(InputForm(options)),
        json_out_(options.format == "jsonl" || (options.format.empty() && input_ == Form::kJson)) {
    LoadOptions load;
    load.device = globals.device;
    load.threads = globals.threads;
    load.verify = !options.no_verify;
    load.batch_pieces = options.batch_pieces;
    load.precision = options_.precision;
    load.scores = options.scores || json_out_ || (input_ == Form::kText && !options.marks);
    tagger_ = TorchLibrary().load(options.model, load);
  }

  void Run() {
    std::unique_ptr<PredictSource> source = Open();
    if (options_.contexts == kDocumentContexts) {
      source = WithDocuments(std::move(source), EncoderPieces(options_.model));
    } else if (!options_.contexts.empty()) {
      CorpusOptions read{.file = FileOptions(options_)};
      read.tags_optional = true;
      source = WithContexts(std::move(source), options_.input, options_.contexts, read);
    }
    if (const std::optional<DataFormat> format = AnnotationOf(options_)) annotations_.emplace(*format, options_.output);
    if (!annotations_.has_value() || !annotations_->WritesItself()) output_.emplace(options_.output);
    Progress progress("predict", 0, "words");
    std::vector<PredictItem> window;
    size_t sentences = 0;
    int64_t words = 0;
    const auto flush = [&] {
      Flush(&window);
      words_ += words;
      sentences = 0;
      words = 0;
      progress.Update(words_);
    };
    while (std::optional<PredictItem> item = source->Next()) {
      sentences += std::max<size_t>(1, item->sentences.size());
      for (const Sentence& sentence : item->sentences) words += static_cast<int64_t>(sentence.words.size());
      window.push_back(std::move(*item));
      if (sentences >= kWindowSentences || words >= kWindowWords) flush();
    }
    flush();
    if (annotations_.has_value()) {
      Write(annotations_->End());
    } else if (input_ == Form::kColumns && !json_out_) {
      for (const std::string& line : source->trailing()) Write(line + "\n");
    }
    progress.Finish();
    if (output_.has_value()) output_->Close();
  }

 private:
  [[nodiscard]] std::unique_ptr<PredictSource> Open() const {
    const ColumnFileOptions file = FileOptions(options_);
    if (input_ == Form::kAnnotation) {
      CorpusOptions read{.file = file};
      read.tags_optional = true;
      read.annotation.words_only = true;
      if (options_.offset_unit == "utf16") read.annotation.offset_unit = OffsetUnit::kUtf16;
      if (options_.offset_unit == "code_point") read.annotation.offset_unit = OffsetUnit::kCodePoint;
      return OpenAnnotations(options_.input, InputData(options_), read);
    }
    if (input_ == Form::kText) return OpenText(options_.input, file, options_.tokenized);
    return input_ == Form::kJson ? OpenJsonLines(options_.input, file)
                                 : OpenColumns(options_.input, file, options_.text_column);
  }

  void Write(std::string_view text) {
    if (output_.has_value()) output_->Write(text);
  }

  void Flush(std::vector<PredictItem>* window) {
    std::vector<Sentence> sentences;
    for (const PredictItem& item : *window)
      sentences.insert(sentences.end(), item.sentences.begin(), item.sentences.end());
    std::vector<std::vector<Entity>> entities = tagger_->Tag(sentences);
    if (annotations_.has_value()) Write(annotations_->Begin(*window));
    auto next = std::make_move_iterator(entities.begin());
    for (const PredictItem& item : *window) {
      const auto begin = next;
      next += static_cast<ptrdiff_t>(item.sentences.size());
      Write(Text(item, {begin, next}));
      ++position_;
    }
    if (output_.has_value()) output_->Flush();
    window->clear();
  }

  /// What is written for a record whose sentences have these entities.
  [[nodiscard]] std::string Text(const PredictItem& item, const std::vector<std::vector<Entity>>& entities) {
    if (annotations_.has_value()) return annotations_->Record(item, entities);
    if (input_ == Form::kText) {
      const OffsetUnit unit = options_.offset_unit == "utf16" ? OffsetUnit::kUtf16 : OffsetUnit::kCodePoint;
      return options_.marks ? MarkedLine(item, entities) : TextRecord(item, position_, entities, unit);
    }
    return json_out_ ? JsonLine(item, position_, entities.front())
                     : ColumnText(item, entities.front(), options_.scores);
  }

  const Options& options_;
  Form input_;
  bool json_out_;
  std::optional<AnnotationOutput> annotations_ = std::nullopt;
  std::optional<OutputFile> output_ = std::nullopt;  // none when annotations_ write their own files
  std::unique_ptr<api::TaggerBackend> tagger_;
  int64_t position_ = 0, words_ = 0;
};

}  // namespace

void AddPredict(CLI::App& app, const Globals& globals, Action* action) {
  CLI::App* command = app.add_subcommand("predict", "Tag column files, JSON lines or plain text with a trained model.");
  auto options = std::make_shared<Options>();
  command->add_option("-m,--model", options->model, "Model directory, for example runs/NAME/best.")
      ->required()
      ->type_name("DIR");
  command->add_option("IN", options->input, "Input file, - for stdin.")->type_name("FILE")->capture_default_str();
  command->add_option("-o,--output", options->output, "Output file, - for stdout.")
      ->type_name("FILE")
      ->capture_default_str();
  command
      ->add_option(
          "--format", options->format,
          "Output: conll adds a column with the tag, jsonl gives spans with scores (default: as the input); text "
          "reads plain text and gives JSON lines with offsets into it; or a format of an annotation tool: prodigy, "
          "spacy, doccano, labelstudio, brat, cluener, adaseq. brat needs -o: the .txt or .ann file of a pair, or a "
          "new "
          "directory.")
      ->check(CLI::IsMember(
          {"conll", "jsonl", "text", "prodigy", "spacy", "doccano", "labelstudio", "brat", "cluener", "adaseq"}));
  command
      ->add_option("--input-format", options->input_format,
                   "Input; auto takes text with --format text, else what the file is by its name or by what is "
                   "inside. The entities of annotated records are replaced.")
      ->check(CLI::IsMember({"auto", "conll", "jsonl", "text", "prodigy", "spacy", "doccano", "labelstudio", "brat",
                             "cluener", "adaseq"}))
      ->capture_default_str();
  command->add_flag("--tokenized", options->tokenized,
                    "Plain text: words are what stands between blanks, and a line is one sentence.");
  command->add_flag("--marks", options->marks,
                    "Plain text: write the text with marked entities, [Jane Doe](PER), instead of JSON lines.");
  command
      ->add_option(
          "--offset-unit", options->offset_unit,
          "What offsets count, of plain text that is written or annotated records that are read (default: utf16 "
          "for labelstudio, else code_point).")
      ->check(CLI::IsMember({"code_point", "utf16"}));
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
  command
      ->add_option(
          "--contexts", options->contexts,
          "Retrieved contexts of the sentences: a cache (JSON lines or table) is looked up by their words, a "
          "column or JSON lines file has the same sentences in order; none ignores contexts in IN; document takes "
          "the sentences around each one in its document (-DOCSTART- lines; without any IN is one).")
      ->type_name("FILE");
  command->add_flag("--scores", options->scores, "Add the probability of the entity as a column.");
  command
      ->add_option("--precision", options->precision,
                   "Numbers of the encoder: bf16 and int8 are faster and round; int8 results depend on the batch.")
      ->check(CLI::IsMember({"fp32", "bf16", "int8"}))
      ->capture_default_str();
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
      "words.txt | clner predict -m runs/quickstart/best --format jsonl\n  echo 'Jane Doe lives in Berlin.' | clner "
      "predict "
      "-m runs/quickstart/best --format text --marks");
  command->callback([=, &globals] {
    *action = [=, &globals] {
      CheckOptions(*options);
      Predictor(*options, globals).Run();
      return 0;
    };
  });
}

}  // namespace clner::cli
