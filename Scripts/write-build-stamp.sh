#!/usr/bin/env bash
# Writes which commit is built into a source that git ignores, and leaves it alone while that is the same, so that nothing
# is compiled anew. Without git, or outside a checkout, nothing is written: the program then says "unknown commit".
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=Sources/Surfaces/Command/Version/BuildStamp.generated.swift
commit=$(git rev-parse --short=10 HEAD 2>/dev/null) || exit 0
# A tree inside somebody else's repository is not that repository's commit.
[ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ] || exit 0
date=$(git show -s --format=%cs HEAD)
changes=
[ -z "$(git status --porcelain --untracked-files=no 2>/dev/null)" ] || changes=", with changes"

text="// Written by Scripts/write-build-stamp.sh.
extension BuildStamp {
  static var commit: String { \"commit $commit of $date$changes\" }
}"
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$text" ]; then
  printf '%s\n' "$text" >"$stamp"
fi
