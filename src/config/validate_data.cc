#include <fmt/format.h>

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/checker.h"
#include "config/corpora.h"
#include "core/utf8.h"

namespace clner {
namespace {

struct NamedSplit {
  std::string key;
  const SplitOptions* files;
};

/// Every split of the section data, also of its corpora.
std::vector<NamedSplit> SplitsOf(const DataOptions& data) {
  std::vector<NamedSplit> splits = {{"data.train", &data.train}, {"data.dev", &data.dev}, {"data.test", &data.test}};
  for (const auto& [name, corpus] : data.corpora) {
    const std::string key = "data.corpora." + name;
    splits.insert(splits.end(),
                  {{key + ".train", &corpus.train}, {key + ".dev", &corpus.dev}, {key + ".test", &corpus.test}});
  }
  splits.push_back({"data.unlabelled", &data.unlabelled});
  return splits;
}

/// Keys below `section` about reading that the format, set at `format_key`, makes useless; auto may meet any format.
void CheckFormat(const DataOptions& data, const std::string& section, const std::string& format_key, Checker* check) {
  using Format = DataOptions::Format;
  if (data.format == Format::kAuto) return;
  const DataOptions defaults;
  const auto in = [&](std::initializer_list<Format> formats) {
    return std::find(formats.begin(), formats.end(), data.format) != formats.end();
  };
  const auto useless = [&](bool is_set, bool is_used, const char* name) {
    if (!is_set || is_used) return;
    const std::string key = section + "." + name;
    check->Add(key, format_key, fmt::format("{} has no effect with {}: {}", key, format_key, NameOf(data.format)),
               fmt::format("remove {}, or choose another {}", key, format_key));
  };
  const bool columns = in({Format::kColumns}), rows = in({Format::kColumns, Format::kAutoner});
  const bool annotation = !rows && !in({Format::kJsonl});
  useless(data.columns.text != defaults.columns.text, columns, "columns.text");
  useless(data.columns.ner != defaults.columns.ner, columns, "columns.ner");
  useless(data.delimiter != defaults.delimiter, columns, "delimiter");
  useless(data.comment != defaults.comment, rows, "comment");
  useless(data.first_code_point, columns, "first_code_point");
  useless(data.read_scheme != defaults.read_scheme, in({Format::kColumns, Format::kJsonl, Format::kAdaseq}),
          "read_scheme");
  useless(!data.labels.empty(), in({Format::kJsonl}), "labels");
  useless(data.offset_unit != defaults.offset_unit, annotation, "offset_unit");
  useless(data.words != defaults.words, annotation, "words");
  useless(data.on_misaligned != defaults.on_misaligned, annotation, "on_misaligned");
  useless(data.on_overlap != defaults.on_overlap, annotation, "on_overlap");
  useless(data.on_discontinuous != defaults.on_discontinuous, in({Format::kBrat}), "on_discontinuous");
}

/// Keys that the source of the contexts makes useless.
void CheckContexts(const DataOptions& data, Checker* check) {
  using Source = ContextOptions::Source;
  const ContextOptions& contexts = data.contexts;
  const auto useless = [&](const std::string& key, bool is_set) {
    if (!is_set) return;
    check->Add(key, "data.contexts.source",
               fmt::format("{} has no effect with data.contexts.source: {}", key, NameOf(contexts.source)),
               fmt::format("remove {}, or choose another data.contexts.source", key));
  };
  if (contexts.source == Source::kDocument || contexts.source == Source::kRandomSentences) {
    for (const NamedSplit& split : SplitsOf(data)) useless(split.key + ".contexts", !split.files->contexts.empty());
  }
  if (contexts.source == Source::kDocument) {
    useless("data.contexts.max_texts", contexts.max_texts > 0);
    useless("data.contexts.max_words_per_text", contexts.max_words_per_text > 0);
  }
}

void CheckLabelMap(const std::string& key, const std::map<std::string, std::string>& label_map, Checker* check) {
  for (const auto& [old_name, new_name] : label_map) {
    if (HasControlByte(new_name) || new_name.find(' ') != std::string::npos) {
      check->Add(
          key, fmt::format("{}: '{}' becomes '{}', which holds a blank", key, Printable(old_name), Printable(new_name)),
          "entity types are single words");
    } else if (new_name == "X") {
      check->Add(key, fmt::format("{}: '{}' becomes 'X', which is the type of context words", key, Printable(old_name)),
                 "choose another new name");
    }
  }
}

void CheckRows(const ColumnsOptions& columns, const std::string& comment, const std::string& section, Checker* check) {
  if (columns.text == columns.ner) {
    check->Add(section + ".columns.ner", section + ".columns.text",
               fmt::format("{0}.columns.text and {0}.columns.ner are both column {1}", section, columns.ner),
               "name the column of the words and the column of the tags");
  }
  if (comment.find_first_of("\r\n") != std::string::npos) {
    check->Add(section + ".comment",
               fmt::format("{}.comment holds a line break, so no line can start with it", section),
               "give the first characters of a comment line");
  }
}

/// One corpus of data.corpora.
void CheckCorpus(const DataOptions& data, const std::string& name, const JointCorpusOptions& corpus, Checker* check) {
  const std::string key = "data.corpora." + name;
  if (corpus.train.sentences.empty() && corpus.dev.sentences.empty() && corpus.test.sentences.empty()) {
    check->Add(key, fmt::format("{} names no file", key), fmt::format("set {}.train.sentences, or remove it", key));
  }
  CheckLabelMap(key + ".label_map", corpus.label_map, check);
  if (corpus.factor != 1 && data.upsample != DataOptions::Upsample::kFactor) {
    check->NoEffect(key + ".factor", "data.upsample: factor");
  } else if (corpus.factor != 1 && corpus.train.sentences.empty()) {
    check->NoEffect(key + ".factor", key + ".train.sentences");
  }
  if (corpus.columns.text || corpus.columns.ner || corpus.comment) {
    CheckRows({corpus.columns.text.value_or(data.columns.text), corpus.columns.ner.value_or(data.columns.ner)},
              corpus.comment.value_or(""), key, check);
  }
  DataOptions own;  // only what the corpus itself sets
  own.corpora = {{name, corpus}};
  own.format = data.format;
  CheckFormat(CorporaOf(own).front().data, key, corpus.format ? key + ".format" : "data.format", check);
}

void CheckCorpora(const DataOptions& data, Checker* check) {
  for (const auto& [key, files] : SplitsOf(data)) {
    if (!files->contexts.empty() && files->sentences.empty()) check->NoEffect(key + ".contexts", key + ".sentences");
  }
  bool overrides_format = false, any_factor = false;
  for (const auto& [name, corpus] : data.corpora) {
    CheckCorpus(data, name, corpus, check);
    overrides_format = overrides_format || corpus.format.has_value();
    any_factor = any_factor || corpus.factor != 1;
  }
  if (!overrides_format) CheckFormat(data, "data", "data.format", check);
  if (data.corpora.empty()) {
    if (data.upsample != DataOptions::Upsample::kNone) check->NoEffect("data.upsample", "data.corpora");
    return;
  }
  for (const auto& [key, files] :
       {NamedSplit{"data.train", &data.train}, {"data.dev", &data.dev}, {"data.test", &data.test}}) {
    if (files->sentences.empty()) continue;
    check->Add(key + ".sentences", "data.corpora", fmt::format("{}.sentences and data.corpora are both set", key),
               fmt::format("move it below data.corpora, or set {}.sentences to \"\"", key));
  }
  if (data.upsample == DataOptions::Upsample::kFactor && !any_factor)
    check->NoEffect("data.upsample", "a factor below data.corpora");
}

}  // namespace

void CheckData(const DataOptions& data, Checker* check) {
  CheckRows(data.columns, data.comment, "data", check);
  CheckLabelMap("data.label_map", data.label_map, check);
  if (data.token_cache.empty()) {
    check->Add("data.token_cache", "data.token_cache is empty", "write auto, off or the path of a directory");
  }
  if (data.verify_token_cache && data.token_cache == "off") {
    check->Add("data.verify_token_cache", "data.token_cache",
               "data.verify_token_cache has no effect with data.token_cache: off", "remove one of them");
  }
  CheckCorpora(data, check);
  CheckContexts(data, check);
  if (data.train_with_dev && !HasDevData(data)) check->NoEffect("data.train_with_dev", "data.dev.sentences");
}

}  // namespace clner
