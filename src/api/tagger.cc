#include "clner/tagger.h"

#include "api/backend.h"
#include "core/utf8.h"
#include "data/context_cache.h"
#include "data/schemes.h"

namespace clner {

struct Tagger::Backend {
  std::unique_ptr<api::TaggerBackend> tagger;
};

namespace {

ContextTexts ContextsOf(const std::vector<std::string>& texts) {
  CacheRecord record;
  for (const std::string& text : texts) {
    if (FirstInvalidUtf8(text))
      throw Error(ErrorCode::kData, "a context is not UTF-8", "TagInput::contexts", "convert it to UTF-8");
    record.texts.push_back({text});
    CleanText(record.tokenized, &record.texts.back().text);
  }
  return ContextsOfRecord(record);
}

}  // namespace

Tagger::Tagger(std::shared_ptr<const Backend> backend) : backend_(std::move(backend)) {}

Tagger Tagger::Load(const std::string& directory, const LoadOptions& options) {
  return Tagger(std::make_shared<const Backend>(Backend{api::LoadBackend(directory, options)}));
}

TagResult Tagger::Tag(const TagInput& input) const { return TagBatch({input}).front(); }

std::vector<TagResult> Tagger::TagBatch(const std::vector<TagInput>& inputs) const {
  std::vector<Sentence> sentences(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    sentences[i].words = inputs[i].words;
    sentences[i].contexts = ContextsOf(inputs[i].contexts);
  }
  std::vector<std::vector<Entity>> entities = backend_->tagger->Tag(sentences);
  std::vector<TagResult> results(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::vector<Span> spans;
    for (const Entity& entity : entities[i]) spans.push_back({entity.begin_word, entity.end_word, entity.type});
    results[i].tags = SpansToTags(spans, static_cast<int64_t>(inputs[i].words.size()), Scheme::kBio);
    results[i].entities = std::move(entities[i]);
  }
  return results;
}

std::vector<std::string> Tagger::EntityTypes() const { return backend_->tagger->EntityTypes(); }

}  // namespace clner
