#!/usr/bin/env bash
# Says what is missing when there is no Swift 6.1 or later. Usage: check-toolchain.sh [SWIFT]
set -euo pipefail

swift=${1:-swift}
if ! command -v "$swift" >/dev/null 2>&1; then
  echo "Roost is built with Swift 6.1 or later, and '$swift' is not in the PATH: see https://www.swift.org/install" >&2
  exit 1
fi

version=$("$swift" --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
major=${version%%.*}
rest=${version#*.}
minor=${rest%%.*}
if [ -z "$version" ] || [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "${minor:-0}" -lt 1 ]; }; then
  echo "Roost is built with Swift 6.1 or later; '$swift' is version ${version:-unknown}: see https://www.swift.org/install" >&2
  exit 1
fi
