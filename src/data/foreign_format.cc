#include "data/foreign_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "core/utf8.h"
#include "data/line_reader.h"

namespace clner {
namespace {

struct Magic {
  std::string_view bytes;
  const char* name;
  const char* command;    ///< prints the text of the file {}
  const char* extension;  ///< of a file for that text; null when the command only shows what is inside
};

using namespace std::string_view_literals;
constexpr Magic kMagics[] = {
    {"\x1F\x8B"sv, "gzip-compressed", "gzip -dc {}", ""},
    {"BZh"sv, "bzip2-compressed", "bzip2 -dc {}", ""},
    {"\xFD\x37zXZ\0"sv, "xz-compressed", "xz -dc {}", ""},
    {"\x28\xB5\x2F\xFD"sv, "zstd-compressed", "zstd -dc {}", ""},
    {"PK\x03\x04"sv, "a zip archive", "unzip -p {}", ""},
    {"PK\x05\x06"sv, "an empty zip archive", "unzip -l {}", nullptr},
    {"SQLite format 3\0"sv, "an SQLite database", "sqlite3 {} .dump", nullptr},
    {"PAR1"sv, "a parquet file",
     "python3 -c \"import sys, pandas; pandas.read_parquet(sys.argv[1]).to_json(sys.stdout, orient='records', "
     "lines=True)\" {}",
     ".jsonl"},
    {"\xFF\xFE\0\0"sv, "UTF-32 text", "iconv -f UTF-32 -t UTF-8 {}", ".utf8"},
    {"\0\0\xFE\xFF"sv, "UTF-32 text", "iconv -f UTF-32 -t UTF-8 {}", ".utf8"},
    {"\xFF\xFE"sv, "UTF-16 text", "iconv -f UTF-16 -t UTF-8 {}", ".utf8"},
    {"\xFE\xFF"sv, "UTF-16 text", "iconv -f UTF-16 -t UTF-8 {}", ".utf8"},
};

/// "PAR1" and "BZh" could begin a word: what follows in a real file is binary, or the block mark of bzip2.
bool IsCertain(const Magic& magic, std::string_view head) {
  if (magic.bytes == "BZh") return head.size() >= 10 && head.substr(4, 6) == "1AY&SY";
  if (magic.bytes != "PAR1") return true;
  const std::string_view rest = head.substr(4, 12);
  return std::any_of(rest.begin(), rest.end(), [](char byte) {
    return static_cast<unsigned char>(byte) < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
  });
}

/// UTF-32 without a mark: every four bytes are the number of a character. nullptr = no, else the encoding.
const char* BareUtf32(std::string_view head) {
  const size_t characters = std::min<size_t>(head.size(), 256) / 4;
  if (characters < 3) return nullptr;
  size_t little = 0, big = 0;
  for (size_t i = 0; i < characters; ++i) {
    uint32_t from_first = 0, from_last = 0;
    for (size_t k = 0; k < 4; ++k) {
      from_first |= uint32_t{static_cast<unsigned char>(head[4 * i + k])} << (8 * k);
      from_last |= uint32_t{static_cast<unsigned char>(head[4 * i + k])} << (8 * (3 - k));
    }
    little += from_first > 0 && from_first <= 0x10FFFF ? 1U : 0U;
    big += from_last > 0 && from_last <= 0x10FFFF ? 1U : 0U;
  }
  return little == characters ? "UTF-32LE" : big == characters ? "UTF-32BE" : nullptr;
}

/// UTF-16 of mostly Latin text without a mark: every second byte is NUL. nullptr = no, else the encoding.
const char* BareUtf16(std::string_view head) {
  const size_t pairs = std::min<size_t>(head.size(), 256) / 2;
  if (pairs < 4) return nullptr;
  size_t low_nul = 0, high_nul = 0;
  for (size_t i = 0; i < pairs; ++i) {
    low_nul += head[2 * i] == '\0' ? 1U : 0U;
    high_nul += head[2 * i + 1] == '\0' ? 1U : 0U;
  }
  if (low_nul == 0 && high_nul * 10 >= pairs * 9) return "UTF-16LE";
  if (high_nul == 0 && low_nul * 10 >= pairs * 9) return "UTF-16BE";
  return nullptr;
}

Problem Describe(const std::string& path, const char* name, const std::string& command) {
  return Problem{fmt::format("'{}' is {}, not UTF-8 text", Printable(path, 200), name), path, "convert it: " + command};
}

}  // namespace

std::optional<Problem> ForeignFormat(std::string_view head, const std::string& path) {
  for (const Magic& magic : kMagics) {
    if (!head.starts_with(magic.bytes) || !IsCertain(magic, head)) continue;
    return Describe(path, magic.name, ConvertingCommand(magic.command, magic.extension, path));
  }
  // UTF-32 first: every second pair of its bytes looks like UTF-16.
  const char* encoding = BareUtf32(head);
  if (encoding == nullptr) encoding = BareUtf16(head);
  if (encoding == nullptr) return std::nullopt;
  const std::string name = std::string(encoding, 6) + " text";
  const std::string command = fmt::format("iconv -f {} -t UTF-8 {{}}", encoding);
  return Describe(path, name.c_str(), ConvertingCommand(command.c_str(), ".utf8", path));
}

std::string ConvertingCommand(const char* command, const char* extension, const std::string& name) {
  // Standard input has no name; the file that it comes from is known to the user only.
  const bool is_stdin = name == InputName("-");
  const std::filesystem::path file(is_stdin ? "FILE" : name);
  const std::string shown = fmt::format(fmt::runtime(command), ShellQuote(file.string()));
  if (extension == nullptr) return shown;
  if (is_stdin && std::string_view(extension) != ".jsonl") return shown + " | clner ... -";
  const std::string base = file.has_extension() ? (file.parent_path() / file.stem()).string() : file.string() + ".txt";
  return shown + " > " + ShellQuote(base) + extension;
}

std::string DirectoryFix(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator it(path, error), last; !error && it != last && names.size() < 1000;
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored)) names.push_back(it->path().string());
  }
  if (names.empty()) return "name a file";
  std::sort(names.begin(), names.end());
  std::string list;
  for (size_t i = 0; i < std::min<size_t>(names.size(), 3); ++i) {
    list += fmt::format("{}'{}'", i == 0 ? "" : ", ", Printable(names[i], 200));
  }
  return fmt::format("name a file inside it: {}{}", list, names.size() > 3 ? ", ..." : "");
}

std::string ShellQuote(std::string_view path) {
  const auto is_plain = [](char byte) {
    return std::isalnum(static_cast<unsigned char>(byte)) != 0 ||
           std::string_view("/._-+=:,@").find(byte) != std::string_view::npos;
  };
  if (!path.empty() && std::all_of(path.begin(), path.end(), is_plain)) return std::string(path);
  std::string quoted = "'";
  for (const char byte : path) quoted += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
  return quoted + "'";
}

}  // namespace clner
