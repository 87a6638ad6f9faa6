#include "data/brat_output.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/error.h"
#include "core/utf8.h"

namespace clner {
namespace {

namespace fs = std::filesystem;

bool IsPairFile(const fs::path& path) { return path.extension() == ".txt" || path.extension() == ".ann"; }

}  // namespace

std::vector<std::string> BratTargets(const std::string& path) {
  fs::path file(path);
  if (path == "-") {
    throw Error(ErrorCode::kUsage, "brat has two files, which cannot both go to stdout", "",
                "name the .txt or .ann file of a pair, or a new directory for a pair per document");
  }
  if (IsPairFile(file)) return {file.replace_extension(".txt").string(), file.replace_extension(".ann").string()};
  if (file.has_extension()) {
    throw Error(ErrorCode::kUsage, fmt::format("brat has two files, and '{}' names neither", Printable(path, 200)), "",
                "name the .txt or the .ann file, the other is written beside it; or a new directory without a dot");
  }
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(file, ignored))) {
    throw Error(ErrorCode::kOutput, fmt::format("output '{}' exists already", Printable(path, 200)), "",
                "name a new directory");
  }
  return {path};
}

BratOutput::BratOutput(const std::string& path) {
  const std::vector<std::string> targets = BratTargets(path);
  if (targets.size() == 1) {
    directory_ = std::make_unique<AtomicDirectory>(path);
  } else {
    BeginPair(targets[0], targets[1]);
  }
}

void BratOutput::BeginPair(const std::string& text_path, const std::string& annotation_path) {
  text_ = std::make_unique<OutputFile>(text_path);
  annotations_ = std::make_unique<OutputFile>(annotation_path);
  writer_.reset();
  line_ = 0;
}

void BratOutput::EndPair() {
  if (text_ == nullptr) return;
  text_->Close();
  annotations_->Close();
  text_.reset();
  annotations_.reset();
}

std::string BratOutput::NewName(const SourceText* source) {
  std::string name = source == nullptr ? "" : fs::path(source->file).stem().string();
  if (name.empty()) name = fmt::format("document-{:05}", names_.size() + 1);
  const std::string first = name;
  for (int again = 2; !names_.insert(name).second; ++again) name = fmt::format("{}-{}", first, again);
  return name;
}

void BratOutput::Write(const Sentence& sentence, const SourceText* source) {
  const std::string file = source == nullptr ? "" : source->file;
  const bool same = file == file_ && sentence.document == document_;
  if (directory_ != nullptr && (text_ == nullptr || !same)) {
    EndPair();
    const fs::path pair = directory_->path() / NewName(source);
    BeginPair(pair.string() + ".txt", pair.string() + ".ann");
  }
  if (!writer_.has_value()) writer_.emplace(DataFormat::kBrat, blanks_, /*with_document=*/false);
  if (!same) line_ = 0;
  file_ = file;
  document_ = sentence.document;
  if (!file.empty()) {
    for (++line_; line_ < source->line; ++line_) text_->Write(writer_->BlankLine());
  }
  text_->Write(writer_->Record(sentence, source));
  annotations_->Write(writer_->Annotations());
}

void BratOutput::WriteBlankLine() {
  if (text_ == nullptr) return;
  if (!writer_.has_value()) writer_.emplace(DataFormat::kBrat, blanks_, /*with_document=*/false);
  text_->Write(writer_->BlankLine());
}

void BratOutput::Close() {
  EndPair();
  if (directory_ != nullptr) directory_->Publish();
}

}  // namespace clner
