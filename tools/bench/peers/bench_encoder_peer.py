"""Peer of bench_encoder: states of the last layer by transformers, ctranslate2 and onnxruntime, from given ids.

Usage: bench_encoder_peer.py WORK MODEL THREADS        WORK holds work.json and states.safetensors of the benchmark
Requests, one a line:  versions  |  check ENGINE  |  time ENGINE      Answers: one JSON value a line.
Engines: transformers (sdpa, file order), transformers-sorted, ctranslate2, onnxruntime (both sorted by length).
"""
import json
import sys
import time

import numpy as np
import torch
import transformers
from safetensors.numpy import load_file

BATCH = 32


def batches(sequences, by_length):
    order = list(range(len(sequences)))
    if by_length:
        order.sort(key=lambda i: -len(sequences[i]))
    return [order[i:i + BATCH] for i in range(0, len(order), BATCH)]


def padded(sequences, pad):
    longest = max(map(len, sequences))
    ids = np.full((len(sequences), longest), pad, np.int64)
    mask = np.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, :len(sequence)], mask[row, :len(sequence)] = sequence, 1
    return ids, mask


class Transformers:
    sorted = False

    def __init__(self, work, directory, threads):
        self.model = transformers.AutoModel.from_pretrained(directory, dtype=torch.float32, attn_implementation="sdpa").eval()
        self.pad = self.model.config.pad_token_id or 0

    @torch.inference_mode()
    def __call__(self, sequences):
        ids, mask = padded(sequences, self.pad)
        return self.model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).last_hidden_state.numpy()


class SortedTransformers(Transformers):
    sorted = True


class CTranslate2:
    sorted = True

    def __init__(self, work, directory, threads):
        import ctranslate2
        out = work + "/ct2"
        ctranslate2.converters.TransformersConverter(directory).convert(out, force=True)
        self.encoder = ctranslate2.Encoder(out, device="cpu", inter_threads=1, intra_threads=threads, compute_type="float32")

    def __call__(self, sequences):
        return np.array(self.encoder.forward_batch(sequences).last_hidden_state)


class LastStates(torch.nn.Module):
    """What is exported: the states alone, from arguments given by name."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


class OnnxRuntime:
    sorted = True

    def __init__(self, work, directory, threads):
        import onnxruntime
        model = transformers.AutoModel.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager").eval()
        self.pad = model.config.pad_token_id or 0
        path = work + "/model.onnx"
        axes = {0: "batch", 1: "length"}
        torch.onnx.export(LastStates(model), (torch.ones(2, 8, dtype=torch.long), torch.ones(2, 8, dtype=torch.long)), path, dynamo=False,
                          input_names=["input_ids", "attention_mask"], output_names=["states"],
                          dynamic_axes={"input_ids": axes, "attention_mask": axes, "states": axes})
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])

    def __call__(self, sequences):
        ids, mask = padded(sequences, self.pad)
        return self.session.run(["states"], {"input_ids": ids, "attention_mask": mask})[0]


ENGINES = {"transformers": Transformers, "transformers-sorted": SortedTransformers, "ctranslate2": CTranslate2, "onnxruntime": OnnxRuntime}


def largest_difference(engine, sequences, work, ours):
    worst = 0.0
    for chosen in batches(sequences, True):
        states = engine([sequences[i] for i in chosen])
        for row, i in enumerate(chosen):
            if work["pool"][i]:
                worst = max(worst, float(np.abs(states[row][work["pool"][i]] - ours[str(i)]).max()))
    return worst


def main():
    directory, model, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    torch.set_num_threads(threads)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    work, engines = json.load(open(directory + "/work.json")), {}
    sequences, ours = work["ids"], load_file(directory + "/states.safetensors")
    for line in sys.stdin:
        request = line.split()
        if request[0] == "versions":
            import ctranslate2
            import onnxruntime
            answer = {"torch": torch.__version__, "transformers": transformers.__version__,
                      "ctranslate2": ctranslate2.__version__, "onnxruntime": onnxruntime.__version__}
        else:
            name = request[1]
            if name not in engines:
                engines[name] = ENGINES[name](directory, model, threads)
            engine = engines[name]
            if request[0] == "check":
                answer = largest_difference(engine, sequences, work, ours)
            else:
                began = time.perf_counter()
                for chosen in batches(sequences, engine.sorted):
                    engine([sequences[i] for i in chosen])
                answer = time.perf_counter() - began
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
