#!/usr/bin/env bash
# scripts/package.sh on a build folder: the archive has the same bytes twice and runs where it is unpacked, without the
# environment and the folders of the build.
#
#   package_test.sh SOURCE BUILD
#
# Exit codes: 0 passed, 1 failed, 66 skipped (no dpkg, which package.sh needs).
set -euo pipefail

source=$1
build=$2
command -v dpkg-query >/dev/null || { echo 'skipped: dpkg-query is not here'; exit 66; }
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

fail() {
  echo "FAILED: $1"
  [[ ! -s $work/out ]] || cat "$work/out"
  exit 1
}
# expect CODE TEXT COMMAND...: the exit code, and the text in what is printed.
expect() {
  local code=$1 text=$2 status=0
  shift 2
  "$@" >"$work/out" 2>&1 || status=$?
  [[ $status == "$code" ]] || fail "exit code $status instead of $code: $*"
  grep -qF -- "$text" "$work/out" || fail "'$text' is not in the output of: $*"
}

package=$source/scripts/package.sh
expect 64 "unknown option '--fast'" "$package" --fast
expect 64 "'--out' needs a folder" "$package" --out
expect 69 'holds no built program' "$package" --build "$work" --out "$work/out-folder"
expect 0 'clner-' "$package" --build "$build" --out "$work/a"
expect 0 'clner-' "$package" --build "$build" --out "$work/b"
cmp "$work"/a/clner-*.tar.gz "$work"/b/clner-*.tar.gz || fail 'two archives of one build differ'
[[ -z $(find "$work/a" -name '.package*') ]] || fail 'package.sh left its work folder'

mkdir -p "$work/else where"
tar -xzf "$work"/a/clner-*.tar.gz -C "$work/else where" --strip-components=1
root="$work/else where"
clner=(env -i "$root/bin/clner")
sample=$root/share/clner/examples/quickstart
for folder in "$source" "$build"; do
  if grep -rqF -- "$folder" "$root"; then fail "the archive names '$folder'"; fi
done
ldd "$root/bin/clner" | grep -F libclner_text.so | grep -qF "$root" || fail 'the program does not take its own library'
for library in "$root"/lib/lib{yaml-cpp,spdlog,sqlite3,zstd,z}.so*; do
  [[ -s $library ]] || fail "'$(basename -- "$library")' is not carried"
done
(($(find "$root/share/licenses" -name '*.txt' | wc -l) >= 9)) || fail 'licences are missing'

cd "$work"
expect 0 'clner ' "${clner[@]}" --version
expect 0 'Usage' "${clner[@]}" --help
expect 0 '100.00' "${clner[@]}" eval "$sample/test.conll" "$sample/test.conll"
expect 0 'quickstart' "${clner[@]}" config show -c quickstart --set model.encoder.path="$work"
expect 69 'CLNER_TORCH_DIR holds no LibTorch' env -i CLNER_TORCH_DIR="$work" "$root/bin/clner" predict -m "$work" "$sample/test.conll"

if [[ -f $root/lib/libclner.so ]]; then
  # LibTorch of another version is named with both versions; without any, the error says where it was looked for.
  mkdir -p "$work/python/torch/lib"
  touch "$work/python/torch/lib/libtorch_cpu.so"
  printf '#!/bin/sh\nprintf "torch\\n2.10.0+cu128\\n%s\\n"\n' "$work/python/torch" >"$work/python/python3"
  chmod +x "$work/python/python3"
  predict=("$root/bin/clner" predict -m "$work" "$sample/test.conll")
  expect 69 'needs LibTorch 2.11.0, and the torch of python3 is 2.10.0+cu128' env -i PATH="$work/python" "${predict[@]}"
  sed -i 's/2.10.0+cu128/2.11.0/' "$work/python/python3"
  expect 69 'LibTorch (the torch of python3) cannot be opened' env -i PATH="$work/python:/bin" "${predict[@]}"
  expect 69 'there is no python3 that could have a torch' env -i PATH="$work/a" "${predict[@]}"
fi
echo 'the archive runs'
