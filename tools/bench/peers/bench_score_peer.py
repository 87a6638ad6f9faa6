#!/usr/bin/env python3
"""Peer of bench_score: seqeval on the tags of FILE (gold and predicted tags of a sentence on two lines).

Requests, one a line: versions | score default|strict (rates as JSON) | time default|strict (CPU seconds of one call)
"""
import json
import platform
import sys
import time
import warnings
from importlib.metadata import version

from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2

warnings.filterwarnings("ignore")
lines = [line.split() for line in open(sys.argv[1])]
gold, predicted = lines[0::2], lines[1::2]
for request in sys.stdin:
    command, _, mode = request.strip().partition(" ")
    options = {"mode": "strict", "scheme": IOB2} if mode == "strict" else {}
    if command == "versions":
        answer = json.dumps({"seqeval": version("seqeval"), "python": platform.python_version()})
    elif command == "score":
        rates = {"precision": precision_score, "recall": recall_score, "f1": f1_score}
        answer = json.dumps({name: float(rate(gold, predicted, **options)) for name, rate in rates.items()})
    else:
        began = time.process_time()
        f1_score(gold, predicted, **options)
        answer = str(time.process_time() - began)
    print(answer, flush=True)
