"""Peer of bench_predict: transformers + pytorch-crf tag the sentences with the weights of a clner model directory.

Requests, one a line:  tags  |  time default|best  |  versions      Answers: one JSON object a line.
Batches of 32 sentences padded to the longest, words tokenised by the fast tokenizer. default: sentences in file order.
best: sorted by length, longest first.
"""
import json
import sys
import time

import torch
import torchcrf
import transformers
from safetensors.torch import load_file

BATCH = 32


class Tagger:
    def __init__(self, directory):
        tensors = load_file(directory + "/model.safetensors")
        card = json.load(open(directory + "/clner.json"))
        self.labels = card["labels"]["tags"]
        self.model = transformers.AutoModelForTokenClassification.from_pretrained(directory, dtype=torch.float32).eval()
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(directory, use_fast=True)
        self.crf = torchcrf.CRF(len(self.labels), batch_first=True)
        with torch.no_grad():
            self.crf.transitions.copy_(tensors["crf.transitions"])
            self.crf.start_transitions.copy_(tensors["crf.start"]), self.crf.end_transitions.copy_(tensors["crf.end"])
            if card["head"]["constraints"] == "decode":
                self.forbid()

    def forbid(self):
        """pytorch-crf has no constraints: a large negative score does the same (BIOES and BIO only)."""
        split = [(tag[0], tag[2:]) for tag in self.labels]
        bioes = any(prefix in "ES" for prefix, _ in split)
        goes_on = "IE" if bioes else "I"
        for a, (before, before_type) in enumerate(split):
            for b, (after, after_type) in enumerate(split):
                legal = after not in goes_on or (before in "BI" and after_type == before_type)
                if bioes and before in "BI" and after not in goes_on:
                    legal = False
                if not legal:
                    self.crf.transitions[a, b] = -1e4
        for a, (prefix, _) in enumerate(split):
            if prefix in goes_on:
                self.crf.start_transitions[a] = -1e4
            if bioes and prefix in "BI":
                self.crf.end_transitions[a] = -1e4

    def batch(self, sentences):
        encoded = self.tokenizer(sentences, is_split_into_words=True, padding=True, return_tensors="pt",
                                 return_token_type_ids=False)
        first = []
        for row in range(len(sentences)):
            positions, seen = [], None
            for position, word in enumerate(encoded.word_ids(row)):
                if word is not None and word != seen:
                    positions.append(position)
                    seen = word
            assert len(positions) == len(sentences[row]), "a word has no piece"
            first.append(torch.tensor(positions))
        pooled = torch.nn.utils.rnn.pad_sequence(first, True, 0)
        mask = torch.nn.utils.rnn.pad_sequence([torch.ones(len(f), dtype=torch.bool) for f in first], True, False)
        logits = self.model(**encoded).logits
        return self.crf.decode(logits.gather(1, pooled[..., None].expand(-1, -1, logits.shape[-1])), mask)

    @torch.inference_mode()
    def tag(self, sentences, by_length):
        order = list(range(len(sentences)))
        if by_length:
            order.sort(key=lambda i: -len(sentences[i]))
        tags = [None] * len(sentences)
        for begin in range(0, len(order), BATCH):
            chosen = order[begin:begin + BATCH]
            for i, path in zip(chosen, self.batch([sentences[i] for i in chosen])):
                tags[i] = path
        return tags


def bio(names):
    """BIOES to BIO."""
    return [{"E": "I", "S": "B"}.get(tag[0], tag[0]) + tag[1:] for tag in names]


def main():
    directory, model, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    torch.set_num_threads(threads)
    transformers.logging.set_verbosity_error()
    sentences = json.load(open(directory + "/sentences.json"))
    tagger = Tagger(model)
    for line in sys.stdin:
        request = line.split()
        if request[0] == "versions":
            answer = {"torch": torch.__version__, "transformers": transformers.__version__, "pytorch-crf": torchcrf.__version__,
                      "attention": tagger.model.config._attn_implementation}
        elif request[0] == "tags":
            answer = [bio([tagger.labels[t] for t in path]) for path in tagger.tag(sentences, True)]
        else:
            began = time.perf_counter()
            tagger.tag(sentences, request[1] == "best")
            answer = time.perf_counter() - began
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
