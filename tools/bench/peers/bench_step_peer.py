"""Peer of bench_step: a transformers + pytorch-crf training loop on the batches bench_step wrote.

Requests, one a line:  check N  |  time FIRST COUNT default|best  |  versions      Answers: one JSON object a line.
default: padded to the longest of the batch, torch.optim.AdamW with its defaults. best: AdamW(fused=True) (attention is
sdpa in both, as transformers chooses it; batches of similar length come from the caller).
"""
import copy
import json
import sys
import time

import torch
import torchcrf
import transformers
from safetensors.torch import load_file
from torch import nn


class Tagger(nn.Module):
    def __init__(self, encoder, head):
        super().__init__()
        self.encoder = transformers.AutoModel.from_pretrained(encoder, add_pooling_layer=False, dtype=torch.float32)
        tags = head["classifier.bias"].numel()
        self.linear, self.crf = nn.Linear(self.encoder.config.hidden_size, tags), torchcrf.CRF(tags, batch_first=True)
        with torch.no_grad():
            self.linear.weight.copy_(head["classifier.weight"]), self.linear.bias.copy_(head["classifier.bias"])
            self.crf.transitions.copy_(head["crf.transitions"])
            self.crf.start_transitions.copy_(head["crf.start"]), self.crf.end_transitions.copy_(head["crf.end"])

    def loss(self, batch):
        ids = nn.utils.rnn.pad_sequence([torch.tensor(s["ids"]) for s in batch], True, 0)
        mask = nn.utils.rnn.pad_sequence([torch.ones(len(s["ids"]), dtype=torch.long) for s in batch], True, 0)
        first = nn.utils.rnn.pad_sequence([torch.tensor(s["pool"]) for s in batch], True, 0)
        tags = nn.utils.rnn.pad_sequence([torch.tensor(s["tags"]) for s in batch], True, 0)
        words = nn.utils.rnn.pad_sequence([torch.ones(len(s["tags"]), dtype=torch.bool) for s in batch], True, False)
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        vectors = hidden.gather(1, first[..., None].expand(-1, -1, hidden.shape[-1]))
        return -self.crf(self.linear(vectors), tags, words, reduction="mean")


def optimizer_of(model, lr, lr_crf, best):
    groups = [{"params": [p for n, p in model.named_parameters() if not n.startswith("crf.")], "lr": lr},
              {"params": model.crf.parameters(), "lr": lr_crf}]
    return torch.optim.AdamW(groups, eps=1e-6, weight_decay=0.0, **({"fused": True} if best else {}))


def run(model, optimizer, batches):
    losses = []
    for batch in batches:
        optimizer.zero_grad()
        loss = model.loss(batch)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


def main():
    directory, encoder, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    torch.set_num_threads(threads)
    transformers.logging.set_verbosity_error()
    work = json.load(open(directory + "/work.json"))
    start = Tagger(encoder, load_file(directory + "/head.safetensors"))
    models = {}
    for line in sys.stdin:
        request = line.split()
        if request[0] == "versions":
            answer = {"torch": torch.__version__, "transformers": transformers.__version__, "pytorch-crf": torchcrf.__version__,
                      "attention": start.encoder.config._attn_implementation}
        elif request[0] == "check":
            model = copy.deepcopy(start).eval()
            answer = run(model, optimizer_of(model, work["lr"], work["lr_crf"], False), work["batches"][:int(request[1])])
        else:
            first, count, kind = int(request[1]), int(request[2]), request[3]
            if kind not in models:
                model = copy.deepcopy(start).train()
                models[kind] = (model, optimizer_of(model, work["lr"], work["lr_crf"], kind == "best"))
            began = time.perf_counter()
            run(*models[kind], work["batches"][first:first + count])
            answer = time.perf_counter() - began
        print(json.dumps(answer), flush=True)


main()
