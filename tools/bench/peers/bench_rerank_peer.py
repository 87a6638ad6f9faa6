#!/usr/bin/env python3
"""Peer of bench_rerank: bert-score over the pairs of a sentence and its candidates.

Usage: bench_rerank_peer.py WORK MODEL LAYER THREADS      WORK holds work.json: "sentences", and "texts" of each
Requests, one a line:  versions  |  scores CASE  |  time CASE      Answers: one JSON value a line. CASE: bertscore or
bertscore_idf; scores are [precision, recall, f1] of every pair, one pair at a time, because in a batch a match with padding
counts 0 and beats negative similarities; time is that of batches of 64; the weights of idf are counted before it begins.
"""
import json
import sys
import time
from importlib.metadata import version

import torch
import transformers
from bert_score import BERTScorer

BATCH = 64  # the default of bert-score


def main():
    directory, model, layer, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(threads)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    work = json.load(open(directory + "/work.json", encoding="utf-8"))
    candidates = [text for texts in work["texts"] for text in texts]
    references = [sentence for sentence, texts in zip(work["sentences"], work["texts"]) for _ in texts]
    # bert-score asks for add_prefix_space when it encodes, which version 5 of transformers does not pass on.
    tokenizer = transformers.AutoTokenizer.from_pretrained(model, add_prefix_space=True)
    scorers = {}
    for line in sys.stdin:
        request = line.split()
        if request[0] == "versions":
            answer = {name: version(name) for name in ("bert-score", "torch", "transformers")}
        else:
            case = request[1]
            if case not in scorers:
                scorer = BERTScorer(model_type=model, num_layers=layer, idf=case == "bertscore_idf", nthreads=0, device="cpu")
                scorer._tokenizer = tokenizer
                if scorer.idf:
                    scorer.compute_idf(work["sentences"])
                scorers[case] = scorer
            began = time.perf_counter()
            scores = scorers[case].score(candidates, references, batch_size=BATCH if request[0] == "time" else 1)
            seconds = time.perf_counter() - began
            answer = seconds if request[0] == "time" else torch.stack(scores, dim=1).tolist()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
