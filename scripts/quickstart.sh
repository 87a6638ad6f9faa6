#!/usr/bin/env bash
# From a fresh checkout to a trained and evaluated tagger: set-up, build, then the main job.
#
#   scripts/quickstart.sh
#
# Trains MiniLM with a CRF on the sample corpus in examples/quickstart, tags its test file, scores the tags and prints the
# table. Everything lies in runs/quickstart afterwards; an earlier run there is moved aside.
# Exit code: 0, or that of the step that failed.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

readonly run=runs/quickstart
readonly test_file=examples/quickstart/test.conll
readonly clner=build/release/bin/clner

case ${1:-} in
  '') ;;
  -h | --help) print_help && exit 0 ;;
  *) die "$kUsage" "unknown option '$1'" "scripts/quickstart.sh takes none" ;;
esac

"$root/scripts/setup.sh"
build_preset release clner_cli clner
cd "$root" || exit "$kIo"

started=$SECONDS
say "training on examples/quickstart"
"$clner" train --config configs/quickstart.yaml -o "$run" --overwrite
say "tagging $test_file"
"$clner" predict -m "$run/best" "$test_file" -o "$run/test.tagged.conll"
say "scoring the tags (gold: $test_file)"
"$clner" eval "$test_file" "$run/test.tagged.conll"
[[ -s $run/report.json ]] || die 70 "training ended without '$run/report.json'" "please report this"

cat <<END

The main job took $((SECONDS - started)) s. Its files:
  $run/best/              the model (Hugging Face layout); use it with: $clner predict -m $run/best FILE
  $run/test.tagged.conll  the test file with the predicted tag as last column
  $run/report.json        scores of dev and test, training time and speed
  $run/report.html        the same with curves, confusion of types and examples of errors
  $run/config.yaml        the complete configuration of this run
  $run/metrics.jsonl      everything measured during training
END
