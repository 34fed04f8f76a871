# Runs a program again and again and prints the microseconds that each run took. A shell forks as cheaply as cocoon starts
# a hook; the benchmark's own Node would copy its page tables each time, which is half of a hook.
#
#     bash time-runs.bash COUNT STATUS WORD...
set -u
export LC_ALL=C
count=$1 status=$2
shift 2
for ((run = 0; run < count; run++)); do
  start=$EPOCHREALTIME
  "$@" >/dev/null </dev/null
  ended=$?
  end=$EPOCHREALTIME
  if ((ended != status)); then
    printf '%s ended with %s, not %s\n' "$*" "$ended" "$status" >&2
    exit 1
  fi
  echo $((${end/./} - ${start/./}))
done
