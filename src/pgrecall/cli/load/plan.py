"""What a load takes a file's columns for, told before it starts, and what they look like."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall._values.instants import read
from pgrecall.cli.files.csv_rows import DELIMITERS
from pgrecall.cli.files.rows import Row
from pgrecall.cli.load.columns import FileColumns, names_of
from pgrecall.cli.load.records import read_record, vector_of
from pgrecall.cli.shared.output import note, plural
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgrecall.cli.files.row_file import RowFile
    from pgrecall.cli.files.rows import BadRow

_LOOKED_AT = 20  # rows
_SIZE = 1 << 20  # bytes of lines, from which fewer are looked at
_NAMED = 12  # keys of the metadata that are told
_FEW = 8  # numbers in a list: fewer are a vector where the column's name says so
_NAMES_VECTORS = re.compile(r"emb|vec|ada", re.IGNORECASE)
_COMMA = re.compile(r"[-+]?\d{1,3}(\.\d{3})*,\d+|[-+]?\d+,\d+", re.ASCII)
_DAY = re.compile(r"(\d{1,2})([./])(\d{1,2})\2\d{4}", re.ASCII)
_PLAIN_NAME = re.compile(r"[\w.-]+(?: [\w.-]+)*")
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Seen:
    """The first rows of a file, by which its columns are known.

    Attributes:
        values: Their values.
        columns: What is what.
    """

    values: Sequence[dict[str, Any]]
    columns: FileColumns

    def kinds(self) -> dict[str, str]:
        """Give each key of the metadata with what its values are."""
        kinds: dict[str, Counter[str]] = {}
        for place, values in enumerate(self.values):
            try:
                metadata = read_record(Row(place, values), self.columns).metadata
            except InvalidArgumentError:
                continue  # told with its line
            for key, value in metadata.items():
                its = self.columns.types.get(key)
                kinds.setdefault(key, Counter())[its.kind if its else _kind(value)] += 1
        return {
            key: " or ".join(kind for kind, _ in counts.most_common() if kind) or "empty"
            for key, counts in kinds.items()
        }

    def vectors(self) -> dict[str, int]:
        """Give the columns that look like vectors and are not taken for any, with their lengths."""
        found = {}
        for column in self._others():
            lengths = {_length(value) for value in self._values(column)}
            length = lengths.pop() if len(lengths) == 1 else None
            if length and (length >= _FEW or (length > 1 and _NAMES_VECTORS.search(column))):
                found[column] = length
        return found

    def vector_hints(self) -> Iterator[str]:
        """Say of columns that look like vectors what takes them for those."""
        for column, length in self.vectors().items():
            yield (
                f"{_shown(column)} looks like vectors of {plural(length, 'number')}:"
                f" --vectors {shlex.quote(column)} takes them"
            )

    def hints(self) -> Iterator[str]:
        """Say of columns that look like something else what would make them that."""
        yield from self.vector_hints()
        for column in self._others():
            values = self._values(column)
            if not values or not all(isinstance(value, str) for value in values):
                continue
            type_, what = _looks_like(values)
            if type_:
                said = shlex.quote(f"{column}:{type_}")
                yield f"{_shown(column)} is text and looks like {what}; as such: --column {said}"
        for column in self.columns.types:
            if not any(column in values for values in self.values):
                first = plural(len(self.values), "row")
                yield f"--column names {_shown(column)}, which none of the first {first} has"

    def _others(self) -> list[str]:
        """Give the columns that become metadata as they are."""
        columns, names = self.columns, self.columns.metadata
        taken = {*names_of(columns.text), *names_of(columns.id), *names_of(columns.vector)}
        taken |= columns.types.keys()
        every = dict.fromkeys(chain.from_iterable(self.values))
        return [one for one in every if one not in taken and (names is None or one in names)]

    def _values(self, column: str) -> list[Any]:
        values = (row.get(column) for row in self.values)
        return [value for value in values if value is not None and not _is_blank(value)]


def look(rows: Iterator[Row | BadRow], columns: FileColumns) -> tuple[Iterator[Row | BadRow], Seen]:
    """Look at the first rows; give all of them, and what was seen."""
    first: list[Row | BadRow] = []
    room = _SIZE
    for row in islice(rows, _LOOKED_AT):
        first.append(row)
        room -= len(row.raw or b"")
        if room <= 0:
            break
    values = [row.values for row in first if isinstance(row, Row)]
    return chain(first, rows), Seen(values, columns)


def tell(source: RowFile, seen: Seen, model: str | None) -> None:
    """Tell what becomes of a file's columns.

    Args:
        source: The file.
        seen: Its first rows.
        model: What makes the vectors; None where a column has them.
    """
    columns = seen.columns
    text = " + ".join(map(_shown, names_of(columns.text)))
    id_ = " + ".join(map(_shown, names_of(columns.id)))
    vectors = _shown(columns.vector) if columns.vector else f"made by {model}"
    kinds = [f"{_shown(key)} ({kind})" for key, kind in seen.kinds().items()]
    more = len(kinds) - _NAMED
    if more > 0:
        kinds = [*kinds[:_NAMED], f"{more:,} more"]
    note(
        f"{source.name}{_form(source)}: id: {id_ or 'derived from the content'}; text:"
        f" {text or 'none'}; vectors: {vectors}; metadata: {', '.join(kinds) or 'none'}"
    )
    for hint in seen.hints():
        note(hint)


def _form(source: RowFile) -> str:
    """Say what was found out of how a file is written, where that is not the usual."""
    said = []
    if source.delimiter not in {"", ","}:
        said.append(DELIMITERS.get(source.delimiter, repr(source.delimiter)))
    if source.encoding.name != "utf-8":
        said.append(source.encoding.name)
    return f" ({', '.join(said)})" if said else ""


def _looks_like(values: Sequence[str]) -> tuple[str, str]:
    """Give the type that texts look like, and what to call them."""
    if all(_COMMA.fullmatch(value.strip()) for value in values):
        return "number:,", "numbers with a decimal comma"
    days = [_DAY.fullmatch(value.strip()) for value in values]
    found = [(int(day[1]), day[2], int(day[3])) for day in days if day is not None]
    if len(found) < len(values) or len({mark for _, mark, _ in found}) > 1:
        return "", ""
    mark = found[0][1]
    if mark == "." or any(first > _MONTHS for first, _, _ in found):
        return f"date:%d{mark}%m{mark}%Y", "dates"
    if any(second > _MONTHS for _, _, second in found):
        return f"date:%m{mark}%d{mark}%Y", "dates"
    return "", ""  # which is the day is not to be seen


def _length(value: Any) -> int | None:
    """Give the length of what looks like a vector."""
    try:
        vector = vector_of(value, "")
    except InvalidArgumentError:
        return None
    if isinstance(vector, np.ndarray):
        return len(vector) if vector.ndim == 1 else None
    numbers = all(type(number) in {int, float} for number in vector or ())
    return len(vector) if vector and numbers else None


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _kind(value: Any) -> str:
    """Say what a value of the metadata is, as ``--fields`` and ``--column`` say it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "text" if read(value) is None else "datetime"
    if isinstance(value, list):
        return "list"
    return "object" if isinstance(value, dict) else "number"


def _shown(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else repr(name)
