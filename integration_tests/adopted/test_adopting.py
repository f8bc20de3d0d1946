"""A table that is there is looked at before it is adopted, and stays as it is."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.adopted.places import Place, places
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgrecall import (
    Collection,
    CollectionConflictError,
    DatabaseError,
    FilterError,
    Hnsw,
    InvalidArgumentError,
    IvfFlat,
    Metric,
    Store,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ARTICLES = """
CREATE TYPE mood AS ENUM ('calm', 'angry');
CREATE DOMAIN slug AS text CHECK (VALUE <> '');
CREATE TABLE articles (
    slug slug PRIMARY KEY, title varchar(80), body text, embedding vector(3), halves halfvec(3),
    loose vector, mixed vector, empty vector, reals real[], bad_reals real[], floats float8[],
    lang text, published date, author_id bigint, price numeric(8, 2), mood mood, tags text[],
    attributes jsonb, old json, at timestamptz DEFAULT now(), plain_at timestamp, place point,
    raw bytea, code char(4) UNIQUE, number integer UNIQUE, late integer NOT NULL,
    account integer NOT NULL, part integer NOT NULL,
    tokens tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(body, ''))) STORED,
    UNIQUE (late) DEFERRABLE, UNIQUE (account, part));
CREATE INDEX ON articles USING hnsw (embedding vector_l2_ops) WITH (m = 8, ef_construction = 32);
INSERT INTO articles (slug, title, body, embedding, halves, loose, mixed, reals, bad_reals, lang,
    author_id, number, late, account, part)
SELECT 's' || n, 'title ' || n, 'a body', '[1,2,3]', '[1,2,3]', '[1,2]',
    CASE n WHEN 1 THEN '[1,2]'::vector ELSE '[1,2,3]' END, '{1,2}',
    CASE n WHEN 1 THEN '{NULL,1}'::real[] ELSE '{1,2}' END, 'en', n, n, n, n % 2, n / 2
FROM generate_series(1, 4) AS n;
INSERT INTO articles (slug, late, account, part) VALUES ('bare', 9, 9, 9);
CREATE VIEW twice AS SELECT slug::text, body FROM articles UNION ALL SELECT 's1', 'again';
CREATE VIEW unnamed AS SELECT nullif(slug, 's2')::text AS slug, body FROM articles;
CREATE VIEW seen AS SELECT slug::text, body, embedding FROM articles;
CREATE MATERIALIZED VIEW kept AS SELECT slug::text, body, embedding FROM articles;
CREATE UNIQUE INDEX ON kept (slug);
CREATE TABLE days (id bigint, day int, body text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE day_1 PARTITION OF days FOR VALUES FROM (1) TO (30);
INSERT INTO days VALUES (1, 2, 'a day');
CREATE TABLE animals (id bigint PRIMARY KEY, body text);
CREATE TABLE cats (CHECK (id > 0)) INHERITS (animals);
INSERT INTO animals VALUES (1, 'any'); INSERT INTO cats VALUES (2, 'a cat');
CREATE TABLE "My ""Docs"" here" ("The Id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "Body" text);
INSERT INTO "My ""Docs"" here" ("Body") VALUES ('quoted');
CREATE SEQUENCE numbers;
CREATE TABLE plain (id text NOT NULL, body text);
CREATE UNIQUE INDEX ON plain (id) WHERE body IS NOT NULL;
CREATE UNIQUE INDEX ON plain (lower(id));
CREATE TABLE unlooked (id text UNIQUE, body text)
"""


@pytest.fixture(scope="module")
def place(dsn: str) -> Iterator[Place]:
    for made in places(dsn):
        made.run(ARTICLES)
        if made.connection.info.server_version >= 180_000:
            made.run("ALTER TABLE unlooked ADD CONSTRAINT late NOT NULL id NOT VALID")
        yield made


def said(**keywords: Any) -> dict[str, Any]:
    return {"id": "slug", "text": "body", **keywords}


def shape_of(place: Place) -> list[tuple[Any, ...]]:
    """Tell what a schema has, and when each line of the catalog was written."""
    return place.ask(
        "SELECT c.relname, c.xmin::text, a.attname, a.xmin::text FROM pg_class AS c"
        " LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid"
        f" WHERE c.relnamespace = '{place.schema}'::regnamespace ORDER BY c.oid, a.attnum"
    )


async def test_a_table_becomes_a_collection_and_stays_as_it_is(
    store: Any, tenant: str, place: Place
) -> None:
    before = shape_of(place)
    table = Table(
        place("articles"),
        id="slug",
        text=["title", "body"],
        vector="embedding",
        metadata=["lang", "published", "author_id", "price", "mood", "tags"],
        metadata_json="attributes",
        created_at="at",
        updated_at="plain_at",
    )

    made = await store.adopt_collection(tenant, "docs", table, embedding_model="model")

    assert made == Collection(
        "docs",
        3,
        "model",
        Metric.L2,
        index=Hnsw(m=8, ef_construction=32),
        fields={
            "lang": "text",
            "published": "datetime",
            "author_id": "number",
            "price": "number",
            "mood": "text",
        },
        table_name=place("articles"),
    )
    assert await store.describe_collection(tenant, "docs") == made
    assert await store.list_collections(tenant) == [made]
    assert await store.count(tenant, "docs") == 5
    assert await store.drop_collection(tenant, "docs") == 0
    assert await store.describe_collection(tenant, "docs") is None
    assert shape_of(place) == before
    assert place.ask("SELECT count(*) FROM articles") == [(5,)]


async def test_what_is_registered_leaves_nothing_behind_once_it_is_forgotten(
    one_store: Any, tenant: str, place: Place
) -> None:
    await one_store.adopt_collection(tenant, "docs", Table(place("articles"), **said()))
    mark = "SELECT relname FROM pg_class WHERE relname LIKE 'items_' || {} || '%'"
    named = mark.format(f"replace('{tenant[:20]}', '-', '_')")

    assert len(place.ask(named)) == 1
    await one_store.drop_collection(tenant, "docs")

    assert place.ask(named) == []


BAD_NAMES = [
    ("{s}.artikles", r"is not there: no table or view in schema .* did you mean {s}.articles\?"),
    ("no_schema.articles", "has no schema 'no_schema'.*did you mean"),
    ("elsewhere.public.articles", "is of another database"),
    ("a.b.c.d", "is of another database"),
    ('{s}."articles', "no name of a table as SQL writes it"),
    ("{s}.articles; DROP TABLE x", "no name of a table as SQL writes it"),
    ('{s}."ARTICLES"', "did you mean {s}.articles"),
    ("articles_pkey", "no table or view on the search_path"),
    ("{s}.articles_pkey", "is an index"),
    ("{s}.numbers", "is a sequence"),
    ("pg_class", "PostgreSQL's own catalog"),
    ("information_schema.tables", "PostgreSQL's own catalog"),
    ("pgrecall.collections", "pgrecall's own"),
    ("pgrecall.schema_version", "pgrecall's own"),
]


@pytest.mark.parametrize(("name", "message"), BAD_NAMES)
async def test_a_name_that_is_of_no_table_is_told_with_what_is_there(
    one_store: Any, tenant: str, place: Place, name: str, message: str
) -> None:
    table = Table(name.replace("{s}", place.schema), **said())

    with pytest.raises(InvalidArgumentError, match=message.replace("{s}", place.schema)):
        await one_store.adopt_collection(tenant, "docs", table)


BAD_TABLES: list[tuple[str, dict[str, Any], str]] = [
    ("articles", {"id": "slugg"}, r"id: .* has no column 'slugg'; did you mean 'slug'\? It has"),
    ("articles", {"id": "Slug"}, r"did you mean 'slug'\?"),
    ("articles", {"id": []}, "id must name a column"),
    ("articles", {"id": 5}, "id must name one or several columns, as a list, not be of type int"),
    ("articles", {"id": ["slug", "slug"]}, "id names column 'slug' twice"),
    ("articles", {"id": "price"}, "'price' of .* is of type numeric, and id takes smallint"),
    ("articles", {"id": "tags"}, r"is of type text\[\], and id takes"),
    ("articles", {"id": "author_id"}, r"CREATE UNIQUE INDEX CONCURRENTLY ON .*\(author_id\) would"),
    ("articles", {"id": "author_id"}, "or name what is unique: id='slug'"),
    ("articles", {"id": "late"}, "is deferrable"),
    ("articles", {"id": "number"}, "ALTER COLUMN number SET NOT NULL would see to it"),
    ("unlooked", {"id": "id"}, "ALTER COLUMN id SET NOT NULL would see to it"),
    ("articles", {"id": "part"}, r"or id=\['account', 'part'\]|id='slug'"),
    ("plain", {"id": "id"}, "no unique index"),
    ("days", {"id": "id"}, r"partitioned by: make one .* id=\['id', 'day'\]"),
    ("twice", {}, "id: 2 rows of .* have the id 's1'"),
    ("unnamed", {}, "has rows whose slug is NULL"),
    ("articles", {"text": "published"}, "is of type date, and text takes text or varchar"),
    ("articles", {"text": "nothing"}, "has no column 'nothing'"),
    ("articles", {"text": ["body", None]}, "must be a string, not NoneType"),
    ("articles", {"text": None}, "neither text nor vector"),
    ("articles", {"vector": "body"}, r"vector takes vector, halfvec or real\[\]"),
    ("articles", {"vector": "floats"}, r"is of type double precision\[\], and vector takes"),
    ("articles", {"vector": "mixed"}, "3 of 3 numbers and 1 of 2 numbers; let where"),
    ("articles", {"vector": "empty"}, "nothing tells how long"),
    (
        "articles",
        {"vector": "bad_reals"},
        "1 of NULLs, of NaN, of infinity or",
    ),
    ("articles", {"vector": ["embedding"]}, "vector: a column's name must be a string"),
    ("articles", {"metadata": "lang"}, r"metadata=\['lang'\], not 'lang' alone"),
    ("articles", {"metadata": ["lang", "lang"]}, "names column 'lang' twice"),
    ("articles", {"metadata": ["place"]}, "of type point, which is not understood"),
    ("articles", {"metadata": ["raw"]}, "of type bytea, which is not understood"),
    ("articles", {"metadata": ["embedding"]}, "vector, which is not understood"),
    ("articles", {"metadata": {"lang": 1}}, "not be of type dict"),
    ("articles", {"metadata": ["langg"]}, "did you mean 'lang'"),
    ("articles", {"metadata_json": "lang"}, "metadata_json takes jsonb or json"),
    ("articles", {"metadata_json": "old", "metadata": ["old"]}, "in one of the two"),
    ("articles", {"created_at": "lang"}, "created_at takes timestamptz, timestamp or date"),
    ("articles", {"tsvector": "body"}, "tsvector takes tsvector"),
    ("articles", {"where": "lang = 'en'"}, "as a mapping, not of type str"),
    ("articles", {"where": {"langg": "en"}}, "where: .* has no column 'langg'"),
    ("articles", {"where": {"lang": {"$what": 1}}}, "where: .*what"),
    ("articles", {"where": {"lang": {"name": 1}}}, "asks for a key within column 'lang'"),
    ("articles", {"where": {"$created_at": "2026-01-01"}}, "is no column of a table"),
    ("articles", {"writable": 1}, "writable must be True or False"),
    ("kept", {"writable": True}, "a materialized view that takes no INSERT"),
    ("twice", {"writable": True}, "a view that takes no INSERT"),
]


@pytest.mark.parametrize(("name", "keywords", "message"), BAD_TABLES)
async def test_what_cannot_be_mapped_is_refused_with_what_would_work(
    one_store: Any, tenant: str, place: Place, name: str, keywords: dict[str, Any], message: str
) -> None:
    table = Table(place(name), **said(**keywords))

    with pytest.raises(InvalidArgumentError, match=message):
        await one_store.adopt_collection(tenant, "docs", table)

    assert await one_store.describe_collection(tenant, "docs") is None


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"metric": "hamming"}, "metric='hamming' is unknown; it can be 'cosine'"),
        ({"text_search": "klingon"}, "is no text search configuration"),
        ({"text_search": 5}, "must be the name of a configuration"),
        ({"text_search": "german"}, "'tokens' of .* is generated by 'english'"),
        ({"embedding_model": 5}, "embedding_model must be a string"),
    ],
)
async def test_what_is_said_beside_the_table_is_checked(
    one_store: Any, tenant: str, place: Place, keywords: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        await one_store.adopt_collection(
            tenant, "docs", Table(place("articles"), **said()), **keywords
        )


async def test_a_table_is_not_named_by_a_string_alone(one_store: Any, tenant: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"must be a pgrecall\.Table"):
        await one_store.adopt_collection(tenant, "docs", "public.articles")


@pytest.mark.parametrize(
    ("name", "keywords", "ids"),
    [
        ("seen", {}, {"s1", "s2", "s3", "s4", "bare"}),
        ("kept", {}, {"s1", "s2", "s3", "s4", "bare"}),
        ("days", {"id": ["id", "day"]}, {"[1, 2]"}),
        ("animals", {"id": "id"}, {"1", "2"}),
        ("articles", {"id": "part", "where": {"account": 1}}, {"0", "1"}),
        ("articles", {"id": "part", "where": {"account": {"$in": [0]}, "part": 1}}, {"1"}),
        ("articles", {"id": ["account", "part"]}, None),
    ],
)
async def test_whatever_has_unique_ids_can_be_adopted(
    one_store: Any,
    tenant: str,
    place: Place,
    name: str,
    keywords: dict[str, Any],
    ids: set[str] | None,
) -> None:
    await one_store.adopt_collection(tenant, "docs", Table(place(name), **said(**keywords)))

    found = set(await one_store.list_ids(tenant, "docs"))
    assert found == ids if ids is not None else len(found) == 5


async def test_a_name_is_written_as_sql_needs_it(one_store: Any, tenant: str, place: Place) -> None:
    name = f'{place.schema}."My ""Docs"" here"'

    made = await one_store.adopt_collection(
        tenant, "docs", Table(name, id="The Id", text="Body"), text_search="simple"
    )

    assert made.table_name == name
    assert [match.text for match in await one_store.search_text(tenant, "docs", "quoted")] == [
        "quoted"
    ]


async def test_a_name_without_a_schema_is_found_by_the_search_path(
    dsn: str, tenant: str, place: Place
) -> None:
    options = f"-c search_path={place.schema},public"
    with Store(make_conninfo(dsn, options=options)) as store:
        made = store.adopt_collection(tenant, "docs", Table("Articles", **said()))

    assert made.table_name == place("articles")


@pytest.mark.parametrize(
    ("column", "where", "kept"),
    [
        ("embedding", None, ("vector", 3)),
        ("halves", None, ("halfvec", 3)),
        ("loose", None, ("vector", 2)),
        ("reals", None, ("vector", 2)),
        ("mixed", {"number": {"$gt": 1}}, ("vector", 3)),
        ("mixed", {"number": 1}, ("vector", 2)),
    ],
)
async def test_vectors_are_as_long_as_their_type_or_all_rows_say(
    one_store: Any,
    tenant: str,
    place: Place,
    column: str,
    where: Any,
    kept: tuple[str, int],
) -> None:
    made = await one_store.adopt_collection(
        tenant, "docs", Table(place("articles"), **said(vector=column, where=where))
    )

    assert (made.storage, made.dimensions) == kept


async def test_a_table_may_have_texts_alone_or_vectors_alone(
    one_store: Any, tenant: str, place: Place
) -> None:
    table = place("articles")

    texts = await one_store.adopt_collection(tenant, "texts", Table(table, id="slug", text="body"))
    vectors = await one_store.adopt_collection(
        tenant, "vectors", Table(table, id="slug", vector="embedding")
    )

    assert (texts.dimensions, texts.text_search) == (None, "english")
    assert (vectors.dimensions, vectors.text_search) == (3, None)
    assert await one_store.list_collections(tenant) == [texts, vectors]


async def test_an_index_of_another_metric_serves_no_search(
    one_store: Any, tenant: str, place: Place
) -> None:
    table = Table(place("articles"), **said(vector="embedding"))

    of_index = await one_store.adopt_collection(tenant, "of index", table)
    cosine = await one_store.adopt_collection(tenant, "cosine", table, metric="cosine")

    assert of_index.metric == "l2"
    assert (cosine.metric, cosine.index) == ("cosine", None)


async def test_adopting_again_as_it_is_changes_nothing(
    one_store: Any, tenant: str, place: Place
) -> None:
    table = Table(place("articles"), **said(vector="embedding", where={"lang": "en"}))
    made = await one_store.adopt_collection(tenant, "docs", table, embedding_model="model")

    again = await one_store.adopt_collection(tenant, "docs", table)

    assert again == made
    assert await one_store.adopt_collection(tenant, "docs", table, metric="l2") == made


@pytest.mark.parametrize(
    ("field", "keywords", "asked"),
    [
        ("table_name", {"name": "seen"}, {}),
        ("text", {"text": "title"}, {}),
        ("vector", {"vector": None}, {}),
        ("metadata", {"metadata": ["lang"]}, {}),
        ("metadata_json", {"metadata_json": "old"}, {}),
        ("created_at", {"created_at": "at"}, {}),
        ("where", {"where": {"lang": "en"}}, {}),
        ("writable", {"writable": True}, {}),
        ("metric", {}, {"metric": "ip"}),
        ("embedding_model", {}, {"embedding_model": "other"}),
        ("text_search", {}, {"text_search": None}),
    ],
)
async def test_a_name_that_is_taken_is_told_by_what_differs(
    one_store: Any,
    tenant: str,
    place: Place,
    field: str,
    keywords: dict[str, Any],
    asked: dict[str, Any],
) -> None:
    first = said(name="articles", vector="embedding")
    table, other = (Table(**{**of, "name": place(of["name"])}) for of in (first, first | keywords))
    made = await one_store.adopt_collection(tenant, "docs", table)

    with pytest.raises(CollectionConflictError) as caught:
        await one_store.adopt_collection(tenant, "docs", other, **asked)

    assert caught.value.field == field
    assert await one_store.describe_collection(tenant, "docs") == made


async def test_a_collection_that_pgrecall_made_is_no_adopted_table(
    one_store: Any, tenant: str, place: Place
) -> None:
    made = await one_store.ensure_collection(tenant, Collection("docs", 3))

    with pytest.raises(CollectionConflictError) as caught:
        await one_store.adopt_collection(tenant, "docs", Table(place("articles"), **said()))
    with pytest.raises(InvalidArgumentError, match="is pgrecall's own"):
        await one_store.adopt_collection(tenant, "own", Table(made.table_name, **said(id="id")))

    assert caught.value.field == "table_name"
    await one_store.adopt_collection(tenant, "adopted", Table(place("seen"), **said()))
    with pytest.raises(CollectionConflictError):
        await one_store.ensure_collection(tenant, Collection("adopted", 3))


def test_sixteen_may_adopt_a_table_at_once(sync_store: Store, tenant: str, place: Place) -> None:
    table = Table(place("articles"), **said(vector="embedding"))

    with ThreadPoolExecutor(16) as threads:
        made = list(
            threads.map(lambda _: sync_store.adopt_collection(tenant, "docs", table), range(16))
        )

    assert made == [made[0]] * 16


async def test_two_tenants_that_see_the_same_rows_are_warned(
    one_store: Any, tenant: str, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "pgrecall")
    place.run("CREATE TABLE ours (id int PRIMARY KEY, body text)")
    table, other = place("ours"), f"{tenant} too"

    await one_store.adopt_collection(tenant, "one", Table(table, **said(id="id")))
    assert caplog.messages == []
    await one_store.adopt_collection(other, "two", Table(table, **said(id="id")))
    [message] = caplog.messages
    held = Table(table, **said(id="id", where={"body": "any"}))
    await one_store.adopt_collection(other, "three", held)

    assert message.startswith(f"{table} is adopted under another tenant too")
    assert len(caplog.messages) == 2  # the first tenant sees those rows too


async def test_a_transaction_of_the_caller_s_may_take_it_back(
    dsn: str, one_store: Any, tenant: str, place: Place
) -> None:
    table = Table(place("articles"), **said(vector="embedding"))
    with psycopg.connect(dsn) as connection:
        within = one_store.on(connection)
        await within.adopt_collection(tenant, "docs", table)
        assert await within.count(tenant, "docs") == 5
        connection.rollback()

    assert await one_store.describe_collection(tenant, "docs") is None


async def test_a_temporary_table_is_not_adopted(dsn: str, one_store: Any, tenant: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TEMP TABLE mine (slug text PRIMARY KEY, body text)")
        with pytest.raises(InvalidArgumentError, match="is a temporary table"):
            await one_store.on(connection).adopt_collection(tenant, "docs", Table("mine", **said()))


async def test_what_the_search_path_was_it_is_again(
    dsn: str, one_store: Any, tenant: str, place: Place
) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("SELECT set_config('search_path', %s, true)", (place.schema,))
        await one_store.on(connection).adopt_collection(tenant, "d", Table("articles", **said()))
        assert connection.execute("SHOW search_path").fetchone() == (place.schema,)


@pytest.fixture(scope="module")
def reader(dsn: str, place: Place) -> str:
    """A DSN of a role that may read one table and the registry, and nothing else."""
    role = f"reader_{place.schema}"
    place.run(
        f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {place.schema}, pgrecall TO {role};"
        f"GRANT SELECT ON pgrecall.collections, pgrecall.schema_version TO {role};"
        f"GRANT SELECT (slug, body, embedding, lang) ON articles TO {role};"
        f"GRANT SELECT ON seen TO {role}"
    )
    return make_conninfo(dsn, user=role)


def test_who_may_read_the_table_and_the_registry_may_search(
    sync_store: Store, reader: str, tenant: str, place: Place
) -> None:
    table = Table(place("articles"), **said(vector="embedding", metadata=["lang"]))
    sync_store.adopt_collection(tenant, "docs", table, text_search=None)

    with Store(reader, setup=False) as store:
        assert store.search(tenant, "docs", [1.0, 2.0, 3.0], limit=1)[0].distance == 0
        store.adopt_collection(tenant, "docs", table, text_search=None)
        with pytest.raises(DatabaseError, match="writes a row of the registry") as caught:
            store.adopt_collection(tenant, "new", table, text_search=None)
        assert caught.value.sqlstate == "42501"
        wide = Table(table.name, **said(text="title", metadata=["author_id"]))
        with pytest.raises(InvalidArgumentError, match=r"GRANT SELECT \(title, author_id\) ON"):
            store.adopt_collection(tenant, "new", wide)
        with pytest.raises(InvalidArgumentError, match=r"GRANT INSERT \(slug, body\), UPDATE"):
            store.adopt_collection(tenant, "new", Table(table.name, **said(writable=True)))


def test_an_ivfflat_index_is_found_too(sync_store: Store, tenant: str, place: Place) -> None:
    place.run(
        "CREATE TABLE lists (id int PRIMARY KEY, v vector(2)); INSERT INTO lists VALUES (1,"
        " '[1,2]'); CREATE INDEX ON lists USING ivfflat (v vector_ip_ops) WITH (lists = 5)"
    )

    made = sync_store.adopt_collection(tenant, "docs", Table(place("lists"), id="id", vector="v"))

    assert (made.metric, made.index) == (Metric.IP, IvfFlat(5))
    assert sync_store.search(tenant, "docs", [1.0, 2.0])[0].id == "1"


def test_a_filter_that_is_kept_reads_as_it_was_said(
    sync_store: Store, tenant: str, place: Place
) -> None:
    where = {
        "$or": [{"lang": {"$in": ["en", "de"]}}, {"$not": {"author_id": {"$lt": 3}}}],
        "attributes": {"deep": {"$exists": False}},
    }
    sync_store.adopt_collection(tenant, "docs", Table(place("articles"), **said(where=where)))

    [(source,)] = place.ask(
        f"SELECT source -> 'where' FROM pgrecall.collections WHERE tenant = '{tenant}'"
    )
    assert json.loads(source) == {
        "$and": [
            {
                "$or": [
                    {"lang": {"$in": ["en", "de"]}},
                    {"$not": {"author_id": {"$lt": 3}}},
                ]
            },
            {"attributes": {"deep": {"$exists": False}}},
        ]
    }
    assert sync_store.count(tenant, "docs") == 5


def test_a_filter_that_is_none_is_an_error_of_filters(
    sync_store: Store, tenant: str, place: Place
) -> None:
    with pytest.raises(FilterError, match="where"):
        sync_store.adopt_collection(
            tenant, "docs", Table(place("articles"), **said(where={"lang": {"$gt": None}}))
        )


def test_a_foreign_table_is_adopted_once_its_ids_were_looked_at(
    sync_store: Store, dsn: str, tenant: str, place: Place
) -> None:
    of = conninfo_to_dict(dsn)
    place.run(
        "CREATE EXTENSION IF NOT EXISTS postgres_fdw;"
        f"CREATE SERVER {place.schema} FOREIGN DATA WRAPPER postgres_fdw OPTIONS"
        f" (host '{of['host']}', port '{of['port']}', dbname '{of['dbname']}');"
        f"CREATE USER MAPPING FOR CURRENT_USER SERVER {place.schema} OPTIONS (user '{of['user']}');"
        "CREATE FOREIGN TABLE far (slug text, body text, embedding vector(3))"
        f" SERVER {place.schema} OPTIONS (schema_name '{place.schema}', table_name 'seen');"
        "CREATE FOREIGN TABLE far_twice (slug text, body text)"
        f" SERVER {place.schema} OPTIONS (schema_name '{place.schema}', table_name 'twice')"
    )

    made = sync_store.adopt_collection(tenant, "docs", Table(place("far"), **said()))
    with pytest.raises(InvalidArgumentError, match=r"2 rows .* have the id 's1'"):
        sync_store.adopt_collection(tenant, "twice", Table(place("far_twice"), **said()))

    assert made.index is None
    assert sync_store.count(tenant, "docs") == 5


def test_row_level_security_holds_for_who_reads(
    sync_store: Store, dsn: str, tenant: str, place: Place
) -> None:
    role = f"tenant_{place.schema}"
    place.run(
        "CREATE TABLE guarded (slug text PRIMARY KEY, body text, owner text);"
        f"INSERT INTO guarded VALUES ('a', 'mine', '{role}'), ('b', 'yours', 'other');"
        "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY own ON guarded USING (owner = current_user);"
        f"CREATE ROLE {role} LOGIN; GRANT SELECT ON guarded TO {role};"
        f"GRANT USAGE ON SCHEMA {place.schema}, pgrecall TO {role};"
        f"GRANT SELECT ON pgrecall.collections, pgrecall.schema_version TO {role}"
    )
    sync_store.adopt_collection(tenant, "docs", Table(place("guarded"), **said()))

    assert sync_store.list_ids(tenant, "docs") == ["a", "b"]
    with Store(make_conninfo(dsn, user=role), setup=False) as store:
        assert store.list_ids(tenant, "docs") == ["a"]
        assert [match.id for match in store.search_text(tenant, "docs", "mine yours")] == ["a"]


def test_texts_that_the_tsvector_is_not_made_of_are_told(
    sync_store: Store, tenant: str, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    table = Table(place("articles"), **said(text=["title", "body"], where={"lang": "en"}))
    sync_store.adopt_collection(tenant, "docs", table)

    [told] = [message for message in caplog.messages if "are not found" in message]
    assert told.startswith(f"{place('articles')}: column tokens, by which its texts are searched")
    assert told.endswith("is generated from body alone: words of title are not found")
