"""Settings of a database or a role that another program wants: nothing here depends on them."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.copying.peer_tables import filled_by, run
from integration_tests.shared.commands import Runner
from integration_tests.shared.faults import closing, execute, use_every_verb
from langchain_core.embeddings import DeterministicFakeEmbedding
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from pgrecall import Collection, Hnsw, Item, IvfFlat, Store
from pgrecall._operations.health import gathering
from pgrecall.cli.app import app
from pgrecall.langchain import PgRecallRecordManager
from pgrecall.langgraph import PgRecallStore
from pgrecall.llama_index import PgRecallKVStore

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = {
    "standard_conforming_strings": "off",
    "escape_string_warning": "on",
    "backslash_quote": "off",
    "search_path": "",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "sql_standard",
    "TimeZone": "Asia/Kathmandu",
    "xmloption": "document",
    "default_text_search_config": "pg_catalog.german",
    "client_min_messages": "debug1",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "row_security": "off",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_sort": "off",
    "enable_hashagg": "off",
    "jit": "on",
    "jit_above_cost": "0",
    "from_collapse_limit": "1",
    "join_collapse_limit": "1",
    "work_mem": "64kB",
}
WORDS = "It's a \\ back\\slash, \"100%\" %s; O''Brien's café {x} $1 \\' E'\\n'"


def make_hostile(dsn: str, **changed: str) -> str:
    name = sql.Identifier(str(conninfo_to_dict(dsn)["dbname"]))
    execute(
        dsn,
        *(
            sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                name, sql.Identifier(setting), sql.Literal(value)
            )
            for setting, value in {**HOSTILE, **changed}.items()
        ),
    )
    return dsn


@pytest.fixture(scope="module")
def hostile(make_database: Callable[..., str]) -> str:
    """A database whose every setting is another than usual, with nothing in it."""
    return make_hostile(make_database())


def vector_of(number: int) -> list[float]:
    return [1.0, number / 50, (number * 7 % 11) / 10]


def notes(count: int = 60) -> list[Item]:
    return [
        Item(
            f"{n:03} \\ '",
            vector_of(n),
            f"note {n} of {WORDS}",
            {"page": n, "kind": f"a\\{n % 3}'", "share": n / 7, "tags": ["x", f"\\{n % 2}"]},
        )
        for n in range(count)
    ]


async def test_every_verb_works_whatever_the_database_is_set_to(
    open_store: Callable[..., Any], hostile: str, tenant: str
) -> None:
    async with closing(open_store(hostile)) as store:
        await use_every_verb(store, tenant)


async def test_texts_filters_and_indexes_work_whatever_the_database_is_set_to(
    open_store: Callable[..., Any], hostile: str, tenant: str
) -> None:
    async with closing(open_store(hostile)) as store:
        wanted = Collection("do\\cs'", 3, fields={"page": "number", "kind\\": "text"})
        name = (await store.ensure_collection(tenant, wanted)).name
        assert await store.load(tenant, name, notes()) == 60
        (read,) = await store.get(tenant, name, ["007 \\ '"])
        assert (read.text, read.metadata) == (notes()[7].text, notes()[7].metadata)
        for syntax, query in [
            ("any", WORDS),
            ("any", "back\\slash O'Brien"),
            ("web", '"back slash" -missing'),
            ("all", "note back\\slash"),
            ("phrase", "note 7"),
            ("raw", "'back' & !(missing | 'gone\\\\') & note:*"),
        ]:
            for ranking in ("bm25", "ts_rank", "ts_rank_cd"):
                found = await store.search_text(
                    tenant, name, query, syntax=syntax, ranking=ranking, highlight=True
                )
                assert found, (syntax, query, ranking)
        for filter_, count in [
            ({"kind": "a\\1'"}, 20),
            ({"kind": {"$like": "a\\\\1%"}}, 20),
            ({"kind": {"$ilike": "A\\\\_'"}}, 60),
            ({"kind": {"$text_match_insensitive": "\\2'"}}, 20),
            ({"tags": {"$any": ["\\0"]}}, 30),
            ({"tags": {"$contains": "\\1"}}, 30),
            ({"share": {"$gt": 30 / 7}}, 29),
            ({"gone": None}, 60),
            ({"page": {"$ne": None}}, 60),
            ({"page": {"$in": [1, 2, None]}}, 2),
            ({"id": {"$in": ["001 \\ '", "NULL"]}}, 1),
            ({"$not": {"page": {"$between": [10, 49]}}}, 20),
        ]:
            assert await store.count(tenant, name, filter_) == count, filter_
        hits = await store.search_hybrid(tenant, name, vector_of(7), WORDS, limit=5)
        assert len(hits) == 5
        for index in (Hnsw(), Hnsw(quantization="half"), IvfFlat()):
            await store.create_index(tenant, name, index)
            found = await store.search(
                tenant, name, vector_of(7), limit=5, exact=False, filter={"page": {"$gte": 0}}
            )
            assert len(found) == 5
            assert (await store.measure_recall(tenant, name, k=5, sample=10)).recall > 0.5
        await store.tune(tenant, name, k=5)
        await store.reindex(tenant, name)
        await store.drop_index(tenant, name)
        explained = await store.search(tenant, name, vector_of(7), explain=True)
        assert explained.explanation is not None
        listed = await store.list_items(tenant, name, limit=7, after="003 \\ '")
        assert [item.id[:3] for item in listed][:2] == ["004", "005"]
        assert await store.clear(tenant, name) == 60


async def test_a_collection_is_reembedded_whatever_the_database_is_set_to(
    open_store: Callable[..., Any], hostile: str, tenant: str
) -> None:
    def embed(texts: list[str]) -> list[list[float]]:
        return [[1.0, float(len(text))] for text in texts]

    async with closing(open_store(hostile)) as store:
        await store.ensure_collection(tenant, Collection("do\\cs'", 3))
        await store.upsert(tenant, "do\\cs'", notes())
        to = Collection("do\\cs'", 2, "new\\model'", index=Hnsw())
        report = await store.reembed(tenant, "do\\cs'", to=to, embed=embed)
        assert (report.rows, report.embedded) == (60, 60)
        assert (await store.search(tenant, "do\\cs'", [1.0, 9.0], limit=1))[0].vector is None
        assert await store.drop_collection(tenant, report.kept) == 60


def test_memories_keys_and_records_work_whatever_the_database_is_set_to(
    hostile: str, tenant: str
) -> None:
    with PgRecallStore(
        hostile,
        "me\\mory'",
        tenant,
        index={"dims": 8, "embed": DeterministicFakeEmbedding(size=8), "fields": ["text"]},
    ) as memory:
        memory.put(("us\\ers'", "NULL"), "k\\1'", {"text": WORDS, "share": 1 / 3})
        assert memory.get(("us\\ers'", "NULL"), "k\\1'").value["share"] == 1 / 3  # type: ignore[union-attr]
        (found,) = memory.search(("us\\ers'",), query=WORDS, filter={"share": {"$lt": 0.5}})
        assert (found.key, found.value["text"]) == ("k\\1'", WORDS)
        assert memory.list_namespaces(prefix=("*",)) == [("us\\ers'", "NULL")]
        memory.delete(("us\\ers'", "NULL"), "k\\1'")
        assert memory.get(("us\\ers'", "NULL"), "k\\1'") is None
    values = PgRecallKVStore(hostile, tenant)
    values.put_all([("a\\'", {"z": 1, "a": [WORDS]}), ("NULL", {})])
    assert values.get_all() == {"a\\'": {"z": 1, "a": [WORDS]}, "NULL": {}}
    assert values.delete("NULL")
    values.close()
    records = PgRecallRecordManager("name\\space'", tenant=tenant, store=hostile)
    records.create_schema()
    before = records.get_time()
    records.update(["k\\1'", "k2"], group_ids=["g\\'", None])
    assert records.list_keys(after=before - 1, group_ids=["g\\'"]) == ["k\\1'"]
    assert records.list_keys(group_ids=["NULL"]) == []
    assert records.exists(["k2", "k3"]) == [True, False]
    records.delete_keys(["k2"])
    records.close()


def test_the_command_line_looks_after_a_server_whatever_it_is_set_to(
    hostile: str, tenant: str
) -> None:
    with Store(hostile) as store:
        store.ensure_collection(tenant, Collection("do\\cs'", 3, index=Hnsw()))
        store.upsert(tenant, "do\\cs'", notes())
    for words in (["doctor"], ["collections"], ["export", "do\\cs'"]):
        scope = [] if words == ["doctor"] else ["--tenant", tenant]
        told = Runner().invoke(app, [*words, *scope, "--dsn", hostile])
        assert told.exit_code in (0, 1), told.output
        assert told.exception is None or isinstance(told.exception, SystemExit)
    with Store(hostile) as store:
        store.list_collections(tenant)
        facts = store._driver.run(gathering.gather(store._driver.context))
    assert facts.server.counting_since.tzinfo is UTC


def test_another_stores_tables_are_imported_whatever_the_database_is_set_to(
    make_database: Callable[..., str],
) -> None:
    dsn = make_database()
    filled_by("make_llama_index.py", dsn)
    make_hostile(dsn, search_path="public")
    outcome = run(dsn, "llama-index", "--table", "plain")
    assert outcome["copied"] > 0


TIMEOUTS = "current_setting('statement_timeout'), current_setting('transaction_timeout')"
IN_FORCE = ("30s", "1min")
LIFTED = ("0", "0")


@pytest.fixture(scope="module")
def impatient(make_database: Callable[..., str]) -> str:
    """A database with timeouts that notes which are in force when rows or indexes are made."""
    dsn = make_database()
    name = conninfo_to_dict(dsn)["dbname"]
    with Store(dsn) as store:
        store.list_collections("nobody")
    execute(
        dsn,
        f"ALTER DATABASE {name} SET statement_timeout = '30s'",
        f"ALTER DATABASE {name} SET transaction_timeout = '1min'",
        "CREATE TABLE noted (what text, statement text, transaction text)",
        "CREATE FUNCTION note_rows() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN INSERT INTO noted SELECT TG_TABLE_NAME, {TIMEOUTS}; RETURN NULL; END $$",
        "CREATE FUNCTION note_index() RETURNS event_trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN INSERT INTO noted SELECT TG_TAG, {TIMEOUTS}; END $$",
        "CREATE EVENT TRIGGER note_indexes ON ddl_command_start WHEN TAG IN ('CREATE INDEX')"
        " EXECUTE FUNCTION note_index()",
    )
    return dsn


def noted(dsn: str, what: str) -> set[tuple[str, str]]:
    query = sql.SQL("DELETE FROM noted WHERE what = {} RETURNING statement, transaction")
    return set(execute(dsn, query.format(sql.Literal(what))))


async def test_a_load_and_an_index_take_their_time_and_other_writes_do_not(
    open_store: Callable[..., Any], impatient: str, tenant: str
) -> None:
    async with closing(open_store(impatient, max_connections=1)) as store:
        made = await store.ensure_collection(tenant, Collection("docs", 3))
        schema, table = made.table_name.split(".")
        execute(
            impatient,
            f"CREATE TRIGGER note AFTER INSERT ON {schema}.{table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION note_rows()",
        )
        noted(impatient, "CREATE INDEX")
        await store.load(tenant, "docs", notes(20))  # by COPY
        await store.load(tenant, "docs", notes(20))  # over rows that are there
        assert noted(impatient, table) == {LIFTED}
        await store.create_index(tenant, "docs", Hnsw())
        assert noted(impatient, "CREATE INDEX") == {LIFTED}
        await store.clear(tenant, "docs")
        await store.load(tenant, "docs", notes(20))  # its index is built after the rows
        assert noted(impatient, "CREATE INDEX") == {LIFTED}
        assert noted(impatient, table) == {LIFTED}
        await store.upsert(tenant, "docs", notes(3))
        assert noted(impatient, table) == {IN_FORCE}


async def test_a_build_leaves_a_sessions_own_settings_as_they_were(
    impatient: str, tenant: str
) -> None:
    asked = f"SELECT {TIMEOUTS}, current_setting('maintenance_work_mem')"
    own = ("40s", "1min", "70MB")
    with ConnectionPool(impatient, min_size=1, max_size=1, configure=configured) as pool:
        store = Store(pool=pool)
        store.ensure_collection(tenant, Collection("docs", 3))
        store.create_index(tenant, "docs", Hnsw())
        with pool.connection() as connection:
            assert connection.execute(asked).fetchone() == own


def configured(connection: psycopg.Connection[Any]) -> None:
    connection.autocommit = True
    connection.execute("SET statement_timeout = '40s'")
    connection.execute("SET maintenance_work_mem = '70MB'")
