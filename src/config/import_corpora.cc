#include "config/import_corpora.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "config/import_files.h"
#include "config/schema.h"
#include "config/values.h"
#include "core/utf8.h"

namespace clner {
namespace {

using Section = OriginalSection;

constexpr int kMaxColumn = 1000;
constexpr std::string_view kClass = "ColumnCorpus";

std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

bool HoldsIgnoringCase(const std::string& text, const std::string& part) {
  return Lower(text).find(Lower(part)) != std::string::npos;
}

/// "ColumnCorpus-WNUT" as the name of one of our corpora.
std::string SectionNameOf(const std::string& name) {
  std::string id = name.substr(kClass.size());
  id.erase(0, id.find_first_not_of('-'));
  id.resize(std::min(id.size(), kMaxSectionName));
  for (char& c : id) {
    if (!IsSectionName({&c, 1})) c = '_';
  }
  return id.empty() ? "corpus" : id;
}

/// Finds the corpora that belong together.
class Sorter {
 public:
  Sorter(OriginalReader& in, const Section& ner) : in_(in), ner_(ner) {}

  OriginalCorpora Sort(bool multi_view) {
    std::vector<std::string> named;
    for (const std::string& name : Names()) {
      if (std::find(named.begin(), named.end(), name) != named.end()) {
        Refuse(fmt::format("Corpus names '{}' twice", Printable(name)),
               "name it once; data.upsample can repeat its sentences");
        continue;
      }
      named.push_back(name);
      Take(name, multi_view);
    }
    NoteUnused(named);
    if (corpora_.unlabelled.size() > 1) {
      Refuse("Corpus names several unlabelled corpora", "put their sentences into one file, and name that");
    }
    for (Named& context : contexts_) Pair(std::move(context));
    RefuseEqualNames();
    if (multi_view && plain_.size() > 1 && corpora_.pairs()) {
      in_.Note(
          ner_, "Corpus",
          fmt::format("the original pairs every corpus with contexts with {}, by position; here each has sentences "
                      "of its own",
                      Printable(plain_.back())));
    }
    return std::move(corpora_);
  }

 private:
  struct Named {
    std::string name = {};
    Section section = {};
  };

  [[nodiscard]] std::vector<std::string> Names() {
    const std::string names = in_.Text(ner_, "Corpus", true);
    std::vector<std::string> split;
    for (size_t begin = 0; begin < names.size();) {
      const size_t end = std::min(names.find(':', begin), names.size());
      split.push_back(names.substr(begin, end - begin));
      begin = end + 1;
    }
    return split;
  }

  void Take(const std::string& name, bool multi_view) {
    if (ner_.Find(name) == nullptr || !name.starts_with(kClass)) {
      Refuse(fmt::format("the corpus '{}' has no section with its files", Printable(name)),
             "name ColumnCorpus-... sections with data_folder and column_format");
      return;
    }
    const Section section = in_.Child(ner_, name);
    in_.CheckKeys(section, "corpus");
    if (HoldsIgnoringCase(name, "doc")) {
      contexts_.push_back({name, section});
      corpora_.any_context = true;
    } else if (multi_view && HoldsIgnoringCase(name, "unlabel")) {
      corpora_.unlabelled.push_back(section);
    } else {
      plain_.push_back(name);
      corpora_.labelled.push_back({SectionNameOf(name), section, {}});
      corpora_.any_plain = true;
    }
  }

  /// Gives a corpus with contexts to the one with the same sentences.
  void Pair(Named context) {
    if (plain_.empty()) {
      corpora_.labelled.push_back({SectionNameOf(context.name), context.section, {}});
      return;
    }
    std::optional<size_t> found;
    for (size_t i = 0; i < plain_.size(); ++i) {
      const bool longer = !found || plain_[i].size() > plain_[*found].size();
      if (longer && HoldsIgnoringCase(context.name, plain_[i])) found = i;
    }
    if (!found && plain_.size() == contexts_.size()) found = next_;
    ++next_;
    if (!found) {
      Refuse(fmt::format("no corpus without contexts belongs to '{}'", Printable(context.name)),
             "a corpus X belongs to one whose name holds X and 'doc'");
    } else if (corpora_.labelled[*found].contexts.node != nullptr) {
      Refuse(fmt::format("Corpus names several corpora with contexts for '{}'", Printable(plain_[*found])), "name one");
    } else {
      corpora_.labelled[*found].contexts = context.section;
    }
  }

  void RefuseEqualNames() {
    std::vector<std::string> names;
    for (const OriginalCorpus& corpus : corpora_.labelled) names.push_back(corpus.name);
    std::sort(names.begin(), names.end());
    if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
      Refuse(fmt::format("two corpora would be called '{}'", *twice),
             fmt::format("rename one: at most {} letters, digits, '_' and '-' count", kMaxSectionName));
    }
  }

  void NoteUnused(const std::vector<std::string>& used) {
    if (ner_.node == nullptr) return;
    for (const YamlNode::Entry& entry : ner_.node->entries) {
      const bool corpus = entry.key.starts_with(kClass);
      if (!corpus || std::find(used.begin(), used.end(), entry.key) != used.end()) continue;
      in_.Note(ner_, entry.key, fmt::format("{} has no effect: Corpus does not name it", ner_.KeyName(entry.key)));
    }
  }

  void Refuse(std::string what, std::string fix) { in_.Problem(ner_, "Corpus", std::move(what), std::move(fix)); }

  OriginalReader& in_;
  const Section& ner_;
  OriginalCorpora corpora_ = {};
  std::vector<std::string> plain_ = {};  // names of `labelled`, as long as these are those without contexts
  std::vector<Named> contexts_ = {};
  size_t next_ = 0;
};

/// Columns of the words and tags, and the last one that the section names.
struct Columns {
  int text = -1, ner = -1, last = -1;
};

Columns ColumnsOf(OriginalReader& in, const Section& corpus) {
  Columns columns;
  const Section format = in.Child(corpus, "column_format");
  if (format.node == nullptr) return columns;
  for (const YamlNode::Entry& entry : format.node->entries) {
    int column = -1;
    const char* end = entry.key.data() + entry.key.size();
    if (std::from_chars(entry.key.data(), end, column).ptr != end || column < 0 || column > kMaxColumn) {
      in.Problem(format, entry.key, fmt::format("'{}' is not the number of a column", Printable(entry.key)),
                 "columns count from 0");
    }
    columns.last = std::max(columns.last, column);
    if (entry.value->text == "text") columns.text = column;
    if (entry.value->text == "ner") columns.ner = column;
  }
  if (columns.text < 0 || columns.ner < 0) {
    in.Problem(corpus, "column_format", "column_format must name the columns text and ner", "as in {0: text, 1: ner}");
  }
  return columns;
}

/// How the files of sections that become one corpus are read.
struct Format {
  ColumnsOptions columns = {};
  std::string comment = {};
};

/// The columns may differ when the tags of each section stand last.
Format FormatOf(OriginalReader& in, const std::vector<Section>& sections) {
  Format format;
  std::optional<Columns> first;
  for (const Section& section : sections) {
    const Columns columns = ColumnsOf(in, section);
    if (!first.has_value()) {
      first = columns;
      format.columns = {columns.text, columns.ner};
    } else if (columns.text == first->text && columns.ner == columns.last && first->ner == first->last) {
      if (columns.ner != first->ner) format.columns.ner = -1;
    } else if (columns.text != first->text || columns.ner != first->ner) {
      in.Problem(section, "column_format", "the corpora have different columns",
                 "bring their files into one form, with the tags in the last column");
    }
    if (in.Text(section, "tag_to_bioes", false) != "ner") {
      in.Note(section, "tag_to_bioes",
              fmt::format("{} is not ner, so the original trains with the tags as they are in the files; data.scheme "
                          "is BIOES all the same",
                          section.KeyName("tag_to_bioes")));
    }
    if (section.Find("comment_symbol") != nullptr) format.comment = in.Text(section, "comment_symbol", false);
  }
  return format;
}

CorpusFiles ReadFiles(OriginalReader& in, const Section& corpus) {
  const std::string folder = corpus.node == nullptr ? "" : in.Text(corpus, "data_folder", true);
  if (folder.empty()) return {};
  CorpusFiles files = FindCorpusFiles(folder, {.train = in.Text(corpus, "train_file", false),
                                               .dev = in.Text(corpus, "dev_file", false),
                                               .test = in.Text(corpus, "test_file", false)});
  const std::string key = corpus.KeyName("data_folder");
  if (files.guessed) {
    in.Note(corpus, "data_folder",
            fmt::format("{}: there is no such directory, so the names of its files are guesses", key));
  } else if (files.train.empty()) {
    in.Problem(corpus, "data_folder", fmt::format("{}: no file has 'train' in its name", key), "name the file so");
  } else if (files.dev.empty() || files.test.empty()) {
    in.Note(corpus, "data_folder",
            fmt::format("{}: no file for {}; the original draws it from train at random", key,
                        files.dev.empty() ? "dev" : "test"));
  }
  for (const std::string& split : files.ambiguous) {
    in.Note(corpus, "data_folder", fmt::format("{}: several files could be {}; check the one chosen", key, split));
  }
  for (const std::string* path : {&files.train, &files.dev, &files.test}) in.CheckPath(corpus, "data_folder", *path);
  return files;
}

/// Fills train, dev and test of data or of one of its corpora.
template <class Options>
void FillFiles(OriginalReader& in, const OriginalCorpus& corpus, Options* options) {
  const CorpusFiles files = ReadFiles(in, corpus.sentences), contexts = ReadFiles(in, corpus.contexts);
  options->train = {files.train, contexts.train};
  options->dev = {files.dev, files.dev.empty() ? "" : contexts.dev};
  options->test = {files.test, files.test.empty() ? "" : contexts.test};
}

}  // namespace

bool OriginalCorpora::some_unpaired() const {
  return pairs() && std::any_of(labelled.begin(), labelled.end(),
                                [](const OriginalCorpus& corpus) { return corpus.contexts.node == nullptr; });
}

OriginalCorpora SortCorpora(OriginalReader& in, const OriginalSection& ner, bool multi_view) {
  return Sorter(in, ner).Sort(multi_view);
}

void FillData(OriginalReader& in, const OriginalCorpora& corpora, DataOptions* data) {
  for (const OriginalCorpus& corpus : corpora.labelled) {
    const bool first = &corpus == &corpora.labelled.front();
    std::vector<Section> sections = {corpus.sentences};
    if (corpus.contexts.node != nullptr) sections.push_back(corpus.contexts);
    // Unlabelled data are read as data says, which is as the first corpus is read.
    if (first) sections.insert(sections.end(), corpora.unlabelled.begin(), corpora.unlabelled.end());
    const Format format = FormatOf(in, sections);
    if (first) {
      data->columns = format.columns;
      data->comment = format.comment;
    }
    if (corpora.labelled.size() == 1) {
      FillFiles(in, corpus, data);
      continue;
    }
    JointCorpusOptions& options = data->corpora.emplace_back(corpus.name, JointCorpusOptions{}).second;
    FillFiles(in, corpus, &options);
    if (format.columns.text != data->columns.text) options.columns.text = format.columns.text;
    if (format.columns.ner != data->columns.ner) options.columns.ner = format.columns.ner;
    if (format.comment != data->comment) options.comment = format.comment;
  }
  if (!corpora.unlabelled.empty()) data->unlabelled.sentences = ReadFiles(in, corpora.unlabelled.front()).train;
}

}  // namespace clner
