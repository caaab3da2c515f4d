#!/usr/bin/env bash
# Installs what some process tests need beside the build: namespaces and packet filters, another time, a C compiler.
# Nothing depends on it: where a tool is missing, its tests are skipped and say so.
set -uo pipefail

missing=()
has() { PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null 2>&1; }
has ip || missing+=(iproute2)
has iptables || missing+=(iptables)
has faketime || missing+=(faketime)
has cc || missing+=(gcc libc6-dev)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "missing for some tests, which will be skipped: ${missing[*]}"
  exit 0
fi

echo "==> installing ${missing[*]}"
install() { DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}"; }
install >/dev/null 2>&1 || { apt-get update -qq && install >/dev/null 2>&1; } \
  || echo "could not install ${missing[*]}; some tests will be skipped"
exit 0
