// The options of what is read and how.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "config/field.h"

namespace clner {

/// Columns of the data files; negative numbers count from the last column.
struct ColumnsOptions {
  int text = 0;
  int ner = -1;

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("text", &ColumnsOptions::text,
          Doc("column of the words; negative numbers count from the last column, -1").AtLeast(-1000).AtMost(1000));
    visit("ner", &ColumnsOptions::ner,
          Doc("column of the tags; negative numbers count from the last column, -1").AtLeast(-1000).AtMost(1000));
  }
  friend bool operator==(const ColumnsOptions&, const ColumnsOptions&) = default;
};

/// Files of one split; an empty path means that there is none.
struct SplitOptions {
  std::string sentences = {};
  std::string contexts = {};

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("sentences", &SplitOptions::sentences,
          Doc("file with the sentences, of the format that data.format says; empty means none").File());
    visit("contexts", &SplitOptions::contexts,
          Doc("column file with the same sentences and retrieved contexts; empty means none").File());
  }
  friend bool operator==(const SplitOptions&, const SplitOptions&) = default;
};

/// Where contexts come from and how much of one is shown; it never takes room from the sentence.
struct ContextOptions {
  enum class Source { kFile, kDocument, kRandomContexts, kRandomSentences };

  Source source = Source::kFile;
  int max_texts = 0;
  int max_words_per_text = 0;
  int max_pieces = 0;

  friend constexpr auto ChoicesOf(Source) {
    return std::array{Choice{"file", Source::kFile}, Choice{"document", Source::kDocument},
                      Choice{"random_contexts", Source::kRandomContexts},
                      Choice{"random_sentences", Source::kRandomSentences}};
  }

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("source", &ContextOptions::source,
          Doc("the data files, the document around the sentence, or to compare with: the contexts of the files "
              "exchanged at random between the sentences of a split, random other sentences of the split as texts"));
    visit("max_texts", &ContextOptions::max_texts,
          Doc("texts of a sentence at most, best ranks first; 0 takes all that fit, and 6 random_sentences")
              .AtLeast(0)
              .AtMost(1000000));
    visit("max_words_per_text", &ContextOptions::max_words_per_text,
          Doc("a text is cut behind so many words; 0 does not cut").Unit("words").AtLeast(0).AtMost(1000000));
    visit("max_pieces", &ContextOptions::max_pieces,
          Doc("pieces of the contexts of a sentence at most; 0 fills the encoder")
              .Unit("pieces")
              .AtLeast(0)
              .AtMost(65536));
  }
  friend bool operator==(const ContextOptions&, const ContextOptions&) = default;
};

/// The closed choices of DataOptions and JointCorpusOptions.
struct DataChoices {
  enum class Format {
    kAuto,
    kColumns,
    kJsonl,
    kAutoner,
    kProdigy,
    kSpacy,
    kDoccano,
    kLabelstudio,
    kBrat,
    kCluener,
    kAdaseq
  };
  enum class OffsetUnit { kAuto, kCodePoint, kUtf16, kByte };
  enum class Words { kAuto, kText, kBlanks, kCharacters };
  enum class OnMisaligned { kFail, kWiden, kDrop };
  enum class OnOverlap { kFail, kLongest, kFirst };
  enum class OnDiscontinuous { kFail, kSplit, kDrop };
  enum class Delimiter { kBlanks, kTab, kLast };
  enum class OnError { kFail, kSkip };
  enum class EncodingErrors { kFail, kReplace };
  enum class Upsample { kNone, kEqual, kSmoothed, kFactor };

  friend constexpr auto ChoicesOf(Format) {
    return std::array{Choice{"auto", Format::kAuto},
                      Choice{"columns", Format::kColumns},
                      Choice{"conll", Format::kColumns},
                      Choice{"jsonl", Format::kJsonl},
                      Choice{"autoner", Format::kAutoner},
                      Choice{"prodigy", Format::kProdigy},
                      Choice{"spacy", Format::kSpacy},
                      Choice{"doccano", Format::kDoccano},
                      Choice{"labelstudio", Format::kLabelstudio},
                      Choice{"brat", Format::kBrat},
                      Choice{"cluener", Format::kCluener},
                      Choice{"adaseq", Format::kAdaseq}};
  }
  friend constexpr auto ChoicesOf(OffsetUnit) {
    return std::array{Choice{"auto", OffsetUnit::kAuto}, Choice{"code_point", OffsetUnit::kCodePoint},
                      Choice{"utf16", OffsetUnit::kUtf16}, Choice{"byte", OffsetUnit::kByte}};
  }
  friend constexpr auto ChoicesOf(Words) {
    return std::array{Choice{"auto", Words::kAuto}, Choice{"text", Words::kText}, Choice{"blanks", Words::kBlanks},
                      Choice{"characters", Words::kCharacters}};
  }
  friend constexpr auto ChoicesOf(OnMisaligned) {
    return std::array{Choice{"fail", OnMisaligned::kFail}, Choice{"widen", OnMisaligned::kWiden},
                      Choice{"drop", OnMisaligned::kDrop}};
  }
  friend constexpr auto ChoicesOf(OnOverlap) {
    return std::array{Choice{"fail", OnOverlap::kFail}, Choice{"longest", OnOverlap::kLongest},
                      Choice{"first", OnOverlap::kFirst}};
  }
  friend constexpr auto ChoicesOf(OnDiscontinuous) {
    return std::array{Choice{"fail", OnDiscontinuous::kFail}, Choice{"split", OnDiscontinuous::kSplit},
                      Choice{"drop", OnDiscontinuous::kDrop}};
  }
  friend constexpr auto ChoicesOf(Delimiter) {
    return std::array{Choice{"blanks", Delimiter::kBlanks}, Choice{"tab", Delimiter::kTab},
                      Choice{"last", Delimiter::kLast}};
  }
  friend constexpr auto ChoicesOf(OnError) {
    return std::array{Choice{"fail", OnError::kFail}, Choice{"skip", OnError::kSkip}};
  }
  friend constexpr auto ChoicesOf(EncodingErrors) {
    return std::array{Choice{"fail", EncodingErrors::kFail}, Choice{"replace", EncodingErrors::kReplace}};
  }
  friend constexpr auto ChoicesOf(Upsample) {
    return std::array{Choice{"none", Upsample::kNone}, Choice{"equal", Upsample::kEqual},
                      Choice{"smoothed", Upsample::kSmoothed}, Choice{"factor", Upsample::kFactor}};
  }
};

/// Describes a tag scheme of files.
[[nodiscard]] inline FieldInfo ReadScheme(std::string_view text) {
  return Doc(text).OneOf({"auto", "BIO", "IOB2", "IOB1", "BIOES", "IOBES", "BMES", "BILOU", "BIE", "IO"});
}

/// Columns of one corpus of several; null takes the value of data.columns.
struct JointColumnsOptions {
  std::optional<int> text = std::nullopt;
  std::optional<int> ner = std::nullopt;

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("text", &JointColumnsOptions::text,
          Doc("column of the words; null takes data.columns.text").AtLeast(-1000).AtMost(1000));
    visit("ner", &JointColumnsOptions::ner,
          Doc("column of the tags; null takes data.columns.ner").AtLeast(-1000).AtMost(1000));
  }
  friend bool operator==(const JointColumnsOptions&, const JointColumnsOptions&) = default;
};

/// One corpus of several: its files, and what of them is read otherwise than data says.
struct JointCorpusOptions {
  SplitOptions train = {};
  SplitOptions dev = {};
  SplitOptions test = {};
  double factor = 1;
  std::map<std::string, std::string> label_map = {};
  std::optional<DataChoices::Format> format = std::nullopt;
  JointColumnsOptions columns = {};
  std::optional<DataChoices::Delimiter> delimiter = std::nullopt;
  std::optional<std::string> comment = std::nullopt;
  std::optional<bool> first_code_point = std::nullopt;
  std::optional<std::string> read_scheme = std::nullopt;
  std::optional<std::string> labels = std::nullopt;
  std::optional<DataChoices::OffsetUnit> offset_unit = std::nullopt;
  std::optional<DataChoices::Words> words = std::nullopt;

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("train", &JointCorpusOptions::train, Doc("training data; without any the corpus is only scored"));
    visit("dev", &JointCorpusOptions::dev, Doc("development data, scored apart from those of the other corpora"));
    visit("test", &JointCorpusOptions::test, Doc("test data, scored apart from those of the other corpora"));
    visit("factor", &JointCorpusOptions::factor,
          Doc("how often an epoch takes the training sentences under data.upsample: factor; 1.5 takes all of them once "
              "and half of them twice")
              .AtLeast(1)
              .AtMost(1000));
    visit("label_map", &JointCorpusOptions::label_map,
          Doc("entity types of this corpus to rename; it adds to data.label_map and wins over it"));
    visit("format", &JointCorpusOptions::format, Doc("format of the sentences; null takes data.format"));
    visit("columns", &JointCorpusOptions::columns, Doc("columns of the data files"));
    visit("delimiter", &JointCorpusOptions::delimiter, Doc("what separates columns; null takes data.delimiter"));
    visit("comment", &JointCorpusOptions::comment, Doc("what comment lines start with; null takes data.comment"));
    visit("first_code_point", &JointCorpusOptions::first_code_point,
          Doc("a word is the first character of its column; null takes data.first_code_point"));
    visit("read_scheme", &JointCorpusOptions::read_scheme,
          ReadScheme("tag scheme of the files; null takes data.read_scheme"));
    visit("labels", &JointCorpusOptions::labels, Doc("names of integer tags in JSON lines; null takes data.labels"));
    visit("offset_unit", &JointCorpusOptions::offset_unit,
          Doc("what positions of annotated texts count; null takes data.offset_unit"));
    visit("words", &JointCorpusOptions::words,
          Doc("how annotated texts without tokens are split; null takes data.words"));
  }
  friend bool operator==(const JointCorpusOptions&, const JointCorpusOptions&) = default;
};
/// What is read and how.
struct DataOptions {
  using Format = DataChoices::Format;
  using OffsetUnit = DataChoices::OffsetUnit;
  using Words = DataChoices::Words;
  using OnMisaligned = DataChoices::OnMisaligned;
  using OnOverlap = DataChoices::OnOverlap;
  using OnDiscontinuous = DataChoices::OnDiscontinuous;
  using Delimiter = DataChoices::Delimiter;
  using OnError = DataChoices::OnError;
  using EncodingErrors = DataChoices::EncodingErrors;
  using Upsample = DataChoices::Upsample;
  Format format = Format::kAuto;
  ColumnsOptions columns = {};
  Delimiter delimiter = Delimiter::kBlanks;
  std::string comment = {};
  bool first_code_point = false;
  std::string read_scheme = "auto";
  std::string labels = {};
  OffsetUnit offset_unit = OffsetUnit::kAuto;
  Words words = Words::kAuto;
  OnMisaligned on_misaligned = OnMisaligned::kFail;
  OnOverlap on_overlap = OnOverlap::kFail;
  OnDiscontinuous on_discontinuous = OnDiscontinuous::kFail;
  std::string scheme = "BIOES";
  std::map<std::string, std::string> label_map = {};
  SplitOptions train = {};
  SplitOptions dev = {};
  SplitOptions test = {};
  SplitOptions unlabelled = {};
  NamedSections<JointCorpusOptions> corpora = {};
  Upsample upsample = Upsample::kNone;
  ContextOptions contexts = {};
  bool train_with_dev = false;
  OnError on_error = OnError::kFail;
  EncodingErrors encoding_errors = EncodingErrors::kFail;
  bool strict = false;
  std::string token_cache = "auto";
  bool verify_token_cache = false;

  template <class Visitor>
  static void Describe(Visitor&& visit) {
    visit("format", &DataOptions::format,
          Doc("format of the sentences, as for clner convert; auto goes by the name of each file or what is inside"));
    visit("columns", &DataOptions::columns, Doc("columns of the data files"));
    visit("delimiter", &DataOptions::delimiter,
          Doc("what separates columns: runs of spaces and tabs, one tab, or only the last space or tab of the line"));
    visit("comment", &DataOptions::comment,
          Doc("lines that start with this text are skipped; empty skips none, so that '#' is an ordinary word"));
    visit("first_code_point", &DataOptions::first_code_point,
          Doc("a word is the first character of its column (Weibo NER)"));
    visit("read_scheme", &DataOptions::read_scheme, ReadScheme("tag scheme of the files; auto detects it for each"));
    visit("labels", &DataOptions::labels, Doc("names of integer tags in JSON lines, in order: O,B-PER,I-PER"));
    visit("offset_unit", &DataOptions::offset_unit,
          Doc("what positions of annotated texts count; auto is utf16 for labelstudio, else code_point"));
    visit("words", &DataOptions::words,
          Doc("how annotated texts without tokens are split: text (as predict splits raw text), blanks, or characters; "
              "auto is characters for cluener and adaseq, else text"));
    visit("on_misaligned", &DataOptions::on_misaligned,
          Doc("what an annotated span does that begins or ends inside a word: stop the run, take whole words, or be "
              "left out and counted"));
    visit("on_overlap", &DataOptions::on_overlap,
          Doc("overlapping spans of annotated texts: stop the run, or keep the longest or the first in the file"));
    visit("on_discontinuous", &DataOptions::on_discontinuous,
          Doc("spans of several parts (brat): stop the run, become one span a part, or be left out and counted"));
    visit(
        "scheme", &DataOptions::scheme,
        Doc("tag scheme the model is trained with; the scheme of the files is detected; IOB2 is BIO and IOBES is BIOES")
            .OneOf({"BIOES", "IOBES", "BIO", "IOB2", "IOB1", "BILOU", "BMES", "BIE", "IO"}));
    visit("label_map", &DataOptions::label_map,
          Doc("entity types to rename, old: new; an empty new name drops the type"));
    visit("train", &DataOptions::train, Doc("training data"));
    visit("dev", &DataOptions::dev, Doc("development data, which selects the best epoch and stops early"));
    visit("test", &DataOptions::test, Doc("test data, scored once at the end"));
    visit("unlabelled", &DataOptions::unlabelled,
          Doc("sentences with contexts whose tags, if any, are not read: semi-supervised cooperative training"));
    visit("corpora", &DataOptions::corpora,
          Doc("several corpora that are trained on together, by names of their own, instead of train, dev and test"));
    visit("upsample", &DataOptions::upsample,
          Doc("sizes of the corpora in an epoch: as they are; equal, all as large as the largest; smoothed, in "
              "proportion to their sizes to the power 0.7, the largest as it is (the shares of the original CLNER); or "
              "factor, as each corpus says"));
    visit("contexts", &DataOptions::contexts, Doc("where contexts come from and how much of them is shown"));
    visit("train_with_dev", &DataOptions::train_with_dev,
          Doc("train on train and dev together and keep the last epoch"));
    visit("on_error", &DataOptions::on_error,
          Doc("what a malformed sentence does: stop the run, or be left out and counted"));
    visit("encoding_errors", &DataOptions::encoding_errors,
          Doc("what invalid UTF-8 does: stop the run, or become U+FFFD and be counted"));
    visit("strict", &DataOptions::strict,
          Doc("refuse ill-formed tag sequences instead of repairing and counting them"));
    visit(
        "token_cache", &DataOptions::token_cache,
        Doc("directory where tokenised data are kept between runs: auto is clner/tokens in the user's cache directory, "
            "off keeps nothing; results do not depend on it")
            .NewDirectoryOr({"auto", "off"}));
    visit("verify_token_cache", &DataOptions::verify_token_cache,
          Doc("read data and tokenizer files to see that they did not change, instead of trusting sizes and times"));
  }
  friend bool operator==(const DataOptions&, const DataOptions&) = default;
};

}  // namespace clner
