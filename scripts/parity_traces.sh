#!/usr/bin/env bash
# Follows the training traces of the PyTorch reference and prints the worst relative difference of the losses.
#
#   scripts/parity_traces.sh [--json] [--reference DIR] [--program FILE]
#
# DIR (default: ../shared/reference beside the checkout) holds traces/nll.jsonl, traces/nll_hf3.jsonl and
# traces/init.safetensors; the sentences are the first 64 of WNUT-17 train below $CLNER_DATA (default: ../shared/data). No
# dropout, batches of 4 in file order, 20 steps, once with torch's AdamW and once with that of transformers 3.
# Exit codes: 0 all within 1e-4, 1 not, 66 no traces or data.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

json=0 reference=$root/../shared/reference program=$root/build/release/bin/clner
while (($# > 0)); do
  case $1 in
    --json) json=1 ;;
    --reference)
      (($# > 1)) || die "$kUsage" "'--reference' needs a value" "give the folder that holds traces/"
      reference=$2
      shift
      ;;
    --program)
      (($# > 1)) || die "$kUsage" "'--program' needs a value" "give the path of clner"
      program=$2
      shift
      ;;
    -h | --help) print_help && exit 0 ;;
    *) die "$kUsage" "unknown option '$1'" "scripts/parity_traces.sh --help lists the options" ;;
  esac
  shift
done
readonly train_file=${CLNER_DATA:-$root/../shared/data}/wnut17/wnut17train.conll
for file in "$reference"/traces/{nll.jsonl,nll_hf3.jsonl,init.safetensors} "$train_file"; do
  [[ -r $file ]] || die 66 "'$file' is missing" "give --reference, or set CLNER_DATA"
done

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
awk '/^[ \t]*$/ {if (++sentences == 64) {print ""; exit}} {print}' "$train_file" >"$work/train.conll"
cat >"$work/trace.yaml" <<END
format: 1
name: trace
threads: 2
data: {train: {sentences: $work/train.conll}}
model:
  encoder: {path: $root/models/minilm-l6, word_dropout: 0, dropout: 0}
  head: {constraints: 'off', init_from: $reference/traces/init.safetensors}
train:
  epochs: 2
  batch_sentences: 4
  batching: file
  select: last
  groups: [{match: '^crf\\.', lr: 0.05}]
logging: {trace: true}
END
"$program" --quiet train -c "$work/trace.yaml" -o "$work/nll" >"$work/log"
"$program" --quiet train -c "$work/trace.yaml" -o "$work/nll_hf3" --set train.optimizer.eps_placement=hf3 >"$work/log"

# worst REFERENCE OURS KEY: largest relative difference of KEY over the steps of the reference.
worst() {
  paste -d '\n' <(grep -o "\"$3\": *[-0-9.e+]*" "$1" | sed 's/.*: *//') \
    <(grep -o "\"$3\": *[-0-9.e+]*" "$2" | sed 's/.*: *//' | head -n "$(wc -l <"$1")") |
    awk 'NR % 2 {r = $1; next} {d = ($1 - r) / r; if (d < 0) d = -d; if (d > w) w = d; ++n} END {if (!n) exit 1; printf "%.3g", w}'
}
declare -A loss norm
for trace in nll nll_hf3; do
  loss[$trace]=$(worst "$reference/traces/$trace.jsonl" "$work/$trace/trace.jsonl" loss)
  norm[$trace]=$(worst "$reference/traces/$trace.jsonl" "$work/$trace/trace.jsonl" grad_norm)
done
steps=$(wc -l <"$reference/traces/nll.jsonl")
if ((json)); then
  printf '{"schema_version":1,"steps":%d,"nll":%s,"nll_grad_norm":%s,"nll_hf3":%s,"nll_hf3_grad_norm":%s}\n' \
    "$steps" "${loss[nll]}" "${norm[nll]}" "${loss[nll_hf3]}" "${norm[nll_hf3]}"
else
  for trace in nll nll_hf3; do
    printf '%s: %d steps, worst relative difference of the loss %s, of the gradient norm %s\n' \
      "$trace" "$steps" "${loss[$trace]}" "${norm[$trace]}"
  done
fi
awk -v a="${loss[nll]}" -v b="${loss[nll_hf3]}" 'BEGIN {exit !(a <= 1e-4 && b <= 1e-4)}'
