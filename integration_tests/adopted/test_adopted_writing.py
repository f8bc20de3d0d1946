"""Items written to a table that somebody else made: its columns, defaults, constraints, rules."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import Change, DatabaseError, InvalidArgumentError, Item, Store, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCS = "docs"
ARTICLES = """
    id bigint PRIMARY KEY,
    title text NOT NULL,
    embedding vector(2),
    lang text DEFAULT 'en',
    pages integer,
    attributes jsonb,
    author text NOT NULL DEFAULT 'nobody'
"""
COLUMNS: dict[str, Any] = {
    "id": "id",
    "text": "title",
    "vector": "embedding",
    "metadata": ["lang", "pages"],
    "metadata_json": "attributes",
    "writable": True,
}


TOUCHED = """
    CREATE FUNCTION {}_touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER touched BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION {}_touched()
"""


class Place(NamedTuple):
    """A table that was made and adopted.

    Attributes:
        connection: The owner's.
        name: The table.
    """

    connection: psycopg.Connection[Any]
    name: str

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """Run SQL in which ``{}`` is the table's name."""
        cursor = self.connection.execute(statement.replace("{}", self.name))  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def owner(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def make(
    sync_store: Store, owner: psycopg.Connection[Any], tenant: str
) -> Iterator[Callable[..., Place]]:
    """Make a table and adopt it as the collection ``docs``."""
    made: list[Place] = []

    def one(columns: str = ARTICLES, *after: str, **table: Any) -> Place:
        place = Place(owner, f"public.written_{next(_NUMBERS)}")
        place.run(f"CREATE TABLE {{}} ({columns})")
        made.append(place)
        for statement in filter(None, after):
            place.run(statement)
        sync_store.adopt_collection(tenant, DOCS, Table(place.name, **(COLUMNS | table)))
        return place

    yield one
    for place in made:
        place.run("DROP TABLE {} CASCADE")


async def refused(call: Any, kind: type[Exception] = InvalidArgumentError) -> str:
    with pytest.raises(kind) as error:
        await call
    return str(error.value)


async def test_an_item_is_a_row_of_the_mapped_columns_and_comes_back(store, tenant, make) -> None:
    place = make()
    item = Item("7", [1, 0], "Seven", {"lang": "de", "pages": 3, "tags": ["a"], "of": {"x": None}})

    assert await store.upsert(tenant, DOCS, [item]) == 1

    assert place.run("SELECT id, title, lang, pages, attributes, author FROM {}") == [
        (7, "Seven", "de", 3, {"tags": ["a"], "of": {"x": None}}, "nobody")
    ]
    assert await store.get(tenant, DOCS, ["7"]) == [item]


async def test_what_is_not_mapped_stays_and_a_missing_key_gets_its_default(
    one_store, tenant, make
) -> None:
    place = make()
    await one_store.upsert(tenant, DOCS, [Item("1", [1, 0], "a", {"lang": "de", "pages": 3})])
    place.run("UPDATE {} SET author = 'Ada'")

    assert await one_store.upsert(tenant, DOCS, [Item("1", None, "b"), Item("2", None)]) == 2

    assert place.run("SELECT id, title, embedding, lang, pages, author FROM {} ORDER BY id") == [
        (1, "b", None, "en", None, "Ada"),
        (2, "", None, "en", None, "nobody"),
    ]


async def test_a_row_that_is_there_need_not_bring_what_a_new_one_must(
    one_store, tenant, make
) -> None:
    place = make(f"{ARTICLES}, owner int NOT NULL")
    place.run("INSERT INTO {} (id, title, owner) VALUES (1, 'a', 42)")

    assert await one_store.upsert(tenant, DOCS, [Item("1", None, "b")]) == 1
    told = await refused(one_store.upsert(tenant, DOCS, [Item("2", None)]), DatabaseError)

    assert "item '2' cannot be stored" in told
    assert "column owner" in told
    assert place.run("SELECT id, title, owner FROM {}") == [(1, "b", 42)]


async def test_a_batch_of_many_is_whole_and_the_last_of_an_id_wins(store, tenant, make) -> None:
    place = make()
    items = [Item(str(n), [1, n], f"t{n}", {"pages": n} if n % 3 else {}) for n in range(300)]
    told: list[int] = []

    written = await store.upsert(
        tenant, DOCS, [Item("7", None, "first"), *items], batch_size=200, progress=told.append
    )

    assert (written, told) == (300, [199, 300])
    assert place.run("SELECT count(*), sum(pages) FROM {}") == [
        (300, sum(n for n in range(300) if n % 3))
    ]
    assert place.run("SELECT title FROM {} WHERE id = 7") == [("t7",)]


@pytest.mark.parametrize("after", ["", TOUCHED], ids=["one INSERT", "an UPDATE and an INSERT"])
async def test_keys_that_some_items_lack_get_their_defaults(
    one_store, tenant, make, after: str
) -> None:
    place = make(
        "id int PRIMARY KEY, title text, lang text DEFAULT 'en', number int GENERATED BY DEFAULT AS"
        " IDENTITY (START 100), day date DEFAULT '2026-05-01', tags text[] DEFAULT '{100%}',"
        " changed timestamptz",
        after,
        vector=None,
        metadata=["lang", "number", "day", "tags", "changed"],
        metadata_json=None,
        updated_at="changed",
    )
    moment = "2026-05-01T12:00:00Z"
    items = [
        Item("3", None, "", {"lang": "de", "tags": []}),
        Item("1", None, "", {"number": 7, "day": "2026-06-01"}),
        Item("2", None, "", {"tags": ["a"], "changed": moment, "number": None}),
        Item("4", None),
    ]
    rows = [
        (1, "en", 7, dt.date(2026, 6, 1), ["100%"]),
        (2, "en", 100, dt.date(2026, 5, 1), ["a"]),
        (3, "de", 100, dt.date(2026, 5, 1), []),
        (4, "en", 100, dt.date(2026, 5, 1), ["100%"]),
    ]

    for _ in range(2):
        assert await one_store.upsert(tenant, DOCS, items) == 4
        assert (
            place.run("SELECT id, lang, least(number, 100), day, tags FROM {} ORDER BY id") == rows
        )
        assert place.run("SELECT id FROM {} WHERE changed = '2026-05-01 12:00+0'") == [(2,)]
        assert place.run("SELECT count(*) FROM {} WHERE changed > now() - interval '1 h'") == [(3,)]


async def test_tables_of_every_kind_are_written(one_store, tenant, make, owner) -> None:
    place = make(
        "id int PRIMARY KEY, title text, n int", vector=None, metadata=[], metadata_json=None
    )
    name = place.name
    owner.execute(f"CREATE VIEW {name}_view AS SELECT id, title FROM {name} WHERE id < 100")
    owner.execute(
        f"CREATE TABLE {name}_parts (id int PRIMARY KEY, title text) PARTITION BY RANGE (id);"
        f" CREATE TABLE {name}_low PARTITION OF {name}_parts FOR VALUES FROM (0) TO (10);"
        f" CREATE TABLE {name}_high PARTITION OF {name}_parts FOR VALUES FROM (10) TO (100)"
    )
    owner.execute(f'CREATE TABLE public."Odd %s {name}" ("I d" text PRIMARY KEY, "te{{x}}t%" text)')
    tables = [
        Table(f"{name}_view", id="id", text="title", writable=True),
        Table(f"{name}_parts", id="id", text="title", writable=True),
        Table(f'public."Odd %s {name}"', id="I d", text="te{x}t%", writable=True),
    ]

    for number, table in enumerate(tables):
        other = f"other_{number}"
        await one_store.adopt_collection(tenant, other, table)
        assert await one_store.upsert(tenant, other, [Item("15", None, "a"), Item("1", None)]) == 2
        assert await one_store.upsert(tenant, other, [Item("15", None, "b")]) == 1
        assert await one_store.update(tenant, other, [Change("1", text="c")]) == 1
        assert [item.text for item in await one_store.get(tenant, other, ["15", "1"])] == ["b", "c"]
        assert await one_store.delete(tenant, other, ["1"]) == 1
        assert await one_store.delete_where(tenant, other, {"id": "15"}) == 1
    told = await refused(one_store.upsert(tenant, "other_1", [Item("200", None)]), DatabaseError)
    assert "item '200' cannot be stored" in told
    assert "no place for it" in told
    owner.execute(f'DROP TABLE {name}_parts, public."Odd %s {name}" CASCADE')


async def test_a_row_of_a_table_that_inherits_is_replaced_there(one_store, tenant, make) -> None:
    place = make(
        "id int PRIMARY KEY, title text",
        "CREATE TABLE {}_kid () INHERITS ({})",
        "INSERT INTO {}_kid VALUES (1, 'kid')",
        vector=None,
        metadata=[],
        metadata_json=None,
    )

    assert await one_store.upsert(tenant, DOCS, [Item("1", None, "a"), Item("2", None, "b")]) == 2
    assert await one_store.update(tenant, DOCS, [Change("1", text="c")]) == 1

    assert place.run("SELECT id, title, tableoid = '{}'::regclass FROM {} ORDER BY id") == [
        (1, "c", False),
        (2, "b", True),
    ]
    assert await one_store.delete(tenant, DOCS, ["1", "2"]) == 2


async def test_what_is_checked_at_commit_is_told_and_nothing_stays(one_store, tenant, make) -> None:
    place = make(
        "id int PRIMARY KEY, title text, parent int REFERENCES {} DEFERRABLE INITIALLY DEFERRED",
        vector=None,
        metadata=["parent"],
        metadata_json=None,
    )
    ring = [Item("1", None, "", {"parent": 2}), Item("2", None, "", {"parent": 1})]

    assert await one_store.upsert(tenant, DOCS, ring) == 2
    alone = await refused(
        one_store.upsert(tenant, DOCS, [Item("3", None, "", {"parent": 9})]), DatabaseError
    )
    among = await refused(
        one_store.upsert(tenant, DOCS, [Item("3", None), Item("4", None, "", {"parent": 9})]),
        DatabaseError,
    )

    assert "item '3' cannot be stored" in alone
    assert "one of the items cannot be stored" in among
    assert "(parent)" in among
    assert place.run("SELECT count(*) FROM {}") == [(2,)]


async def test_a_column_that_is_gone_is_told_by_name(one_store, tenant, make) -> None:
    place = make()
    await one_store.upsert(tenant, DOCS, [Item("1", None, "", {"pages": 1})])
    place.run("ALTER TABLE {} DROP COLUMN pages")

    told = await refused(one_store.upsert(tenant, DOCS, [Item("2", None)]), Exception)

    assert "pages" in told
    assert place.run("SELECT id FROM {}") == [(1,)]


def test_writers_of_the_same_items_wait_for_one_another(sync_store: Store, tenant, make) -> None:
    place = make()
    keys: list[dict[str, Any]] = [{}, {"lang": "de"}, {"pages": 1}, {"own": 1}]

    def write(turn: int) -> int:
        ids = [(id_ * (2 * turn + 1)) % 64 for id_ in range(64)]
        return sync_store.upsert(
            tenant, DOCS, [Item(str(id_), None, "", keys[(id_ + turn) % 4]) for id_ in ids]
        )

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write, range(12))) == [64] * 12

    assert place.run("SELECT count(*) FROM {}") == [(64,)]


TYPES = """
    id uuid PRIMARY KEY, title text, small smallint, amount numeric(10,2), ratio real,
    exact double precision,
    code varchar(5), sign character(3), key uuid, done boolean, day date, at timestamptz,
    wall timestamp, tags text[], numbers integer[], doc json, docb jsonb
"""
VALUES = {
    "small": -5,
    "amount": 12.5,
    "ratio": 0.1,
    "exact": 1e-300,
    "code": "abc",
    "sign": "xyz",
    "key": "6c1b1ee0-7c0f-4f6e-9f2a-2f9f3c1d2e4f",
    "done": False,
    "day": "2026-05-01",
    "at": "2026-05-01T12:00:00.25Z",
    "wall": "2026-05-01T12:00:00Z",
    "tags": ['a "b"', "\\", "", "NULL", "c,d"],
    "numbers": [1, 2, 3],
    "doc": {"b": 1, "a": [1, 2]},
    "docb": ["x", {"y": None}],
}


async def test_values_of_every_type_go_in_and_come_back(one_store, tenant, make) -> None:
    make(TYPES, vector=None, metadata=list(VALUES), metadata_json=None)
    id_ = "0f8fad5b-d9cb-469f-a165-70867728950e"

    await one_store.upsert(tenant, DOCS, [Item(id_, None, metadata=VALUES)])

    [found] = await one_store.get(tenant, DOCS, [id_])
    assert found.metadata == VALUES


async def test_python_values_become_what_the_columns_hold(one_store, tenant, make) -> None:
    place = make(TYPES, vector=None, metadata=list(VALUES), metadata_json=None)
    when = dt.datetime(2026, 5, 1, 14, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    id_ = UUID(int=7)

    await one_store.upsert(
        tenant,
        DOCS,
        [
            Item(
                str(id_),
                None,
                metadata={"at": when, "wall": when, "day": when.date(), "small": 2.0},
            )
        ],
    )

    assert place.run("SELECT at, wall, day, small FROM {}") == [
        (when, when.astimezone(dt.UTC).replace(tzinfo=None), when.date(), 2)
    ]


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("small", "5", "is a string"),
        ("small", 1.5, "no whole number"),
        ("small", 40_000, "out of range"),
        ("small", True, "is a boolean"),
        ("amount", [1], "is a list"),
        ("key", "x", "no UUID"),
        ("done", 1, "is a number"),
        ("day", "tomorrow", "no time"),
        ("day", "2026-05-01T12:00:00Z", "not the midnight"),
        ("tags", "a", "is a string"),
        ("tags", [["a"]], "lists in its list"),
        ("numbers", [1, "2"], "is a string"),
        ("unknown", 1, "no column"),
    ],
)
async def test_what_a_column_cannot_hold_is_told_before_anything_is_sent(
    one_store, tenant, make, key: str, value: object, why: str
) -> None:
    place = make(TYPES, vector=None, metadata=list(VALUES), metadata_json=None)
    ids = [str(UUID(int=n)) for n in range(2)]

    told = await refused(
        one_store.upsert(
            tenant, DOCS, [Item(ids[0], None), Item(ids[1], None, metadata={key: value})]
        )
    )

    assert ids[1] in told
    assert repr(key) in told
    assert why in told
    assert place.run("SELECT count(*) FROM {}") == [(0,)]


async def test_enums_and_lengths_are_the_servers_to_tell_and_name_the_item(
    one_store, tenant, make, owner
) -> None:
    owner.execute("DROP TYPE IF EXISTS public.mood")
    owner.execute("CREATE TYPE public.mood AS ENUM ('glad', 'sad')")
    place = make(
        "id varchar(9) PRIMARY KEY, title varchar(4), mood public.mood, moods public.mood[]",
        vector=None,
        metadata=["mood", "moods"],
        metadata_json=None,
    )
    await one_store.upsert(
        tenant, DOCS, [Item("a", None, "ok", {"mood": "sad", "moods": ["glad", "sad"]})]
    )
    others = [Item(str(n), None) for n in range(20)]

    mood = await refused(
        one_store.upsert(tenant, DOCS, [*others, Item("b", None, metadata={"mood": "odd"})]),
        DatabaseError,
    )
    text = await refused(
        one_store.upsert(tenant, DOCS, [*others, Item("c", None, "secret")]), DatabaseError
    )

    assert "item 'b' cannot be stored" in mood
    assert "public.mood" in mood or "enum mood" in mood
    assert "item 'c' cannot be stored" in text
    assert "secret" not in text
    assert place.run("SELECT id, title, mood::text FROM {}") == [("a", "ok", "sad")]
    owner.execute("DROP TYPE public.mood CASCADE")


@pytest.mark.parametrize(
    ("kind", "id_"),
    [
        ("bigint", "x7"),
        ("bigint", "007"),
        ("bigint", "-0"),
        ("bigint", "9223372036854775808"),
        ("integer", "1.0"),
        ("uuid", "0F8FAD5B-D9CB-469F-A165-70867728950E"),
        ("uuid", "x"),
    ],
)
async def test_an_id_that_no_row_can_have_is_refused(
    one_store, tenant, make, kind: str, id_: str
) -> None:
    make(f"id {kind} PRIMARY KEY, title text", vector=None, metadata=[], metadata_json=None)

    for call in (
        one_store.upsert(tenant, DOCS, [Item(id_, None)]),
        one_store.update(tenant, DOCS, [Change(id_, text="x")]),
        one_store.delete(tenant, DOCS, [id_]),
    ):
        assert f"id '{id_}' cannot be an id of public.written_" in await refused(call)


async def test_ids_of_several_columns_are_a_json_array(one_store, tenant, make) -> None:
    place = make(
        "shop text, number int, title text, PRIMARY KEY (shop, number)",
        id=["shop", "number"],
        vector=None,
        metadata=["shop"],
        metadata_json=None,
    )
    first, second = '["acme", 7]', '["b\u00e9", -1]'

    assert await one_store.upsert(tenant, DOCS, [Item(second, None, "2"), Item(first, None)]) == 2
    assert await one_store.upsert(tenant, DOCS, [Item(first, None, "1", {"shop": "acme"})]) == 1
    assert await one_store.update(tenant, DOCS, [Change(second, text="two")]) == 1

    assert place.run("SELECT * FROM {} ORDER BY 1") == [("acme", 7, "1"), ("b\u00e9", -1, "two")]
    assert [item.text for item in await one_store.get(tenant, DOCS, [second, first])] == [
        "two",
        "1",
    ]
    for bad in ("acme", '["acme"]', '["acme", "7"]', '["acme",7]', '["acme", 7.0]', "[1, 7]"):
        told = await refused(one_store.upsert(tenant, DOCS, [Item(bad, None)]))
        assert "cannot be an id" in told
    told = await refused(one_store.upsert(tenant, DOCS, [Item(first, None, "", {"shop": "b"})]))
    assert "key 'shop' is of the id" in told
    assert await one_store.delete_where(tenant, DOCS, {"shop": "acme"}) == 1
    assert await one_store.delete(tenant, DOCS, [first, second]) == 1


async def test_what_the_database_generates_is_never_written(one_store, tenant, make) -> None:
    place = make(
        "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text,"
        " words int GENERATED ALWAYS AS (length(title)) STORED",
        vector=None,
        metadata=["words", "id"],
        metadata_json=None,
    )
    place.run("INSERT INTO {} (title) VALUES ('one')")

    assert await one_store.upsert(tenant, DOCS, [Item("1", None, "three", {"id": 1})]) == 1
    assert place.run("SELECT * FROM {}") == [(1, "three", 5)]
    told = await refused(one_store.upsert(tenant, DOCS, [Item("1", None, "x", {"words": 1})]))
    assert "key 'words' is generated by the database" in told
    told = await refused(one_store.upsert(tenant, DOCS, [Item("1", None, "x"), Item("2", None)]))
    assert "item '2' cannot be made" in told
    assert place.run("SELECT * FROM {}") == [(1, "three", 5)]
    told = await refused(one_store.update(tenant, DOCS, [Change("1", set={"words": 2})]))
    assert "key 'words' is generated" in told
    assert await one_store.update(tenant, DOCS, [Change("1", text="seven77")]) == 1


async def test_times_are_those_of_the_table(one_store, tenant, make) -> None:
    place = make(
        "id int PRIMARY KEY, title text, made timestamptz NOT NULL, changed timestamp, note text",
        vector=None,
        metadata=[],
        metadata_json=None,
        created_at="made",
        updated_at="changed",
    )
    before = dt.datetime.now(dt.UTC)
    await one_store.upsert(tenant, DOCS, [Item("1", None, "a")])
    [(made, changed)] = place.run("SELECT made, changed FROM {}")
    await one_store.upsert(tenant, DOCS, [Item("1", None, "b")])
    [(still, again)] = place.run("SELECT made, changed FROM {}")
    await one_store.update(tenant, DOCS, [Change("1", text="c")])
    [(_, last)] = place.run("SELECT made, changed FROM {}")

    assert before <= made == still
    assert abs(changed.replace(tzinfo=dt.UTC) - made) < dt.timedelta(seconds=1)
    assert changed < again < last


@pytest.mark.parametrize("kind", ["real[]", "halfvec(2)", "vector"])
async def test_vectors_are_what_their_column_is(one_store, tenant, make, kind: str) -> None:
    numbers = [0.5, 0.25]
    place = make(
        f"id int PRIMARY KEY, embedding {kind}",
        # by whose length the column's is known
        "INSERT INTO {} VALUES (3, '{0,1}'::real[])",
        text=None,
        metadata=[],
        metadata_json=None,
    )

    await one_store.upsert(tenant, DOCS, [Item("1", numbers), Item("2", None)])
    await one_store.update(tenant, DOCS, [Change("2", vector=numbers), Change("1", vector=None)])

    [(first,), (second,), _] = place.run("SELECT embedding::text FROM {} ORDER BY id")
    assert first is None
    assert json.loads(second.replace("{", "[").replace("}", "]")) == numbers
    [found] = await one_store.get(tenant, DOCS, ["2"])
    assert found.vector.tolist() == numbers


async def test_a_table_that_was_adopted_to_be_read_is_not_written(one_store, tenant, make) -> None:
    make(writable=False)

    for call in (
        one_store.upsert(tenant, DOCS, [Item("1", None)]),
        one_store.update(tenant, DOCS, [Change("1", text="x")]),
        one_store.update_where(tenant, DOCS, {"lang": "en"}, set={"lang": "de"}),
        one_store.delete(tenant, DOCS, ["1"]),
        one_store.delete_where(tenant, DOCS, {"lang": "en"}),
    ):
        told = await refused(call)
        assert "adopted to be read" in told
        assert "writable=True" in told


async def test_clear_and_load_are_refused_with_the_way(one_store, tenant, make) -> None:
    make()

    assert "delete_where" in await refused(one_store.clear(tenant, DOCS))
    assert "upsert" in await refused(one_store.load(tenant, DOCS, [Item("1", None)]))


async def test_a_text_of_several_columns_cannot_be_written(one_store, tenant, make) -> None:
    place = make(
        "id int PRIMARY KEY, title text, body text, pages int, embedding vector(2)",
        text=["title", "body"],
        metadata=["pages", "title"],
        metadata_json=None,
    )
    place.run("INSERT INTO {} VALUES (1, 'a', 'b')")

    told = await refused(one_store.upsert(tenant, DOCS, [Item("1", None)]))
    assert "title, body" in told
    assert "one column" in told
    assert "title, body" in await refused(one_store.update(tenant, DOCS, [Change("1", text="x")]))
    await one_store.update(
        tenant, DOCS, [Change("1", vector=[1, 2], set={"pages": 3, "title": "c"})]
    )
    assert place.run("SELECT title, body, pages, embedding::text FROM {}") == [
        ("c", "b", 3, "[1,2]")
    ]


@pytest.mark.parametrize("lacking", ["text", "vector"])
async def test_what_has_no_column_is_refused(one_store, tenant, make, lacking: str) -> None:
    make(**{lacking: None})
    item = Item("1", [1, 2]) if lacking == "vector" else Item("1", None, "x")
    change = Change("1", vector=[1, 2]) if lacking == "vector" else Change("1", text="x")

    for call in (
        one_store.upsert(tenant, DOCS, [item]),
        one_store.update(tenant, DOCS, [change]),
    ):
        told = await refused(call)
        assert f"the {lacking} of item '1'" in told
        assert "adopted without a column" in told
    if lacking == "vector":
        assert await one_store.upsert(tenant, DOCS, [Item("1", None, "x")]) == 1


RULES = (
    "id int PRIMARY KEY, title text CONSTRAINT long CHECK (length(title) < 9), lang text NOT NULL"
    " DEFAULT 'en', slug text CONSTRAINT one_slug UNIQUE, parent int CONSTRAINT up REFERENCES {}"
)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (Item("2", None, "far too long"), ["long", "[23514]"]),
        (Item("2", None, "", {"slug": "a"}), ["one_slug", "(slug)", "[23505]"]),
        (Item("2", None, "", {"parent": 9}), ["up", "(parent)", "[23503]"]),
    ],
    ids=["check", "unique", "foreign key"],
)
@pytest.mark.parametrize("others", [0, 30])
async def test_a_violation_is_told_with_its_item_and_the_batch_is_left_out(
    one_store, tenant, make, item: Item, words: list[str], others: int
) -> None:
    place = make(RULES, vector=None, metadata=["lang", "slug", "parent"], metadata_json=None)
    await one_store.upsert(tenant, DOCS, [Item("1", None, "", {"slug": "a"})])
    more = [Item(str(n), None, "secret") for n in range(10, 10 + others)]

    with pytest.raises(DatabaseError) as error:
        await one_store.upsert(tenant, DOCS, [*more, item])

    told = str(error.value)
    assert "item '2' cannot be stored in public.written_" in told
    assert all(word in told for word in words), told
    assert "secret" not in told
    assert "too long" not in told
    assert error.value.sqlstate in told
    assert error.value.written == 0
    assert place.run("SELECT id FROM {}") == [(1,)]


async def test_a_key_that_is_removed_is_null_and_a_column_may_forbid_it(
    one_store, tenant, make
) -> None:
    make(RULES, vector=None, metadata=["lang", "slug", "parent"], metadata_json=None)
    await one_store.upsert(tenant, DOCS, [Item("1", None, "", {"slug": "a"}), Item("3", None)])

    assert await one_store.update(tenant, DOCS, [Change("1", remove=["slug"])]) == 1
    told = await refused(
        one_store.update(tenant, DOCS, [Change("3", text="x"), Change("1", remove=["lang"])]),
        DatabaseError,
    )

    assert "item '1' cannot be changed" in told
    assert "column lang" in told
    told = await refused(
        one_store.update_where(tenant, DOCS, {"lang": "en"}, remove=["lang"]), DatabaseError
    )
    assert "cannot be changed" in told
    assert [one.text for one in await one_store.get(tenant, DOCS, ["3"])] == [""]


async def test_a_row_that_others_refer_to_is_told_when_it_is_removed(
    one_store, tenant, make
) -> None:
    place = make(RULES, vector=None, metadata=["parent"], metadata_json=None)
    await one_store.upsert(tenant, DOCS, [Item("1", None), Item("2", None), Item("3", None)])
    await one_store.update(tenant, DOCS, [Change("3", set={"parent": 2})])

    told = await refused(one_store.delete(tenant, DOCS, ["1", "2"]), DatabaseError)

    assert "item '2' cannot be removed" in told
    assert "up" in told
    assert place.run("SELECT count(*) FROM {}") == [(3,)]
    assert await one_store.delete(tenant, DOCS, ["3", "2", "9"]) == 2


TRIGGER = """
    CREATE FUNCTION {}_check() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
      IF NEW.title = 'skip' THEN RETURN NULL; END IF;
      IF NEW.title = 'bad' THEN RAISE 'no bad titles here'; END IF;
      NEW.lang := upper(NEW.lang);
      RETURN NEW;
    END $$;
    CREATE TRIGGER checks BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION {}_check()
"""


async def test_triggers_have_their_say(one_store, tenant, make) -> None:
    place = make(ARTICLES, TRIGGER)

    assert (
        await one_store.upsert(tenant, DOCS, [Item("1", None, "a"), Item("2", None, "skip")]) == 1
    )
    told = await refused(
        one_store.upsert(tenant, DOCS, [Item("3", None), Item("4", None, "bad")]), DatabaseError
    )

    assert "item '4' cannot be stored" in told
    assert "no bad titles here [P0001]" in told
    assert place.run("SELECT id, lang FROM {}") == [(1, "EN")]
    assert await one_store.update(tenant, DOCS, [Change("1", text="skip")]) == 0
    place.run("DROP FUNCTION {}_check CASCADE")


async def test_a_change_sets_columns_and_other_keys_alike(store, tenant, make) -> None:
    place = make(f"{ARTICLES}, extra json", metadata=["lang", "pages", "extra"])
    await store.upsert(
        tenant,
        DOCS,
        [
            Item("1", [1, 0], "a", {"pages": 1, "extra": {"q": 1}, "deep": {"x": 1}}),
            Item("2", [1, 0], "b", {"pages": 2, "own": 1}),
        ],
    )
    changes = [
        Change("1", set={"pages": 7, ("deep", "y"): 2, ("extra", "z"): [1]}, remove=["lang", "no"]),
        Change("2", text="bb", metadata={"pages": 9, "new": True}),
        Change("99", text="no"),
    ]

    assert await store.update(tenant, DOCS, changes) == 2

    found = {item.id: item for item in await store.get(tenant, DOCS, ["1", "2"])}
    assert found["1"].metadata == {
        "pages": 7,
        "extra": {"q": 1, "z": [1]},
        "deep": {"x": 1, "y": 2},
    }
    assert found["2"].metadata == {"pages": 9, "new": True, "lang": "en"}
    assert found["2"].text == "bb"
    assert place.run("SELECT attributes FROM {} WHERE id = 1") == [({"deep": {"x": 1, "y": 2}},)]
    for path in (("deep", "x", "z"), ("extra", "q", "z"), ("lang", "z")):
        told = await refused(store.update(tenant, DOCS, [Change("1", set={path: 1})]))
        assert "no object" in told
        assert "item '1'" in told


async def test_other_keys_may_be_in_a_json_column(one_store, tenant, make) -> None:
    place = make(
        "id int PRIMARY KEY, title text, own json", vector=None, metadata=[], metadata_json="own"
    )
    await one_store.upsert(tenant, DOCS, [Item("1", None, "a", {"x": {"y": 1}}), Item("2", None)])
    place.run("UPDATE {} SET own = NULL WHERE id = 2")

    changes = [Change("1", set={("x", "z"): 2}), Change("2", set={"a\u0308": [1]})]
    assert await one_store.update(tenant, DOCS, changes) == 2
    assert await one_store.update_where(tenant, DOCS, {"x": {"y": 1}}, remove=[("x", "y")]) == 1

    assert place.run("SELECT own FROM {} ORDER BY id") == [({"x": {"z": 2}},), ({"a\u0308": [1]},)]


async def test_a_text_that_is_generated_is_not_written(one_store, tenant, make) -> None:
    place = make(
        "id int PRIMARY KEY, lang text, title text GENERATED ALWAYS AS ('in ' || lang) STORED",
        vector=None,
        metadata=["lang"],
        metadata_json=None,
    )

    assert await one_store.upsert(tenant, DOCS, [Item("1", None, "", {"lang": "en"})]) == 1
    told = await refused(one_store.upsert(tenant, DOCS, [Item("1", None, "x", {"lang": "de"})]))

    assert "the text of item '1'" in told
    assert "generated" in told
    assert place.run("SELECT title FROM {}") == [("in en",)]


async def test_texts_and_metadata_are_cleaned_where_that_is_asked(one_store, tenant, make) -> None:
    place = make()
    item = Item("1", None, "a\0b", {"lang": "d\0e", "k\0": "\ud800x"})

    told = await refused(one_store.upsert(tenant, DOCS, [item]))
    assert await one_store.upsert(tenant, DOCS, [item], clean=True) == 1

    assert "clean=True" in told
    assert place.run("SELECT title, lang, attributes FROM {}") == [("ab", "de", {"k": "x"})]


async def test_a_filter_changes_and_removes_what_it_matches(one_store, tenant, make) -> None:
    place = make(f"{ARTICLES}, extra jsonb", metadata=["lang", "pages", "extra"])
    items = [Item(str(n), None, "", {"pages": n, "n": n, "extra": {}}) for n in range(5)]
    await one_store.upsert(tenant, DOCS, items)
    more = {"pages": {"$gte": 3}}

    assert (
        await one_store.update_where(
            tenant, DOCS, more, set={"lang": "fr", "own": 1, ("extra", "e"): 2}, remove=["n"]
        )
        == 2
    )

    assert place.run("SELECT id, pages, extra, attributes FROM {} WHERE lang = 'fr'") == [
        (3, 3, {"e": 2}, {"own": 1}),
        (4, 4, {"e": 2}, {"own": 1}),
    ]
    told = await refused(one_store.update_where(tenant, DOCS, more, set={("own", "x"): 1}))
    assert "item '3'" in told
    assert "no whole number" in await refused(
        one_store.update_where(tenant, DOCS, more, set={"pages": 0.5})
    )
    assert await one_store.delete_where(tenant, DOCS, {"lang": "fr"}) == 2
    assert await one_store.delete_where(tenant, DOCS, {"n": 1}) == 1
    assert place.run("SELECT count(*) FROM {}") == [(2,)]


SCOPED = "account int, slug text, title text, lang text DEFAULT 'en', PRIMARY KEY (account, slug)"


async def test_rows_beyond_the_collections_where_are_not_touched(one_store, tenant, make) -> None:
    place = make(
        SCOPED,
        id="slug",
        vector=None,
        metadata=["lang"],
        metadata_json=None,
        where={"account": 7},
    )
    place.run("INSERT INTO {} VALUES (8, 'a', 'theirs'), (8, 'b', 'theirs')")

    assert await one_store.upsert(tenant, DOCS, [Item("a", None, "ours"), Item("c", None)]) == 2
    assert await one_store.update(tenant, DOCS, [Change("b", text="x"), Change("c", text="y")]) == 1
    assert await one_store.update_where(tenant, DOCS, {"lang": "en"}, set={"lang": "de"}) == 2
    assert await one_store.delete(tenant, DOCS, ["b", "c"]) == 1
    assert await one_store.delete_where(tenant, DOCS, {"lang": {"$in": ["de", "en"]}}) == 1

    assert place.run("SELECT account, slug, title, lang FROM {} ORDER BY slug") == [
        (8, "a", "theirs", "en"),
        (8, "b", "theirs", "en"),
    ]


async def test_an_item_that_would_be_beyond_the_where_is_refused(one_store, tenant, make) -> None:
    place = make(
        "id int PRIMARY KEY, title text, lang text DEFAULT 'xx'",
        vector=None,
        metadata=["lang"],
        metadata_json=None,
        where={"lang": "en"},
    )
    place.run("INSERT INTO {} VALUES (5, 'theirs', 'de')")

    assert await one_store.upsert(tenant, DOCS, [Item("1", None), Item("2", None)]) == 2
    told = await refused(
        one_store.upsert(tenant, DOCS, [Item("1", None, "x"), Item("3", None, "", {"lang": "de"})])
    )
    assert "item '3'" in told
    assert "where" in told
    told = await refused(one_store.upsert(tenant, DOCS, [Item("1", None, "x"), Item("5", None)]))
    assert "'5'" in told
    told = await refused(one_store.update(tenant, DOCS, [Change("1", set={"lang": "de"})]))
    assert "item '1'" in told
    await refused(one_store.update_where(tenant, DOCS, {"lang": "en"}, set={"lang": "de"}))

    assert place.run("SELECT * FROM {} ORDER BY id") == [
        (1, None, "en"),
        (2, None, "en"),
        (5, "theirs", "de"),
    ]


POLICIES = """
    ALTER TABLE {} ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON {} USING (lang = current_user) WITH CHECK (lang = current_user);
    GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO adopted_writer
"""


async def test_row_level_security_holds_and_is_told_with_the_item(
    open_store, dsn, owner, tenant, make
) -> None:
    owner.execute("DROP ROLE IF EXISTS adopted_writer")
    owner.execute("CREATE ROLE adopted_writer LOGIN")
    owner.execute("GRANT USAGE ON SCHEMA pgrecall TO adopted_writer")
    owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA pgrecall TO adopted_writer")
    place = make(ARTICLES, POLICIES)
    place.run("INSERT INTO {} (id, title, lang) VALUES (1, 'theirs', 'other')")
    mine = {"lang": "adopted_writer"}
    store = open_store(make_conninfo(dsn, user="adopted_writer"), setup=False)
    try:
        assert await store.upsert(tenant, DOCS, [Item("2", None, "a", mine)]) == 1
        told = await refused(
            store.upsert(tenant, DOCS, [Item("3", None, "", mine), Item("4", None)]), DatabaseError
        )
        assert "item '4' cannot be stored" in told
        assert "row-level security" in told
        told = await refused(
            store.upsert(tenant, DOCS, [Item("1", None, "x", mine)]), DatabaseError
        )
        assert "item '1' cannot be stored" in told
        assert await store.update(tenant, DOCS, [Change("1", text="x")]) == 0
        assert await store.delete(tenant, DOCS, ["1", "2"]) == 1
        place.run("REVOKE INSERT ON {} FROM adopted_writer")
        told = await refused(store.upsert(tenant, DOCS, [Item("2", None)]), DatabaseError)
        assert "permission denied" in told
        assert "item" not in told
    finally:
        await store.close()
        owner.execute("DROP OWNED BY adopted_writer; DROP ROLE adopted_writer")
    assert place.run("SELECT id, title FROM {}") == [(1, "theirs")]


async def test_a_failed_batch_tells_how_many_rows_of_earlier_ones_are_stored(
    one_store, tenant, make
) -> None:
    place = make()
    items = [Item(str(n), None) for n in range(4)]

    with pytest.raises(InvalidArgumentError) as error:
        await one_store.upsert(tenant, DOCS, [*items, Item("x", None)], batch_size=2)

    assert error.value.written == 4
    assert place.run("SELECT count(*) FROM {}") == [(4,)]


def test_a_write_is_part_of_the_callers_transaction(sync_store: Store, dsn, tenant, make) -> None:
    place = make(f"{ARTICLES}, CHECK (pages < 100)")
    with psycopg.connect(dsn) as connection:
        inside = sync_store.on(connection)
        connection.execute(
            sql.SQL("INSERT INTO {} (id, title) VALUES (1, 'orm')").format(sql.SQL(place.name))
        )
        assert inside.upsert(tenant, DOCS, [Item("1", None, "a"), Item("2", None, "b")]) == 2
        with pytest.raises(DatabaseError, match="item '9' cannot be stored"):
            inside.upsert(tenant, DOCS, [Item("8", None), Item("9", None, "", {"pages": 100})])
        assert inside.count(tenant, DOCS) == 2
        connection.rollback()
    assert place.run("SELECT count(*) FROM {}") == [(0,)]


def test_a_collection_that_is_dropped_meanwhile_is_told(
    sync_store: Store, owner, tenant, make
) -> None:
    place = make()
    sync_store.upsert(tenant, DOCS, [Item("1", None)])
    [(marker,)] = owner.execute(
        "DELETE FROM pgrecall.collections WHERE tenant = %s RETURNING table_name", [tenant]
    ).fetchall()
    owner.execute(sql.SQL("DROP TABLE pgrecall.{}").format(sql.Identifier(marker)))

    with pytest.raises(Exception, match="no collection"):
        sync_store.upsert(tenant, DOCS, [Item("2", None)])

    assert place.run("SELECT id FROM {}") == [(1,)]
