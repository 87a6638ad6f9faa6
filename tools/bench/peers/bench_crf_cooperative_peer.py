#!/usr/bin/env python3
"""The PyTorch side of bench_crf --case cooperative: reads one command per line, answers one line.

Both losses of a pair (sentence, sentence with context) and the temperature-scaled KL between their word marginals, with
all gradients of their sum over pairs / B; the marginals of the context view are constant.

hello <form>              -> "<torch version> <version of the form's library>"
load <file>               -> "ok"; int64 B, K, M; int32 lengths[B]; float32 emissions[M][K] of both views; int32 gold[M];
                             float32 transitions, start, end
check <form> <tau> <file> -> "ok"; writes float32 nll[B] of both views, kl[B], d_emissions[M][K] of both views,
                             d_transitions, d_start, d_end
time <form> <tau>         -> CPU seconds of one call

form: double-backward  marginals as the gradient of log Z, differentiated once more; both views in one batch
      clner            forward and backward scans in log space for each view, all on the tape
      torch-struct     marginals of torch_struct.LinearChainCRF
"""
import importlib.metadata
import sys
import time

import numpy as np
import torch

TINY = torch.finfo(torch.float32).tiny


def scan(emissions, mask, transitions, first):
    """Log forward scores [T, B, K], the emission of the position included."""
    score = first + emissions[0]
    scores = [score]
    for t in range(1, len(emissions)):
        step = torch.logsumexp(score.unsqueeze(2) + transitions, dim=1) + emissions[t]
        score = torch.where(mask[t].unsqueeze(1), step, score)
        scores.append(score)
    return scores


def scan_back(emissions, mask, transitions, last):
    """Log backward scores [T, B, K], the emission of the position not included."""
    score = last.expand(emissions.shape[1:])
    scores = [score]
    for t in range(len(emissions) - 1, 0, -1):
        step = torch.logsumexp(transitions + (emissions[t] + score).unsqueeze(1), dim=2)
        score = torch.where(mask[t].unsqueeze(1), step, score)
        scores.append(score)
    return scores[::-1]


def divergence(log_p, log_q, mask, tau):
    """tau^2 KL(q || p) of tempered rows, summed over words: [B]."""
    log_p, log_q = torch.log_softmax(log_p / tau, dim=-1), torch.log_softmax(log_q / tau, dim=-1)
    return tau * tau * ((log_q.exp() * (log_q - log_p)).sum(dim=-1) * mask).sum(dim=0)


class Case:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.count, self.tags, words = (int(v) for v in np.fromfile(f, np.int64, 3))
            self.lengths = np.fromfile(f, np.int32, self.count)
            views = [np.fromfile(f, np.float32, words * self.tags).reshape(words, self.tags) for _ in range(2)]
            gold = np.fromfile(f, np.int32, words)
            params = [np.fromfile(f, np.float32, n) for n in (self.tags * self.tags, self.tags, self.tags)]
        self.transitions, self.start, self.end = (torch.from_numpy(p) for p in params)
        self.transitions = self.transitions.reshape(self.tags, self.tags)
        longest = int(self.lengths.max())
        self.views = torch.zeros(longest, 2 * self.count, self.tags)  # original views, then those with context
        self.gold = torch.zeros(longest, self.count, dtype=torch.long)
        self.mask = torch.zeros(longest, self.count, dtype=torch.bool)
        row = 0
        for b, n in enumerate(self.lengths):
            for v, view in enumerate(views):
                self.views[:n, v * self.count + b] = torch.from_numpy(view[row : row + n])
            self.gold[:n, b] = torch.from_numpy(gold[row : row + n].astype(np.int64))
            self.mask[:n, b] = True
            row += n
        self.last = torch.from_numpy(self.lengths.astype(np.int64)) - 1
        self.leaves = [self.views, self.transitions, self.start, self.end]
        for leaf in self.leaves:
            leaf.requires_grad_(True)

    def gold_scores(self):
        """Of both views: [2B]."""
        gold = torch.cat([self.gold, self.gold], dim=1)
        emitted = (self.views.gather(2, gold.unsqueeze(2)).squeeze(2) * torch.cat([self.mask, self.mask], dim=1)).sum(dim=0)
        steps = (self.transitions[self.gold[:-1], self.gold[1:]] * self.mask[1:]).sum(dim=0)
        final = self.gold.gather(0, self.last.unsqueeze(0)).squeeze(0)
        chain = steps + self.start[self.gold[0]] + self.end[final]
        return emitted + torch.cat([chain, chain])

    def double_backward(self, tau):
        mask = torch.cat([self.mask, self.mask], dim=1)
        log_z = torch.logsumexp(scan(self.views, mask, self.transitions, self.start)[-1] + self.end, dim=1)
        marginals = torch.autograd.grad(log_z.sum(), self.views, create_graph=True)[0]
        logs = marginals.clamp(min=TINY).log()
        return log_z, divergence(logs[:, : self.count], logs[:, self.count :].detach(), self.mask, tau)

    def clner(self, tau):
        log_z, logs = [], []
        for view in (self.views[:, : self.count], self.views[:, self.count :]):
            forward = scan(view, self.mask, self.transitions, self.start)
            backward = scan_back(view, self.mask, self.transitions, self.end)
            log_z.append(torch.logsumexp(forward[-1] + self.end, dim=1))
            logs.append(torch.stack(forward) + torch.stack(backward) - log_z[-1].unsqueeze(1))
        return torch.cat(log_z), divergence(logs[0], logs[1].detach(), self.mask, tau)

    def torch_struct(self, tau):
        import torch_struct

        lengths, last = torch.cat([self.last, self.last]) + 1, torch.cat([self.last, self.last])
        views = self.views.transpose(0, 1)  # [2B, T, K]
        edges = self.transitions.t() + views[:, 1:].unsqueeze(3)  # [2B, T-1, to, from]
        first = torch.nn.functional.pad((self.start + views[:, :1]).unsqueeze(2), (0, 0, 0, 0, 0, edges.shape[1] - 1))
        ends = torch.nn.functional.one_hot(last.clamp(min=1) - 1, edges.shape[1]).to(views.dtype)
        edges = edges + first + ends[:, :, None, None] * self.end[:, None]
        chain = torch_struct.LinearChainCRF(edges, lengths=lengths)
        pairs = chain.marginals
        unary = torch.cat([pairs[:, :1].sum(dim=2), pairs.sum(dim=3)], dim=1)  # [2B, T, K]
        # The library has no chains without an edge.
        single = self.start + views[:, 0] + self.end
        alone = lengths == 1
        log_z = torch.where(alone, torch.logsumexp(single, dim=1), chain.partition)
        only = torch.nn.functional.pad(torch.softmax(single, dim=1).unsqueeze(1), (0, 0, 0, unary.shape[1] - 1))
        unary = torch.where(alone[:, None, None], only, unary)
        logs = unary.clamp(min=TINY).log().transpose(0, 1)
        return log_z, divergence(logs[:, : self.count], logs[:, self.count :].detach(), self.mask, tau)

    def run(self, form, tau):
        for leaf in self.leaves:
            leaf.grad = None
        log_z, kl = getattr(self, form.replace("-", "_"))(tau)
        nll = log_z - self.gold_scores()
        ((nll.sum() + kl.sum()) / self.count).backward(inputs=self.leaves)
        return nll, kl

    def check(self, form, tau, path):
        nll, kl = self.run(form, tau)
        with open(path, "wb") as f:
            for values in (nll, kl):
                values.detach().numpy().tofile(f)
            for view in range(2):
                for b, n in enumerate(self.lengths):
                    self.views.grad[:n, view * self.count + b].contiguous().numpy().tofile(f)
            for p in self.leaves[1:]:
                p.grad.numpy().tofile(f)


def main():
    torch.set_num_threads(1)
    case = None
    for line in sys.stdin:
        words = line.split()
        if words[0] == "hello":
            library = "torch-struct" if words[1] == "torch-struct" else "torch"
            answer = torch.__version__ + " " + importlib.metadata.version(library)
        elif words[0] == "load":
            case = Case(words[1])
            answer = "ok"
        elif words[0] == "check":
            case.check(words[1], float(words[2]), words[3])
            answer = "ok"
        else:
            begin = time.process_time()
            case.run(words[1], float(words[2]))
            answer = repr(time.process_time() - begin)
        print(answer, flush=True)


if __name__ == "__main__":
    main()
