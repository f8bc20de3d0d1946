"""LangChain's index() and aindex() over our record manager and our vector store."""

from __future__ import annotations

import hashlib
import pickle
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.langchain.langchain_fakes import Words
from integration_tests.shared.calls import Calls
from langchain_core.documents import Document
from langchain_core.indexing import InMemoryRecordManager, aindex, index
from langchain_core.vectorstores import InMemoryVectorStore

from pgrecall import AsyncStore, InvalidArgumentError, Store
from pgrecall._adapters.pair import Pair
from pgrecall._driver import async_exchange, exchange
from pgrecall.langchain import PgRecallVectorStore
from pgrecall.langchain.record_manager import PgRecallRecordManager

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Index = Callable[..., Awaitable[Any]]

pytestmark = pytest.mark.filterwarnings("ignore:Using SHA-1:UserWarning")

CLEANUPS = [None, "incremental", "full", "scoped_full"]


def by_blake(document: Document) -> str:
    """Make a key as a user's own function would."""
    return hashlib.blake2s(document.page_content.encode()).hexdigest()


ENCODERS = ["sha1", "sha256", "sha512", "blake2b", by_blake]


def doc(text: str, source: str) -> Document:
    return Document(text, metadata={"source": source})


FIRST = [doc("apples are red", "fruit"), doc("pears are green", "fruit"), doc("cats purr", "cats")]
CHANGED = [doc("apples are red", "fruit"), doc("plums are blue", "fruit")]


@pytest.fixture(scope="module")
def core(dsn: str) -> Iterator[Store]:
    with Store(dsn) as store:
        yield store


@pytest.fixture(params=["sync", "async"])
async def run_index(request, core: Store) -> Any:
    """Either index() or aindex(), with the defaults of these tests."""

    async def run(docs: Any, records: Any, vectors: Any, **keywords: Any) -> dict[str, int]:
        keywords = {"source_id_key": "source", "key_encoder": "sha256", **keywords}
        if request.param == "async":
            return dict(await aindex(docs, records, vectors, **keywords))
        return dict(index(docs, records, vectors, **keywords))

    yield run
    await Pair(core).async_store.close()


@pytest.fixture(params=["sync", "async"])
async def records(request, core: Store, tenant: str) -> Any:
    manager = PgRecallRecordManager("ns", store=core, tenant=tenant)
    yield Calls(manager, request.param)
    await Pair(core).async_store.close()


def made(core: Store, tenant: str, collection: str = "docs") -> tuple[Any, Any]:
    """A record manager and a vector store of one collection."""
    records = PgRecallRecordManager("ns", store=core, tenant=tenant, collection=collection)
    records.create_schema()
    return records, PgRecallVectorStore(Words(), collection, tenant, core)


def texts(core: Store, tenant: str, collection: str = "docs") -> list[str]:
    ids = core.list_ids(tenant, collection)
    return sorted(item.text for item in core.get(tenant, collection, ids))


@pytest.mark.parametrize("key_encoder", ENCODERS, ids=lambda one: getattr(one, "__name__", one))
@pytest.mark.parametrize("cleanup", CLEANUPS)
async def test_index_does_what_it_does_in_memory(
    run_index: Index, core: Store, tenant: str, cleanup: str | None, key_encoder: Any
) -> None:
    ours = made(core, tenant)
    reference = (InMemoryRecordManager("ns"), InMemoryVectorStore(Words()))
    keywords = {"cleanup": cleanup, "key_encoder": key_encoder}

    for docs in (FIRST, FIRST, CHANGED, [*CHANGED, *FIRST], CHANGED[:1]):
        wanted = await run_index(docs, *reference, **keywords)
        assert await run_index(docs, *ours, **keywords) == wanted
        stored = sorted(one["text"] for one in reference[1].store.values())
        assert texts(core, tenant) == stored


async def test_a_batch_at_a_time_cleans_up_the_same(
    run_index: Index, core: Store, tenant: str
) -> None:
    records, vectors = made(core, tenant)
    many = [doc(f"text {n}", f"source {n % 5}") for n in range(25)]
    keywords = {"cleanup": "full", "batch_size": 4, "cleanup_batch_size": 3}

    assert (await run_index(many, records, vectors, **keywords))["num_added"] == 25
    result = await run_index(many[:7], records, vectors, **keywords)

    assert result == {"num_added": 0, "num_updated": 0, "num_skipped": 7, "num_deleted": 18}
    assert texts(core, tenant) == sorted(one.page_content for one in many[:7])


async def test_force_update_writes_again(run_index: Index, core: Store, tenant: str) -> None:
    records, vectors = made(core, tenant)
    await run_index(FIRST, records, vectors)

    result = await run_index(FIRST, records, vectors, force_update=True)

    assert result["num_updated"] == 3


async def test_the_same_documents_are_indexed_into_two_collections(
    run_index: Index, core: Store, tenant: str
) -> None:
    for collection in ("one", "two"):
        records, vectors = made(core, tenant, collection)
        result = await run_index(FIRST, records, vectors, cleanup="full")
        assert result["num_added"] == 3

    records, vectors = made(core, tenant, "one")
    assert (await run_index([], records, vectors, cleanup="full"))["num_deleted"] == 3

    assert texts(core, tenant, "one") == []
    assert len(texts(core, tenant, "two")) == 3


async def test_the_same_documents_are_indexed_for_two_tenants(
    run_index: Index, core: Store, tenant: str
) -> None:
    for one in (tenant, f"{tenant}-other"):
        records, vectors = made(core, one)
        assert (await run_index(FIRST, records, vectors, cleanup="full"))["num_added"] == 3

    assert len(texts(core, tenant)) == 3


async def test_after_a_drop_everything_is_indexed_again(
    run_index: Index, core: Store, tenant: str
) -> None:
    records, vectors = made(core, tenant)
    await run_index(FIRST, records, vectors)
    assert core.drop_collection(tenant, "docs") == 3
    assert records.list_keys() == []

    result = await run_index(FIRST, records, vectors)

    assert result["num_added"] == 3
    assert len(texts(core, tenant)) == 3


async def test_without_a_collection_records_outlive_it(
    run_index: Index, core: Store, tenant: str
) -> None:
    records = PgRecallRecordManager("ns", store=core, tenant=tenant)
    vectors = PgRecallVectorStore(Words(), "docs", tenant, core)
    await run_index(FIRST, records, vectors)

    core.drop_collection(tenant, "docs")

    assert len(records.list_keys()) == 3


async def test_exists_answers_in_the_order_asked(records: Any) -> None:
    await records.create_schema()
    await records.update(["b", "a", "b"], group_ids=["1", "2", "3"])

    assert await records.exists(["x", "b", "y", "a", "b"]) == [False, True, False, True, True]
    assert await records.exists([]) == []
    assert await records.list_keys(group_ids=["3"]) == ["b"]
    assert await records.list_keys(group_ids=["1"]) == []


async def test_keys_are_listed_by_time_group_and_limit(records: Any) -> None:
    await records.update(["a", "b"], group_ids=["g", None])
    between = await records.get_time()
    await records.update(["c", "d"], group_ids=["g", "h"])

    assert await records.list_keys() == ["a", "b", "c", "d"]
    assert await records.list_keys(before=between) == ["a", "b"]
    assert await records.list_keys(after=between) == ["c", "d"]
    assert await records.list_keys(group_ids=["g"]) == ["a", "c"]
    assert await records.list_keys(group_ids=["g", "h"], after=between) == ["c", "d"]
    assert await records.list_keys(group_ids=[]) == ["a", "b", "c", "d"]
    assert await records.list_keys(limit=3) == ["a", "b", "c"]
    assert await records.list_keys(before=between, group_ids=["h"]) == []


async def test_a_record_written_again_has_its_new_time_and_group(records: Any) -> None:
    await records.update(["a"], group_ids=["g"])
    between = await records.get_time()
    await records.update(["a"], group_ids=["h"], time_at_least=between)

    assert await records.list_keys(before=between) == []
    assert await records.list_keys(group_ids=["h"]) == ["a"]
    await records.update(["a"])
    assert await records.list_keys(group_ids=["h"]) == []


async def test_keys_that_are_deleted_are_gone_and_others_stay(records: Any) -> None:
    await records.update(["a", "b", "c"])
    await records.delete_keys(["c", "a", "never there"])
    await records.delete_keys([])

    assert await records.list_keys() == ["b"]


async def test_a_time_that_the_servers_clock_has_not_reached_is_refused(records: Any) -> None:
    now = await records.get_time()

    with pytest.raises(ValueError, match="before time_at_least"):
        await records.update(["a"], time_at_least=now + 1000)

    assert await records.list_keys() == []


async def test_unequal_lengths_are_refused(records: Any) -> None:
    with pytest.raises(ValueError, match="2 keys and 1 group_ids"):
        await records.update(["a", "b"], group_ids=["g"])

    assert await records.list_keys() == []


async def test_the_time_is_the_servers(records: Any, dsn: str) -> None:
    before = await records.get_time()
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
    after = await records.get_time()

    assert row is not None
    assert before < row[0] < after


async def test_thousands_of_records_take_one_statement_each_way(
    records: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"key {n:05d}" for n in range(20_000)]
    await records.update(["-"])
    sent: list[Any] = []
    for module in (exchange, async_exchange):
        monkeypatch.setattr(module, "_exchanged", _counting(module._exchanged, sent))

    await records.update(keys, group_ids=["g"] * len(keys))
    assert await records.exists(keys) == [True] * len(keys)
    assert await records.list_keys(group_ids=["g"]) == keys
    await records.delete_keys(keys)

    assert len(sent) == 4
    assert await records.list_keys() == ["-"]


def _counting(send: Any, sent: list[Any]) -> Any:
    def count(connection: Any, statement: Any) -> Any:
        sent.append(statement)
        return send(connection, statement)

    return count


@pytest.mark.parametrize("kind", [str, Store, AsyncStore, Pair])
def test_any_kind_of_store_serves(kind: Any, dsn: str, tenant: str) -> None:
    manager = PgRecallRecordManager("ns", store=kind(dsn), tenant=tenant)
    manager.update(["a"])

    assert manager.exists(["a"]) == [True]
    again = pickle.loads(pickle.dumps(manager))  # noqa: S301  # its own bytes
    assert again.list_keys() == ["a"]
    again.close()
    manager.close()


@pytest.mark.parametrize("names", [("", None), ("n\0", None), ("ns", "c\0"), (1, None)])
def test_names_that_cannot_be_kept_are_refused(names: Any, core: Store) -> None:
    with pytest.raises(InvalidArgumentError):
        PgRecallRecordManager(names[0], store=core, collection=names[1])


def test_a_repr_shows_no_password() -> None:
    manager = PgRecallRecordManager("ns", store="postgresql://user:secret@host/db")

    assert "secret" not in repr(manager)
    assert "ns" in repr(manager)
