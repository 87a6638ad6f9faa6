#!/usr/bin/env python3
"""The pytorch-crf side of bench_crf: reads one command per line, answers one line.

hello              -> "<torch version> <pytorch-crf version>"
load <file>        -> "ok"; int64 B, K, M; int32 lengths[B]; float32 emissions[M][K]; int32 gold[M]; float32 transitions, start, end
check nll <file>   -> "ok"; writes float32 loss[B], d_emissions[M][K], d_transitions, d_start, d_end (of the mean loss)
check decode <file>-> "ok"; writes int32 tags[M]
time nll|decode    -> CPU seconds of one call; on a GPU (first argument "cuda") seconds by the clock until it is done
"""
import importlib.metadata
import sys
import time

import numpy as np
import torch
import torchcrf

DEVICE = torch.device(sys.argv[1] if len(sys.argv) > 1 else "cpu")


class Case:
    def __init__(self, path):
        with open(path, "rb") as f:
            count, tags, words = (int(v) for v in np.fromfile(f, np.int64, 3))
            self.lengths = np.fromfile(f, np.int32, count)
            emissions = np.fromfile(f, np.float32, words * tags).reshape(words, tags)
            gold = np.fromfile(f, np.int32, words)
            self.crf = torchcrf.CRF(tags)
            with torch.no_grad():
                self.crf.transitions.copy_(torch.from_numpy(np.fromfile(f, np.float32, tags * tags).reshape(tags, tags)))
                self.crf.start_transitions.copy_(torch.from_numpy(np.fromfile(f, np.float32, tags)))
                self.crf.end_transitions.copy_(torch.from_numpy(np.fromfile(f, np.float32, tags)))
        self.crf.to(DEVICE)
        longest = int(self.lengths.max())
        self.emissions = torch.zeros(longest, count, tags)
        self.gold = torch.zeros(longest, count, dtype=torch.long)
        self.mask = torch.zeros(longest, count, dtype=torch.bool)
        row = 0
        for b, n in enumerate(self.lengths):
            self.emissions[:n, b] = torch.from_numpy(emissions[row : row + n])
            self.gold[:n, b] = torch.from_numpy(gold[row : row + n].astype(np.int64))
            self.mask[:n, b] = True
            row += n
        self.emissions = self.emissions.to(DEVICE).requires_grad_(True)
        self.gold, self.mask = self.gold.to(DEVICE), self.mask.to(DEVICE)

    def nll(self):
        self.emissions.grad = None
        self.crf.zero_grad(set_to_none=True)
        loss = -self.crf(self.emissions, self.gold, self.mask, reduction="mean")
        loss.backward()

    def decode(self):
        with torch.no_grad():
            return self.crf.decode(self.emissions, self.mask)

    def check(self, what, path):
        with open(path, "wb") as f:
            if what == "decode":
                np.array([y for sentence in self.decode() for y in sentence], np.int32).tofile(f)
                return
            self.nll()
            with torch.no_grad():
                (-self.crf(self.emissions, self.gold, self.mask, reduction="none")).cpu().numpy().tofile(f)
            for b, n in enumerate(self.lengths):
                self.emissions.grad[:n, b].contiguous().cpu().numpy().tofile(f)
            for p in (self.crf.transitions, self.crf.start_transitions, self.crf.end_transitions):
                p.grad.cpu().numpy().tofile(f)


def main():
    torch.set_num_threads(1)
    case = None
    for line in sys.stdin:
        words = line.split()
        if words[0] == "hello":
            answer = torch.__version__ + " " + importlib.metadata.version("pytorch-crf")
        elif words[0] == "load":
            case = Case(words[1])
            answer = "ok"
        elif words[0] == "check":
            case.check(words[1], words[2])
            answer = "ok"
        else:
            call = case.nll if words[1] == "nll" else case.decode
            clock = time.process_time if DEVICE.type == "cpu" else time.perf_counter
            begin = clock()
            call()
            if DEVICE.type == "cuda":
                torch.cuda.synchronize()
            answer = repr(clock() - begin)
        print(answer, flush=True)


if __name__ == "__main__":
    main()
