"""Real texts for the benchmark of text searches by size: short ones, and long ones."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from common import SEED
from short_texts import documents, is_prose, packages, summaries_of_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LEFT_OUT = 1_000
"""Texts that are no rows: questions are taken from them."""
_LEAST, _MOST = 30, 400
_LONG = 3_000
_FOLDERS = ("/usr/share/doc", "/usr/share/perl", "/usr/share/vim")
_ENDINGS = {".md", ".rst", ".txt", ".html", ".py", ".pod", ".pl", ".pm", ""}
_LONGEST_FILE = 2_000_000
_MOST_SHIFTED = 40


def short(lists: Sequence[Path]) -> Iterator[str]:
    """Read descriptions: of packages in lists, of Debian's, of the judged set, and paragraphs.

    Args:
        lists: Files of one package a line, its name first and its description last, between tabs.
    """
    for path in lists:
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            name, *_, told = line.replace("\0", "").split("\t") if "\t" in line else (line, "")
            if told:
                yield f"{name}: {told}"
    for text in (*packages(), *summaries_of_set(), *documents()):
        if is_prose(text):
            yield text


def long() -> Iterator[str]:
    """Read pieces of some 3,000 characters of installed documentation and sources.

    Where they are too few, each file is cut anew, a paragraph further on.
    """
    folders = [*map(Path, _FOLDERS), *(Path(sysconfig.get_path(w)) for w in ("stdlib", "purelib"))]
    files = [
        path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix in _ENDINGS and path.is_file() and path.stat().st_size < _LONGEST_FILE
    ]
    for first in range(_MOST_SHIFTED):
        for path in files:
            text = path.read_text(encoding="utf-8", errors="ignore").replace("\0", "")
            piece = ""
            for paragraph in re.split(r"\n\s*\n", text)[first:]:
                piece = f"{piece}\n\n{paragraph}" if piece else paragraph
                if len(piece) >= _LONG:
                    yield piece[: 4 * _LONG]
                    piece = ""


def taken(texts: Iterable[str], count: int, *, are_long: bool) -> tuple[list[str], list[str]]:
    """Give so many different texts in an order of chance, and those that are left out.

    Raises:
        SystemExit: The machine has fewer.
    """
    found: dict[str, None] = {}
    wanted = count + LEFT_OUT
    for text in texts:
        if are_long or _LEAST <= len(text) <= _MOST:
            found.setdefault(text)
        if are_long and len(found) == wanted:
            break
    if len(found) < wanted:
        msg = f"the machine has {len(found):,} texts, not {wanted:,}: give --lists, or fewer rows"
        raise SystemExit(msg)
    every = list(found)
    order = np.random.default_rng(SEED).permutation(len(every))[:wanted].tolist()
    return [every[place] for place in order[LEFT_OUT:]], [every[n] for n in order[:LEFT_OUT]]
