"""Questions from files: JSON lines, CSV, BEIR's folders, and judgements as TREC writes them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from pgrecall.errors import InvalidArgumentError
from pgrecall.evaluation.questions import Question

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from _typeshed import StrPath

_TEXTS, _IDS = ("text", "question", "query"), ("id", "_id", "query_id", "query-id")
_RELEVANT = ("relevant", "ids", "answers")
_KNOWN = {*_TEXTS, *_IDS, *_RELEVANT}
_SEPARATOR, _DELIMITERS = ";", (",", ";", "\t")
_GZIP = b"\x1f\x8b"
_QRELS_COLUMNS = {3: (0, 1, 2), 4: (0, 2, 3)}  # BEIR's, and TREC's, whose second means nothing
_WORKS = (
    "questions are read from JSON lines (.jsonl), CSV (.csv, .tsv), or a folder with queries.jsonl"
    " and qrels/test.tsv"
)


def read_questions(
    path: StrPath, *, qrels: StrPath | None = None, split: str = "test"
) -> list[Question]:
    r"""Read questions, and which items answer them, from files; compressed by gzip or not.

    - **JSON lines**: an object a line with ``text`` (or ``question``, ``query``), ``relevant`` (a
      list of ids, or an object of grades by id), and ``id``, ``vector`` and ``known_item`` where
      there are such.
    - **CSV**, as spreadsheets export it: a line of names first, ``text`` (or ``question``,
      ``query``), ``relevant`` (ids separated by ``;`` or line breaks, or JSON as above) and ``id``.
      Between the columns are commas, semicolons or tabs, as the line of names has them.
    - **A folder** as BEIR has them: ``queries.jsonl`` with ``_id`` and ``text``, and
      ``qrels/<split>.tsv`` with the query's id, the item's id, and the grade.
    - **Judgements** as TREC has them, of questions whose file has none: the query's id, a column
      that is not read, the item's id and the grade, separated by blanks. Three columns are the
      folder's. A grade below 0 means that the item does not answer, as trec_eval reads it.

    Args:
        path: The questions' file, or a folder.
        qrels: The file of judgements, where they stand apart; of a folder it is the split's.
        split: Which judgements of a folder.

    Returns:
        The questions in the order of the file. Those without judgements are among them.

    Raises:
        InvalidArgumentError: A file cannot be read; it says which line, and what would work.
    """
    path = Path(path)
    if path.is_dir():
        qrels = qrels or _of_folder(path, f"qrels/{split}.tsv", "qrels.tsv")
        path = _of_folder(path, "queries.jsonl", "questions.jsonl")
    questions = list(_read(path))
    if qrels is None:
        return questions
    grades = _judgements(Path(qrels))
    unknown = grades.keys() - {question.id for question in questions}
    if len(unknown) == len(grades):
        some = ", ".join(map(repr, sorted(unknown)[:3]))
        msg = f"{qrels} judges no question of {path}: its questions are {some or 'none'}"
        raise InvalidArgumentError(msg)
    return [replace(question, relevant=grades.get(question.id or "", {})) for question in questions]


def _of_folder(folder: Path, *names: str) -> Path:
    for name in names:
        for ending in ("", ".gz"):
            if (found := folder / f"{name}{ending}").exists():
                return found
    msg = f"{folder} has no {' or '.join(names)}: {_WORKS}"
    raise InvalidArgumentError(msg)


def _read(path: Path) -> Iterator[Question]:
    ending = "".join(one for one in path.suffixes[-2:] if one != ".gz").lower()
    if ending.endswith((".jsonl", ".ndjson", ".json")):
        rows = _json_lines(path)
    elif ending.endswith((".csv", ".tsv")):
        rows = _csv_rows(path)
    else:
        raise InvalidArgumentError(f"{path} is of no kind that can be read: {_WORKS}")
    for number, row in rows:
        yield _question(row, f"{path}, line {number}")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with _opened(path) as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, line


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    try:
        with path.open("rb") as file:
            is_gzip = file.peek(2)[:2] == _GZIP
            plain = gzip.GzipFile(fileobj=file) if is_gzip else file
            # spreadsheets put a byte order mark before their first name
            yield io.TextIOWrapper(plain, encoding="utf-8-sig", newline="")
    except UnicodeDecodeError as error:
        msg = f"{path} is no text in UTF-8: {error}; save it anew as UTF-8"
        raise InvalidArgumentError(msg) from None
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise InvalidArgumentError(f"{path} cannot be read: {error}") from None


def _json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in _lines(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            msg = f"{path}, line {number} is no JSON: {error}"
            raise InvalidArgumentError(msg) from None
        if not isinstance(row, dict):
            msg = f"{path}, line {number} must be a JSON object, not {type(row).__name__}"
            raise InvalidArgumentError(msg)
        yield number, row


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with _opened(path) as file:
        first = file.readline()
        # where the decimal mark is a comma, spreadsheets write semicolons
        delimiter = max(_DELIMITERS, key=lambda one: len(_names(first, one) & _KNOWN))
        rows = csv.DictReader(chain([first], file), delimiter=delimiter)
        rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
        for row in rows:
            if any(isinstance(value, str) and value.strip() for value in row.values()):
                yield rows.line_num, {key: value for key, value in row.items() if key is not None}


def _names(line: str, delimiter: str) -> set[str]:
    return {name.strip().lower() for row in csv.reader([line], delimiter=delimiter) for name in row}


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _question(row: Mapping[str, Any], where: str) -> Question:
    text = _first(row, _TEXTS)
    if not isinstance(text, str):
        msg = (
            f"{where} has no {' or '.join(_TEXTS)}; it has {', '.join(map(str, row)) or 'nothing'}"
        )
        raise InvalidArgumentError(msg)
    id_ = _first(row, _IDS)
    relevant = _first(row, _RELEVANT)
    if isinstance(relevant, str):
        relevant = _ids_in(relevant, where)
    return Question(
        text,
        () if relevant is None else relevant,
        _vector(row.get("vector")),
        None if id_ is None else str(id_),
        known_item=row.get("known_item") in (True, "true", "True"),
    )


def _vector(given: Any) -> Any:
    """Give a vector in a quarter of the memory that a list of numbers takes."""
    if not isinstance(given, list) or any(type(number) not in (float, int) for number in given):
        return given or None  # what it is, is told where it is searched by
    try:
        return np.array(given, np.float64) if given else None
    except OverflowError:
        return given


def _ids_in(cell: str, where: str) -> Any:
    """Read a cell of a spreadsheet."""
    if cell.lstrip().startswith(("[", "{")):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError) as error:
            msg = f"{where}: relevant looks like JSON and is none: {error}"
            raise InvalidArgumentError(msg) from None
    parts = cell.replace("\n", _SEPARATOR).split(_SEPARATOR)
    return [part.strip() for part in parts if part.strip()]


def _judgements(path: Path) -> dict[str, dict[str, float]]:
    """Read grades by question."""
    grades: dict[str, dict[str, float]] = {}
    for number, line in _lines(path):
        cells = line.rstrip("\r\n").split("\t") if "\t" in line else line.split()
        places = _QRELS_COLUMNS.get(len(cells))
        if places is None:
            msg = f"{path}, line {number} has {len(cells)} columns: judgements have 3 or 4"
            raise InvalidArgumentError(msg)
        question, item, grade = (cells[place].strip() for place in places)
        try:
            value = float(grade)
        except ValueError:
            if number == 1:
                continue  # the names of the columns
            msg = f"{path}, line {number}: {grade!r} is no grade"
            raise InvalidArgumentError(msg) from None
        grades.setdefault(question, {})[item] = max(0.0, value)
    return grades
