#include "core/sha256.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/files.h"
#include "core/sha256_blocks.h"

namespace clner {
namespace {

constexpr size_t kBlockBytes = 64;
constexpr size_t kLengthBytes = 8;
constexpr size_t kReadBytes = 1 << 20;

internal::Sha256Compress Compress() {
  static const internal::Sha256Compress hardware = internal::Sha256CompressHardware();
  return hardware != nullptr ? hardware : &internal::Sha256CompressPortable;
}

}  // namespace

void Sha256::Update(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t left = bytes.size();
  bytes_ += left;
  if (filled_ > 0) {
    const size_t taken = std::min(left, kBlockBytes - filled_);
    std::memcpy(block_.data() + filled_, data, taken);
    filled_ += taken;
    data += taken;
    left -= taken;
    if (filled_ < kBlockBytes) return;
    Compress()(state_.data(), block_.data(), 1);
    filled_ = 0;
  }
  Compress()(state_.data(), data, left / kBlockBytes);
  filled_ = left % kBlockBytes;
  if (filled_ > 0) std::memcpy(block_.data(), data + (left - filled_), filled_);
}

std::string Sha256::HexDigest() {
  const uint64_t bits = bytes_ * 8;
  // A one bit, zeros up to 8 bytes before the end of a block, then the length in bits.
  std::array<uint8_t, 2 * kBlockBytes> tail = {};
  std::memcpy(tail.data(), block_.data(), filled_);
  tail[filled_] = 0x80;
  const size_t blocks = filled_ + 1 + kLengthBytes <= kBlockBytes ? 1 : 2;
  for (size_t i = 0; i < kLengthBytes; ++i) tail[blocks * kBlockBytes - 1 - i] = static_cast<uint8_t>(bits >> (8 * i));
  Compress()(state_.data(), tail.data(), blocks);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (const uint32_t word : state_) {
    for (int shift = 28; shift >= 0; shift -= 4) hex += kHex[(word >> shift) & 0xF];
  }
  return hex;
}

std::string Sha256Hex(std::string_view text) {
  Sha256 sha;
  sha.Update(text);
  return sha.HexDigest();
}

std::string Sha256OfFile(const std::filesystem::path& path) {
  InputFile file(path);
  std::vector<char> buffer(kReadBytes);
  Sha256 sha;
  while (const size_t count = file.Read(buffer.data(), buffer.size()))
    sha.Update(std::string_view(buffer.data(), count));
  return sha.HexDigest();
}

}  // namespace clner
