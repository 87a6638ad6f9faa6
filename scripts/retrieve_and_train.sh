#!/usr/bin/env bash
# Retrieves contexts for WNUT-17 from Wikipedia leads, trains on them and on those of CLNER, and compares.
#
#   scripts/retrieve_and_train.sh [--seeds "1 2 3"] [--epochs N] [--out DIR] [--quick] [--program FILE]
#
#   --seeds "N ..."  one training per seed in each of the four cells (default: 1 2 3)
#   --epochs N       of every training (default: that of the presets)
#   --out DIR        where everything is written (default: runs/retrieve_and_train)
#   --quick          the first 200 sentences of each split, 2,000 leads, one epoch and the first seed: a trial of minutes
#   --program FILE   the program clner (default: build/release/bin/clner)
#
# Trains the presets wnut17_context (W/ CONTEXT) and wnut17_cl_kl (CL-KL), MiniLM, with the retrieved contexts (the first 30
# words of up to 6 leads) and with those of CLNER; every model is scored on the test split without and with contexts. DIR/results.md and results.json hold micro F1 as
# mean and standard deviation over the seeds, and wall times. What is finished is skipped when the script is started again with
# the same DIR and options; an interrupted step goes on. Data below $CLNER_DATA (default: ../shared/data).
# Exit codes: 0, 64 wrong options, 66 no data or program, or that of the step that failed.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

seeds='1 2 3' epochs='' out=$root/runs/retrieve_and_train quick=0 program=$root/build/release/bin/clner
while (($# > 0)); do
  case $1 in
    --quick) quick=1 ;;
    --seeds | --epochs | --out | --program)
      (($# > 1)) || die "$kUsage" "'$1' needs a value" "scripts/retrieve_and_train.sh --help lists the options"
      declare "${1#--}=$2"
      shift
      ;;
    -h | --help) print_help && exit 0 ;;
    *) die "$kUsage" "unknown option '$1'" "scripts/retrieve_and_train.sh --help lists the options" ;;
  esac
  shift
done
[[ $seeds =~ ^[0-9]+([\ ,]+[0-9]+)*$ ]] || die "$kUsage" "'$seeds' are no seeds" 'give numbers: --seeds "1 2 3"'
[[ $epochs =~ ^([1-9][0-9]*)?$ ]] || die "$kUsage" "'$epochs' is no number of epochs" "give --epochs 5"
IFS=' ,' read -ra seed_list <<<"$seeds"
if ((quick)); then seed_list=("${seed_list[0]}") epochs=${epochs:-1}; fi

CLNER_DATA=$(realpath -m -- "${CLNER_DATA:-$root/../shared/data}")
CLNER_MODELS=$(realpath -m -- "${CLNER_MODELS:-$root/models}")
export CLNER_DATA CLNER_MODELS  # read by the presets
readonly leads=$CLNER_DATA/wikipedia/wikipedia_leads.tsv theirs=$CLNER_DATA/clner_contexts/wnut17_bertscore_eos_doc_full
readonly splits=(train dev test)
declare -rA sentences=([train]=$CLNER_DATA/wnut17/wnut17train.conll [dev]=$CLNER_DATA/wnut17/emerging.dev.conll
  [test]=$CLNER_DATA/wnut17/emerging.test.annotated)
for file in "$leads" "${sentences[@]}" "$theirs"/{train,dev,test}.txt; do
  [[ -r $file ]] || die 66 "'$file' is missing" "set CLNER_DATA to the folder that holds wikipedia/, wnut17/ and clner_contexts/"
done
[[ -x $program ]] || die 66 "'$program' is missing" "build it with scripts/setup.sh and cmake, or give --program FILE"

mkdir -p -- "$out"
out=$(realpath -- "$out")
take_lock "$out/.lock"
# Results of other options are not mixed: seeds may be added, nothing else may change.
settings="quick=$quick epochs=${epochs:-preset}"
if [[ -s $out/settings && $(<"$out/settings") != "$settings" ]]; then
  die "$kUsage" "'$out' holds results of other options ($(<"$out/settings"))" "give the same options, or another --out DIR"
fi
echo "$settings" >"$out/settings"

clner() { "$program" "$@" 9>&-; }

# write_once FILE COMMAND...: FILE gets the output of the command, when it is whole; nothing is done when FILE is there.
write_once() {
  local file=$1
  shift
  [[ -s $file ]] && return
  "$@" >"$file.part"
  mv -- "$file.part" "$file"
}

first_sentences() { awk -v most="$1" '/^[ \t\r]*$/ {if (had && ++sentences == most) {print ""; exit} had = 0; print; next} {had = 1; print}' "$2"; }

mkdir -p -- "$out/data"
for split in "${splits[@]}"; do
  if ((quick)); then
    write_once "$out/data/$split.conll" first_sentences 200 "${sentences[$split]}"
    write_once "$out/data/clner_$split.conll" first_sentences 200 "$theirs/$split.txt"
  else
    write_once "$out/data/$split.conll" cat "${sentences[$split]}"
    write_once "$out/data/clner_$split.conll" cat "$theirs/$split.txt"
  fi
done
if ((quick)); then
  write_once "$out/data/leads.tsv" head -n 2000 "$leads"
else
  write_once "$out/data/leads.tsv" cat "$leads"
fi

started=$SECONDS
if [[ ! -s $out/leads.idx ]]; then
  say "indexing the leads"
  clner index build "$out/data/leads.tsv" -o "$out/leads.idx"
fi
for split in "${splits[@]}"; do
  contexts=$out/data/own_$split.jsonl
  # A run that was killed at its very end leaves its folder behind; the command tidies up.
  [[ -s $contexts && ! -d $out/data/.own_$split.jsonl.building ]] && continue
  say "retrieving contexts for $split"
  excluded=()
  for other in "${splits[@]}"; do
    if [[ $other != "$split" ]]; then excluded+=(--exclude "$out/data/$other.conll"); fi
  done
  # Whole leads would leave room for hardly one in the 128 pieces of the presets.
  clner contexts -i "$out/leads.idx" "$out/data/$split.conll" -o "$contexts" "${excluded[@]}" --max-words-per-text 30
done
write_once "$out/retrieval_seconds" echo $((SECONDS - started))

# contexts_of KIND SPLIT: the file with the contexts.
contexts_of() { if [[ $1 == own ]]; then echo "$out/data/own_$2.jsonl"; else echo "$out/data/clner_$2.conll"; fi; }

# train PRESET KIND SEED DIR: a finished run is left alone, an interrupted one goes on.
train() {
  local preset=$1 kind=$2 seed=$3 run=$4 split arguments
  [[ -s $run/report.json ]] && return
  arguments=(-c "$preset" -o "$run" --seed "$seed")
  for split in "${splits[@]}"; do
    arguments+=(--set "data.$split.sentences=$out/data/$split.conll" --set "data.$split.contexts=$(contexts_of "$kind" "$split")")
  done
  if [[ -n $epochs ]]; then arguments+=(--set "train.epochs=$epochs"); fi
  if [[ -d $run ]]; then arguments+=(--resume); fi
  say "training $preset on the contexts '$kind', seed $seed"
  clner train "${arguments[@]}"
}

# score RUN NAME CONTEXTS: tags the test split and writes RUN/NAME.json.
score() {
  [[ -s $1/$2.json ]] && return
  clner predict -q -m "$1/best" "$out/data/test.conll" --contexts "$3" -o "$1/$2.conll"
  write_once "$1/$2.json" clner eval -q "$out/data/test.conll" "$1/$2.conll" --json
}

for kind in own clner; do
  for preset in wnut17_context wnut17_cl_kl; do
    for seed in "${seed_list[@]}"; do
      run=$out/$kind/$preset/seed-$seed
      mkdir -p -- "$out/$kind/$preset"
      train "$preset" "$kind" "$seed" "$run"
      score "$run" without none
      score "$run" with "$(contexts_of "$kind" test)"
    done
  done
done

python3 - "$out" "${seed_list[@]}" <<'END'
import json, os, statistics, sys

out, seeds = sys.argv[1], [int(seed) for seed in sys.argv[2:]]
kinds = {"own": "retrieved from the leads", "clner": "those of CLNER"}
presets = {"wnut17_context": "W/ CONTEXT", "wnut17_cl_kl": "CL-KL"}

def read(*parts):
    with open(os.path.join(out, *parts), encoding="utf-8") as file:
        return json.load(file)

def summary(values):
    return {"mean": statistics.mean(values), "sd": statistics.stdev(values) if len(values) > 1 else None, "values": values}

def shown(cell, scale, digits):
    deviation = "" if cell["sd"] is None else f" ± {cell['sd'] * scale:.{digits}f}"
    return f"{cell['mean'] * scale:.{digits}f}{deviation}"

rows = []
for kind in kinds:
    for preset in presets:
        runs = [(kind, preset, f"seed-{seed}") for seed in seeds]
        row = {"contexts": kind, "preset": preset}
        for name in ("without", "with"):
            row[f"f1_{name}_contexts"] = summary([read(*run, f"{name}.json")["micro"]["f1"] for run in runs])
        row["train_seconds"] = summary([read(*run, "report.json")["train"]["seconds"] for run in runs])
        rows.append(row)
with open(os.path.join(out, "retrieval_seconds"), encoding="utf-8") as file:
    retrieval_seconds = int(file.read())
results = {"schema_version": 1, "seeds": seeds, "retrieval_seconds": retrieval_seconds, "rows": rows}
lines = ["| trained on contexts | objective | F1 without contexts | F1 with contexts | training, s |", "|---|---|---|---|---|"]
for row in rows:
    lines.append(f"| {kinds[row['contexts']]} | {presets[row['preset']]} | {shown(row['f1_without_contexts'], 100, 2)} | "
                 f"{shown(row['f1_with_contexts'], 100, 2)} | {shown(row['train_seconds'], 1, 0)} |")
lines += ["", f"WNUT-17 test, micro F1 in percent, mean ± standard deviation over the seeds {', '.join(map(str, seeds))}. "
          f"Index and contexts took {retrieval_seconds} s."]
for name, text in (("results.json", json.dumps(results, indent=2)), ("results.md", "\n".join(lines))):
    path = os.path.join(out, name)
    with open(path + ".part", "w", encoding="utf-8") as file:
        file.write(text + "\n")
    os.replace(path + ".part", path)
END
cat "$out/results.md"
