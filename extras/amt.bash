# SPDX-License-Identifier: MIT OR Unlicense
# Completion of amt(1) for bash. It needs nothing but bash; installed as
# PREFIX/share/bash-completion/completions/amt, or read with ".".

_amt() {
  local word=${COMP_WORDS[COMP_CWORD]} i=1 option='' command=''
  local options='-jt --job-type -an --application -jn --job -fn --file
    -pa --param --param-file -tv --task-value -u --user -su --submit-user -st --station
    -qn --queue -id --id --id-text -c --config -s --server
    --api-user --password-file
    --poll --initial-delay --poll-max --timeout --give-up --format --crlf
    -f --follow --state --lock-wait --keep-state --on-signal --no-wait --id-file --quiet
    --log-dir --retain-days --max-log --strict-text
    --ca --pin --cert --key --insecure --insecure-common-name --more-ciphers --wire --output
    --no-keep-alive
    --zero-on-done -v --trace --print-wire --c-source --report --listen --to --save
    --secrets --help --version'
  COMPREPLY=()
  case ${COMP_WORDS[1]} in
  probe | learn | tap | encrypt | anchors) [ "$COMP_CWORD" -gt 1 ] &&
    command=${COMP_WORDS[1]} i=2 ;;
  esac

  # The word after an option that takes a value is that value, whatever it
  # looks like. So all words are read, from the first on.
  for (( ; i < COMP_CWORD; i++)); do
    if [ -n "$option" ]; then option=; continue; fi
    case ${COMP_WORDS[i]} in
    -v | --trace) [ "$command" = encrypt ] && option=-v ;;
    -f | --follow | --no-wait | --keep-state | --insecure | --insecure-common-name | --more-ciphers | --no-keep-alive | \
      --zero-on-done | --secrets | --id-text | --quiet | --strict-text | --print-wire | \
      --c-source | --crlf | \
      --help | --version) ;;
    -*) option=${COMP_WORDS[i]} ;;
    esac
  done

  case $option in
  '')
    case $command in
    encrypt) options=-v ;;
    anchors) options='--cert --key'
      [[ $word = -* ]] || {
        options=; compopt -o filenames 2>/dev/null
        local IFS=$'\n'; COMPREPLY=($(compgen -f -- "$word"))
      } ;;
    learn) options='-an --application -jn --job -fn --file -pa --param -tv
      --task-value -u --user -su --submit-user -st --station -qn --queue -id
      --id --api-user --output'
      [[ $word = -* || $COMP_CWORD -gt 2 ]] || {
        options=; compopt -o filenames 2>/dev/null
        local IFS=$'\n'; COMPREPLY=($(compgen -f -- "$word"))
      } ;;
    probe) options='-an --application -id --id --id-text -c --config -s --server
      --api-user --password-file --give-up --ca --pin --cert --key
      --insecure --insecure-common-name --more-ciphers --wire --no-keep-alive
      -v --trace --report' ;;
    tap) options='--listen --to --save --secrets --ca --pin --cert --key
      --insecure --insecure-common-name --more-ciphers' ;;
    *) [ "$COMP_CWORD" = 1 ] && options="probe learn tap encrypt anchors $options" ;;
    esac
    [ -n "$options" ] && COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
  -jt | --job-type)
    COMPREPLY=($(compgen -W 'START STOP KILL MONITOR MESSAGES ATTACH' \
      -- "${word^^}")) ;;
  --format) COMPREPLY=($(compgen -W 'acs connector text json' -- "$word")) ;;
  --on-signal) COMPREPLY=($(compgen -W 'kill detach' -- "$word")) ;;
  --log-dir) compopt -o filenames 2>/dev/null
    local IFS=$'\n'; COMPREPLY=($(compgen -d -- "$word")) ;;
  -c | --config | --password-file | --state | --id-file | --ca | --cert | \
    --key | --wire | --output | --save | --report)
    compopt -o filenames 2>/dev/null
    local IFS=$'\n'; COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}

complete -F _amt amt
