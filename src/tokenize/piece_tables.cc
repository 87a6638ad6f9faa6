#include "tokenize/piece_tables.h"

#include <algorithm>
#include <string>

#include "core/error.h"
#include "core/stop.h"

namespace clner {
namespace {

/// Pieces of every distinct word: those of type t are ids[begin[t]] .. ids[begin[t + 1] - 1].
struct TypePieces {
  std::vector<int32_t> ids = {};
  std::vector<uint64_t> begin = {0};
};

TypePieces EncodeTypes(std::span<const std::string_view> types, const Tokenizer& tokenizer) {
  constexpr size_t kPollEvery = 1024;
  TypePieces pieces;
  pieces.begin.reserve(types.size() + 1);
  for (size_t i = 0; i < types.size(); ++i) {
    if (i % kPollEvery == 0 && StopRequested() != nullptr) {
      throw Error(ErrorCode::kInterrupted, std::string("stopped by ") + StopRequested() + " while tokenising", "",
                  "run the same command again");
    }
    (void)tokenizer.EncodeWord(types[i], PieceTables::kMaxPiecesPerWord, &pieces.ids);
    pieces.begin.push_back(pieces.ids.size());
  }
  return pieces;
}

/// True when all ids are in the vocabulary. As the cache is opened often, in blocks that become vector code.
bool AreIds(std::span<const int32_t> ids, int32_t vocabulary_size) {
  constexpr size_t kBlock = 16;
  const auto last = static_cast<uint32_t>(vocabulary_size - 1);
  uint32_t wrong[kBlock] = {};  // the highest bit is set by a negative id and by one behind the last
  size_t i = 0;
  for (; i + kBlock <= ids.size(); i += kBlock) {
    for (size_t lane = 0; lane < kBlock; ++lane) {
      const auto id = static_cast<uint32_t>(ids[i + lane]);
      wrong[lane] |= id | (last - id);
    }
  }
  for (; i < ids.size(); ++i) wrong[0] |= static_cast<uint32_t>(ids[i]) | (last - static_cast<uint32_t>(ids[i]));
  return std::ranges::none_of(wrong, [](uint32_t bits) { return bits >> 31 != 0; });
}

}  // namespace

struct PieceTables::Block {
  std::vector<Row> rows = {};
  std::vector<uint16_t> counts = {};
  std::vector<int32_t> ids = {};
};

PieceTables::PieceTables(std::span<const WordRuns> sentences, std::span<const uint32_t> word_types,
                         std::span<const std::string_view> types, const Tokenizer& tokenizer) {
  const TypePieces of_type = EncodeTypes(types, tokenizer);
  auto block = std::make_shared<Block>();
  block->rows.reserve(sentences.size() + 1);
  block->counts.reserve(word_types.size());
  size_t word = 0;
  const auto append = [&](uint64_t words) {
    for (const size_t end = word + words; word < end; ++word) {
      const uint32_t type = word_types[word];
      const uint64_t begin = of_type.begin[type], count = of_type.begin[type + 1] - begin;
      block->counts.push_back(static_cast<uint16_t>(count));
      const auto first = of_type.ids.begin() + static_cast<std::ptrdiff_t>(begin);
      block->ids.insert(block->ids.end(), first, first + static_cast<std::ptrdiff_t>(count));
    }
  };
  const auto words = [&] { return static_cast<uint32_t>(word); };
  const auto pieces = [&] { return static_cast<uint32_t>(block->ids.size()); };
  for (const WordRuns& runs : sentences) {
    Row row = {.word = words(), .piece = pieces()};
    append(runs.own);
    row.context_word = words();
    row.context_piece = pieces();
    append(runs.context);
    block->rows.push_back(row);
  }
  block->rows.push_back({words(), pieces(), words(), pieces()});
  CLNER_CHECK_EQ(word, word_types.size());
  CLNER_CHECK_LT(word, size_t{UINT32_MAX});
  CLNER_CHECK_LT(block->ids.size(), size_t{UINT32_MAX});
  rows_ = block->rows;
  counts_ = block->counts;
  ids_ = block->ids;
  owner_ = std::move(block);
}

PieceTables::PieceTables(std::shared_ptr<const TableFile> file, size_t first_table, int32_t vocabulary_size)
    : rows_(file->Table<Row>(first_table)),
      counts_(file->Table<uint16_t>(first_table + 1)),
      ids_(file->Table<int32_t>(first_table + 2)) {
  Check(*file, vocabulary_size);
  owner_ = std::move(file);
}

void PieceTables::Check(const TableFile& file, int32_t vocabulary_size) const {
  if (rows_.empty()) file.ThrowDamaged("the table of sentences is empty");
  const Row& end = rows_.back();
  if (end.word != counts_.size() || end.piece != ids_.size())
    file.ThrowDamaged("the tables of pieces differ in length");
  Row before = {};
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    const bool ascending = before.context_word <= row.word && row.word <= row.context_word &&
                           before.context_piece <= row.piece && row.piece <= row.context_piece &&
                           row.context_word <= end.word && row.context_piece <= end.piece;
    if (!ascending || (i == 0 && (row.word != 0 || row.piece != 0))) {
      file.ThrowDamaged("the place of sentence " + std::to_string(i) + " is wrong");
    }
    before = row;
  }
  if (!AreIds(ids_, vocabulary_size)) file.ThrowDamaged("a piece is not in the vocabulary");
}

void PieceTables::AddTo(TableWriter* tables) const {
  tables->Add(rows_);
  tables->Add(counts_);
  tables->Add(ids_);
}

WordPieces PieceTables::Part(uint64_t word, uint64_t end_word, uint64_t piece, uint64_t end_piece) const {
  return {ids_.subspan(piece, end_piece - piece), counts_.subspan(word, end_word - word)};
}

WordRuns PieceTables::runs(size_t sentence) const {
  const Row& row = rows_[sentence];
  return {row.context_word - row.word, rows_[sentence + 1].word - row.context_word};
}

WordPieces PieceTables::own(size_t sentence) const {
  const Row& row = rows_[sentence];
  return Part(row.word, row.context_word, row.piece, row.context_piece);
}

WordPieces PieceTables::context(size_t sentence) const {
  const Row &row = rows_[sentence], &next = rows_[sentence + 1];
  return Part(row.context_word, next.word, row.context_piece, next.piece);
}

}  // namespace clner
