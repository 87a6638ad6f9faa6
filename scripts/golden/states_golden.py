#!/usr/bin/env python3
"""Last-layer states of transformers (first piece of every word) for the tests to compare with.

    scripts/golden/states_golden.py --encoder models/minilm-l6 > tests/parity/states_golden.json
        a few columns of the states of sample sentences, which are part of this repository
    scripts/golden/states_golden.py --encoder models/minilm-l6 --check FILE [--sentences 200]
        runs `clner inspect states` on the first sentences of a column file and prints the largest difference; exit 1 above 1e-4

Needs torch, transformers and safetensors (scripts/setup_peers.sh).
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
import transformers
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "examples/quickstart/test.conll"
COLUMNS = [0, 97, 191, 383]
LIMIT = 1e-4


def sentences(path, limit):
    """Words of the first `limit` sentences, first column."""
    found, words = [], []
    for line in open(path, encoding="utf-8"):
        fields = line.rstrip("\r\n").replace("\t", " ").split(" ")
        if line.strip(" \t\r\n"):
            words.append(fields[0])
        elif words:
            found.append(words)
            words = []
        if len(found) == limit:
            return found
    return found + ([words] if words else [])


class Encoder:
    def __init__(self, directory):
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(directory, use_fast=True)
        self.model = transformers.AutoModel.from_pretrained(directory, dtype=torch.float32).eval()

    @torch.inference_mode()
    def states(self, words):
        """[words, D]; zeros for a word without pieces."""
        encoded = self.tokenizer(words, is_split_into_words=True, return_tensors="pt", return_token_type_ids=False)
        hidden = self.model(**encoded).last_hidden_state[0]
        states = torch.zeros(len(words), hidden.shape[1])
        seen = set()
        for position, word in enumerate(encoded.word_ids(0)):
            if word is not None and word not in seen:
                states[word] = hidden[position]
                seen.add(word)
        return states


def golden(encoder, count):
    texts = sentences(SAMPLE, count)
    return {"versions": {"torch": torch.__version__, "transformers": transformers.__version__},
            "columns": COLUMNS, "words": texts,
            "states": [[[round(v, 6) for v in row] for row in encoder.states(words)[:, COLUMNS].tolist()] for words in texts]}


def check(encoder, directory, program, path, count):
    texts = sentences(path, count)
    with tempfile.TemporaryDirectory() as work:
        source, out = pathlib.Path(work) / "words", pathlib.Path(work) / "states.safetensors"
        source.write_text("".join("".join(word + "\n" for word in words) + "\n" for words in texts), encoding="utf-8")
        subprocess.run([program, "--quiet", "inspect", "states", "-m", directory, str(source), "-o", str(out)], check=True)
        ours = load_file(out)
    worst = 0.0
    for i, words in enumerate(texts):
        worst = max(worst, (ours[str(i)] - encoder.states(words)).abs().max().item())
    print(json.dumps({"schema_version": 1, "sentences": len(texts), "words": sum(map(len, texts)), "max_abs_difference": worst}))
    return 0 if worst <= LIMIT else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--check")
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/clner"))
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    encoder = Encoder(options.encoder)
    if options.check:
        sys.exit(check(encoder, options.encoder, options.program, options.check, options.sentences))
    json.dump(golden(encoder, 40), sys.stdout, separators=(",", ":"))
    print()


main()
