#!/usr/bin/env bash
# Makes .venv-peers, the Python environment of benchmarks and golden generators. The program itself never needs it.
#
#   scripts/setup_peers.sh
#
# Exact versions are in scripts/peers-requirements.txt; about 6 GB with what torch brings along. Safe to run again and to
# interrupt; a second run only checks. CLNER_PYTHON=PROGRAM chooses the Python (3.11 or newer, default python3).
# Exit codes: 0 ready, 64 wrong option, 69 something cannot be had here, 74 no write access.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

readonly requirements=$root/scripts/peers-requirements.txt
readonly venv=$root/.venv-peers
readonly python=${CLNER_PYTHON:-python3}

prepare() {
  local stamp=$venv/.stamp key
  key=$(sha256sum <"$requirements")
  if [[ -f $stamp && $(<"$stamp") == "$key" ]] && "$venv/bin/python" -c '' 2>/dev/null; then
    say "peers: .venv-peers is complete"
    return
  fi
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    die "$kUnavailable" "'$python' is not a Python of version 3.11 or newer" "set CLNER_PYTHON to one"
  if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    say "peers: creating .venv-peers"
    # --clear: an environment without a working pip was interrupted.
    "$python" -m venv --clear "$venv" >&2 ||
      die "$kUnavailable" "'$python' cannot create virtual environments" "on Debian, run as root: apt-get install -y python3-venv"
  fi
  rm -f -- "$stamp"
  say "peers: installing the packages of scripts/peers-requirements.txt"
  local progress=on
  if [[ ! -t 2 ]]; then progress=off; fi
  "$venv/bin/python" -m pip install --disable-pip-version-check --progress-bar "$progress" -r "$requirements" >&2 ||
    die "$kUnavailable" "pip could not install the packages" \
      "check the network or the mirror (PIP_INDEX_URL), then run scripts/setup_peers.sh again"
  "$venv/bin/python" -c 'import bert_score, numpy, safetensors, sentencepiece, seqeval, tokenizers, torch, torchcrf, transformers' >&2 ||
    die "$kUnavailable" "the installed packages cannot be imported" "delete .venv-peers and run scripts/setup_peers.sh again"
  printf '%s\n' "$key" >"$stamp"
  say "peers: ready, use .venv-peers/bin/python"
}

case ${1:-} in
  '') ;;
  -h | --help) print_help && exit 0 ;;
  *) die "$kUsage" "unknown option '$1'" "scripts/setup_peers.sh takes none" ;;
esac
mkdir -p "$root/third_party" || exit "$kIo"
take_lock "$root/third_party/.peers.lock"
prepare 9>&-
