from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from integration_tests.cli.cli_runs import Cli
from integration_tests.shared.calls import Calls
from psycopg import sql

from pgrecall import (
    AsyncStore,
    Collection,
    CollectionNotFoundError,
    Hnsw,
    Item,
    IvfFlat,
    Store,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ROWS = 300
_PLANNING = 4 * 8192  # first pages of GIN indexes, which the planner looks at
_SIZES = """
WITH sized AS (SELECT i.indrelid, a.amname, pg_relation_size(i.indexrelid)::float8 AS bytes
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am a ON a.oid = x.relam)
SELECT pg_relation_size(c.oid) + pg_relation_size(c.reltoastrelid)
        + (SELECT sum(bytes) FROM sized WHERE indrelid = c.reltoastrelid),
    (SELECT sum(bytes) FROM sized WHERE indrelid = c.oid),
    (SELECT sum(bytes) FROM sized WHERE indrelid = c.oid AND amname <> 'gin')
FROM pg_class c WHERE c.oid = %s::regclass"""


def _items(count: int = _ROWS) -> Iterator[Item]:
    # vectors of 3 KB go out of line
    vectors = np.random.default_rng(3).normal(size=(count, 768)).astype(np.float32)
    return (Item(f"{n}", vector, f"text {n}", {"n": n}) for n, vector in enumerate(vectors))


async def _filled(store: Any, dsn: str, tenant: str, **fields: Any) -> tuple[Any, ...]:
    """Make a collection: bytes of its table, of its indexes, and of those that are scanned."""
    made = await store.ensure_collection(tenant, Collection("docs", dimensions=768, **fields))
    await store.load(tenant, "docs", _items())
    with psycopg.connect(dsn) as connection:
        return connection.execute(_SIZES, (made.table_name,)).fetchall()[0]


@pytest.mark.parametrize(
    "index",
    [None, Hnsw(), Hnsw(quantization="half"), Hnsw(quantization="binary"), IvfFlat(7)],
    ids=["none", "hnsw", "half", "binary", "ivfflat"],
)
async def test_without_the_extension_the_table_and_the_index_are_read_by_scans(
    one_store: Calls, dsn: str, tenant: str, index: Any
) -> None:
    table, _, scanned = await _filled(one_store, dsn, tenant, index=index)
    report = await one_store.prewarm(tenant, "docs")
    assert (report.table_bytes, report.method) == (table, "reading")
    assert 0.9 * scanned - _PLANNING <= report.index_bytes <= scanned + _PLANNING


async def test_a_handle_warms_its_collection_in_a_transaction_of_the_caller_s_too(
    store: Any, dsn: str, tenant: str
) -> None:
    table, *_ = await _filled(store, dsn, tenant, index=Hnsw())
    assert (await store.bind(tenant, "docs").prewarm()).table_bytes == table
    cli = Cli(dsn, tenant)
    assert cli.json("prewarm", "docs")["table_bytes"] == table
    assert " of the table of docs, by scans" in " ".join(cli.run("prewarm", "docs").stdout.split())
    with pytest.raises(CollectionNotFoundError):
        await store.prewarm(tenant, "nothing")
    show = "SELECT current_setting('enable_sort') || current_setting('statement_timeout')"
    if isinstance(store, AsyncStore):
        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            report = await store.on(connection).prewarm(tenant, "docs")
            assert await (await connection.execute(show)).fetchone() == ("on0",)
    else:
        with psycopg.connect(dsn) as connection:
            report = await store.on(connection).prewarm(tenant, "docs")
            assert connection.execute(show).fetchone() == ("on0",)
    assert report.table_bytes == table


async def test_an_empty_collection_is_warmed_with_nothing_to_read(
    one_store: Calls, tenant: str
) -> None:
    await one_store.ensure_collection(tenant, Collection("docs", dimensions=3, index=Hnsw()))
    assert (await one_store.prewarm(tenant, "docs")).method == "reading"


async def test_with_the_extension_it_reads_every_page_where_the_role_owns_the_table(
    open_store: Callable[..., Any], fresh_dsn: str, tenant: str
) -> None:
    store = open_store(fresh_dsn)
    table, indexes, _ = await _filled(store, fresh_dsn, tenant, index=Hnsw())
    assert (await store.prewarm(tenant, "docs")).method == "reading"
    role = sql.Identifier(tenant)
    with psycopg.connect(fresh_dsn, autocommit=True) as connection:
        # in a schema that is on nobody's path
        connection.execute("CREATE SCHEMA tools")
        connection.execute("CREATE EXTENSION pg_prewarm SCHEMA tools")
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        for right in ("USAGE ON SCHEMA pgrecall", "SELECT ON ALL TABLES IN SCHEMA pgrecall"):
            connection.execute(sql.SQL(f"GRANT {right} TO {{}}").format(role))  # type: ignore[arg-type]  # this test's own words
    report = await store.prewarm(tenant, "docs")
    assert (report.table_bytes, report.index_bytes, report.method) == (
        table,
        indexes,
        "pg_prewarm",
    )
    await store.close()
    reader = psycopg.conninfo.make_conninfo(fresh_dsn, user=tenant)
    try:
        with Store(reader, setup=False) as least:
            read = least.prewarm(tenant, "docs")
        assert (read.table_bytes, read.method) == (table, "reading")
        assert read.index_bytes > 0
    finally:
        with psycopg.connect(fresh_dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
            connection.execute(sql.SQL("DROP ROLE {}").format(role))
