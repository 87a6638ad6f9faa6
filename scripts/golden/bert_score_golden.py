#!/usr/bin/env python3
"""Scores of bert-score for sentences of this repository, for the tests to compare with.

    scripts/golden/bert_score_golden.py --encoder models/minilm-l6 > tests/parity/bert_score_golden.json

Every sentence is scored with the three that follow it, an empty text, and all sentences in one text, which is cut at the
limit of the encoder. Needs bert-score, torch and transformers (scripts/setup_peers.sh).
"""
import argparse
import json
import pathlib
import sys

import torch
import transformers
from bert_score import BERTScorer
from importlib.metadata import version

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "examples/quickstart/test.conll"
SENTENCES = 12


def sentences(path, limit):
    """The first `limit` sentences with single blanks between their words."""
    blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    return [" ".join(line.split()[0] for line in block.splitlines() if line.split()) for block in blocks][:limit]


def scores(encoder, layer, idf, pairs, references):
    scorer = BERTScorer(model_type=encoder, num_layers=layer, idf=idf, nthreads=0, device="cpu")
    # What bert-score calls for an empty text; version 5 of transformers no longer has it.
    tokenizer = scorer._tokenizer
    tokenizer.build_inputs_with_special_tokens = lambda ids: [tokenizer.cls_token_id, *ids, tokenizer.sep_token_id]
    if idf:
        scorer.compute_idf(references)
    # One pair at a time: in a batch bert-score takes a match with padding, which is 0, for one that is better than a negative one.
    rows = [torch.stack(scorer.score([text], [sentence]), dim=1)[0].tolist() for sentence, text in pairs]
    return [[0.0 if value != value else round(value, 6) for value in row] for row in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", required=True)
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    references = sentences(SAMPLE, SENTENCES)
    everything = " ".join(sentences(SAMPLE, 1000))
    texts = [[references[(i + k) % SENTENCES] for k in (1, 2, 3)] + ["", everything] for i in range(SENTENCES)]
    pairs = [(sentence, text) for sentence, own in zip(references, texts) for text in own]
    cases = [{"layer": layer, "idf": idf, "scores": scores(options.encoder, layer, idf, pairs, references)}
             for layer, idf in ((6, False), (6, True), (3, False), (0, True))]
    json.dump({"versions": {name: version(name) for name in ("bert-score", "torch", "transformers")}, "sentences": references,
               "texts": [text[:3] for text in texts], "long_text": everything, "cases": cases}, sys.stdout, separators=(",", ":"), ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
