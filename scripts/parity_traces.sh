#!/usr/bin/env bash
# Follows the training traces of the PyTorch reference and prints the worst relative difference of loss and gradient norm.
#
#   scripts/parity_traces.sh [--json] [--paper] [--reference DIR] [--program FILE] [--python FILE]
#
#   --paper       also run the reference in its paper mode, which has no stored traces (needs what setup_peers.sh installs)
#
# DIR (default: ../shared/reference beside the checkout) holds clner_reference.py, traces/*.jsonl and traces/init.safetensors;
# the sentences are the first 64 of WNUT-17 train and of its contexts below $CLNER_DATA (default: ../shared/data). No dropout,
# batches of 4 in file order, 20 steps: NLL of the sentences, of those with contexts, with AdamW as in transformers 3, and
# Cooperative Learning with KL and L2.
# Exit codes: 0 all within 1e-4, 1 not, 66 no traces or data.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

json=0 paper=0 reference=$root/../shared/reference program=$root/build/release/bin/clner python=$root/.venv-peers/bin/python
while (($# > 0)); do
  case $1 in
    --json) json=1 ;;
    --paper) paper=1 ;;
    --reference | --program | --python)
      (($# > 1)) || die "$kUsage" "'$1' needs a value" "scripts/parity_traces.sh --help lists the options"
      declare "${1#--}=$2"
      shift
      ;;
    -h | --help) print_help && exit 0 ;;
    *) die "$kUsage" "unknown option '$1'" "scripts/parity_traces.sh --help lists the options" ;;
  esac
  shift
done
readonly traces=(nll nll_context nll_hf3 cl_kl cl_l2)
readonly data=${CLNER_DATA:-$root/../shared/data}
readonly wnut=$data/wnut17 contexts=$data/clner_contexts/wnut17_bertscore_eos_doc_full encoder=$root/models/minilm-l6
readonly init=$reference/traces/init.safetensors
for file in "${traces[@]/#/$reference/traces/}"; do
  [[ -r $file.jsonl ]] || die 66 "'$file.jsonl' is missing" "give --reference"
done
for file in "$init" "$wnut/wnut17train.conll" "$contexts/train.txt"; do
  [[ -r $file ]] || die 66 "'$file' is missing" "give --reference, or set CLNER_DATA"
done

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
first_64() { awk '/^[ \t]*$/ {if (++sentences == 64) {print ""; exit}} {print}' "$1"; }
first_64 "$wnut/wnut17train.conll" >"$work/train.conll"
first_64 "$contexts/train.txt" >"$work/contexts.conll"
cat >"$work/trace.yaml" <<END
format: 1
name: trace
threads: 2
data: {train: {sentences: $work/train.conll, contexts: $work/contexts.conll}}
model:
  encoder: {path: $encoder, word_dropout: 0, dropout: 0}
  head: {constraints: 'off', init_from: $init}
train:
  epochs: 2
  batch_sentences: 4
  batching: file
  select: last
  groups: [{match: '^crf\\.', lr: 0.05}]
logging: {trace: true}
END

# follow NAME REFERENCE OPTION [TERM]: trains with OPTION and prints "NAME WORST", the worst of loss, gradient norm and TERM.
follow() {
  "$program" --quiet train -c "$work/trace.yaml" -o "$work/$1" --set "$3" >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; die 1 "training for trace '$1' failed"; }
  python3 "$root/scripts/golden/compare_traces.py" "$2" "$work/$1/trace.jsonl" ${4:+--term "$4"} |
    python3 -c 'import json, sys; row = json.load(sys.stdin); print(sys.argv[1], max(row["loss"], row["grad_norm"], row["term"]))' "$1"
}
declare -rA options=([nll]='objective.type=nll' [nll_context]='objective.view=context' [nll_hf3]='train.optimizer.eps_placement=hf3'
  [cl_kl]='objective={type: cooperative, cl: kl}' [cl_l2]='objective={type: cooperative, cl: l2}')
# The NLL of a batch with contexts is compared within the loss alone: the reference counts its plain sentences to it.
declare -rA terms=([nll]='' [nll_context]='' [nll_hf3]='' [cl_kl]=cl=cl_kl [cl_l2]=cl=cl_l2)
for name in "${traces[@]}"; do
  follow "$name" "$reference/traces/$name.jsonl" "${options[$name]}" "${terms[$name]}" >>"$work/worst"
done
if ((paper)); then
  "$python" -c 'import transformers' 2>/dev/null || die "$kUnavailable" "'$python' has no transformers" "run scripts/setup_peers.sh, or give --python"
  for cl in kl l2; do
    "$python" "$reference/clner_reference.py" --encoder "$encoder" --train "$wnut/wnut17train.conll" --dev "$wnut/emerging.dev.conll" \
      --test "$wnut/emerging.test.annotated" --contexts "$contexts"/{train,dev,test}.txt --no-dropout --no-shuffle --limit 64 \
      --batch-size 4 --steps 20 --epochs 2 --lr 5e-5 --lr-crf 0.05 --seed 1 --init-from "$init" --mode paper --cl "$cl" \
      --dump "$work/paper_$cl.jsonl" >"$work/log" 2>&1
    # The reference shows a sentence without contexts as its own context view in both modes.
    follow "paper_$cl" "$work/paper_$cl.jsonl" "objective={type: cooperative, mode: paper, cl: $cl, without_context: copy}" "cl=cl_$cl" >>"$work/worst"
  done
fi

if ((json)); then
  awk 'BEGIN {printf "{\"schema_version\":1,\"steps\":20"} {printf ",\"%s\":%.3g", $1, $2} END {print "}"}' "$work/worst"
else
  awk '{printf "%-12s 20 steps, worst relative difference of loss and gradient norm %.3g\n", $1, $2}' "$work/worst"
fi
awk '$2 > 1e-4 {bad = 1} END {exit bad}' "$work/worst"
