"""A query by hand as one more side of ``cells.py``: with the effort that the core chose, no less.

What it takes tells what part of the core's time is the recall that it promises: a peer that finds
fewer of the neighbours looks less hard. The connections are kept, know pgvector's types, and
prepare the query; the index goes on until enough rows match.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg
from common import TENANT, table_of
from pgvector import Vector
from pgvector.psycopg import register_vector, register_vector_async
from psycopg import sql

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from pgrecall import Store

_QUERY = (
    "SELECT id, text, metadata, embedding <=> %(asked)s AS distance FROM {table}{where}"
    " ORDER BY embedding <=> %(asked)s LIMIT {limit}"
)
_WHERE = " WHERE metadata ->> {key} = %(value)s"
_SETTINGS = {"hnsw.iterative_scan": "relaxed_order", "enable_sort": "off"}
_SET = "SELECT set_config(%s, %s, false)"


class Bare:
    """Answers queries by a connection of psycopg's, sync or async, with an index alone."""

    def __init__(
        self,
        dsn: str,
        queries: Sequence[list[float]],
        where: dict[str, str],
        limit: int,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Connect, and wait for ``settle``."""
        self._queries, self._loop, self._limit = queries, loop, limit
        ((self._key, self._value),) = where.items()
        self._connection = psycopg.connect(dsn, autocommit=True)
        register_vector(self._connection)
        connecting = psycopg.AsyncConnection.connect(dsn, autocommit=True)
        self._aconnection = loop.run_until_complete(connecting)
        loop.run_until_complete(register_vector_async(self._aconnection))
        self._texts: dict[bool, sql.Composed] = {}
        self._efforts: dict[bool, str] = {}

    def settle(self, store: Store, name: str) -> None:
        """Ask the core how hard it looks in the index that is there by now."""
        table = sql.SQL(table_of(store, name))
        for filtered in (False, True):
            where = {self._key: self._value} if filtered else None
            for _ in range(2):  # the first learns how many match
                query = self._queries[0]
                found = store.search(
                    TENANT, name, query, limit=self._limit, filter=where, explain=True
                )
            told = found.explanation
            if told is not None:
                self._efforts[filtered] = told.settings.get("hnsw.ef_search", "")
            test = sql.SQL(_WHERE).format(key=sql.Literal(self._key)) if filtered else sql.SQL("")
            holes = {"table": table, "where": test, "limit": sql.Literal(self._limit)}
            self._texts[filtered] = sql.SQL(_QUERY).format(**holes)

    def ask(self, places: Sequence[int], *, filtered: bool, is_async: bool) -> dict[str, Any]:
        """Answer some of the queries, one after the other."""
        if not self._efforts[filtered]:
            return {"times": [], "found": []}  # the core asks no index
        text = self._texts[filtered]
        settings = {**_SETTINGS, "hnsw.ef_search": self._efforts[filtered]}
        times: list[float] = []
        found: list[list[str]] = []

        def values(place: int) -> dict[str, Any]:
            return {"asked": Vector(self._queries[place]), "value": self._value}

        async def run() -> None:
            for setting in settings.items():
                await self._aconnection.execute(_SET, setting)
            for place in places:
                start = time.perf_counter()
                cursor = await self._aconnection.execute(text, values(place), prepare=True)
                ids = [row[0] for row in await cursor.fetchall()]
                times.append(1_000 * (time.perf_counter() - start))
                found.append(ids)

        if is_async:
            self._loop.run_until_complete(run())
            return {"times": times, "found": found}
        for setting in settings.items():
            self._connection.execute(_SET, setting)
        for place in places:
            start = time.perf_counter()
            cursor = self._connection.execute(text, values(place), prepare=True)
            ids = [row[0] for row in cursor.fetchall()]
            times.append(1_000 * (time.perf_counter() - start))
            found.append(ids)
        return {"times": times, "found": found}

    def close(self) -> None:
        """Close both connections."""
        self._connection.close()
        self._loop.run_until_complete(self._aconnection.close())
