# bash completion for lastack

_lastack() {
  local cur prev words cword
  _init_completion -n = || return

  local command=
  ((cword > 1)) && command=${words[1]}
  [[ $command == kernel ]] && ((cword > 2)) && command="kernel ${words[2]}"

  case $prev in
    --trace)
      if [[ $command == 'kernel run' ]]; then
        _filedir -d
        return
      fi
      _filedir '@(jsonl|html|pcapng|txt|svg|mmd)'
      return
      ;;
    --keep | --record | --against)
      if [[ $command == sysctl ]]; then
        COMPREPLY=($(compgen -W 'linux-6 linux-4 rfc9293 textbook linux-4.9 linux-4.19 linux-5.4 linux-5.10 linux-5.15 linux-6.1 linux-6.6 linux-6.12 linux-6.18' -- "$cur"))
        return
      fi
      _filedir -d
      return
      ;;
    --series)
      _filedir csv
      return
      ;;
    --db)
      _filedir sqlite
      return
      ;;
    --csv)
      _filedir csv
      return
      ;;
    --summary | --json)
      _filedir json
      return
      ;;
    --sysctl)
      _filedir conf
      return
      ;;
    --junit)
      _filedir xml
      return
      ;;
    --color)
      COMPREPLY=($(compgen -W 'auto always never' -- "$cur"))
      return
      ;;
    --profile)
      COMPREPLY=($(compgen -W 'linux-6 linux-4 rfc9293 textbook linux-4.9 linux-4.19 linux-5.4 linux-5.10 linux-5.15 linux-6.1 linux-6.6 linux-6.12 linux-6.18' -- "$cur"))
      return
      ;;
    --recordings)
      _filedir -d
      return
      ;;
    --series-every | --set | --seed | --max-memory | --columns | --jobs | -j | --shard | --by | --baseline | --where | --metric | --confidence | --socket | --worst | --tolerance | --recording | --only | --seeds | --share | \
      --repeat | --late | --tries)
      return
      ;;
  esac

  local options
  case $command in
    '')
      COMPREPLY=($(compgen -W 'run test validate sweep tune compare merge export report explain schema sysctl diff kernel help --help --version' -- "$cur"))
      return
      ;;
    run)
      options='--set --seed --max-memory --trace --summary --series --series-every --quiet --ladder
        --no-ladder --columns --color --ascii --check --strict --verbose --help'
      ;;
    test) options='--jobs --seed --max-memory --junit --tap --github --strict --quiet --verbose --help' ;;
    sweep) options='--db --jobs --shard --seed --max-memory --junit --tap --github --resume --quiet --verbose --help' ;;
    tune) options='--sysctl --csv --page --jobs --seed --max-memory --grid --quiet --verbose --help' ;;
    compare) options='--by --baseline --where --metric --confidence --verbose --help' ;;
    merge) options='--quiet --verbose --help' ;;
    export) options='--csv --json --verbose --help' ;;
    report) options='--output --verbose --help' ;;
    explain) options='--socket --worst --set --seed --color --verbose --help' ;;
    validate) options='--strict --quiet --verbose --help' ;;
    diff) options='--tolerance --recording --quiet --verbose --help' ;;
    kernel)
      COMPREPLY=($(compgen -W 'check fuzz run --help' -- "$cur"))
      return
      ;;
    'kernel check')
      options='--recordings --repeat --only --seeds --share --racy --set --jobs --verbose --help'
      ;;
    'kernel fuzz')
      options='--seed --count --minutes --jobs --only --keep --record --against --set --verbose --help'
      ;;
    'kernel run')
      options='--trace --set --jobs --repeat --late --tries --ladder --quiet --verbose --help'
      ;;
    sysctl) options='--profile --against --verbose --help' ;;
    *) options='--verbose --help' ;;
  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
    return
  fi

  case $command in
    diff)
      _filedir '@(jsonl|json)'
      ;;
    compare | merge | export | report)
      _filedir sqlite
      ;;
    explain)
      _filedir '@(json|sqlite)'
      ;;
    run | test | validate | sweep | tune | 'kernel check' | 'kernel run')
      _filedir json
      ;;
    schema)
      COMPREPLY=($(compgen -W 'scenario sweep objective' -- "$cur"))
      ;;
    sysctl)
      # The names are the program's to know; it prints each as "NAME = VALUE".
      local names
      names=$(lastack sysctl 2> /dev/null | awk '$2 == "=" {print $1}')
      COMPREPLY=($(compgen -W "$names" -- "$cur"))
      ;;
  esac
} && complete -F _lastack lastack
