"""Which items are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored

_IDS = sql.SQL("%(ids)s::text[]")


def present(stored: Stored, ids: Sequence[str]) -> Statement:
    """Read which of some ids are stored."""
    return Statement(_present(stored), {"ids": stored.possible(ids)})


@rendered
def _present(stored: Stored) -> sql.Composable:
    columns = stored.columns.of("t")
    return sql.SQL("SELECT {t.id_text} FROM {table} AS t WHERE {t.id} = ANY({ids})").format(
        **columns.holes, ids=columns.as_id(_IDS), table=stored.relation
    )
