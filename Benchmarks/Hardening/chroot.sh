#!/usr/bin/env bash
# A fresh Debian 12, with nothing of Swift or RocksDB in it, runs the installed binary: its version, a node, and a query.
#
#   chroot.sh [--roost PATH] [--keep FOLDER] [--help]
#
# --keep FOLDER builds the system there and uses it again the next time; otherwise it is temporary. Needs root, debootstrap
# and a Debian mirror (MIRROR, http://deb.debian.org/debian). About two minutes, most of it debootstrap's.
set -euo pipefail

suite=bookworm
mirror=${MIRROR:-http://deb.debian.org/debian}
# Seconds.
ready_within=60
ends_within=20

here=$(cd "$(dirname "$0")" && pwd)
roost=$here/../../.build/release/roost
port=26800
keep=
while [ $# -gt 0 ]; do
  case $1 in
  --roost) roost=$2 && shift 2 ;;
  --port) port=$2 && shift 2 ;;
  --keep) keep=$2 && shift 2 ;;
  --help | -h) sed -n '2,/^set /s/^# \{0,1\}//p' "$0" && exit 0 ;;
  *) echo "$0: what is $1? See --help." >&2 && exit 2 ;;
  esac
done

node=
root=
fail() {
  echo "FAIL $*"
  exit 1
}
finish() {
  if [ -n "$node" ] && kill -0 "$node" 2>/dev/null; then
    kill -KILL "$node" 2>/dev/null || true
    wait "$node" 2>/dev/null || true
  fi
  if [ -n "$root" ]; then
    if mountpoint -q "$root/proc"; then umount -l "$root/proc"; fi
    # Only what has been built here is removed, and nothing that is still mounted into it.
    if [ -z "$keep" ] && ! mountpoint -q "$root/proc"; then rm -rf --one-file-system "$root"; fi
  fi
}
trap finish EXIT
trap 'exit 143' TERM INT

[ "$(id -u)" = 0 ] || fail "root is needed for debootstrap and chroot"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"
[ -x "$roost" ] || fail "no binary at $roost: make build"

root=${keep:-$(mktemp -d "${TMPDIR:-/tmp}/roost-chroot.XXXXXX")}
if [ ! -x "$root/bin/sh" ]; then
  mkdir -p "$root"
  echo "==> debootstrap $suite into $root"
  debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.log" 2>&1 || {
    tail -5 "$root.log"
    rm -f "$root.log"
    fail "debootstrap ended with an error"
  }
  rm -f "$root.log"
fi
mkdir -p "$root/proc"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
install -D -m 755 "$roost" "$root/usr/local/bin/roost"

echo "==> libraries that the binary names"
missing=$(chroot "$root" /bin/sh -c 'ldd /usr/local/bin/roost' | grep 'not found' || true)
[ -z "$missing" ] || fail "not in a fresh Debian 12: $(echo "$missing" | awk '{ print $1 }' | xargs)"
chroot "$root" /bin/sh -c 'ldd /usr/local/bin/roost' | awk '{ print "  " $1 }'
echo "  $(du -m "$root/usr/local/bin/roost" | cut -f1) MB"

echo "==> roost --version"
version=$(chroot "$root" /usr/local/bin/roost --version) || fail "roost --version ended with $?"
echo "  $version"
[ -n "$version" ] || fail "roost --version says nothing"

echo "==> a node and a query"
rm -rf "$root/var/lib/roost-hardening"
chroot "$root" /usr/local/bin/roost start --node-id node1 --data /var/lib/roost-hardening --port "$port" \
  >"$root/var/log/roost.log" 2>&1 </dev/null &
node=$!
answer=
for _ in $(seq $((ready_within * 5))); do
  kill -0 "$node" 2>/dev/null || { cat "$root/var/log/roost.log" && fail "the node ended"; }
  answer=$(chroot "$root" /usr/local/bin/roost sql --port "$port" -c "SELECT 6 * 7 AS answer" 2>/dev/null || true)
  case $answer in *42*) break ;; esac
  sleep 0.2
done
case $answer in *42*) echo "  6 * 7 is 42" ;; *) cat "$root/var/log/roost.log" && fail "no answer within $ready_within s" ;; esac
chroot "$root" /usr/local/bin/roost sql --port "$port" \
  -c "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat('x', i) FROM generate_series(1, 100) i" >/dev/null ||
  fail "a table can't be written"
sum=$(chroot "$root" /usr/local/bin/roost sql --port "$port" -c "SELECT sum(length(v)) FROM t") || fail "a table can't be read"
case $sum in *5050*) echo "  100 rows written and read" ;; *) fail "the sum is not 5050: $sum" ;; esac

kill -TERM "$node"
for _ in $(seq $((ends_within * 5))); do
  kill -0 "$node" 2>/dev/null || break
  sleep 0.2
done
! kill -0 "$node" 2>/dev/null || fail "the node does not end within $ends_within s of SIGTERM"
wait "$node" || fail "the node ended with $?"
node=
echo PASS
