#!/usr/bin/env python3
"""Writes tests/unit/tokenize/golden.json: what the Python tokenizers library makes of words, for the tests to compare
with.

    python3 scripts/golden/tokenizer_golden.py --data ../shared/data --minilm models/minilm-l6

- nasty: ids of every word of nasty_words.json with MiniLM's tokenizer, read as in `tokenizer(words,
  is_split_into_words=True)`. transformers replaces the text of a special token inside a word by that token; clner
  takes it literally. Words where the two differ are listed in `special_text` with the ids of transformers, and have
  the literal ids in `nasty`.
- code_points: SHA-256 over the tokens of "a" + c + "b" for every code point c, one entry per set of normaliser
  options. Tokens are joined by U+001F, code points end with a line feed.
- files: distinct words of data files (fields between blanks, tabs, CR, LF, in order of first appearance), number of
  pieces, SHA-256 over the ids as 32-bit little-endian integers, each word closed by -1.
  No text of the files is stored.

Needs transformers and tokenizers.
"""
import argparse
import hashlib
import json
import pathlib
import re
import struct
import sys

import tokenizers
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

TEST_DIR = pathlib.Path(__file__).resolve().parents[2] / "tests/unit/tokenize"
OPTIONS = [  # clean_text, handle_chinese_chars, strip_accents, lowercase
    (True, True, True, True), (True, True, False, False), (True, True, False, True), (True, True, True, False),
    (False, False, True, True), (False, False, False, False),
]
VOCABULARIES = [("bert-base-uncased", True), ("bert-base-cased", False), ("bert-base-chinese", False),
                ("bert-base-chinese", True)]
FILES = """
autoie_youku/train.txt autoie_youku/valid.txt autoie_youku/test.txt autoie_youku/PER.txt autoie_youku/TV.txt
autoie_youku/NUM.txt autoie_youku/TestLabel.json bc5cdr/IOB/train.tsv bc5cdr/IOB/devel.tsv bc5cdr/IOB/test.tsv
bc5cdr_autoner/raw_text.txt bc5cdr_autoner/dict_core.txt bc5cdr_autoner/dict_full.txt bc5cdr_autoner/truth_dev.ck
bc5cdr_autoner/truth_test.ck cbs/tech_test clner_contexts/ncbi_bertscore_eos_doc_full/dev.txt
clner_contexts/ncbi_bertscore_eos_doc_full/test.txt clner_contexts/wnut16_bertscore_eos_doc_full/dev.txt
clner_contexts/wnut16_bertscore_eos_doc_full/train.txt clner_contexts/wnut17_bertscore_eos_doc_full/dev.txt
clner_contexts/wnut17_bertscore_eos_doc_full/test.txt clner_contexts/wnut17_bertscore_eos_doc_full/train.txt
conllpp/conllpp_train.txt conllpp/conllpp_dev.txt conllpp/conllpp_test.txt msra_ner_test/msra_test_bio.txt
msra_ner_val/sentences.txt ncbi/IOB/train.tsv ncbi/IOB/devel.tsv ncbi/IOB/test.tsv thuocl/THUOCL_diming.txt
thuocl/THUOCL_lishimingren.txt thuocl/THUOCL_caijing.txt weibo_ner/weiboNER_2nd_conll.train
weibo_ner/weiboNER_2nd_conll.dev weibo_ner/weiboNER_2nd_conll.test wikipedia/wikipedia_leads.tsv wnut16/train
wnut16/dev wnut16/dev_2015 wnut16/test wnut17/wnut17train.conll wnut17/emerging.dev.conll
wnut17/emerging.test.annotated wnut17/emerging.test.conll
""".split()


def encode(tokenizer, words):
    """ids of each word; `tokenizer` is a tokenizers.Tokenizer"""
    out = []
    for begin in range(0, len(words), 20000):
        chunk = words[begin:begin + 20000]
        ids = [[] for _ in chunk]
        encoding = tokenizer.encode(chunk, is_pretokenized=True, add_special_tokens=False)
        for piece, word in zip(encoding.ids, encoding.word_ids):
            ids[word].append(piece)
        out += ids
    return out


def literal(fast):
    """the same tokenizer without added tokens"""
    backend = fast.backend_tokenizer
    vocabulary = backend.get_vocab(with_added_tokens=False)
    bare = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    bare.normalizer, bare.pre_tokenizer = backend.normalizer, backend.pre_tokenizer
    return bare


def code_point_hash(options):
    clean, chinese, strip, lower = options
    normalize = normalizers.BertNormalizer(clean_text=clean, handle_chinese_chars=chinese, strip_accents=strip,
                                           lowercase=lower).normalize_str
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    digest = hashlib.sha256()
    for c in range(0x110000):
        if not 0xD800 <= c < 0xE000:
            tokens = [token for token, _ in split(normalize(f"a{chr(c)}b"))]
            digest.update(("\x1f".join(tokens) + "\n").encode())
    return digest.hexdigest()


def distinct_words(path):
    text = path.read_bytes().decode("utf-8-sig")
    return list(dict.fromkeys(word for word in re.split("[ \t\r\n]+", text) if word))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--minilm", type=pathlib.Path, required=True)
    options = parser.parse_args()

    words = json.loads((TEST_DIR / "nasty_words.json").read_text(encoding="utf-8"))
    fast = transformers.BertTokenizer.from_pretrained(options.minilm)
    fast.backend_tokenizer.no_truncation(), fast.backend_tokenizer.no_padding()
    replaced, nasty = encode(fast.backend_tokenizer, words), encode(literal(fast), words)
    special = [[i, x] for i, (x, y) in enumerate(zip(replaced, nasty)) if x != y]

    files = []
    for name in FILES:
        words = distinct_words(options.data / name)
        for vocabulary, lower in VOCABULARIES:
            path = options.data / "../tokenizers" / vocabulary / "vocab.txt"
            tokenizer = transformers.BertTokenizer(vocab=str(path), do_lower_case=lower)
            ids, bare = encode(tokenizer.backend_tokenizer, words), encode(literal(tokenizer), words)
            if ids != bare:
                count = sum(x != y for x, y in zip(ids, bare))
                print(f"{name}: {count} words hold the text of a special token", file=sys.stderr)
            digest = hashlib.sha256(b"".join(struct.pack(f"<{len(x) + 1}i", *x, -1) for x in bare))
            files.append({"file": name, "vocabulary": vocabulary, "lower": lower, "words": len(words),
                          "pieces": sum(map(len, bare)), "sha256": digest.hexdigest()})
    versions = {"tokenizers": tokenizers.__version__, "transformers": transformers.__version__}
    names = ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
    points = [dict(zip(names, values), sha256=code_point_hash(values)) for values in OPTIONS]

    def lines(items):
        return "[\n" + ",\n".join("    " + json.dumps(item, separators=(", ", ": ")) for item in items) + "\n  ]"

    text = f'{{\n  "versions": {json.dumps(versions)},\n  "special_text": {lines(special)},\n'
    text += f'  "nasty": {lines(nasty)},\n  "code_points": {lines(points)},\n  "files": {lines(files)}\n}}\n'
    (TEST_DIR / "golden.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
