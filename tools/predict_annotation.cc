#include "predict_annotation.h"

#include <algorithm>
#include <utility>

#include "core/log.h"

namespace clner::cli {
namespace {

class RecordSource final : public PredictSource {
 public:
  RecordSource(const std::string& path, DataFormat format, const CorpusOptions& options) {
    DataSource source;
    sentences_ = ReadData(path, format, options, {}, &source).sentences;
    texts_ = std::move(source.annotation.texts);
    for (const auto& [kind, count] : source.annotation.dropped)
      LogWarning("dropped", "not read: " + kind + " (" + std::to_string(count) + ")", path);
  }

  std::optional<PredictItem> Next() override {
    if (next_ == sentences_.size()) return std::nullopt;
    PredictItem item;
    Sentence& sentence = sentences_[next_];
    sentence.spans.clear();
    item.sentences.push_back(std::move(sentence));
    if (!texts_.empty()) item.source = std::move(texts_[next_]);
    ++next_;
    return item;
  }

 private:
  std::vector<Sentence> sentences_;
  std::vector<SourceText> texts_;
  size_t next_ = 0;
};

/// The text of an item and where the words of all its sentences stand; empty when it has none.
SourceText TextOf(const PredictItem& item) {
  if (item.source.has_value()) return *item.source;
  SourceText source{.text = item.text};
  for (const TextSentence& segment : item.segments) {
    for (const TextWord& word : segment.words)
      source.words.push_back({static_cast<int64_t>(word.begin), static_cast<int64_t>(word.end)});
  }
  return source;
}

}  // namespace

std::unique_ptr<PredictSource> OpenAnnotations(const std::string& path, DataFormat format,
                                               const CorpusOptions& options) {
  return std::make_unique<RecordSource>(path, format, options);
}

AnnotationOutput::AnnotationOutput(DataFormat format, const std::string& path) : format_(format) {
  if (format == DataFormat::kBrat) brat_.emplace(path);
}

std::string AnnotationOutput::Begin(const std::vector<PredictItem>& items) {
  if (writer_.has_value()) return "";
  const bool blanks =
      std::any_of(items.begin(), items.end(), [](const PredictItem& item) { return WordsNeedBlanks(item.sentences); });
  writer_.emplace(format_, blanks, /*with_document=*/false);
  if (brat_.has_value()) brat_->SetBlanks(blanks);
  return writer_->Begin();
}

std::string AnnotationOutput::Record(const PredictItem& item, const std::vector<std::vector<Entity>>& entities) {
  Sentence record;
  record.labelled = true;
  for (size_t s = 0; s < item.sentences.size(); ++s) {
    const auto first = static_cast<int64_t>(record.words.size());
    const Sentence& sentence = item.sentences[s];
    if (s == 0) {
      record.line = sentence.line;
      record.document = sentence.document;
    }
    record.words.insert(record.words.end(), sentence.words.begin(), sentence.words.end());
    for (const Entity& entity : entities[s])
      record.spans.push_back({first + entity.begin_word, first + entity.end_word, entity.type});
  }
  if (record.words.empty()) {
    if (brat_.has_value()) brat_->WriteBlankLine();
    return "";
  }
  const SourceText text = TextOf(item);
  const SourceText* source = text.text.empty() ? nullptr : &text;
  if (!brat_.has_value()) return writer_->Record(record, source);
  brat_->Write(record, source);
  return "";
}

std::string AnnotationOutput::End() {
  if (brat_.has_value()) brat_->Close();
  return Begin({}) + writer_->End();
}

}  // namespace clner::cli
