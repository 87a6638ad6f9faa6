"""Peer of bench_load: one process that loads a clner model directory with transformers + pytorch-crf and tags a sentence.

Usage: bench_load_peer.py MODEL FILE      Prints the words with their tags as `clner predict` does.
"""
import sys

import transformers

from bench_predict_peer import Tagger, bio

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
words = open(sys.argv[2], encoding="utf-8").read().split()
tagger = Tagger(sys.argv[1])
for word, tag in zip(words, bio([tagger.labels[t] for t in tagger.tag([words], False)[0]])):
    print(word, tag, sep="\t")
print()
