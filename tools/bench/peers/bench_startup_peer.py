"""Peer of bench_startup: entity F1 of a file with rows `word gold predicted` by seqeval."""
import sys

from seqeval.metrics import f1_score

gold, predicted = [[]], [[]]
for line in open(sys.argv[1], encoding="utf-8"):
    fields = line.split()
    if not fields:
        gold.append([])
        predicted.append([])
    else:
        gold[-1].append(fields[1])
        predicted[-1].append(fields[2])
print(repr(float(f1_score(gold, predicted))))
