// `clner inspect`: what the model sees, in forms that are easy to compare with other programs.
#include <memory>

#include "commands.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "data/contexts.h"
#include "data/corpus.h"
#include "data/line_reader.h"
#include "data_options.h"
#include "output_check.h"
#include "tokenize/tokenizer.h"
#include "torch_library.h"
#include "views/context_view.h"

namespace clner::cli {
namespace {

struct Options {
  std::string model, input, contexts, output = "-";
  int text_column = 0;
  std::string delimiter = "blanks", on_error = "fail", encoding_errors = "fail";
  bool no_verify = false;
  api::StateChoice choice = {};
  int64_t max_pieces = 512;
  ContextLimits limits = {};
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

// An input of the encoder with the texts of its pieces.
std::string TokensLine(const Tokenizer& tokenizer, Json json, const std::vector<int32_t>& ids,
                       const std::vector<int32_t>& word_of_piece) {
  Json texts = Json::array();
  for (const int32_t id : ids) texts.push_back(tokenizer.PieceText(id));
  json["pieces"] = std::move(texts);
  json["ids"] = ids;
  json["word_of_piece"] = word_of_piece;
  return DumpJson(json) + "\n";
}

// The words with [CLS] ... [SEP], as the Hugging Face fast tokenizer gives them with is_split_into_words; never cut
// into windows.
std::string SentenceLine(const Tokenizer& tokenizer, const Sentence& sentence, Json json) {
  Pieces pieces = tokenizer.Encode(sentence.words);
  pieces.ids.insert(pieces.ids.begin(), tokenizer.special().begin);
  pieces.ids.push_back(tokenizer.special().separator);
  pieces.word_of_piece.insert(pieces.word_of_piece.begin(), -1);
  pieces.word_of_piece.push_back(-1);
  return TokensLine(tokenizer, std::move(json), pieces.ids, pieces.word_of_piece);
}

// The same with the context behind it, as the Hugging Face fast tokenizer gives it for words, the text of the separator
// and the words of the context. Words of the context are counted on behind those of the sentence.
std::string ContextLine(const Tokenizer& tokenizer, const ContextView& view, const Sentence& sentence) {
  Json context = Json::array();
  const auto own = static_cast<int32_t>(sentence.words.size());
  std::vector<int32_t> number(sentence.contexts.words(), -1);
  for (const ContextRange& text : view.Shown(sentence)) {
    for (size_t w = text.begin; w < text.end; ++w) {
      number[w] = own + static_cast<int32_t>(context.size());
      context.push_back(sentence.contexts.word(w));
    }
  }
  const bool is_shown = !context.empty();
  Json json = {{"words", sentence.words}, {"context", std::move(context)}};
  if (!is_shown) return SentenceLine(tokenizer, sentence, std::move(json));
  std::vector<ViewItem> items;
  view.Append(sentence, 0, &items);
  for (int32_t& word : items.front().word_of_piece) word = word < own ? word : number[static_cast<size_t>(word - own)];
  return TokensLine(tokenizer, std::move(json), items.front().ids, items.front().word_of_piece);
}

int Tokens(const Options& options, const Globals&) {
  const std::unique_ptr<Tokenizer> tokenizer = LoadTokenizer(options.model);
  OutputFile output(options.output);
  if (options.contexts.empty()) {
    for (const Sentence& sentence : ReadSentences(options))
      output.Write(SentenceLine(*tokenizer, sentence, {{"words", sentence.words}}));
  } else {
    const ContextView view(*tokenizer, options.max_pieces, 0, options.limits);
    Corpus corpus = {.path = InputName(options.input), .sentences = ReadSentences(options)};
    AttachContextFile(&corpus, options.contexts,
                      {.file = FileOptionsOf(options.delimiter, "", options.on_error, options.encoding_errors),
                       .text_column = options.text_column,
                       .tag_column = std::nullopt});
    for (const Sentence& sentence : corpus.sentences) output.Write(ContextLine(*tokenizer, view, sentence));
  }
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

void AddContextOptions(CLI::App* command, Options* options) {
  command
      ->add_option(
          "--contexts", options->contexts,
          "Contexts of FILE, to show the input with them: a column or JSON lines file of the same sentences, or "
          "a cache.")
      ->type_name("FILE");
  const auto number = [&](const char* name, int64_t* value, const char* help) {
    return command->add_option(name, *value, help)->type_name("N")->check(CLI::PositiveNumber);
  };
  number("--max-pieces", &options->max_pieces, "With --contexts: pieces of an input, special tokens included.")
      ->capture_default_str();
  number("--max-texts", &options->limits.max_texts, "With --contexts: texts that are shown (default: all that fit).");
  number("--max-text-words", &options->limits.max_words_per_text,
         "With --contexts: words of a text, the rest is cut off (default: all).");
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
    if (run == &Tokens) AddContextOptions(command, options.get());
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
        CheckOutputs({options->output}, {options->input, options->contexts});
        return run(*options, globals);
      };
    });
  };
  add("tokens", "One JSON object per sentence: words, pieces, ids with special tokens, word_of_piece (-1 for special).",
      "clner inspect tokens -m models/minilm-l6 examples/quickstart/test.conll", &Tokens);
  add("states", "One f32 tensor [words, D] per sentence in a safetensors file, named by its index from 0.",
      "clner inspect states -m models/minilm-l6 examples/quickstart/test.conll -o states.safetensors", &States);
  add("marginals", "One JSON object per sentence: words, tags, marginals [words][tags], log_z.",
      "clner inspect marginals -m runs/quickstart/best examples/quickstart/test.conll", &Marginals);
}

}  // namespace clner::cli
