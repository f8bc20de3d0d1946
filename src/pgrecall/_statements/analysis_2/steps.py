"""What the second analysis replaces beside all that the first one does."""

from __future__ import annotations

from pgrecall._statements.analysis_1.characters import ALPHABETIC, APART, UPPER
from pgrecall._statements.analysis_1.steps import REPLACED as FIRST
from pgrecall._statements.analysis_1.steps import Step

# a colour, or what clears the rest of a line, is inside words: what is shown is one word
_COLOUR = Step(r"\u001B(?:\[[0-9;:]*[mK]|[()][0-9A-Z])", "")
# other commands of a terminal move what follows; of a link its address is kept
_COMMAND = Step(r"\u001B(?:\[[0-?]*[ -/]*[@-~]|\](?:8;[^;\u0007\u001B]*|[0-9]+);|\\)", " ")
# colours whose first character is written as code has it, or was lost: [31mERROR[0m, not [5min]
_NO_ESCAPE = Step(
    r"(?:\\(?:x1[Bb]|0?33|u001[Bb]|[Ee])|\^\[)\[[0-9;]*[mK]"
    r"|\[[0-9]{1,3}(?:;[0-9]{1,3})*m(?!ins?\M|[ms]\M|\])",
    "",
)
# what code writes for the end of a line or for a tab may be the beginning of a name: C:\new
_WRITTEN_END = Step(r"([^[:space:]{}$(][\\][nrt])(?=[[:alpha:]]{2})", "\\1\x05")
# of sizes: 1920x1080 by the sign, and not of powers of ten
_TIMES = Step(r"([0-9])\u00D7(?![[:alpha:]]|10\^)|([0-9] )\u00D7(?= [0-9])(?! 10\^)", r"\1\2x")
# 10kΩ is 10k too, and has the unit of 10 kΩ
_OHMS = Step(r"([0-9][0-9_]*[kKMGT])(\u03A9)(?![[:alpha:]])", r"\1\2 \1")
_UNIT_OF_OHMS = Step(r"(^|[^[:alpha:]])([kKMGTm\u03BC])\u0001(\u03A9)(?![[:alpha:]])", r"\1\2\3")
# a quote that ends a word parts none
_APOSTROPHE = Step(
    r"([A-Za-z])'(?=[^\x01-\x2F\x3A-\x40\x5B-\x60\x7B-\x7F])"
    r"(?!(?:s|t|d|m|ll|re|ve)(?![[:alnum:]]))",
    r"\1_",
    "gi",
)
# all other words than those that may have parts: what follows reads little then
_PLAIN = Step(
    f"_*[{APART}]_*"
    rf"(?:(?:[{UPPER}]?[^_0-9\u0001{UPPER}{APART}]*|[{UPPER}]+|[0-9]+)_*[{APART}]_*)*",
    " ",
)
# the same ends of parts in one pass
_DIGITS = Step(f"([^A-Za-z0-9][Vv])(?=[0-9])|([0-9])(?=[{ALPHABETIC}])", "\\1\\2\x01")
# those of two parts, one after the other
_LONGER = Step("(?: [^ _]+_+[^ _]+ )+", "")
# each part that stands between two others: no compound begins or ends with a sign here
_PAIRS = Step("_([^ _]+)_", r"_\1 \1_")

REPLACED = {
    **FIRST,
    "apostrophe": (_APOSTROPHE,),
    "made_of_parts": (_PLAIN,),
    "longer": (_LONGER,),
    "pairs": (_PAIRS,),
    "digits": (_DIGITS,),
    "escapes": (_COLOUR, _COMMAND),
    "no_escapes": (_NO_ESCAPE,),
    "written_ends": (_WRITTEN_END,),
    "times": (_TIMES,),
    "ohms": (_OHMS,),
    "unit_of_ohms": (_UNIT_OF_OHMS,),
}
