#include "tokenize/spm_model.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <unordered_set>

#include "core/error.h"
#include "core/files.h"
#include "core/utf8.h"
#include "tokenize/vocabulary.h"

namespace clner {
namespace {

/// One field of a protocol buffer message. `value` is the number of a scalar field, `bytes` the content of the others.
struct Field {
  uint64_t number = 0;
  unsigned wire = 0;
  uint64_t value = 0;
  std::string_view bytes = {};
  size_t offset = 0;  ///< of the field's tag in the file
};

constexpr unsigned kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5;

/// Reads the fields of one message, one after the other, never outside of it.
class FieldReader {
 public:
  /// `offset` of the message in the file.
  FieldReader(std::string_view message, size_t offset, const std::string& name)
      : rest_(message), offset_(offset), name_(name) {}

  /// False at the end of the message.
  bool Next(Field* field) {
    if (rest_.empty()) return false;
    *field = {.offset = offset_};
    const uint64_t tag = Varint();
    field->number = tag >> 3;
    field->wire = static_cast<unsigned>(tag & 7);
    if (field->number == 0 || field->number >= uint64_t{1} << 29) Fail(field->offset, "a field number out of range");
    switch (field->wire) {
      case kVarint:
        field->value = Varint();
        break;
      case kFixed64:
        field->value = LittleEndian(Take(8));
        break;
      case kFixed32:
        field->value = LittleEndian(Take(4));
        break;
      case kBytes:
        field->bytes = Take(Varint());
        break;
      default:
        Fail(field->offset, fmt::format("wire type {} is not allowed in a SentencePiece model", field->wire));
    }
    return true;
  }
  [[noreturn]] void Fail(size_t offset, const std::string& what) const {
    throw Error(ErrorCode::kCorrupt, what, fmt::format("{} (byte {})", name_, offset),
                "copy the SentencePiece model again from where the encoder came from");
  }
  /// Fails unless the field has the wire type that its meaning asks for.
  void Expect(const Field& field, unsigned wire) const {
    if (field.wire != wire)
      Fail(field.offset, fmt::format("field {} has wire type {} instead of {}", field.number, field.wire, wire));
  }
  [[nodiscard]] bool Bool(const Field& field) const {
    Expect(field, kVarint);
    return field.value != 0;
  }
  /// Reader of the message in a field of kBytes.
  [[nodiscard]] FieldReader Message(const Field& field) const {
    Expect(field, kBytes);
    return {field.bytes, offset_ - field.bytes.size(), name_};
  }

 private:
  std::string_view Take(uint64_t count) {
    if (count > rest_.size())
      Fail(offset_, fmt::format("the file is cut off: {} bytes are needed, {} are left", count, rest_.size()));
    std::string_view taken = rest_.substr(0, static_cast<size_t>(count));
    rest_.remove_prefix(taken.size());
    offset_ += taken.size();
    return taken;
  }
  uint64_t Varint() {
    const size_t begin = offset_;
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(Take(1)[0]);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    Fail(begin, "a number of more than 10 bytes");
  }
  static uint64_t LittleEndian(std::string_view bytes) {
    uint64_t value = 0;
    for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  }

  std::string_view rest_;
  size_t offset_;
  const std::string& name_;
};

SpmPiece ReadPiece(FieldReader reader, size_t offset) {
  SpmPiece piece;
  Field field;
  while (reader.Next(&field)) {
    if (field.number == 1) {
      reader.Expect(field, kBytes);
      if (field.bytes.size() > kMaxPieceBytes) {
        reader.Fail(field.offset,
                    fmt::format("a piece of {} bytes; at most {} are allowed", field.bytes.size(), kMaxPieceBytes));
      }
      piece.text = field.bytes;
    } else if (field.number == 2) {
      reader.Expect(field, kFixed32);
      piece.score = std::bit_cast<float>(static_cast<uint32_t>(field.value));
      if (!std::isfinite(piece.score)) reader.Fail(field.offset, "the score of a piece is not finite");
    } else if (field.number == 3) {
      reader.Expect(field, kVarint);
      if (field.value < 1 || field.value > 6)
        reader.Fail(field.offset, fmt::format("piece type {} is unknown", field.value));
      piece.type = static_cast<SpmPieceType>(field.value);
    }
  }
  if (piece.text.empty()) reader.Fail(offset, "an empty piece");
  if (auto invalid = FirstInvalidUtf8(piece.text))
    reader.Fail(offset, fmt::format("invalid UTF-8 at byte {} of a piece", *invalid));
  if (piece.text.find('\0') != piece.text.npos) reader.Fail(offset, "NUL in a piece");
  return piece;
}

void ReadTrainerSpec(FieldReader reader, SpmModel* model) {
  constexpr uint64_t kUnigram = 1;
  constexpr const char* kTypes[] = {"", "Unigram", "BPE", "word", "character"};
  Field field;
  while (reader.Next(&field)) {
    if (field.number == 3) {
      reader.Expect(field, kVarint);
      if (field.value != kUnigram) {
        reader.Fail(field.offset,
                    fmt::format("a SentencePiece model of type {} ({}) is not supported, only Unigram", field.value,
                                field.value < std::size(kTypes) ? kTypes[field.value] : "?"));
      }
    } else if (field.number == 24) {
      model->treat_whitespace_as_suffix = reader.Bool(field);
    } else if (field.number == 35) {
      model->byte_fallback = reader.Bool(field);
    } else if (field.number == 40) {
      reader.Expect(field, kVarint);
      if (field.value >= kMaxVocabularySize) reader.Fail(field.offset, "the id of the unknown piece is out of range");
      model->unknown_id = static_cast<size_t>(field.value);
    }
  }
}

void ReadNormalizerSpec(FieldReader reader, SpmModel* model) {
  Field field;
  while (reader.Next(&field)) {
    if (field.number == 2) {
      reader.Expect(field, kBytes);
      model->precompiled_charsmap = field.bytes;
    } else if (field.number == 3) {
      model->add_dummy_prefix = reader.Bool(field);
    } else if (field.number == 4) {
      model->remove_extra_whitespaces = reader.Bool(field);
    } else if (field.number == 5) {
      model->escape_whitespaces = reader.Bool(field);
    }
  }
}

/// What only the whole list of pieces shows; `offsets` of the pieces in the file.
void CheckPieces(const SpmModel& model, const std::vector<size_t>& offsets, const FieldReader& reader) {
  std::unordered_set<std::string_view> seen;
  size_t unknown = model.pieces.size();
  for (size_t i = 0; i < model.pieces.size(); ++i) {
    const SpmPiece& piece = model.pieces[i];
    if (!seen.insert(piece.text).second)
      reader.Fail(offsets[i], fmt::format("duplicate piece '{}'", Printable(piece.text)));
    if (piece.type != SpmPieceType::kUnknown) continue;
    if (unknown != model.pieces.size())
      reader.Fail(offsets[i], fmt::format("a second unknown piece '{}'", Printable(piece.text)));
    unknown = i;
  }
  if (unknown == model.pieces.size()) reader.Fail(0, "there is no unknown piece");
  if (unknown != model.unknown_id) {
    reader.Fail(offsets[unknown],
                fmt::format("the unknown piece has the id {}, but the trainer says {}", unknown, model.unknown_id));
  }
}

}  // namespace

SpmModel ParseSpmModel(std::string_view bytes, const std::string& name) {
  SpmModel model;
  std::vector<size_t> offsets;
  bool trainer = false, normalizer = false;
  FieldReader reader(bytes, 0, name);
  Field field;
  while (reader.Next(&field)) {
    if (field.number == 1) {
      if (model.pieces.size() >= kMaxVocabularySize)
        reader.Fail(field.offset, fmt::format("more than {} pieces", kMaxVocabularySize));
      model.pieces.push_back(ReadPiece(reader.Message(field), field.offset));
      offsets.push_back(field.offset);
    } else if (field.number == 2) {
      ReadTrainerSpec(reader.Message(field), &model);
      trainer = true;
    } else if (field.number == 3) {
      ReadNormalizerSpec(reader.Message(field), &model);
      normalizer = true;
    }
  }
  if (model.pieces.empty()) reader.Fail(0, "no pieces: this is not a SentencePiece model");
  if (!trainer || !normalizer) {
    reader.Fail(bytes.size(),
                fmt::format("the file is cut off: there is no {} specification", trainer ? "normalizer" : "trainer"));
  }
  CheckPieces(model, offsets, reader);
  return model;
}

SpmModel ReadSpmModel(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored) &&
      std::filesystem::file_size(path, ignored) > kMaxVocabularyBytes) {
    throw Error(ErrorCode::kCorrupt, fmt::format("the SentencePiece model has more than {} bytes", kMaxVocabularyBytes),
                path.string(), "copy the SentencePiece model again from where the encoder came from");
  }
  return ParseSpmModel(ReadFile(path, kMaxVocabularyBytes), path.string());
}

}  // namespace clner
