#!/usr/bin/env bash
# Set-up, build, all tests. The last line counts them in the words of ctest, whose entries may hold several.
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
if ! grep -qE '^[0-9]+% tests passed, ' "$log"; then die 1 "no test ran" "the output is in '$log'"; fi

# An entry of ctest is one test or the tests of a suite (cmake/ClnerTests.cmake); what counts are the tests.
entries=$(sed -nE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: (.*[^ .]) \.*\*\*\*Skipped .*/\1/p' "$log" | tr '\n' ':')
counts=$(awk -v skipped_entries=":$entries" -f "$root/scripts/count_tests.awk" "build/$preset/Testing/Temporary/LastTest.log")
read -r tests failed skipped < <(head -n 1 <<<"$counts")
if ((skipped > 0)); then say "$skipped test(s) skipped, because:"; fi
tail -n +2 <<<"$counts" >&2
if ((status != 0 && failed == 0)); then failed=1; fi
printf '%d%% tests passed, %d tests failed out of %d\n' $(((tests - failed) * 100 / (tests > 0 ? tests : 1))) "$failed" "$tests"
exit "$status"
