#include "train/head_import.h"

#include <torch/torch.h>

#include "model/weights.h"

namespace clner {
namespace {

constexpr int64_t kReserved = 2;  // the last two tags of the list: <START>, <STOP>

std::vector<std::string> ReadTagList(const SafetensorsFile& file) {
  const std::string path = file.path().string();
  const auto found = file.metadata().find("tags");
  if (found == file.metadata().end())
    throw Error(ErrorCode::kCorrupt, "metadata 'tags' is missing", path, "write the tag list as JSON under 'tags'");
  const Json json = ParseJson(found->second, path, ErrorCode::kCorrupt);
  std::vector<std::string> tags;
  for (const Json& tag : json) {
    if (!tag.is_string()) throw Error(ErrorCode::kCorrupt, "metadata 'tags' is not a list of strings", path);
    tags.push_back(tag.get<std::string>());
  }
  if (tags.size() <= kReserved || tags[tags.size() - 2] != "<START>" || tags.back() != "<STOP>") {
    throw Error(ErrorCode::kCorrupt, "metadata 'tags' does not end in <START>, <STOP>", path,
                "the list must be in CLNER's row order");
  }
  return tags;
}

at::Tensor Read(const SafetensorsFile& file, const char* name, std::vector<int64_t> shape) {
  const TensorInfo* info = file.Find(name);
  if (info == nullptr || info->shape != shape) {
    throw Error(ErrorCode::kCorrupt,
                std::string("tensor '") + name + "' is missing or has another shape than the model",
                file.path().string(), "the file must belong to this encoder and tag list");
  }
  CheckFinite(*info, file.path());
  return AsTensor(*info).to(at::kFloat);
}

}  // namespace

TagSpace ReadClnerTags(const std::filesystem::path& path, const LabelSet& labels) {
  std::vector<std::string> tags = ReadTagList(SafetensorsFile(path));
  tags.resize(tags.size() - kReserved);
  return TagSpace(labels, Scheme::kBioes, std::move(tags));
}

void LoadClnerHead(const std::filesystem::path& path, Model& model) {
  torch::NoGradGuard no_grad;
  const SafetensorsFile file(path);
  const int64_t tags = model.spec().tags.size(), all = tags + kReserved, width = model.spec().encoder.hidden_size;
  const at::Tensor transitions = Read(file, "transitions", {all, all});
  model.classifier()->weight.copy_(Read(file, "linear.weight", {all, width}).narrow(0, 0, tags));
  model.classifier()->bias.copy_(Read(file, "linear.bias", {all}).narrow(0, 0, tags));
  const ops::CrfParams crf = model.crf();
  crf.transitions.copy_(transitions.narrow(0, 0, tags).narrow(1, 0, tags).t());
  crf.start.copy_(transitions.select(1, tags).narrow(0, 0, tags));
  crf.end.copy_(transitions.select(0, tags + 1).narrow(0, 0, tags));
}

}  // namespace clner
