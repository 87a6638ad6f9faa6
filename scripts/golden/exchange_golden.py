#!/usr/bin/env python3
"""Checks `clner model export` and `clner model import` against transformers.

    scripts/golden/exchange_golden.py --model runs/quickstart/best --encoder models/minilm-l6 --sentences FILE

Export: AutoModelForTokenClassification opens the exported directory, its logits equal the emissions to 1e-5, and the
decoder of docs/python.md gives the tags of `clner predict`. Import: token classifiers with random weights of several
families, written by transformers, predict the tags of their own largest logits; one with the given encoder's tokenizer
also the entities of the pipeline (aggregation_strategy="first"). Prints a table; exit 1 when something differs.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import torch
import transformers
from safetensors.numpy import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMALL = dict(hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96, vocab_size=40000, max_position_embeddings=514)
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
FAMILIES = {"Bert": SMALL, "Roberta": SMALL, "XLMRoberta": SMALL, "Electra": dict(SMALL, embedding_size=24),
            "DistilBert": dict(dim=48, n_layers=2, n_heads=4, hidden_dim=96, vocab_size=40000)}


class Program:
    def __init__(self, path):
        self.path = path

    def __call__(self, *words):
        return subprocess.run([self.path, "--quiet", *map(str, words)], check=True, capture_output=True, text=True).stdout

    def tags(self, model, source):
        """Predicted tags, one list per sentence."""
        text = self("predict", "-m", model, source)
        return [[line.split(" ")[-1].split("\t")[-1] for line in part.splitlines()] for part in text.strip("\n").split("\n\n")]


def spans(tags):
    """(begin, end, type) by conlleval's rules."""
    found, begin, kind = [], None, None
    for i, tag in enumerate(tags + ["O"]):
        prefix, _, name = tag.partition("-")
        if begin is not None and (prefix in ("O", "B", "S") or name != kind):
            found.append((begin, i, kind))
            begin = None
        if begin is None and prefix != "O":
            begin, kind = i, name
        if begin is not None and prefix in ("E", "S"):
            found.append((begin, i + 1, kind))
            begin = None
    return found


@torch.inference_mode()
def first_piece_logits(model, tokens):
    logits = model(input_ids=torch.tensor([tokens["ids"]])).logits[0]
    owners = tokens["word_of_piece"]
    return [logits[owners.index(w)] if w in owners else None for w in range(len(tokens["words"]))]


def tokens_of(program, model, source):
    return [json.loads(line) for line in program("inspect", "tokens", "-m", model, source).splitlines()]


def check_export(program, model, source, work):
    out, states_file = work / "exported", work / "states.safetensors"
    program("model", "export", model, "-o", out)
    program("inspect", "states", "-m", out, source, "-o", states_file)
    weights, states = load_file(out / "model.safetensors"), load_file(states_file)
    hf = transformers.AutoModelForTokenClassification.from_pretrained(out, dtype=torch.float32).eval()
    card = json.loads((out / "clner.json").read_text())
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text(), re.S).group(1)
    names = {}
    exec(code, names)
    worst, decoded = 0.0, []
    for i, tokens in enumerate(tokens_of(program, out, source)):
        emissions = states[str(i)] @ weights["classifier.weight"].T + weights["classifier.bias"]
        for word, logits in enumerate(first_piece_logits(hf, tokens)):
            if logits is not None:
                worst = max(worst, float(np.abs(logits.numpy() - emissions[word]).max()))
        decoded.append(names["viterbi"](emissions, weights["crf.start"], weights["crf.transitions"], weights["crf.end"], card["labels"]["tags"], card["labels"]["scheme"]))
    predicted = program.tags(out, source)
    same = [spans(a) == spans(b) for a, b in zip(decoded, predicted)]
    print(f"export  logits differ by at most {worst:.1e}; entities of {sum(same)} of {len(predicted)} sentences equal")
    return worst <= 1e-5 and all(same) and len(decoded) == len(predicted)


def check_import(program, family, vocabulary, source, work, tokenizer=None):
    torch.manual_seed(3)
    config = getattr(transformers, family + "Config")(**FAMILIES[family], id2label=dict(enumerate(LABELS)), label2id={n: i for i, n in enumerate(LABELS)})
    hf = getattr(transformers, family + "ForTokenClassification")(config).eval()
    with torch.no_grad():
        for parameter in hf.parameters():
            if parameter.dim() > 1:
                parameter.mul_(4)
    directory, out = work / "hf", work / "imported"
    hf.save_pretrained(directory)
    if tokenizer is not None:
        tokenizer.save_pretrained(directory)
    else:
        shutil.copy(vocabulary, directory)
    program("model", "import", directory, "-o", out)
    program("model", "verify", out)
    predicted, same = program.tags(out, source), 0
    expected = [["O" if l is None else LABELS[int(l.argmax())] for l in first_piece_logits(hf, t)] for t in tokens_of(program, out, source)]
    same = sum(spans(a) == spans(b) for a, b in zip(expected, predicted))
    line, good = f"import  {family:<12} {same} of {len(predicted)} sentences equal", same == len(predicted) == len(expected)
    if tokenizer is not None:
        pipe = transformers.pipeline("token-classification", model=hf, tokenizer=tokenizer, aggregation_strategy="first")
        texts = [" ".join(t["words"]) for t in tokens_of(program, out, source)]
        # The pipeline's words end at punctuation, a column file's do not: compare sentences of plain words.
        plain = [i for i, text in enumerate(texts) if re.fullmatch(r"[A-Za-z0-9 ]+", text)]
        agree = 0
        for i in plain:
            starts = np.cumsum([0] + [len(w) + 1 for w in texts[i].split(" ")])
            ours = [(int(starts[b]), int(starts[e] - 1), kind) for b, e, kind in spans(predicted[i])]
            agree += ours == [(e["start"], e["end"], e["entity_group"]) for e in pipe(texts[i])]
        line += f"; pipeline entities of {agree} of {len(plain)} plain sentences equal"
        good = good and agree == len(plain) > 0
    print(line, flush=True)
    shutil.rmtree(directory)
    shutil.rmtree(out)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--sentences", required=True)
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/clner"))
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    program, good = Program(options.program), True
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        source = work / "source.conll"
        rows = [line.split()[0] if line.strip() else "" for line in open(options.sentences, encoding="utf-8")]
        source.write_text("\n".join(rows) + "\n", encoding="utf-8")
        good = check_export(program, options.model, source, work) and good
        tokenizer = transformers.AutoTokenizer.from_pretrained(options.encoder)
        for family in FAMILIES:
            good = check_import(program, family, pathlib.Path(options.encoder) / "vocab.txt", source, work, tokenizer if family == "Bert" else None) and good
    sys.exit(0 if good else 1)


main()
