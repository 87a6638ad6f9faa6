#!/usr/bin/env bash
# Formats all C++ files by .clang-format, or checks that they are formatted.
#
#   scripts/format.sh [--check]
#
# Needs clang-format 14: other versions break lines elsewhere. CLNER_CLANG_FORMAT=PROGRAM names one.
# Exit codes: 0 done or nothing to do, 1 --check found something, 64 wrong option, 69 no clang-format 14.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

readonly wanted_version=14
check=0
case ${1:-} in
  '') ;;
  --check) check=1 ;;
  -h | --help) print_help && exit 0 ;;
  *) die "$kUsage" "unknown option '$1'" "scripts/format.sh --help lists the options" ;;
esac

formatter=
for candidate in ${CLNER_CLANG_FORMAT:+"$CLNER_CLANG_FORMAT"} clang-format-$wanted_version clang-format; do
  if "$candidate" --version 2>/dev/null | grep -qE "version $wanted_version\."; then
    formatter=$candidate
    break
  fi
done
if [[ -z $formatter ]]; then
  die "$kUnavailable" "there is no clang-format $wanted_version" "run scripts/setup.sh --checks, or set CLNER_CLANG_FORMAT"
fi

cd "$root" || exit "$kIo"
mapfile -d '' -t files < <(find include src tests tools -type f \( -name '*.h' -o -name '*.cc' -o -name '*.cu' -o -name '*.cuh' \) -print0 | sort -z)
if ((check)); then
  "$formatter" --dry-run --Werror "${files[@]}" || die 1 "some files are not formatted" "run scripts/format.sh"
  say "${#files[@]} files are formatted"
else
  "$formatter" -i "${files[@]}"
  say "formatted ${#files[@]} files"
fi
