"""Docstrings whose words change: paragraphs and entries that changed are wrapped anew."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping

WIDTH = 100

_SECTION = re.compile(r"(Args|Raises|Attributes|Returns|Yields|Example|Examples|Note):$")
_ENTRY_SECTIONS = ("Args:", "Raises:", "Attributes:")
# a list or a session is no prose
_NO_PROSE = re.compile(r"[-*+] |\d+\. |>>>|```|\.\. |\|")


def changed(text: str, column: int, change: Callable[[str], str]) -> str:
    """Change a docstring by paragraphs and entries, and wrap anew those that are others then.

    Args:
        text: The string as it stands in the code, with its quotes.
        column: Where it begins in its line.
        change: Given what stands between two blank lines, an entry or a head, white space folded;
            gives an empty text for what goes.
    """
    made = []
    for block in _blocks((" " * column + text).split("\n")):
        whole = " ".join(line.strip() for line in block)
        new = change(whole)
        if new == whole:
            made += block
        elif not new:
            continue
        elif len(block) == 1 and len(block[0]) - len(whole) + len(new) <= WIDTH:
            made.append(block[0][: _indent(block[0])] + new)
        else:
            made += _wrapped(new, block)
    return "\n".join(made)[column:]


def rewording(words: Mapping[str, str], found: set[str]) -> Callable[[str], str]:
    """Give the function that puts other words in their place; those met are added to ``found``."""

    def reworded(text: str) -> str:
        for old, new in words.items():
            if old in text:
                found.add(old)
                text = text.replace(old, new)
        return text

    return reworded


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Stretches of lines that are wrapped as one."""
    block: list[str] = []
    section = ""
    for line in lines:
        stripped = line.strip()
        begins = (
            not block
            or not stripped
            or not block[-1].strip()
            or _is_head(block[-1])
            or _is_head(line)
            or _NO_PROSE.match(stripped) is not None
            or _NO_PROSE.match(block[0].strip()) is not None
            or stripped == '"""'
            or (section in _ENTRY_SECTIONS and _indent(line) <= _indent(block[0]))
        )
        if begins and block:
            yield block
            block = []
        if _is_head(line):
            section = stripped
        elif not stripped:
            section = ""
        block.append(line)
    if block:
        yield block


def _is_head(line: str) -> bool:
    return _SECTION.match(line.strip()) is not None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _wrapped(text: str, block: list[str]) -> list[str]:
    first = " " * _indent(block[0])
    rest = " " * _indent(block[1]) if len(block) > 1 else first
    if len(block) == 1 and re.match(r"\*{0,2}\w+: ", text):
        rest = first + " " * 4
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
