# shellcheck shell=bash
# Shared by the scripts of this folder: places, messages, and the calls of CMake. Sourced, never run.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
torch_dir=${CLNER_TORCH_DIR:-$root/third_party/libtorch}
script_name=$(basename -- "$0")
readonly root torch_dir script_name

# Exit codes of the program that the scripts use too (docs: README, "Exit codes").
readonly kUsage=64 kUnavailable=69 kIo=74 kCorrupt=76
export kUsage kUnavailable kIo kCorrupt

# say TEXT...: one progress line on standard error; standard output is kept for results.
say() { printf '%s: %s\n' "$script_name" "$*" >&2; }

# die CODE WHAT [FIX]: the three-line error form of the program, then exit.
die() {
  printf '%s: error: %s\n' "$script_name" "$2" >&2
  if [[ -n ${3:-} ]]; then printf '  fix: %s\n' "$3" >&2; fi
  exit "$1"
}

# print_help: the comment block at the top of the calling script, without the first line.
print_help() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# take_lock FILE: holds it on descriptor 9 until the script ends; waits for another holder. The work that follows is called
# with 9>&-, so that no child inherits the lock and a killed script leaves none behind.
take_lock() {
  { exec 9>"$1"; } 2>/dev/null || die "$kIo" "'$(dirname -- "$1")' is not writable" "check the rights of that folder"
  if ! flock -n 9; then
    say "waiting for another $script_name in this checkout"
    flock -w 3600 9 || die "$kUnavailable" "another $script_name has held the lock for an hour" "end it, then run this again"
  fi
}

# build_preset PRESET [TARGET...]: configures and builds build/PRESET.
build_preset() {
  local preset=$1
  shift
  cd "$root" || exit "$kIo"
  say "configuring build/$preset"
  cmake --preset "$preset" -DCLNER_TORCH_DIR="$torch_dir" >"$(log_file "configure-$preset")" 2>&1 || {
    cat "$(log_file "configure-$preset")" >&2
    die "$kUnavailable" "CMake could not configure the preset '$preset'" "run scripts/setup.sh; if it still fails, delete build/$preset"
  }
  say "building build/$preset on $(jobs_count) processor(s)"
  if (($# > 0)); then
    cmake --build --preset "$preset" --parallel "$(jobs_count)" --target "$@"
  else
    cmake --build --preset "$preset" --parallel "$(jobs_count)"
  fi
}

log_file() {
  mkdir -p "$root/build"
  printf '%s/build/%s.log' "$root" "$1"
}

# jobs_count: parallel jobs; one per processor, fewer when memory is short (a LibTorch file takes up to 2 GB).
jobs_count() {
  if [[ -n ${CLNER_JOBS:-} ]]; then
    printf '%s' "$CLNER_JOBS"
    return
  fi
  local processors memory_gb
  processors=$(nproc)
  memory_gb=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo 2>/dev/null || true)
  local by_memory=$(((${memory_gb:-4} + 1) / 2))
  if ((by_memory < 1)); then by_memory=1; fi
  printf '%s' $((processors < by_memory ? processors : by_memory))
}
