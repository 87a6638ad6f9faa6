#!/usr/bin/env python3
"""Writes src/tokenize/bpe_tables.cc: the letters, numbers and white space of the byte-level splitting of the
`tokenizers` library, measured code point by code point.

    python3 scripts/golden/bpe_tables.py            rewrite the file
    python3 scripts/golden/bpe_tables.py --check    exit 1 if the file differs

The library asks a regular expression engine with Unicode tables of its own, so utf8proc's categories may differ.
A code point is of the class of a letter, digit or mark when it stays in one token with it. Needs tokenizers.
"""
import sys

import tokenizers
from tokenizers import pre_tokenizers

import table_file


def measure():
    split = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True).pre_tokenize_str
    joins = lambda left, c: len(split(left + chr(c))) == 1
    classes = {"kLetter": [], "kNumber": [], "kSpace": []}
    for c in table_file.CODE_POINTS[0x80:]:
        found = [name for name, left in (("kLetter", "a"), ("kNumber", "1"), ("", "!"), ("kSpace", " "))
                 if joins(left, c) and (name != "kSpace" or joins("\n", c))]
        if len(found) != 1:
            sys.exit(f"U+{c:04X} has the classes {found}")
        if found[0]:
            classes[found[0]].append(c)
    return classes


def render(classes):
    counts = ", ".join(f"{len(points)} {name}" for name, points in classes.items())
    pairs = sorted((c, name) for name, points in classes.items() for c in points)
    lines = table_file.head("bpe_tables.py", tokenizers.__version__) + [
        '#include "tokenize/bpe_tables.h"', "", "namespace clner::bpe {", "namespace {", "",
        "using enum CharacterClass;", "// clang-format off",
        f"constexpr ClassRange kRanges[] = {{  // {counts}",
    ]
    lines += table_file.rows(f"{{0x{first:04X}, 0x{last:04X}, {name}}}" for first, last, name in table_file.ranges(pairs))
    lines += ["};", "// clang-format on", "", "}  // namespace", "",
              "std::span<const ClassRange> ClassRanges() { return kRanges; }", "", "}  // namespace clner::bpe", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(table_file.main(__doc__, "bpe_tables.cc", lambda: render(measure())))
