#!/usr/bin/env bash
# Builds and runs the tests, and ends with their totals. Usage: test.sh SWIFT FILTER [FLAG…]
set -euo pipefail
# Whatever hashes must not differ between two runs of one seed.
export SWIFT_DETERMINISTIC_HASHING=1

swift=$1
filter=$2
shift 2

# Vectors that others wrote are used where they lie beside the checkout, or where ROOST_VECTORS says.
if [ -z "${ROOST_VECTORS:-}" ] && [ -d ../shared/vectors ]; then
  ROOST_VECTORS=$(cd ../shared/vectors && pwd)
fi
[ -n "${ROOST_VECTORS:-}" ] && export ROOST_VECTORS

echo "==> building the tests"
"$swift" build --build-tests "$@"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
run() {
  echo "==> running $1"
  shift
  "$swift" test --skip-build "${flags[@]}" "$@" 2>&1 | tee -a "$log" || status=$?
}
flags=("$@")
# A simulation keeps every core busy and a cluster of processes needs them, so these two don't run beside other tests.
if [ -n "$filter" ]; then
  run "$filter" --filter "$filter"
else
  # One after the other: among them are tests of sockets with time limits, and others that keep a core busy for seconds.
  run "unit tests" --no-parallel --skip SimulationTests --skip ProcessTests
  run "simulations" --filter SimulationTests
  # Clusters of many tests at once would starve one another.
  run "clusters of processes" --no-parallel --filter ProcessTests
fi

echo "==> totals"
# Swift Testing ends with "Test run with N tests …", XCTest (when something uses it) with "Executed N tests …".
grep -aE 'Test run with [0-9]+ test|Executed [1-9][0-9]* tests?' "$log" | sed 's/^[^A-Za-z]*//' || echo "no test ran"
skipped=$(grep -ac ' skipped' "$log" || true)
[ "$skipped" -gt 0 ] && echo "$skipped skipped (the log above says why)"
if [ "$status" -ne 0 ]; then
  # Again at the end, where whoever sees only the last lines finds them.
  grep -aE '✘ Test .*recorded an issue|✘ Test .* failed after|: error: ' "$log" >&2 || true
  echo "FAILED" >&2
fi
exit "$status"
