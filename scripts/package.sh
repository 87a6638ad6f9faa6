#!/usr/bin/env bash
# Makes an archive that runs where it is unpacked: the program, its libraries, those of the system that it needs, their
# licences, the configurations, the sample and the documentation.
#
#   scripts/package.sh [--build DIR] [--out DIR]
#
#   --build DIR   take the programs of this build folder as they are; without it, build/release is built first
#   --out DIR     where the archive goes (default: dist)
#
# Prints the path of the archive, clner-VERSION-linux-x86_64.tar.gz; the same build gives the same bytes. LibTorch is not
# in it: the program looks for LibTorch 2.11.0 in $CLNER_TORCH_DIR, in libtorch/ beside itself or one folder up, and in
# the torch of python3. Needs Debian's dpkg, to know the licences.
# Exit codes: 0 done, 64 wrong option, 69 something is missing or does not build, 74 cannot be written.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

build=
out=$root/dist
while (($# > 0)); do
  case $1 in
    --build | --out)
      if [[ -z ${2:-} ]]; then die "$kUsage" "'$1' needs a folder" "scripts/package.sh --help lists the options"; fi
      if [[ $1 == --build ]]; then build=$2; else out=$2; fi
      shift
      ;;
    -h | --help) print_help && exit 0 ;;
    *) die "$kUsage" "unknown option '$1'" "scripts/package.sh --help lists the options" ;;
  esac
  shift
done

# What every Linux system has, and what belongs to LibTorch.
readonly kNotCarried='^(linux-vdso|ld-linux-x86-64|lib(c|m|dl|rt|util|pthread|gcc_s|stdc\+\+|torch[a-z_]*|c10[a-z_]*|gomp|cudart|cupti|clner[a-z_]*))\.so'

for tool in cmake dpkg-query ldd tar gzip; do
  command -v "$tool" >/dev/null || die "$kUnavailable" "'$tool' is not installed" "install it, then run scripts/package.sh again"
done
if [[ -z $build ]]; then
  build_preset release >&2
  build=$root/build/release
fi
[[ -x $build/bin/clner && -f $build/cmake_install.cmake ]] ||
  die "$kUnavailable" "'$build' holds no built program" "build it first (cmake --build), or leave out --build"

version=$("$build/bin/clner" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)
readonly name=clner-$version-linux-x86_64
mkdir -p "$out" 2>/dev/null || die "$kIo" "'$out' cannot be created" "choose another folder with --out"
work=$(mktemp -d "$out/.package.XXXXXX") || die "$kIo" "'$out' is not writable" "choose another folder with --out"
trap 'rm -rf -- "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
readonly tree=$work/$name

cmake --install "$build" --prefix "$tree" --strip >"$work/install.log" 2>&1 || {
  cat "$work/install.log" >&2
  die "$kIo" "'$build' could not be installed to '$tree'" "make room, and build everything: cmake --build '$build'"
}
for part in libclner.so libclner_cuda.so; do
  [[ -f $tree/lib/$part ]] || say "without $part, which was not built"
done

# carried: the files of the system's libraries that the program needs, with their sonames.
carried() {
  ldd "$build"/bin/clner "$build"/lib/libclner*.so | awk '$2 == "=>" && $3 ~ /^\// {print $1, $3}' | sort -u |
    grep -vE "$kNotCarried" || true
}

mkdir -p "$tree/share/licenses"
while read -r soname file; do
  file=$(readlink -f -- "$file")
  # Packages may name files without /usr, where /lib is a link into it.
  package=$({ dpkg-query --search "$file" "${file#/usr}" 2>/dev/null || true; } | head -n 1 | cut -d: -f1)
  notice=/usr/share/doc/$package/copyright
  if [[ -z $package || ! -f $notice ]]; then
    die "$kUnavailable" "the licence of '$file' is not known: no package says what it is" "build with Debian's library instead"
  fi
  install -m 644 -- "$file" "$tree/lib/$soname"
  install -m 644 -- "$notice" "$tree/share/licenses/$package.txt"
done < <(carried)
# Libraries that are compiled in and have no file of their own.
for package in libcli11-dev nlohmann-json3-dev libhwy-dev; do
  if [[ -f /usr/share/doc/$package/copyright ]]; then
    install -m 644 -- "/usr/share/doc/$package/copyright" "$tree/share/licenses/$package.txt"
  fi
done
install -m 644 -- "$root/LICENSE" "$tree/share/licenses/clner.txt"
if [[ -f $tree/lib/libclner_cuda.so ]]; then
  cat >"$tree/share/licenses/cuda-runtime.txt" <<'END'
libclner_cuda.so contains NVIDIA's CUDA runtime (cudart_static), which is redistributed under the
NVIDIA CUDA Toolkit End User License Agreement, Attachment A.
END
fi

# Time stamps are those of the last commit, or of the change log where there is no git.
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || stat -c %Y -- "$root/CHANGELOG.md")}
readonly archive=$out/$name.tar.gz
tar --create --directory "$work" --sort=name --format=gnu --mtime="@$epoch" --owner=0 --group=0 --numeric-owner \
  --mode='u=rwX,go=rX' "$name" | gzip -9 -n >"$work/archive" ||
  die "$kIo" "the archive could not be written to '$out'" "make room, or choose another folder with --out"
mv -f -- "$work/archive" "$archive"
printf '%s\n' "$archive"
