"""Peer of bench_predict's program case: a library that is loaded already tags a column file into another.

Arguments: pipeline|flair MODEL THREADS.  Requests, one a line:  versions  |  tag IN OUT      Answers: one JSON value a line.
pipeline: transformers' token classification pipeline over the model directory, batches of 32 sentences; a word has the
tag of its first piece. flair: a SequenceTagger over the same encoder with the classifier and the CRF of the model.
"""
import json
import sys
import time

import torch

BATCH = 32


def read_columns(path):
    sentences, words = [], []
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if line.strip():
            words.append(line.split()[0])
        elif words:
            sentences.append(words)
            words = []
    return sentences + [words] if words else sentences


def bio(tag):
    """BIOES to BIO."""
    return {"E": "I", "S": "B"}.get(tag[0], tag[0]) + tag[1:]


class Pipeline:
    def __init__(self, directory):
        import transformers

        transformers.logging.set_verbosity_error()
        self.pipe = transformers.pipeline("token-classification", model=directory, aggregation_strategy="none", ignore_labels=[], dtype=torch.float32)
        self.versions = {"torch": torch.__version__, "transformers": transformers.__version__, "attention": self.pipe.model.config._attn_implementation}

    def tag(self, sentences):
        for words, entities in zip(sentences, self.pipe([" ".join(words) for words in sentences], batch_size=BATCH)):
            by_start = {entity["start"]: entity["entity"] for entity in reversed(entities)}
            start, tags = 0, []
            for word in words:
                tags.append(by_start[start])
                start += len(word) + 1
            yield tags


class Flair:
    def __init__(self, directory):
        import flair
        from flair.data import Dictionary
        from flair.embeddings import TransformerWordEmbeddings
        from flair.models import SequenceTagger
        from safetensors.torch import load_file

        flair.device = torch.device("cpu")
        card, tensors = json.load(open(directory + "/clner.json")), load_file(directory + "/model.safetensors")
        labels = Dictionary(add_unk=False)
        for tag in card["labels"]["tags"]:
            labels.add_item(tag)
        encoder = TransformerWordEmbeddings(directory, layers="-1", subtoken_pooling="first", fine_tune=True)
        # flair's own dictionary is made of types; tags that are given are kept as they are.
        self.tagger = SequenceTagger(encoder, labels, "ner", use_rnn=False, reproject_embeddings=False, use_crf=True, tag_format="BIOES")
        kept = [self.tagger.label_dictionary.get_idx_for_item(tag) for tag in card["labels"]["tags"]]
        crf = self.tagger.crf
        begin, end = (self.tagger.label_dictionary.get_idx_for_item(name) for name in ("<START>", "<STOP>"))
        with torch.no_grad():
            rows = torch.tensor(kept)
            self.tagger.linear.weight[rows] = tensors["classifier.weight"]
            self.tagger.linear.bias[rows] = tensors["classifier.bias"]
            # flair's transitions are [to, from].
            crf.transitions[rows[:, None], rows[None, :]] = tensors["crf.transitions"].T
            crf.transitions[rows, begin] = tensors["crf.start"]
            crf.transitions[end, rows] = tensors["crf.end"]
            if card["head"]["constraints"] == "decode":
                self.forbid(card["labels"]["tags"], kept, begin, end)
        self.tagger.eval()
        self.versions = {"torch": torch.__version__, "flair": flair.__version__}

    def forbid(self, tags, kept, begin, end):
        """flair has no constraints: a large negative score does the same (BIOES only)."""
        transitions = self.tagger.crf.transitions
        for a, before in zip(kept, tags):
            for b, after in zip(kept, tags):
                inside = before[0] in "BI"
                if (after[0] in "IE") != inside or (inside and before[2:] != after[2:]):
                    transitions[b, a] = -1e4
            if before[0] in "IE":
                transitions[a, begin] = -1e4
            if before[0] in "BI":
                transitions[end, a] = -1e4

    def tag(self, sentences):
        from flair.data import Sentence

        made = [Sentence(words) for words in sentences]
        self.tagger.predict(made, mini_batch_size=BATCH)
        for sentence in made:
            tags = ["O"] * len(sentence)
            for span in sentence.get_spans("ner"):
                for i, token in enumerate(span):
                    tags[token.idx - 1] = ("I-" if i else "B-") + span.tag
            yield tags


def main():
    kind, directory = sys.argv[1:3]
    torch.set_num_threads(int(sys.argv[3]))
    peer = {"pipeline": Pipeline, "flair": Flair}[kind](directory)
    for line in sys.stdin:
        request = line.split()
        if request[0] == "versions":
            answer = peer.versions
        else:
            began = time.perf_counter()
            sentences = read_columns(request[1])
            with open(request[2], "w", encoding="utf-8") as out:
                for words, tags in zip(sentences, peer.tag(sentences)):
                    out.write("".join(f"{word} {bio(tag)}\n" for word, tag in zip(words, tags)) + "\n")
            answer = time.perf_counter() - began
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
