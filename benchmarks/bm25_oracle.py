"""Exact BM25 outside PostgreSQL, over the lexemes that its tsvectors have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg
    from numpy.typing import NDArray

K, K1, B = 10, 1.2, 0.75
_SAME = 1e-6
"""Scores that differ by less are a tie: all of its rows count as right."""


class Truth(NamedTuple):
    """What a question should have found.

    Attributes:
        wanted: How many rows: ten, or all that match.
        right: The rows, by number, that are as good as the last of them.
    """

    wanted: int
    right: list[int]

    def share(self, found: Iterable[int]) -> float:
        """Give the part of the rows that came back."""
        return min(1.0, len(set(self.right).intersection(found)) / self.wanted)


class Oracle:
    """The postings of the lexemes that are asked for, and what BM25 knows of a collection."""

    def __init__(
        self, connection: psycopg.Connection[Any], table: str, lexemes: Sequence[str]
    ) -> None:
        """Read them once, row by row: what a row's id says in digits is its number."""
        named = sql.SQL("{}").format(sql.SQL(table))  # as the store quotes it
        total = "SELECT count(*), avg(octet_length(text))::float8 FROM {}"
        found = connection.execute(sql.SQL(total).format(named)).fetchone()
        self.rows, self.average = found or (0, 1.0)
        every: dict[str, tuple[list[int], list[int], list[int]]] = {
            lexeme: ([], [], []) for lexeme in lexemes
        }
        reading = sql.SQL(
            "COPY (SELECT id, octet_length(text), lexeme, cardinality(positions)"
            " FROM {}, unnest(tsv) WHERE lexeme = ANY(%s)) TO STDOUT"
        ).format(named)
        with connection.cursor() as cursor, cursor.copy(reading, [list(lexemes)]) as copy:
            copy.set_types(["text", "int4", "text", "int4"])
            for id_, length, lexeme, count in copy.rows():
                for values, value in zip(every[lexeme], (int(id_), length, count), strict=True):
                    values.append(value)
        self._postings: dict[str, tuple[NDArray[Any], ...]] = {
            lexeme: tuple(np.array(values) for values in three) for lexeme, three in every.items()
        }

    def held(self, lexeme: str) -> int:
        """Tell how many rows hold a lexeme."""
        return len(self._postings[lexeme][0])

    def truth(self, question: dict[str, int]) -> Truth:
        """Rank all rows by the lexemes of a question, each with how often it stands there."""
        scores = np.zeros(self.rows)
        for lexeme, occurrences in question.items():
            rows, lengths, counts = self._postings[lexeme]
            if len(rows):
                idf = np.log(1 + (self.rows - len(rows) + 0.5) / (len(rows) + 0.5))
                norm = K1 * (1 - B + B * lengths / self.average)
                scores[rows] += occurrences * idf * counts / (counts + norm)
        wanted = min(K, int((scores > 0).sum()))
        if not wanted:
            return Truth(0, [])
        last = np.partition(scores, -wanted)[-wanted]
        return Truth(wanted, np.flatnonzero(scores >= last * (1 - _SAME)).tolist())
