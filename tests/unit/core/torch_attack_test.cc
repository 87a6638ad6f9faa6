// Files that attack a reader of pickles or archives: each is refused by name, runs nothing and takes little memory.
#include <sys/resource.h>

#include "core/random.h"
#include "core/torch_file.h"
#include "support.h"
#include "support/torch_writer.h"

namespace clner {
namespace {

using namespace test::pickle;  // NOLINT(google-build-using-namespace)
using test::LittleEndian;
using test::Put;
using test::TempDir;
using test::TorchOld;
using test::TorchZip;
using test::ZipMember;
using test::ZipOf;

constexpr long kMaxGrowthKiB = 300 << 10;  // of the largest pickle that is read at all, 64 MiB

long PeakKiB() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

std::string Repeat(const std::string& text, size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

const std::string kStorage = Storage("FloatStorage", "0", 4);
const std::string kGood =
    Dict({Text("t"), Tensor(kStorage, 0, {2, 2}, {2, 1}), Text("u"), Tensor(kStorage, 0, {2}, {2})});

class TorchAttack : public testing::Test {
 protected:
  void ExpectRefused(const std::string& bytes, const std::string& rule) {
    Put(path_, bytes);
    const long before = PeakKiB();
    EXPECT_ERROR(TorchFile{path_}, ErrorCode::kCorrupt, rule);
    EXPECT_LT(PeakKiB() - before, kMaxGrowthKiB) << rule;
  }
  // The pickle of `body` in both containers.
  void ExpectBodyRefused(const std::string& body, const std::string& rule) {
    ExpectRefused(TorchZip(body, {{"0", std::string(16, '\0')}}), rule);
    ExpectRefused(TorchOld(body, {{"0", std::string(16, '\0')}}), rule);
  }
  // Loaded or refused, never anything else; every byte of every tensor is touched.
  bool Loads(const std::string& bytes) {
    Put(path_, bytes);
    try {
      const TorchFile file(path_);
      for (const TensorInfo& tensor : file.tensors()) CheckFinite(tensor, path_);
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << error.what();
      return false;
    }
  }
  TempDir dir_;
  std::filesystem::path path_ = dir_ / "pytorch_model.bin", proof_ = dir_ / "proof";
};

TEST_F(TorchAttack, FunctionsAreNamedAndNotRun) {
  const std::string command = Text("touch " + proof_.string());
  ExpectBodyRefused(Global("os", "system") + Tuple({command}) + "R",
                    "this file wants to run 'os.system'; nothing of it was executed");
  ExpectBodyRefused(Global("posix", "system") + Tuple({command}) + "R", "wants to run 'posix.system'");
  ExpectBodyRefused(Global("builtins", "eval") + Tuple({command}) + "R", "wants to run 'builtins.eval'");
  ExpectBodyRefused(Text("os") + Text("system") + "\x93" + Tuple({command}) + "R", "wants to run 'os.system'");
  ExpectBodyRefused("(" + command + "ios\nsystem\n", "wants to run 'os.system'");
  ExpectBodyRefused(Global("torch.storage", "_load_from_bytes") + Tuple({command}) + "R",
                    "'torch.storage._load_from_bytes'");
  ExpectBodyRefused(Global("os", "system") + Tuple({command}) + "R", "fix: if you trust it, convert it with PyTorch");
  EXPECT_FALSE(std::filesystem::exists(proof_));
}

TEST_F(TorchAttack, NamesThatLookLikeListedOnesAreRefused) {
  for (const auto& [module, name] :
       std::vector<std::pair<std::string, std::string>>{{"collections", "OrderedDict.__init__"},
                                                        {"torch._utils", "_rebuild_tensor_v2.__globals__"},
                                                        {"torch", "_utils._rebuild_tensor_v2"},
                                                        {"torch", "FloatStorage\r"},
                                                        {"", "collections.OrderedDict"},
                                                        {"torch.", "FloatStorage"},
                                                        {"torch", ""},
                                                        {"torch", "load"},
                                                        {"collections", "deque"}}) {
    ExpectBodyRefused(Global(module, name) + ")R", "wants to run");
  }
  ExpectBodyRefused(Text("collections\nOrderedDict") + Text("x") + "\x93",
                    "wants to run 'collections\\nOrderedDict.x'");
  ExpectBodyRefused("c" + std::string(300, 'm') + "\nx\n", "longer than 200 bytes");
  ExpectBodyRefused(Int(1) + Int(2) + "\x93", "the name of a global is no text");
}

TEST_F(TorchAttack, OpcodesThatMakeObjectsAreRefused) {
  const std::string dict = Global("collections", "OrderedDict");
  ExpectBodyRefused(dict + ")\x81", "uses pickle opcode 0x81");    // NEWOBJ
  ExpectBodyRefused(dict + ")}\x92", "uses pickle opcode 0x92");   // NEWOBJ_EX
  ExpectBodyRefused("(" + dict + "o", "uses pickle opcode 0x6F");  // OBJ
  ExpectBodyRefused("\x82\x01", "uses pickle opcode 0x82");        // EXT1
  ExpectBodyRefused("P0\n", "uses pickle opcode 0x50");            // PERSID
  ExpectBodyRefused("I1\n", "uses pickle opcode 0x49");            // INT of protocol 0
  ExpectBodyRefused(dict + Dict({Text("__setstate__"), dict}) + "b", "wants to set the state of an object");
  ExpectBodyRefused("}" + Tuple({"N", "}"}) + "b", "wants to set the state of an object");
  ExpectBodyRefused(Global("torch", "FloatStorage") + Tuple({Int(1)}) + "R", "wants to call 'torch.FloatStorage'");
  ExpectBodyRefused(dict + Tuple({Int(9)}) + "R", "wants to call 'collections.OrderedDict' with 1 arguments");
  ExpectBodyRefused(Int(1) + ")R", "calls what is no function");
}

TEST_F(TorchAttack, StackAndMemoAreGuarded) {
  for (const std::string& body :
       std::vector<std::string>{"0", "R",   "a",    "s",  "u",   "t",   "1",   "2",     "\x85",  "\x93",  "b",
                                "Q", "q\1", "\x94", "(0", "(}a", "}Ns", "N(u", "N(NNu", "](NNs", "(N\x86"})
    ExpectBodyRefused(body, "bad PyTorch file: ");
  ExpectBodyRefused("h\1", "takes a value that is not there");
  ExpectBodyRefused("}(" + Int(1) + "u", "sets a key without a value");
  ExpectBodyRefused("Nr\xff\xff\xff\xff", "memo is larger than 1000000 values");
  ExpectBodyRefused("NN", "does not end with one value");
  ExpectBodyRefused("(N", "does not end with one value");
  ExpectBodyRefused("\x80\x06N", "pickle protocol 6 is not supported");
  ExpectBodyRefused(Int(1) + "Q", "the id of a storage is no tuple");
  ExpectRefused("\x80", "no pickle of protocol 2 or later");
}

TEST_F(TorchAttack, AnnouncedSizesAreNotBelieved) {
  const std::string huge = LittleEndian(UINT64_MAX), large = LittleEndian(UINT32_MAX);
  for (const std::string& body :
       std::vector<std::string>{"\x8d" + huge, "\x8e" + huge, "X" + large, "B" + large, "T" + large, "\x8b" + large,
                                "\x95" + huge + "N", "\x8d" + LittleEndian(uint64_t{INT64_MAX}) + "x"})
    ExpectBodyRefused(body, "the pickle is cut");
}

TEST_F(TorchAttack, BombsStayWithinTheirLimits) {
  ExpectBodyRefused(Repeat("]", 1'000'001), "1000000 values");
  ExpectBodyRefused(Repeat("(", 1'000'001), "stack is deeper than 1000000 values");
  ExpectBodyRefused("N" + Repeat("2", 1'000'001), "stack is deeper than 1000000 values");
  ExpectBodyRefused("N" + Repeat("\x85", 900'000), "it holds no dict");  // tuples in tuples: nothing descends
  ExpectBodyRefused("]q\1" + Repeat("h\1h\1a", 1000) + Repeat("0", 1000), "it holds no dict");  // holds itself
  std::string laughs = "]q\1";
  for (int i = 1; i < 100; ++i)
    laughs +=
        "](" + Repeat("h" + std::string(1, static_cast<char>(i)), 10) + "eq" + std::string(1, static_cast<char>(i + 1));
  ExpectBodyRefused(laughs + Repeat("0", 99), "it holds no dict");
  ExpectRefused(TorchZip(Repeat("\x80\x02", (64 << 20) / 2), {}), "the pickle is longer than 64 MiB");
}

// Work must not be the product of two counts of the file.
TEST_F(TorchAttack, RepeatedReferencesAreLookedAtOnce) {
  const std::string inner = "}(" + Repeat("K\1N", 90'000) + "uq\1";
  ExpectBodyRefused(inner + "0}(" + Repeat("K\1h\1", 90'000) + "u", "it holds no state dict");
  const std::string id =
      Tuple({Text("storage"), Global("torch", "FloatStorage"), Text(std::string(1 << 20, 'k')), Text("cpu"), Int(4)});
  ExpectBodyRefused(id + "q\1Q" + Repeat("0h\1Q", 90'000), "longer than 100 bytes");
  const std::string arguments = Global("torch._utils", "_rebuild_tensor_v2") + "q\2(" + Repeat("N", 90'000) + "tq\1R";
  ExpectBodyRefused(arguments + Repeat("0h\2h\1R", 90'000), "it holds no dict");
  ExpectBodyRefused("}(" + Repeat("K\1N", 100'001) + "u", "more than 100000 entries");
}

TEST_F(TorchAttack, ArchivesThatLieAreRefused) {
  const std::string pickle = Whole(kGood), data(16, '\0');
  const auto refused = [&](const ZipMember& member, const std::string& rule) {
    for (const bool zip64 : {true, false}) ExpectRefused(ZipOf({{"a/data.pkl", pickle}, member}, zip64), rule);
  };
  refused({"a/data/0", data, 8}, "file 'a/data/0' is compressed");
  refused({"a/data/0", data, 0, 1}, "file 'a/data/0' is encrypted");
  refused({"../data/0", data}, "file name '../data/0' leads outside the archive");
  refused({"a/../../0", data}, "leads outside the archive");
  refused({"/etc/passwd", data}, "leads outside the archive");
  refused({"a\\0", data}, "leads outside the archive");
  refused({std::string("a/\0b", 4), data}, "leads outside the archive");
  refused({std::string(1001, 'n'), data}, "longer than 1000 bytes");
  refused({"a/data/0", data, 0, 0, "a/data/1"}, "the two headers of file 'a/data/0' disagree");
  refused({"a/data/0", data, 0, 0, "", 17}, "beyond the data (file cut?)");
  refused({"a/data/0", data, 0, 0, "", 15}, "the two headers of file 'a/data/0' disagree");
  refused({"a/data/0", data, 0, 8, "", UINT32_MAX - 1}, "beyond the data (file cut?)");
  refused({"a/data/0", data, 0, 0, "", UINT32_MAX}, "lacks its 64-bit sizes");
  refused({"a/data/0", data, 0, 0, "", 0, 7}, "has no header at its place");
  refused({"a/data/0", data, 0, 0, "", 0, UINT32_MAX - 1}, "has no header at its place");
  refused({"a/data.pkl", pickle}, "there are two files 'a/data.pkl'");
  refused({"a/data.pkl", pickle, 0, 0, "", 0, 0}, "files overlap");
}

TEST_F(TorchAttack, EndRecordsThatLieAreRefused) {
  const std::string whole = TorchZip(kGood, {{"0", std::string(16, '\0')}});
  ASSERT_TRUE(Loads(whole));
  const size_t end = whole.size() - 22, locator = end - 20, end64 = locator - 56;
  const auto refused = [&](size_t at, const std::string& bytes, const std::string& rule) {
    std::string damaged = whole;
    damaged.replace(at, bytes.size(), bytes);
    ExpectRefused(damaged, rule);
  };
  refused(end + 20, "\1", "announces a comment");
  refused(end + 4, "\1", "one of several parts");
  refused(end64 + 16, "\1", "one of several parts");
  refused(end + 10, "\7", "the two end records disagree");
  refused(locator + 8, LittleEndian(UINT64_MAX), "the zip64 end record is missing");
  refused(locator + 8, LittleEndian(uint64_t{0}), "the zip64 end record is missing");
  refused(end64 + 48, LittleEndian(UINT64_MAX) + "PK\x06\x07" + std::string(16, '\0'),
          "the zip64 end record is missing");
  std::string many = whole;
  many.replace(end64 + 32, 8, LittleEndian(uint64_t{200'001}));
  many.replace(end + 10, 2, "\xff\xff");
  ExpectRefused(many, "more than 200000 files");
  many.replace(end64 + 32, 8, LittleEndian(uint64_t{200}));
  ExpectRefused(many, "the directory is too short for its files");
  ExpectRefused(whole + "x", "does not end with an end record");
}

TEST_F(TorchAttack, EveryCutIsRefused) {
  const std::string data(16, '\0');
  for (const std::string& whole : {TorchZip(kGood, {{"0", data}}), TorchOld(kGood, {{"0", data}})}) {
    ASSERT_TRUE(Loads(whole));
    for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(Loads(whole.substr(0, size))) << size;
  }
}

// Every third bit, so that each bit of a byte has its turn.
TEST_F(TorchAttack, FlippedBitsLoadOrAreRefused) {
  const std::string data(16, '\0');
  for (const std::string& whole : {TorchZip(kGood, {{"0", data}}), TorchOld(kGood, {{"0", data}})}) {
    for (size_t bit = 0; bit < whole.size() * 8; bit += 3) {
      std::string damaged = whole;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      (void)Loads(damaged);
    }
  }
}

TEST_F(TorchAttack, RandomPicklesLoadOrAreRefused) {
  const std::string opcodes =
      "(.012BCGJKMNQRTUX]abcdehilojqrstu)}\x80\x81\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x93\x94\x95";
  int loaded = 0;
  for (uint64_t seed = 0; seed < 4000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(MixSeed(seed, 3));
    std::string body = kGood;
    for (uint64_t edits = 1 + random.Below(6); edits > 0; --edits) {
      const size_t at = random.Below(body.size());
      if (random.Below(2) == 0)
        body.insert(at, 1, opcodes[random.Below(opcodes.size())]);
      else
        body[at] = random.Below(2) == 0 ? opcodes[random.Below(opcodes.size())] : static_cast<char>(random.Below(256));
    }
    loaded += Loads(TorchZip(body, {{"0", std::string(16, '\0')}})) ? 1 : 0;
  }
  EXPECT_LT(loaded, 4000);
}

}  // namespace
}  // namespace clner
