#!/usr/bin/env python3
"""Compares ids and states of every encoder family with transformers, and measures loading.

    scripts/golden/families_golden.py --tokenizers DIR --sentences FILE [--large] [--encoder DIR ...]

For each family it writes a small directory with random weights by transformers (with --large also xlm-roberta-large's
sizes), runs `clner inspect tokens` and `clner inspect states` on all sentences of a column file, and runs transformers
on the same ids: last layer and first piece, mean of the last four layers, mean of all layers, and every pooling. Given
encoders are compared too. Sentences that need several windows are left out of the states and counted. Prints a table:

- states: the largest difference over all words and choices; exit 1 when it is more than 1e-4.
- ids: sentences whose ids equal those of transformers' fast tokenizer; exit 1 unless all do.
- load s, peak MB: wall clock and peak memory of one `inspect states` of a single word.

DIR holds bert-base-cased/, roberta-base/, xlmr/. Needs torch, transformers and safetensors (scripts/setup_peers.sh).
"""
import argparse
import json
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
MAX_PIECES = 512  # of a window
CHOICES = [("-1", "first"), ("-1", "last"), ("-1", "mean"), ("-1", "first_last"), ("-4:-1", "mean"), ("all", "first"), ("0", "first")]

# Runs its arguments and prints their wall clock and peak memory. A process of its own: the peak of a child that this
# large process started would begin with the pages of this process.
MEASURE = """
import resource, subprocess, sys, time
began = time.monotonic()
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
sys.exit(code)
"""
TOKENIZERS = {"bert-base-cased": ("BertTokenizerFast", {"do_lower_case": False}), "roberta-base": ("RobertaTokenizerFast", {"add_prefix_space": True}),
              "xlmr": ("XLMRobertaTokenizerFast", {})}

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
    if tokenizer == "bert-base-cased":  # says nowhere that it is cased
        (pathlib.Path(directory) / "tokenizer_config.json").write_text('{"do_lower_case": false}\n')


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
def hidden_states(model, ids):
    return model(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states


def expected(hidden, tokens, layers, how):
    picked = {"all": hidden, "-4:-1": hidden[-4:], "0": hidden[:1], "-1": hidden[-1:]}[layers]
    return pool(torch.stack(picked).mean(0)[0], tokens["word_of_piece"], len(tokens["words"]), how)


def equal_ids(tokens, tokenizer):
    """sentences with the ids of transformers"""
    return sum(tokenizer(item["words"], is_split_into_words=True, truncation=False)["input_ids"] == item["ids"] for item in tokens)


def measure_load(program, directory, word):
    """seconds and peak MB of a process that loads the encoder for one word"""
    command = [program, "--quiet", "inspect", "states", "-m", str(directory), str(word), "-o", str(directory / "one.out")]
    done = subprocess.run([sys.executable, "-c", MEASURE, *command], check=True, capture_output=True, text=True)
    (directory / "one.out").unlink()
    return tuple(map(float, done.stdout.split()))


def measure_states(program, directory, source, tokens, choices):
    """largest difference over all choices, and the number of sentences that were left out"""
    model = transformers.AutoModel.from_pretrained(directory, dtype=torch.float32).eval()
    ours, out = {}, directory / "states.out"
    for layers, how in choices:
        subprocess.run([program, "--quiet", "inspect", "states", "-m", str(directory), str(source), "-o", str(out), "--layers=" + layers,
                        "--pool", how], check=True)
        ours[layers, how] = load_file(out)
        out.unlink()
    worst, left_out = 0.0, 0
    for i, item in enumerate(tokens):
        if len(item["ids"]) > MAX_PIECES:
            left_out += 1
            continue
        hidden = hidden_states(model, item["ids"])
        for (layers, how), states in ours.items():
            worst = max(worst, (states[str(i)] - expected(hidden, item, layers, how)).abs().max().item())
    return worst, left_out


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
    print(f"{'encoder':<24} {'sentences':>9} {'left out':>8} {'states':>9} {'ids equal':>10} {'load s':>7} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as work:
        word = pathlib.Path(work) / "word.conll"
        word.write_text("word\n")

        def show(name, directory, tokenizer, choices=CHOICES):
            nonlocal failed
            lines = subprocess.run([options.program, "--quiet", "inspect", "tokens", "-m", str(directory), options.sentences], check=True,
                                   capture_output=True, text=True).stdout.splitlines()
            tokens = [json.loads(line) for line in lines]
            seconds, peak = measure_load(options.program, directory, word)
            worst, left_out = measure_states(options.program, directory, options.sentences, tokens, choices)
            equal = equal_ids(tokens, tokenizer)
            failed = failed or not worst <= LIMIT or equal != len(tokens)
            print(f"{name:<24} {len(tokens):>9} {left_out:>8} {worst:>9.1e} {equal:>10} {seconds:>7.2f} {peak:>8.0f}", flush=True)

        for encoder in options.encoder:
            show(pathlib.Path(encoder).name, pathlib.Path(encoder), transformers.AutoTokenizer.from_pretrained(encoder))
        for name in options.families + (["xlm-roberta-large sizes"] if options.large else []):
            directory = pathlib.Path(work) / "encoder"
            family = FAMILIES.get(name, LARGE)
            write_random(directory, options.tokenizers, family)
            tokenizer_class, arguments = TOKENIZERS[family[1]]
            tokenizer = getattr(transformers, tokenizer_class).from_pretrained(pathlib.Path(options.tokenizers) / family[1], **arguments)
            show(name, directory, tokenizer, CHOICES if name in FAMILIES else CHOICES[:1])
            shutil.rmtree(directory)
    sys.exit(1 if failed else 0)


main()
