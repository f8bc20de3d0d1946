"""A connection of the caller's, and either store on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.calls import Calls

from pgrecall import AsyncStore, Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


class Caller:
    """A connection of the caller's behind one way of calling, and a store on it.

    Attributes:
        connection: The psycopg connection, sync or async.
        store: The store itself, on connections of its own.
        on: The store on the caller's connection.
    """

    def __init__(self, connection: Any, store: Any) -> None:
        self.connection = connection
        self.store = store
        self.on = store.on(connection)
        self.is_async = isinstance(connection, psycopg.AsyncConnection)

    async def run(self, statement: Any, *values: Any) -> list[Any]:
        cursor = await self.made(self.connection.execute(statement, values or None))
        return await self.made(cursor.fetchall()) if cursor.description else []

    async def made(self, given: Any) -> Any:
        return await given if self.is_async else given

    async def commit(self) -> None:
        await self.made(self.connection.commit())

    async def rollback(self) -> None:
        await self.made(self.connection.rollback())

    async def close(self) -> None:
        await self.made(self.connection.close())

    @property
    def state(self) -> str:
        return str(self.connection.info.transaction_status.name)


@pytest.fixture
async def connect(store: Any, dsn: str) -> AsyncIterator[Callable[..., Any]]:
    """Open a connection of the caller's, of the store's kind, with the store on it."""
    opened: list[Caller] = []

    async def make(conninfo: str = dsn, *, of: Any = store, **keywords: Any) -> Caller:
        if isinstance(store, Calls):
            connection: Any = psycopg.connect(conninfo, **keywords)
        else:
            connection = await psycopg.AsyncConnection.connect(conninfo, **keywords)
        opened.append(Caller(connection, of))
        return opened[-1]

    yield make
    for caller in opened:
        await caller.close()


@pytest.fixture
async def another(store: Any) -> AsyncIterator[Callable[..., Any]]:
    """Make another store of the store's kind."""
    made: list[Any] = []

    def make(*arguments: Any, **keywords: Any) -> Any:
        is_sync = isinstance(store, Calls)
        one = (
            Calls(Store(*arguments, **keywords)) if is_sync else AsyncStore(*arguments, **keywords)
        )
        made.append(one)
        return one

    yield make
    for each in made:
        await each.close()


@pytest.fixture
async def caller(connect: Callable[..., Any]) -> Caller:
    """A connection of the caller's in its usual mode: a transaction begins with a statement."""
    made: Caller = await connect()
    return made
