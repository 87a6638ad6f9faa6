#!/usr/bin/env bash
# Runs clang-tidy with the rules of .clang-tidy.
#
#   scripts/tidy.sh [--all | FILE...]
#
#   (nothing)   the public headers, and the .cc files that differ from the last commit
#   --all       every .cc file of the Torch-free code
#   FILE...     these .cc files
#
# Only the Torch-free code is looked at: LibTorch's headers take clang-tidy a minute a file.
# Exit codes: 0 nothing found, 1 something found, 64 wrong option, 69 a tool is missing.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

readonly text_folders='core|kernels|config|data|tokenize|retrieval|views|eval'
command -v clang-tidy >/dev/null || die "$kUnavailable" "there is no clang-tidy" "run scripts/setup.sh --checks"

case ${1:-} in
  -h | --help) print_help && exit 0 ;;
  --all) mode=all ;;
  -*) die "$kUsage" "unknown option '$1'" "scripts/tidy.sh --help lists the options" ;;
  '') mode=changed ;;
  *) mode=files ;;
esac
files=()
if [[ $mode == files ]]; then
  for file in "$@"; do files+=("$(realpath -- "$file")"); done
fi

cd "$root" || exit "$kIo"
if [[ $mode == all ]]; then
  mapfile -t files < <(find "$root/src" "$root/tools" -name '*.cc' | grep -E "/(src/($text_folders)|tools)/[^/]*\.cc\$" | sort)
elif [[ $mode == changed ]]; then
  mapfile -t files < <({ git diff --name-only --diff-filter=d HEAD && git ls-files --others --exclude-standard; } |
    { grep -E "^(src/($text_folders)|tools)/[^/]*\.cc\$" || true; } | sort -u | sed "s|^|$root/|")
fi

# An own folder: compile commands without ccache, whose flags clang does not know.
readonly build=$root/build/tidy
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCLNER_WITH_TORCH=OFF -DCLNER_BUILD_TESTS=OFF -DCLNER_CCACHE=OFF \
  -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >"$(log_file configure-tidy)" 2>&1 ||
  die "$kUnavailable" "CMake could not configure build/tidy (see build/configure-tidy.log)" "run scripts/setup.sh"

status=0
if [[ $mode == changed ]]; then
  for header in include/clner/*.h; do
    say "$header"
    clang-tidy --quiet "$header" -- -x c++ -std=c++20 -Iinclude || status=1
  done
fi
if ((${#files[@]} > 0)); then
  say "${#files[@]} source file(s)"
  printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet \
    --extra-arg=-Wno-unknown-warning-option -p "$build" || status=1
fi
if ((status == 0)); then say "nothing found"; fi
exit "$status"
