"""A DSN that a function gives, anew for each connection: passwords that expire."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from integration_tests.langchain.langchain_fakes import Words
from integration_tests.shared.faults import OURS, closing, execute, until
from psycopg.conninfo import make_conninfo

from pgrecall import (
    AsyncStore,
    Collection,
    ConnectionFailedError,
    InvalidArgumentError,
    Item,
    Store,
)
from pgrecall.langchain import PgRecallVectorStore


class Tokens:
    """Gives another DSN each time, as a provider gives another password."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self.given = 0

    def __call__(self) -> str:
        self.given += 1
        return make_conninfo(self._dsn, application_name=f"token-{self.given}")

    async def later(self) -> str:
        await asyncio.sleep(0)
        return self()


@pytest.fixture
def tokens(fresh_dsn: str) -> Tokens:
    return Tokens(fresh_dsn)


@pytest.fixture(params=["sync", "async"])
def function(request: pytest.FixtureRequest, tokens: Tokens) -> Callable[[], Any]:
    return tokens if request.param == "sync" else tokens.later


def names(dsn: str) -> set[str]:
    query = OURS.replace("SELECT pid", "SELECT application_name")
    # one without a name is this test's own, whose session the server is about to end
    return {name for (name,) in execute(dsn, query) if name}


async def test_each_new_connection_asks_the_function(
    open_store: Callable[..., Any], function: Callable[[], Any], tokens: Tokens, fresh_dsn: str
) -> None:
    async with closing(open_store(function, min_connections=1, max_connections=1)) as store:
        await store.ensure_collection("t", Collection("docs", 2))
        await store.count("t", "docs")
        assert names(fresh_dsn) == {"token-1"}
        execute(fresh_dsn, OURS.replace("SELECT pid", "SELECT pg_terminate_backend(pid)"))
        await until(lambda: not names(fresh_dsn))
        assert await store.count("t", "docs") == 0
        assert (names(fresh_dsn), tokens.given) == ({"token-2"}, 2)


async def test_reads_from_replicas_ask_a_function_of_their_own(
    open_store: Callable[..., Any], function: Callable[[], Any], tokens: Tokens, fresh_dsn: str
) -> None:
    options = {"read_dsn": function, "min_connections": 0}
    async with closing(open_store(fresh_dsn, **options)) as store:
        await store.ensure_collection("t", Collection("docs", 2))
        await store.upsert("t", "docs", [Item("a", [1, 0], "a")])
        assert [match.id for match in await store.search("t", "docs", [1, 0])] == ["a"]
        assert tokens.given == 1


def test_a_sync_store_asks_an_async_function_within_a_running_loop_too(tokens: Tokens) -> None:
    async def call() -> list[Collection]:
        with Store(tokens.later) as store:
            return store.list_collections("t")

    assert asyncio.run(call()) == []


async def test_what_the_function_raises_leaves_as_it_is(open_store: Callable[..., Any]) -> None:
    def broken() -> str:
        raise LookupError("no token today")

    async with closing(open_store(broken)) as store:
        for _ in range(3):
            with pytest.raises(LookupError, match="no token today"):
                await store.list_collections("t")


@pytest.mark.parametrize("given", [None, 5, "postgresql://me:s3cret@host:port:5/db"])
async def test_what_is_no_dsn_is_told_by_the_functions_name(
    open_store: Callable[..., Any], given: object
) -> None:
    def token_of_the_day() -> Any:
        return given

    async with closing(open_store(token_of_the_day)) as store:
        with pytest.raises(InvalidArgumentError, match="token_of_the_day") as caught:
            await store.list_collections("t")
        assert "s3cret" not in str(caught.value)


async def test_a_server_that_is_not_there_is_told_without_the_password(
    open_store: Callable[..., Any],
) -> None:
    def secret_dsn() -> str:
        return "postgresql://me:s3cret@127.0.0.1:1/db"

    async with closing(open_store(secret_dsn)) as store:
        with pytest.raises(ConnectionFailedError, match=r"secret_dsn.*is the server up") as caught:
            await store.list_collections("t")
        assert "s3cret" not in str(caught.value)
        assert "s3cret" not in repr(store)


def test_adapters_take_a_function_and_share_its_pool(tokens: Tokens) -> None:
    first = PgRecallVectorStore(Words(), tenant="t", store=tokens)
    second = PgRecallVectorStore(Words(), tenant="t", store=tokens)
    first.add_texts(["a"], ids=["a"])

    assert first.store is second.store
    assert [found.id for found in second.similarity_search("a")] == ["a"]
    first.close()
    assert asyncio.run(second.asimilarity_search("a"))[0].id == "a"
    second.close()


def module_level_dsn() -> str:
    """A function that a pickle can name."""
    return "host=nowhere.invalid"


def test_a_pickle_names_the_function() -> None:
    made = pickle.loads(  # noqa: S301  # our own
        pickle.dumps(PgRecallVectorStore(Words(), store=module_level_dsn))
    )

    assert "module_level_dsn()" in repr(made)
    assert "module_level_dsn()" in repr(AsyncStore(module_level_dsn))
