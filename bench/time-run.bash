# Runs a program and prints the microseconds that it took. A shell forks as cheaply as cocoon starts a hook; the
# benchmark's own Node would copy its page tables first, which is half of a hook.
#
#     bash time-run.bash STATUS WORD...
set -u
export LC_ALL=C
status=$1
shift
start=$EPOCHREALTIME
"$@" >/dev/null </dev/null
ended=$?
end=$EPOCHREALTIME
if ((ended != status)); then
  printf '%s ended with %s, not %s\n' "$*" "$ended" "$status" >&2
  exit 1
fi
echo $((${end/./} - ${start/./}))
