#!/usr/bin/env python3
"""Writes tests/unit/eval/conlleval_golden.json: synthetic rows with the report that the Perl script conlleval prints for them.

Usage: conlleval_golden.py SCRIPT.pl > tests/unit/eval/conlleval_golden.json
SCRIPT.pl is conlleval (2004) of the CoNLL-2000 shared task, which is not part of this repository.
"""
import json
import random
import subprocess
import sys

ALPHABETS = {
    "bio": (["B", "I"], ["PER", "LOC", "creative-work"], 0.5),
    "bioes": (["B", "I", "E", "S"], ["PER", "LOC"], 0.4),
    "brackets": (["B", "I", "[", "]", "."], ["a", "b"], 0.3),
    "odd types": (["B", "I"], ["", "0", "x", "-", "a-b-", "\u00e9t\u00e9", "a-type-name-longer-than-the-column"], 0.4),
    "others": (["B", "I", "L", "U", "M", "b", "PER"], ["x", "y"], 0.4),
}


def tag(rng, alphabet):
    letters, types, outside = alphabet
    if rng.random() < outside:
        return "O"
    letter, kind = rng.choice(letters), rng.choice(types)
    return f"{letter}-{kind}" if kind or rng.random() < 0.5 else letter


def rows(rng, alphabet, same):
    lines = []
    for _ in range(40):
        for _ in range(rng.randint(1, 9)):
            gold = tag(rng, alphabet)
            predicted = gold if rng.random() < same else tag(rng, alphabet)
            word = "-X-" if rng.random() < 0.03 else "w"
            lines.append(f"{word} {gold} {predicted}")
        lines.append("")
    if rng.random() < 0.5:
        lines.pop()
    return lines


def main():
    rng = random.Random(7)
    cases = []
    for name, alphabet in ALPHABETS.items():
        for same in (0.0, 0.6, 0.95, 1.0):
            lines = rows(rng, alphabet, same)
            run = subprocess.run(["perl", sys.argv[1]], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
            cases.append({"name": f"{name} {same}", "rows": lines, "report": run.stdout})
    lines = ["w B-PER O", "w O O"]
    run = subprocess.run(["perl", sys.argv[1]], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    cases.append({"name": "no predictions", "rows": lines, "report": run.stdout})
    print(json.dumps({"cases": cases}, separators=(",", ":")))


if __name__ == "__main__":
    main()
