"""Writes an encoder with the sizes of xlm-roberta-base and random weights:  random_encoder.py TOKENIZER_DIRECTORY DIRECTORY"""
import pathlib
import shutil
import sys

import torch
import transformers

tokenizer, directory = map(pathlib.Path, sys.argv[1:])
torch.manual_seed(1)
config = transformers.XLMRobertaConfig(vocab_size=250002, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)
transformers.AutoModel.from_config(config, add_pooling_layer=False).save_pretrained(directory)
for file in tokenizer.iterdir():
    shutil.copy(file, directory)
