# bash completion for lastack

_lastack() {
  local cur prev words cword
  _init_completion -n = || return

  local command=
  ((cword > 1)) && command=${words[1]}

  case $prev in
    --trace)
      _filedir '@(jsonl|pcapng|txt|html)'
      return
      ;;
    --summary)
      _filedir json
      return
      ;;
    --junit)
      _filedir xml
      return
      ;;
    --set | --seed)
      return
      ;;
  esac

  local options
  case $command in
    '')
      COMPREPLY=($(compgen -W 'run test validate schema sysctl --help --version' -- "$cur"))
      return
      ;;
    run) options='--set --seed --trace --summary --quiet --help' ;;
    test) options='--junit --tap --github --help' ;;
    *) options='--help' ;;
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
    return
  fi

  case $command in
    run | test | validate)
      _filedir json
      ;;
    sysctl)
      # The names are the program's to know; it prints one setting a line, its name first.
      local names
      names=$(lastack sysctl 2> /dev/null | awk '$1 ~ /^[a-z][a-z0-9_]+$/ {print $1}')
      COMPREPLY=($(compgen -W "$names" -- "$cur"))
      ;;
  esac
} && complete -F _lastack lastack
