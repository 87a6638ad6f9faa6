// brat standoff: a text and its annotations in two files.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "core/files.h"
#include "core/utf8.h"
#include "data/annotation_builder.h"
#include "data/annotation_file.h"
#include "data/foreign_format.h"
#include "data/line_reader.h"
#include "data/text_index.h"

namespace clner {
namespace {

namespace fs = std::filesystem;

/// A text-bound annotation, in the unit of the file.
struct Annotation {
  std::string type, surface, place;
  std::vector<TextRange> fragments;
};

const char* KindOf(char letter) {
  switch (letter) {
    case 'R':
    case '*':
      return "relations";
    case 'E':
      return "events";
    case 'A':
    case 'M':
      return "attributes";
    case 'N':
      return "normalizations";
    case '#':
      return "notes";
    default:
      return nullptr;
  }
}

bool TakeNumber(std::string_view* text, int64_t* number) {
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *number);
  if (error != std::errc() || *number < 0) return false;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return true;
}

bool TakeByte(std::string_view* text, char byte) {
  if (!text->starts_with(byte)) return false;
  text->remove_prefix(1);
  return true;
}

/// "T1 TAB PER 0 5;8 9 TAB surface"; nullopt when the line is not like that.
std::optional<Annotation> ParseLine(std::string_view line) {
  const size_t id_end = line.find('\t');
  if (id_end == std::string_view::npos) return std::nullopt;
  std::string_view rest = line.substr(id_end + 1);
  const size_t type_end = rest.find(' ');
  if (type_end == std::string_view::npos || type_end == 0) return std::nullopt;
  Annotation annotation;
  annotation.type = rest.substr(0, type_end);
  rest.remove_prefix(type_end + 1);
  do {
    TextRange range;
    if (!TakeNumber(&rest, &range.begin) || !TakeByte(&rest, ' ') || !TakeNumber(&rest, &range.end))
      return std::nullopt;
    annotation.fragments.push_back(range);
  } while (TakeByte(&rest, ';'));
  if (!TakeByte(&rest, '\t')) return std::nullopt;
  annotation.surface = rest;
  return annotation;
}

class BratReader {
 public:
  BratReader(const std::string& path, const CorpusOptions& options, AnnotationSource* source)
      : options_(options),
        unit_(options.annotation.offset_unit.value_or(DefaultUnit(DataFormat::kBrat))),
        source_(source),
        builder_(path, CodePoints(options), OffsetUnit::kCodePoint, DefaultWords(DataFormat::kBrat), source) {}

  void ReadPair(const fs::path& text_path, int64_t document) {
    fs::path annotation_path = text_path;
    annotation_path.replace_extension(".ann");
    const std::string text = ReadText(text_path.string());
    const TextIndex index(text);
    std::vector<TextRecord> lines = Lines(text, index, text_path.string(), document);
    LineReader reader(annotation_path.string(), LineOptionsOf(options_.file));
    for (Line line; reader.Next(&line);) {
      const std::string place = Place(reader.name(), line.number);
      if (line.problem.has_value()) {
        builder_.AddProblem({line.problem->what, place, line.problem->fix});
        if (line.too_long) builder_.ThrowIfAny();
        continue;
      }
      if (line.text.find_first_not_of(" \t") == std::string_view::npos) continue;
      if (const char* kind = KindOf(line.text[0])) {
        builder_.Drop(kind);
        continue;
      }
      std::optional<Annotation> annotation = line.text[0] == 'T' ? ParseLine(line.text) : std::nullopt;
      if (!annotation.has_value()) {
        builder_.AddProblem({fmt::format("no brat annotation: '{}'", Printable(line.text)), place,
                             "write 'T1<TAB>TYPE START END<TAB>text'"});
        continue;
      }
      if (options_.annotation.words_only) continue;
      annotation->place = place;
      AddSpans(*annotation, index, &lines);
    }
    for (TextRecord& line : lines) {
      const bool blank = line.text->find_first_not_of(" \t") == std::string::npos;
      if (!blank || !line.spans.empty()) builder_.Add(std::move(line));
    }
  }

  [[nodiscard]] Corpus Finish() { return builder_.Finish(); }
  void Drop(const char* kind) { builder_.Drop(kind); }

 private:
  /// The builder gets positions in the line, as code points.
  static CorpusOptions CodePoints(CorpusOptions options) {
    options.annotation.offset_unit = OffsetUnit::kCodePoint;
    return options;
  }

  /// Byte for byte, because positions count line ends and a mark at the start too.
  [[nodiscard]] std::string ReadText(const std::string& path) const {
    std::string text = ReadFile(path, kMaxTextBytes);
    if (std::optional<Problem> problem = ForeignFormat(std::string_view(text).substr(0, 4096), path))
      throw Error(ErrorCode::kData, {std::move(*problem)}, 1);
    const std::optional<size_t> invalid = FirstInvalidUtf8(text);
    if (!invalid.has_value()) return text;
    if (options_.file.replace_invalid_utf8) return ReplaceInvalidUtf8(text, nullptr);
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(*invalid), '\n') + 1;
    throw Error(ErrorCode::kData, fmt::format("invalid UTF-8 at byte {} of the file", *invalid), Place(path, line),
                "convert the file to UTF-8, or read with " + options_.file.replace_option);
  }

  /// The lines of the text; starts_ gets where each begins.
  [[nodiscard]] std::vector<TextRecord> Lines(const std::string& text, const TextIndex& index, const std::string& file,
                                              int64_t document) {
    std::vector<TextRecord> lines;
    starts_.clear();
    const bool mark = text.starts_with("\xEF\xBB\xBF");
    int64_t number = 0, begin_point = mark ? 1 : 0;
    for (size_t begin = mark ? 3 : 0; begin < text.size();) {
      const size_t newline = std::min(text.find('\n', begin), text.size());
      size_t end = newline;
      if (end > begin && text[end - 1] == '\r') --end;
      TextRecord line;
      line.text = text.substr(begin, end - begin);
      line.labelled = true;
      line.document = document;
      line.line = ++number;
      line.file = file;
      lines.push_back(std::move(line));
      starts_.push_back(begin_point);
      begin = newline + 1;
      if (begin < text.size()) begin_point = *index.CodePointOf(static_cast<int64_t>(begin), OffsetUnit::kByte);
    }
    return lines;
  }

  /// Parts of `range` in code points that lie in one line each, as (line, range in the line).
  [[nodiscard]] std::vector<std::pair<size_t, TextRange>> SplitAtLines(TextRange range, const TextIndex& index,
                                                                       const std::vector<TextRecord>& lines) const {
    std::vector<std::pair<size_t, TextRange>> parts;
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), range.begin);
    for (auto i = static_cast<size_t>(std::max(after - starts_.begin(), std::ptrdiff_t{1}) - 1);
         i < lines.size() && starts_[i] < range.end; ++i) {
      const int64_t size = LineSize(i, index, lines);
      const TextRange part = {std::max(range.begin - starts_[i], int64_t{0}), std::min(range.end - starts_[i], size)};
      if (part.begin < part.end) parts.emplace_back(i, part);
    }
    return parts;
  }

  [[nodiscard]] int64_t LineSize(size_t i, const TextIndex& index, const std::vector<TextRecord>& lines) const {
    const int64_t begin = index.OffsetOf(starts_[i], OffsetUnit::kByte);
    return *index.CodePointOf(begin + static_cast<int64_t>(lines[i].text->size()), OffsetUnit::kByte) - starts_[i];
  }

  void AddSpans(const Annotation& annotation, const TextIndex& index, std::vector<TextRecord>* lines) {
    std::vector<std::pair<size_t, TextRange>> parts;
    std::string surface;
    for (const TextRange& fragment : annotation.fragments) {
      TextSpan span = {fragment, annotation.type, std::nullopt, ""};
      if (annotation.fragments.size() == 1) {
        // brat writes a blank where the text has a line end.
        const std::optional<TextRange> range = index.CodePointsOf(fragment, unit_);
        const bool equal = range.has_value() && range->begin < range->end &&
                           WithoutLineEnds(index.TextOf(*range)) == WithoutLineEnds(annotation.surface);
        if (!equal) span.surface = annotation.surface;
      }
      PlacedRange placed = PlaceInText(index, span, unit_, options_.annotation);
      if (!placed.range.has_value()) {
        builder_.AddProblem({fmt::format("span of type '{}' at {}", Printable(annotation.type), placed.what),
                             annotation.place, placed.fix});
        return;
      }
      surface += (surface.empty() ? "" : " ") + std::string(index.TextOf(*placed.range));
      for (const auto& part : SplitAtLines(*placed.range, index, *lines)) parts.push_back(part);
    }
    if (annotation.fragments.size() > 1 && WithoutLineEnds(surface) != WithoutLineEnds(annotation.surface)) {
      builder_.AddProblem({fmt::format("span of type '{}': its text there is '{}', not '{}'",
                                       Printable(annotation.type), Printable(surface), Printable(annotation.surface)),
                           annotation.place,
                           fmt::format("correct the positions, or {} says what they count",
                                       ChoiceText(options_.annotation, "offset_unit"))});
      return;
    }
    Distribute(annotation, parts, lines);
  }

  void Distribute(const Annotation& annotation, const std::vector<std::pair<size_t, TextRange>>& parts,
                  std::vector<TextRecord>* lines) {
    const DiscontinuousRule rule = options_.annotation.on_discontinuous;
    if (parts.size() > 1) {
      if (rule == DiscontinuousRule::kFail) {
        builder_.AddProblem(
            {fmt::format("span of type '{}' has {} parts: '{}'", Printable(annotation.type), parts.size(),
                         Printable(annotation.surface)),
             annotation.place,
             fmt::format("tags hold spans in one piece of one line: {} makes each part a span, drop leaves it out",
                         ChoiceText(options_.annotation, "on_discontinuous", "split"))});
        return;
      }
      if (rule == DiscontinuousRule::kDrop) return builder_.Drop("discontinuous spans");
      ++source_->changed["discontinuous spans split"];
    }
    for (const auto& [line, range] : parts)
      (*lines)[line].spans.push_back({range, annotation.type, std::nullopt, annotation.place});
  }

  [[nodiscard]] static std::string WithoutLineEnds(std::string_view text) {
    std::string result(text);
    std::replace_if(
        result.begin(), result.end(), [](char byte) { return byte == '\n' || byte == '\r'; }, ' ');
    return result;
  }

  const CorpusOptions& options_;
  OffsetUnit unit_;
  AnnotationSource* source_;
  AnnotationBuilder builder_;
  std::vector<int64_t> starts_;  // of the lines, in code points of the text
};

}  // namespace

Corpus ReadBrat(const std::string& path, const CorpusOptions& options, AnnotationSource* source) {
  BratReader reader(path, options, source);
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    fs::path text(path);
    if (text.extension() != ".ann" && text.extension() != ".txt") {
      throw Error(ErrorCode::kUsage, fmt::format("'{}' is no file of a brat pair", Printable(path, 200)), "",
                  "name the .txt or .ann file of a pair, or a directory of pairs");
    }
    reader.ReadPair(text.replace_extension(".txt"), 0);
    return reader.Finish();
  }
  std::vector<fs::path> pairs;
  std::error_code error;
  for (fs::directory_iterator it(path, error), last; !error && it != last; it.increment(error)) {
    fs::path name = it->path();
    if (name.extension() == ".ann") pairs.push_back(name);
    if (name.extension() == ".txt" && !fs::exists(name.replace_extension(".ann"), ignored))
      reader.Drop("texts without .ann file");
  }
  if (error) throw Error(ErrorCode::kNoInput, "cannot read the directory: " + error.message(), path, "");
  if (pairs.empty())
    throw Error(ErrorCode::kData, "no .ann file in the directory", path, "name the directory that holds the pairs");
  std::sort(pairs.begin(), pairs.end());
  int64_t document = 0;
  for (fs::path& pair : pairs) reader.ReadPair(pair.replace_extension(".txt"), ++document);
  return reader.Finish();
}

}  // namespace clner
