"""Answers as TREC's run files have them: ``question Q0 item rank score tag``."""

from __future__ import annotations

import contextlib
import re
from typing import IO, TYPE_CHECKING, Self

from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pathlib import Path

    from pgrecall.evaluation import Question
    from pgrecall.models import Matches

_BLANK = re.compile(r"\s")
_NO_WORD = re.compile(r"[^\w.-]+")


class RunFiles:
    """A file for each way of searching, in one folder."""

    def __init__(self, folder: Path) -> None:
        """Make the folder; what its files held is written over.

        Raises:
            InvalidArgumentError: It cannot be made.
        """
        self._folder = folder
        self._files: dict[str, IO[str]] = {}
        self._open = contextlib.ExitStack()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidArgumentError(f"--run-files {folder}: {error.strerror}") from None

    def __enter__(self) -> Self:
        """Give the files."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close them."""
        self._open.close()

    def write(self, question: Question, mode: str, matches: Matches) -> None:
        """Write an answer; blanks in an id, which end a column there, are written as ``_``."""
        if mode not in self._files:
            path = self._folder / f"{_NO_WORD.sub('_', mode)}.run"
            self._files[mode] = self._open.enter_context(path.open("w", encoding="utf-8"))
        tag = _BLANK.sub("_", mode)
        for rank, (match, score) in enumerate(zip(matches, _scores(matches), strict=True), 1):
            item = _BLANK.sub("_", match.id)
            line = f"{question.id} Q0 {item} {rank} {score:.9g} {tag}\n"
            self._files[mode].write(line)


def _scores(matches: Matches) -> list[float]:
    """Give the scores that order an answer: TREC's tools go by them, not by the ranks."""
    judged = [match.rerank_score for match in matches if match.rerank_score is not None]
    if not judged:
        return [match.score for match in matches]
    # what had no text to read comes last
    return [*judged, *[min(judged) - 1] * (len(matches) - len(judged))]
