#include "core/torch_file.h"

#include <cstring>

#include "support.h"
#include "support/torch_writer.h"

namespace clner {
namespace {

using namespace test::pickle;  // NOLINT(google-build-using-namespace)
using test::LittleEndian;
using test::Put;
using test::Storages;
using test::TempDir;
using test::TorchOld;
using test::TorchZip;
using testing::ElementsAre;
using testing::IsEmpty;

std::string Floats(const std::vector<float>& values) {
  std::string bytes;
  for (const float value : values) bytes += LittleEndian(value);
  return bytes;
}

std::vector<float> Values(const TensorInfo& tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

class TorchFiles : public testing::Test {
 protected:
  TorchFile Load(const std::string& bytes) {
    Put(path_, bytes);
    return TorchFile(path_);
  }
  // One float storage "0" with the values 0, 1, ... and a dict that `entries` fill.
  TorchFile LoadDict(const std::vector<std::string>& entries, size_t values = 6) {
    return Load(TorchZip(Dict(entries), {{"0", Numbers(values)}}));
  }
  static std::string Numbers(size_t count) {
    std::vector<float> values;
    for (size_t i = 0; i < count; ++i) values.push_back(static_cast<float>(i));
    return Floats(values);
  }
  void ExpectRefused(const std::string& bytes, const std::string& rule) {
    Put(path_, bytes);
    EXPECT_ERROR(TorchFile{path_}, ErrorCode::kCorrupt, rule);
    EXPECT_ERROR(TorchFile{path_}, ErrorCode::kCorrupt, path_.string());
  }
  void ExpectDictRefused(const std::vector<std::string>& entries, const std::string& rule) {
    ExpectRefused(TorchZip(Dict(entries), {{"0", Numbers(6)}}), rule);
  }
  TempDir dir_;
  std::filesystem::path path_ = dir_ / "pytorch_model.bin";
};

const std::string kSix = Storage("FloatStorage", "0", 6);

TEST_F(TorchFiles, BothContainersGiveTheSameTensors) {
  const std::string body = Dict({Text("a.weight"), Tensor(kSix, 0, {2, 3}, {3, 1}), Text("a.bias"),
                                 Tensor(Storage("FloatStorage", "17", 2), 0, {2}, {1})});
  const Storages storages = {{"0", Numbers(6)}, {"17", Floats({-1, 0.5F})}};
  for (const std::string& bytes : {TorchZip(body, storages), TorchOld(body, storages)}) {
    const TorchFile file = Load(bytes);
    ASSERT_EQ(file.tensors().size(), 2U);
    EXPECT_EQ(file.tensors()[0].name, "a.weight");
    EXPECT_EQ(file.tensors()[0].dtype, DType::kF32);
    EXPECT_THAT(file.tensors()[0].shape, ElementsAre(2, 3));
    EXPECT_THAT(Values(file.tensors()[0]), ElementsAre(0, 1, 2, 3, 4, 5));
    EXPECT_THAT(Values(file.tensors()[1]), ElementsAre(-1, 0.5F));
    EXPECT_THAT(file.skipped(), IsEmpty());
  }
}

TEST_F(TorchFiles, StorageTypesBecomeTensorTypes) {
  const std::vector<std::tuple<const char*, DType, int>> types = {
      {"DoubleStorage", DType::kF64, 8},    {"FloatStorage", DType::kF32, 4}, {"HalfStorage", DType::kF16, 2},
      {"BFloat16Storage", DType::kBF16, 2}, {"LongStorage", DType::kI64, 8},  {"IntStorage", DType::kI32, 4},
      {"ShortStorage", DType::kI16, 2},     {"CharStorage", DType::kI8, 1},   {"ByteStorage", DType::kU8, 1},
      {"BoolStorage", DType::kBool, 1}};
  for (const auto& [name, dtype, size] : types) {
    const TorchFile file = Load(TorchZip(Dict({Text("t"), Tensor(Storage(name, "0", 3), 1, {2}, {1})}),
                                         {{"0", std::string(static_cast<size_t>(3 * size), '\1')}}));
    EXPECT_EQ(file.tensors().at(0).dtype, dtype) << name;
    EXPECT_EQ(file.tensors().at(0).bytes.size(), static_cast<size_t>(2 * size)) << name;
  }
}

TEST_F(TorchFiles, UntypedStorageTakesTheTypeOfTheTensor) {
  const std::string storage =
      Tuple({Text("storage"), Global("torch.storage", "UntypedStorage"), Text("0"), Text("cpu"), Int(8)}) + "Q";
  const std::string tensor =
      Global("torch._utils", "_rebuild_tensor_v3") +
      Tuple({storage, Int(1), Ints({3}), Ints({1}), "\x89", OrderedDict(), Global("torch", "uint16")}) + "R";
  const TorchFile file = Load(TorchZip(Dict({Text("t"), tensor}), {{"0", "aabbccdd"}}));
  EXPECT_EQ(file.tensors().at(0).dtype, DType::kU16);
  EXPECT_EQ(file.tensors().at(0).bytes[0], std::byte{'b'});
}

TEST_F(TorchFiles, OtherLayoutsAreGathered) {
  EXPECT_THAT(Values(LoadDict({Text("t"), Tensor(kSix, 0, {3, 2}, {1, 3})}).tensors().at(0)),
              ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(Values(LoadDict({Text("slice"), Tensor(kSix, 1, {2, 2}, {3, 1})}).tensors().at(0)),
              ElementsAre(1, 2, 4, 5));
  EXPECT_THAT(Values(LoadDict({Text("expanded"), Tensor(kSix, 4, {2, 2}, {0, 1})}).tensors().at(0)),
              ElementsAre(4, 5, 4, 5));
}

TEST_F(TorchFiles, StrideOfASingleRowDoesNotMatter) {
  const TorchFile file = LoadDict({Text("ids"), Tensor(kSix, 0, {1, 6}, {0, 1}), Text("none"),
                                   Tensor(kSix, 6, {0, 3}, {3, 1}), Text("one"), Tensor(kSix, 5, {}, {})});
  EXPECT_THAT(Values(file.tensors().at(0)), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(TorchFiles, TiedTensorsShareBytesAndMovedFilesStayValid) {
  TorchFile file = LoadDict(
      {Text("a"), Tensor(kSix, 0, {6}, {1}) + "q\x07", Text("b"), "h\x07", Text("c"), Tensor(kSix, 0, {3, 2}, {1, 3})});
  EXPECT_EQ(file.tensors()[0].bytes.data(), file.tensors()[1].bytes.data());
  const TorchFile moved = std::move(file);
  EXPECT_THAT(Values(moved.tensors()[2]), ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST_F(TorchFiles, ParametersAndAttributesOfTheDictAreRead) {
  const std::string parameter =
      Global("torch._utils", "_rebuild_parameter") + Tuple({Tensor(kSix, 0, {6}, {1}), "\x88", OrderedDict()}) + "R";
  const std::string versions = Dict({Text("_metadata"), Dict({Text(""), Dict({Text("version"), Int(1)})})});
  const std::string body = OrderedDict() + "(" + Text("p") + parameter + "u" + versions + "b";
  const TorchFile file = Load(TorchZip(body, {{"0", Numbers(6)}}));
  EXPECT_EQ(file.tensors().at(0).name, "p");
}

TEST_F(TorchFiles, OtherEntriesAreSkippedByName) {
  const TorchFile file = LoadDict({Text("epoch"), Int(3), Text("t"), Tensor(kSix, 0, {6}, {1}), Int(4), "N"});
  EXPECT_EQ(file.tensors().size(), 1U);
  EXPECT_THAT(file.skipped(), ElementsAre("epoch", "4"));
}

TEST_F(TorchFiles, StateDictMayLieInsideADict) {
  const std::string first = Dict({Text("a"), Tensor(kSix, 0, {6}, {1})});
  const std::string second = Dict({Text("b"), Tensor(kSix, 0, {6}, {1})});
  EXPECT_EQ(LoadDict({Text("weights"), first, Text("epoch"), Int(3)}).tensors().at(0).name, "a");
  EXPECT_EQ(LoadDict({Text("ema"), first, Text("state_dict"), second}).tensors().at(0).name, "b");
  EXPECT_EQ(LoadDict({Text("ema"), first, Text("model"), second}).tensors().at(0).name, "b");
  ExpectDictRefused({Text("ema"), first, Text("last"), second}, "it holds several state dicts ('ema', 'last')");
  ExpectDictRefused({Text("deep"), Dict({Text("model"), first})}, "it holds no state dict");
  ExpectRefused(TorchZip(Int(1), {}), "it holds no dict");
}

TEST_F(TorchFiles, EveryRuleOfTensorsIsChecked) {
  const auto refused = [&](const std::string& tensor, const std::string& rule) {
    ExpectDictRefused({Text("t"), tensor}, rule);
  };
  refused(Tensor(kSix, 0, {7}, {1}), "tensor 't': it ends at byte 28 of storage '0', which has 24");
  refused(Tensor(kSix, 1, {6}, {1}), "ends at byte 28");
  refused(Tensor(kSix, 0, {2, 3}, {4, 1}), "ends at byte 28");
  refused(Tensor(kSix, -1, {1}, {1}), "negative offset -1");
  refused(Tensor(kSix, 0, {-2}, {1}), "negative size or stride -2");
  refused(Tensor(kSix, 5, {6}, {-1}), "negative size or stride -1");
  refused(Tensor(kSix, 0, {INT64_MAX, INT64_MAX}, {0, 0}), "shape overflow");
  refused(Tensor(kSix, 0, {3}, {INT64_MAX}), "shape overflow");
  refused(Tensor(kSix, INT64_MAX, {1}, {1}), "shape overflow");
  refused(Tensor(kSix, 0, {1, 2}, {1}), "other numbers of sizes and strides");
  refused(Tensor(kSix, 0, std::vector<int64_t>(33, 1), std::vector<int64_t>(33, 1)), "more than 32 dimensions");
  refused(Tensor(kSix, 0, {1'000'000, 1'000}, {0, 0}), "more than 32 times the bytes of the file");
  refused(Tensor(kSix, 0, {900}, {0}), "too large to be copied");
  refused(Tensor(Int(1), 0, {1}, {1}), "the description is malformed");
  refused(Tensor(Storage("FloatStorage", "0", -1), 0, {1}, {1}), "the id of a storage is malformed");
  refused(Tensor(Storage("FloatStorage", "0", 6, Tuple({Text("v"), Int(0), Int(1)})), 0, {1}, {1}),
          "parts of others are not supported");
  refused(Tensor(Storage("DoubleStorage", "0", INT64_MAX), 0, {1}, {1}), "storage '0': size overflow");
  refused(Tensor(Storage("float32", "0", 1), 0, {1}, {1}), "has no known type");
  refused(Tensor(Storage("FloatStorage", "1", 6), 0, {6}, {1}), "the archive lacks storage '1'");
  refused(Tensor(Storage("FloatStorage", "0", 7), 0, {6}, {1}), "storage '0' has 24 bytes, its tensors need 28");
  refused(Tensor(Storage("FloatStorage", std::string(101, 'k'), 7), 0, {6}, {1}), "longer than 100 bytes");
  const std::string tensor = Tensor(kSix, 0, {6}, {1});
  ExpectDictRefused({Text("t"), tensor, Text("t"), tensor}, "tensor 't': it is defined twice");
  ExpectDictRefused({Text("\xff"), tensor}, "the name is not UTF-8");
  ExpectDictRefused({Text(std::string(1001, 'n')), tensor}, "the name is longer than 1000 bytes");
  ExpectDictRefused({Int(1), tensor}, "the name of a tensor is no text");
}

TEST_F(TorchFiles, NegatedValuesAreRefused) {
  const std::string tensor =
      Global("torch._utils", "_rebuild_tensor_v2") +
      Tuple({kSix, Int(0), Ints({6}), Ints({1}), "\x89", OrderedDict(), Dict({Text("neg"), "\x88"})}) + "R";
  ExpectDictRefused({Text("t"), tensor}, "negated or conjugated");
}

TEST_F(TorchFiles, RulesOfTheArchiveAreChecked) {
  const std::string body = Whole(Dict({Text("t"), Tensor(kSix, 0, {6}, {1})}));
  ExpectRefused(test::ZipOf({{"a/x", ""}}), "the archive has no 'a/data.pkl'");
  ExpectRefused(test::ZipOf({{"data", ""}}), "the archive has no 'data/data.pkl'");
  ExpectRefused(test::ZipOf({}), "neither a zip archive nor a pickle");
  ExpectRefused(test::ZipOf({{"a/data.pkl", body}, {"a/byteorder", "big"}, {"a/data/0", Numbers(6)}}),
                "its byte order is 'big'");
  ExpectRefused(test::ZipOf({{"a/data.pkl", body + "N"}, {"a/data/0", Numbers(6)}}), "bytes behind the pickle");
  ExpectRefused(test::ZipOf({{"a/data.pkl", body}, {"a/constants.pkl", ""}}), "this file is a TorchScript program");
  std::string damaged = test::ZipOf({{"a/data.pkl", body}, {"a/data/0", Numbers(6)}});
  damaged[damaged.find("storage")] = 'S';
  ExpectRefused(damaged, "the checksum of 'a/data.pkl' is wrong");
}

TEST_F(TorchFiles, RulesOfTheOldContainerAreChecked) {
  const std::string body = Dict({Text("t"), Tensor(kSix, 0, {6}, {1})});
  const std::string whole = TorchOld(body, {{"0", Numbers(6)}});
  ExpectRefused(whole + "x", "there are 1 bytes behind the data");
  ExpectRefused(TorchOld(body, {{"0", Numbers(5)}}), "storage '0' holds 5 elements, its tensors need 6");
  ExpectRefused(TorchOld(body, {}), "the list of storages does not fit the tensors");
  ExpectRefused(TorchOld(body, {{"1", Numbers(6)}}), "names one that no tensor uses");
  ExpectRefused(Whole(Int(1)) + whole, "it does not begin as files of torch.save do");
  std::string big = whole;
  big[big.find("little_endian") + 13] = '\x89';
  ExpectRefused(big, "big-endian");
  std::string version = whole;
  version[version.find('J') + 1] = 1;
  ExpectRefused(version, "the version of the container is not 1001");
  ExpectRefused("version https://git-lfs.github.com/spec/v1\n", "the file is a pointer of Git LFS");
  ExpectRefused("", "neither a zip archive nor a pickle");
  ExpectRefused("<html>", "(first bytes '<html>')");
  EXPECT_ERROR(TorchFile(dir_ / "none.bin"), ErrorCode::kNoInput, "No such file");
}

}  // namespace
}  // namespace clner
