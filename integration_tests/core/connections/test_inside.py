"""A view inside: why a search ran as it did, spans, logs, and how busy the connections are."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.calls import Calls
from integration_tests.shared.faults import closing
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pgrecall import (
    AsyncStore,
    Collection,
    CollectionNotFoundError,
    Hnsw,
    Item,
    PoolStatistics,
    Store,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.sdk.trace import ReadableSpan

DOCS = "docs"
TELLTALE = "telltale"
MANY = 6_000


async def fill(store: Any, tenant: str, rows: int = 30, **options: Any) -> None:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2, **options))
    await store.load(
        tenant, DOCS, [Item(f"{n:05}", [1, n], f"word {TELLTALE}", {"n": n}) for n in range(rows)]
    )


@pytest.fixture(scope="module")
def thousands(sync_store: Store) -> str:
    """The tenant of rows so many that the index is asked; nothing is written to them."""
    made = f"tenant-{uuid.uuid4().hex}"
    asyncio.run(fill(Calls(sync_store), made, MANY, index=Hnsw()))
    return made


@pytest.fixture(scope="session")
def exporter() -> InMemorySpanExporter:
    """Spans of the whole process; its provider can be set once."""
    made = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(made))
    trace.set_tracer_provider(provider)
    return made


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Iterator[InMemorySpanExporter]:
    exporter.clear()
    yield exporter
    exporter.clear()


def named(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    [found] = [span for span in spans.get_finished_spans() if span.name == name]
    return found


async def test_a_search_is_not_explained_unless_asked(store, tenant) -> None:
    await fill(store, tenant)

    assert (await store.search(tenant, DOCS, [1, 2])).explanation is None


async def test_an_explained_search_finds_the_same(store, tenant) -> None:
    await fill(store, tenant)

    for verb, arguments in (
        ("search", ([1, 2],)),
        ("search_text", ("word",)),
        ("search_hybrid", ([1, 2], "word")),
    ):
        search = getattr(store, verb)
        assert await search(tenant, DOCS, *arguments, explain=True) == await search(
            tenant, DOCS, *arguments
        )


async def test_an_exact_search_says_that_there_is_no_index(store, tenant) -> None:
    await fill(store, tenant)

    told = (await store.search(tenant, DOCS, [1, 2], explain=True)).explanation

    assert told.plan == "exact"
    assert told.reason == "the collection has no index"
    assert told.settings == {}
    assert "Seq Scan" in told.analyze
    assert "Execution Time" in told.analyze
    assert "SELECT" in told.sql


async def test_a_search_by_index_says_why_and_with_which_settings(store, thousands) -> None:

    told = (await store.search(thousands, DOCS, [1, 2], explain=True)).explanation

    assert told.plan == "hnsw"
    assert "more than" in told.reason
    assert told.rows == pytest.approx(MANY, rel=0.1)
    assert int(told.settings["hnsw.ef_search"]) >= 10
    assert "Index Scan using" in told.analyze


async def test_a_filter_whose_share_is_not_known_leaves_it_to_the_statement(store, tenant) -> None:
    await fill(store, tenant, MANY)
    await store.create_index(tenant, DOCS, Hnsw())
    few = {"n": {"$lt": 3}}

    first = (await store.search(tenant, DOCS, [1, 2], filter=few, explain=True)).explanation
    second = (await store.search(tenant, DOCS, [1, 2], filter=few, explain=True)).explanation

    assert first.plan == "exact or hnsw"
    assert first.matching is None
    assert "is not known" in first.reason
    assert second.plan == "exact"
    assert second.matching is not None
    assert "match the filter" in second.reason


async def test_what_the_caller_asked_for_is_the_reason(store, thousands) -> None:

    async def reason(**options: Any) -> str:
        found = await store.search(thousands, DOCS, [1, 2], explain=True, **options)
        return str(found.explanation.reason)

    assert await reason(exact=True) == "exact=True asks for it"
    assert await reason(exact=False) == "exact=False asks for the index"
    assert await reason(ef_search=50) == "ef_search asks for the index"


async def test_text_and_hybrid_searches_are_explained_too(store, tenant) -> None:
    await fill(store, tenant)

    text = (await store.search_text(tenant, DOCS, "word", explain=True)).explanation
    hybrid = (await store.search_hybrid(tenant, DOCS, [1, 2], "word", explain=True)).explanation

    assert (text.plan, hybrid.plan) == ("text", "exact")
    assert "bm25" in text.reason
    assert "tsv" in text.analyze
    assert "by_text" in hybrid.analyze


async def test_an_explanation_has_every_setting_of_its_search(store, thousands) -> None:
    text_arm = {"enable_seqscan", "jit", "max_parallel_workers_per_gather"}
    index_arm = {"enable_sort", "jit", "max_parallel_workers_per_gather", "hnsw.ef_search"}

    vector = (await store.search(thousands, DOCS, [1, 2], explain=True)).explanation
    text = (await store.search_text(thousands, DOCS, "word", explain=True)).explanation
    hybrid = (await store.search_hybrid(thousands, DOCS, [1, 2], "word", explain=True)).explanation

    assert "hnsw.ef_search" in vector.settings
    assert text.settings == {}
    assert hybrid.settings.keys() == vector.settings.keys() | text_arm | index_arm


async def test_a_hybrid_search_tells_how_many_candidates_its_plan_is_chosen_for(
    store, thousands
) -> None:

    async def reason(**options: Any) -> str:
        found = await store.search_hybrid(thousands, DOCS, [1, 2], "word", explain=True, **options)
        return str(found.explanation.reason)

    assert (await reason(limit=10)).endswith("faster for the vector arm's 100 candidates")
    assert (await reason(limit=10, candidates=50)).endswith("for the vector arm's 50 candidates")


async def test_every_row_matches_where_there_is_no_filter(store, tenant) -> None:
    await fill(store, tenant)

    for verb, arguments in (
        ("search", ([1, 2],)),
        ("search_text", ("word",)),
        ("search_hybrid", ([1, 2], "word")),
    ):
        found = await getattr(store, verb)(tenant, DOCS, *arguments, explain=True)
        assert found.explanation.matching == found.explanation.rows, verb


async def test_an_explained_statement_shows_no_text_and_no_vector(store, tenant) -> None:
    await fill(store, tenant)

    told = (await store.search_text(tenant, DOCS, "zebra", explain=True)).explanation

    assert "zebra" not in told.sql
    assert "%(text)s" in told.sql


async def test_a_search_is_a_span_with_its_collection_verb_plan_and_rows(
    store, tenant, spans
) -> None:
    await fill(store, tenant)
    spans.clear()

    await store.search(tenant, DOCS, [1, 2], limit=7)

    span = named(spans, "search docs")
    assert span.kind is trace.SpanKind.CLIENT
    assert span.attributes == {
        "db.system.name": "postgresql",
        "db.operation.name": "search",
        "db.collection.name": DOCS,
        "db.namespace": "pgrecall",
        "db.response.returned_rows": 7,
        "pgrecall.plan": "exact",
    }


async def test_every_verb_is_a_span_that_nests_in_the_callers(store, tenant, spans) -> None:
    with trace.get_tracer("caller").start_as_current_span("request"):
        await fill(store, tenant)
        await store.upsert(tenant, DOCS, [Item("x", [1, 1])])
        await store.count(tenant, DOCS)
        await store.drop_collection(tenant, DOCS)

    names = {span.name for span in spans.get_finished_spans()}
    request = named(spans, "request")
    assert names >= {
        "ensure_collection docs",
        "load docs",
        "upsert docs",
        "count docs",
        "drop_collection docs",
    }
    assert request.context is not None
    for span in spans.get_finished_spans():
        assert span is request or (
            span.parent is not None and span.parent.span_id == request.context.span_id
        )


async def test_spans_of_tasks_at_once_do_not_nest_in_one_another(dsn, tenant, spans) -> None:
    async with AsyncStore(dsn) as store:
        await fill(store, tenant)
        spans.clear()
        await asyncio.gather(*(store.search(tenant, DOCS, [1, n]) for n in range(1, 20)))

    assert [span.parent for span in spans.get_finished_spans()] == [None] * 19


async def test_a_failed_call_is_a_span_with_its_kind_of_error_alone(store, tenant, spans) -> None:
    with pytest.raises(CollectionNotFoundError):
        await store.count(tenant, "missing", {"secret": TELLTALE})

    span = named(spans, "count missing")
    assert span.attributes is not None
    assert span.attributes["error.type"] == "CollectionNotFoundError"
    assert span.status.status_code is trace.StatusCode.ERROR
    assert span.events == ()


async def test_no_text_vector_value_or_tenant_is_in_a_span_or_a_log(
    store, tenant, spans, caplog
) -> None:
    with caplog.at_level(logging.DEBUG, logger="pgrecall"):
        await fill(store, tenant)
        await store.search_hybrid(tenant, DOCS, [0.123456, 2], TELLTALE, filter={"n": {"$gt": 3}})
        await store.get(tenant, DOCS, ["00001"])

    told = "\n".join(span.to_json() for span in spans.get_finished_spans()) + caplog.text
    for secret in (TELLTALE, "0.123456", "00001", tenant):
        assert secret not in told


async def test_the_log_tells_the_plan_of_each_search(store, tenant, caplog) -> None:
    await fill(store, tenant)

    with caplog.at_level(logging.DEBUG, logger="pgrecall.search"):
        await store.search(tenant, DOCS, [1, 2])

    assert "collection 'docs' is searched by plan 'exact'" in caplog.text


def test_without_opentelemetry_everything_works_as_before(dsn, tenant) -> None:
    script = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from pgrecall import Store\n"
        "from pgrecall._operations import tracing\n"
        "assert tracing.trace is None\n"
        f"with Store({dsn!r}) as store: print(store.list_collections({tenant!r}))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert done.stdout.strip() == "[]", done.stderr


async def test_pool_statistics_tell_how_busy_the_connections_are(dsn, open_store, tenant) -> None:
    async with closing(open_store(dsn, min_connections=1, max_connections=3)) as store:
        before = await statistics(store)
        await store.list_collections(tenant)
        after = await statistics(store)

    assert before == PoolStatistics(0, 0, 0, 3)
    assert 1 <= after.connections <= 3
    assert after.idle >= 1
    assert (after.waiting, after.maximum, after.replicas) == (0, 3, None)


async def test_calls_that_wait_for_a_connection_are_counted(dsn, tenant) -> None:
    async with AsyncStore(dsn, max_connections=1) as store:
        await fill(store, tenant)
        searches = [asyncio.create_task(store.search(tenant, DOCS, [1, 2])) for _ in range(5)]
        seen = []
        while not all(search.done() for search in searches):
            seen.append(store.pool_statistics())
            await asyncio.sleep(0)

    assert max(statistics.waiting for statistics in seen) >= 3
    assert max(statistics.connections for statistics in seen) == 1
    assert seen[-1].waiting == 0


async def statistics(store: Any) -> PoolStatistics:
    found = store.pool_statistics()
    return found if isinstance(found, PoolStatistics) else await found


def test_statistics_of_the_replicas_come_along(dsn, tenant) -> None:
    with Store(dsn, read_dsn=dsn) as store:
        store.ensure_collection(tenant, Collection(DOCS, dimensions=2))
        store.count(tenant, DOCS)

        replicas = store.pool_statistics().replicas

    assert replicas is not None
    assert replicas.connections >= 1
