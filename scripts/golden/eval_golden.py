#!/usr/bin/env python3
"""Writes tests/unit/eval/golden.json: random tag sequences with the scores of seqeval and nervaluate.

Needs: pip install seqeval==1.2.2 nervaluate==1.2.1. Usage: eval_golden.py > tests/unit/eval/golden.json
The sequences are synthetic: mostly well-formed spans, with tags replaced at random so that many are ill-formed.
"""
import json
import random
import warnings
from importlib.metadata import version

from nervaluate import Evaluator
from seqeval.metrics import accuracy_score, sequence_labeling, v1
from seqeval.scheme import BILOU, IOB1, IOB2, IOBES

warnings.filterwarnings("ignore")
TYPES = ["PER", "LOC", "creative-work"]
SCHEMES = {
    "IOB1": (IOB1, "BI", lambda n: "I" * n),
    "BIO": (IOB2, "BI", lambda n: "B" + "I" * (n - 1)),
    "BIOES": (IOBES, "BIES", lambda n: "S" if n == 1 else "B" + "I" * (n - 2) + "E"),
    "BILOU": (BILOU, "BILU", lambda n: "U" if n == 1 else "B" + "I" * (n - 2) + "L"),
}


def sentence(rng, letters, length, noise):
    tags = []
    while len(tags) < length:
        if rng.random() < 0.5:
            tags.append("O")
            continue
        kind = rng.choice(TYPES)
        tags += [f"{letter}-{kind}" for letter in letters[2](rng.randint(1, 4))]
    return [replace(rng, letters[1]) if rng.random() < noise else tag for tag in tags[:length]]


def replace(rng, letters):
    return "O" if rng.random() < 0.4 else f"{rng.choice(letters)}-{rng.choice(TYPES)}"


def corrupt(rng, tags, letters, noise):
    return [replace(rng, letters) if rng.random() < noise else tag for tag in tags]


def rates(values):
    return {"precision": float(values[0]), "recall": float(values[1]), "f1": float(values[2])}


def seqeval(gold, predicted, scheme=None):
    score = v1.precision_recall_fscore_support if scheme else sequence_labeling.precision_recall_fscore_support
    options = {"scheme": scheme} if scheme else {}
    per_type = score(gold, predicted, average=None, **options)
    if scheme:
        kinds = v1.Entities(gold, scheme).unique_tags | v1.Entities(predicted, scheme).unique_tags
    else:
        kinds = {e[0] for side in (gold, predicted) for e in sequence_labeling.get_entities(side)}
    types = {k: {**rates([v[i] for v in per_type]), "gold": int(per_type[3][i])} for i, k in enumerate(sorted(kinds))}
    return {"micro": rates(score(gold, predicted, average="micro", **options)),
            "macro": rates(score(gold, predicted, average="macro", **options)), "types": types}


def nervaluate(gold, predicted):
    """gold, predicted: lists of (begin, end, type); nervaluate counts inclusive ends."""
    spans = lambda side: [[{"label": t, "start": b, "end": e - 1} for b, e, t in s] for s in side]
    result = Evaluator(spans(gold), spans(predicted), tags=TYPES, loader="dict").evaluate()
    names = {"exact": "exact", "partial": "partial", "type": "ent_type"}
    fields = ["correct", "incorrect", "partial", "missed", "spurious", "precision", "recall", "f1"]
    pick = lambda r: {f: getattr(r, f) for f in fields}
    return {mode: {"overall": pick(result["overall"][name]),
                   "types": {t: pick(r[name]) for t, r in result["entities"].items()}} for mode, name in names.items()}


def random_spans(rng, length):
    spans, begin = [], 0
    while begin < length:
        end = min(length, begin + rng.randint(1, 4))
        if rng.random() < 0.5:
            spans.append([begin, end, rng.choice(TYPES)])
        begin = end
    return spans


def moved(rng, spans, length):
    """Spans with some dropped, retyped or shifted, still disjoint."""
    result, free = [], 0
    for begin, end, kind in spans:
        if rng.random() < 0.15:
            continue
        begin = max(free, begin + rng.choice([0, 0, 0, -1, 1]))
        end = min(length, end + rng.choice([0, 0, 0, -1, 1]))
        kind = rng.choice(TYPES) if rng.random() < 0.2 else kind
        if begin < end:
            result.append([begin, end, kind])
            free = end
    return result


def main():
    rng = random.Random(20)
    cases = []
    for name, letters in SCHEMES.items():
        for noise in (0.0, 0.05, 0.3, 1.0):
            gold = [sentence(rng, letters, rng.randint(1, 12), noise / 4) for _ in range(25)]
            predicted = [corrupt(rng, s, letters[1], noise) for s in gold]
            case = {"scheme": name, "gold": [" ".join(s) for s in gold], "predicted": [" ".join(s) for s in predicted],
                    "accuracy": float(accuracy_score(gold, predicted)),
                    "strict": seqeval(gold, predicted, letters[0])}
            if name != "BILOU":  # its default mode does not know L and U
                case["conlleval"] = seqeval(gold, predicted)
            cases.append(case)
    spans = []
    for _ in range(12):
        lengths = [rng.randint(1, 20) for _ in range(10)]
        gold = [random_spans(rng, n) for n in lengths]
        predicted = [random_spans(rng, n) if rng.random() < 0.2 else moved(rng, s, n) for s, n in zip(gold, lengths)]
        # An entity list that starts empty cannot be told apart from tags by some versions, so one is always there.
        gold[0], predicted[0] = [[0, 1, "PER"]], [[0, 1, "PER"]]
        spans.append({"gold": gold, "predicted": predicted, "scores": nervaluate(gold, predicted)})
    versions = {package: version(package) for package in ("seqeval", "nervaluate")}
    print(json.dumps({"versions": versions, "tags": cases, "spans": spans}, separators=(",", ":")))


if __name__ == "__main__":
    main()
