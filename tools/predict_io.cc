#include "predict_io.h"

#include <fmt/format.h>

#include <cmath>

#include "core/json.h"
#include "core/utf8.h"
#include "data/corpus.h"
#include "data/line_reader.h"
#include "data/schemes.h"

namespace clner::cli {
namespace {

class ColumnSource final : public PredictSource {
 public:
  ColumnSource(const std::string& path, const ColumnFileOptions& options, int text_column)
      : reader_(path, options), text_column_(text_column) {}
  std::optional<PredictItem> Next() override {
    std::optional<ColumnSentence> rows = reader_.Next();
    if (!rows) return std::nullopt;
    PredictItem item;
    item.sentences.push_back(SplitContext(*rows, text_column_, &item.own_rows, reader_.path()));
    item.rows = std::move(rows);
    return item;
  }
  std::vector<std::string> trailing() const override { return reader_.trailing(); }

 private:
  ColumnReader reader_;
  int text_column_;
};

class JsonSource final : public PredictSource {
 public:
  JsonSource(const std::string& path, const ColumnFileOptions& options) : lines_(path, LineOptionsOf(options)) {}
  std::optional<PredictItem> Next() override {
    for (Line line; lines_.Next(&line);) {
      if (line.problem.has_value()) throw Error(ErrorCode::kData, {*line.problem}, 1);
      if (line.text.find_first_not_of(" \t") == std::string_view::npos) continue;
      try {
        return Parse(line);
      } catch (const Error&) {
        // The end of a file that was cut meanwhile is bad, too: its reader knows at the end of the file.
        for (Line rest; lines_.regular() && lines_.Next(&rest);) continue;
        throw;
      }
    }
    return std::nullopt;
  }

 private:
  PredictItem Parse(const Line& line) const {
    const std::string place = Place(lines_.name(), line.number);
    const Json json = ParseJson(line.text, place, ErrorCode::kData);
    const auto words =
        json.is_object() ? (json.contains("tokens") ? json.find("tokens") : json.find("words")) : json.end();
    if (!json.is_object() || words == json.end() || !words->is_array()) {
      throw Error(ErrorCode::kData, "the record has no list 'tokens' or 'words'", place,
                  "one object a line: {\"tokens\": [\"Jane\", \"Doe\"]}");
    }
    PredictItem item;
    Sentence& sentence = item.sentences.emplace_back();
    for (const Json& word : *words) {
      if (!word.is_string()) throw Error(ErrorCode::kData, "a token is not a string", place, "tokens are strings");
      sentence.words.push_back(word.get<std::string>());
    }
    sentence.line = line.number;
    if (json.contains("id")) item.id = DumpJson(json["id"]);
    return item;
  }
  LineReader lines_;
};

}  // namespace

std::vector<std::string> BioTags(const std::vector<Entity>& entities, size_t words) {
  std::vector<Span> spans;
  for (const Entity& entity : entities) spans.push_back({entity.begin_word, entity.end_word, entity.type});
  return SpansToTags(spans, static_cast<int64_t>(words), Scheme::kBio);
}

double RoundedScore(double score) { return std::round(score * 1e6) / 1e6; }

std::unique_ptr<PredictSource> OpenColumns(const std::string& path, const ColumnFileOptions& options, int text_column) {
  return std::make_unique<ColumnSource>(path, options, text_column);
}

std::unique_ptr<PredictSource> OpenJsonLines(const std::string& path, const ColumnFileOptions& options) {
  return std::make_unique<JsonSource>(path, options);
}

std::string ColumnText(const PredictItem& item, const std::vector<Entity>& entities, bool scores) {
  const std::vector<ColumnRow>& rows = item.rows->rows;
  const std::vector<std::string> tags = BioTags(entities, item.own_rows);
  std::vector<double> score_of_word(item.own_rows, -1);
  for (const Entity& entity : entities) {
    for (int64_t w = entity.begin_word; w < entity.end_word; ++w) score_of_word[static_cast<size_t>(w)] = entity.score;
  }
  std::string text;
  for (const std::string& line : item.rows->before) text += line + "\n";
  for (size_t i = 0; i < rows.size(); ++i) {
    // The new column is separated as the row is: by a TAB, unless the row uses blanks only.
    const char separator = rows[i].fields.size() > 1 && rows[i].text.find('\t') == std::string::npos ? ' ' : '\t';
    text += rows[i].text + separator + (i < item.own_rows ? tags[i] : "B-X");
    if (scores)
      text += separator + (i < item.own_rows && score_of_word[i] >= 0 ? fmt::format("{:.4f}", score_of_word[i]) : "-");
    text += '\n';
  }
  return text + "\n";
}

std::string JsonLine(const PredictItem& item, int64_t position, const std::vector<Entity>& entities) {
  const std::vector<std::string>& words = item.sentences.front().words;
  Json json;
  json["id"] = item.id.empty() ? Json(position) : ParseJson(item.id, "id", ErrorCode::kInternal);
  json["words"] = words;
  json["tags"] = BioTags(entities, words.size());
  json["entities"] = Json::array();
  for (const Entity& entity : entities) {
    std::string surface;
    for (int64_t w = entity.begin_word; w < entity.end_word; ++w)
      surface += (surface.empty() ? "" : " ") + words[static_cast<size_t>(w)];
    json["entities"].push_back({{"start", entity.begin_word},
                                {"end", entity.end_word},
                                {"type", entity.type},
                                {"score", RoundedScore(entity.score)},
                                {"text", surface}});
  }
  return DumpJson(json) + "\n";
}

}  // namespace clner::cli
