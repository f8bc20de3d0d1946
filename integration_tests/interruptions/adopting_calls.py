"""A table of somebody else's that is adopted: registered with its marker, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from integration_tests.interruptions.ground import INTERRUPTED
from psycopg import sql

from pgrecall import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from integration_tests.interruptions.ground import Ground

NAME = "adopted"


def name_of_table(ground: Ground) -> sql.Identifier:
    """Of each ground's own: of a table that two tenants adopt a warning tells."""
    return sql.Identifier("public", f"adoptable_{ground.alice}")


def adopt(store: Any, ground: Ground) -> Any:
    """Adopt it."""
    table = Table(f'public."adoptable_{ground.alice}"', id="id", text="body", vector="embedding")
    return store.adopt_collection(ground.alice, NAME, table)


def prepare_adopting(ground: Ground) -> None:
    """Let the table be there, and be nobody's."""
    ground.side.drop_collection(ground.alice, NAME)
    ground.server.execute(
        sql.SQL(
            "CREATE TABLE IF NOT EXISTS {} (id text PRIMARY KEY, body text, embedding vector(8))"
        ).format(name_of_table(ground))
    )
    ground.server.execute(
        sql.SQL(
            "INSERT INTO {} VALUES ('a', 'a text', '[1,2,3,4,5,6,7,8]') ON CONFLICT DO NOTHING"
        ).format(name_of_table(ground))
    )


def judge_adopting(ground: Ground, _: str, value: Any) -> Iterable[str]:
    """Look at the registry, and for the marker."""
    registered = ground.table(ground.alice, NAME)
    [(markers,)] = ground.server.execute(
        "SELECT count(*)::int FROM pg_class WHERE relname LIKE %s",
        [f"items_{ground.alice.replace('-', '_')}_{NAME}_%"],
    ).fetchall()
    if markers != (registered is not None):
        yield f"torn: {registered} is registered, and {markers} markers are there"
    if value is not INTERRUPTED and registered is None:
        yield "lost write: adopt_collection did nothing"


def after_adopting(store: Any, ground: Ground, _: str) -> list[tuple[Callable[[], Any], Any]]:
    """Adopt it once more, and read it."""
    return [
        (lambda: adopt(store, ground), ...),
        (lambda: store.get(ground.alice, NAME, ["a"]), [("a", "a text")]),
    ]
