#include "retrieval/contexts_summary.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/random.h"
#include "core/utf8.h"
#include "retrieval/folded_words.h"
#include "retrieval/mentions.h"
#include "retrieval/query.h"

namespace clner {
namespace {

constexpr size_t kMaxBins = 20;
constexpr size_t kShownCharacters = 80;

std::string ContextText(const ContextTexts& contexts, size_t text) {
  std::string joined;
  for (size_t word = contexts.begin_word(text); word < contexts.end_word(text); ++word) {
    if (word > contexts.begin_word(text)) joined += ' ';
    joined += contexts.word(word);
  }
  return joined;
}

std::vector<WordHashes> HashMentions(const Sentence& sentence) {
  std::vector<WordHashes> mentions;
  for (const Span& span : sentence.spans) mentions.push_back(HashText(MentionText(sentence.words, span)));
  return mentions;
}

uint64_t KeyOf(const WordHashes& words) {
  uint64_t key = words.size();
  for (const uint64_t word : words) key = MixSeed(key, word);
  return key;
}

/// Goes through a corpus and counts.
class Summarizer {
 public:
  Summarizer(const Corpus& corpus, const std::vector<Corpus>& train, LeakFilter* leaks)
      : corpus_(corpus), leaks_(*leaks) {
    if (train.empty()) return;
    summary_.seen = summary_.unseen = MentionCounts();
    for (const Corpus& data : train) {
      for (const Sentence& sentence : data.sentences) {
        for (const WordHashes& mention : HashMentions(sentence)) trained_.insert(KeyOf(mention));
      }
    }
  }

  ContextsSummary Run() {
    summary_.sentences = static_cast<int64_t>(corpus_.sentences.size());
    for (number_ = 0; number_ < corpus_.sentences.size(); ++number_) Add(corpus_.sentences[number_]);
    summary_.texts_of_sentence = LengthsOf(std::move(texts_));
    // Where other sentences have several texts, one alone is one.
    summary_.flat = summary_.flat && summary_.texts_of_sentence.max == 1;
    FillBins();
    summary_.words_of_sentence = LengthsOf(std::move(words_));
    summary_.words_of_text = LengthsOf(std::move(text_words_));
    for (Finding* finding : {&exact_, &fuzzy_, &repeated_, &missing_, &empty_}) {
      if (finding->count > 0) summary_.findings.push_back(std::move(*finding));
    }
    return std::move(summary_);
  }

 private:
  void Add(const Sentence& sentence) {
    const ContextTexts& contexts = sentence.contexts;
    const std::vector<WordHashes> mentions = HashMentions(sentence);
    SentenceSummary& details = summary_.details.emplace_back();
    details.found.resize(mentions.size());
    ++summary_.sentences_with_texts[static_cast<int64_t>(contexts.texts())];
    summary_.flat = summary_.flat || contexts.flat;
    if (contexts.empty()) {
      AddPlace(JoinWords(sentence.words), &empty_);
    } else {
      ++summary_.with_context;
      texts_.push_back(static_cast<int64_t>(contexts.texts()));
      words_.push_back(static_cast<int64_t>(contexts.words()));
    }
    std::unordered_set<uint64_t> own;
    for (size_t text = 0; text < contexts.texts(); ++text) AddText(contexts, text, mentions, &own, &details);
    for (size_t i = 0; i < mentions.size(); ++i) CountMention(sentence, i, mentions[i], details.found[i]);
  }

  void AddText(const ContextTexts& contexts, size_t text, const std::vector<WordHashes>& mentions,
               std::unordered_set<uint64_t>* own, SentenceSummary* details) {
    const std::string joined = ContextText(contexts, text);
    const WordHashes words = HashText(joined);
    ++summary_.texts;
    text_words_.push_back(static_cast<int64_t>(contexts.end_word(text) - contexts.begin_word(text)));
    for (size_t i = 0; i < mentions.size(); ++i) {
      if (!details->found[i].has_value() && StandsIn(mentions[i], words)) details->found[i] = text;
    }
    const Leak leak = leaks_.Classify(joined);
    details->leaks.push_back(leak);
    summary_.leaks_exact += leak == Leak::kExact ? 1 : 0;
    summary_.leaks_fuzzy += leak == Leak::kFuzzy ? 1 : 0;
    if (leak != Leak::kNone) AddPlace(joined, leak == Leak::kExact ? &exact_ : &fuzzy_);
    const uint64_t key = KeyOf(words);
    const bool repeated = !own->insert(key).second;
    details->repeated.push_back(repeated);
    const auto [first, is_new] = first_sentence_.emplace(key, number_);
    summary_.distinct_texts += is_new ? 1 : 0;
    summary_.repeated_in_sentence += repeated ? 1 : 0;
    summary_.repeated_in_corpus += first->second != number_ ? 1 : 0;
    if (repeated) AddPlace(joined, &repeated_);
  }

  void CountMention(const Sentence& sentence, size_t i, const WordHashes& mention, std::optional<size_t> found) {
    const auto count = [&](MentionCounts* counts) {
      ++counts->mentions;
      counts->found += found.has_value() ? 1 : 0;
    };
    count(&summary_.all);
    count(&summary_.types[sentence.spans[i].type]);
    if (summary_.seen.has_value()) count(trained_.contains(KeyOf(mention)) ? &*summary_.seen : &*summary_.unseen);
    if (!found.has_value()) {
      AddPlace(MentionText(sentence.words, sentence.spans[i]), &missing_);
      return;
    }
    if (summary_.found_first_in.size() <= *found) summary_.found_first_in.resize(*found + 1);
    ++summary_.found_first_in[*found];
  }

  /// Bins of 1, 2, 5, 10, 20, ... words, as narrow as kMaxBins allow.
  void FillBins() {
    if (words_.empty()) return;
    const auto bins = [&](int64_t width) {
      return static_cast<size_t>((*std::max_element(words_.begin(), words_.end()) + width - 1) / width);
    };
    int64_t decade = 1;
    for (size_t step = 0;; ++step) {
      summary_.bin_words = std::array<int64_t, 3>{1, 2, 5}[step % 3] * decade;
      if (bins(summary_.bin_words) <= kMaxBins) break;
      if (step % 3 == 2) decade *= 10;
    }
    summary_.sentences_in_bin.resize(bins(summary_.bin_words));
    for (const int64_t words : words_)
      ++summary_.sentences_in_bin[static_cast<size_t>((words - 1) / summary_.bin_words)];
  }

  void AddPlace(const std::string& text, Finding* finding) const {
    if (++finding->count > static_cast<int64_t>(kMaxPlaces)) return;
    finding->places.push_back(
        {"'" + Printable(text, kShownCharacters) + "'", Place(corpus_.path, corpus_.sentences[number_].line)});
  }

  const Corpus& corpus_;
  LeakFilter& leaks_;
  ContextsSummary summary_;
  size_t number_ = 0;                                    // of the sentence
  std::unordered_set<uint64_t> trained_;                 // mentions of the training data
  std::unordered_map<uint64_t, size_t> first_sentence_;  // of every different text
  std::vector<int64_t> texts_, words_, text_words_;
  Finding exact_ = {.code = "leak-exact",
                    .what = "texts contain a sentence of the data word for word",
                    .fix = "retrieve with --leaks fuzzy and --exclude for the other data sets"};
  Finding fuzzy_ = {.code = "leak-fuzzy",
                    .what = "texts contain nearly a sentence of the data",
                    .fix = "retrieve with --leaks fuzzy and --exclude for the other data sets"};
  Finding repeated_ = {.code = "duplicate-text",
                       .what = "texts equal an earlier one of the same sentence",
                       .fix = "retrieve with clner contexts, which keeps the first"};
  Finding missing_ = {.code = "mention-not-found",
                      .what = "mentions do not occur in the contexts of their sentence",
                      .fix = "try more texts (--top), another re-ranker or a larger collection"};
  Finding empty_ = {.code = "no-context",
                    .what = "sentences have no context",
                    .fix = "a sentence without words that the collection knows finds nothing"};
};

}  // namespace

double MentionCounts::coverage() const {
  return mentions == 0 ? 0.0 : static_cast<double>(found) / static_cast<double>(mentions);
}

ContextsSummary SummarizeContexts(const Corpus& corpus, const std::vector<Corpus>& train, LeakFilter* leaks) {
  return Summarizer(corpus, train, leaks).Run();
}

std::vector<std::optional<size_t>> MentionsInContexts(const Sentence& sentence) {
  const ContextTexts& contexts = sentence.contexts;
  const std::vector<WordHashes> mentions = HashMentions(sentence);
  std::vector<std::optional<size_t>> marks(contexts.words());
  for (size_t text = 0; text < contexts.texts(); ++text) {
    WordHashes words;
    std::vector<size_t> owners;  // of every folded word the word it comes from
    for (size_t word = contexts.begin_word(text); word < contexts.end_word(text); ++word) {
      const WordHashes parts = HashText(contexts.word(word));
      words.insert(words.end(), parts.begin(), parts.end());
      owners.resize(words.size(), word);
    }
    for (size_t i = 0; i < mentions.size(); ++i) {
      const WordHashes& mention = mentions[i];
      if (mention.empty()) continue;
      for (auto at = words.begin();; ++at) {
        at = std::search(at, words.end(), mention.begin(), mention.end());
        if (at == words.end()) break;
        const auto first = static_cast<size_t>(at - words.begin());
        for (size_t word = owners[first]; word <= owners[first + mention.size() - 1]; ++word) {
          if (!marks[word].has_value()) marks[word] = i;
        }
      }
    }
  }
  return marks;
}

std::vector<size_t> ExampleSentences(const ContextsSummary& summary, size_t count) {
  enum Kind : size_t { kLeak, kRepeated, kMissing, kFound, kEmpty, kOther, kKinds };
  const auto kind_of = [](const SentenceSummary& sentence) {
    const auto is_leak = [](Leak leak) { return leak != Leak::kNone; };
    if (std::any_of(sentence.leaks.begin(), sentence.leaks.end(), is_leak)) return kLeak;
    if (std::find(sentence.repeated.begin(), sentence.repeated.end(), true) != sentence.repeated.end())
      return kRepeated;
    if (sentence.leaks.empty()) return kEmpty;
    if (sentence.found.empty()) return kOther;
    return std::find(sentence.found.begin(), sentence.found.end(), std::nullopt) == sentence.found.end() ? kFound
                                                                                                         : kMissing;
  };
  std::array<std::vector<size_t>, kKinds> of_kind;
  for (size_t i = 0; i < summary.details.size(); ++i) of_kind[kind_of(summary.details[i])].push_back(i);
  std::vector<size_t> chosen;
  for (size_t turn = 0; chosen.size() < std::min(count, summary.details.size()); ++turn) {
    for (const std::vector<size_t>& sentences : of_kind) {
      if (turn < sentences.size() && chosen.size() < count) chosen.push_back(sentences[turn]);
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace clner
