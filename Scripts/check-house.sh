#!/usr/bin/env bash
# Checks the rules of the house that a compiler does not:
#   1. every module's imports are what Package.swift declares and what the table in docs/architecture.md says, and
#      stand on lower floors or earlier on the same one;
#   2. no Swift file is longer than 600 lines;
#   3. no node code reads a clock, sleeps, draws randomness or traps except through the seams. A line that is such a
#      seam says so at its end, or on the line before: `// house: why`.
#   4. every test that may be skipped says what it needs.
#   5. a doc comment stands on its declaration, where tools find it, not above the imports.
# Usage: check-house.sh [--write]    --write renews the table in docs/architecture.md from the sources.
set -euo pipefail
cd "$(dirname "$0")/.."

document=docs/architecture.md
longest=600
floors="Cores Ground Database Layers Surfaces"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() {
  echo "house: $*" >&2
  failures=$((failures + 1))
}

# FLOOR MODULE, for every folder with sources.
for floor in $floors; do
  for folder in Sources/"$floor"/*/; do
    [ -d "$folder" ] || continue
    if [ -n "$(find "$folder" \( -name '*.swift' -o -name module.modulemap \) -print -quit)" ]; then
      echo "$floor $(basename "$folder")"
    fi
  done
done >"$work/folders"
for folder in Sources/*/; do
  case " $floors " in
    *" $(basename "$folder") "*) ;;
    *) fail "$folder is not a floor (floors: $floors)" ;;
  esac
done

# MODULE DEPENDENCY…, in the manifest's order. The manifest lists them as Module("Name", on: ["Other"]).
tr '\n' ' ' <Package.swift | sed 's/  */ /g; s/( "/("/g' \
  | { grep -oE '(Module|\.executable|\.systemLibrary)\("[A-Za-z]+"(, on: \[[^]]*\])?' || true; } \
  | sed -E 's/^[.A-Za-z]*\(//; s/, on: \[/ /; s/[],"]/ /g' \
  | awk '{ printf "%s", $1; for (i = 2; i <= NF; i++) printf " %s", $i; print "" }' >"$work/manifest"

# The modules of the house that a folder's files import, sorted, on one line.
imports_of() {
  find "$1" -name '*.swift' -exec cat {} + \
    | sed -nE 's/^ *(@[A-Za-z_()]+ +)*((public|package|internal|private|fileprivate) +)?import +((struct|class|enum|protocol|func|var|let|typealias) +)?(Roost([A-Za-z]+)|(CRocksDB))([. ].*)?$/\7\8/p' \
    | sort -u | tr '\n' ' ' | sed 's/ $//'
}

sorted_words() { tr ' ' '\n' | sed '/^$/d' | sort -u | tr '\n' ' ' | sed 's/ $//'; }

# The table: one row per module in the manifest's order, with what it really imports.
: >"$work/table"
seen=" "
while read -r module declared; do
  floor=$(awk -v module="$module" '$2 == module { print $1 }' "$work/folders")
  if [ -z "$floor" ]; then
    fail "Package.swift declares $module, which has no sources"
    continue
  fi
  imported=$(imports_of "Sources/$floor/$module")
  for other in $imported; do
    case "$seen" in
      *" $other "*) ;;
      *) fail "$floor/$module imports $other, which is no module of a lower floor nor an earlier one of its own" ;;
    esac
  done
  declared=$(echo "$declared" | sorted_words)
  [ "$imported" = "$declared" ] \
    || fail "$floor/$module imports [$imported], Package.swift declares [$declared]"
  cell=$(echo "$imported" | awk '{ for (i = 1; i <= NF; i++) printf "%s`%s`", (i > 1 ? ", " : ""), $i }')
  echo "| $floor | \`$module\` | ${cell:-–} |" >>"$work/table"
  seen="$seen$module "
done <"$work/manifest"
while read -r floor module; do
  case "$seen" in
    *" $module "*) ;;
    *) fail "Sources/$floor/$module is not declared in Package.swift" ;;
  esac
done <"$work/folders"
begin='<!-- house: begin -->'
end='<!-- house: end -->'
if [ "${1:-}" = --write ]; then
  awk -v begin="$begin" -v end="$end" -v table="$work/table" '
    $0 == end { inside = 0 }
    !inside { print }
    $0 == begin {
      inside = 1
      print "| floor | module | imports |"
      print "|---|---|---|"
      while ((getline line < table) > 0) print line
    }' "$document" >"$work/document"
  cp "$work/document" "$document"
  echo "$document: the table of modules is renewed"
fi
awk -v begin="$begin" -v end="$end" '$0 == end { inside = 0 } inside { print } $0 == begin { inside = 1 }' \
  "$document" | tail -n +3 >"$work/documented"
if ! diff -u --label "$document" --label sources "$work/documented" "$work/table" >"$work/difference"; then
  cat "$work/difference" >&2
  fail "the table of modules in $document is not what the sources import (Scripts/check-house.sh --write renews it)"
fi

# Generated sources keep the form of their generator.
find Sources Tests -name '*.swift' ! -name '*.pb.swift' ! -name '*.grpc.swift' | sort >"$work/files"
while read -r file; do
  lines=$(wc -l <"$file")
  [ "$lines" -le "$longest" ] || fail "$file has $lines lines; $longest are allowed, so it holds two concepts"
  case "$(basename "$file")" in
    *Utils* | *Utilities* | *Helpers* | *Manager* | Common*) fail "$file: the name does not tell what is in it" ;;
  esac
done <"$work/files"

# What no source may call. The command line is not node code: it may read a clock to measure.
grep -v '^Tests/' "$work/files" | tr '\n' '\0' | xargs -0 -r awk '
  FNR == 1 { excused = 0 }
  /^ *\/\/ house: [a-z]/ { excused = 1; next }
  /\/\/ house: [a-z]/ { next }
  excused { excused = 0; next }
  {
    code = $0
    sub(/\/\/.*/, "", code)
    if (code !~ /[!(.]|Clock|Dispatch|SystemRandom/) next
    client = FILENAME ~ /^Sources\/Surfaces\/(Command|PostgresClient)\//
    reason = ""
    if (code ~ /(^|[^A-Za-z_])try!/) reason = "try! traps where an error belongs"
    else if (code ~ /(^|[^A-Za-z_.])fatalError\(/) reason = "fatalError( traps where an error belongs"
    else if (code ~ /(Task|Thread)\.sleep|(^|[^A-Za-z_])(usleep|nanosleep|sleep)\(/) reason = "waiting goes through the loop"
    else if (code ~ /Dispatch(Queue|Source|Semaphore|Group)/) reason = "work runs on loops and workers, not on Dispatch"
    else if (code ~ /SystemRandomNumberGenerator|(^|[^A-Za-z_])arc4random/) reason = "randomness is injected"
    else if (code ~ /\.random\(in: [^)]*\)/ && code !~ /using:/) reason = "randomness is injected (using:)"
    else if (!client && code ~ /(^|[^A-Za-z_])Date\(\)|Date\.now|ContinuousClock|SuspendingClock/) reason = "time is injected"
    if (reason != "") { printf "house: %s:%d: %s\n", FILENAME, FNR, reason; found = 1 }
  }
  END { exit found }' >&2 || failures=$((failures + 1))

# A condition without a text leaves people guessing what was not tested.
grep '^Tests/' "$work/files" | tr '\n' '\0' | xargs -0 -r awk '
  function judge() {
    if (depth > 0 || text == "") return
    if (text !~ /, *"[^"]+/) { printf "house: %s:%d: say what the test needs, after its condition\n", FILENAME, line; found = 1 }
    text = ""
  }
  FNR == 1 { text = ""; depth = 0 }
  {
    rest = $0
    if (text == "") {
      at = match(rest, /\.(enabled|disabled)\(/)
      if (!at) next
      rest = substr(rest, at + RLENGTH)
      line = FNR
      depth = 1
      text = " "
    }
    for (i = 1; i <= length(rest) && depth > 0; i++) {
      letter = substr(rest, i, 1)
      if (letter == "(") depth++
      if (letter == ")") depth--
      if (depth > 0) text = text letter
    }
    judge()
  }
  END { exit found }' >&2 || failures=$((failures + 1))

tr '\n' '\0' <"$work/files" | xargs -0 -r awk '
  FNR == 1 { comment = 0; over = 0 }
  over || /^ *$/ || /^\/\/([^\/]|$)/ { next }
  /^\/\/\// { if (!comment) comment = FNR; next }
  /^(@[A-Za-z_()]+ +)*((public|package|internal|private|fileprivate) +)?import / {
    if (comment) { printf "house: %s:%d: put the doc comment on its declaration\n", FILENAME, comment; found = 1 }
    over = 1
    next
  }
  { over = 1 }
  END { exit found }' >&2 || failures=$((failures + 1))

if [ "$failures" -gt 0 ]; then
  exit 1
fi
echo "the house stands: $(wc -l <"$work/table") modules, $(wc -l <"$work/files") files"
