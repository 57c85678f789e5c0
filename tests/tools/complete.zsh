# What zsh itself offers for each line, one a line, and an empty line behind each.
#
# usage: zsh -f complete.zsh FOLDER LINE...
#
# FOLDER has the completions. An interactive zsh runs on a terminal of its own; compadd, through
# which all that is offered goes, says in it what that is. What is typed before that zsh reads its keys is
# shown as well, at some time: no mark stands in it as it is printed.
zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner "PS1= PS2= RPS1=; fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -D -u"
zpty -w inner 'compadd () {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return $?; fi
    local -a hits
    builtin compadd -A hits "$@"
    print -r -- "OFFER""ED:${(j: :)hits}:DEREFFO"
    return 0
}
complete-and-say () { zle complete-word; print END:OFF""ER; BUFFER= CURSOR=0 }
zle -C complete-word complete-word _main_complete
zle -N complete-and-say
bindkey "^I" complete-and-say
print READY:N""OW'
zpty -r inner text $'*READY:NOW\r\n'
for line in "${@[2,-1]}"; do
    zpty -n -w inner "$line"$'\t'
    zpty -r inner text $'*END:OFFER*'
    print -r -- ${text//$'\r'/} | grep -o 'OFFERED:.*:DEREFFO' | sed 's/^OFFERED://; s/:DEREFFO$//' | tr ' ' '\n' | sed '/^$/d'
    print
done
