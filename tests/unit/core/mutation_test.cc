// Seeded mutations of valid inputs: each is loaded or refused by clner::Error, nothing else. The bodies take raw bytes,
// so that a libFuzzer target is one line: LLVMFuzzerTestOneInput(data, size) calls LoadSafetensors or LoadJson.
#include <cstring>

#include "core/json.h"
#include "core/random.h"
#include "core/safetensors.h"
#include "support.h"

namespace clner {
namespace {

using test::Get;
using test::Put;
using test::TempDir;

constexpr int kMutations = 2000;
constexpr size_t kDataBytes = 40;  // of the file below

// True if the bytes were accepted. Touches every byte of every tensor, so that a wrong range shows under
// AddressSanitizer.
bool LoadSafetensors(const std::filesystem::path& path, std::string_view bytes) {
  Put(path, bytes);
  try {
    const SafetensorsFile file(path);
    size_t sum = 0, total = 0;
    for (const TensorInfo& tensor : file.tensors()) {
      for (const std::byte byte : tensor.bytes) sum += static_cast<size_t>(byte);
      total += tensor.bytes.size();
      EXPECT_EQ(file.Find(tensor.name), &tensor);
      try {
        CheckFinite(tensor, path);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      }
    }
    EXPECT_LE(total, bytes.size());
    EXPECT_LE(sum, 255 * total);
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << error.what();
    return false;
  }
}

// Accepted text must survive print and parse.
bool LoadJson(std::string_view bytes) {
  try {
    const Json json = ParseJson(bytes, "f", ErrorCode::kData);
    EXPECT_EQ(ParseJson(DumpJson(json), "f", ErrorCode::kData), json);
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kData) << error.what();
    return false;
  }
}

// One to four edits: bit flip, byte, cut, insertion of a telling piece, doubled or removed range, integer at the front.
std::string Mutate(std::string text, Random& random) {
  static const std::string kPieces[] = {"{",        "}",
                                        "[",        "]",
                                        "\"",       ",",
                                        ":",        "-",
                                        "1e9",      "99999999999999999999",
                                        "\\u0000",  "\xFF",
                                        "null",     std::string(1, '\0'),
                                        "[[[[[[[[", "\"__metadata__\":{\"a\":\"b\"},",
                                        "0",        ".5",
                                        " "};
  for (uint64_t edits = 1 + random.Below(4); edits > 0; --edits) {
    const size_t at = random.Below(text.size() + 1);
    const size_t length = std::min<size_t>(text.size() - at, random.Below(12));
    switch (random.Below(7)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << random.Below(8)));
        break;
      case 1:
        if (at < text.size()) text[at] = static_cast<char>(random.Below(256));
        break;
      case 2:
        if (random.Below(4) == 0) text.resize(at);
        break;
      case 3:
        text.insert(at, kPieces[random.Below(std::size(kPieces))]);
        break;
      case 4:
        text.insert(at, text.substr(at, length));
        break;
      case 5:
        text.erase(at, length);
        break;
      default:
        if (at < text.size() && text[at] >= '0' && text[at] <= '9')
          text[at] = static_cast<char>('0' + random.Below(10));
    }
  }
  return text;
}

TEST(Mutations, OfSafetensorsLoadOrAreRefused) {
  const TempDir dir;
  const std::filesystem::path path = dir / "m.safetensors";
  const std::vector<float> weights = {1, 2, 3, 4, 5, 6};
  const std::vector<int64_t> ids = {7, 8};
  WriteSafetensors(path,
                   {{"encoder.weight", DType::kF32, {2, 3}, std::as_bytes(std::span(weights))},
                    {"ids", DType::kI64, {2}, std::as_bytes(std::span(ids))},
                    {"empty", DType::kF16, {0}, {}}},
                   {{"format", "pt"}});
  const std::string valid = Get(path);
  ASSERT_TRUE(LoadSafetensors(path, valid));
  int accepted = 0;
  for (uint64_t seed = 0; seed < kMutations; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(MixSeed(seed, 1));
    // Most edits go into the header, with the length set right: else nearly all would be refused for their length.
    std::string file = valid;
    if (random.Below(4) == 0) {
      file = Mutate(valid, random);
    } else {
      const std::string header = Mutate(valid.substr(8, valid.size() - 8 - kDataBytes), random);
      const uint64_t length = header.size();
      std::memcpy(file.data(), &length, 8);
      file = file.substr(0, 8) + header + valid.substr(valid.size() - kDataBytes);
    }
    accepted += LoadSafetensors(path, file) ? 1 : 0;
  }
  EXPECT_GT(accepted, 0);           // edits of blanks, names and data do no harm
  EXPECT_LT(accepted, kMutations);  // others are refused
}

TEST(Mutations, OfJsonLoadOrAreRefused) {
  const std::string valid = R"({"a": [1, -2.5, true, null, "x\u00e9\n"], "b": {"c": {}, "d": [[], [{"e": "gr)"
                            "\xC3\xBC"
                            R"("}]]}, "f": 123456})";
  ASSERT_TRUE(LoadJson(valid));
  int accepted = 0;
  for (uint64_t seed = 0; seed < kMutations; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(MixSeed(seed, 2));
    accepted += LoadJson(Mutate(valid, random)) ? 1 : 0;
  }
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, kMutations);
}

}  // namespace
}  // namespace clner
