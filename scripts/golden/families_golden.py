#!/usr/bin/env python3
"""Compares the states of every encoder family with transformers.

    scripts/golden/families_golden.py --tokenizers DIR --sentences FILE [--large] [--encoder DIR ...]

For each family it writes a small directory with random weights by transformers (with --large also xlm-roberta-large's
sizes), runs `clner inspect tokens` and `clner inspect states` on the first 50 sentences of a column file, and runs transformers on
the same ids: last layer and first piece, mean of the last four layers, mean of all layers, and every pooling. Given
encoders are compared too. Prints a table; exit 1 when a state differs by more than 1e-4.

DIR holds bert-base-cased/, roberta-base/, xlmr/. Needs torch, transformers and safetensors (scripts/setup_peers.sh).
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import torch
import transformers
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 1e-4
CHOICES = [("-1", "first"), ("-1", "last"), ("-1", "mean"), ("-1", "first_last"), ("-4:-1", "mean"), ("all", "first"), ("0", "first")]

SMALL = dict(hidden_size=96, num_hidden_layers=5, num_attention_heads=6, intermediate_size=192)
DISTIL = dict(dim=96, n_layers=5, n_heads=6, hidden_dim=192, max_position_embeddings=512, activation="gelu")
FAMILIES = {
    "bert": ("BertConfig", "bert-base-cased", dict(SMALL, vocab_size=28996, hidden_act="gelu_new")),
    "roberta": ("RobertaConfig", "roberta-base", dict(SMALL, vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)),
    "xlm-roberta": ("XLMRobertaConfig", "xlmr", dict(SMALL, vocab_size=250002, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)),
    "camembert": ("CamembertConfig", "bert-base-cased", dict(SMALL, vocab_size=28996, max_position_embeddings=514, type_vocab_size=1, hidden_act="relu")),
    "distilbert": ("DistilBertConfig", "bert-base-cased", dict(DISTIL, vocab_size=28996)),
    "electra": ("ElectraConfig", "bert-base-cased", dict(SMALL, vocab_size=28996, embedding_size=64)),
    "electra-wide": ("ElectraConfig", "bert-base-cased", dict(SMALL, vocab_size=28996, embedding_size=96)),
}
LARGE = ("XLMRobertaConfig", "xlmr", dict(vocab_size=250002, hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096,
                                          max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5))


def write_random(directory, tokenizers, family):
    """A model with random weights; a tenth of BERT's initial spread would hide differences, so all values are scaled up."""
    config_class, tokenizer, fields = family
    torch.manual_seed(1)
    config = getattr(transformers, config_class)(**fields)
    model = transformers.AutoModel.from_config(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter) * 0.1)
            else:
                parameter.mul_(2)
    model.save_pretrained(directory)
    for file in (pathlib.Path(tokenizers) / tokenizer).iterdir():
        shutil.copy(file, directory)


def pool(hidden, word_of_piece, words, how):
    rows = []
    for word in range(words):
        pieces = [i for i, owner in enumerate(word_of_piece) if owner == word]
        if not pieces:
            rows.append(torch.zeros(hidden.shape[1] * (2 if how == "first_last" else 1)))
        elif how == "mean":
            rows.append(hidden[pieces].mean(0))
        elif how == "first_last":
            rows.append(torch.cat([hidden[pieces[0]], hidden[pieces[-1]]]))
        else:
            rows.append(hidden[pieces[0 if how == "first" else -1]])
    return torch.stack(rows)


@torch.inference_mode()
def expected(model, tokens, layers, how):
    hidden = model(input_ids=torch.tensor([tokens["ids"]]), output_hidden_states=True).hidden_states
    picked = {"all": hidden, "-4:-1": hidden[-4:], "0": hidden[:1], "-1": hidden[-1:]}[layers]
    return pool(torch.stack(picked).mean(0)[0], tokens["word_of_piece"], len(tokens["words"]), how)


def measure(program, directory, source, choices):
    """Largest difference over all choices, and seconds and peak MB of one run of `inspect states`."""
    run = lambda *words: subprocess.run([program, "--quiet", *words], check=True, capture_output=True, text=True).stdout
    tokens = [json.loads(line) for line in run("inspect", "tokens", "-m", str(directory), str(source)).splitlines()]
    model = transformers.AutoModel.from_pretrained(directory, dtype=torch.float32).eval()
    worst, seconds, peak, out = 0.0, 0.0, 0, directory / "states.out"
    for layers, how in choices:
        began = time.monotonic()
        process = subprocess.Popen([program, "--quiet", "inspect", "states", "-m", str(directory), str(source), "-o", str(out), "--layers=" + layers, "--pool", how])
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"inspect states failed for {directory}")
        seconds, peak = time.monotonic() - began, max(peak, usage.ru_maxrss / 1024)
        ours = load_file(out)
        for i, item in enumerate(tokens):
            worst = max(worst, (ours[str(i)] - expected(model, item, layers, how)).abs().max().item())
    out.unlink()
    return worst, seconds, peak


def first_sentences(path, count, out):
    done = 0
    with open(path, encoding="utf-8") as lines, open(out, "w", encoding="utf-8") as target:
        for line in lines:
            target.write(line if line.strip() else "\n")
            done += not line.strip()
            if done == count:
                return


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizers", required=True)
    parser.add_argument("--sentences", required=True)
    parser.add_argument("--families", nargs="*", default=list(FAMILIES))
    parser.add_argument("--encoder", nargs="*", default=[])
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/clner"))
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    failed = False
    print(f"{'encoder':<24} {'largest difference':>18} {'seconds':>8} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as work:
        source = pathlib.Path(work) / "sentences.conll"
        first_sentences(options.sentences, 50, source)

        def show(name, directory, choices=CHOICES):
            nonlocal failed
            worst, seconds, peak = measure(options.program, pathlib.Path(directory), source, choices)
            failed = failed or not worst <= LIMIT
            print(f"{name:<24} {worst:>18.2e} {seconds:>8.2f} {peak:>8.0f}", flush=True)

        for encoder in options.encoder:
            show(pathlib.Path(encoder).name, encoder)
        for name in options.families + (["xlm-roberta-large sizes"] if options.large else []):
            directory = pathlib.Path(work) / "encoder"
            write_random(directory, options.tokenizers, FAMILIES.get(name, LARGE))
            show(name, directory, CHOICES if name in FAMILIES else CHOICES[:1])
            shutil.rmtree(directory)
    sys.exit(1 if failed else 0)


main()
