#!/usr/bin/env bash
# Builds the reference of the modules' public symbols with the toolchain's DocC. Usage: build-docs.sh SWIFT
set -euo pipefail

swift=$1
output=.build/docs
docc=$(dirname "$(command -v "$swift")")/docc
[ -x "$docc" ] || docc=$(command -v docc || true)
if [ -z "$docc" ]; then
  echo "This Swift toolchain brings no docc; docs/ can be read as it is." >&2
  exit 1
fi

echo "==> reading the public symbols"
"$swift" package dump-symbol-graph --minimum-access-level public --skip-synthesized-members
graphs=$(find -L .build -type d -name symbolgraph -print -quit)

rm -rf "$output"
mkdir -p "$output"
for graph in "$graphs"/Roost*.symbols.json; do
  module=$(basename "$graph" .symbols.json)
  case "$module" in
    *@* | *Tests) continue ;;
  esac
  inputs=$(mktemp -d)
  cp "$graph" "$inputs/"
  echo "==> $module"
  "$docc" convert --fallback-display-name "$module" --fallback-bundle-identifier "roost.$module" \
    --additional-symbol-graph-dir "$inputs" --output-path "$output/$module.doccarchive" --ide-console-output >/dev/null
  rm -rf "$inputs"
done
echo "the reference is in $output; docs/ holds the chapters"
