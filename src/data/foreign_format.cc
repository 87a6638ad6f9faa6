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
  const char* command;  ///< {0} = the file, {1} = the file without its last extension
};

using namespace std::string_view_literals;
constexpr Magic kMagics[] = {
    {"\x1F\x8B"sv, "gzip-compressed", "gzip -dc {0} > {1}"},
    {"BZh"sv, "bzip2-compressed", "bzip2 -dc {0} > {1}"},
    {"\xFD\x37zXZ\0"sv, "xz-compressed", "xz -dc {0} > {1}"},
    {"\x28\xB5\x2F\xFD"sv, "zstd-compressed", "zstd -dc {0} > {1}"},
    {"PK\x03\x04"sv, "a zip archive", "unzip -p {0} > {1}"},
    {"PK\x05\x06"sv, "an empty zip archive", "unzip -l {0}"},
    {"SQLite format 3\0"sv, "an SQLite database", "sqlite3 {0} .dump"},
    {"PAR1"sv, "a parquet file",
     "python3 -c \"import sys, pandas; pandas.read_parquet(sys.argv[1]).to_json(sys.argv[2], orient='records', "
     "lines=True)\" {0} {1}.jsonl"},
    {"\xFF\xFE\0\0"sv, "UTF-32 text", "iconv -f UTF-32 -t UTF-8 {0} > {1}.utf8"},
    {"\0\0\xFE\xFF"sv, "UTF-32 text", "iconv -f UTF-32 -t UTF-8 {0} > {1}.utf8"},
    {"\xFF\xFE"sv, "UTF-16 text", "iconv -f UTF-16 -t UTF-8 {0} > {1}.utf8"},
    {"\xFE\xFF"sv, "UTF-16 text", "iconv -f UTF-16 -t UTF-8 {0} > {1}.utf8"},
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

/// UTF-16 of mostly Latin text without a mark: every second byte is NUL. 0 = no, else the byte order.
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
  const std::string quoted = ShellQuote(path);
  const std::filesystem::path file(path);
  const std::string base =
      ShellQuote(file.has_extension() ? (file.parent_path() / file.stem()).string() : path + ".txt");
  for (const Magic& magic : kMagics) {
    if (!head.starts_with(magic.bytes) || !IsCertain(magic, head)) continue;
    return Describe(path, magic.name, fmt::format(fmt::runtime(magic.command), quoted, base));
  }
  if (const char* order = BareUtf16(head)) {
    return Describe(path, "UTF-16 text", fmt::format("iconv -f {} -t UTF-8 {} > {}.utf8", order, quoted, base));
  }
  return std::nullopt;
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
