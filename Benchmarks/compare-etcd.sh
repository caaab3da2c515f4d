#!/usr/bin/env bash
# Puts of 256 bytes, fsync on, over three nodes on this machine: Roost's native protocol beside etcd, in turns. Prints the
# median of the rounds: operations a second, p50 and p99 in milliseconds, processor time of all three servers for each
# operation, and syncs of one node for each operation (etcd's by its own metrics: log and backend).
#
# Usage: compare-etcd.sh ROOST ETCD_CLUSTER ETCD_LOAD
#   ROOST         the binary to measure
#   ETCD_CLUSTER  a program that takes start, leader, pids and stop, and works in $BENCH_DIR
#   ETCD_LOAD     a closed-loop load: -e ENDPOINT -op put -clients N -conns N -secs S, which prints ops/s=, p50= and p99=
# CLIENTS ("1 64 256"), ROUNDS (3), SECONDS_EACH (4), PORT (25432) and BENCH_DIR (a temporary folder) can be set.
set -euo pipefail

roost=$1 etcd_cluster=$2 etcd_load=$3
clients=${CLIENTS:-1 64 256}
rounds=${ROUNDS:-3}
seconds=${SECONDS_EACH:-4}
port=${PORT:-25432}
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/compare.XXXXXX")
export BENCH_DIR=$work
demo=
finish() {
  if [ -n "$demo" ]; then
    kill -TERM "$demo" 2>/dev/null || true
    wait "$demo" 2>/dev/null || true
  fi
  "$etcd_cluster" stop >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

"$roost" demo --nodes 3 --port "$port" --data "$work/roost" >"$work/demo.log" 2>&1 &
demo=$!
until grep -q '^ready' "$work/demo.log"; do
  kill -0 "$demo" 2>/dev/null || { cat "$work/demo.log" >&2; exit 1; }
  sleep 0.1
done
"$etcd_cluster" start >/dev/null
endpoint=$("$etcd_cluster" leader | cut -d' ' -f1)
etcd_pids=$("$etcd_cluster" pids)
roost_pids=$(cat "$work"/roost/node*/roost.pid | paste -sd,)

# Processor time so far of all these processes, in microseconds.
cpu() {
  local ticks=0 pid line
  for pid in ${1//,/ }; do
    line=$(sed 's/.*) //' "/proc/$pid/stat")
    # shellcheck disable=SC2086
    set -- $line
    ticks=$((ticks + ${12} + ${13}))
  done
  echo $((ticks * 1000000 / $(getconf CLK_TCK)))
}
etcd_syncs() {
  python3 - "$@" <<'PYTHON'
import re, sys, urllib.request
text = urllib.request.urlopen("http://%s/metrics" % sys.argv[1]).read().decode()
names = "etcd_disk_wal_fsync_duration_seconds_count|etcd_disk_backend_commit_duration_seconds_count"
print(int(sum(float(value) for value in re.findall(r"^(?:%s) (\S+)$" % names, text, re.M))))
PYTHON
}
roost_syncs() {
  "$roost" status --json --port "$port" | sed -n 's/.*"log_syncs" *: *\([0-9]*\).*/\1/p'
}
field() { sed -n "s/.*\"$1\" *: *\([0-9.eE+-]*\).*/\1/p" | head -n 1; }
# Each line: system clients ops/s p50 p99 cpu syncs
note() { echo "$@" | tee -a "$work/lines" >&2; }

for round in $(seq "$rounds"); do
  for count in $clients; do
    connections=$((count < 16 ? 1 : count / 16))
    before=$(cpu "$roost_pids") syncs=$(roost_syncs)
    result=$("$roost" bench put --clients "$count" --connections "$connections" --seconds "$seconds" --warm-up 1 \
      --port "$port" --json | tr -d '\n')
    after=$(cpu "$roost_pids") ended=$(roost_syncs)
    rate=$(echo "$result" | field ops_per_second)
    note roost "$count" "$rate" "$(echo "$result" | field p50_ms)" "$(echo "$result" | field p99_ms)" \
      "$(awk "BEGIN { print ($after - $before) / ($rate * ($seconds + 1)) }")" \
      "$(awk "BEGIN { print (${ended:-0} - ${syncs:-0}) / ($rate * ($seconds + 1)) }")"

    before=$(cpu "$etcd_pids") syncs=$(etcd_syncs "$endpoint")
    result=$("$etcd_load" -e "$endpoint" -op put -clients "$count" -conns "$connections" -secs "$seconds")
    after=$(cpu "$etcd_pids") ended=$(etcd_syncs "$endpoint")
    value() { echo "$result" | sed -n "s/.*$1=\([0-9.]*\).*/\1/p" | head -n 1; }
    rate=$(value ops\\/s)
    note etcd "$count" "$rate" "$(value p50)" "$(value p99)" \
      "$(awk "BEGIN { print ($after - $before) / ($rate * ($seconds + 1)) }")" \
      "$(awk "BEGIN { print ($ended - $syncs) / ($rate * ($seconds + 1)) }")"
  done
done

python3 - "$work/lines" <<'PYTHON'
import statistics, sys
runs = {}
for line in open(sys.argv[1]):
    system, clients, *values = line.split()
    runs.setdefault((int(clients), system), []).append([float(value) for value in values])
print("%-6s %7s %9s %8s %8s %13s %9s" % ("", "clients", "ops/s", "p50 ms", "p99 ms", "servers us/op", "syncs/op"))
for clients in sorted({key[0] for key in runs}):
    medians = {}
    for system in ("roost", "etcd"):
        medians[system] = [statistics.median(column) for column in zip(*runs[clients, system])]
        print("%-6s %7d %9.0f %8.3f %8.3f %13.1f %9.4f" % (system, clients, *medians[system]))
    print("%-6s %7s %s" % ("ratio", "", " ".join(
        "%9.2f" % (ours / theirs if theirs else 0) for ours, theirs in zip(medians["roost"], medians["etcd"]))))
PYTHON
