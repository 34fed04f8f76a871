# shellcheck shell=sh
# shellcheck disable=SC2034 # used where this file is sourced
# What cocoon will make of its arguments, read as cobra and pflag read them (cobra 1.10, command.go; pflag 1.0, flag.go).

bc_odd=''

# cocoon's flags that take a value: global ones, those of v0.3 and those that v0.6 has besides. Only flags of the gated
# commands: a flag that takes a value elsewhere could hide a snapshot's name here.
bc_takes_value() {
  case $1 in
    --config | --root-dir | --run-dir | --log-dir | --cni-conf-dir | --cni-bin-dir | --dns | --log-level) ;;
    --name | --cpu | --memory | --storage | --nics | --queue-size | --disk-queue-size | --network | --bridge) ;;
    --user | --password | --data-disk | --output | -o) ;;
    --from-dir | --restore-mode | --cpu-weight | --cpu-quota-us | --cpu-period-us | --cpu-burst-us | --cpuset-cpus) ;;
    *) return 1 ;;
  esac
}

# Finds the sub-command as cobra does (Find and stripFlags in its command.go): before it has found the command it knows
# none of that command's flags, and lets every flag that it does not know take the next word, `--` and other flags
# included. $1 is empty for how a cocoon would read it in which such a flag is a global one without a value.
bc_locate() {
  bc_swallows=$1
  shift
  bc_group=''
  bc_command=''
  bc_group_at=0
  bc_command_at=0
  bc_at=0
  bc_swallowed=''
  for bc_arg do
    bc_at=$((bc_at + 1))
    if [ -n "$bc_swallowed" ]; then
      bc_swallowed=''
      continue
    fi
    case $bc_arg in
      --) return ;;
      '' | -= | --*=*) ;;
      --* | -?)
        if bc_takes_value "$bc_arg"; then
          bc_swallowed=yes
        else
          bc_odd=yes
          bc_swallowed=$bc_swallows
        fi
        ;;
      -*) ;;
      vm | image)
        if [ -n "$bc_group" ]; then
          return
        fi
        bc_group=$bc_arg
        bc_group_at=$bc_at
        ;;
      *)
        [ -n "$bc_group" ] || return
        bc_command=$bc_arg
        bc_command_at=$bc_at
        return
        ;;
    esac
  done
}

bc_name_operation() {
  case $bc_group=$bc_command in
    vm=clone | vm=restore) bc_operation=$bc_command ;;
    vm=run | vm=create) bc_operation=run ;;
    image=pull | image=import) bc_operation=images ;;
    *) bc_operation='' ;;
  esac
}

# Whether some mixture of the two readings of `bc_locate` makes a gated command of these words.
bc_mentions_gated() {
  bc_group=''
  for bc_arg do
    case $bc_group=$bc_arg in
      =vm) bc_group=vm ;;
      vm=clone | vm=restore | vm=run | vm=create) return 0 ;;
    esac
  done
  return 1
}

bc_is_gated() {
  case $bc_operation in
    clone | restore | run) ;;
    *) return 1 ;;
  esac
}

# Sets bc_operation: clone, restore, run (which `vm create` is too), images, doubtful, or nothing. An older and a newer
# cocoon that gate two different commands make it doubtful: the words of the one are not the words of the other.
bc_find_operation() {
  bc_locate '' "$@"
  bc_name_operation
  [ -n "$bc_odd" ] || return 0
  bc_newer=''
  ! bc_is_gated || bc_newer=$bc_group_at,$bc_command_at
  bc_newer_operation=$bc_operation

  bc_locate swallows "$@"
  bc_name_operation
  if bc_is_gated; then
    case $bc_newer in
      '' | "$bc_group_at,$bc_command_at") ;;
      *) bc_operation=doubtful ;;
    esac
  elif [ -n "$bc_newer" ]; then
    bc_locate '' "$@"
    bc_name_operation
  elif bc_mentions_gated "$@"; then
    bc_operation=doubtful
  elif [ -z "$bc_operation" ]; then
    bc_operation=$bc_newer_operation
  fi
}

bc_set_value() {
  case $1 in
    --root-dir) bc_has_root=yes bc_root=$2 ;;
    --run-dir) bc_has_run=yes bc_run=$2 ;;
    --config) bc_has_config=yes bc_config=$2 ;;
    --from-dir) bc_has_from=yes bc_from=$2 ;;
  esac
}

# A flag that is not known here may have taken the next one for its value. Which files cocoon opens hangs on these four.
bc_doubt_place() {
  case $1 in
    --root-dir | --run-dir | --config | --from-dir) [ -z "$bc_after_unknown" ] || bc_unclear=yes ;;
  esac
}

# Reads the arguments as pflag does for the command that was found, whose two words are no longer among them: a flag
# before them takes the word behind them. What is no flag and no known flag's value is a word; then goes on with `$1`.
bc_with_words() {
  bc_then=$1
  shift
  bc_left=$#
  bc_at=0
  bc_words=0
  bc_wants=''
  bc_both=''
  bc_unknown=''
  bc_ended=''
  bc_help=''
  bc_pull=''
  bc_unclear=''
  bc_free_at=''
  bc_has_root='' bc_has_run='' bc_has_config='' bc_has_from=''
  while [ "$bc_left" -gt 0 ]; do
    bc_arg=$1
    shift
    bc_left=$((bc_left - 1))
    bc_at=$((bc_at + 1))
    case $bc_at in
      "$bc_group_at" | "$bc_command_at") continue ;;
    esac
    bc_find_free $((bc_at - 1))
    bc_is_word=''
    if [ -n "$bc_wants" ]; then
      bc_set_value "$bc_wants" "$bc_arg"
      bc_is_word=$bc_both
      bc_wants=''
    elif [ -n "$bc_ended" ]; then
      bc_is_word=yes
      case $bc_ended$bc_arg in
        doubtfully-*) bc_unclear=yes ;;
      esac
    else
      bc_after_unknown=$bc_unknown
      bc_unknown=''
      bc_read_one "$bc_arg"
    fi
    if [ -n "$bc_is_word" ]; then
      set -- "$@" "$bc_arg"
      bc_words=$((bc_words + 1))
    fi
  done
  bc_find_free "$bc_at"
  "$bc_then" "$@"
}

# Sets bc_free_at to the first place behind the command where a further flag would be one to every cocoon, and no value: $1
# if it is one.
bc_find_free() {
  [ -z "$bc_free_at$bc_wants$bc_unknown$bc_ended" ] && [ "$1" -ge "$bc_command_at" ] || return 0
  bc_free_at=$1
}

bc_read_one() {
  case $1 in
    --)
      bc_ended=surely
      [ -z "$bc_after_unknown" ] || bc_ended=doubtfully
      ;;
    --help | -h) bc_help=yes ;;
    --pull) bc_pull=$bc_at ;;
    # What Go's strconv.ParseBool takes for true.
    --pull=1 | --pull=t | --pull=T | --pull=TRUE | --pull=true | --pull=True) bc_pull=$bc_at ;;
    --pull=*) bc_pull='' ;;
    --on-demand | --no-direct-io | --fc | --windows | --force) ;;
    # The last one counts, so `--help --help=false` clones.
    --help=*) bc_odd=yes ;;
    --*=*)
      bc_doubt_place "${1%%=*}"
      bc_set_value "${1%%=*}" "${1#*=}"
      ;;
    -o?*) ;;
    -?*)
      if bc_takes_value "$1"; then
        bc_doubt_place "$1"
        bc_wants=$1
        bc_both=$bc_after_unknown
      else
        bc_odd=yes
        bc_unknown=yes
      fi
      ;;
    *) bc_is_word=yes ;;
  esac
}

bc_whole=cocoon-arguments.sh
