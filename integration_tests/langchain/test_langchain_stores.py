"""LangChain's key-value stores, and what of LangChain stands on one."""

from __future__ import annotations

import asyncio
import os
import pickle
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.langchain.langchain_fakes import Words
from integration_tests.shared.calls import Calls
from integration_tests.shared.faults import execute
from integration_tests.shared.words import HOSTILE
from langchain_classic.embeddings import CacheBackedEmbeddings
from langchain_classic.retrievers import MultiVectorRetriever, ParentDocumentRetriever
from langchain_core.documents import Document
from langchain_text_splitters import CharacterTextSplitter

from pgrecall import AsyncStore, DatabaseError, InvalidArgumentError, Store
from pgrecall.langchain import PgRecallByteStore, PgRecallDocStore, PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LONG = "é" * 5_000  # 10 kB
KEYS = [
    *HOSTILE,
    "",
    "\0",
    "a\0b",
    "\1",
    "\1\1",
    "%",
    "_",
    "\\",
    "\ud800",
    "a\udfff",
    LONG,
    LONG + "2",
]


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def values(sync_store: Store, tenant: str, kind: str) -> AsyncIterator[Calls]:
    made = PgRecallByteStore(sync_store, tenant)
    yield Calls(made, kind)
    await made.aclose()


@pytest.fixture
async def documents(sync_store: Store, tenant: str, kind: str) -> AsyncIterator[Calls]:
    made = PgRecallDocStore(sync_store, tenant)
    yield Calls(made, kind)
    await made.aclose()


async def keys_of(store: Calls, prefix: str | None = None) -> list[str]:
    if store.kind == "async":
        return [key async for key in store.target.ayield_keys(prefix=prefix)]
    return list(store.target.yield_keys(prefix=prefix))


async def test_any_string_is_a_key(values: Calls) -> None:
    await values.mset([(key, key.encode("utf-8", "surrogatepass")) for key in KEYS])

    found = await values.mget([*KEYS, "none", LONG + "3"])

    assert found == [*(key.encode("utf-8", "surrogatepass") for key in KEYS), None, None]
    assert sorted(await keys_of(values)) == sorted(KEYS)
    for prefix in ("", "%", "_", "a", "\0", "\1", "\\", "a\0", "\ud800", "é" * 150, LONG, "'", "é"):
        wanted = sorted(key for key in KEYS if key.startswith(prefix))
        assert sorted(await keys_of(values, prefix)) == wanted, prefix
    await values.mdelete(KEYS[::2])
    assert sorted(await keys_of(values)) == sorted(KEYS[1::2])


@pytest.mark.parametrize("kind", ["sync"], indirect=True)
async def test_ten_thousand_values_go_and_come_in_one_call(values: Calls) -> None:
    many = [(f"{n % 10}/{n:05d}", b"%d" % n) for n in range(10_000)]

    await values.mset(many)

    keys = [key for key, _ in many]
    assert await values.mget(keys[::-1]) == [value for _, value in many[::-1]]
    assert await keys_of(values, "3/") == sorted(key for key in keys if key.startswith("3/"))
    assert await keys_of(values) == sorted(keys)
    await values.mdelete(keys)
    assert await keys_of(values) == []


@pytest.mark.parametrize("kind", ["async"], indirect=True)
async def test_ten_megabytes_are_a_value(values: Calls) -> None:
    large = os.urandom(10_000_000)

    await values.mset([("large", large), ("view", memoryview(b"abcd")[::2])])

    assert await values.mget(["large", "view"]) == [large, b"ac"]


async def test_of_a_key_twice_in_one_call_the_last_value_stays(values: Calls) -> None:
    await values.mset([])
    await values.mset([("k", b"1"), ("l", b"2"), ("k", b"3")])

    assert await values.mget(["k", "l", "k"]) == [b"3", b"2", b"3"]
    assert await values.mget([]) == []


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        ([("good", b""), ("bad", "text")], "the value of key 'bad' must be bytes, not str"),
        ([("good", b""), (3, b"")], "a key must be a string, not int"),
        ([("good", b""), ("bad", None)], "'bad' must be bytes, not NoneType"),
        ({"bad": b""}, "key_value_pairs must be a list of pairs"),
        ([("good", b""), "ab"], "key_value_pairs must be a list of pairs"),
        ([("good", b""), ("bad",)], "key_value_pairs must be a list of pairs"),
    ],
)
async def test_where_one_value_cannot_be_stored_none_is(
    values: Calls, pairs: Any, says: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=says):
        await values.mset(pairs)

    assert await keys_of(values) == []


@pytest.mark.parametrize("verb", ["mget", "mdelete"])
async def test_one_key_is_no_list_of_keys(values: Calls, verb: str) -> None:
    with pytest.raises(InvalidArgumentError, match="keys must be a list of strings, not one str"):
        await getattr(values, verb)("abc")


async def test_keys_may_be_removed_while_they_are_given(values: Calls) -> None:
    await values.mset([(f"{n:04d}", b"") for n in range(2_100)])

    seen = 0
    if values.kind == "sync":
        for key in values.target.yield_keys():
            values.target.mdelete([key] if seen in {0, 999, 1_000, 2_099} else [])
            seen += 1
    else:
        async for key in values.target.ayield_keys():
            await values.target.amdelete([key] if seen in {0, 999, 1_000, 2_099} else [])
            seen += 1

    assert seen == 2_100
    assert len(await keys_of(values)) == 2_096


async def test_writers_of_the_same_keys_at_once_leave_whole_batches(
    values: Calls, tenant: str
) -> None:
    keys = [f"{n}" for n in range(200)]

    def batch(writer: int) -> list[tuple[str, bytes]]:
        order = keys if writer % 2 else keys[::-1]
        return [(key, b"%d" % writer) for key in order]

    if values.kind == "async":
        await asyncio.gather(*(values.mset(batch(writer)) for writer in range(6)))
    else:
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(values.target.mset, map(batch, range(6))))

    assert len(set(await values.mget(keys))) == 1


async def test_what_has_expired_is_never_seen(
    sync_store: Store, dsn: str, tenant: str, kind: str
) -> None:
    short = PgRecallByteStore(sync_store, tenant, ttl=timedelta(minutes=5))
    calls = Calls(short, kind)
    await calls.mset([("gone", b"1"), ("here", b"2")])
    execute(
        dsn,
        "UPDATE pgrecall.blobs SET expires_at = now() - interval '1 second'"
        f" WHERE tenant = '{tenant}' AND key = 'gone'",
    )

    assert await calls.mget(["gone", "here"]) == [None, b"2"]
    assert await keys_of(calls) == ["here"]
    await calls.mset([("gone", b"3")])
    assert await calls.mget(["gone"]) == [b"3"]
    with psycopg.connect(dsn) as connection:
        query = "SELECT DISTINCT ttl_minutes FROM pgrecall.blobs WHERE tenant = %s"
        assert connection.execute(query, [tenant]).fetchall() == [(5.0,)]
    await short.aclose()


def test_tenants_namespaces_and_kinds_are_apart(sync_store: Store, tenant: str) -> None:
    stores = [
        PgRecallByteStore(sync_store, tenant),
        PgRecallByteStore(sync_store, tenant + "'"),
        PgRecallByteStore(sync_store, tenant, namespace="other"),
    ]
    for n, store in enumerate(stores):
        store.mset([("k", b"%d" % n)])
    papers = PgRecallDocStore(sync_store, tenant)

    assert [store.mget(["k"]) for store in stores] == [[b"0"], [b"1"], [b"2"]]
    assert papers.mget(["k"]) == [None]
    stores[0].mdelete(["k"])
    assert [list(store.yield_keys()) for store in stores] == [[], ["k"], ["k"]]


@pytest.mark.parametrize(
    ("keywords", "says"),
    [
        ({"namespace": ""}, "a namespace must not be empty"),
        ({"namespace": "n" * 301}, "an index holds 300"),
        ({"namespace": "\0"}, "NUL"),
        ({"tenant": ""}, "a tenant must not be empty"),
        ({"ttl": 0}, "ttl must be a timedelta, or seconds, above 0; not 0"),
        ({"ttl": timedelta(-1)}, "ttl must be"),
        ({"ttl": float("inf")}, "ttl must be"),
        ({"ttl": "1h"}, "ttl must be"),
        ({"store": 3}, "store must be a pgrecall.Store"),
    ],
)
def test_an_argument_that_cannot_be_used_is_refused_at_once(
    keywords: dict[str, Any], says: str
) -> None:
    for kind in (PgRecallByteStore, PgRecallDocStore):
        with pytest.raises(InvalidArgumentError, match=says):
            kind(**{"store": "postgresql://nowhere/app"} | keywords)


def test_the_longest_names_leave_room_for_every_key(sync_store: Store) -> None:
    store = PgRecallByteStore(sync_store, uuid.uuid4().hex + "t" * 968, namespace="é" * 150)

    store.mset([("k" * 1_000, b"1"), (LONG, b"2")])

    assert store.mget(["k" * 1_000, LONG]) == [b"1", b"2"]


async def test_an_async_store_serves_sync_callers_too(dsn: str, tenant: str) -> None:
    async with AsyncStore(dsn) as core:
        store = PgRecallByteStore(core, tenant)
        await store.amset([("k", b"v")])

        assert await asyncio.to_thread(store.mget, ["k"]) == [b"v"]
        await store.aclose()


def test_a_store_can_be_pickled_and_shows_no_password(tenant: str) -> None:
    store = PgRecallDocStore("postgresql://u:secret@nowhere/app", tenant, namespace="n")

    again = pickle.loads(pickle.dumps(store))  # noqa: S301  # its own

    assert repr(again) == repr(store)
    assert "secret" not in repr(store)
    assert "namespace='n'" in repr(store)


def test_a_role_that_may_only_read_reads_and_is_refused_a_write(
    sync_store: Store, dsn: str, tenant: str
) -> None:
    PgRecallByteStore(sync_store, tenant).mset([("k", b"v")])
    read_only = dsn + ("&" if "?" in dsn else "?") if "://" in dsn else dsn + " "
    with Store(f"{read_only}options=-cdefault_transaction_read_only=on", setup=False) as reader:
        store = PgRecallByteStore(reader, tenant)

        assert store.mget(["k"]) == [b"v"]
        assert list(store.yield_keys()) == ["k"]
        with pytest.raises(DatabaseError, match="read-only transaction"):
            store.mset([("k", b"w")])


async def test_a_document_comes_back_as_json_has_it(documents: Calls) -> None:
    when, id_ = datetime(2026, 1, 2, tzinfo=UTC), uuid.uuid4()
    plain = {
        "deep": {"list": [1, 0.5, None, True, "x"]},
        "": 1,
        "\0": "\ud800",
        "é": "\ud800\udfff",
    }
    odd = {"at": when, "id": id_, "price": Decimal("1.50"), "pair": (1, 2)}
    written = [Document("Zoë \0 🦊", metadata=plain, id="i\0"), Document("", metadata=odd)]

    await documents.mset([("a", written[0]), ("b", written[1])])

    first, second = await documents.mget(["a", "b"])
    assert first == written[0]
    assert second.metadata == {
        "at": when.isoformat(),
        "id": str(id_),
        "price": 1.5,
        "pair": [1, 2],
    }


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (Document("", metadata={"a": {"b": float("nan")}}), r"of key 'bad' .* metadata\[\"a\"\]"),
        (Document("", metadata={"a": object()}), "the metadata of key 'bad' is not JSON"),
        ({"page_content": ""}, "the value of key 'bad' must be a Document, not dict"),
    ],
)
async def test_a_document_that_is_no_json_is_refused_by_its_key(
    documents: Calls, value: Any, says: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=says):
        await documents.mset([("good", Document("")), ("bad", value)])

    assert await keys_of(documents) == []


@pytest.mark.parametrize("data", [b"", b"\xff", b"no", b"[1]", b"{}", b"null"])
def test_what_another_program_wrote_is_told_by_its_key(
    sync_store: Store, dsn: str, tenant: str, data: bytes
) -> None:
    store = PgRecallDocStore(sync_store, tenant)
    store.mset([("k", Document("secret"))])
    with psycopg.connect(dsn, autocommit=True) as connection:
        query = "UPDATE pgrecall.blobs SET value = %s WHERE tenant = %s"
        connection.execute(query, [data, tenant])

    with pytest.raises(DatabaseError, match="under key 'k' of namespace 'default' is no document"):
        store.mget(["k"])


async def test_a_parent_document_retriever_gives_what_its_chunks_were_cut_from(
    sync_store: Store, tenant: str, documents: Calls
) -> None:
    chunks = PgRecallVectorStore(Words(), "chunks", tenant, sync_store)
    retriever = ParentDocumentRetriever(
        vectorstore=chunks,
        docstore=documents.target,
        child_splitter=CharacterTextSplitter(separator=".", chunk_size=20, chunk_overlap=0),
    )
    pages = [
        Document("The cat purrs. The cat sleeps all day.", metadata={"page": 1}),
        Document("The backup runs at two. Restore takes an hour.", metadata={"page": 2}),
    ]
    await Calls(retriever, documents.kind).add_documents(pages, ids=["p1", "p2"])

    found = await Calls(retriever, documents.kind).invoke("restore takes")

    assert found[0].page_content == pages[1].page_content
    assert await keys_of(documents) == ["p1", "p2"]
    await chunks.aclose()


async def test_a_multi_vector_retriever_gives_documents_by_their_summaries(
    sync_store: Store, tenant: str, values: Calls
) -> None:
    summaries = PgRecallVectorStore(Words(), "summaries", tenant, sync_store)
    retriever = MultiVectorRetriever(
        vectorstore=summaries, byte_store=values.target, search_kwargs={"k": 1}
    )
    retriever.docstore.mset([("r1", Document("A long report on apples"))])
    summaries.add_texts(["about fruit"], [{"doc_id": "r1"}])

    found = await Calls(retriever, values.kind).invoke("fruit")

    assert [one.page_content for one in found] == ["A long report on apples"]
    await summaries.aclose()


async def test_cached_embeddings_call_the_model_once_for_a_text(values: Calls) -> None:
    model = Words()
    cached = CacheBackedEmbeddings.from_bytes_store(
        model,
        values.target,
        namespace="words",
        query_embedding_cache=True,
        key_encoder="blake2b",
    )
    calls = Calls(cached, values.kind)

    first = await calls.embed_documents(["apples", "pears"])
    again = await calls.embed_documents(["pears", "plums", "apples"])
    question = [await calls.embed_query("what?") for _ in range(2)]

    assert again[::2] == first[::-1]
    assert question[0] == question[1] == model.vector("what?")
    assert model.calls == [["apples", "pears"], ["plums"], ["what?"]]
