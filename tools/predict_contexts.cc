#include "predict_contexts.h"

#include <optional>
#include <utility>
#include <vector>

#include "data/context_source.h"
#include "data/contexts.h"

namespace clner::cli {
namespace {

class WithoutContexts final : public PredictSource {
 public:
  explicit WithoutContexts(std::unique_ptr<PredictSource> source) : source_(std::move(source)) {}
  std::optional<PredictItem> Next() override {
    std::optional<PredictItem> item = source_->Next();
    if (!item) return std::nullopt;
    for (Sentence& sentence : item->sentences) sentence.contexts = {};
    return item;
  }
  std::vector<std::string> trailing() const override { return source_->trailing(); }

 private:
  std::unique_ptr<PredictSource> source_;
};

// Whether the files fit is known at their end, and nothing is to be written before.
class AllWithContexts final : public PredictSource {
 public:
  AllWithContexts(std::unique_ptr<PredictSource> source, const std::string& input, const std::string& contexts,
                  const CorpusOptions& options)
      : source_(std::move(source)) {
    Corpus corpus;
    corpus.path = input;
    while (std::optional<PredictItem> item = source_->Next()) {
      for (Sentence& sentence : item->sentences) corpus.sentences.push_back(std::move(sentence));
      items_.push_back(std::move(*item));
    }
    AttachContextFile(&corpus, contexts, options);
    size_t next = 0;
    for (PredictItem& item : items_) {
      for (Sentence& sentence : item.sentences) sentence = std::move(corpus.sentences[next++]);
    }
  }
  std::optional<PredictItem> Next() override {
    if (position_ == items_.size()) return std::nullopt;
    return std::move(items_[position_++]);
  }
  std::vector<std::string> trailing() const override { return source_->trailing(); }

 private:
  std::unique_ptr<PredictSource> source_;
  std::vector<PredictItem> items_;
  size_t position_ = 0;
};

class AroundSentences final : public PredictSource {
 public:
  AroundSentences(std::unique_ptr<PredictSource> source, size_t max_words)
      : source_(std::move(source)), max_words_(max_words), ahead_(source_->Next()) {}
  std::optional<PredictItem> Next() override {
    if (position_ == items_.size()) ReadDocument();
    if (items_.empty()) return std::nullopt;
    PredictItem item = std::move(items_[position_++]);
    for (Sentence& sentence : item.sentences) sentence.contexts = windows_->Around(sentence_++);
    return item;
  }
  std::vector<std::string> trailing() const override { return source_->trailing(); }

 private:
  /// Fills items_, which stay empty at the end. A record without sentences belongs to the document before it.
  void ReadDocument() {
    items_.clear();
    words_.clear();
    position_ = sentence_ = 0;
    for (; ahead_; ahead_ = source_->Next()) {
      const std::vector<Sentence>& sentences = ahead_->sentences;
      if (!words_.empty() && !sentences.empty() && sentences.front().document != words_.front().document) break;
      for (const Sentence& sentence : sentences)
        words_.push_back({.words = sentence.words, .document = sentence.document});
      items_.push_back(std::move(*ahead_));
    }
    windows_.emplace(words_, max_words_);
  }

  std::unique_ptr<PredictSource> source_;
  size_t max_words_;
  std::optional<PredictItem> ahead_;
  std::vector<PredictItem> items_;
  std::vector<Sentence> words_;  // the sentences of items_; theirs are handed out
  std::optional<DocumentWindows> windows_;
  size_t position_ = 0, sentence_ = 0;
};

}  // namespace

std::unique_ptr<PredictSource> WithDocuments(std::unique_ptr<PredictSource> source, size_t max_words) {
  return std::make_unique<AroundSentences>(std::move(source), max_words);
}

std::unique_ptr<PredictSource> WithContexts(std::unique_ptr<PredictSource> source, const std::string& input,
                                            const std::string& contexts, const CorpusOptions& options) {
  if (contexts == kNoContexts) return std::make_unique<WithoutContexts>(std::move(source));
  return std::make_unique<AllWithContexts>(std::move(source), input, contexts, options);
}

}  // namespace clner::cli
