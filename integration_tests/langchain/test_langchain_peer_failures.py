"""What fails in the peers, numbered as their failures were found; each test shows the opposite."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from integration_tests.langchain.langchain_fakes import Fixed, Words, document, ids_of
from integration_tests.servers.test_pgbouncer import pooled_dsn  # noqa: F401  # a fixture is used by its name
from integration_tests.shared.faults import execute, until
from integration_tests.shared.pooler import PROGRAM
from langchain_core.indexing import aindex, index
from psycopg.conninfo import make_conninfo

from pgrecall import (
    Collection,
    Condition,
    DimensionMismatchError,
    Hnsw,
    InvalidArgumentError,
    Item,
    Store,
)
from pgrecall._operations.work import Work
from pgrecall._statements.statement import Statement
from pgrecall.langchain import PgRecallRecordManager, PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.statement import Result

MANY, MATCHING, SMALL = 30_000, 150, 16


@pytest.fixture
def make(dsn: str, tenant: str) -> Iterator[Callable[..., PgRecallVectorStore]]:
    """Make vector stores on one core store, which is closed at the end."""
    with Store(dsn) as store:

        def make(collection: str = "docs", **keywords: Any) -> PgRecallVectorStore:
            return PgRecallVectorStore(
                keywords.pop("embedding", None) or Words(), collection, tenant, store, **keywords
            )

        yield make
        asyncio.run(make().aclose())


@pytest.fixture(scope="module")
def large(dsn: str) -> Iterator[PgRecallVectorStore]:
    """Thirty thousand rows under HNSW, of which 150 match a filter."""
    numbers = np.random.default_rng(5).normal(size=(MANY, SMALL)).astype(np.float32)
    every = MANY // MATCHING
    items = (
        Item(f"{n:05}", numbers[n], f"text {n}", {"rare": n % every == 0, "n": n})
        for n in range(MANY)
    )
    index = Hnsw(m=8, ef_construction=32)
    vectors = PgRecallVectorStore(Words(dimensions=SMALL), "large", "peers", dsn)
    with vectors, Store(dsn) as store:
        store.ensure_collection("peers", Collection("large", SMALL, index=index))
        store.load("peers", "large", items)
        yield vectors


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """Every statement that is sent, with its values by name."""
    sent: list[tuple[Any, Any]] = []
    written_as_it_is = Statement.written

    def noting(statement: Statement) -> Any:
        sent.append((statement.sql, statement.parameters))
        return written_as_it_is(statement)

    monkeypatch.setattr(Statement, "written", noting)
    return sent


def test_1_the_same_id_lives_in_two_collections(make: Callable[..., PgRecallVectorStore]) -> None:
    one, other = make("one"), make("other")

    one.add_texts(["apples"], [{"of": "one"}], ids=["a"])
    other.add_texts(["pears"], [{"of": "other"}], ids=["a"])

    assert one.get_by_ids(["a"]) == [document("apples", "a", of="one")]
    assert other.get_by_ids(["a"]) == [document("pears", "a", of="other")]


def test_1_a_delete_stays_in_its_collection(make: Callable[..., PgRecallVectorStore]) -> None:
    one, other = make("one"), make("other")
    for vectors in (one, other):
        vectors.add_texts(["apples", "pears"], [{"n": 1}, {"n": 2}], ids=["a", "b"])

    other.delete(["a"])
    other.delete(filter={"n": 2})

    assert ids_of(one.get_by_ids(["a", "b"])) == ["a", "b"]
    assert other.similarity_search("apples") == []


def test_1_the_same_documents_are_indexed_in_two_collections(
    make: Callable[..., PgRecallVectorStore],
) -> None:
    documents = [document("apples", source="a"), document("pears", source="b")]
    stores = [make("one"), make("other")]
    kept = [
        PgRecallRecordManager("n", store=one.store, tenant=one.tenant, collection=one.collection)
        for one in stores
    ]

    for vectors, records in zip(stores, kept, strict=True):
        added = index(documents, records, vectors, cleanup="full", key_encoder="sha256")
        assert added["num_added"] == 2
    gone = index(documents[:1], kept[1], stores[1], cleanup="full", key_encoder="sha256")

    assert gone["num_deleted"] == 1
    assert texts_of(stores[0]) == {"apples", "pears"}
    assert texts_of(stores[1]) == {"apples"}


async def test_1_the_same_documents_are_indexed_in_two_collections_async(
    make: Callable[..., PgRecallVectorStore],
) -> None:
    documents = [document("apples", source="a"), document("pears", source="b")]
    stores = [make("one"), make("other")]
    kept = [
        PgRecallRecordManager("n", store=one.store, tenant=one.tenant, collection=one.collection)
        for one in stores
    ]

    for vectors, records in zip(stores, kept, strict=True):
        added = await aindex(
            documents,
            records,
            vectors,
            cleanup="incremental",
            source_id_key="source",
            key_encoder="blake2b",
        )
        assert added["num_added"] == 2
    changed = await aindex(
        [document("plums", source="b")],
        kept[1],
        stores[1],
        cleanup="incremental",
        source_id_key="source",
        key_encoder="blake2b",
    )

    assert (changed["num_added"], changed["num_deleted"]) == (1, 1)
    assert texts_of(stores[0]) == {"apples", "pears"}
    assert texts_of(stores[1]) == {"apples", "plums"}
    await stores[0].async_store.close()


def test_1_a_dropped_collections_documents_are_indexed_anew(
    make: Callable[..., PgRecallVectorStore],
) -> None:
    documents = [document("apples", source="a")]
    one, other = make("one"), make("other")
    for _ in range(2):
        for vectors in (one, other):
            records = PgRecallRecordManager(
                "n", store=one.store, tenant=one.tenant, collection=vectors.collection
            )
            index(documents, records, vectors, cleanup="full", key_encoder="sha256")
        assert texts_of(one) == texts_of(other) == {"apples"}
        one.store.drop_collection(one.tenant, "one")


def texts_of(vectors: PgRecallVectorStore) -> set[str]:
    """Read the texts of a whole collection."""
    return {found.page_content for found in vectors.similarity_search("text", k=100)}


def test_2_each_of_a_hundred_collections_finds_its_own(
    make: Callable[..., PgRecallVectorStore],
) -> None:
    rng = np.random.default_rng(3)
    options = {"index": Hnsw(m=4, ef_construction=16), "text_search": None}
    stores = [make(f"c{number}", **options) for number in range(100)]
    texts = [f"text {number}" for number in range(150)]
    ids = [str(number) for number in range(150)]
    for vectors in stores:
        vectors.add_embeddings(texts, rng.normal(size=(150, 4)), ids=ids)

    for vectors in stores[::5]:
        query = rng.normal(size=4)
        found = vectors.similarity_search_by_vector(query, k=10)
        assert ids_of(found) == ids_of(vectors.similarity_search_by_vector(query, k=10, exact=True))
        assert len(found) == 10


@pytest.mark.parametrize("k", [10, 100, 150])
def test_3_a_filter_that_few_rows_match_gives_as_many_as_asked(
    large: PgRecallVectorStore, k: int
) -> None:
    question = "text 17"

    found = large.similarity_search(question, k=k, filter={"rare": True})
    again = asyncio.run(large.asimilarity_search(question, k=k, filter={"rare": True}))

    assert len(found) == k
    assert all(one.metadata["rare"] for one in found)
    assert found == large.similarity_search(question, k=k, filter={"rare": True}, exact=True)
    assert again == found
    asyncio.run(large.aclose())


def test_3_as_many_as_asked_come_without_a_filter_too(large: PgRecallVectorStore) -> None:
    assert len(large.similarity_search("text 17", k=500)) == 500


PLANETS = {
    "mars": "Mars is red because of rust",
    "venus": "Venus is hot because of its clouds",
    "saturn": "Saturn has rings of ice",
    "earth": "Earth has water and life",
}


@pytest.fixture
def planets(make: Callable[..., PgRecallVectorStore]) -> PgRecallVectorStore:
    vectors = make(search="hybrid")
    vectors.add_texts(list(PLANETS.values()), ids=list(PLANETS))
    return vectors


def test_4_each_hybrid_query_is_answered_for_itself(planets: PgRecallVectorStore) -> None:
    for id_, text in [*PLANETS.items(), *reversed(PLANETS.items())]:
        assert planets.similarity_search(text, k=1)[0].id == id_


async def test_4_concurrent_hybrid_queries_do_not_mix(planets: PgRecallVectorStore) -> None:
    asked = list(PLANETS.items()) * 15

    found = await asyncio.gather(*(planets.asimilarity_search(text, k=1) for _, text in asked))

    assert [one.id for [one] in found] == [id_ for id_, _ in asked]
    await planets.async_store.close()


def test_4_a_hybrid_search_gives_k_documents(make: Callable[..., PgRecallVectorStore]) -> None:
    vectors = make(search="hybrid")
    vectors.add_texts([f"text number {number}" for number in range(60)])

    for k in (1, 5, 20, 50):
        assert len(vectors.similarity_search("number 7", k=k)) == k


def test_4_a_question_in_plain_words_finds_by_its_words(planets: PgRecallVectorStore) -> None:
    question = "Why does the planet that is called Saturn look as if there were rings around it?"

    for search in ("hybrid", "text"):
        assert planets.similarity_search(question, search=search)[0].id == "saturn"


def test_4_the_worst_document_is_not_the_most_relevant(planets: PgRecallVectorStore) -> None:
    found = planets.similarity_search_with_relevance_scores("Saturn has rings of ice", k=4)

    relevances = [relevance for _, relevance in found]
    assert found[0][0].id == "saturn"
    assert relevances == sorted(relevances, reverse=True)
    assert 0 <= relevances[-1] < relevances[0] <= 1


def test_5_unequal_lengths_store_nothing(make: Callable[..., PgRecallVectorStore]) -> None:
    vectors = make()

    with pytest.raises(ValueError, match="there are 1 for 3 texts"):
        vectors.add_texts(["a", "b", "c"], [{"n": 1}])

    assert vectors.similarity_search("a") == []


def test_5_a_generator_of_texts_is_stored(make: Callable[..., PgRecallVectorStore]) -> None:
    vectors = make()

    assert len(vectors.add_texts(text for text in "abc")) == 3
    assert len(vectors.add_documents(document(text) for text in "def")) == 3

    assert vectors.store.count(vectors.tenant, "docs") == 6


def test_5_a_failure_half_way_stores_nothing(make: Callable[..., PgRecallVectorStore]) -> None:
    vectors = make()
    vectors.add_texts(["first"], ids=["first"])
    bad = [f"text {number}" for number in range(12_000)] + ["b\0d"]

    with pytest.raises(InvalidArgumentError, match="NUL"):
        vectors.add_embeddings(bad, np.ones((len(bad), 64)))

    assert vectors.store.list_ids(vectors.tenant, "docs") == ["first"]


def test_5_a_repeated_id_is_no_error(make: Callable[..., PgRecallVectorStore]) -> None:
    vectors = make()

    assert vectors.add_texts(["one", "two", "three"], ids=["a", "b", "a"]) == ["a", "b", "a"]

    assert [one.page_content for one in vectors.get_by_ids(["a", "b"])] == ["three", "two"]


def test_5_fourteen_thousand_documents_go_in_one_call(
    make: Callable[..., PgRecallVectorStore],
) -> None:
    vectors = make(embedding=Fixed({}))
    numbers = np.random.default_rng(1).normal(size=(14_000, 8))

    added = vectors.add_documents(
        [document(str(n), n=n) for n in range(14_000)], embeddings=numbers
    )

    assert len(set(added)) == vectors.store.count(vectors.tenant, "docs") == 14_000
    assert len(vectors.get_by_ids(added)) == 14_000
    assert vectors.delete(added) is True
    assert vectors.store.count(vectors.tenant, "docs") == 0


def test_6_a_wrong_dimension_is_refused_and_searches_go_on(
    make: Callable[..., PgRecallVectorStore],
) -> None:
    vectors = make()
    vectors.add_texts(["apples"], ids=["a"])

    with pytest.raises(DimensionMismatchError):
        make(embedding=Words(dimensions=3)).add_texts(["pears"])

    assert ids_of(vectors.similarity_search("pears")) == ["a"]


METADATA: dict[str, Any] = {
    "user": "ann",
    "Author": "Bo",
    "created-at": "2024-05-01",
    "select": 1,
    'odd "key"': "x",
    "when": 1_714_521_600_123,
    "mixed": 3,
    "o": {"Deep": {"er": 5}},
}


@pytest.mark.parametrize(
    "filter_",
    [
        {"user": "ann"},
        {"Author": "Bo"},
        {"created-at": {"$gte": "2024-01-01", "$lt": "2025-01-01"}},
        {"select": {"$eq": 1}},
        {'odd "key"': {"$like": "x%"}},
        {"when": 1_714_521_600_123},
        {"when": {"$gt": 1_714_521_600_122, "$between": [0, 9_999_999_999_999]}},
        {"mixed": {"$gt": 2}},
        {"$not": {"mixed": {"$in": []}}, "user": {"$ilike": "ANN"}},
        {"$and": [{"user": {"$nin": ["bo"]}}, {"Author": {"$exists": True}}]},
        {"user": {"$ne": "bo"}, "mixed": {"$gte": 3, "$lte": 3}},
    ],
)
def test_7_any_key_and_any_value_can_be_filtered_by(
    make: Callable[..., PgRecallVectorStore], filter_: Any
) -> None:
    vectors = make()
    others = [{"user": "bo", "mixed": "three"}, {"user": "bo", "mixed": [3]}, {"user": "bo"}]
    vectors.add_texts(["a", "b", "c", "d"], [METADATA, *others], ids=["a", "b", "c", "d"])

    assert ids_of(vectors.similarity_search("a", filter=filter_)) == ["a"]


def test_7_an_empty_list_matches_nothing(make: Callable[..., PgRecallVectorStore]) -> None:
    vectors = make()
    vectors.add_texts(["a", "b"], [{"n": 1}, {}])

    assert vectors.similarity_search("a", filter={"n": {"$in": []}}) == []
    assert len(vectors.similarity_search("a", filter={"n": {"$nin": []}})) == 2


def test_7_nested_keys_are_found_by_their_path(make: Callable[..., PgRecallVectorStore]) -> None:
    vectors = make()
    vectors.add_texts(["a", "b"], [METADATA, {"o": {"Deep": {"er": 6}}}], ids=["a", "b"])

    found = vectors.similarity_search("a", filter=Condition(("o", "Deep", "er"), "eq", 5))

    assert ids_of(found) == ["a"]


def test_8_mmr_hears_fetch_k_and_lambda_mult_and_gives_its_own_order(
    make: Callable[..., PgRecallVectorStore],
) -> None:
    plane = {"a": [1.0, 0.0], "b": [0.999, 0.04], "c": [0.9, 0.43], "d": [0.0, 1.0]}
    vectors = make(embedding=Fixed(plane))
    vectors.add_texts(list(plane), ids=list(plane))

    def chosen(**keywords: Any) -> list[str | None]:
        return ids_of(vectors.max_marginal_relevance_search("a", **keywords))

    assert chosen(k=2, lambda_mult=0) == ["a", "d"]
    assert chosen(k=2, lambda_mult=1) == ["a", "b"]
    assert chosen(k=2, fetch_k=3, lambda_mult=0) == ["a", "c"]
    assert chosen(k=3, lambda_mult=0) == ["a", "d", "c"]
    assert chosen(k=4, fetch_k=1, lambda_mult=1) == ["a", "b", "c", "d"]


def test_9_the_largest_inner_product_is_the_most_relevant(
    make: Callable[..., PgRecallVectorStore],
) -> None:
    values = {"best": [9.0, 1.0], "good": [1.0, 0.0], "none": [0.0, 1.0], "bad": [-5.0, 0.0]}
    vectors = make(embedding=Fixed(values | {"q": [1.0, 0.0]}), metric="ip")
    vectors.add_texts(list(values), ids=list(values))

    found = vectors.similarity_search_with_relevance_scores("q")

    assert ids_of([one for one, _ in found]) == ["best", "good", "none", "bad"]
    relevances = [relevance for _, relevance in found]
    assert relevances == sorted(relevances, reverse=True)
    assert relevances[2] == pytest.approx(0.5)
    assert all(0 <= relevance <= 1 for relevance in relevances)


def plan_of(store: Store, query: bytes, parameters: dict[str, Any]) -> str:
    """EXPLAIN a statement where the index costs nothing to prefer: can it be used at all?"""

    def body() -> Steps[Result]:
        yield Statement(b"SET LOCAL enable_seqscan = off")
        result: Result = yield Statement(b"EXPLAIN " + query, parameters)
        return result

    def operation() -> Operation[Result]:
        result: Result = yield Work(body, transaction=True)
        return result

    return "\n".join(line for (line,) in store._driver.run(operation()).rows)


def test_10_a_filter_can_use_the_index_on_metadata(
    large: PgRecallVectorStore, statements: list[Any]
) -> None:
    for filter_ in [{"n": 1_234}, {"n": {"$in": [1, 2]}}, {"rare": True, "n": {"$eq": 0}}]:
        large.similarity_search("text 17", filter=filter_)

        plan = plan_of(large.store, *statements[-1])

        assert "Bitmap Index Scan" in plan
        assert "metadata @>" in plan
        assert "Seq Scan" not in plan


def test_10_a_search_is_one_statement_and_brings_no_embedding(
    make: Callable[..., PgRecallVectorStore], statements: list[Any]
) -> None:
    vectors = make()
    vectors.add_texts(["apples", "pears"], ids=["a", "b"])
    vectors.similarity_search("apples")
    statements.clear()

    vectors.similarity_search("apples", filter={"n": {"$ne": 1}})
    vectors.similarity_search_with_score("pears")
    vectors.similarity_search_with_relevance_scores("pears")

    assert len(statements) == 3
    for query, _ in statements:
        assert b'"vector_send"(embedding)' not in query
    statements.clear()
    vectors.max_marginal_relevance_search("apples")
    assert len(statements) == 1
    assert b'"vector_send"(embedding)' in statements[0][0]


def test_11_connections_are_given_back(dsn: str, tenant: str) -> None:
    named = make_conninfo(dsn, application_name=tenant)

    def sessions() -> int:
        return execute(dsn, "SELECT application_name FROM pg_stat_activity").count((tenant,))

    for _ in range(20):
        vectors = PgRecallVectorStore(Words(), tenant=tenant, store=named)
        vectors.add_texts(["a"], ids=["a"])
        asyncio.run(vectors.asimilarity_search("a"))
        vectors.close()
        assert sessions() < 30
    # nobody closes this one
    vectors = PgRecallVectorStore(Words(), tenant=tenant, store=named)
    vectors.similarity_search("a")
    del vectors
    gc.collect()

    asyncio.run(until(lambda: sessions() == 0))


def test_11_a_store_made_and_used_sync_serves_async_callers(dsn: str, tenant: str) -> None:
    with PgRecallVectorStore(Words(), tenant=tenant, store=dsn) as vectors:
        vectors.add_texts(["a"], ids=["a"])

        async def use() -> list[str | None]:
            await vectors.aadd_texts(["b"], ids=["b"])
            found = ids_of(await vectors.asimilarity_search("a"))
            await vectors.adelete(["b"])
            await vectors.aclose()
            return found

        assert asyncio.run(use()) == ["a", "b"]


@pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed")
def test_11_everything_works_behind_pgbouncers_transaction_mode(
    request: pytest.FixtureRequest, tenant: str
) -> None:
    pooled = request.getfixturevalue("pooled_dsn")
    failures: list[BaseException] = []
    with PgRecallVectorStore(Words(), tenant=tenant, store=pooled, index=Hnsw()) as vectors:
        vectors.add_texts(list(PLANETS.values()), ids=list(PLANETS))

        def use(worker: int) -> None:
            try:
                for turn in range(10):
                    id_, text = list(PLANETS.items())[(worker + turn) % 4]
                    for search in ("vector", "hybrid", "text"):
                        assert vectors.similarity_search(text, 1, search=search)[0].id == id_
                    vectors.add_texts([text], ids=[id_])
            except BaseException as error:  # noqa: BLE001  # the test's thread tells it
                failures.append(error)

        threads = [threading.Thread(target=use, args=(worker,)) for worker in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        async def use_async() -> None:
            every = (vectors.asimilarity_search(text) for text in list(PLANETS.values()) * 20)
            await asyncio.gather(*every)
            await vectors.aclose()

        asyncio.run(use_async())

    assert failures == []
