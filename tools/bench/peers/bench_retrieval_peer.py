#!/usr/bin/env python3
"""Peer of bench_retrieval: bm25s over COLLECTION (id, title, text) with QUERIES, one a line.

Requests, one a line: versions | index (seconds of building) | search numpy|numba K (ids of the best K documents of every
query and the seconds of tokenising and searching, after a warm-up)
"""
import json
import platform
import sys
import time
from importlib.metadata import version

import bm25s

rows = [line.rstrip("\n").split("\t") for line in open(sys.argv[1], encoding="utf-8")]
ids = [row[0] for row in rows]
queries = [line.rstrip("\n") for line in open(sys.argv[2], encoding="utf-8")]
built = {}


def build(backend):
    retriever = bm25s.BM25(k1=1.2, b=0.75, backend=backend)
    tokens = bm25s.tokenize([row[1] + " " + row[2] for row in rows], show_progress=False)
    retriever.index(tokens, show_progress=False)
    return retriever


def search(retriever, texts, k):
    tokens = bm25s.tokenize(texts, show_progress=False)
    return retriever.retrieve(tokens, k=k, n_threads=1, show_progress=False).documents


for request in sys.stdin:
    command, *arguments = request.split()
    if command == "versions":
        answer = {name: version(name) for name in ("bm25s", "numpy", "numba")} | {"python": platform.python_version()}
    elif command == "index":
        began = time.perf_counter()
        built["numpy"] = build("numpy")
        answer = time.perf_counter() - began
    else:
        backend, k = arguments[0], int(arguments[1])
        retriever = built.setdefault(backend, None) or build(backend)
        search(retriever, queries[:50], k)
        began = time.perf_counter()
        found = search(retriever, queries, k)
        answer = {"seconds": time.perf_counter() - began, "ids": [[ids[i] for i in row] for row in found]}
    print(json.dumps(answer), flush=True)
