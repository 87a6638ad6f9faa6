#include "core/safetensors.h"

#include <sys/resource.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "core/json.h"
#include "core/safetensors_header.h"
#include "support.h"
#include "support/cpu_time.h"

namespace clner {
namespace {

using test::Get;
using test::Put;
using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;
using std::string_literals::operator""s;

// A file of this header and data, as the format lays them out.
std::string FileOf(const std::string& header, const std::string& data) {
  const uint64_t length = header.size();
  std::string text(8, '\0');
  std::memcpy(text.data(), &length, 8);
  return text + header + data;
}

std::string Entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

class Safetensors : public testing::Test {
 protected:
  void ExpectRefused(const std::string& file, const std::string& rule) {
    Put(path_, file);
    EXPECT_ERROR(SafetensorsFile{path_}, ErrorCode::kCorrupt, rule);
    EXPECT_ERROR(SafetensorsFile{path_}, ErrorCode::kCorrupt, path_.string());
  }
  SafetensorsFile Load(const std::string& file) {
    Put(path_, file);
    return SafetensorsFile(path_);
  }
  TempDir dir_;
  std::filesystem::path path_ = dir_ / "model.safetensors";
};

template <class T>
TensorInfo Tensor(const std::string& name, DType dtype, const std::vector<int64_t>& shape,
                  const std::vector<T>& values) {
  return {name, dtype, shape, std::as_bytes(std::span(values))};
}

TEST_F(Safetensors, WritesAndReadsBack) {
  const std::vector<float> weights = {1.5f, -2.0f, 3.25f, 0.0f, 1e-30f, 7.0f};
  const std::vector<int64_t> ids = {1, -2};
  const std::vector<uint8_t> flags = {1, 0, 1};
  const std::vector<double> none, one = {42.0};
  WriteSafetensors(path_,
                   {Tensor("w", DType::kF32, {2, 3}, weights), Tensor("flags", DType::kBool, {3}, flags),
                    Tensor("ids", DType::kI64, {2}, ids), Tensor("none", DType::kF64, {0, 4}, none),
                    Tensor("scalar", DType::kF64, {}, one)},
                   {{"format", "pt"}, {"note", "gr\xC3\xBC\xC3\x9F"}});
  const SafetensorsFile file(path_);
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"format", "pt"}, {"note", "gr\xC3\xBC\xC3\x9F"}}));
  ASSERT_EQ(file.tensors().size(), 5u);
  const TensorInfo* w = file.Find("w");
  ASSERT_NE(w, nullptr);
  EXPECT_EQ(w->dtype, DType::kF32);
  EXPECT_THAT(w->shape, ElementsAre(2, 3));
  EXPECT_EQ(w->elements(), 6);
  ASSERT_EQ(w->bytes.size(), 24u);
  EXPECT_EQ(std::memcmp(w->bytes.data(), weights.data(), 24), 0);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(w->bytes.data()) % 8, 0u);
  EXPECT_EQ(file.Find("none")->elements(), 0);
  EXPECT_EQ(file.Find("scalar")->elements(), 1);
  EXPECT_EQ(file.Find("absent"), nullptr);
  EXPECT_EQ(file.Find(""), nullptr);
  std::vector<std::string> names;
  for (const TensorInfo& tensor : file.tensors()) names.push_back(tensor.name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("w", "flags", "ids", "none", "scalar"));
}

// The bytes are the format's own, so that any other reader understands them.
TEST_F(Safetensors, WritesThePublishedLayout) {
  const std::vector<uint8_t> bytes = {7, 8};
  WriteSafetensors(path_, {Tensor("a", DType::kU8, {2}, bytes)}, {});
  std::string header = R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  EXPECT_EQ(Get(path_), FileOf(header, "\x07\x08"));
}

TEST_F(Safetensors, WritesAnEmptyFile) {
  WriteSafetensors(path_, {}, {});
  EXPECT_EQ(Get(path_), FileOf("{}      ", ""));
  EXPECT_TRUE(SafetensorsFile(path_).tensors().empty());
}

TEST_F(Safetensors, SavesOntoTheFileItIsMappedFrom) {
  std::vector<float> values(300'000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  WriteSafetensors(path_, {Tensor("a", DType::kF32, {300'000}, values)}, {});
  const std::string before = Get(path_);
  const SafetensorsFile file(path_);
  WriteSafetensors(path_, file.tensors(), file.metadata());
  EXPECT_EQ(Get(path_), before);
  EXPECT_EQ(std::memcmp(file.tensors()[0].bytes.data(), values.data(), values.size() * 4), 0);
}

TEST_F(Safetensors, WriterRefusesTensorsThatDoNotFit) {
  const std::vector<float> values = {1, 2};
  const TensorInfo good = Tensor("a", DType::kF32, {2}, values);
  TensorInfo wrong = good;
  wrong.shape = {3};
  EXPECT_ERROR(WriteSafetensors(path_, {wrong}, {}), ErrorCode::kInternal, "do not fit its shape");
  EXPECT_ERROR(WriteSafetensors(path_, {good, good}, {}), ErrorCode::kInternal, "doubled or reserved");
  TensorInfo reserved = good;
  reserved.name = "__metadata__";
  EXPECT_ERROR(WriteSafetensors(path_, {reserved}, {}), ErrorCode::kInternal, "doubled or reserved");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(Safetensors, AcceptsWhatTheFormatAllows) {
  EXPECT_EQ(Load(FileOf("{" + Entry("b", "U8", "[1]", "[1,2]") + "," + Entry("a", "I8", "[]", "[0,1]") + "}   ", "xy"))
                .tensors()[0]
                .name,
            "a");
  EXPECT_EQ(Load(FileOf("{\n \"__metadata__\" : {} }", "")).metadata().size(), 0u);
  for (const char* dtype :
       {"F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL", "U16", "U32", "U64"}) {
    const SafetensorsFile file = Load(FileOf("{" + Entry("t", dtype, "[0]", "[0,0]") + "}", ""));
    EXPECT_STREQ(Name(file.tensors()[0].dtype), dtype);
  }
  // An odd header length puts the data at an odd address.
  std::string data(8, '\0');
  const float one = 1.0f, infinite = std::numeric_limits<float>::infinity();
  std::memcpy(data.data(), &one, 4);
  std::memcpy(data.data() + 4, &infinite, 4);
  std::string header = "{" + Entry("t", "F32", "[2]", "[0,8]") + "}";
  if (header.size() % 2 == 0) header += ' ';
  const SafetensorsFile odd = Load(FileOf(header, data));
  EXPECT_ERROR(CheckFinite(odd.tensors()[0], path_), ErrorCode::kCorrupt, "element 1");
}

TEST_F(Safetensors, RefusesBadFrames) {
  ExpectRefused("", "the file has 0 bytes");
  ExpectRefused("1234567", "the file has 7 bytes");
  std::string huge(8, '\xFF');
  ExpectRefused(huge, "exceeds the limit of 100000000");
  const uint64_t over = 100'000'001;
  std::memcpy(huge.data(), &over, 8);
  ExpectRefused(huge + "{}", "header length 100000001 exceeds the limit of 100000000");
  ExpectRefused(FileOf("{}", "").substr(0, 9), "header length 2 exceeds the file of 9 bytes");
  ExpectRefused(FileOf("", ""), "does not start with '{'");
  ExpectRefused(FileOf(" {}", ""), "does not start with '{'");
  ExpectRefused(FileOf("[]", ""), "does not start with '{'");
  ExpectRefused("version https://git-lfs.github.com/spec/v1\n", "exceeds the limit");
}

TEST_F(Safetensors, RefusesBadJson) {
  ExpectRefused(FileOf("{", ""), "bad JSON: unexpected end of input");
  ExpectRefused(FileOf("{} x", ""), "bad JSON");
  ExpectRefused(FileOf("{}\0\0"s + "{}", ""), "bad JSON: NUL byte");
  ExpectRefused(FileOf("{\"\xFF\":1}", ""), "bad JSON: invalid UTF-8");
  ExpectRefused(FileOf("{\"a\":" + std::string(100'000, '['), ""), "is an array, not an object");
  ExpectRefused(FileOf("{" + Entry("a", "U8", "[99999999999999999999]", "[0,0]") + "}", ""), "exceeds 64 bits");
}

TEST_F(Safetensors, RefusesBadEntries) {
  const auto refuse = [this](const std::string& entries, const std::string& rule) {
    ExpectRefused(FileOf("{" + entries + "}", "data"), rule);
  };
  const std::string a = Entry("a", "U8", "[4]", "[0,4]");
  refuse(a + "," + a, "tensor 'a' is defined twice");
  refuse(R"("a":5)", "entry 'a' is number 5, not an object");
  refuse(R"("a":"x")", "entry 'a' is text 'x', not an object");
  refuse(R"("a":null)", "entry 'a' is null, not an object");
  refuse(R"("a":[])", "entry 'a' is an array, not an object");
  refuse(R"("a":{})", "tensor 'a': 'dtype' is missing");
  refuse(R"("a":{"dtype":"U8","data_offsets":[0,4]})", "'shape' is missing");
  refuse(R"("a":{"dtype":"U8","shape":[4]})", "'data_offsets' is missing");
  refuse(R"("a":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]})", "duplicate key 'dtype'");
  refuse(R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"extra":1})", "unknown key 'extra'");
  refuse(R"("a":{"dtype":{},"shape":[4],"data_offsets":[0,4]})", "an object under 'dtype'");
  refuse(R"("a":{"dtype":"U8","shape":"4","data_offsets":[0,4]})", "text '4' under 'shape'");
  refuse(Entry("a", "F8_E4M3", "[4]", "[0,4]"), "unsupported dtype 'F8_E4M3'");
  refuse(Entry("a", "f32", "[1]", "[0,4]"), "unsupported dtype 'f32'");
  refuse(Entry("a", "U8", "[4.0]", "[0,4]"), "'shape' holds a number with a fraction");
  refuse(Entry("a", "U8", "[-4]", "[0,4]"), "'shape' holds negative number -4");
  refuse(Entry("a", "U8", "[[4]]", "[0,4]"), "'shape' holds an array");
  refuse(Entry("a", "U8", "[true]", "[0,4]"), "'shape' holds true");
  refuse(Entry("a", "U8", "[4]", "[-1,4]"), "'data_offsets' holds negative number -1");
  refuse(Entry("a", "U8", "[4]", "[0,4.5]"), "'data_offsets' holds a number with a fraction");
  refuse(Entry("a", "U8", "[4]", "[0,1e0]"), "'data_offsets' holds a number with a fraction");
  refuse(Entry("a", "U8", "[4]", "[4]"), "'data_offsets' is not two numbers");
  refuse(Entry("a", "U8", "[4]", "[0,4,4]"), "'data_offsets' holds number 4");
  std::string dimensions = "1";
  for (int i = 0; i < 40; ++i) dimensions += ",1";
  refuse(Entry("a", "U8", "[" + dimensions + "]", "[0,4]"), "more than 32 dimensions");
}

TEST_F(Safetensors, RefusesBadMetadata) {
  ExpectRefused(FileOf(R"({"__metadata__":{"a":1}})", ""), "'__metadata__' holds number 1 under 'a', not text");
  ExpectRefused(FileOf(R"({"__metadata__":{"a":{}}})", ""), "'__metadata__' holds an object under 'a'");
  ExpectRefused(FileOf(R"({"__metadata__":"x"})", ""), "entry '__metadata__' is text 'x'");
  ExpectRefused(FileOf(R"({"__metadata__":{"a":"1","a":"2"}})", ""), "duplicate key 'a' in '__metadata__'");
  ExpectRefused(FileOf(R"({"__metadata__":{},"__metadata__":{}})", ""), "duplicate key '__metadata__'");
}

TEST_F(Safetensors, RefusesBadLayouts) {
  const auto refuse = [this](const std::string& entries, const std::string& rule,
                             const std::string& data = "12345678") {
    ExpectRefused(FileOf("{" + entries + "}", data), rule);
  };
  refuse(Entry("a", "U8", "[4]", "[0,4]"), "4 trailing bytes");
  refuse("", "8 trailing bytes");
  refuse(Entry("a", "U8", "[4]", "[4,8]"), "hole of 4 bytes before tensor 'a'");
  refuse(Entry("a", "U8", "[3]", "[0,3]") + "," + Entry("b", "U8", "[4]", "[4,8]"),
         "hole of 1 bytes before tensor 'b'");
  refuse(Entry("a", "U8", "[8]", "[0,8]") + "," + Entry("b", "U8", "[4]", "[4,8]"), "overlap");
  refuse(Entry("a", "U8", "[8]", "[0,8]") + "," + Entry("b", "U8", "[8]", "[0,8]"), "overlap");
  refuse(Entry("a", "U8", "[0]", "[8,0]"), "data_offsets run backwards");
  refuse(Entry("a", "U8", "[9]", "[0,9]"), "lies beyond the 8 bytes of data");
  refuse(Entry("a", "U8", "[8]", "[0,18446744073709551615]"), "lies beyond the 8 bytes of data");
  refuse(Entry("a", "F32", "[3]", "[0,8]"), "shape and dtype need 12 bytes");
  refuse(Entry("a", "F32", "[]", "[0,8]"), "shape and dtype need 4 bytes");
  refuse(Entry("a", "F64", "[4611686018427387904,4]", "[0,8]"), "shape overflow");
  refuse(Entry("a", "U8", "[4294967296,4294967296,0]", "[0,0]"), "shape overflow");
  refuse(Entry("a", "U8", "[9223372036854775808]", "[0,8]"), "shape overflow");
  refuse(Entry("a", "U8", "[0]", "[4,4]") + "," + Entry("b", "U8", "[8]", "[0,8]"), "overlap");
}

TEST_F(Safetensors, RefusesAMillionTensorsQuicklyInLittleMemory) {
  std::string header = "{";
  for (int i = 0; i < 1'000'000; ++i) {
    if (i > 0) header += ',';
    header += Entry("t" + std::to_string(i), "U8", "[1]", "[" + std::to_string(i) + "," + std::to_string(i + 1) + "]");
  }
  const std::string file = FileOf(header + "}", std::string(1'000'000, 'x'));
  Put(path_, file);
  const double start = test::CpuSeconds();
  EXPECT_ERROR(SafetensorsFile{path_}, ErrorCode::kCorrupt, "more than 100000 tensors");
  // Under the sanitizers the parser is several times slower than the second that is promised.
  EXPECT_LT(test::CpuSeconds() - start, 5);
}

TEST_F(Safetensors, ReportsMissingFilesAndDirectories) {
  EXPECT_ERROR(SafetensorsFile{path_}, ErrorCode::kNoInput, "No such file");
  EXPECT_ERROR(SafetensorsFile{dir_.path()}, ErrorCode::kNoInput, "Is a directory");
}

template <class Word>
void ExpectNonFiniteFound(DType dtype, Word finite, std::initializer_list<Word> non_finite) {
  for (const size_t size : {size_t{1}, size_t{7}, size_t{5000}}) {
    for (const size_t position : {size_t{0}, size / 2, size - 1}) {
      std::vector<Word> values(size, finite);
      EXPECT_NO_THROW(CheckFinite(Tensor("t", dtype, {static_cast<int64_t>(size)}, values), "m.safetensors"));
      for (const Word word : non_finite) {
        values[position] = word;
        EXPECT_ERROR(CheckFinite(Tensor("t", dtype, {static_cast<int64_t>(size)}, values), "m.safetensors"),
                     ErrorCode::kCorrupt, "non-finite value in tensor 't' (element " + std::to_string(position) + ")");
      }
    }
  }
}

TEST(CheckFinite, FindsNanAndInfinityOfEveryFloatingType) {
  ExpectNonFiniteFound<uint64_t>(DType::kF64, 0x7FEFFFFFFFFFFFFF,
                                 {0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000001});
  ExpectNonFiniteFound<uint32_t>(DType::kF32, 0xFF7FFFFF, {0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001});
  ExpectNonFiniteFound<uint16_t>(DType::kF16, 0x7BFF, {0x7C00, 0xFC00, 0x7E00});
  ExpectNonFiniteFound<uint16_t>(DType::kBF16, 0x7F7F, {0x7F80, 0xFF80, 0x7FC0});
}

TEST(CheckFinite, LeavesIntegersAlone) {
  const std::vector<int32_t> values = {0x7F800000, -1};
  EXPECT_NO_THROW(CheckFinite(Tensor("t", DType::kI32, {2}, values), "m"));
  EXPECT_NO_THROW(CheckFinite(Tensor("t", DType::kF32, {0}, std::vector<float>{}), "m"));
}

}  // namespace
}  // namespace clner
