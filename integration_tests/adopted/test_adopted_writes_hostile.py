"""Writes to tables that somebody else made, changes meanwhile, and gives rules to."""

from __future__ import annotations

import itertools
import traceback
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrecall import Change, DatabaseError, InvalidArgumentError, Item, Store, Table
from pgrecall.errors import PgRecallError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCS = "docs"
_NUMBERS = itertools.count()


class Place:
    """A table, and the owner's connection."""

    def __init__(self, connection: psycopg.Connection[Any], name: str) -> None:
        self.connection, self.name = connection, name

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """Run SQL in which ``{}`` is the table's name."""
        cursor = self.connection.execute(statement.replace("{}", self.name).encode())
        return cursor.fetchall() if cursor.description else []

    def rows(self) -> list[str]:
        """Give its rows as text, in the order of ids."""
        return [row for (row,) in self.run("SELECT t::text FROM {} AS t ORDER BY id")]


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

    def one(columns: str, *after: str, of: str = "{}", **table: Any) -> Place:
        place = Place(owner, f"public.hostile_{next(_NUMBERS)}")
        place.run(f"CREATE TABLE {{}} ({columns})")
        made.append(place)
        for statement in after:
            place.run(statement)
        named = of.replace("{}", place.name)
        given = {"id": "id", "text": "title", "metadata": [], "writable": True} | table
        sync_store.adopt_collection(tenant, DOCS, Table(named, **given))
        return place

    yield one
    for place in made:
        place.run("DROP TABLE {} CASCADE")


def refused(call: Callable[[], object], kind: type[Exception] = InvalidArgumentError) -> str:
    with pytest.raises(kind) as error:
        call()
    return str(error.value)


@pytest.mark.parametrize("kind", ["bigint", "numeric", "real", "double precision"])
@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), -float("inf"), 10**5000],
    ids=["NaN", "infinity", "-infinity", "huge"],
)
def test_a_number_that_json_has_not_is_told_with_its_key(
    sync_store: Store, tenant, make, kind: str, value: float
) -> None:
    place = make(f"id int PRIMARY KEY, title text, n {kind}", metadata=["n"])

    for call in (
        lambda: sync_store.upsert(tenant, DOCS, [Item("1", None, "", {"n": value})]),
        lambda: sync_store.update(tenant, DOCS, [Change("1", set={"n": value})]),
    ):
        told = refused(call)
        assert "item '1'" in told
        assert "key 'n'" in told or 'set["n"]' in told
    assert place.rows() == []


def test_what_is_read_of_any_time_can_be_written_back(sync_store: Store, tenant, make) -> None:
    place = make(
        "id int PRIMARY KEY, title text, day date, wall timestamp, at timestamptz",
        "INSERT INTO {} VALUES (1, 'x', '0044-03-15 BC', '0044-03-15 12:00:00.5 BC',"
        " '0044-03-15 12:00:00+00 BC'), (2, 'x', '12026-01-01', '12026-01-01 12:00:00.5',"
        " '12026-01-01 12:00:00+00'), (3, 'x', 'infinity', '-infinity', 'infinity')",
        metadata=["day", "wall", "at"],
    )
    before = place.rows()
    items = sync_store.get(tenant, DOCS, ["1", "2", "3"])

    assert sync_store.upsert(tenant, DOCS, items) == 3

    assert place.rows() == before
    told = refused(lambda: sync_store.upsert(tenant, DOCS, [Item("1", None, "", {"day": "10-1"})]))
    assert "no time" in told


def test_a_name_that_would_be_cut_off_is_refused(sync_store: Store, tenant, make) -> None:
    place = make("id int PRIMARY KEY, title text, n name", metadata=["n"])

    long = Item("1", None, "", {"n": "n" * 64})
    assert "63 bytes" in refused(lambda: sync_store.upsert(tenant, DOCS, [long]))

    assert place.rows() == []


@pytest.mark.parametrize("kind", ["varchar(5)", "public.short_id"])
def test_an_id_whose_blanks_would_be_cut_off_replaces_no_other(
    sync_store: Store, owner, tenant, make, kind: str
) -> None:
    owner.execute("DROP DOMAIN IF EXISTS public.short_id CASCADE")
    owner.execute("CREATE DOMAIN public.short_id AS varchar(5)")
    place = make(f"id {kind} PRIMARY KEY, title text")
    sync_store.upsert(tenant, DOCS, [Item("abcde", None, "mine")])

    told = refused(lambda: sync_store.upsert(tenant, DOCS, [Item("abcde ", None, "another's")]))

    assert "5 characters" in told
    assert place.rows() == ["(abcde,mine)"]


@pytest.mark.parametrize("others", [0, 40])
def test_of_ids_that_the_table_takes_for_one_the_last_stays(
    sync_store: Store, owner, tenant, make, others: int
) -> None:
    owner.execute("CREATE EXTENSION IF NOT EXISTS citext")
    place = make("id citext PRIMARY KEY, title text")
    more = [Item(f"o{number}", None) for number in range(others)]

    for first, last in (("a", "A"), ("B", "b"), ("A", "a")):
        items = [Item(first, None, "first"), *more, Item(last, None, "last")]
        sync_store.upsert(tenant, DOCS, items)
        [found] = place.run(f"SELECT title FROM {{}} WHERE id = '{first}'")
        assert found == ("last",)
        changes = [Change(first, text="one"), Change(last, text="two")]
        assert sync_store.update(tenant, DOCS, changes) == 1
        assert place.run(f"SELECT title FROM {{}} WHERE id = '{first}'") == [("two",)]


def test_a_key_that_some_items_lack_gets_the_default_beneath_a_view(
    sync_store: Store, tenant, make
) -> None:
    place = make(
        "id int PRIMARY KEY, title text, n int DEFAULT 3",
        "CREATE VIEW {}_view AS SELECT id, title, n FROM {} WHERE n < 9 WITH CHECK OPTION",
        of="{}_view",
        metadata=["n"],
    )
    items = [Item("1", None, "a"), Item("2", None, "b", {"n": 4}), Item("3", None, "c")]

    assert sync_store.upsert(tenant, DOCS, items) == 3

    assert place.rows() == ["(1,a,3)", "(2,b,4)", "(3,c,3)"]


def test_a_view_whose_rows_cannot_be_locked_is_adopted_to_be_read(
    sync_store: Store, tenant, make
) -> None:
    rule = "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    after = [
        "CREATE VIEW {}_view AS SELECT id, max(title) AS title FROM {} GROUP BY id",
        f"CREATE TRIGGER own INSTEAD OF INSERT OR UPDATE OR DELETE ON {{}}_view {rule}",
    ]
    place = make("id int PRIMARY KEY, title text", *after)

    table = Table(f"{place.name}_view", id="id", text="title", writable=True)
    told = refused(lambda: sync_store.adopt_collection(tenant, "view", table))

    assert "GROUP BY" in told
    assert "leave it at False" in told


def test_a_trigger_that_names_what_is_gone_is_not_taken_for_a_collection_that_is(
    sync_store: Store, tenant, make
) -> None:
    place = make(
        "id int PRIMARY KEY, title text",
        "CREATE FUNCTION {}_audit() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN INSERT INTO public.no_such_audit VALUES (1); RETURN NEW; END'",
        "CREATE TRIGGER audit AFTER INSERT ON {} FOR EACH ROW EXECUTE FUNCTION {}_audit()",
    )

    told = refused(lambda: sync_store.upsert(tenant, DOCS, [Item("1", None)]), DatabaseError)

    assert "public.no_such_audit" in told
    assert place.name in told
    assert place.rows() == []
    place.run("DROP FUNCTION {}_audit CASCADE")


_ALTERED = {
    "an enum is renamed": ("ALTER TYPE public.hostile_mood RENAME TO hostile_feeling", ""),
    "a text takes no NULL": ("ALTER TABLE {} ALTER title SET NOT NULL", ""),
    "the unique index is another": (
        "ALTER TABLE {} DROP CONSTRAINT the_key, ADD CONSTRAINT new_key UNIQUE (id, n)",
        "",
    ),
    "a column is generated": (
        "ALTER TABLE {} DROP n, ADD n int GENERATED ALWAYS AS (7) STORED",
        "key 'n' is generated",
    ),
    "a column is renamed": ("ALTER TABLE {} RENAME n TO m", "is now called 'm'"),
}


@pytest.mark.parametrize("case", _ALTERED)
def test_a_table_that_is_altered_since_it_was_met_is_met_anew(
    sync_store: Store, owner, tenant, make, case: str
) -> None:
    owner.execute("DROP TYPE IF EXISTS public.hostile_mood CASCADE")
    owner.execute("DROP TYPE IF EXISTS public.hostile_feeling CASCADE")
    owner.execute("CREATE TYPE public.hostile_mood AS ENUM ('glad', 'sad')")
    place = make(
        "id int CONSTRAINT the_key PRIMARY KEY, title text, n int, mood public.hostile_mood",
        metadata=["n", "mood"],
    )
    sync_store.upsert(tenant, DOCS, [Item("1", None, "x", {"n": 1, "mood": "sad"})])
    statement, words = _ALTERED[case]
    place.run(statement)
    items = [Item("1", None, "", {"n": 2, "mood": "glad"}), Item("2", None)]

    if words:
        assert words in refused(lambda: sync_store.upsert(tenant, DOCS, items), PgRecallError)
        assert place.run("SELECT count(*) FROM {}") == [(1,)]
    else:
        assert sync_store.upsert(tenant, DOCS, items) == 2
        assert place.run("SELECT n, mood::text FROM {} WHERE id = 1") == [(2, "glad")]


def test_a_key_that_a_column_hides_has_no_say_and_stays(sync_store: Store, tenant, make) -> None:
    place = make(
        "id int PRIMARY KEY, title text, deep jsonb, others jsonb",
        """INSERT INTO {} VALUES (1, 'x', NULL, '{"deep": 3, "k": 1}')""",
        metadata=["deep"],
        metadata_json="others",
    )

    sync_store.update(tenant, DOCS, [Change("1", remove=[("deep", "q")])])
    assert sync_store.get(tenant, DOCS, ["1"])[0].metadata == {"k": 1}
    sync_store.update_where(tenant, DOCS, {"k": 1}, set={("deep", "w"): 5})

    assert sync_store.get(tenant, DOCS, ["1"])[0].metadata == {"k": 1, "deep": {"w": 5}}
    assert place.run("SELECT deep, others FROM {}") == [({"w": 5}, {"deep": 3, "k": 1})]


def test_a_text_that_is_the_id_names_no_other_row(sync_store: Store, tenant, make) -> None:
    place = make("id text PRIMARY KEY, n int", text="id", metadata=["n"])
    sync_store.upsert(tenant, DOCS, [Item("b", None, "b", {"n": 1}), Item("c", None)])

    for call in (
        lambda: sync_store.upsert(tenant, DOCS, [Item("a", None, "b", {"n": 2})]),
        lambda: sync_store.update(tenant, DOCS, [Change("c", text="b")]),
    ):
        assert "its column id is of the id" in refused(call)
    assert sync_store.upsert(tenant, DOCS, sync_store.get(tenant, DOCS, ["b", "c"])) == 2

    assert place.rows() == ["(b,1)", "(c,)"]


def test_an_item_whose_text_is_a_key_too_can_be_written_back(
    sync_store: Store, tenant, make
) -> None:
    place = make("id int PRIMARY KEY, title text", metadata=["title", "id"])
    place.run("INSERT INTO {} VALUES (1, 'a'), (2, NULL)")
    items = sync_store.get(tenant, DOCS, ["1", "2"])

    assert items[0].metadata == {"title": "a", "id": 1}
    assert sync_store.upsert(tenant, DOCS, items) == 2

    assert place.rows() == ["(1,a)", "(2,)"]
    other = Item("1", None, "b", {"title": "a"})
    assert "key 'title'" in refused(lambda: sync_store.upsert(tenant, DOCS, [other]))


def test_an_id_of_several_columns_that_nests_without_end_is_refused(
    sync_store: Store, tenant, make
) -> None:
    make("id text, n int, title text, PRIMARY KEY (id, n)", id=["id", "n"])

    for call in (
        lambda: sync_store.upsert(tenant, DOCS, [Item("[" * 1_900, None)]),
        lambda: sync_store.delete(tenant, DOCS, ["[" * 1_900]),
    ):
        assert "no JSON array of 2 values" in refused(call)
    assert sync_store.get(tenant, DOCS, ["[" * 1_900]) == []


def test_no_text_or_vector_is_in_what_is_logged_of_a_refusal(
    sync_store: Store, tenant, make
) -> None:
    make(
        "id int PRIMARY KEY, title text UNIQUE CHECK (length(title) < 20), e vector(2),"
        " n int NOT NULL DEFAULT 1",
        "INSERT INTO {} VALUES (1, 'secret', '[1,7.25]')",
        vector="e",
        metadata=["n"],
    )
    calls = [
        lambda: sync_store.upsert(tenant, DOCS, [Item("2", [1, 7.25], "secret" * 9)]),
        lambda: sync_store.upsert(tenant, DOCS, [Item("2", [1, 7.25], "secret"), Item("3", None)]),
        lambda: sync_store.update(tenant, DOCS, [Change("1", set={"n": None})]),
        lambda: sync_store.update_where(tenant, DOCS, {"n": 1}, set={"n": None}),
    ]

    for call in calls:
        with pytest.raises(DatabaseError) as error:
            call()
        told = "".join(traceback.format_exception_only(error.value))
        told += "".join(traceback.format_exception_only(error.value.__cause__))
        assert "violates" in told
        assert "secret" not in told
        assert "7.25" not in told


@pytest.mark.parametrize("event", ["INSERT", "UPDATE"])
def test_a_table_with_rules_is_named_when_it_takes_no_row(
    sync_store: Store, tenant, make, event: str
) -> None:
    place = make(
        "id int PRIMARY KEY, title text",
        f"CREATE RULE own AS ON {event} TO {{}} DO ALSO NOTIFY hostile",
    )

    told = refused(lambda: sync_store.upsert(tenant, DOCS, [Item("1", None)]), DatabaseError)

    assert place.name in told
    assert "such as a rule" in told
    assert place.rows() == []
