#include "contexts_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <span>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/sha256.h"
#include "data/counted.h"
#include "data/data_format.h"
#include "torch_library.h"

namespace clner::cli {

void AddNameOptions(CLI::App* command, NameFlags* flags) {
  command
      ->add_option("--entities", flags->entities,
                   "The sentences of CORPUS with entities, predicted or gold: documents with such a name in the title "
                   "score more.")
      ->type_name("FILE");
  command
      ->add_option("--rounds", flags->rounds,
                   "Retrieve so often: from the second time on, the entities that --model finds with the contexts so "
                   "far are looked for in titles.")
      ->type_name("N")
      ->check(CLI::Range(1, 10))
      ->capture_default_str();
  command->add_option("-m,--model", flags->model, "Trained model for --rounds, for example runs/NAME/best.")
      ->type_name("DIR");
}

void CheckNames(const NameFlags& flags, const EngineOptions& engine) {
  const bool several = flags.rounds > 1;
  if (several && flags.model.empty()) {
    throw Error(ErrorCode::kUsage, fmt::format("--rounds {} without a model that finds entities", flags.rounds), "",
                "add --model DIR, for example runs/NAME/best");
  }
  if (!several && !flags.model.empty())
    throw Error(ErrorCode::kUsage, "--model has no effect without --rounds", "", "add --rounds 2");
  if ((engine.url.empty() && engine.command.empty()) || (!several && flags.entities.empty())) return;
  throw Error(ErrorCode::kUsage, fmt::format("{} needs an index file", several ? "--rounds" : "--entities"), "",
              "use -i INDEX: search servers and programs are not asked for names in titles");
}

KnownNames ReadNames(const std::string& path, const Corpus& corpus, const CorpusOptions& read,
                     const std::vector<std::string>& labels) {
  KnownNames names;
  const Corpus tagged = ReadData(path, FormatOfFile(path), read, labels);
  for (const Sentence& sentence : tagged.sentences)
    AddNames(sentence.words, sentence.spans, &names[KeyOfWords(sentence.words)]);
  const auto missing = std::count_if(corpus.sentences.begin(), corpus.sentences.end(), [&](const Sentence& sentence) {
    return !names.contains(KeyOfWords(sentence.words));
  });
  if (missing == static_cast<int64_t>(corpus.sentences.size())) {
    throw Error(ErrorCode::kData, "the file with the entities has none of the sentences", path,
                "predict the entities of the same corpus; words must be equal to the last character");
  }
  if (missing > 0)
    LogWarning("sentences without entities",
               fmt::format("{} not there", Counted(missing, "sentence is", "sentences are")), path);
  return names;
}

RoundOptions MakeRounds(const NameFlags& flags, bool verify, const Globals& globals) {
  RoundOptions rounds = {.rounds = flags.rounds};
  if (flags.rounds == 1) return rounds;
  LoadOptions load;
  load.device = globals.device;
  load.threads = globals.threads;
  load.verify = verify;
  load.scores = false;
  const std::shared_ptr<const api::TaggerBackend> tagger = TorchLibrary().load(flags.model, load);
  rounds.predict = [tagger](std::span<const Sentence> sentences) {
    std::vector<std::vector<Span>> spans;
    for (std::vector<Entity>& entities : tagger->Tag(sentences)) {
      std::vector<Span>& list = spans.emplace_back();
      for (Entity& entity : entities) list.push_back({entity.begin_word, entity.end_word, std::move(entity.type)});
    }
    return spans;
  };
  const std::filesystem::path sums = std::filesystem::path(flags.model) / "SHA256SUMS";  // of every file of the model
  std::error_code ignored;
  rounds.model = std::filesystem::exists(sums, ignored) ? Sha256OfFile(sums) : flags.model;
  return rounds;
}

}  // namespace clner::cli
