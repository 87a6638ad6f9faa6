#!/usr/bin/env bash
# scripts/retrieve_and_train.sh with a program that only plays clner: what is run, skipped and resumed, and the table.
# Usage: retrieve_and_train_test.sh SOURCE_DIR
# shellcheck disable=SC2016  # the body of the fake program expands when it runs
set -euo pipefail

source_dir=$1
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
readonly data="$work/the data" out="$work/the results" script=$source_dir/scripts/retrieve_and_train.sh
failures=0

# check WHAT COMMAND...: the command must succeed.
check() {
  local what=$1
  shift
  if ! "$@"; then
    printf 'FAILED: %s (%s)\n' "$what" "$*"
    failures=$((failures + 1))
  fi
}

# expect CODE TEXT COMMAND...
expect() {
  local code=$1 text=$2 status=0 output
  shift 2
  output=$(cd / && "$@" 2>&1 </dev/null) || status=$?
  if [[ $status != "$code" || $output != *"$text"* ]]; then
    printf 'FAILED: %s\n  expected code %s and: %s\n  got code %s and:\n%s\n' "$*" "$code" "$text" "$status" "$output"
    failures=$((failures + 1))
  fi
}

mkdir -p "$data/wikipedia" "$data/wnut17" "$data/clner_contexts/wnut17_bertscore_eos_doc_full"
for i in {1..2100}; do printf '%s\ttext\ttitle\n' "$i"; done >"$data/wikipedia/wikipedia_leads.tsv"
for i in {1..205}; do printf 'word%s\tO\n \n' "$i"; done >"$data/sentences"
for file in wnut17/wnut17train.conll wnut17/emerging.dev.conll wnut17/emerging.test.annotated; do cp "$data/sentences" "$data/$file"; done
for split in train dev test; do cp "$data/sentences" "$data/clner_contexts/wnut17_bertscore_eos_doc_full/$split.txt"; done

# The F1 of a model: 0.2 or 0.4 by its seed, 0.1 more with contexts.
cat >"$work/clner" <<'FAKE'
#!/usr/bin/env bash
set -euo pipefail
arguments="$*"
echo "$arguments" >>"$CALLS"
command=$1
while (($# > 0)) && [[ $1 != -o ]]; do shift; done
output=${2:-}
case $command in
  index | contexts) echo made >"$output" ;;
  train)
    mkdir -p "$output/best"
    if [[ -n ${FAIL_AT:-} && $arguments == *"$FAIL_AT"* ]]; then exit 75; fi
    echo '{"train": {"seconds": 12.5}}' >"$output/report.json"
    ;;
  predict) echo tagged >"$output" ;;
  eval)
    tens=2
    if [[ $arguments == *seed-3* ]]; then tens=4; fi
    if [[ $arguments == */with.conll* ]]; then tens=$((tens + 1)); fi
    echo "{\"micro\": {\"f1\": 0.$tens}}"
    ;;
esac
FAKE
chmod +x "$work/clner"
export CALLS=$work/calls CLNER_DATA=$data
run=("$script" --program "$work/clner" --out "$out" --seeds '1 3' --epochs 2)
calls() { grep -c -- "$1" "$CALLS" || true; }

expect 64 "unknown option '--bogus'" "$script" --bogus
expect 64 "'--seeds' needs a value" "$script" --seeds
expect 64 "'one' are no seeds" "$script" --seeds one
expect 64 "'0' is no number of epochs" "$script" --epochs 0
expect 66 "wikipedia_leads.tsv' is missing" env CLNER_DATA="$work/none" "${run[@]}"
expect 66 "none' is missing" "$script" --program "$work/none" --out "$out"

# The third training is stopped; what was finished before stays, and the stopped one is resumed.
expect 75 'retrieving contexts for test' env FAIL_AT='own/wnut17_cl_kl/seed-1' "${run[@]}"
check 'two models are scored without and with contexts' test "$(calls '^eval ')" = 4
expect 0 '| retrieved from the leads | W/ CONTEXT | 30.00 ± 14.14 | 40.00 ± 14.14 | 12 ± 0 |' "${run[@]}"
check 'eight trainings and the one that was stopped' test "$(calls '^train ')" = 9
check 'only the stopped one is resumed' test "$(calls '--resume')" = 1
check 'the index is built once' test "$(calls '^index build')" = 1
check 'contexts are made once' test "$(calls '^contexts ')" = 3
check 'other splits are excluded' grep -q -- '--exclude .*/dev.conll --exclude .*/test.conll' "$CALLS"
check 'presets are used' test "$(calls 'train -c wnut17_cl_kl .*train.epochs=2')" = 5
check 'contexts are replaced' test "$(calls 'data.test.contexts=.*/own_test.jsonl')" = 5
check 'results.json has the numbers' python3 - "$out/results.json" <<'END'
import json, sys
results = json.load(open(sys.argv[1]))
row = results["rows"][3]
assert results["seeds"] == [1, 3] and len(results["rows"]) == 4
assert (row["contexts"], row["preset"]) == ("clner", "wnut17_cl_kl")
assert row["f1_with_contexts"]["values"] == [0.3, 0.5] and row["train_seconds"]["mean"] == 12.5
END

# Once more: nothing is left to do. Another number of epochs is no addition to these results.
before=$(wc -l <"$CALLS")
expect 0 '± 14.14' "${run[@]}"
check 'nothing is run again' test "$(wc -l <"$CALLS")" = "$before"
expect 64 'holds results of other options' "$script" --program "$work/clner" --out "$out" --epochs 3

expect 0 '| those of CLNER | CL-KL | 20.00 | 30.00 | 12 |' "$script" --program "$work/clner" --out "$out-quick" --quick
check 'a trial has 200 sentences' test "$(grep -c word "$out-quick/data/train.conll")" = 200
check 'and 2,000 leads' test "$(wc -l <"$out-quick/data/leads.tsv")" = 2000
check 'and one epoch' grep -q 'the results-quick/.* --set train.epochs=1' "$CALLS"

if ((failures > 0)); then
  echo "$failures failures"
  exit 1
fi
echo 'the script retrieves, trains, resumes and reports'
