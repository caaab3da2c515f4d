#!/usr/bin/env bash
# Plants known bugs, one at a time, and lets simulation find them: docs/mutants.md has the idea and the last result.
#
# Usage: run-mutants.sh [--write] [FILTER]
#   FILTER    only the patches of Tests/Mutants whose names contain it
#   --write   renews the table in docs/mutants.md
# Environment: SWIFT (the compiler), MUTANT_SEEDS (how many to play at most; 300), MUTANT_JOBS (how many at a time).
#
# Everything happens in a copy of the tree under .build/mutants, of the modules that a simulated cluster is made of and
# the harness; only what a patch touches is built anew. Fails if a patch no longer applies or builds, if a bug is not
# found, and if the unpatched tree complains at any of the seeds that found one.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
swift=${SWIFT:-swift}
seeds=${MUTANT_SEEDS:-300}
jobs=${MUTANT_JOBS:-$(getconf _NPROCESSORS_ONLN)}
document=docs/mutants.md
tree=$root/.build/mutants/tree
results=$root/.build/mutants/results
# Seconds after which a mutant that neither complains nor ends is given up.
patience=1800
# The same seed is the same run; a trap says what is broken without looking for symbols, and leaves no dump behind.
export SWIFT_DETERMINISTIC_HASHING=1 SWIFT_BACKTRACE=enable=no
ulimit -c 0

write=
filter=
for argument in "$@"; do
  case "$argument" in
    --write) write=1 ;;
    -*) echo "usage: run-mutants.sh [--write] [FILTER]" >&2 && exit 2 ;;
    *) filter=$argument ;;
  esac
done
if [ -n "$write" ] && [ -n "$filter" ]; then
  echo "mutants: the table needs all of them; --write takes no filter" >&2
  exit 2
fi

fail() {
  echo "mutants: $*" >&2
  exit 1
}
finish() {
  local pids
  pids=$(jobs -p)
  # shellcheck disable=SC2086
  [ -z "$pids" ] || kill $pids 2>/dev/null || true
}
trap finish EXIT

patch_of() { echo "$root/Tests/Mutants/$1.patch"; }
# `git apply` looks for no repository around the copy, and takes no context but the very one.
apply() { (cd "$tree" && GIT_CEILING_DIRECTORIES=$(dirname "$tree") git apply "$@"); }
# The patch's header: its first line, and the simulator it names (`cluster` unless it says otherwise).
title_of() { head -n 1 "$(patch_of "$1")"; }
simulator_of() { sed -n '/^--- /q; s/^Simulation: *//p' "$(patch_of "$1")" | grep . || echo cluster; }

# --- The copy: what has not changed keeps its time, so that it is not built again.
wanted() {
  find Sources/Cores Sources/Ground Sources/Database Sources/Layers -type f
  find Tests/Mutants/Harness Tests/Mutants/SQLHarness Tests/Mutants/Playing -name '*.swift'
  # Groups of bare cores, as the core's own tests play them.
  find Tests/RaftTests/Simulation -name '*.swift' ! -name '*Tests.swift'
  echo Tests/Mutants/Package.swift
}
place() {
  case "$1" in
    Tests/Mutants/Package.swift) echo Package.swift ;;
    Tests/Mutants/*) echo "${1#Tests/Mutants/}" ;;
    Tests/*) echo "Harness/$(basename "$1")" ;;
    *) echo "$1" ;;
  esac
}
mkdir -p "$tree" "$results"
rm -f "$results"/*
wanted | while read -r file; do
  target=$(place "$file")
  echo "$target"
  cmp -s "$file" "$tree/$target" && continue
  mkdir -p "$tree/$(dirname "$target")"
  cp "$file" "$tree/$target"
done | sort >"$results/files"
(cd "$tree" && find Package.swift Sources Harness SQLHarness Playing -type f) | sort | comm -13 "$results/files" - \
  | while read -r file; do rm "$tree/$file"; done

mutants=()
for patch in Tests/Mutants/*"$filter"*.patch; do
  [ -f "$patch" ] || fail "no patch is called like $filter"
  mutants+=("$(basename "$patch" .patch)")
done
stale=0
for mutant in "${mutants[@]}"; do
  apply --check "$(patch_of "$mutant")" 2>"$results/refusal" && continue
  echo "mutants: $mutant no longer applies:" >&2
  cat "$results/refusal" >&2
  stale=$((stale + 1))
done
[ "$stale" -eq 0 ] || fail "$stale of ${#mutants[@]} patches must be renewed"

# --- Building, one at a time, and playing meanwhile.
product_of() { if [ "$1" = sql ]; then echo sql-harness; else echo harness; fi; }
# build NAME SIMULATOR
build() {
  local product
  product=$(product_of "$2")
  (cd "$tree" && "$swift" build -c release --product "$product") >"$results/$1.log" 2>&1 || {
    cat "$results/$1.log" >&2
    fail "$1 does not build"
  }
  cp "$tree/.build/release/$product" "$results/$1.$product"
}
simulators=$(for mutant in "${mutants[@]}"; do simulator_of "$mutant"; done | sort -u)

# Plays seeds of one binary until something complains: play NAME LABEL SIMULATOR LAST. Leaves `SEED<tab>COMPLAINT`
# in LABEL.found, or nothing.
play() {
  local status=0 seed complaint
  timeout "$patience" "$results/$1.$(product_of "$3")" "$3" 1 "$4" >"$results/$2.out" 2>"$results/$2.err" || status=$?
  seed=$(sed -n 's/^seed //p' "$results/$2.out" | tail -n 1)
  complaint=$(sed -n 's/^found: //p' "$results/$2.out" | head -n 1)
  case "$status" in
    0) ;;
    2) complaint="the harness can't be used so: $(head -n 1 "$results/$2.err")" ;;
    124) echo "mutants: $2 did not end within $patience s, at seed $seed of $3" >&2 ;;
    *)
      # A broken invariant of the code itself.
      complaint=$(grep -m 1 -oE '(Fatal error|Precondition failed|Assertion failed).*' "$results/$2.err" \
        || echo "the process ended with status $status")
      ;;
  esac
  if [ -n "$complaint" ]; then printf '%s\t%s\n' "$seed" "$complaint" >"$results/$2.found"; fi
}
await_turn() { while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do sleep 0.2; done; }

echo "==> building the tree without a bug"
# With the checks of exclusive access that production does without: an overlap traps here.
unchecked=$(cd "$tree" && grep -rl '@exclusivity(unchecked)' Sources || true)
for file in $unchecked; do sed -i 's/@exclusivity(unchecked) //' "$tree/$file"; done
for simulator in $simulators; do build unpatched "$simulator"; done
for file in $unchecked; do cp "$file" "$tree/$file"; done
for mutant in "${mutants[@]}"; do
  echo "==> $mutant: building"
  apply "$(patch_of "$mutant")"
  build "$mutant" "$(simulator_of "$mutant")"
  apply --reverse "$(patch_of "$mutant")"
  await_turn
  play "$mutant" "$mutant" "$(simulator_of "$mutant")" "$seeds" &
done
wait

# --- The seeds that found something must find nothing without the bug.
status=0
for simulator in $simulators; do
  last=0
  for mutant in "${mutants[@]}"; do
    [ "$(simulator_of "$mutant")" = "$simulator" ] && [ -s "$results/$mutant.found" ] || continue
    seed=$(cut -f 1 "$results/$mutant.found")
    [ "$seed" -le "$last" ] || last=$seed
  done
  [ "$last" -gt 0 ] || continue
  echo "==> the tree without a bug: $last seeds of $simulator"
  await_turn
  play unpatched "unpatched-$simulator" "$simulator" "$last" &
done
wait
for found in "$results"/unpatched-*.found; do
  [ -f "$found" ] || continue
  echo "mutants: the tree without a bug complains at seed $(tr '\t' ':' <"$found")" >&2
  status=1
done

# --- The table.
complaint_of() { cut -f 2- "$results/$1.found" | sed 's/^[0-9]* ms: //; s/|/\\|/g'; }
missed=0
for mutant in "${mutants[@]}"; do
  if [ -s "$results/$mutant.found" ]; then
    seed=$(cut -f 1 "$results/$mutant.found")
    printf '%-34s %5s  %s\n' "$mutant" "$seed" "$(complaint_of "$mutant")"
    echo "| [\`$mutant\`](../Tests/Mutants/$mutant.patch) | $(title_of "$mutant") | $(simulator_of "$mutant") |" \
      "$seed | $(complaint_of "$mutant") |" >>"$results/rows"
  else
    printf '%-34s %5s  %s\n' "$mutant" "–" "NOT FOUND in $seeds seeds"
    missed=$((missed + 1))
  fi
done >"$results/table"
echo
printf '%-34s %5s  %s\n' mutant seed "what complained first"
cat "$results/table"
[ "$missed" -eq 0 ] || fail "$missed of ${#mutants[@]} bugs were not found"
[ "$status" -eq 0 ] || exit "$status"
echo "all ${#mutants[@]} bugs were found"

if [ -n "$write" ]; then
  awk -v rows="$results/rows" '
    /^<!-- mutants: end -->$/ { inside = 0 }
    !inside { print }
    /^<!-- mutants: begin -->$/ {
      inside = 1
      print "| mutant | what is broken | simulation | found at seed | what complained first |"
      print "|---|---|---|---|---|"
      while ((getline row < rows) > 0) print row
    }' "$document" >"$results/document"
  cp "$results/document" "$document"
  echo "$document: the table is renewed"
fi
