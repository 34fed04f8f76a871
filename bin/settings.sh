# shellcheck shell=sh
# shellcheck disable=SC2034 # used where this file is sourced
# What the scripts beside this file are told by root and by their caller.
#
# Every variable begins with bc_: the real cocoon is to get its caller's environment as it was, and assigning to a name
# that a caller has exported changes it. All are set before they are read, because a caller can export these too.

bc_conf=/etc/blobcheck/blobcheck.conf
bc_notices=''
bc_unproven=''

# What is printed stays one line, and no terminal obeys it.
bc_show() {
  case $1 in
    *[![:print:]]*) bc_shown='something with characters that are not printed' ;;
    *) bc_shown=$1 ;;
  esac
}

bc_notice() {
  bc_notices="${bc_notices}blobcheck: $1
"
}

# Kept until somebody tells them: of two scripts that read the settings for one clone only one is to talk.
bc_tell_notices() {
  [ -z "$bc_notices" ] || printf '%s' "$bc_notices" >&2
}

# `find` and not `test`, which knows nothing of owners and of others' rights. `command -p`, because whoever chooses PATH
# must not choose what vouches for root's file. A FIFO is never opened.
bc_why_conf_does_not_count() {
  bc_why=''
  if [ -h "$bc_conf" ]; then
    bc_why='it is a link'
  elif [ ! -f "$bc_conf" ]; then
    bc_why='it is not a regular file'
  elif [ -z "$(command -p find "$bc_conf" -prune -type f -user 0 ! -perm -020 ! -perm -002 2>/dev/null)" ]; then
    bc_why='it is not owned by root, or others than root may write to it'
  elif [ ! -r "$bc_conf" ]; then
    bc_why='it cannot be read'
  fi
}

bc_forget_values() {
  bc_mode='' bc_cocoon='' bc_node='' bc_state='' bc_timeout='' bc_policy='' bc_sections=''
}

bc_read_conf() {
  while IFS= read -r bc_line || [ -n "$bc_line" ]; do
    while :; do
      case $bc_line in
        [[:space:]]*) bc_line=${bc_line#?} ;;
        *[[:space:]]) bc_line=${bc_line%?} ;;
        *) break ;;
      esac
    done
    case $bc_line in
      BLOBCHECK_MODE=*) bc_mode=${bc_line#*=} ;;
      BLOBCHECK_COCOON=*) bc_cocoon=${bc_line#*=} ;;
      BLOBCHECK_NODE=*) bc_node=${bc_line#*=} ;;
      BLOBCHECK_STATE_DIR=*) bc_state=${bc_line#*=} ;;
      BLOBCHECK_TIMEOUT=*) bc_timeout=${bc_line#*=} ;;
      BLOBCHECK_PULL_POLICY=*) bc_policy=${bc_line#*=} ;;
      BLOBCHECK_ALLOW_VM_SECTIONS=*) bc_sections=${bc_line#*=} ;;
    esac
  done <"$bc_conf"
}

# A key of the file wins over the environment.
bc_add_environment() {
  bc_mode=${bc_mode:-${BLOBCHECK_MODE:-enforce}}
  bc_cocoon=${bc_cocoon:-${BLOBCHECK_COCOON:-}}
  bc_node=${bc_node:-${BLOBCHECK_NODE:-node}}
  bc_state=${bc_state:-${BLOBCHECK_STATE_DIR:-/var/lib/blobcheck}}
  bc_timeout=${bc_timeout:-${BLOBCHECK_TIMEOUT:-}}
  bc_policy=${bc_policy:-${BLOBCHECK_PULL_POLICY:-}}
  bc_sections=${bc_sections:-${BLOBCHECK_ALLOW_VM_SECTIONS:-}}
  case $bc_mode in
    enforce | warn | off) ;;
    *)
      bc_show "$bc_mode"
      bc_notice "BLOBCHECK_MODE is '$bc_shown', which is none of enforce, warn and off, so it counts as enforce"
      bc_mode=enforce
      ;;
  esac
}

# Until this is called the values of the file may be anybody's: who has not had `stat` look at its owner (stamp.sh) must
# call it before a value counts.
bc_prove_settings() {
  [ -n "$bc_unproven" ] || return 0
  bc_why_conf_does_not_count
  if [ -n "$bc_why" ]; then
    bc_forget_values
    bc_notices=''
    bc_notice "$bc_conf is ignored: $bc_why"
    bc_add_environment
  fi
  # Last: until here a shell that cannot go on must not believe it.
  bc_unproven=''
}

bc_forget_values
if [ -f "$bc_conf" ] && [ ! -h "$bc_conf" ] && [ -r "$bc_conf" ]; then
  bc_read_conf
  bc_unproven=yes
elif [ -e "$bc_conf" ] || [ -h "$bc_conf" ]; then
  bc_why_conf_does_not_count
  bc_notice "$bc_conf is ignored: $bc_why"
elif [ -d "${bc_conf%/*}" ] && [ ! -x "${bc_conf%/*}" ]; then
  bc_notice "$bc_conf is ignored: its directory cannot be searched"
fi
bc_add_environment

bc_is_program() {
  [ -f "$1" ] && [ -x "$1" ]
}

# Sets bc_found to the first file called $1 in PATH that $2 takes. Not `command -v`, which would cost a process and finds
# builtins and exported functions: a node that is called `true` must be a program.
bc_search_path() {
  bc_rest=${PATH:+$PATH:}
  while [ -n "$bc_rest" ]; do
    bc_found=${bc_rest%%:*}
    bc_rest=${bc_rest#*:}
    case $bc_found in
      /*) bc_found=$bc_found/$1 ;;
      *) bc_found=./$bc_found/$1 ;;
    esac
    ! "$2" "$bc_found" || return 0
  done
  bc_found=''
  return 1
}

# Makes bc_node the path of a program, or says in bc_why that there is none.
bc_find_node() {
  bc_show "$bc_node"
  case $bc_node in
    /*)
      bc_is_program "$bc_node" && return 0
      bc_why="there is no Node at $bc_shown (BLOBCHECK_NODE)"
      return 1
      ;;
    */*)
      bc_why="BLOBCHECK_NODE is $bc_shown, which is neither a name nor an absolute path"
      return 1
      ;;
  esac
  if bc_search_path "$bc_node" bc_is_program; then
    bc_node=$bc_found
    return 0
  fi
  bc_why="there is no $bc_shown in PATH (BLOBCHECK_NODE names another)"
  return 1
}

# Node loads, runs and writes files that its environment names before a line of ours is read, so whoever may start us as
# root, by sudo, would be root. What cocoon reads too (proxies, certificates) stays.
bc_clean_for_node() {
  unset NODE_OPTIONS NODE_PATH NODE_COMPILE_CACHE NODE_V8_COVERAGE NODE_REDIRECT_WARNINGS NODE_ICU_DATA \
    NODE_CHANNEL_FD NODE_CHANNEL_SERIALIZATION_MODE NODE_UNIQUE_ID NODE_TEST_CONTEXT \
    OPENSSL_CONF OPENSSL_CONF_INCLUDE OPENSSL_MODULES OPENSSL_ENGINES
}

bc_whole=settings.sh
