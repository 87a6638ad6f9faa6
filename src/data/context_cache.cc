#include "data/context_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/sha256.h"
#include "core/utf8.h"
#include "data/cache_reader.h"
#include "data/raw_text.h"

namespace clner {
namespace {

bool IsDirectionMark(char32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool IsControl(char32_t c) { return c < ' ' || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029; }

/// True for the first bytes of every character that CleanText changes, and for those of some others.
bool MayNeedCleaning(unsigned char byte) {
  return byte < ' ' || byte == 0x7F || byte == 0xC2 || byte == 0xD8 || byte == 0xE2;
}

}  // namespace

std::string KeyOfWords(std::span<const std::string> words) {
  Sha256 sha;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) sha.Update("\n");
    sha.Update(words[i]);
  }
  return sha.HexDigest();
}

const CacheRecord* ContextCache::Find(std::span<const std::string> words) const {
  const auto found = by_key.find(KeyOfWords(words));
  return found == by_key.end() ? nullptr : &records[found->second];
}

ContextCache ReadJsonlCache(const std::string& path, const ColumnFileOptions& options) {
  CacheReader reader(path, options);
  ContextCache& cache = reader.cache();
  reader.ReadLines([&](const Line& line) {
    CacheRecord record = ParseCacheRecord(line.text, reader.name(), line.number);
    record.key = KeyOfWords(record.words);
    const auto [first, is_new] = cache.by_key.emplace(record.key, cache.records.size());
    if (!is_new) {
      throw Error(ErrorCode::kData,
                  fmt::format("the sentence that begins with '{}' is in line {} already",
                              Printable(record.words.front()), cache.records[first->second].line),
                  Place(reader.name(), line.number, 1), "keep one record a sentence");
    }
    (void)CleanText(false, &record.query);
    for (CachedText& text : record.texts) reader.Clean(record.tokenized, &text);
    cache.records.push_back(std::move(record));
  });
  return reader.Take();
}

bool CleanText(bool tokenized, std::string* text) {
  if (std::none_of(text->begin(), text->end(), [](char c) { return MayNeedCleaning(static_cast<unsigned char>(c)); }))
    return false;
  std::string clean;
  clean.reserve(text->size());
  for (size_t at = 0; at < text->size();) {
    const char32_t c = DecodeUtf8(*text, &at);
    if (c == 0 || (!tokenized && IsDirectionMark(c))) continue;
    AppendUtf8((c >= '\t' && c <= '\r') || (!tokenized && IsControl(c)) ? ' ' : c, &clean);
  }
  if (clean == *text) return false;
  *text = std::move(clean);
  return true;
}

int64_t DescribedTexts(const ContextCache& cache) {
  int64_t described = 0;
  for (const CacheRecord& record : cache.records) {
    described += std::count_if(record.texts.begin(), record.texts.end(), [](const CachedText& text) {
      return !text.title.empty() || !text.doc_id.empty() || !text.source.empty() || text.score.has_value() ||
             text.rerank_score.has_value();
    });
  }
  return described;
}

void Tokenize(CacheRecord* record) {
  if (record->tokenized) return;
  for (CachedText& cached : record->texts) {
    std::string words;
    for (const TextSentence& sentence : SegmentText(cached.text)) {
      for (const TextWord& word : sentence.words) (words += words.empty() ? "" : " ") += Surface(cached.text, word);
    }
    cached.text = std::move(words);
  }
  record->tokenized = true;
}

CacheRecord RecordOfSentence(const Sentence& sentence) {
  CacheRecord record = {.key = KeyOfWords(sentence.words), .words = sentence.words, .tokenized = true};
  const ContextTexts& contexts = sentence.contexts;
  for (size_t i = 0; i < contexts.texts(); ++i) {
    CachedText& cached = record.texts.emplace_back();
    for (size_t w = contexts.begin_word(i); w < contexts.end_word(i); ++w) {
      if (w > contexts.begin_word(i)) cached.text += ' ';
      cached.text += contexts.word(w);
    }
    (void)CleanText(true, &cached.text);
  }
  return record;
}

ContextTexts ContextsOfRecord(const CacheRecord& record) {
  ContextTexts contexts;
  for (const CachedText& cached : record.texts) {
    const std::string_view text = cached.text;
    if (record.tokenized) {
      for (size_t begin = 0; !text.empty();) {
        const size_t end = text.find(' ', begin);
        contexts.AddWord(text.substr(begin, end - begin));
        if (end == text.npos) break;
        begin = end + 1;
      }
    } else {
      for (const TextSentence& sentence : SegmentText(text)) {
        for (const TextWord& word : sentence.words) contexts.AddWord(Surface(text, word));
      }
    }
    contexts.EndText();
  }
  contexts.flat = record.tokenized && record.texts.size() == 1 && !contexts.empty();
  return contexts;
}

}  // namespace clner
