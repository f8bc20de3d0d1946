"""Which text search configuration a row has, where a metadata key tells.

A question is then one for each configuration. Of the words that ``any`` asks for, each lexeme is
asked for that one of them makes. What is a tree (``web``, ``all``, ``phrase``, ``raw``) goes by the
row: it matches where the tree of its own configuration does. An OR of the trees alone would find
what one of them excludes, for ``-valves`` excludes ``valv`` in one language and ``valves`` in
another; so that is what the index is asked for, and the row's own tree is what it is held to.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.names import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored

ONE = sql.SQL("%(config)s::regconfig")
"""The configuration of a question in one language."""

EACH = sql.SQL("each_language.config")
"""The same of a question in every language, in what is asked for each of them."""

OF_EACH = sql.SQL(
    "pg_catalog.unnest(%(configs)s::text[]::regconfig[])"
    " WITH ORDINALITY AS each_language (config, number)"
)

_CASE = sql.SQL("CASE {metadata} -> {field}::text{cases} ELSE {otherwise} END")
_WHEN = sql.SQL(" WHEN {}::jsonb THEN {}")

_ASKED_EACH = sql.SQL(
    "SELECT number, of_one.* FROM {each}, LATERAL ({asked} TABLE asked) AS of_one"
)
_ASKED = sql.SQL(
    "SELECT array_agg(query ORDER BY number) AS queries, coalesce(string_agg(DISTINCT '( '"
    " || query::text || ' )', ' | ') FILTER (WHERE numnode(query) > 0), '')::tsquery AS query"
    " FROM asked_each"
)
_OWN_TREE = sql.SQL("{tsv} @@ (SELECT queries FROM asked)[{number}]")
_MOST_OFTEN = sql.SQL(
    "SELECT lexeme, max(occurrences) AS occurrences, term FROM ({}) AS of_each"
    " GROUP BY lexeme, term"
)


def of_row(stored: Stored, metadata: sql.Composable) -> sql.Composable:
    """Write the configuration of a row, from its metadata: what an immutable expression can be."""
    configs = [sql.SQL("{}::regconfig").format(literal(config)) for config in stored.configs]
    return _by_row(stored, metadata, configs)


def number_of_row(stored: Stored, metadata: sql.Composable) -> sql.Composable:
    """Write the place of a row's configuration among ``Stored.configs``, from 1."""
    places = [sql.SQL(str(place)) for place in range(1, len(stored.configs) + 1)]
    return _by_row(stored, metadata, places)


def _by_row(
    stored: Stored, metadata: sql.Composable, of_configs: Sequence[sql.Composable]
) -> sql.Composable:
    by = stored.by_field
    if by is None:
        return of_configs[0]
    made = dict(zip(by.names, of_configs, strict=True))
    cases = [
        # a string of JSON: "1" is not 1
        _WHEN.format(literal(json.dumps(value, ensure_ascii=False)), made[name])
        for value, name in sorted(by.configurations.items())
        if name != by.otherwise
    ]
    return _CASE.format(
        metadata=metadata,
        field=literal(by.field),
        cases=sql.Composed(cases),
        otherwise=made[by.otherwise],
    )


def asked_in_each(
    asked: Sequence[tuple[str, sql.Composable]],
) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs of a question that is a tree, in every language; the last is ``asked``.

    It has ``query``, which finds a row where one of the trees does, and all of them as ``queries``.

    Args:
        asked: The CTEs that make the tree of ``EACH``, the last of them ``asked``.
    """
    ctes = [sql.SQL("{} AS MATERIALIZED ({})").format(sql.SQL(name), made) for name, made in asked]
    within = sql.SQL("WITH {}").format(sql.SQL(", ").join(ctes))
    return [("asked_each", _ASKED_EACH.format(asked=within, each=OF_EACH)), ("asked", _ASKED)]


def own_tree(tsv: sql.Composable, number: sql.Composable) -> sql.Composable:
    """Write the condition of a row that the tree of its own configuration matches."""
    return _OWN_TREE.format(tsv=tsv, number=number)


def most_often(words: sql.Composable) -> sql.Composable:
    """Take the words of each language together: what several have counts once."""
    return _MOST_OFTEN.format(words)
