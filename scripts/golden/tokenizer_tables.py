#!/usr/bin/env python3
"""Writes src/tokenize/bert_tables.cc: the character classes of the `tokenizers` library, measured code point by code
point.

    python3 scripts/golden/tokenizer_tables.py            rewrite the file
    python3 scripts/golden/tokenizer_tables.py --check    exit 1 if the file differs

The library mixes several Unicode versions, so its classes are not those of any one version of a Unicode library.
Decompositions, combining classes and lower-case letters come from utf8proc (Unicode never changes them once
assigned); the tables say for which code points the library knows them. The script also checks utf8proc's values
against the library. Needs tokenizers and libutf8proc.
"""
import ctypes
import ctypes.util
import sys

import tokenizers
from tokenizers import normalizers, pre_tokenizers

import table_file
from table_file import CODE_POINTS

HANGUL = range(0xAC00, 0xD7A4)

utf8proc = ctypes.CDLL(ctypes.util.find_library("utf8proc"))
utf8proc.utf8proc_unicode_version.restype = ctypes.c_char_p
utf8proc.utf8proc_decompose_char.argtypes = [
    ctypes.c_int32, ctypes.POINTER(ctypes.c_int32), ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p]
utf8proc.utf8proc_decompose_char.restype = ctypes.c_ssize_t
UTF8PROC_COMPAT, UTF8PROC_DECOMPOSE = 1 << 2, 1 << 4


def bert(clean=False, chinese=False, strip=False, lower=False):
    return normalizers.BertNormalizer(clean_text=clean, handle_chinese_chars=chinese, strip_accents=strip,
                                      lowercase=lower).normalize_str


def decomposition(code_point, options=UTF8PROC_DECOMPOSE):
    buffer, boundary = (ctypes.c_int32 * 32)(), ctypes.c_int(0)
    count = utf8proc.utf8proc_decompose_char(code_point, buffer, 32, options, ctypes.byref(boundary))
    return "".join(map(chr, buffer[:count]))


class Property(ctypes.Structure):
    _fields_ = [("category", ctypes.c_int16), ("combining_class", ctypes.c_int16)]


utf8proc.utf8proc_get_property.restype = ctypes.POINTER(Property)


def combining_class(code_point):
    return utf8proc.utf8proc_get_property(code_point).contents.combining_class


def measure():
    clean, strip, nfd = bert(clean=True), bert(strip=True), normalizers.NFD().normalize_str
    nfkd, strip_marks = normalizers.NFKD().normalize_str, normalizers.StripAccents().normalize_str
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    words = pre_tokenizers.Whitespace().pre_tokenize_str
    digits = pre_tokenizers.Digits(individual_digits=True).pre_tokenize_str
    tables = {
        "Dropped": [c for c in CODE_POINTS if c > 0x7F and clean(chr(c)) == ""],
        "Punctuation": [c for c in CODE_POINTS if c > 0x7F and len(split(f"a{chr(c)}b")) == 3],
        "NonspacingMark": [c for c in CODE_POINTS if nfd(chr(c)) == chr(c) and strip("a" + chr(c)) == "a"],
        "Decomposing": [c for c in CODE_POINTS if c not in HANGUL and nfd(chr(c)) != chr(c)],
        "Compatibility": [c for c in CODE_POINTS if nfd(chr(c)) == chr(c) and nfkd(chr(c)) != chr(c)],
        "Mark": [c for c in CODE_POINTS if strip_marks("a" + chr(c)) == "a"],
        "Word": [c for c in CODE_POINTS if c > 0x7F and len(words("a" + chr(c))) == 1 and words(chr(c))],
        "Numeric": [c for c in CODE_POINTS if c > 0x7F and len(digits("a" + chr(c))) == 2],
        # U+0345 has the class 240, the highest one: a mark behind it moves before it.
        "Combining": [c for c in CODE_POINTS
                      if c == 0x345 or (nfd(chr(c)) == chr(c) and nfd("\u0345" + chr(c)) != "\u0345" + chr(c))],
    }
    for c in tables["Decomposing"]:
        if nfd(chr(c)) != decomposition(c):
            sys.exit(f"U+{c:04X} decomposes differently in utf8proc and tokenizers")
    for c in tables["Compatibility"]:
        if nfkd(chr(c)) != decomposition(c, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT):
            sys.exit(f"U+{c:04X} is compatible to something else in utf8proc than in tokenizers")
    representative = {}
    for c in tables["Combining"]:
        representative.setdefault(combining_class(c), chr(c))
    if 0 in representative:
        sys.exit(f"U+{ord(representative[0]):04X} has no combining class in utf8proc")
    for c in tables["Combining"]:
        for value, other in representative.items():
            swapped = nfd(other + chr(c)) != other + chr(c)
            if other != chr(c) and swapped != (combining_class(c) < value):
                sys.exit(f"U+{c:04X} has another combining class in tokenizers")
    return tables


def render(tables):
    unicode_version = utf8proc.utf8proc_unicode_version().decode()
    checked = f"; utf8proc values of Unicode {unicode_version} checked"
    lines = table_file.head("tokenizer_tables.py", tokenizers.__version__, checked) + [
        '#include "tokenize/bert_tables.h"', "", "namespace clner::bert {", "namespace {", "",
        "// clang-format off",
    ]
    for name, code_points in tables.items():
        pairs = table_file.ranges((c, "") for c in code_points)
        lines.append(f"constexpr CodePointRange k{name}[] = {{  // {len(code_points)} code points")
        lines += table_file.rows(f"{{0x{first:04X}, 0x{last:04X}}}" for first, last, _ in pairs) + ["};"]
    lines += ["// clang-format on", "", "}  // namespace", ""]
    lines += [f"std::span<const CodePointRange> {name}Ranges() {{ return k{name}; }}" for name in tables]
    return "\n".join(lines + ["", "}  // namespace clner::bert", ""])


if __name__ == "__main__":
    sys.exit(table_file.main(__doc__, "bert_tables.cc", lambda: render(measure())))
