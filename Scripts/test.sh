#!/usr/bin/env bash
# Builds and runs the tests, and ends with their totals. Usage: test.sh SWIFT FILTER [FLAG…]
set -euo pipefail

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

echo "==> running the tests"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
arguments=(test --skip-build "$@")
[ -n "$filter" ] && arguments+=(--filter "$filter")
status=0
"$swift" "${arguments[@]}" 2>&1 | tee "$log" || status=$?

echo "==> totals"
# Swift Testing ends with "Test run with N tests …", XCTest (when something uses it) with "Executed N tests …".
grep -aE 'Test run with [0-9]+ test|Executed [1-9][0-9]* tests?' "$log" | sed 's/^[^A-Za-z]*//' || echo "no test ran"
skipped=$(grep -ac ' skipped' "$log" || true)
[ "$skipped" -gt 0 ] && echo "$skipped skipped (the log above says why)"
if [ "$status" -ne 0 ]; then
  echo "FAILED" >&2
fi
exit "$status"
