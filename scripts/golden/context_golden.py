#!/usr/bin/env python3
"""Writes tests/unit/views/context_golden.json: the inputs that transformers' fast tokenizers make of sentences with
their contexts, for the tests to compare with.

    python3 scripts/golden/context_golden.py --data ../shared/data --tokenizers ../shared/tokenizers [--program build/release/bin/clner]

A sentence is read as `tokenizer(words + [separator] + context words, is_split_into_words=True)`; sentences without
context are left out. Per tokenizer: number of inputs and pieces, SHA-256 over the ids as 32-bit little-endian integers.
No text of the files is stored. With --program the ids and words of `clner inspect tokens --contexts` are compared one
by one, too; exit 1 when some differ.

Needs transformers and tokenizers.
"""
import argparse
import hashlib
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

import tokenizers
import transformers

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = "clner_contexts/wnut17_bertscore_eos_doc_full/dev.txt"
TOKENIZERS = {"bert-base-uncased": "BertTokenizerFast", "bert-base-cased": "BertTokenizerFast",
              "xlmr": "XLMRobertaTokenizerFast", "roberta-base": "RobertaTokenizerFast"}
OPTIONS = {"bert-base-cased": {"do_lower_case": False}, "roberta-base": {"add_prefix_space": True}}


def sentences(path):
    """(words, context words) of every sentence"""
    found, own, context, inside = [], [], [], False
    for line in open(path, encoding="utf-8", newline="\n"):
        line = line.rstrip("\n")
        if not line.strip(" \t"):
            if own:
                found.append((own, context))
            own, context, inside = [], [], False
        elif line == "<EOS> B-X":
            inside = True
        else:
            (context if inside else own).append(line.replace("\t", " ").rsplit(" ", 1)[0])
    return found + ([(own, context)] if own else [])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--tokenizers", required=True, type=pathlib.Path)
    parser.add_argument("--program")
    options = parser.parse_args()
    data, golden, good = sentences(options.data / FILE), {}, True
    for name, kind in TOKENIZERS.items():
        with tempfile.TemporaryDirectory() as directory:
            for file in (options.tokenizers / name).iterdir():
                shutil.copy(file, directory)
            tokenizer = getattr(transformers, kind).from_pretrained(directory, **OPTIONS.get(name, {}))
        separator = tokenizer.sep_token
        inputs = [tokenizer(own + [separator] + context, is_split_into_words=True)["input_ids"] if context else None
                  for own, context in data]
        digest, pieces = hashlib.sha256(), 0
        for ids in inputs:
            if ids is not None:
                digest.update(struct.pack(f"<{len(ids)}i", *ids))
                pieces += len(ids)
        golden[name] = {"inputs": sum(ids is not None for ids in inputs), "pieces": pieces, "sha256": digest.hexdigest()}
        if options.program:
            path = options.data / FILE
            lines = subprocess.run([options.program, "--quiet", "inspect", "tokens", "-m", options.tokenizers / name, path,
                                    "--contexts", path], check=True, capture_output=True, text=True).stdout.splitlines()
            ours = [json.loads(line) for line in lines]
            same = sum(o["words"] == own and o["context"] == context and (ids is None or o["ids"] == ids)
                       for o, (own, context), ids in zip(ours, data, inputs))
            print(f"{name}: {same} of {len(data)} sentences equal")
            good = good and same == len(data) == len(ours)
    target = ROOT / "tests/unit/views/context_golden.json"
    target.write_text(json.dumps({"transformers": transformers.__version__, "tokenizers": tokenizers.__version__,
                                  "file": FILE, "inputs_of": golden}, indent=1) + "\n")
    sys.exit(0 if good else 1)


main()
