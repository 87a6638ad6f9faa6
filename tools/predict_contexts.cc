#include "predict_contexts.h"

#include <utility>

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

}  // namespace

std::unique_ptr<PredictSource> WithContexts(std::unique_ptr<PredictSource> source, const std::string& input,
                                            const std::string& contexts, const CorpusOptions& options) {
  if (contexts == kNoContexts) return std::make_unique<WithoutContexts>(std::move(source));
  return std::make_unique<AllWithContexts>(std::move(source), input, contexts, options);
}

}  // namespace clner::cli
