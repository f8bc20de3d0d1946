"""One vector store for threads, tasks and event loops; its ends, copies and pickles."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import subprocess
import sys
import textwrap
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.langchain.langchain_fakes import Words, ids_of
from integration_tests.shared.faults import execute, until
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

from pgrecall import AsyncStore, CollectionConflictError, InvalidArgumentError, Store
from pgrecall.langchain import PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMES = [f"animal{number}" for number in range(100)]


@pytest.fixture
def name() -> str:
    """What a test's sessions are called on the server, so that it counts no others."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def named_dsn(dsn: str, name: str) -> str:
    return make_conninfo(dsn, application_name=name)


@pytest.fixture
def sessions(dsn: str, name: str) -> Iterator[Callable[[], int]]:
    """Count a test's sessions; none may stay."""

    def count() -> int:
        return execute(dsn, "SELECT application_name FROM pg_stat_activity").count((name,))

    async def until_none() -> None:
        await until(lambda: count() == 0)

    yield count
    gc.collect()
    # in a thread: an async test's own loop may still be this thread's
    with ThreadPoolExecutor(1) as executor:
        executor.submit(asyncio.run, until_none()).result()


@pytest.fixture
def filled(named_dsn: str, tenant: str, sessions: Any) -> Iterator[PgRecallVectorStore]:
    with PgRecallVectorStore(Words(), tenant=tenant, store=named_dsn) as vectors:
        vectors.add_texts(NAMES, ids=NAMES)
        yield vectors


async def test_a_hundred_searches_at_once_share_a_pool_of_ten(
    dsn: str, named_dsn: str, tenant: str, sessions: Callable[[], int]
) -> None:
    with PgRecallVectorStore(Words(), tenant=tenant, store=dsn) as filling:
        filling.add_texts(NAMES, ids=NAMES)
    async with PgRecallVectorStore(Words(), tenant=tenant, store=named_dsn) as vectors:
        most = 0

        async def one(name: str) -> list[str | None]:
            nonlocal most
            found = await vectors.asimilarity_search(name, k=1)
            most = max(most, sessions())
            return ids_of(found)

        await vectors.asimilarity_search("warm")
        # the first connection, which the pool does not count, is gone by then
        await until(lambda: sessions() <= 1)
        found = await asyncio.gather(*map(one, NAMES))

        assert found == [[name] for name in NAMES]
        assert 1 <= most <= 10


def test_one_object_serves_one_event_loop_after_another(filled: PgRecallVectorStore) -> None:
    for name in NAMES[:2]:
        assert ids_of(asyncio.run(filled.asimilarity_search(name, k=1))) == [name]
    assert ids_of(filled.similarity_search(NAMES[2], k=1)) == [NAMES[2]]


def test_threads_and_event_loops_use_one_object_at_once(filled: PgRecallVectorStore) -> None:
    barrier = threading.Barrier(6)

    def in_thread(start: int) -> list[Any]:
        barrier.wait()
        return [ids_of(filled.similarity_search(name, k=1)) for name in NAMES[start::10]]

    def in_loop(start: int) -> list[Any]:
        async def every() -> list[Any]:
            searches = (filled.asimilarity_search(name, k=1) for name in NAMES[start::10])
            return [ids_of(found) for found in await asyncio.gather(*searches)]

        barrier.wait()
        return asyncio.run(every())

    with ThreadPoolExecutor(6) as executor:
        kinds = [in_thread, in_loop] * 3
        running = [executor.submit(kind, start) for start, kind in enumerate(kinds)]
        for start, done in enumerate(running):
            assert done.result() == [[name] for name in NAMES[start::10]]


def test_no_thread_of_ours_runs_an_event_loop(filled: PgRecallVectorStore) -> None:
    asyncio.run(filled.asimilarity_search("animal1"))

    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if "loop" in name.lower() or "asyncio" in name.lower()]


async def test_many_writers_make_the_collection_once(dsn: str, tenant: str) -> None:
    async with PgRecallVectorStore(Words(), tenant=tenant, store=dsn) as vectors:
        added = await asyncio.gather(
            *(vectors.aadd_texts([name], ids=[name]) for name in NAMES[:20])
        )

        assert added == [[name] for name in NAMES[:20]]
        assert await vectors.async_store.count(tenant, "docs") == 20


def test_close_ends_what_the_object_opened(
    filled: PgRecallVectorStore, sessions: Callable[[], int]
) -> None:
    asyncio.run(filled.asimilarity_search("animal1"))
    assert sessions() > 0

    filled.close()
    filled.close()

    asyncio.run(until(lambda: sessions() == 0))


async def test_aclose_ends_what_the_object_opened(
    named_dsn: str, tenant: str, sessions: Callable[[], int]
) -> None:
    async with PgRecallVectorStore(Words(), tenant=tenant, store=named_dsn) as vectors:
        await vectors.aadd_texts(["a"])
        vectors.similarity_search("a")
        assert sessions() > 0

    await until(lambda: sessions() == 0)


async def test_a_store_of_the_callers_stays_open(dsn: str, tenant: str) -> None:
    with Store(dsn) as store:
        with PgRecallVectorStore(Words(), tenant=tenant, store=store) as vectors:
            vectors.add_texts(["a"], ids=["a"])
            assert vectors.store is store
        assert store.count(tenant, "docs") == 1
        async with PgRecallVectorStore(Words(), tenant=tenant, store=store) as vectors:
            assert ids_of(await vectors.asimilarity_search("a")) == ["a"]
        assert store.count(tenant, "docs") == 1
    async with AsyncStore(dsn) as store:
        async with PgRecallVectorStore(Words(), tenant=tenant, store=store) as vectors:
            assert ids_of(vectors.similarity_search("a")) == ["a"]
            assert vectors.async_store is store
        assert await store.count(tenant, "docs") == 1


def test_a_pool_of_the_callers_serves_its_kind_of_calls(dsn: str, tenant: str) -> None:
    with ConnectionPool(dsn, min_size=1, max_size=1, open=True) as pool:
        vectors = PgRecallVectorStore(Words(), tenant=tenant, store=Store(pool=pool))
        vectors.add_texts(["a"], ids=["a"])

        assert ids_of(vectors.similarity_search("a")) == ["a"]
        with pytest.raises(InvalidArgumentError, match="serves no async calls"):
            asyncio.run(vectors.asimilarity_search("a"))
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(vectors)


def test_a_pickle_connects_anew(filled: PgRecallVectorStore, tenant: str) -> None:
    with pickle.loads(pickle.dumps(filled)) as again:  # noqa: S301  # our own
        assert ids_of(again.similarity_search("animal7", k=1)) == ["animal7"]
        assert (again.tenant, again.collection) == (tenant, "docs")
        assert ids_of(asyncio.run(again.asimilarity_search("animal8", k=1))) == ["animal8"]
        asyncio.run(again.aclose())


def test_a_copy_shares_the_connections(filled: PgRecallVectorStore) -> None:
    for again in [copy.copy(filled), copy.deepcopy(filled)]:
        assert again.store is filled.store
        assert ids_of(again.similarity_search("animal7", k=1)) == ["animal7"]


def test_a_child_process_uses_a_pickle(
    filled: PgRecallVectorStore, named_dsn: str, tenant: str
) -> None:
    script = textwrap.dedent(
        """
        import pickle, sys
        from langchain_core.embeddings import DeterministicFakeEmbedding
        with pickle.load(sys.stdin.buffer) as vectors:
            found = vectors.similarity_search("animal7", k=1)
        print(found[0].id)
        """
    )
    from langchain_core.embeddings import DeterministicFakeEmbedding  # noqa: PLC0415  # here alone

    fake = PgRecallVectorStore(
        DeterministicFakeEmbedding(size=8), "other", tenant=tenant, store=named_dsn
    )
    with fake:
        fake.add_texts(NAMES[:10], ids=NAMES[:10])
        done = subprocess.run(
            [sys.executable, "-c", script],
            input=pickle.dumps(fake),
            capture_output=True,
            check=False,
        )

    assert done.stdout.decode().strip() == "animal7", done.stderr.decode()


def test_a_repr_shows_no_password(tenant: str) -> None:
    vectors = PgRecallVectorStore(
        Words(), tenant=tenant, store="postgresql://ann:s3cret@localhost:1/nothing"
    )

    shown = repr(vectors)

    assert "s3cret" not in shown
    assert "docs" in shown
    assert "localhost" in shown


def test_readers_need_no_right_but_to_read(fresh_dsn: str, tenant: str) -> None:
    role = f"reader_{uuid.uuid4().hex[:8]}"
    with PgRecallVectorStore(Words("words-1"), tenant=tenant, store=fresh_dsn) as owner:
        owner.add_texts(["a"], ids=["a"])
        execute(
            fresh_dsn,
            f"CREATE ROLE {role} LOGIN",
            f"GRANT USAGE ON SCHEMA pgrecall TO {role}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA pgrecall TO {role}",
        )
        # the role is set for the session: the server lets no other user in without a password
        dsn = make_conninfo(fresh_dsn, options=f"-c role={role}")
        with Store(dsn, setup=False) as store:
            reader = PgRecallVectorStore(Words("words-1"), tenant=tenant, store=store)
            assert ids_of(reader.similarity_search("a")) == ["a"]
            assert ids_of(reader.similarity_search("a", search="hybrid")) == ["a"]
            with pytest.raises(CollectionConflictError):
                PgRecallVectorStore(Words("x"), tenant=tenant, store=store).similarity_search("a")
            reader.close()
    execute(fresh_dsn, f"DROP OWNED BY {role}", f"DROP ROLE {role}")
