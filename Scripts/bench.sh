#!/usr/bin/env bash
# Measures a fresh three-node demo cluster on this machine: single-row INSERT, SELECT by key, and key-value put and get
# over the native protocol, at 1, 16 and 64 clients; then memory and CPU of the nodes.
# Usage: bench.sh ROOST    BENCH_SECONDS, BENCH_CLIENTS and BENCH_KINDS can be set.
set -euo pipefail

roost=$1
seconds=${BENCH_SECONDS:-8}
clients=${BENCH_CLIENTS:-1 16 64}
kinds=${BENCH_KINDS:-sql-insert sql-select put get}
data=$(mktemp -d "${TMPDIR:-/tmp}/roost-bench.XXXXXX")
demo=
finish() {
  if [ -n "$demo" ]; then
    kill -TERM "$demo" 2>/dev/null || true
    wait "$demo" 2>/dev/null || true
  fi
  rm -rf "$data"
}
trap finish EXIT

touch "$data/demo.log"
"$roost" demo --nodes 3 --port 0 --data "$data/cluster" >"$data/demo.log" 2>&1 &
demo=$!
until grep -q '^ready' "$data/demo.log"; do
  if ! kill -0 "$demo" 2>/dev/null; then
    cat "$data/demo.log" >&2
    exit 1
  fi
  sleep 0.1
done
port=$(sed -n 's/.* psql -h [^ ]* -p \([0-9]*\) .*/\1/p' "$data/demo.log")
# Runs before it measures, uncounted; the servers' CPU is over both.
warm_up=1

pids() { cat "$data"/cluster/node*/roost.pid; }
# CPU used so far by all nodes, in microseconds (the kernel counts in ticks).
cpu() {
  local ticks=0 pid line
  for pid in $(pids); do
    line=$(sed 's/.*) //' "/proc/$pid/stat")
    set -- $line
    ticks=$((ticks + ${12} + ${13}))
  done
  echo $((ticks * 1000000 / $(getconf CLK_TCK)))
}
field() { sed -n "s/.*\"$1\" *: *\([0-9.eE+-]*\).*/\1/p" | head -n 1; }

printf '%-11s %7s %10s %9s %9s %9s %9s %7s %14s %14s\n' \
  kind clients ops/s p50_ms p99_ms p999_ms max_ms errors 'client us/op' 'servers us/op'
for kind in $kinds; do
  for count in $clients; do
    before=$(cpu)
    result=$("$roost" bench "$kind" --clients "$count" --seconds "$seconds" --warm-up "$warm_up" --port "$port" --json | tr -d '\n')
    used=$(($(cpu) - before))
    rate=$(echo "$result" | field ops_per_second)
    server=$(awk -v used="$used" -v rate="$rate" -v seconds="$seconds" \
      -v warm_up="$warm_up" 'BEGIN { printf "%.1f", (rate > 0 ? used / (rate * (seconds + warm_up)) : 0) }')
    printf '%-11s %7s %10.0f %9.3f %9.3f %9.3f %9.3f %7.0f %14.1f %14s\n' "$kind" "$count" "$rate" \
      "$(echo "$result" | field p50_ms)" "$(echo "$result" | field p99_ms)" "$(echo "$result" | field p999_ms)" \
      "$(echo "$result" | field max_ms)" "$(echo "$result" | field errors)" \
      "$(echo "$result" | field client_cpu_us_per_op)" "$server"
  done
done

before=$(cpu)
sleep 10
used=$(($(cpu) - before))
awk -v used="$used" 'BEGIN { printf "idle: %.1f %% of a core for all nodes\n", used / 100000 }'
for pid in $(pids); do
  awk -v pid="$pid" '/^VmRSS/ { printf "memory of process %d: %.0f MB\n", pid, $2 / 1024 }' "/proc/$pid/status"
done
