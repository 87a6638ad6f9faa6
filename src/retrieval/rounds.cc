#include "retrieval/rounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/stop.h"
#include "retrieval/folded_words.h"
#include "retrieval/mentions.h"

namespace clner {
namespace {

// Tagged at once: enough for batches of similar length, and bounds memory.
constexpr size_t kGroup = 512;

/// Names of the sentences, found by the model with the contexts of a round.
KnownNames PredictNames(std::span<const DistinctSentence> sentences, const RoundAnswers& answers,
                        const RoundOptions& options, int64_t round, const std::string& output) {
  KnownNames names;
  Progress progress(fmt::format("tagging for round {}", round), static_cast<int64_t>(sentences.size()), "sentences");
  for (size_t begin = 0; begin < sentences.size(); begin += kGroup) {
    progress.Update(static_cast<int64_t>(begin));
    if (const char* stop = StopRequested()) {
      throw Error(ErrorCode::kInterrupted,
                  fmt::format("stopped by {} while sentences were tagged for round {}; what was retrieved is kept",
                              stop, round),
                  output, "run the same command again to go on");
    }
    const auto group = sentences.subspan(begin, std::min(kGroup, sentences.size() - begin));
    std::vector<Sentence> inputs;
    for (const DistinctSentence& one : group)
      inputs.push_back({.words = one.sentence->words, .contexts = ContextsOfRecord(answers.read(one).record)});
    const std::vector<std::vector<Span>> spans = options.predict(inputs);
    CLNER_CHECK_EQ(spans.size(), inputs.size());
    for (size_t i = 0; i < group.size(); ++i) {
      if (!spans[i].empty()) AddNames(inputs[i].words, spans[i], &names[group[i].key]);
    }
  }
  progress.Update(static_cast<int64_t>(sentences.size()));
  progress.Finish();
  return names;
}

/// The mentions of a sentence that stand in one of the texts.
int64_t FoundMentions(const Sentence& sentence, const CacheRecord& record) {
  std::vector<WordHashes> texts;
  if (!sentence.spans.empty()) {
    for (const CachedText& text : record.texts) texts.push_back(HashText(text.text));
  }
  return std::count_if(sentence.spans.begin(), sentence.spans.end(), [&](const Span& span) {
    const WordHashes mention = HashText(MentionText(sentence.words, span));
    return std::any_of(texts.begin(), texts.end(), [&](const WordHashes& text) { return StandsIn(mention, text); });
  });
}

/// `last` has a hash of the texts of every sentence in the round before, and gets those of this one.
void Survey(std::span<const DistinctSentence> sentences, const RoundAnswers& answers, std::vector<uint64_t>* last,
            RoundReport* report) {
  last->resize(sentences.size(), 0);
  for (size_t i = 0; i < sentences.size(); ++i) {
    const CacheRecord record = answers.read(sentences[i]).record;
    std::string texts;
    for (const CachedText& text : record.texts) texts += text.text + "\n";
    const uint64_t hash = HashLetters(texts);
    report->changed += report->round > 1 && hash != (*last)[i] ? 1 : 0;
    (*last)[i] = hash;
    report->with_contexts += record.texts.empty() ? 0 : 1;
    report->texts += static_cast<int64_t>(record.texts.size());
    report->mentions += static_cast<int64_t>(sentences[i].sentence->spans.size());
    report->mentions_found += FoundMentions(*sentences[i].sentence, record);
  }
}

}  // namespace

Json ToJson(const RoundReport& report) {
  Json json = {{"round", report.round},
               {"resumed_sentences", report.resumed},
               {"named_sentences", report.named_sentences},
               {"names", report.names},
               {"with_contexts", report.with_contexts},
               {"texts", report.texts},
               {"changed_sentences", report.changed},
               {"mentions", report.mentions},
               {"mentions_found", report.mentions_found},
               {"coverage", nullptr}};
  if (report.mentions > 0)
    json["coverage"] = static_cast<double>(report.mentions_found) / static_cast<double>(report.mentions);
  return json;
}

void AddNames(std::span<const std::string> words, std::span<const Span> spans, std::vector<std::string>* names) {
  for (const Span& span : spans) {
    std::string name = MentionText(words, span);
    if (std::find(names->begin(), names->end(), name) == names->end()) names->push_back(std::move(name));
  }
}

RoundAnswers RunRounds(std::span<const DistinctSentence> sentences, const RoundOptions& options, const FillRound& fill,
                       const std::string& output, ContextRetriever* retriever, std::vector<RoundReport>* reports) {
  RoundAnswers answers;
  std::vector<uint64_t> texts;
  for (int64_t round = 1; round <= options.rounds; ++round) {
    if (round > 1) {
      CLNER_CHECK(options.predict != nullptr, "several rounds without a model");
      retriever->SetNames(PredictNames(sentences, answers, options, round, output));
    }
    answers = fill(round);
    if (options.rounds == 1) break;
    RoundReport& report = reports->emplace_back();
    report.round = round;
    report.resumed = answers.resumed;
    for (const auto& [key, names] : retriever->names()) {
      ++report.named_sentences;
      report.names += static_cast<int64_t>(names.size());
    }
    Survey(sentences, answers, &texts, &report);
  }
  return answers;
}

}  // namespace clner
