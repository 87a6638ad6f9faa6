#!/usr/bin/env python3
"""Compares training traces (JSON lines, one object a step) step by step.

Usage: compare_traces.py REFERENCE OURS [--term THEIRS=OURS]      prints one JSON object:
  loss, grad_norm   worst relative difference
  term              worst difference of a single loss term beyond a relative 1e-4; it may fall to 1e-6 and is compared absolutely
Exit codes: 0 compared, 1 a step is missing.
"""
import json
import sys


def main():
    reference, ours = ([json.loads(line) for line in open(path)] for path in sys.argv[1:3])
    theirs_name, ours_name = sys.argv[4].split("=") if len(sys.argv) > 4 else ("", "")
    if len(ours) < len(reference):
        sys.exit(f"{sys.argv[2]}: {len(ours)} steps, {len(reference)} expected")
    worst = {"loss": 0.0, "grad_norm": 0.0, "term": 0.0}
    for want, got in zip(reference, ours):
        for key in ("loss", "grad_norm"):
            worst[key] = max(worst[key], abs(got[key] - want[key]) / abs(want[key]))
        if theirs_name in want:
            difference = abs(got[ours_name] - want[theirs_name])
            worst["term"] = max(worst["term"], difference - 1e-4 * abs(want[theirs_name]))
    print(json.dumps({"steps": len(reference), **worst}))


main()
