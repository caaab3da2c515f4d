#!/usr/bin/env bash
# Runs the scripts of this folder one after the other, and prints a table of how each ended.
#
#   run.sh [--roost PATH] [--before PATH] [--quick] [NAME …]
#
# --before PATH adds throughput.py, which compares with that binary. --quick tries each briefly, as a check of the scripts
# rather than of the build. NAMEs choose some of: statements majority bulk diskfull strangers memory kills fuzz chroot
# throughput.
# What each of them said is in hardening-logs/ below the current folder.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
roost=$here/../../.build/release/roost
before=
quick=
chosen=()
while [ $# -gt 0 ]; do
  case $1 in
  --roost) roost=$2 && shift 2 ;;
  --before) before=$2 && shift 2 ;;
  --quick) quick=1 && shift ;;
  --help | -h) sed -n '2,/^set /s/^# \{0,1\}//p' "$0" && exit 0 ;;
  -*) echo "$0: what is $1? See --help." >&2 && exit 2 ;;
  *) chosen+=("$1") && shift ;;
  esac
done
if [ ${#chosen[@]} -eq 0 ]; then
  chosen=(statements majority bulk diskfull strangers memory kills fuzz chroot)
  [ -z "$before" ] || chosen+=(throughput)
fi

# Arguments, those of --quick, and seconds after which a script is ended.
arguments() {
  case $1 in
  statements) [ -z "$quick" ] || echo "--only position peers doubling sort" ;;
  majority) [ -z "$quick" ] || echo "--ways stop" ;;
  bulk) [ -z "$quick" ] || echo "--rows 20000" ;;
  diskfull) ;;
  strangers) [ -z "$quick" ] || echo "--seconds 20 --bout 10 --calm 5" ;;
  memory) [ -z "$quick" ] || echo "--seconds 20 --sessions 100" ;;
  kills) [ -z "$quick" ] || echo "--rounds 5" ;;
  fuzz) [ -z "$quick" ] || echo "--messages 3000" ;;
  chroot) ;;
  throughput) echo "--before $before --after $roost ${quick:+--rounds 3 --seconds 1}" ;;
  *) echo "unknown script $1" >&2 && return 1 ;;
  esac
}
limit() {
  case $1 in
  statements | majority | bulk | diskfull | chroot) echo 1800 ;;
  *) echo 3600 ;;
  esac
}

logs=hardening-logs
mkdir -p "$logs"
failed=0
rows=()
for name in "${chosen[@]}"; do
  more=$(arguments "$name") || exit 2
  script=$here/$name.py
  [ -f "$script" ] || script=$here/$name.sh
  own="--roost $roost"
  [ "$name" != throughput ] || own=
  echo "==> $name $more"
  begun=$SECONDS
  # shellcheck disable=SC2086  # several arguments in one word
  timeout --kill-after=60 "$(limit "$name")" "$script" $own $more 2>&1 | tee "$logs/$name.log"
  status=${PIPESTATUS[0]}
  last=$(tail -n 1 "$logs/$name.log")
  [ "$status" = 0 ] || failed=1
  [ "$status" != 124 ] || last="FAIL not within $(limit "$name") s"
  rows+=("$(printf '%-11s %6d s  %s' "$name" $((SECONDS - begun)) "$last")")
done
echo
printf '%-11s %8s  %s\n' script took result
printf '%s\n' "${rows[@]}"
exit $failed
