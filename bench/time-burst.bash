# Starts a program many times at once and prints the microseconds until the last has ended, and the bytes that all of them
# and their children have read (rchar in proc(5): a process has those of the children it has waited for).
#
#     bash time-burst.bash COUNT WORD...
set -u
export LC_ALL=C
count=$1
shift
pids=()
start=$EPOCHREALTIME
for ((run = 0; run < count; run++)); do
  "$@" >/dev/null </dev/null &
  pids+=($!)
done
for pid in "${pids[@]}"; do
  wait "$pid" || exit 1
done
end=$EPOCHREALTIME
bytes=
while read -r key value; do
  [ "$key" != rchar: ] || bytes=$value
done <"/proc/$$/io"
echo "$((${end/./} - ${start/./})) $bytes"
