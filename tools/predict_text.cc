#include "predict_text.h"

#include <utility>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "data/counted.h"
#include "data/inline_marks.h"
#include "data/line_reader.h"
#include "data/raw_text.h"

namespace clner::cli {
namespace {

class TextSource final : public PredictSource {
 public:
  TextSource(const std::string& path, const ColumnFileOptions& options, bool tokenized)
      : lines_(path, LineOptionsOf(options)), skip_(options.skip_bad_sentences), tokenized_(tokenized) {}

  std::optional<PredictItem> Next() override {
    Line line;
    if (!lines_.Next(&line)) {
      const int64_t replaced = lines_.replaced_bytes();
      if (replaced > 0)
        LogWarning("replaced bytes", Counted(replaced, "invalid byte") + " became U+FFFD", lines_.name());
      return std::nullopt;
    }
    if (line.problem.has_value()) {
      if (!skip_) throw Error(ErrorCode::kData, {*line.problem}, 1);
      LogWarning("unreadable line", line.problem->what + ": written as an empty record", line.problem->where);
    }
    PredictItem item;
    item.text = line.text;
    item.segments = SegmentText(item.text, {.tokenized = tokenized_});
    for (const TextSentence& segment : item.segments)
      item.sentences.push_back({.words = Surfaces(item.text, segment), .line = line.number});
    return item;
  }

 private:
  LineReader lines_;
  bool skip_, tokenized_;
};

}  // namespace

std::unique_ptr<PredictSource> OpenText(const std::string& path, const ColumnFileOptions& options, bool tokenized) {
  return std::make_unique<TextSource>(path, options, tokenized);
}

std::string TextRecord(const PredictItem& item, int64_t position, const std::vector<std::vector<Entity>>& entities,
                       OffsetUnit unit) {
  const TextIndex offsets(item.text);
  const auto at = [&](size_t code_point) { return offsets.OffsetOf(static_cast<int64_t>(code_point), unit); };
  Json record = {{"id", position}, {"text", item.text}, {"entities", Json::array()}, {"sentences", Json::array()}};
  for (size_t s = 0; s < item.segments.size(); ++s) {
    const TextSentence& segment = item.segments[s];
    for (const Entity& entity : entities[s]) {
      const TextWord& first = segment.words[static_cast<size_t>(entity.begin_word)];
      const TextWord& last = segment.words[static_cast<size_t>(entity.end_word) - 1];
      record["entities"].push_back({{"begin", at(first.begin)},
                                    {"end", at(last.end)},
                                    {"text", item.text.substr(first.begin_byte, last.end_byte - first.begin_byte)},
                                    {"type", entity.type},
                                    {"score", RoundedScore(entity.score)},
                                    {"sentence", s},
                                    {"begin_word", entity.begin_word},
                                    {"end_word", entity.end_word}});
    }
    Json word_offsets = Json::array();
    for (const TextWord& word : segment.words) word_offsets.push_back(Json::array({at(word.begin), at(word.end)}));
    record["sentences"].push_back({{"begin", at(segment.begin())},
                                   {"end", at(segment.end())},
                                   {"words", item.sentences[s].words},
                                   {"offsets", std::move(word_offsets)},
                                   {"tags", BioTags(entities[s], segment.words.size())}});
  }
  return DumpJson(record) + "\n";
}

std::string MarkedLine(const PredictItem& item, const std::vector<std::vector<Entity>>& entities) {
  std::vector<MarkedSpan> spans;
  for (size_t s = 0; s < item.segments.size(); ++s) {
    const std::vector<TextWord>& words = item.segments[s].words;
    for (const Entity& entity : entities[s]) {
      spans.push_back({words[static_cast<size_t>(entity.begin_word)].begin_byte,
                       words[static_cast<size_t>(entity.end_word) - 1].end_byte, entity.type});
    }
  }
  return WithMarks(item.text, spans) + "\n";
}

}  // namespace clner::cli
