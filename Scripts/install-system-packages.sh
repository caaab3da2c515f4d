#!/usr/bin/env bash
# Installs the system libraries that the build links against, where they are missing and apt is there to do it.
set -euo pipefail

# What is looked for, and the Debian package that brings it.
missing=()
has_header() {
  local directory
  for directory in /usr/include /usr/local/include /opt/homebrew/include; do
    [ -e "$directory/$1" ] && return 0
  done
  return 1
}
has_header rocksdb/c.h || missing+=(librocksdb-dev)

# What RocksDB is linked with into the release binary; elsewhere the binary is linked dynamically, and nothing is missing.
if [ "$(uname -s)" = Linux ] && command -v apt-get >/dev/null 2>&1; then
  has_archive() {
    [ -n "$(find /usr/lib /usr/local/lib -maxdepth 2 -name "$1" -print -quit 2>/dev/null)" ]
  }
  has_archive libsnappy.a || missing+=(libsnappy-dev)
  has_archive liblz4.a || missing+=(liblz4-dev)
  has_archive libzstd.a || missing+=(libzstd-dev)
  has_archive libbz2.a || missing+=(libbz2-dev)
  has_archive libz.a || missing+=(zlib1g-dev)
fi

[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "Roost needs RocksDB's library and C header (rocksdb/c.h, version 7 or later), which were not found here." >&2
  echo "Install them with the system's package manager (Fedora: rocksdb-devel, Alpine: rocksdb-dev," >&2
  echo "Homebrew: rocksdb), then run make again." >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "Missing: ${missing[*]}. Run as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "==> installing ${missing[*]}"
install() {
  ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends "${missing[@]}"
}
# Package lists may be absent or old: they are fetched only when the install fails without.
if ! install >/dev/null 2>&1; then
  ${as_root[@]+"${as_root[@]}"} apt-get update -qq
  install
fi
