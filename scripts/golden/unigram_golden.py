#!/usr/bin/env python3
"""Writes tests/unit/tokenize/unigram_golden.json: what transformers' fast tokenizers make of words with SentencePiece
models, for the tests to compare with.

    python3 scripts/golden/unigram_golden.py --data ../shared/data --tokenizers ../shared/tokenizers

- models: SentencePiece file, and how its pieces get their ids: XLMRobertaTokenizer, CamembertTokenizer, or none (the
  general conversion). Words are read as in `tokenizer(words, is_split_into_words=True)`.
- nasty: ids of every word of unigram_words.json. transformers replaces the text of special and added tokens inside a
  word by that token; clner takes it literally. The ids are those of a tokenizer whose special tokens have texts that no
  word holds; `special_text` lists the words whose ids of transformers differ, with them.
- long: number of pieces and SHA-256 of a word of 200 kB, LONG_PART again and again.
- files, all: distinct words of data files, hashed as in tokenizer_golden.py; `all` is the concatenation of the words of
  all files. No text of the files is stored.

Needs transformers, tokenizers, sentencepiece and protobuf.
"""
import argparse
import hashlib
import json
import pathlib
import shutil
import struct
import sys
import tempfile
import types

import tokenizers
import transformers
from tokenizers import Tokenizer, models
from transformers.convert_slow_tokenizer import SpmConverter

from tokenizer_golden import FILES, TEST_DIR, distinct_words, encode

MODELS = [("xlmr/sentencepiece.bpe.model", "XLMRobertaTokenizer"),
          ("spm-fixtures/test_model.model", "CamembertTokenizer"), ("spm-fixtures/test_model.model", ""),
          ("spm-fixtures/test_ja_model.model", ""), ("spm-fixtures/xlnet_spiece.model", "")]
LONG_PART = "Stra\u00dfe\u4e2d\u6587e\u0301\u0e01\u2460"
LONG_BYTES = 200000
NEVER_FOUND = {"XLMRobertaTokenizer": [], "CamembertTokenizer": ["<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"], "": []}


def backend(path, name):
    """the fast tokenizer of transformers, as tokenizers.Tokenizer"""
    if not name:
        return SpmConverter(types.SimpleNamespace(vocab_file=str(path))).converted()
    with tempfile.TemporaryDirectory() as directory:
        shutil.copyfile(path, pathlib.Path(directory) / "sentencepiece.bpe.model")
        return getattr(transformers, name).from_pretrained(directory).backend_tokenizer


def literal(tokenizer, hidden):
    """the same tokenizer without added tokens, in whose vocabulary no word finds the special ones"""
    description = json.loads(tokenizer.to_str())
    hidden = set(hidden) | {token["content"] for token in description["added_tokens"] if token["special"]}
    model = description["model"]
    hidden.add(model["vocab"][model["unk_id"]][0])
    vocabulary = [(f"\U0010fff0{i}\U0010fff0" if piece in hidden else piece, score)
                  for i, (piece, score) in enumerate(model["vocab"])]
    # Not Tokenizer.from_str: it reads scores with an error in the last bit, and so cuts ties differently.
    bare = Tokenizer(models.Unigram(vocabulary, unk_id=model["unk_id"], byte_fallback=model["byte_fallback"]))
    bare.normalizer, bare.pre_tokenizer = tokenizer.normalizer, tokenizer.pre_tokenizer
    return bare


def digest(ids):
    return hashlib.sha256(b"".join(struct.pack(f"<{len(x) + 1}i", *x, -1) for x in ids)).hexdigest()


def summary(words, ids):
    return {"words": len(words), "pieces": sum(map(len, ids)), "sha256": digest(ids)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--tokenizers", type=pathlib.Path, required=True)
    options = parser.parse_args()

    nasty = json.loads((TEST_DIR / "unigram_words.json").read_text(encoding="utf-8"))
    long_word = LONG_PART * (LONG_BYTES // len(LONG_PART.encode()))
    words_of = {name: distinct_words(options.data / name) for name in FILES}
    everything = [word for name in FILES for word in words_of[name]]

    results, files = [], []
    for path, name in MODELS:
        full = backend(options.tokenizers / path, name)
        bare = literal(full, NEVER_FOUND[name])
        replaced, ids = encode(full, nasty), encode(bare, nasty)
        special = [[i, x] for i, (x, y) in enumerate(zip(replaced, ids)) if x != y]
        long_ids = encode(bare, [long_word])
        all_ids = encode(bare, everything)
        different = sum(x != y for x, y in zip(encode(full, everything), all_ids))
        if different:
            print(f"{path} {name}: {different} words of the data hold the text of an added token", file=sys.stderr)
        results.append({"model": path, "class": name, "vocabulary_size": full.get_vocab_size(), "special_text": special,
                       "nasty": ids, "long": summary([long_word], long_ids), "all": summary(everything, all_ids)})
        if name == "XLMRobertaTokenizer":
            begin = 0
            for file, words in words_of.items():
                files.append({"file": file, **summary(words, all_ids[begin:begin + len(words)])})
                begin += len(words)

    versions = {module.__name__: module.__version__ for module in (tokenizers, transformers)}

    def lines(items):
        return "[\n" + ",\n".join("    " + json.dumps(item, separators=(",", ":")) for item in items) + "\n  ]"

    text = f'{{\n  "versions": {json.dumps(versions)},\n  "long_part": {json.dumps(LONG_PART)},\n'
    text += f'  "models": {lines(results)},\n  "files": {lines(files)}\n}}\n'
    (TEST_DIR / "unigram_golden.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
