"""What the store calls by Python's names, in the words of the command line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pgrecall import errors
from pgrecall._values.own_fields import TIMES

if TYPE_CHECKING:
    from collections.abc import Collection

    from pgrecall.errors import PgRecallError

_NAMES = {
    errors.CREATE_COLLECTION.name: "`pgrecall load`",
    errors.CREATE_INDEX.name: "`pgrecall index create`",
    errors.ALTER_COLLECTION.name: "`pgrecall alter`",
    errors.FORGET_ALL.name: "`pgrecall forget --tenant`",
    errors.KEEP_REPORT.name: "`pgrecall evaluate` with --keep",
    errors.CLEAN.name: "--clean",
    errors.SKIP_BAD.name: "--skip-bad",
    "dimensions": "--dimensions",
}


def in_commands(error: PgRecallError) -> str:
    """Give an error's message, with a command or an option where it advises a call."""
    return error.naming(_NAMES)


_FIRST = re.compile(
    r"\A(?:(?:Hnsw|IvfFlat|WeightedSum) )?(?P<name>[a-z]\w*)(?= must |=| \(['\"])", re.ASCII
)
_WITHIN = re.compile(r"(?<![\w'\"=.])(?P<name>[a-z]+(?:_[a-z]+)+)(?=[ :,;)=]|\Z)", re.ASCII)
_OTHERS = {
    "text_search": "--language",
    "target_recall": "--target",
    "alpha": "--fusion",
    "size": "--limit",
}
PHRASES = {
    "; None searches no text)": "; none searches no text)",
    ", or None for as long as it takes": "",
    "text_search=None": "--language none",
    "language needs a collection with text_search=ByField(...)": (
        "--language needs a collection whose items say their language"
    ),
    "leave language out": "leave --language out",
    "say text='body', vector='embedding', or both": "say --text body, --vector embedding, or both",
    "or several: id='slug'": "or several, with commas between",
    **{f'("{one}",) is': f'--where takes "{one}" in double quotes for' for one in TIMES},
}
"""What stands in messages as Python's callers write it, and how the command line says it."""


def in_options(message: str, options: Collection[str]) -> str:
    """Give a message with the options of a command where it names arguments of Python's.

    Args:
        message: It begins with the argument that it is about; others stand in it by names of two
            words, which are no quotation.
        options: What the command has, as it is written.
    """

    def option(found: re.Match[str]) -> str:
        name = found["name"]
        own = f"--{name.replace('_', '-')}" if len(name) > 1 else f"-{name}"
        known = [one for one in (own, f"--{name}", _OTHERS.get(name, own)) if one in options]
        return known[0] if known else found[0]

    for phrase, told in PHRASES.items():
        message = message.replace(phrase, told)
    return _WITHIN.sub(option, _FIRST.sub(option, message))
