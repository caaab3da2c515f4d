#!/usr/bin/env bash
# Says before the build, not after it, when `make run` could not start: a port is taken, a demo runs in the directory, or
# its nodes know one another at other ports. Usage: check-ports.sh PORT NODES DATA
set -euo pipefail

port=$1
nodes=$2
data=$3
for number in "$port" "$nodes"; do
  case "$number" in
    '' | *[!0-9]*)
      echo "make: PORT=$port and NODES=$nodes must be whole numbers" >&2
      exit 1
      ;;
  esac
done
# Without /proc the demo itself finds out.
[ -r /proc/net/tcp ] || exit 0

known=
if [ -f "$data/demo.json" ]; then
  known=$(sed -n 's/.*"port" *: *\([0-9]*\).*/\1/p' "$data/demo.json")
  if [ -n "$known" ] && [ "$port" != 0 ] && [ "$port" != "$known" ]; then
    echo "make: the nodes in $data know one another at port $known and up: make run PORT=$known, or another DATA=" >&2
    exit 1
  fi
fi
[ "$port" != 0 ] || exit 0

# The process that listens on a port, if one does: its number, or "?" when it is somebody else's.
listener() {
  local hex inode descriptor
  hex=$(printf '%04X' "$1")
  inode=$(awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10; exit }' \
    /proc/net/tcp /proc/net/tcp6 2>/dev/null || true)
  [ -n "$inode" ] || return 0
  descriptor=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" -print -quit 2>/dev/null || true)
  if [ -n "$descriptor" ]; then
    echo "$descriptor" | cut -d/ -f3
  else
    echo "?"
  fi
}

for ((node = 1; node <= nodes; node++)); do
  for use in SQL peer; do
    wanted=$((port + node - 1))
    [ "$use" = SQL ] || wanted=$((wanted + 2000))
    holder=$(listener "$wanted")
    [ -n "$holder" ] || continue
    # A node of this directory that runs already is taken over by the demo.
    own=$(cat "$data/node$node/roost.pid" 2>/dev/null || true)
    if [ "$holder" = "$own" ]; then
      demo=$(cat "$data/demo.pid" 2>/dev/null || true)
      if [ -n "$demo" ] && [ "$(awk '{ print $4 }' "/proc/$holder/stat" 2>/dev/null)" = "$demo" ]; then
        echo "make: a demo runs in $data already (process $demo): stop it first, or use another DATA= and PORT=" >&2
        exit 1
      fi
      continue
    fi
    if [ "$holder" = "?" ]; then
      who="a process of another user"
    else
      who="process $holder ($(tr '\0' ' ' <"/proc/$holder/cmdline" | cut -c1-100 | sed 's/ *$//'))"
    fi
    echo "make: $who listens on port $wanted, which node$node needs for $use." >&2
    # Nodes that were made at a port can't have another one.
    if [ -n "$known" ]; then
      echo "make: end it, or start other nodes in another directory: make run DATA=DIR PORT=$((port + 1000))" >&2
    else
      echo "make: end it, or choose another port: make run PORT=$((port + 1000))" >&2
    fi
    exit 1
  done
done
