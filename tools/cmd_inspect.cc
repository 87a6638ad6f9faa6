// `clner inspect`: what the model sees, in forms that are easy to compare with other programs.
#include <memory>

#include "commands.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "data/corpus.h"
#include "data_options.h"
#include "output_check.h"
#include "tokenize/tokenizer.h"
#include "torch_library.h"

namespace clner::cli {
namespace {

struct Options {
  std::string model, input, output = "-";
  int text_column = 0;
  std::string delimiter = "blanks", on_error = "fail", encoding_errors = "fail";
  bool no_verify = false;
  api::StateChoice choice = {};
};

// Sentences are processed in groups of this size, so that memory does not grow with the file.
constexpr size_t kGroup = 64;

std::vector<Sentence> ReadSentences(const Options& options) {
  ColumnReader reader(options.input, FileOptionsOf(options.delimiter, "", options.on_error, options.encoding_errors));
  std::vector<Sentence> sentences;
  while (const std::optional<ColumnSentence> raw = reader.Next()) {
    size_t own_rows = 0;
    sentences.push_back(SplitContext(*raw, options.text_column, &own_rows, reader.path()));
  }
  return sentences;
}

// The words with [CLS] ... [SEP], as the Hugging Face fast tokenizer gives them with is_split_into_words; never cut
// into windows.
std::string TokensLine(const Tokenizer& tokenizer, const Sentence& sentence) {
  const Pieces pieces = tokenizer.Encode(sentence.words);
  Json json;
  json["words"] = sentence.words;
  Json texts = Json::array(), ids = Json::array(), words = Json::array();
  const auto add = [&](int32_t id, int32_t word) {
    texts.push_back(tokenizer.PieceText(id));
    ids.push_back(id);
    words.push_back(word);
  };
  add(tokenizer.special().begin, -1);
  for (size_t i = 0; i < pieces.ids.size(); ++i) add(pieces.ids[i], pieces.word_of_piece[i]);
  add(tokenizer.special().separator, -1);
  json["pieces"] = std::move(texts);
  json["ids"] = std::move(ids);
  json["word_of_piece"] = std::move(words);
  return DumpJson(json) + "\n";
}

int Tokens(const Options& options) {
  const std::unique_ptr<Tokenizer> tokenizer = LoadTokenizer(options.model);
  OutputFile output(options.output);
  for (const Sentence& sentence : ReadSentences(options)) output.Write(TokensLine(*tokenizer, sentence));
  output.Close();
  return 0;
}

LoadOptions Load(const Options& options, const Globals& globals) {
  LoadOptions load;
  load.device = globals.device;
  load.threads = globals.threads;
  load.verify = !options.no_verify;
  return load;
}

int States(const Options& options, const Globals& globals) {
  if (options.output == "-")
    throw Error(ErrorCode::kUsage, "states are written to a file", "", "give -o FILE.safetensors");
  TorchLibrary().write_states(options.model, ReadSentences(options), Load(options, globals), options.choice,
                              options.output);
  return 0;
}

int Marginals(const Options& options, const Globals& globals) {
  const std::unique_ptr<api::TaggerBackend> tagger = TorchLibrary().load(options.model, Load(options, globals));
  const std::vector<Sentence> sentences = ReadSentences(options);
  OutputFile output(options.output);
  for (size_t begin = 0; begin < sentences.size(); begin += kGroup) {
    const std::span<const Sentence> group(sentences.data() + begin, std::min(kGroup, sentences.size() - begin));
    for (const std::string& line : tagger->MarginalsJson(group)) output.Write(line + "\n");
  }
  output.Close();
  return 0;
}

}  // namespace

void AddInspect(CLI::App& app, const Globals& globals, Action* action) {
  CLI::App* inspect =
      app.add_subcommand("inspect", "Show pieces, encoder states and marginals, to compare with other programs.");
  inspect->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, const char* examples,
                       int (*run)(const Options&, const Globals&)) {
    CLI::App* command = inspect->add_subcommand(name, help);
    auto options = std::make_shared<Options>();
    if (run == &States) {
      command
          ->add_option("--layers", options->choice.layers,
                       "Hidden states whose mean is written, 0 = embeddings: -1, -4:-1, 0,6,12 or all (default: -1; a "
                       "trained model's own).")
          ->type_name("LIST");
      command
          ->add_option("--pool", options->choice.pool,
                       "Pieces that make a word: first, last, mean or first_last (default: first; a trained model's "
                       "own).")
          ->type_name("NAME");
    }
    command
        ->add_option("-m,--model", options->model,
                     "Model directory; for tokens and states a plain encoder directory is enough.")
        ->required()
        ->type_name("DIR");
    command->add_option("FILE", options->input, "Column file, - for stdin.")->required();
    command->add_option("-o,--output", options->output, "Output file, - for stdout.")
        ->type_name("FILE")
        ->capture_default_str();
    command
        ->add_option("--column", options->text_column,
                     "Column of the words; negative numbers count from the last column.")
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--delimiter", options->delimiter, "What separates columns.")
        ->check(CLI::IsMember({"blanks", "tab", "last"}))
        ->capture_default_str();
    command->add_option("--on-error", options->on_error, "What a malformed sentence does.")
        ->check(CLI::IsMember({"fail", "skip"}))
        ->capture_default_str();
    command->add_option("--encoding-errors", options->encoding_errors, "What invalid UTF-8 does.")
        ->check(CLI::IsMember({"fail", "replace"}))
        ->capture_default_str();
    command->add_flag("--no-verify", options->no_verify, "Do not check SHA256SUMS before loading.");
    command->footer(std::string("Examples:\n  ") + examples);
    command->callback([=, &globals] {
      *action = [=, &globals] {
        CheckOutputs({options->output}, {options->input});
        return run(*options, globals);
      };
    });
  };
  add("tokens", "One JSON object per sentence: words, pieces, ids with special tokens, word_of_piece (-1 for special).",
      "clner inspect tokens -m models/minilm-l6 examples/quickstart/test.conll",
      [](const Options& options, const Globals&) { return Tokens(options); });
  add("states", "One f32 tensor [words, D] per sentence in a safetensors file, named by its index from 0.",
      "clner inspect states -m models/minilm-l6 examples/quickstart/test.conll -o states.safetensors", &States);
  add("marginals", "One JSON object per sentence: words, tags, marginals [words][tags], log_z.",
      "clner inspect marginals -m runs/quickstart/best examples/quickstart/test.conll", &Marginals);
}

}  // namespace clner::cli
