#!/usr/bin/env python3
"""Checks that every folder of the C++ code includes only what its layer may use.

  scripts/check_layers.py [--root DIR]    checks include/, src/ and tools/ of the repository; exit 1 when a rule is broken
  scripts/check_layers.py --self-test     checks the checker itself on made-up trees

The rules are explained in docs/internals/layers.md. Tests may include everything and are not looked at.
"""

import argparse
import pathlib
import re
import sys
import tempfile

# Folder -> folders it may include besides itself; lowest layer first. "clner" is the public API, include/clner.
TEXT = "clner core config data tokenize"  # layers 0 and 1
TORCH = TEXT + " kernels retrieval views eval tensor ops"  # layers 0 to 3
ALLOWED = {
    "clner": "",
    "core": "clner",
    "kernels": "",
    "config": "clner core",
    "data": "clner core",
    "tokenize": "clner core",
    "retrieval": TEXT,
    "views": TEXT,
    "eval": TEXT,
    "tensor": TEXT + " kernels retrieval views eval",
    "ops": TEXT + " kernels retrieval views eval",
    "nn": TORCH,
    "objectives": TORCH + " nn",
    "model": TORCH + " nn",
    "train": TORCH + " nn objectives model",
    "dist": TORCH + " nn objectives model",
    "api": TORCH + " nn objectives model train dist",
    "tools": TEXT + " views retrieval eval",
    "tools/bench": TORCH + " nn objectives model train",
}
# Single files that a folder may include besides: an objective is computed on a model; the program opens libclner.so through a
# table of functions. The second must stay free of LibTorch, which is checked.
EXCEPTIONS = {("objectives", "model/model.h"), ("tools", "api/entry.h"), ("tools/bench", "api/entry.h")}
TORCH_FREE_FILES = {"src/api/entry.h"}

TORCH_FREE = {"clner", "core", "kernels", "config", "data", "tokenize", "retrieval", "views", "eval", "tools"}
TORCH_HEADERS = ("torch/", "ATen/", "c10/", "caffe2/")
# Public headers show no type of a library; the logger is reached through core/log.h, because LibTorch brings another fmt.
NOT_PUBLIC = TORCH_HEADERS + ("yaml-cpp/", "spdlog/", "fmt/", "nlohmann/", "sentencepiece", "CLI/", "hwy/", "curl/", "sqlite3")

SUFFIXES = {".h", ".cc", ".cu", ".cuh"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?P<quote>[<"])(?P<path>[^>"\n]+)[>"]', re.MULTILINE)
BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def folder_of(path):
    """The folder of ALLOWED that a file (relative to the root) belongs to, or None."""
    parts = path.parts
    if parts[0] == "include":
        return parts[1] if len(parts) > 2 else None
    if parts[0] == "src":
        return parts[1] if len(parts) > 2 else None
    return "/".join(parts[:-1])  # tools, tools/bench


def project_folder(root, target):
    """The folder an include names, or None when it is not a header of the project."""
    first = target.split("/", 1)[0]
    if "/" not in target:
        return None
    known = first in ALLOWED or (root / "src" / first).is_dir() or (root / "include" / first).is_dir()
    return first if known else None


def includes_of(text):
    """Pairs (line number, quote, path) of the include lines outside block comments."""
    blanked = BLOCK_COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    for match in INCLUDE.finditer(blanked):
        yield blanked.count("\n", 0, match.start("path")) + 1, match.group("quote"), match.group("path")


def problem_with(root, file, folder, quote, target):
    """Why `file` may not include `target`; None when it may."""
    if ".." in target.split("/"):
        return "'..' in an include path; write it from src/ or include/"
    if folder in TORCH_FREE and target.startswith(TORCH_HEADERS):
        return f"'{folder}' must not include LibTorch"
    if file.relative_to(root).as_posix() in TORCH_FREE_FILES:
        if target.startswith(TORCH_HEADERS) or project_folder(root, target) not in {None, *TEXT.split()}:
            return f"this header may include only: {TEXT}; it is read by programs without LibTorch"
    if folder == "clner" and target.startswith(NOT_PUBLIC):
        return "a public header must not include a library"
    if target.startswith("spdlog/") and folder != "core":
        return "only 'core' includes spdlog; log through core/log.h"
    if quote == '"' and "/" not in target:
        if (file.parent / target).is_file() and folder.startswith("tools"):
            return None
        return "an include of the project names its folder"
    other = project_folder(root, target)
    if other is None or other == folder or (folder, target) in EXCEPTIONS:
        return None
    if other not in ALLOWED[folder].split():
        return f"'{folder}' may include only: {ALLOWED[folder] or 'nothing of the project'}"
    return None


def check(root):
    """All broken rules below root, as lines of text, and the number of files looked at."""
    problems = []
    count = 0
    files = [path for top in ("include", "src", "tools") for path in sorted((root / top).rglob("*")) if path.suffix in SUFFIXES]
    for file in files:
        relative = file.relative_to(root)
        count += 1
        folder = folder_of(relative)
        if folder not in ALLOWED:
            problems.append(f"{relative}: folder '{folder}' is not in the table of scripts/check_layers.py")
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        for line, quote, target in includes_of(text):
            problem = problem_with(root, file, folder, quote, target)
            if problem:
                problems.append(f"{relative}:{line}: includes '{target}': {problem}")
    return problems, count


# One made-up tree per row: file, its content, and a part of the expected message (None: no problem expected).
CASES = [
    ("src/core/a.cc", '#include "clner/error.h"\n#include <spdlog/spdlog.h>\n', None),
    ("src/core/a.cc", '#include "data/sentence.h"\n', "src/core/a.cc:1: includes 'data/sentence.h': 'core' may include only: clner"),
    ("src/data/a.h", '// first\n#include "tokenize/t.h"\n', "src/data/a.h:2"),
    ("src/data/a.h", "#include <ATen/core/Tensor.h>\n", "'data' must not include LibTorch"),
    ("src/eval/a.cc", "#  include  <torch/torch.h>\n", "'eval' must not include LibTorch"),
    ("src/views/a.cc", "#include <c10/util/Half.h>\n", "'views' must not include LibTorch"),
    ("src/eval/a.cc", '#include "views/view.h"\n', "'eval' may include only"),
    ("src/kernels/a.cc", '#include "kernels/crf.h"\n#include <hwy/highway.h>\n', None),
    ("src/kernels/a.cc", '#include "core/error.h"\n', "'kernels' may include only: nothing of the project"),
    ("src/kernels/a.cc", "#include <clner/error.h>\n", "'kernels' may include only: nothing of the project"),
    ("src/nn/a.cc", '#include "ops/crf_op.h"\n#include <torch/torch.h>\n', None),
    ("src/nn/a.cc", "#include <spdlog/spdlog.h>\n", "only 'core' includes spdlog"),
    ("src/ops/a.cc", '#include "tensor/batch.h"\n', "'ops' may include only"),
    ("src/nn/a.cc", '#include "train/state.h"\n', "'nn' may include only"),
    ("src/objectives/a.h", '#include "model/model.h"\n', None),
    ("src/objectives/a.h", '#include "model/weights.h"\n', "'objectives' may include only"),
    ("src/model/a.h", '#include "objectives/objective.h"\n', "'model' may include only"),
    ("src/train/a.cc", '#include "dist/group.h"\n', "'train' may include only"),
    ("src/train/a.cc", '#include "../core/error.h"\n', "'..' in an include path"),
    ("src/train/a.cc", '#include "state.h"\n', "names its folder"),
    ("src/train/a.cc", '/* #include "api/a.h"\n#include "api/b.h" */ // #include "api/c.h"\n', None),
    ("src/train/a.cc", '/* one\n two */\n#include "api/a.h"\n', "src/train/a.cc:3"),
    ("src/misc/a.cc", "", "folder 'misc' is not in the table"),
    ("src/a.cc", "", "folder 'None' is not in the table"),
    ("include/clner/a.h", "#include <string>\n", None),
    ("include/clner/a.h", "#include <yaml-cpp/yaml.h>\n", "a public header must not include a library"),
    ("include/clner/a.h", "#include <torch/types.h>\n", "'clner' must not include LibTorch"),
    ("tools/cmd_a.cc", '#include "commands.h"\n#include "eval/scores.h"\n#include <CLI/CLI.hpp>\n', None),
    ("tools/cmd_a.cc", '#include "other.h"\n', "names its folder"),
    ("tools/cmd_a.cc", '#include "train/state.h"\n', "'tools' may include only"),
    ("tools/cmd_a.cc", "#include <torch/torch.h>\n", "'tools' must not include LibTorch"),
    ("tools/bench/a.cc", '#include "kernels/crf.h"\n', None),
    ("tools/a.h", '#include "api/entry.h"\n', None),
    ("tools/a.h", '#include "api/backend.h"\n', "'tools' may include only"),
    ("src/api/entry.h", '#include "data/sentence.h"\n#include <string>\n', None),
    ("src/api/entry.h", "#include <ATen/core/Tensor.h>\n", "this header may include only"),
    ("src/api/entry.h", '#include "model/model.h"\n', "this header may include only"),
    ("tools/cmd_a.cc", '#include "kernels/crf.h"\n', "'tools' may include only"),
]


def self_test():
    """Runs CASES; returns the failed ones."""
    failed = []
    for path, content, expected in CASES:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in ALLOWED:  # so that includes of every folder are recognised
                (root / name if name.startswith("tools") else root / "src" / name).mkdir(parents=True, exist_ok=True)
            (root / "tools" / "commands.h").write_text("")
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content)
            problems, _ = check(root)
        good = not problems if expected is None else len(problems) == 1 and expected in problems[0]
        if not good:
            failed.append(f"{path} with {content!r}: expected {expected!r}, got {problems}")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        problems, count = self_test(), len(CASES)
    else:
        problems, count = check(options.root)
        if count == 0:
            problems = [f"no source file below '{options.root}'"]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"check_layers: {count} {'cases' if options.self_test else 'files'}, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
