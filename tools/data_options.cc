#include "data_options.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/utf8.h"
#include "data/tag_check.h"

namespace clner::cli {
namespace {

/// A type must still be one when the file that was written with it is read.
void CheckNewName(const std::string& entry, const std::string& type) {
  const std::string tag = "B-" + type;
  const std::optional<TagComplaint> complaint = CheckTag(tag, false);
  if (!complaint.has_value() && !IsContextTag(tag)) return;
  throw Error(ErrorCode::kUsage,
              fmt::format("--label-map '{}': {}", Printable(entry),
                          complaint.has_value() ? complaint->what
                                                : fmt::format("the type '{}' is that of context words", type)),
              "", "choose another new name");
}

AnnotationOptions AnnotationOptionsOf(const DataFlags& flags) {
  AnnotationOptions options;
  for (const OffsetUnit unit : {OffsetUnit::kCodePoint, OffsetUnit::kUtf16, OffsetUnit::kByte}) {
    if (flags.offset_unit == Name(unit)) options.offset_unit = unit;
  }
  for (const WordRule rule : {WordRule::kText, WordRule::kBlanks, WordRule::kCharacters}) {
    if (flags.words == Name(rule)) options.words = rule;
  }
  if (flags.on_misaligned != "fail")
    options.on_misaligned = flags.on_misaligned == "widen" ? MisalignedRule::kWiden : MisalignedRule::kDrop;
  if (flags.on_overlap != "fail")
    options.on_overlap = flags.on_overlap == "longest" ? OverlapRule::kLongest : OverlapRule::kFirst;
  if (flags.on_discontinuous != "fail")
    options.on_discontinuous = flags.on_discontinuous == "split" ? DiscontinuousRule::kSplit : DiscontinuousRule::kDrop;
  return options;
}

ColumnDelimiter ParseDelimiter(const std::string& name) {
  if (name == "tab") return ColumnDelimiter::kTab;
  return name == "last" ? ColumnDelimiter::kLast : ColumnDelimiter::kBlanks;
}

void AddLabelOptions(CLI::App* command, DataFlags* flags) {
  const auto reading = [](CLI::Option* option) { return option->group("Reading"); };
  reading(
      command->add_option("--label-map", flags->label_map, "Rename an entity type; an empty NEW drops it. Repeatable."))
      ->type_name("OLD=NEW");
  reading(command->add_option("--labels", flags->labels,
                              "Names of integer tags in JSON lines, in order, e.g. O,B-PER,I-PER."))
      ->type_name("TAG,...")
      ->delimiter(',');
}

void AddAnnotationOptions(CLI::App* command, DataFlags* flags) {
  const auto reading = [](CLI::Option* option) { return option->group("Reading annotated texts"); };
  reading(command->add_option("--offset-unit", flags->offset_unit,
                              "What positions count (default: utf16 for labelstudio, else code_point)."))
      ->check(CLI::IsMember({"code_point", "utf16", "byte"}));
  reading(command->add_option("--words", flags->words,
                              "How texts without tokens are split: as predict splits raw text, at blanks, or into "
                              "characters (default: characters for cluener and adaseq, else text)."))
      ->check(CLI::IsMember({"text", "blanks", "characters"}));
  reading(command->add_option("--on-misaligned", flags->on_misaligned,
                              "What a span does that begins or ends inside a word: error, whole words, left out."))
      ->check(CLI::IsMember({"fail", "widen", "drop"}))
      ->capture_default_str();
  reading(command->add_option("--on-overlap", flags->on_overlap, "Which of overlapping spans is kept."))
      ->check(CLI::IsMember({"fail", "longest", "first"}))
      ->capture_default_str();
  reading(command->add_option("--on-discontinuous", flags->on_discontinuous,
                              "What a span of several parts does (brat): error, one span a part, left out."))
      ->check(CLI::IsMember({"fail", "split", "drop"}))
      ->capture_default_str();
}

}  // namespace

ColumnFileOptions FileOptionsOf(const std::string& delimiter, const std::string& comment, const std::string& on_error,
                                const std::string& encoding_errors) {
  ColumnFileOptions file;
  file.delimiter = ParseDelimiter(delimiter);
  file.comment = comment;
  file.skip_bad_sentences = on_error == "skip";
  file.replace_invalid_utf8 = encoding_errors == "replace";
  return file;
}

void AddRecordOptions(CLI::App* command, DataFlags* flags) {
  AddLabelOptions(command, flags);
  AddAnnotationOptions(command, flags);
}

void AddDataOptions(CLI::App* command, DataFlags* flags) {
  const auto reading = [](CLI::Option* option) { return option->group("Reading"); };
  reading(
      command->add_option("--from", flags->from,
                          "Format of the input: columns, jsonl, autoner, prodigy, spacy, doccano, labelstudio, brat, "
                          "cluener, adaseq, contexts or contexts-tsv (default: by the name or what is inside)."))
      ->type_name("FORMAT");
  reading(command->add_option("--delimiter", flags->delimiter,
                              "What separates columns: runs of blanks, one TAB, or only the last blank of the row."))
      ->check(CLI::IsMember({"blanks", "tab", "last"}))
      ->capture_default_str();
  reading(command->add_option("--text-column", flags->text_column,
                              "Column of the words; negative numbers count from the end."))
      ->type_name("N")
      ->capture_default_str();
  reading(command->add_option("--tag-column", flags->tag_column,
                              "Column of the tags; negative numbers count from the end."))
      ->type_name("N")
      ->capture_default_str();
  reading(command->add_flag("--unlabelled", flags->unlabelled, "No column holds tags."));
  reading(command->add_option("--comment", flags->comment, "Lines that start with this text are comments."))
      ->type_name("TEXT");
  reading(command->add_option("--read-scheme", flags->scheme,
                              "Tag scheme of the input: BIO, IOB1, BIOES, BMES, BILOU, BIE or IO (default: detected)."))
      ->type_name("SCHEME");
  AddLabelOptions(command, flags);
  reading(command->add_option("--on-error", flags->on_error, "What a malformed sentence does."))
      ->check(CLI::IsMember({"fail", "skip"}))
      ->capture_default_str();
  reading(command->add_option("--encoding-errors", flags->encoding_errors, "What invalid UTF-8 does."))
      ->check(CLI::IsMember({"fail", "replace"}))
      ->capture_default_str();
  reading(command->add_flag("--first-code-point", flags->first_code_point,
                            "A word is the first character of its column (Weibo NER)."));
  AddAnnotationOptions(command, flags);
}

DataFormat InputFormat(const DataFlags& flags, const std::string& path) {
  return flags.from.empty() ? FormatOfFile(path) : ParseDataFormat(flags.from);
}

Scheme ParseSchemeOption(const char* name, const std::string& value) {
  try {
    return ParseScheme(value);
  } catch (const Error& error) {
    throw Error(ErrorCode::kUsage, error.problems().front().what, name, error.problems().front().fix);
  }
}

CorpusOptions ReadOptions(const DataFlags& flags) {
  CorpusOptions options;
  options.file = FileOptionsOf(flags.delimiter, flags.comment, flags.on_error, flags.encoding_errors);
  options.text_column = flags.text_column;
  options.tag_column = flags.tag_column;
  if (flags.unlabelled) options.tag_column = std::nullopt;
  if (!flags.scheme.empty()) options.scheme = ParseSchemeOption("--read-scheme", flags.scheme);
  options.first_code_point = flags.first_code_point;
  options.annotation = AnnotationOptionsOf(flags);
  for (const std::string& entry : flags.label_map) {
    const size_t at = entry.find('=');
    if (at == std::string::npos || at == 0) {
      throw Error(ErrorCode::kUsage, fmt::format("--label-map '{}' is not OLD=NEW", Printable(entry)), "",
                  "write e.g. --label-map loc=geo-loc");
    }
    const std::string type = entry.substr(at + 1);
    if (!type.empty()) CheckNewName(entry, type);
    options.label_map[entry.substr(0, at)] = type;
  }
  return options;
}

}  // namespace clner::cli
