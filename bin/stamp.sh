# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # used, or set, where this file is sourced
# The hook's memory: an allow that nothing has changed since is repeated without Node, by one call of `stat`.
#
# What a stamp lists, and why each thing that could change the verdict changes one of its files, stands in
# lib/verify/stamp-facts.ts, its format in lib/trust/stamp.ts. What is asked (options, environment, which programs are
# found, which metadata there is) is its first line. Whatever is not as expected is no answer, and Node is asked. Every
# comparison is of whole words as they stand: a stamp is no pattern and never run.

bc_tab='	'
bc_waited=''

# Sets bc_likely to what would be run as cocoon if it is no copy of the guard; nothing where there is none.
bc_likely_cocoon() {
  bc_likely=$bc_cocoon
  if [ -z "$bc_cocoon" ]; then
    bc_search_path cocoon bc_is_not_us || :
    bc_likely=$bc_found
  elif ! bc_is_program "$bc_cocoon"; then
    return 1
  fi
}

bc_is_not_us() {
  # shellcheck disable=SC3013 # the shells that this must run in all know it
  bc_is_program "$1" && ! [ "$1" -ef "$bc_here/cocoon-guard" ]
}

# The hypervisor as cocoon finds it: COCOON_CH_BINARY is viper's name for its ch_binary.
bc_likely_hypervisor() {
  bc_found=${COCOON_CH_BINARY:-cloud-hypervisor}
  case $bc_found in
    */*) bc_is_program "$bc_found" || bc_found='' ;;
    *) bc_search_path "$bc_found" bc_is_program || : ;;
  esac
}

# Makes of the hook's arguments the question that a stamp answers; fails for what none may answer. A configuration file
# says where to look in a language of its own, so whoever names one is answered by Node.
bc_ask() {
  bc_question=''
  bc_asked_root=${COCOON_ROOT_DIR:-/var/lib/cocoon}
  bc_asked_run=${COCOON_RUN_DIR:-}
  while [ "$#" -gt 0 ]; do
    case $1 in
      --operation)
        [ "${2-}" = clone ] || return 1
        shift
        ;;
      --root-dir | --run-dir)
        case ${2-} in
          /*) ;;
          *) return 1 ;;
        esac
        case $1 in
          --root-dir) bc_asked_root=$2 ;;
          *) bc_asked_run=$2 ;;
        esac
        shift
        ;;
      --pull) ;;
      --)
        shift
        break
        ;;
      -*) return 1 ;;
      *) break ;;
    esac
    shift
  done
  [ "$#" -eq 1 ] && bc_name_stamp "$1" && bc_find_node && bc_likely_cocoon || return 1
  bc_question="blobcheck stamp 1$bc_tab$bc_asked_root$bc_tab$bc_asked_run$bc_tab${COCOON_META_BACKEND:-}"
  bc_question="$bc_question$bc_tab$bc_sections$bc_tab$bc_policy$bc_tab$bc_node$bc_tab$bc_likely"
  bc_likely_hypervisor
  bc_question="$bc_question$bc_tab$bc_found"
  bc_search_path qemu-img bc_is_program || :
  bc_question="$bc_question$bc_tab$bc_found"
  bc_look_for_metadata
  bc_configured=''
  [ ! -e "$bc_conf" ] || bc_configured=$bc_conf
  # A field with a tab or the end of a line in it would be two.
  case $bc_asked_root$bc_asked_run${COCOON_META_BACKEND:-}$bc_sections$bc_policy$bc_node$bc_likely in
    *[[:cntrl:]]*) bc_question='' ;;
  esac
  case $bc_asked_root in
    /*) ;;
    *) bc_question='' ;;
  esac
  case $bc_state in
    /*) ;;
    *) bc_question='' ;;
  esac
  [ -n "$bc_question" ] || return 1
  bc_question="$bc_question$bc_tab$bc_engines$bc_tab$bc_configured$bc_tab$bc_reference"
}

# A file name for a reference: `+`, which none of these has, for `/`.
bc_name_stamp() {
  bc_reference=$1
  case $1 in
    '' | [.-]* | *[!A-Za-z0-9._:/-]*) return 1 ;;
  esac
  [ "${#1}" -le 200 ] || return 1
  bc_name=''
  bc_rest=$1
  while :; do
    case $bc_rest in
      */*) ;;
      *) break ;;
    esac
    bc_name=$bc_name${bc_rest%%/*}+
    bc_rest=${bc_rest#*/}
  done
  bc_name=$bc_name$bc_rest
}

# Which engines have metadata here, in the order of engineFiles in lib/store/layout.ts.
bc_look_for_metadata() {
  bc_engines=''
  for bc_place in meta/meta.db meta/meta-convert.manifest snapshot/db/snapshots.json cloudimg/db/images.json \
    oci/db/images.json cloudhypervisor/db/vms.json firecracker/db/vms.json cni/db/networks.json metering/log.json; do
    if [ -e "$bc_asked_root/$bc_place" ]; then bc_engines=${bc_engines}y; else bc_engines=${bc_engines}n; fi
  done
}

bc_ignored() {
  bc_notice "$bc_stamp is ignored: $1"
  return 1
}

# Whether what `stat` says of a file's mode ($2, hexadecimal) and owner ($3) makes it a directory ($1: 4) or regular file
# ($1: 8) that only root or we can write: no bit 020, no bit 002.
bc_is_own() {
  case $2 in
    "$1"?[02468ace][014589cd]) ;;
    *) return 1 ;;
  esac
  case $3 in
    0 | "$bc_us") ;;
    *) return 1 ;;
  esac
}

# Whether the hook's arguments ask what a stamp answers, and all of it is as the stamp says. Then bc_warnings holds what
# is to be told.
bc_is_warm() {
  bc_ask "$@" || return 1
  bc_stamp=$bc_state/stamps/$bc_name
  [ ! -h "$bc_stamp" ] || bc_ignored 'it is a link' || return 1
  [ -f "$bc_stamp" ] && [ -r "$bc_stamp" ] || return 1
  bc_read_stamp && bc_compare_stamp
}

# Reads the stamp: bc_want holds what is expected of its files, the arguments of bc_compare_stamp their paths. A path
# cannot hold the end of a line, so lines keep them apart.
bc_read_stamp() {
  bc_paths=''
  bc_want=''
  bc_warnings=''
  bc_memory=''
  bc_files=0
  bc_directory=''
  bc_ended=''
  {
    IFS= read -r bc_line && [ "$bc_line" = "$bc_question" ] || return 1
    IFS=' ' read -r bc_kind bc_from bc_until || bc_kind=''
    [ "$bc_kind" = valid ] || bc_ignored 'it is damaged' || return 1
    while IFS=' ' read -r bc_kind bc_inode bc_size bc_time bc_path; do
      case $bc_kind$bc_memory in
        d | f | m)
          case $bc_path in
            /*) ;;
            *) bc_path=$bc_directory/$bc_path ;;
          esac
          case $bc_kind in
            d) bc_directory=$bc_path ;;
            m) bc_memory=m ;;
          esac
          bc_files=$((bc_files + 1))
          bc_paths="$bc_paths$bc_path
"
          bc_want="$bc_want$bc_inode $bc_size $bc_time
"
          ;;
        w | wm)
          bc_warnings="$bc_warnings$bc_inode $bc_size $bc_time $bc_path
"
          ;;
        end | endm)
          [ "$bc_inode $bc_size $bc_time" != "$bc_from $bc_until $bc_files" ] || bc_ended=yes
          break
          ;;
        *) break ;;
      esac
    done
  } <"$bc_stamp"
  [ -n "$bc_ended" ] || bc_ignored 'it is damaged' || return 1
}

# Compares all files of the stamp with what is there, by one call of `stat`. /proc/self/fd is as old as now, which makes it
# a clock, and belongs to us. Under LC_ALL=C, because other languages have other decimal points.
bc_compare_stamp() {
  set -f
  IFS='
'
  # shellcheck disable=SC2086 # a path a line
  set -- $bc_paths
  unset IFS
  # shellcheck disable=SC2046 # words
  set -- $(LC_ALL=C command -p stat -c '%f %u %i %s %.9Y %.9Z' -- /proc/self/fd "$bc_state/." "$bc_state/stamps/." \
    "$bc_stamp" ${bc_unproven:+"$bc_conf"} "$@" 2>/dev/null)
  set +f
  bc_own=4
  [ -z "$bc_unproven" ] || bc_own=5
  [ "$#" -eq "$(((bc_own + bc_files) * 6))" ] || return 1
  bc_us=$2
  bc_now=${5%%.*}
  shift 6
  bc_is_own 4 "$1" "$2" && bc_is_own 4 "$7" "$8" || bc_ignored 'others can write there' || return 1
  shift 12
  bc_is_own 8 "$1" "$2" || bc_ignored 'others can write it' || return 1
  shift 6
  if [ -n "$bc_unproven" ]; then
    bc_is_own 8 "$1" "$2" && [ "$2" -eq 0 ] || return 1
    shift 6
  fi
  bc_have=''
  while [ "$#" -gt 0 ]; do
    case $#$bc_memory in
      6m) bc_time=$5 ;;
      *) bc_time=$6 ;;
    esac
    bc_have="$bc_have$3 $4 $bc_time
"
    shift 6
  done
  [ "$bc_have" = "$bc_want" ] || return 1
  case $bc_from$bc_until$bc_now in
    *[!0-9]*) return 1 ;;
  esac
  [ "$bc_from" -le "$bc_now" ] || bc_ignored 'it is from the future' || return 1
  [ "$bc_now" -lt "$bc_until" ]
}

bc_tell_warm() {
  bc_tell_notices
  [ -z "$bc_warnings" ] || printf '%s' "$bc_warnings" >&2
}

# Waits until no other hook asks Node about the same snapshot, so that of fifty at once one does. The lock (descriptor 9)
# is ours until we end, or somebody kills us. Fails when the time is over; where nothing can be locked there is no turn.
# Sets bc_waited to the seconds that were spent, if any were.
bc_take_turn() {
  bc_seconds=600
  bc_waited=''
  bc_ask "$@" || return 0
  # Fifty at once are one, too, where nobody has ever asked; readable as makeOwnDirectory in lib/trust leaves it.
  [ -d "$bc_state/locks" ] || (umask 022 && command -p mkdir -p -- "$bc_state/locks") 2>/dev/null || return 0
  # shellcheck disable=SC2046 # words
  set -- $(LC_ALL=C command -p stat -c '%f %u %.9Y' -- /proc/self/fd "$bc_state/." "$bc_state/locks/." 2>/dev/null)
  [ "$#" -eq 9 ] || return 0
  bc_us=$2
  bc_now=${3%%.*}
  bc_is_own 4 "$4" "$5" && bc_is_own 4 "$7" "$8" && [ -w "$bc_state/locks" ] || return 0
  bc_lock=$bc_state/locks/hook.$bc_name
  bc_umask=$(umask)
  # Whoever can open it can hold it and never let go.
  umask 077
  { command exec 9<>"$bc_lock"; } 2>/dev/null || bc_lock=''
  umask "$bc_umask"
  [ -n "$bc_lock" ] || return 0
  # Whose it is, for who forgets a store.
  printf '%s\n' "$bc_asked_root" >&9 2>/dev/null || :
  command -p flock -n 9 2>/dev/null
  case $? in
    0) return 0 ;;
    1) ;;
    # There is no such program.
    *)
      exec 9>&-
      return 0
      ;;
  esac
  bc_read_timeout
  command -p flock -w "$bc_seconds" 9 || return 1
  bc_waited=$(LC_ALL=C command -p stat -c %.9Y -- /proc/self/fd)
  bc_waited=$((${bc_waited%%.*} - bc_now))
}

# Sets bc_seconds to BLOBCHECK_TIMEOUT, as lib/cli/duration.ts reads it.
bc_read_timeout() {
  case $bc_timeout in
    *s) bc_each=1 bc_number=${bc_timeout%s} ;;
    *m) bc_each=60 bc_number=${bc_timeout%m} ;;
    *h) bc_each=3600 bc_number=${bc_timeout%h} ;;
    *) bc_each=1 bc_number=$bc_timeout ;;
  esac
  case $bc_number in
    '' | 0* | *[!0-9]* | ????????*) ;;
    *) bc_seconds=$((bc_number * bc_each)) ;;
  esac
}

bc_whole=stamp.sh
