#include "data/corpus_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/log.h"
#include "core/utf8.h"
#include "data/counted.h"
#include "data/tag_check.h"

namespace clner {
namespace {

/// Longer sentences are legal, but usually mean that a blank line is missing.
constexpr size_t kLongSentenceWords = 1000;

}  // namespace

std::string MapTag(const std::string& tag, const std::map<std::string, std::string>& label_map) {
  if (label_map.empty()) return tag;
  const TagParts parts = SplitTag(tag);
  const auto mapped = parts.prefix == 'O' ? label_map.end() : label_map.find(std::string(parts.type));
  if (mapped == label_map.end()) return tag;
  if (mapped->second.empty()) return "O";
  return parts.prefix == '?' ? mapped->second : fmt::format("{}-{}", parts.prefix, mapped->second);
}

CorpusBuilder::CorpusBuilder(std::string name, const CorpusOptions& options)
    : name_(std::move(name)), options_(options) {}

int32_t CorpusBuilder::Intern(std::string_view tag, int64_t line) {
  auto found = tag_ids_.find(tag);
  if (found == tag_ids_.end()) {
    Tag& added = tags_.emplace_back(Tag{.text = std::string(tag), .line = line, .sentence = items_.size()});
    added.parts = SplitTag(added.text);
    found = tag_ids_.emplace(added.text, static_cast<int32_t>(tags_.size() - 1)).first;
  }
  ++tags_[static_cast<size_t>(found->second)].rows;
  return found->second;
}

void CorpusBuilder::AddProblem(Item* item, Problem problem) {
  item->bad = true;
  if (options_.file.skip_bad_sentences) {
    LogWarning("skipped sentences", "sentence left out: " + problem.what, problem.where);
  } else {
    problems_.Add(ErrorCode::kData, std::move(problem));
  }
}

void CorpusBuilder::CheckWords(Item* item) {
  Sentence& sentence = item->sentence;
  for (size_t i = 0; i < sentence.words.size(); ++i) {
    std::string& word = sentence.words[i];
    if (word.empty()) {
      AddProblem(item, {fmt::format("word {} of the sentence is empty", i + 1), Place(name_, item->Line(i)),
                        "remove the row, or put the '<EOS>' line of a context above it"});
      return;
    }
    if (!options_.first_code_point) continue;
    size_t length = 0;
    (void)DecodeUtf8(word, &length);
    word.resize(length);
  }
  if (sentence.words.size() > kLongSentenceWords) {
    LogWarning("long sentences", fmt::format("sentence of {} words; is a blank line missing?", sentence.words.size()),
               Place(name_, sentence.line));
  }
}

void CorpusBuilder::Add(Sentence sentence, const std::vector<std::string_view>& tags, std::vector<int64_t> lines) {
  Item item = {std::move(sentence), {}, std::move(lines)};
  item.sentence.labelled = !tags.empty();
  CheckWords(&item);
  item.tags.reserve(tags.size());
  for (size_t i = 0; i < tags.size(); ++i) item.tags.push_back(Intern(tags[i], item.Line(i)));
  items_.push_back(std::move(item));
}

void CorpusBuilder::DetectScheme() {
  // Tags that will be refused say nothing about the scheme.
  std::vector<TagParts> known;
  for (const Tag& tag : tags_) known.push_back(CheckTag(tag.text, true).has_value() ? TagParts{} : tag.parts);
  std::vector<TagParts> parts;
  for (const Item& item : items_) {
    parts.clear();
    for (const int32_t id : item.tags) parts.push_back(known[static_cast<size_t>(id)]);
    detector_.Add(parts);
  }
  corpus_.scheme = options_.scheme.value_or(detector_.Detect());
}

/// One problem per distinct bad tag, so that a wrong column does not bury everything else.
void CorpusBuilder::CheckTags() {
  const bool types_only = detector_.prefixed() == 0;
  const bool wrong_column = types_only && detector_.unprefixed() > 0 && detector_.outside() == 0;
  for (Tag& tag : tags_) {
    std::optional<TagComplaint> complaint = CheckTag(tag.text, types_only);
    const bool known_context = options_.label_map.count(std::string(tag.parts.type)) > 0;
    if (IsContextTag(tag.text) && !known_context) {
      complaint =
          TagComplaint{fmt::format("context tag '{}' in the sentence itself", tag.text),
                       "put an '<EOS>' line in front of the context words, or rename the type by the label map"};
    } else if (!complaint.has_value() && wrong_column) {
      complaint =
          TagComplaint{fmt::format("'{}' is not a tag: no row has the tag 'O' or a prefix", Printable(tag.text)),
                       "choose the tag column; columns count from 0"};
    }
    if (!complaint.has_value()) continue;
    tag.bad = true;
    if (options_.file.skip_bad_sentences) continue;
    problems_.Add(ErrorCode::kData,
                  {fmt::format("{} (sentence {}, {})", complaint->what, tag.sentence + 1, Counted(tag.rows, "row")),
                   Place(name_, tag.line), complaint->fix});
  }
  for (Item& item : items_) {
    const auto bad = std::find_if(item.tags.begin(), item.tags.end(),
                                  [this](int32_t id) { return tags_[static_cast<size_t>(id)].bad; });
    if (bad == item.tags.end() || item.bad) continue;
    item.bad = true;
    if (!options_.file.skip_bad_sentences) continue;
    LogWarning("skipped sentences",
               fmt::format("sentence left out: tag '{}'", Printable(tags_[static_cast<size_t>(*bad)].text)),
               Place(name_, item.Line(static_cast<size_t>(bad - item.tags.begin()))));
  }
}

void CorpusBuilder::MakeSpans(Item* item) {
  std::vector<TagParts> parts;
  parts.reserve(item->tags.size());
  for (const int32_t id : item->tags) parts.push_back(tags_[static_cast<size_t>(id)].parts);
  int64_t repaired = 0;
  std::vector<Span> spans = TagsToSpans(parts, corpus_.scheme, &repaired);
  corpus_.repaired_tags += repaired;
  if (options_.strict && repaired > 0) {
    const auto at = static_cast<size_t>(FirstIllFormed(parts, corpus_.scheme));
    const auto text = [&](size_t i) {
      return i < item->tags.size() ? "'" + tags_[static_cast<size_t>(item->tags[i])].text + "'" : "the end";
    };
    AddProblem(item, {fmt::format("ill-formed tags for scheme {}: {} to {}", Name(corpus_.scheme),
                                  at == 0 ? "from the start" : "from " + text(at - 1), text(at)),
                      Place(name_, item->Line(at)), "correct the tags, or read without strict mode to repair them"});
    return;
  }
  for (Span& span : spans) {
    if (const auto mapped = options_.label_map.find(span.type); mapped != options_.label_map.end()) {
      if (mapped->second.empty()) continue;
      span.type = mapped->second;
    }
    item->sentence.spans.push_back(std::move(span));
  }
}

std::vector<std::string> CorpusBuilder::TagsOf(const Item& item) const {
  std::vector<std::string> tags;
  tags.reserve(item.tags.size());
  for (const int32_t id : item.tags) tags.push_back(MapTag(tags_[static_cast<size_t>(id)].text, options_.label_map));
  return tags;
}

Corpus CorpusBuilder::Collect(const ColumnFileStats& file) {
  corpus_.path = name_;
  corpus_.file = file;
  for (const Tag& tag : tags_) {
    if (!tag.bad && tag.parts.prefix != 'O') corpus_.types_in_file.emplace(tag.parts.type);
  }
  std::set<int64_t> documents;
  for (Item& item : items_) {
    if (item.bad) {
      ++corpus_.file.skipped_sentences;
      --corpus_.file.sentences;
      corpus_.file.words -= static_cast<int64_t>(item.sentence.words.size());
      continue;
    }
    Sentence& sentence = item.sentence;
    documents.insert(sentence.document);
    corpus_.words += static_cast<int64_t>(sentence.words.size());
    corpus_.entities += static_cast<int64_t>(sentence.spans.size());
    for (const Span& span : sentence.spans) ++corpus_.entities_of_type[span.type];
    CountContexts(sentence.contexts, &corpus_);
    if (options_.keep_tags) corpus_.tags.push_back(TagsOf(item));
    corpus_.sentences.push_back(std::move(sentence));
  }
  if (file.docstart_lines > 0) corpus_.documents = static_cast<int64_t>(documents.size());
  return std::move(corpus_);
}

void CorpusBuilder::Report() const {
  if (corpus_.repaired_tags > 0 && options_.warn_repairs) {
    LogWarning("ill-formed tags",
               fmt::format("{} for scheme {}, repaired by conlleval's rule",
                           Counted(corpus_.repaired_tags, "ill-formed transition"), Name(corpus_.scheme)),
               name_, "clner validate lists them");
  }
}

void CorpusBuilder::ThrowNothingLeft(int64_t skipped) const {
  throw Error(ErrorCode::kData, fmt::format("no sentences left, {} skipped", skipped), name_,
              "read without " + options_.file.skip_option + " to see the errors");
}

Corpus CorpusBuilder::Finish(const ColumnFileStats& file) {
  if (items_.empty()) {
    if (file.skipped_sentences == 0) {
      throw Error(ErrorCode::kData, "no sentences", name_,
                  "the file needs rows of words with blank lines between sentences");
    }
    ThrowNothingLeft(file.skipped_sentences);
  }
  DetectScheme();
  CheckTags();
  problems_.ThrowIfAny();
  for (Item& item : items_) {
    if (!item.bad) MakeSpans(&item);
  }
  problems_.ThrowIfAny();
  Report();
  Corpus corpus = Collect(file);
  if (corpus.sentences.empty()) {
    ThrowNothingLeft(corpus.file.skipped_sentences);
  }
  LogVerbose(fmt::format("{}: {}, {}, {} of {}, scheme {}, {} with context", name_,
                         Counted(corpus.sentences.size(), "sentence"), Counted(corpus.words, "word"),
                         Counted(corpus.entities, "entity", "entities"),
                         Counted(corpus.entities_of_type.size(), "type"), Name(corpus.scheme), corpus.with_context));
  return corpus;
}

}  // namespace clner
