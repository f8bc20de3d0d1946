"""Namespaces as PostgreSQL has them: arrays of text, and ranges of an index that begin alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pgrecall._statements.parameters import Parameters

TRUE = sql.SQL("true")


def array_text(namespace: Iterable[str]) -> str:
    """Write a namespace as PostgreSQL writes an array of text."""
    parts = list(namespace)
    text = "".join(parts)
    if "\\" in text or '"' in text:
        parts = [part.replace("\\", "\\\\").replace('"', '\\"') for part in parts]
    return '{"' + '","'.join(parts) + '"}' if parts else "{}"


def below(
    prefix: Sequence[str], parameters: Parameters, *, exactly: bool = False
) -> sql.Composable:
    """Write a prefix as a range of the index; arrays are ordered as tuples are.

    ``exactly``: that namespace alone.
    """
    if exactly:
        only = parameters.add(array_text(prefix))
        return sql.SQL("e.namespace = {}::text[]").format(only)
    if not prefix:
        return TRUE
    return sql.SQL("e.namespace >= {}::text[] AND e.namespace < {}::text[]").format(
        parameters.add(array_text(prefix)), parameters.add(array_text(end_of(prefix)))
    )


def end_of(prefix: Sequence[str]) -> tuple[str, ...]:
    """Give what comes first behind all that begins with a prefix of one part or more."""
    # no text lies between "a" and "a\1" but what begins so: all between the two begin with "a"
    return (*prefix[:-1], prefix[-1] + "\1")
