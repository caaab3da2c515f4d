#!/usr/bin/env bash
# Prepares a folder in which the linker finds RocksDB and everything it needs as static libraries, so that the release
# binary runs where neither is installed, and prints the flags that make the linker look there first. Where the archives
# are missing nothing is printed, and the binary needs librocksdb at run time. Usage: static-libraries.sh FOLDER
set -euo pipefail
folder=$1

# Where the system keeps its archives: beside librocksdb.a.
find_archive() {
  local directory path
  for directory in /usr/local/lib "/usr/lib/$(uname -m)-linux-gnu" /usr/lib64 /usr/lib; do
    path=$directory/$1
    [ -f "$path" ] && echo "$path" && return 0
  done
  return 1
}

[ "$(uname -s)" = Linux ] || exit 0
archives=()
for name in librocksdb.a libsnappy.a liblz4.a libzstd.a libbz2.a libz.a; do
  archive=$(find_archive "$name") || {
    echo "static-libraries: no $name here, so the binary will need librocksdb to be installed" >&2
    exit 0
  }
  archives+=("$archive")
done
compiler=$(command -v g++ || command -v clang++ || true)
if [ -n "$compiler" ]; then
  library=$("$compiler" -print-file-name=libstdc++.a)
else
  library=$(find /usr/lib/gcc -name libstdc++.a -print 2>/dev/null | sort -V | tail -n 1)
fi
if [ ! -f "$library" ]; then
  echo "static-libraries: no libstdc++.a here, so the binary will need librocksdb to be installed" >&2
  exit 0
fi
archives+=("$(realpath "$library")")

mkdir -p "$folder"
# A linker script under the library's name: all of them are searched together, whatever the order of the command line.
text="GROUP ( ${archives[*]} )"
if [ ! -f "$folder/librocksdb.a" ] || [ "$(cat "$folder/librocksdb.a")" != "$text" ]; then
  echo "$text" >"$folder/librocksdb.a"
fi
# Asked for by itself too, by the C++ in other packages.
ln -sf "$(realpath "$library")" "$folder/libstdc++.a"
echo "-Xlinker -L$folder"
