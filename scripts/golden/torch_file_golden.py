#!/usr/bin/env python3
"""Compares weights that PyTorch saved with the same weights in a safetensors file, through `clner model diff`.

    scripts/golden/torch_file_golden.py --check [--program build/release/bin/clner] [--layers 12]
        writes a BERT encoder with random weights (about 430 MB each at 12 layers) to a temporary directory: as one
        safetensors file, as pytorch_model.bin in the zip and in the older container, and split over several files of
        both kinds; with tied, transposed and half-precision tensors. Prints the time of `clner model info`;
        exit 1 when a tensor differs.

Needs torch, transformers and safetensors (scripts/setup_peers.sh).
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import torch
import transformers
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parents[2]


def state_dict(config):
    """Weights of an encoder and a few tensors that are stored in other ways."""
    state = transformers.BertModel(config).state_dict()
    tensor = torch.randn(6, 4)
    state.update({"other.tied": state["embeddings.word_embeddings.weight"], "other.transposed": tensor.t(),
                  "other.slice": tensor[1:5, 1:3], "other.expanded": tensor[:1].expand(3, 4), "other.scalar": torch.tensor(7),
                  "other.empty": torch.zeros(0, 3), "other.half": tensor.half(), "other.bfloat16": tensor.bfloat16(),
                  "other.double": tensor.double(), "other.bool": tensor > 0, "other.bytes": torch.arange(9, dtype=torch.uint8)})
    return state


def write_split(directory, state, name, save):
    """Tensors in turn over three files, and their index."""
    parts = [{}, {}, {}]
    files = [name.replace(".", f"-{i + 1:05}-of-00003.") for i in range(3)]
    for i, (key, tensor) in enumerate(state.items()):
        parts[i % 3][key] = tensor
    for part, file in zip(parts, files):
        save(part, directory / file)
    index = {"metadata": {}, "weight_map": {key: files[i % 3] for i, key in enumerate(state)}}
    (directory / f"{name}.index.json").write_text(json.dumps(index))


def save_safetensors(state, path):
    # Copies: this format has neither tied tensors nor other layouts.
    save_file({key: tensor.contiguous().clone() for key, tensor in state.items()}, path, {"format": "pt"})


def save_old(state, path):
    torch.save(state, path, _use_new_zipfile_serialization=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", required=True)
    parser.add_argument("--program", default=ROOT / "build/release/bin/clner", type=pathlib.Path)
    parser.add_argument("--layers", default=12, type=int)
    arguments = parser.parse_args()
    torch.manual_seed(1)
    config = transformers.BertConfig(vocab_size=28996, num_hidden_layers=arguments.layers)
    state = state_dict(config)
    failed = False
    with tempfile.TemporaryDirectory() as root:
        writers = {"safetensors": lambda d: save_safetensors(state, d / "model.safetensors"),
                   "zip": lambda d: torch.save(state, d / "pytorch_model.bin"),
                   "old": lambda d: save_old(state, d / "pytorch_model.bin"),
                   "safetensors-split": lambda d: write_split(d, state, "model.safetensors", save_safetensors),
                   "zip-split": lambda d: write_split(d, state, "pytorch_model.bin", torch.save)}
        for name, write in writers.items():
            directory = pathlib.Path(root) / name
            directory.mkdir()
            (directory / "config.json").write_text(config.to_json_string())
            write(directory)
            begin = time.monotonic()
            subprocess.run([arguments.program, "model", "info", directory], check=True, stdout=subprocess.DEVNULL)
            seconds = time.monotonic() - begin
            result = subprocess.run([arguments.program, "model", "diff", pathlib.Path(root) / "safetensors", directory],
                                    capture_output=True, text=True)
            failed = failed or result.returncode != 0
            print(f"{name:18} info {seconds * 1000:.0f} ms  {(result.stdout + result.stderr).strip()}")
            if name != "safetensors":
                for file in directory.iterdir():
                    file.unlink()
    print(f"torch {torch.__version__}, transformers {transformers.__version__}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
