#!/usr/bin/env python3
"""Writes the quickstart corpus: invented sentences with PER, ORG, LOC and PROD entities, and invented search snippets.

    python3 make_corpus.py [--out DIR] [--seed N] [--check]

Files: {train,dev,test}.conll (`token<TAB>tag`, BIO) and contexts/{train,dev,test}.txt (the same sentences followed by
one `<EOS> B-X` line and the snippet words as `word B-X`). No entity surface of dev or test occurs as an entity of
train (case ignored), and a quarter of the templates is used for dev and test only. --check compares with the existing
files. The output depends on the seed and templates.txt only, not on the Python version.
"""
import argparse
import pathlib
import random
import re
import sys

SIZES = {"train": 300, "dev": 80, "test": 80}
MIXES = {"news": 0.36, "tweet": 0.32, "ambiguous": 0.16, "none": 0.16}
TYPES = ("PER", "ORG", "LOC", "PROD")
HELD_OUT = 4          # every 4th template is for dev and test only ...
HELD_OUT_SHARE = 0.4  # ... and makes up this share of their sentences
WITHOUT_CONTEXT = 0.07

ONSETS = "b br c ch d dr f g gr h j k kr l m n p qu r s sh st t tr v w z".split()
VOWELS = "a e i o u ai ea ia o a e".split()
CODAS = ["", "", "", "n", "r", "l", "s", "m", "nd", "rk", "x"]
GIVEN = """Anna Ben Carla David Elena Farid Grace Hugo Ines Jonas Karim Lena Maria Nadia Omar Paula Rosa Samuel
Tara Victor Yusuf Zoe Alice Bruno Chloe Diego Emma Felix Hanna Ivan Julia Kofi Laura Miguel Nina
Oscar Priya Ravi Sofia Tom Wei Yuki Amir Beth Dario Eva Frank Gina Ken Lucia Mei Noah Olga Peter
Rita Sven Tina Uma Walter Ada Igor Joan Leo Mona Nils Petra""".split()
SURNAME_ENDS = "son er ov ez man ski ley ton berg sen ini wood well uchi ade ira".split()
PLACE_ENDS = "ville ton burg ford stad mouth haven dale field port wick ia ia land minster".split()
BRAND_ENDS = "ix ora ly io tek a on us ify ero".split()
ORG_ENDS = """Bank Group Labs Motors Airways Energy Foods Holdings Institute Media Partners Pharma Records
Robotics Software Systems Telecom Insurance Council Foundation""".split()
CITY_ORG_ENDS = "University United City Rovers Transit Tigers Hospital Police Athletic Wolves".split()
PRODUCT_NOUNS = "Phone Pad Watch Drive Cam Book Box Player Engine Racer Glide Studio Pods".split()
PRODUCT_ENDS = "Pro Mini Max Plus Air S X".split()

FILLERS = {
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "month": "January February March April May June July August September October November December".split(),
    "time": ["tonight", "tomorrow", "today", "this morning", "this weekend", "right now", "next week", "again"],
    "job": """engineer teacher lawyer painter striker director chairman secretary journalist chemist architect
driver guitarist nurse actor president manager editor""".split(),
    "adj": """amazing terrible boring brilliant awful wonderful strange quiet famous solid careful weak huge
lovely noisy honest unusual impressive ridiculous clumsy""".split(),
    "noun": """report battery engine proposal camera screen budget ticket package charger player contract keyboard
project bridge delivery brake launch""".split(),
    "place": "museum station stadium library market airport theatre school park bridge".split(),
    "event": "festival marathon conference election trade fair concert tournament strike summit auction".replace(
        "trade fair", "trade_fair").split(),
    "subject": "physics history biology economics music chemistry law medicine statistics geography".split(),
    "emo": ":) :( :D <3 ;) xD lol haha smh".split(),
}


class Names:
    """Draws entity surfaces; a surface drawn for one group of splits is never drawn for the other."""

    def __init__(self, rng):
        self.rng, self.taken = rng, {}

    def pick(self, items):
        return items[int(self.rng.random() * len(items))]

    def chance(self, probability):
        return self.rng.random() < probability

    def number(self, low, high):
        return low + int(self.rng.random() * (high - low + 1))

    def stem(self, syllables):
        word = "".join(self.pick(ONSETS) + self.pick(VOWELS) for _ in range(syllables)) + self.pick(CODAS)
        return word.capitalize()

    def surname(self):
        return self.stem(1) + self.pick(SURNAME_ENDS) if self.chance(0.75) else self.stem(2)

    def city(self):
        return self.stem(1) + self.pick(PLACE_ENDS) if self.chance(0.75) else self.stem(2)

    def brand(self):
        return self.stem(1) + self.pick(BRAND_ENDS) if self.chance(0.7) else self.stem(2)

    def acronym(self):
        return "".join(self.pick("ABCDEFGHIKLMNOPRSTUVW") for _ in range(self.number(3, 4)))

    def person(self):
        """(surface in the sentence, full name for the snippets)"""
        given, last = self.pick(GIVEN), self.surname()
        full = f"{given} {self.pick('ABCDEGHJKLMPRST')}. {last}" if self.chance(0.08) else f"{given} {last}"
        return (last if self.chance(0.15) else full), full

    def organisation(self):
        form = self.rng.random()
        if form < 0.34:
            name = f"{self.surname() if self.chance(0.5) else self.brand()} {self.pick(ORG_ENDS)}"
        elif form < 0.56:
            name = f"{self.city()} {self.pick(CITY_ORG_ENDS)}"
        elif form < 0.66:
            name = f"{self.surname()} & {self.pick(['Sons', 'Co', self.surname()])}"
        elif form < 0.76:
            name = f"{self.pick(['University', 'Bank', 'Institute'])} of {self.city()}"
        elif form < 0.88:
            name = self.acronym()
        else:
            name = self.surname() if self.chance(0.4) else self.brand()
        return name, name

    def place(self):
        form = self.rng.random()
        if form < 0.55:
            name = self.city()
        elif form < 0.75:
            name = f"{self.pick('North South East West New Port Lake Mount San Upper'.split())} {self.city()}"
        elif form < 0.92:
            name = f"{self.city()} {self.pick('Valley Island Beach Bay Hills Bridge Street Square Park'.split())}"
        else:
            name = f"{self.city()} - on - {self.stem(1)}"
        return name, name

    def product(self):
        form = self.rng.random()
        if form < 0.35:
            name = f"{self.brand()} {self.pick(PRODUCT_NOUNS)}"
        elif form < 0.65:
            name = f"{self.brand()} {self.pick('ABGKMRSTXZ')}{self.number(1, 90)}"
        elif form < 0.8:
            name = f"{self.brand()} {self.pick(PRODUCT_NOUNS)} {self.pick(PRODUCT_ENDS)}"
        elif form < 0.9:
            name = f"{self.brand()} {self.number(2, 12)}"
        else:
            name = self.brand()
        return name, name

    def entity(self, kind, group):
        draw = {"PER": self.person, "ORG": self.organisation, "LOC": self.place, "PROD": self.product}[kind]
        while True:
            surface, full = draw()
            if all(self.taken.setdefault(key.lower(), group) == group for key in (surface, full)):
                return surface.split(), full.split()

    def filler(self, slot):
        if slot in FILLERS:
            return self.pick(FILLERS[slot]).replace("_", " ").split()
        if slot == "num":
            return [str(self.number(2, 99) if self.chance(0.7) else self.number(100, 9000))]
        if slot == "pct":
            return [f"{self.number(0, 40)}.{self.number(0, 9)}"]
        if slot == "score":
            return [f"{self.number(0, 5)}-{self.number(0, 4)}"]
        if slot == "money":
            return [self.pick("$€£") + str(self.number(2, 900)), *(["million"] if self.chance(0.3) else [])]
        if slot == "url":
            return ["http://" + self.stem(1).lower() + ".example/" + self.stem(2).lower()]
        if slot == "handle":
            return ["@" + self.stem(2).lower() + (str(self.number(1, 99)) if self.chance(0.4) else "")]
        if slot == "tag":
            words = ["sunday", "vibes", "mood", "win", "news", "travel", "music", "fail", "love", "tech", "weekend",
                     "matchday"]
            return ["#" + self.pick(words) + (self.pick(words) if self.chance(0.4) else "")] if self.chance(0.7) else []
        raise ValueError(f"unknown slot {{{slot}}}")


def read_templates(path):
    sections, current = {}, None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            current.append(line.split())
    return sections


def fill(template, names, group, about=None):
    """rows [token, tag] and the entities [(type, full name words)] of a template"""
    rows, entities = [], []
    for token in template:
        slot = re.fullmatch(r"\{(.+)\}", token)
        if slot is None:
            rows.append([token, "O"])
        elif slot[1] == "E":
            rows += [[word, "O"] for word in about]
        elif slot[1].split("|")[0] in TYPES:
            kind = names.pick(slot[1].split("|"))
            surface, full = names.entity(kind, group)
            rows += [[word, ("B-" if i == 0 else "I-") + kind] for i, word in enumerate(surface)]
            entities.append((kind, full))
        else:
            rows += [[word, "O"] for word in names.filler(slot[1])]
    return rows, entities


def add_noise(rows, names):
    """tweet habits: no capitals, stretched words, a prefix, a trailing tag or link"""
    if names.chance(0.45):
        rows = [[word.lower(), tag] for word, tag in rows]
    elif names.chance(0.05):
        rows = [[word.upper(), tag] for word, tag in rows]
    if names.chance(0.2):
        rows = [["soooo", tag] if word == "so" else [word, tag] for word, tag in rows]
    if names.chance(0.12):
        rows = [[word, "O"] for word in ["RT", *names.filler("handle"), ":"]] + rows
    if names.chance(0.12):
        rows = rows + [[word, "O"] for word in names.filler("url" if names.chance(0.4) else "emo")]
    return rows


def snippets(entities, sections, names, group):
    if names.chance(WITHOUT_CONTEXT):
        return []
    texts = []
    for kind, full in entities:
        if len(texts) < 3 and names.chance(0.9):
            texts.append((sections[f"snippet.{kind}"], full))
    wanted = max(2, min(4, len(texts) + names.number(0, 2)))
    while len(texts) < wanted:
        texts.append((sections["snippet.other"], None))
    words, used = [], []
    for templates, full in texts:
        template = names.pick([t for t in templates if t not in used])
        used.append(template)
        words += [word for word, _ in fill(template, names, group + ".context", full)[0]]
    return words


def make_split(split, sections, names):
    """sentences as (rows, context words); dev and test share the group `eval`"""
    group = "train" if split == "train" else "eval"
    seen, out = set(), []
    while len(out) < SIZES[split]:
        draw, style = names.rng.random(), None
        for style, share in MIXES.items():
            draw -= share
            if draw < 0:
                break
        held_out = split != "train" and names.chance(HELD_OUT_SHARE)
        templates = [t for i, t in enumerate(sections[style]) if (i % HELD_OUT == HELD_OUT - 1) == held_out]
        rows, entities = fill(names.pick(templates), names, group)
        if style == "tweet" or rows[-1][0] != ".":
            rows = add_noise(rows, names)
        key = " ".join(word for word, _ in rows).lower()
        if key not in seen:
            seen.add(key)
            out.append((rows, snippets(entities, sections, names, group)))
    return out


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=here)
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the files differ")
    options = parser.parse_args()

    sections = read_templates(here / "templates.txt")
    names = Names(random.Random(options.seed))
    files = {}
    for split in SIZES:
        sentences = make_split(split, sections, names)
        own = ["".join(f"{word}\t{tag}\n" for word, tag in rows) for rows, _ in sentences]
        marked = ["".join(f"{word} B-X\n" for word in ["<EOS>", *words]) if words else "" for _, words in sentences]
        files[f"{split}.conll"] = "".join(f"{text}\n" for text in own)
        files[f"contexts/{split}.txt"] = "".join(f"{text}{context}\n" for text, context in zip(own, marked))
    if options.check:
        different = [n for n, text in files.items() if (options.out / n).read_text(encoding="utf-8") != text]
        print("\n".join(f"{name} differs" for name in different) or "all files are up to date")
        return 1 if different else 0
    (options.out / "contexts").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (options.out / name).write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
