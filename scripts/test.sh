#!/usr/bin/env bash
# Set-up, build, all tests. The last line is the one that ctest sums up with.
#
#   scripts/test.sh [--dev] [--label REGEX] [--no-setup] [-- CTEST-OPTION...]
#
#   --dev            the Torch-free code under AddressSanitizer and UndefinedBehaviorSanitizer instead of the release build
#   --label REGEX    only tests whose label matches, for example: --label unit
#   --no-setup       skip scripts/setup.sh
#
# Tests on data that is not part of the repository are skipped with a reason unless CLNER_DATA names its folder.
# Exit codes: 0 all passed, 1 a test failed, 64 wrong option, otherwise that of the step that failed.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

preset=release setup=1 options=()
while (($# > 0)); do
  case $1 in
    --dev) preset=dev ;;
    --label)
      (($# > 1)) || die "$kUsage" "'--label' needs a value" "for example: scripts/test.sh --label unit"
      options+=(-L "$2")
      shift
      ;;
    --no-setup) setup=0 ;;
    -h | --help) print_help && exit 0 ;;
    --)
      shift
      options+=("$@")
      break
      ;;
    *) die "$kUsage" "unknown option '$1'" "scripts/test.sh --help lists the options" ;;
  esac
  shift
done

if ((setup)); then "$root/scripts/setup.sh"; fi
build_preset "$preset"
cd "$root" || exit "$kIo"

log=$(log_file "test-$preset")
say "running the tests of build/$preset"
status=0
ctest --preset "$preset" --parallel "$(nproc)" --no-tests=error "${options[@]}" 2>&1 | tee "$log" || status=1
summary=$(grep -E '^[0-9]+% tests passed, ' "$log" | tail -n 1) || true
if [[ -z $summary ]]; then die 1 "no test ran" "the output is in '$log'"; fi
skipped=$(grep -cE '\*\*\*Skipped' "$log") || true
if ((skipped > 0)); then
  say "$skipped test(s) skipped, because:"
  awk '/: Skipped$/ {getline; ++count[$0]} END {for (reason in count) printf "  %4d x %s\n", count[reason], reason}' \
    "build/$preset/Testing/Temporary/LastTest.log" >&2
fi
printf '%s\n' "$summary"
exit "$status"
