"""Peer of bench_step --case cooperative: CLNER's step in PyTorch on the batches bench_step wrote.

A transformers encoder over each view, padded to the longest of the batch; first pieces; word dropout with one mask for
all sentences; a linear layer; a CRF whose scans go over both views at once. The loss is the weighted sum of the means
of NLL (original view), NLL-EXT (context view) and CL-KL or CL-L2; the context view is a constant in the last.

Requests, one a line:  versions  |  check N  |  time FIRST COUNT  |  crf I  |  memory      Answers: one JSON value a line.
default: torch.optim.AdamW with its defaults. best: AdamW(fused=True). Attention is sdpa in both, as transformers
chooses it; batches of similar length come from the caller.
"""
import json
import sys
import time

import torch
import transformers
from bench_crf_cooperative_peer import divergence, scan, scan_back
from safetensors.torch import load_file
from torch import nn


def padded(rows, dtype=torch.long):
    return nn.utils.rnn.pad_sequence([torch.tensor(row, dtype=dtype) for row in rows], True, 0)


def word_mask(tags):
    """[B, n]"""
    return padded([[True] * len(row) for row in tags], torch.bool)


class Tagger(nn.Module):
    def __init__(self, encoder, head, work):
        super().__init__()
        self.work = work
        self.encoder = transformers.AutoModel.from_pretrained(encoder, add_pooling_layer=False, dtype=torch.float32)
        self.linear = nn.Linear(self.encoder.config.hidden_size, head["classifier.bias"].numel())
        with torch.no_grad():
            self.linear.weight.copy_(head["classifier.weight"]), self.linear.bias.copy_(head["classifier.bias"])
        self.crf = nn.ParameterDict({name: head["crf." + name].clone() for name in ("transitions", "start", "end")})

    def words(self, view):
        """Vectors of the own words [B, n, D], before and after word dropout."""
        ids, attended = padded([s["ids"] for s in view]), padded([[1] * len(s["ids"]) for s in view])
        hidden = self.encoder(input_ids=ids, attention_mask=attended).last_hidden_state
        first = padded([s["pool"] for s in view])
        vectors = hidden.gather(1, first[..., None].expand(-1, -1, hidden.shape[-1]))
        if not self.training:
            return vectors, vectors
        keep = torch.rand(vectors.shape[1]) >= self.work["word_dropout"]
        return vectors, vectors * keep[:, None].to(vectors.dtype)

    def gold_scores(self, views, tags, mask):
        """views [n, 2B, K] -> [2B]"""
        gold = padded(tags).t().repeat(1, 2)
        emitted = (views.gather(2, gold[..., None])[..., 0] * mask).sum(0)
        steps = (self.crf["transitions"][gold[:-1], gold[1:]] * mask[1:]).sum(0)
        last = gold.gather(0, mask.sum(0, keepdim=True) - 1)[0]
        return emitted + steps + self.crf["start"][gold[0]] + self.crf["end"][last]

    def crf_losses(self, original, context, tags):
        """Emissions [B, n, K] of both views -> weighted sum and the unweighted means"""
        crf, count = self.crf, len(tags)
        views = torch.cat([original, context]).transpose(0, 1)
        mask = word_mask(tags).t().repeat(1, 2)
        forward = scan(views, mask, crf["transitions"], crf["start"])
        nll = torch.logsumexp(forward[-1] + crf["end"], 1) - self.gold_scores(views, tags, mask)
        weights, terms = self.work["weights"], {}
        total = 0
        for name, weight, values in (("nll", weights[0], nll[:count]), ("nll_ext", weights[1], nll[count:])):
            if weight:
                terms[name] = values.mean()
                total = total + weight * terms[name]
        if self.work["cl"] == "kl":
            forward, one = torch.stack(forward), mask[:, :count]
            back = lambda part: torch.stack(scan_back(part, one, crf["transitions"], crf["end"]))
            with torch.no_grad():
                teacher = forward[:, count:] + back(views[:, count:])
            student = forward[:, :count] + back(views[:, :count])
            terms["cl_kl"] = divergence(student, teacher, one, self.work["temperature"]).mean()
            total = total + weights[2] * terms["cl_kl"]
        return total, terms

    def loss(self, batch):
        self.work["weights"] = batch["weights"]
        plain, kept = self.words(batch["original"])
        shown, shown_kept = self.words(batch["context"])
        total, terms = self.crf_losses(self.linear(kept), self.linear(shown_kept), batch["tags"])
        if self.work["cl"] == "l2":
            student, teacher = (kept, shown_kept) if self.work["l2_after_dropout"] else (plain, shown)
            squares = (student - teacher.detach()).square() * word_mask(batch["tags"])[..., None]
            terms["cl_l2"] = squares.sum() / len(plain) / (plain.shape[-1] if self.work["per_dimension"] else 1)
            total = total + batch["weights"][2] * terms["cl_l2"]
        return total, terms


def run(model, optimizer, batches):
    losses, parts = [], dict.fromkeys(("forward", "backward", "update"), 0.0)
    for batch in batches:
        optimizer.zero_grad()
        began = time.perf_counter()
        loss, terms = model.loss(batch)
        forward = time.perf_counter()
        loss.backward()
        backward = time.perf_counter()
        nn.utils.clip_grad_norm_(model.parameters(), model.work["clip_norm"])
        optimizer.step()
        losses.append({"total": loss.item(), **{name: value.item() for name, value in terms.items()}})
        done = time.perf_counter()
        for name, seconds in zip(parts, (forward - began, backward - forward, done - backward)):
            parts[name] += seconds / len(batches)
    return losses, parts


def crf_seconds(model, batch):
    with torch.no_grad():
        views = [model.linear(model.words(batch[view])[1]) for view in ("original", "context")]
    model.work["weights"] = batch["weights"]
    for view in views:
        view.requires_grad_()
    began = time.perf_counter()
    model.crf_losses(*views, batch["tags"])[0].backward()
    return time.perf_counter() - began


def peak_megabytes():
    """Of this program alone: what getrusage() says begins with the pages of the process that started it."""
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024


def main():
    directory, encoder, threads, kind = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    torch.set_num_threads(threads)
    transformers.logging.set_verbosity_error()
    work = json.load(open(directory + "/work.json"))
    batches = work.pop("batches")
    model = Tagger(encoder, load_file(directory + "/head.safetensors"), work)
    groups = [{"params": [p for n, p in model.named_parameters() if not n.startswith("crf.")], "lr": work["lr"]},
              {"params": model.crf.parameters(), "lr": work["lr_crf"]}]
    optimizer = torch.optim.AdamW(groups, eps=1e-6, weight_decay=0.0, **({"fused": True} if kind == "best" else {}))
    for line in sys.stdin:
        request = line.split()
        if request[0] == "versions":
            answer = {"torch": torch.__version__, "transformers": transformers.__version__,
                      "attention": model.encoder.config._attn_implementation}
        elif request[0] == "check":
            answer = run(model.eval(), optimizer, batches[:int(request[1])])[0]
        elif request[0] == "crf":
            answer = crf_seconds(model.train(), batches[int(request[1])])
        elif request[0] == "memory":
            answer = peak_megabytes()
        else:
            first, count = int(request[1]), int(request[2])
            began = time.perf_counter()
            parts = run(model.train(), optimizer, batches[first:first + count])[1]
            answer = {"seconds": time.perf_counter() - began, "parts": parts}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
