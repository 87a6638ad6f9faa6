"""Peer of bench_pipeline: the Python tokenizers library encodes the sentences of a JSON file, one thread. Sentences are
lists of words, or texts.

Requests, one a line:  versions  |  ids FILE  |  time      Answers: one JSON object a line.
ids: writes the ids of all sentences as 32-bit integers, each sentence closed by -1.
time: processor seconds of the fastest way of three: encode of every sentence, encode_batch, encode_batch_fast (which
leaves out offsets); the first request finds out which one it is.
"""
import os

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import array
import json
import pathlib
import sys
import time

import tokenizers
import transformers


def load(directory):
    if (directory / "tokenizer.json").exists():
        tokenizer = tokenizers.Tokenizer.from_file(str(directory / "tokenizer.json"))
        if isinstance(tokenizer.pre_tokenizer, tokenizers.pre_tokenizers.ByteLevel):
            tokenizer.pre_tokenizer.add_prefix_space = True
    elif (directory / "vocab.txt").exists():
        pieces = (directory / "vocab.txt").read_text(encoding="utf-8").split("\n")
        cased = any(piece != piece.lower() for piece in pieces if not piece.startswith("["))
        tokenizer = transformers.BertTokenizer.from_pretrained(directory, do_lower_case=not cased).backend_tokenizer
    elif (directory / "vocab.json").exists():
        tokenizer = transformers.RobertaTokenizer.from_pretrained(directory, add_prefix_space=True).backend_tokenizer
    else:
        tokenizer = transformers.XLMRobertaTokenizer.from_pretrained(directory).backend_tokenizer
    tokenizer.no_truncation(), tokenizer.no_padding()
    return tokenizer


def main():
    tokenizer = load(pathlib.Path(sys.argv[1]))
    sentences = json.load(open(sys.argv[2], encoding="utf-8"))
    settings = {"is_pretokenized": isinstance(sentences[0], list), "add_special_tokens": False}
    ways = {"encode": lambda: [tokenizer.encode(words, **settings) for words in sentences],
            "encode_batch": lambda: tokenizer.encode_batch(sentences, **settings)}
    if hasattr(tokenizer, "encode_batch_fast"):
        ways["encode_batch_fast"] = lambda: tokenizer.encode_batch_fast(sentences, **settings)

    def seconds(way):
        began = time.process_time()
        ways[way]()
        return time.process_time() - began

    fastest = None
    for line in sys.stdin:
        request = line.split()
        if request[0] == "versions":
            answer = {"tokenizers": tokenizers.__version__, "transformers": transformers.__version__}
        elif request[0] == "ids":
            with open(request[1], "wb") as out:
                for words in sentences:
                    array.array("i", tokenizer.encode(words, **settings).ids + [-1]).tofile(out)
            answer = True
        else:
            fastest = fastest or min(ways, key=lambda way: min(seconds(way) for _ in range(2)))
            answer = {"way": fastest, "seconds": seconds(fastest)}
        print(json.dumps(answer), flush=True)


main()
