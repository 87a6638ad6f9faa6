#!/usr/bin/env python3
"""Writes tests/unit/tokenize/golden_bpe.json: what the Python tokenizers library makes of words with RoBERTa's
vocabulary, for the tests to compare with.

    python3 scripts/golden/bpe_golden.py --data ../shared/data

The tokenizer is transformers' RobertaTokenizer with add_prefix_space=True, words read as with is_split_into_words.

- nasty: ids of every word of nasty_words.json; words: further words with their ids. transformers replaces the text of
  a special token inside a word by that token, clner takes it literally: words where the two differ are listed in
  `special_text` with the ids of transformers, and have the literal ids in the other lists.
- long: words of `count` times `unit`; number of pieces and SHA-256 over the ids as 32-bit little-endian integers.
- code_points: SHA-256 over the splitting of PATTERN with every code point c: lengths in bytes joined by commas, code
  points end with a line feed.
- files: as in golden.json (see tokenizer_golden.py). No text of the files is stored.

Needs transformers and tokenizers.
"""
import argparse
import hashlib
import json
import pathlib
import struct
import unicodedata

import tokenizers
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers
from tokenizer_golden import FILES, TEST_DIR, distinct_words, encode

PATTERN = "a{c}1{c}!{c}{c} {c}b\n{c}"
ENDINGS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"]
BLANKS = "\t\n\x0b\x0c\r\x1c\x1f \x85\xa0\u1680\u180e\u2000\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
LONG = [("a", 200000), ("abcdefghij", 20000), ("\u4e2d\u56fd", 40000), ("1", 100000), (" ", 50000), ("x y", 60000),
        ("!?", 100000), ("\u0301", 70000), ("antidisestablishmentarianism", 8000), ("\U0001f469\u200d", 30000),
        ("ththth", 30000), ("\u0e01\u0e33", 30000)]


def more_words():
    words = [x + e for e in ENDINGS for x in ("", "it", "IT", "1", "!", "'", " ", "\u4e2d")]
    words += [e + x for e in ENDINGS for x in ("s", "'s", "1", " ", "\u00e9")] + [e.upper() for e in ENDINGS]
    words += ["\u2019s", "rock'n'roll", "''", "'", "' s", "it 's", "'ss", "'r", "'l", "'v", "'\u017f"]
    words += [x.format(b) for b in BLANKS for x in ("{0}", "{0}a", "a{0}", "a{0}b", "{0}{0}", "a{0}{0}b", "{0} b", " {0}b")]
    digits = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) == "Nd" and unicodedata.digit(chr(c)) == 7]
    words += [d + d for d in digits] + ["a" + digits[-1] + "b", "x\u00b2", "\u2167", "\u00bd1", "\u3007"]
    words += ["<s>", "</s>", "<mask>", "<pad>", "<unk>", "a<mask>b", " <mask>", "<mask> ", "<s></s>", "<|endoftext|>",
              "madeupword0000", "\u0120the", "\u010a", "\u0100\u0143"]
    words += ["\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "\u0645\u0631\u062d\u0628\u0627", "e\u0301\u0302", "\ue000x",
              "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\ufffd", "\U0010ffff", "\x00",
              "a\x00b", "\x7f", "\u00ad", "\u202eabc", "1,000.50", "3.14e-10", "foo_bar", "C++", "a/b", "$5", "5\u20ac",
              "http://a.b/c?d=e&f#g", "x" * 47, "x" * 48, "x" * 49, "the" * 16, "\u00e9" * 24, "\u00e9" * 25]
    return list(dict.fromkeys(words))


def digest(all_ids):
    return hashlib.sha256(b"".join(struct.pack(f"<{len(x) + 1}i", *x, -1) for x in all_ids)).hexdigest()


def code_point_hash():
    split = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str
    hashed = hashlib.sha256()
    for c in range(0x110000):
        if not 0xD800 <= c < 0xE000:
            tokens = split(PATTERN.replace("{c}", chr(c)))
            hashed.update((",".join(str(len(token)) for token, _ in tokens) + "\n").encode())
    return hashed.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    options = parser.parse_args()
    roberta = options.data / "../tokenizers/roberta-base"
    fast = transformers.RobertaTokenizer.from_pretrained(roberta, add_prefix_space=True).backend_tokenizer
    bare = Tokenizer(models.BPE.from_file(str(roberta / "vocab.json"), str(roberta / "merges.txt")))
    bare.pre_tokenizer = fast.pre_tokenizer  # the same without added tokens

    nasty_words = json.loads((TEST_DIR / "nasty_words.json").read_text(encoding="utf-8"))
    words = more_words()
    both = nasty_words + words
    ids = encode(bare, both)
    special = [[word, x] for word, x, y in zip(both, encode(fast, both), ids) if x != y]
    long_ids = [encode(bare, [unit * count])[0] for unit, count in LONG]
    long = [{"unit": unit, "count": count, "pieces": len(x), "sha256": digest([x])}
            for (unit, count), x in zip(LONG, long_ids)]
    files = []
    for name in FILES:
        texts = distinct_words(options.data / name)
        encoded = encode(bare, texts)
        for word, x, y in zip(texts, encode(fast, texts), encoded):
            if x != y:
                print(f"{name}: '{word}' holds the text of a special token")
        files.append({"file": name, "words": len(texts), "pieces": sum(map(len, encoded)), "sha256": digest(encoded)})
    versions = {"tokenizers": tokenizers.__version__, "transformers": transformers.__version__}

    def lines(items):
        return "[\n" + ",\n".join("    " + json.dumps(item, separators=(", ", ": ")) for item in items) + "\n  ]"

    text = f'{{\n  "versions": {json.dumps(versions)},\n  "special_text": {lines(special)},\n'
    text += f'  "nasty": {lines(ids[:len(nasty_words)])},\n'
    text += f'  "words": {lines(list(zip(words, ids[len(nasty_words):])))},\n  "long": {lines(long)},\n'
    text += f'  "code_points": {json.dumps({"pattern": PATTERN, "sha256": code_point_hash()})},\n'
    text += f'  "files": {lines(files)}\n}}\n'
    (TEST_DIR / "golden_bpe.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
