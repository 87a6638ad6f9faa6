#!/usr/bin/env python3
"""Writes tests/unit/tokenize/steps_golden.json: what the normalizers and pre-tokenizers of `tokenizers` make of every
code point and of the words of the other goldens, and what SentencePiece makes of words with user-defined symbols.

    python3 scripts/golden/steps_golden.py --tokenizers ../shared/tokenizers

- marks: words of letters, marks and Hangul parts in random order (seed inside), for the normal forms.
- normalizers: the step as in tokenizer.json; SHA-256 of the results for all code points, then for all words, each with
  a NUL behind it.
- splits: the same for pre-tokenizers; parts have U+0001 behind them. Code points stand between "a" and "1".
- models: ids of all words without "<unk>" under a tokenizer.json with these parts, hashed as in tokenizer_golden.py. The vocabulary is
  that of a file under --tokenizers.
- symbols: words and their ids by the sentencepiece library, of the model SYMBOL_PIECES and of spm-fixtures.

Needs tokenizers and sentencepiece.
"""
import argparse
import hashlib
import json
import pathlib
import random

import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer

from table_file import CODE_POINTS
from tokenizer_golden import TEST_DIR
from unigram_golden import digest

FORMS = [{"type": name} for name in ("NFC", "NFD", "NFKC", "NFKD")]
STRIP, LOWER = {"type": "StripAccents"}, {"type": "Lowercase"}
CHARSMAP = []  # filled with the map of XLM-R


def sequence(*parts):
    return {"type": "Sequence", "normalizers": list(parts)}


def splits(*parts):
    return {"type": "Sequence", "pretokenizers": list(parts)}


def bert(clean, chinese, strip, lower):
    return {"type": "BertNormalizer", "clean_text": clean, "handle_chinese_chars": chinese, "strip_accents": strip,
            "lowercase": lower}


NORMALIZERS = FORMS + [
    LOWER, STRIP, sequence(FORMS[1], LOWER, STRIP), sequence(FORMS[3], STRIP, LOWER), sequence(FORMS[2], LOWER),
    {"type": "Prepend", "prepend": "_"}, {"type": "Replace", "pattern": {"String": "e\u0301"}, "content": "<>"},
    sequence({"type": "Prepend", "prepend": "\u0301"}, FORMS[0], {"type": "Strip", "strip_left": True, "strip_right": True}),
    bert(True, True, True, True), bert(True, False, False, False), bert(False, True, None, True), sequence(bert(True, True, None, False), FORMS[0]),
]
WORDS, BLANKS, PUNCTUATION = {"type": "Whitespace"}, {"type": "WhitespaceSplit"}, {"type": "Punctuation", "behavior": "Isolated"}
DIGITS, SINGLE = {"type": "Digits", "individual_digits": False}, {"type": "Digits", "individual_digits": True}
SPLITS = [WORDS, BLANKS, PUNCTUATION, DIGITS, SINGLE, {"type": "BertPreTokenizer"}, splits(BLANKS, PUNCTUATION, SINGLE),
          splits(WORDS, DIGITS)]
METASPACE = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
MODELS = [
    ("WordPiece", "bert-base-uncased/vocab.txt", sequence(FORMS[1], LOWER, STRIP), WORDS),
    ("WordPiece", "bert-base-cased/vocab.txt", FORMS[2], splits(BLANKS, PUNCTUATION, DIGITS)),
    ("WordPiece", "bert-base-cased/vocab.txt", None, None),
    ("WordPiece", "bert-base-chinese/vocab.txt", bert(True, True, None, True), splits(WORDS, SINGLE)),
    ("BPE", "roberta-base/vocab.json", sequence(FORMS[2], LOWER), BYTE_LEVEL),
    ("BPE", "roberta-base/vocab.json", FORMS[0], splits(BYTE_LEVEL)),
    ("Unigram", "spm-fixtures/test_model.model", sequence(FORMS[3], STRIP, LOWER), splits(BLANKS, METASPACE)),
    ("Unigram", "spm-fixtures/test_model.model", FORMS[0], splits(PUNCTUATION, SINGLE, METASPACE)),
]
SYMBOL_PIECES = [("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), ("ab", 0, 4), ("abc", 0, 4), ("\ufb01", 0, 4), ("<x>", 0, 4),
                 ("\u2581", -1, 1), ("\u2581a", -2, 1), ("a", -3, 1), ("b", -3.5, 1), ("c", -4, 1), ("d", -4, 1), ("bcd", -1, 1),
                 ("f", -3, 1), ("i", -3, 1), ("fi", -2, 1), ("<", -6, 1), ("x", -5, 1), (">", -6, 1)]


def marks():
    generator = random.Random(1)
    letters = "aeoAE\u00e5\u01d7\u1e9b\u0915\u0928\u09c7\u1100\u1161\u11a8\uac00\uac01\u30ab\u2460\ufb01\u0130\u1f71\u0344"
    combining = "\u0300\u0301\u0308\u0323\u0327\u0345\u0338\u093c\u09be\u3099\u05b0\u0f71\u0f72\u302a\u1ac1\u1dfa\U00011930"
    return ["".join(generator.choice(letters if generator.random() < 0.4 else combining) for _ in range(1 + i % 9))
            for i in range(600)] + ["\U00011935\U00011930", "\U00011938\u0301", "\u1100\u1161\u11a8\u0301", "\uac00\u11a8"]


def hashed(texts):
    return hashlib.sha256(b"".join(text.encode() + b"\0" for text in texts)).hexdigest()


def tokenizer_of(normalizer, pre_tokenizer, model=None):
    model = model or {"type": "WordPiece", "unk_token": "u", "continuing_subword_prefix": "##",
                      "max_input_chars_per_word": 100, "vocab": {"u": 0}}
    return Tokenizer.from_str(json.dumps({"version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
                                          "normalizer": normalizer, "pre_tokenizer": pre_tokenizer,
                                          "post_processor": None, "decoder": None, "model": model}))


def read_model(kind, path):
    if kind == "WordPiece":
        pieces = path.read_bytes().decode().rstrip("\n").split("\n")  # splitlines() would cut at U+2028
        return {"type": kind, "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                "vocab": {piece: i for i, piece in enumerate(pieces)}}
    if kind == "BPE":
        merges = (path.parent / "merges.txt").read_text(encoding="utf-8").splitlines()[1:]
        return {"type": kind, "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
                "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False,
                "vocab": json.loads(path.read_text(encoding="utf-8")), "merges": [merge for merge in merges if merge]}
    proto = sentencepiece_model_pb2.ModelProto.FromString(path.read_bytes())
    return {"type": kind, "unk_id": 0, "byte_fallback": False, "vocab": [[p.piece, p.score] for p in proto.pieces]}


def symbol_model():
    proto = sentencepiece_model_pb2.ModelProto()
    for text, score, kind in SYMBOL_PIECES:
        proto.pieces.add(piece=text, score=score, type=kind)
    proto.trainer_spec.model_type = 1
    proto.normalizer_spec.precompiled_charsmap = b"".join(CHARSMAP)
    return proto.SerializeToString()


def symbol_words():
    generator = random.Random(2)
    parts = ["ab", "abc", "abcd", "\ufb01", "f", "<x>", "<x", "x>", "a", "c", "d", "bcd", "\uff41", "\u2460"]
    return sorted({"".join(generator.choice(parts) for _ in range(1 + i % 6)) for i in range(300)})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizers", type=pathlib.Path, required=True)
    options = parser.parse_args()
    words = marks()
    for name in ("nasty_words.json", "unigram_words.json"):
        words += json.loads((TEST_DIR / name).read_text(encoding="utf-8"))
    characters = [chr(c) for c in CODE_POINTS]
    normalizers = []
    for step in NORMALIZERS:
        normalize = tokenizer_of(step, None).normalizer.normalize_str
        normalizers.append({"step": step, "code_points": hashed(map(normalize, characters)), "words": hashed(map(normalize, words))})
    cuts = []
    for step in SPLITS:
        split = tokenizer_of(None, step).pre_tokenizer.pre_tokenize_str
        cut = lambda text: "".join(part + "\x01" for part, _ in split(text))
        cuts.append({"step": step, "code_points": hashed(cut(f"a{c}1") for c in characters), "words": hashed(map(cut, words))})
    models = []
    plain = [word for word in words if "<unk>" not in word]  # the model would find its unknown piece
    for kind, path, normalizer, pre_tokenizer in MODELS:
        tokenizer = tokenizer_of(normalizer, pre_tokenizer, read_model(kind, options.tokenizers / path))
        ids = [tokenizer.encode([word], is_pretokenized=True, add_special_tokens=False).ids for word in plain]
        models.append({"type": kind, "file": path, "normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "pieces": sum(map(len, ids)),
                       "sha256": digest(ids)})
    xlmr = sentencepiece_model_pb2.ModelProto.FromString((options.tokenizers / "xlmr/sentencepiece.bpe.model").read_bytes())
    CHARSMAP.append(xlmr.normalizer_spec.precompiled_charsmap)
    own = sentencepiece.SentencePieceProcessor(model_proto=symbol_model())
    xlnet = sentencepiece.SentencePieceProcessor(model_file=str(options.tokenizers / "spm-fixtures/xlnet_spiece.model"))
    xlnet_words = ["a<eop>b", "<eop>", "foo<eop><eop>", "x<eod>", "<sep>a<cls>", "(<eop>)", "a.b", "\"quoted\"-word", "U.S.", "\u2013\u00a35\u20ac",
                   "can't", "10-year-old", "<eo", "<eop", "...", "(a)(b)", "<eop>word", "a-", "-a", "--", "no<eop>.yes"]
    symbols = {"pieces": SYMBOL_PIECES, "words": [[w, own.encode(w)] for w in symbol_words()],
               "xlnet": [[w, xlnet.encode(w)] for w in xlnet_words]}
    versions = {module.__name__: module.__version__ for module in (tokenizers, sentencepiece)}
    lines = lambda items: "[\n" + ",\n".join("    " + json.dumps(item, separators=(",", ":")) for item in items) + "\n  ]"
    text = f'{{\n  "versions": {json.dumps(versions)},\n  "marks": {json.dumps(marks())},\n'
    text += f'  "normalizers": {lines(normalizers)},\n  "splits": {lines(cuts)},\n  "models": {lines(models)},\n'
    text += f'  "symbols": {json.dumps(symbols, separators=(",", ":"))}\n}}\n'
    (TEST_DIR / "steps_golden.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
