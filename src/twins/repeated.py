"""Counts the hand-written lines that stand twice but for async and await."""

from __future__ import annotations

import ast
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from twins.names import Renaming, in_text, renaming, without_a
from twins.tokens import Source

RUN = 6
"""Lines that have to be alike one after the other, to count."""

_AWAITING = re.compile(r"\b(async|await) ")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Place:
    """A run of lines that stands elsewhere too."""

    path: Path
    first: int
    last: int


@dataclass(frozen=True)
class Repeated:
    """What stands twice, out of how many lines of code.

    Attributes:
        lines: Lines that stand elsewhere before: the first place of a run does not count.
        of: Every line of code.
        places: Where runs stand, the first place too.
    """

    lines: int
    of: int
    places: tuple[Place, ...]

    @property
    def percent(self) -> float:
        """The share of the lines of code."""
        return 100 * self.lines / max(1, self.of)


def repeated(source: Path, made: Iterable[Path]) -> Repeated:
    """Count the lines that stand twice in the Python files under a folder, those made left out.

    Blank lines, comments, docstrings and imports are passed over; white space, ``async``,
    ``await`` and the names of async twins make no difference.
    """
    files = [path for path in sorted(source.rglob("*.py")) if path not in set(made)]
    texts = {path: path.read_text("utf-8") for path in files}
    renamed = _renaming(texts.values())
    code = {path: _code(text, renamed) for path, text in texts.items()}
    runs: defaultdict[tuple[str, ...], list[tuple[Path, int]]] = defaultdict(list)
    for path, lines in code.items():
        for at in range(len(lines) - RUN + 1):
            runs[tuple(text for _, text in lines[at : at + RUN])].append((path, at))
    twice: defaultdict[Path, set[int]] = defaultdict(set)
    again: set[tuple[Path, int]] = set()
    for found in runs.values():
        for index, (path, at) in enumerate(found if len(found) > 1 else []):
            twice[path].update(range(at, at + RUN))
            if index:
                again.update((path, each) for each in range(at, at + RUN))
    places = tuple(
        Place(path, code[path][first][0], code[path][last][0])
        for path in sorted(twice)
        for first, last in _stretches(twice[path])
    )
    return Repeated(len(again), sum(map(len, code.values())), places)


def report(source: Path, made: Iterable[Path]) -> str:
    """Tell the share and the places."""
    found = repeated(source, made)
    places = "".join(
        f"{place.path.relative_to(source)}:{place.first}-{place.last}\n" for place in found.places
    )
    return (
        f"{places}{found.percent:.1f} % of the hand-written lines of code stand twice:"
        f" {found.lines} of {found.of}\n"
    )


def _renaming(texts: Iterable[str]) -> Renaming:
    """``aadd`` is ``add`` where both are defined."""
    defined = set[str]()
    for text in texts:
        defined.update(re.findall(r"\bdef (\w+)", text))
    return renaming({}, {name for name in defined if without_a(name) in defined - {name}})


def _code(text: str, renamed: Renaming) -> list[tuple[int, str]]:
    """The lines of code with their numbers, as far as they count."""
    source = Source(text)
    passed_over = _imports(text)
    lines = text.split("\n")
    for index, token in enumerate(source.tokens):
        number = token.line - 1
        if token.kind == tokenize.COMMENT:
            lines[number] = lines[number][: token.column]
        elif source.is_docstring(index):
            passed_over.update(range(number, number + token.text.count("\n") + 1))
    return [
        (number + 1, _SPACE.sub(" ", in_text(_AWAITING.sub("", line), renamed)).strip())
        for number, line in enumerate(lines)
        if line.strip() and number not in passed_over
    ]


def _imports(text: str) -> set[int]:
    return {
        number - 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def _stretches(numbers: set[int]) -> list[tuple[int, int]]:
    stretches: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if stretches and stretches[-1][1] == number - 1:
            stretches[-1] = (stretches[-1][0], number)
        else:
            stretches.append((number, number))
    return stretches
