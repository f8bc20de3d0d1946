"""The scripts of shells: what is offered comes from ``pgrecall`` itself, and is never evaluated.

All ask as typer has it for fish: the line up to the cursor stands in the environment, and a line of
the answer is a word, and behind a tab what it is. Typer's own script for zsh evaluates the answer,
in which names of collections stand.
"""

from __future__ import annotations

from pgrecall.cli.shared.completing import VARIABLE

_ASK = f"{VARIABLE}=complete_fish _TYPER_COMPLETE_FISH_ACTION=get-args _TYPER_COMPLETE_ARGS="

_BASH = f"""\
_pgrecall_completion() {{
    local word help
    COMPREPLY=()
    while IFS=$'\\t' read -r word help; do
        [ -z "$word" ] || COMPREPLY+=("$word")
    done < <({_ASK}"${{COMP_LINE:0:COMP_POINT}}" "$1" 2> /dev/null)
}}
complete -o default -F _pgrecall_completion pgrecall
"""

_ZSH = f"""\
#compdef pgrecall
_pgrecall_completion() {{
    local word help
    local -a found
    while IFS=$'\\t' read -r word help; do
        [[ -z "$word" ]] || found+=("${{word//:/\\\\:}}${{help:+:$help}}")
    done < <({_ASK}"${{words[1,CURRENT]}}" "${{words[1]}}" 2> /dev/null)
    if (( $#found )); then
        _describe pgrecall found
    else
        _files
    fi
}}
if [[ "$funcstack[1]" == _pgrecall ]]; then
    _pgrecall_completion "$@"
else
    compdef _pgrecall_completion pgrecall
fi
"""

_FISH = f"""\
function __pgrecall_completion
    {_ASK}(commandline -cp | string collect) pgrecall 2> /dev/null
end
complete --command pgrecall --arguments "(__pgrecall_completion)"
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
"""The script of each shell."""
