#!/usr/bin/env bash
# Kills a training again and again and checks that the resumed run ends with the bytes of one that was never interrupted.
#
#   scripts/chaos.sh [--kills N] [--seed N] [--program FILE]
#
# Trains configs/quickstart.yaml (two epochs, a checkpoint every 3 steps) once to the end, then with SIGKILL at N random moments
# (default 20) and --resume after each, and compares best/model.safetensors. Exit codes: 0 equal, 1 not, 64 wrong option.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

kills=20 seed=1 program=$root/build/release/bin/clner
while (($# > 0)); do
  case $1 in
    --kills | --seed | --program)
      (($# > 1)) || die "$kUsage" "'$1' needs a value" "scripts/chaos.sh --help shows the options"
      declare "${1#--}=$2"
      shift
      ;;
    -h | --help) print_help && exit 0 ;;
    *) die "$kUsage" "unknown option '$1'" "scripts/chaos.sh --help lists the options" ;;
  esac
  shift
done

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
readonly train=("$program" --quiet --threads 2 train -c "$root/configs/quickstart.yaml" --set train.epochs=2 --set train.save_every=3)

say "chaos: the run that nothing interrupts"
started=$(date +%s%N)
"${train[@]}" -o "$work/straight" >>"$work/log" 2>&1 || die 1 "the run failed" "its output: $(tail -n 3 "$work/log")"
readonly milliseconds=$((($(date +%s%N) - started) / 1000000))

RANDOM=$seed
killed=0 finished=0
while ((killed < kills)); do
  # Runs that reached their end begin anew, so that every kill hits a training.
  if ((finished)); then
    cmp "$work/straight/best/model.safetensors" "$work/run/best/model.safetensors" || exit 1
    rm -rf -- "$work/run"
    finished=0
  fi
  "${train[@]}" -o "$work/run" --resume >>"$work/log" 2>&1 &
  pid=$!
  delay=$((RANDOM % milliseconds))
  sleep "$((delay / 1000)).$(printf '%03d' $((delay % 1000)))"
  if kill -KILL "$pid" 2>/dev/null; then killed=$((killed + 1)); fi
  status=0
  wait "$pid" || status=$?
  case $status in
    0) finished=1 ;;
    137) say "chaos: kill $killed of $kills after $delay ms" ;;
    *) die 1 "the resumed run ended with exit code $status" "its output: $(tail -n 3 "$work/log")" ;;
  esac
done
"${train[@]}" -o "$work/run" --resume >>"$work/log" 2>&1 || die 1 "the last resume failed" "its output: $(tail -n 3 "$work/log")"
cmp "$work/straight/best/model.safetensors" "$work/run/best/model.safetensors" || exit 1
say "chaos: $killed kills, same bytes: $(sha256sum <"$work/run/best/model.safetensors" | cut -c1-64)"
