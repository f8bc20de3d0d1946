"""Tables that hold what no collection of pgrecall's own would, and change while they are read."""

from __future__ import annotations

import math
import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.adopted.places import Place, places
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, DatabaseError, InvalidArgumentError, Item, Rrf, Store, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUERY = [1.0, 2.0, 3.0]


@pytest.fixture
def place(dsn: str) -> Iterator[Place]:
    yield from places(dsn)


@pytest.fixture
def docs(sync_store: Store, tenant: str, place: Place) -> Callable[..., Any]:
    """Adopt a table of the place's own, and give the handle of the collection."""

    def adopt(name: str, **keywords: Any) -> Any:
        said = {"id": "id", "text": "body", "vector": "v", **keywords}
        sync_store.adopt_collection(tenant, "docs", Table(place(name), **said))
        return sync_store.bind(tenant, "docs")

    return adopt


@pytest.mark.parametrize("index", ["", "CREATE INDEX ON zeros USING hnsw (v vector_cosine_ops)"])
def test_a_vector_without_a_direction_is_nobodys_neighbour(
    place: Place, docs: Callable[..., Any], index: str
) -> None:
    place.run(
        "CREATE TABLE zeros (id int PRIMARY KEY, body text, v vector(3), m int);"
        "INSERT INTO zeros SELECT n, 'a cat', CASE WHEN n % 3 = 0 THEN '[0,0,0]'"
        " ELSE ARRAY[n, sin(n), 1]::real[]::vector END, n % 5 FROM generate_series(1, 60) AS n;"
        + index
    )
    read = docs("zeros", metadata=["m"])

    found = [
        read.search(QUERY, limit=60),
        read.search(QUERY, limit=60, exact=True),
        read.search(QUERY, limit=60, min_score=-1.0),
        read.search(QUERY, limit=5, group_by="m"),
        read.search_near(["1"], limit=60),
    ]
    both = [
        read.search_hybrid(QUERY, "cats", limit=60),
        read.search_hybrid(QUERY, "cats", limit=60, fusion=Rrf()),
        read.search_hybrid(QUERY, "cats", limit=5, group_by="m"),
    ]

    for matches in found:
        assert matches
        assert all(int(one.id) % 3 for one in matches)
    for matches in found + both:
        assert all(math.isfinite(one.score) for one in matches)
        assert all(one.distance is None or math.isfinite(one.distance) for one in matches)
    assert [len(found[0]), len(found[2])] == [40, 40]
    assert len(both[0]) == 60


NO_VECTORS = ["{NaN,1,2}", "{NULL,1,2}", "{1,-Infinity,2}", "{{1,2,3}}", "{}", "{1,2}"]


@pytest.mark.parametrize("bad", NO_VECTORS)
def test_an_array_that_is_no_vector_by_now_is_none_and_no_error(
    place: Place, docs: Callable[..., Any], bad: str
) -> None:
    place.run(
        "CREATE TABLE arrays (id int PRIMARY KEY, body text, v real[]);"
        "INSERT INTO arrays VALUES (1, 'a cat', '{1,2,3}'), (2, 'a cat', '{3,2,1}')"
    )
    read = docs("arrays")
    place.run(f"INSERT INTO arrays VALUES (9, 'a cat', '{bad}')")

    assert [one.id for one in read.search(QUERY, limit=5)] == ["1", "2"]
    assert [one.id for one in read.search_hybrid(QUERY, "cat", limit=5)] == ["1", "2", "9"]
    assert [one.vector is None for one in read.list_items()] == [False, False, True]
    assert read.get(["9"])[0].vector is None
    with pytest.raises(InvalidArgumentError, match="has no vector of item '9'"):
        read.search_near(["9"])


def test_a_column_of_vectors_of_another_length_is_told_by_name(
    place: Place, docs: Callable[..., Any]
) -> None:
    place.run(
        "CREATE TABLE grown (id int PRIMARY KEY, body text, v vector(3));"
        "INSERT INTO grown VALUES (1, 'a cat', '[1,2,3]')"
    )
    read = docs("grown")
    assert read.search(QUERY)
    place.run("ALTER TABLE grown ALTER v TYPE vector(4) USING '[1,2,3,4]'")

    with pytest.raises(DatabaseError, match=r"'v' of .*vector\(3\) .*vector\(4\) now"):
        read.search(QUERY)


SHARED: dict[str, Callable[[Any], Any]] = {
    "list_ids": lambda read: read.list_ids(),
    "list_items": lambda read: read.list_items(),
    "get": lambda read: read.get(["1", "2"]),
    "sample": lambda read: read.sample(50),
    "map_collection": lambda read: read.map_collection(color_by="$created_at"),
    "search": lambda read: read.search(QUERY),
    "search_near": lambda read: read.search_near(["1"]),
    "search_many": lambda read: read.search_many([QUERY]),
    "search_text": lambda read: read.search_text("animals"),
    "search_hybrid": lambda read: read.search_hybrid(QUERY, "animals"),
    "grouped": lambda read: read.search(QUERY, group_by="m"),
}


@pytest.mark.parametrize("verb", SHARED)
def test_rows_that_have_one_id_by_now_are_told_and_none_comes_twice(
    place: Place, docs: Callable[..., Any], verb: str
) -> None:
    place.run(
        "CREATE TABLE cats (id int PRIMARY KEY, body text, v vector(3), m int);"
        "CREATE TABLE dogs (LIKE cats); INSERT INTO cats SELECT n, 'animals',"
        " ARRAY[n, 1, 2]::real[]::vector, 1 FROM generate_series(1, 4) AS n;"
        "CREATE VIEW animals AS SELECT * FROM cats UNION ALL SELECT * FROM dogs"
    )
    read = docs("animals", metadata=["m"])
    assert SHARED[verb](read)
    assert [one.id for one in read.get(["1", "3", "1"])] == ["1", "3", "1"]
    place.run("INSERT INTO dogs SELECT * FROM cats")

    with pytest.raises(DatabaseError, match=r"several rows of .*animals have the id '[1-4]'"):
        SHARED[verb](read)


@pytest.fixture
def citext(place: Place) -> Iterator[str]:
    """The type that takes texts in any case for the same."""
    named = "SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'citext'"
    is_there = bool(place.ask(named))
    try:
        place.run("CREATE EXTENSION IF NOT EXISTS citext")
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("the server has no extensions")
    [(schema,)] = place.ask(named)
    yield f"{schema}.citext"
    if not is_there:  # other tests make their own
        place.run("DROP EXTENSION citext CASCADE")


def test_an_id_is_the_text_that_it_is_whatever_its_column_takes_for_the_same(
    place: Place, docs: Callable[..., Any], citext: str
) -> None:
    place.run(
        f"CREATE TABLE loose (id {citext} PRIMARY KEY, body text, v vector(3));"
        "INSERT INTO loose VALUES ('Abc', 'a cat', '[1,2,3]'), ('d', 'a dog', '[1,2,4]')"
    )
    read = docs("loose")

    assert [one.id for one in read.get(["ABC", "Abc", "abc"])] == ["Abc"]
    assert [one.id for one in read.search_near(["Abc"])] == ["d"]
    with pytest.raises(InvalidArgumentError, match="has no item 'abc'"):
        read.search_near(["abc"])


def test_an_id_that_no_row_can_have_is_not_there_and_the_empty_one_is_passed(
    place: Place, docs: Callable[..., Any]
) -> None:
    place.run(
        "CREATE TABLE pairs (a text, b int, body text, v vector(3), PRIMARY KEY (a, b));"
        "INSERT INTO pairs VALUES ('x', 1, 'a cat', '[1,2,3]');"
        "CREATE TABLE texts (id text PRIMARY KEY, body text, v vector(3));"
        "INSERT INTO texts VALUES ('', 'none', '[1,2,3]'), ('a', 'a cat', '[1,2,3]')"
    )
    read = docs("pairs", id=["a", "b"])
    for odd in ('["\\ud800", 1]', '["\\u0000", 1]', '["x", NaN]', '["x", 1e99]', "[" * 9_000):
        assert [one.id for one in read.get([odd, '["x", 1]'])] == ['["x", 1]']
        assert read.count({"id": odd}) == 0
        with pytest.raises(InvalidArgumentError, match="cannot be an id"):
            read.list_items(after=odd)
    read.drop_collection()

    read = docs("texts")
    [first] = read.list_items(limit=1)
    assert [one.id for one in read.list_items(after=first)] == ["a"]


IDS = {
    "int": ("id", "n"),
    "bigint": ("id", "-n"),
    "uuid": ("id", "md5(n::text)::uuid"),
    "text": ("id", "n::text"),
    "text, part int": (["id", "part"], "'a', n"),
}


@pytest.mark.parametrize("type_", IDS)
def test_equals_follow_the_ids_own_order_on_every_page(
    place: Place, docs: Callable[..., Any], type_: str
) -> None:
    key, values = IDS[type_]
    named = key if isinstance(key, str) else ", ".join(key)
    place.run(
        f"CREATE TABLE equals (id {type_}, body text, v vector(3), m int, PRIMARY KEY ({named}));"
        f"INSERT INTO equals SELECT {values}, 'a cat', '[1,2,3]', 1"
        " FROM generate_series(1, 12) AS n"
    )
    read = docs("equals", id=key, metadata=["m"])
    whole = [one.id for one in read.list_items()]

    for descending in (False, True):
        paged: list[Any] = []
        while page := read.list_items(
            order_by="m", limit=5, after=paged[-1] if paged else None, descending=descending
        ):
            paged += page
        assert [one.id for one in paged] == whole
    for found in (
        read.search(QUERY, limit=12),
        read.search(QUERY, limit=5) + read.search(QUERY, limit=7, offset=5),
        read.search_text("cats", limit=12),
        read.search_hybrid(QUERY, "cats", limit=12),
    ):
        assert [one.id for one in found] == whole


SENTINELS = ["-infinity", "0044-03-15 BC", "2024-01-01", "infinity"]


@pytest.mark.parametrize("descending", [False, True])
def test_pages_by_a_time_pass_those_that_python_has_no_time_for(
    place: Place, docs: Callable[..., Any], descending: bool
) -> None:
    times = ", ".join(f"({n}, 'a', '{SENTINELS[n // 3]}')" for n in range(12))
    place.run(
        "CREATE TABLE timed (id int PRIMARY KEY, body text, at timestamptz);"
        f"INSERT INTO timed VALUES {times}, (12, 'none', NULL)"
    )
    read = docs("timed", vector=None, created_at="at")
    by_time = {"order_by": "$created_at", "descending": descending}
    whole = [one.id for one in read.list_items(**by_time)]

    paged: list[Any] = []
    while page := read.list_items(**by_time, limit=2, after=paged[-1] if paged else None):
        paged += page

    assert [one.id for one in paged] == whole
    assert sorted(map(int, whole)) == list(range(13))


def test_who_may_not_read_a_column_is_told_what_would_let_them(
    dsn: str, place: Place, docs: Callable[..., Any], tenant: str
) -> None:
    role = f"half_{place.schema}"
    place.run(
        "CREATE TABLE halves (id int PRIMARY KEY, body text, v vector(3), owner text);"
        "INSERT INTO halves VALUES (1, 'a cat', '[1,2,3]', 'me');"
        f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {place.schema}, pgrecall TO {role};"
        f"GRANT SELECT ON pgrecall.collections, pgrecall.schema_version TO {role};"
        f"GRANT SELECT (id, body, v) ON halves TO {role}"
    )
    docs("halves", where={"owner": "me"})

    with Store(make_conninfo(dsn, user=role), setup=False) as store:
        with pytest.raises(DatabaseError, match=r"GRANT SELECT \(owner\) ON") as caught:
            store.count(tenant, "docs")
        assert caught.value.sqlstate == "42501"
        place.run(f"GRANT SELECT (owner) ON halves TO {role}")
        assert store.count(tenant, "docs") == 1
        place.run(f"REVOKE SELECT (body, owner) ON halves FROM {role}")
        with pytest.raises(DatabaseError, match=r"GRANT SELECT \(body, owner\) ON"):
            store.search(tenant, "docs", QUERY)


ODD_VALUES = {
    "n": ("bigint", ["-9223372036854775808", "9223372036854775807", "5", "5", "-7"]),
    "small": ("smallint", ["-32768", "32767", "0", "0"]),
    "word": ("text", ["", "B", "a", "b", "\u00e9", "b"]),
    "code": ("char(3)", ["a", "ab", "B", "a"]),
    "mood": ("mood", ["low", "High", "low"]),
    "key": ("uuid", [f"0000000{n}-0000-0000-0000-00000000000{9 - n}" for n in (3, 1, 2, 1)]),
    "yes": ("boolean", ["true", "false", "true"]),
    "day": ("date", ["infinity", "0044-03-15 BC", "5874897-12-31", "2024-05-01", "2024-05-01"]),
    "at": ("timestamptz", ["-infinity", "294276-12-31", "2024-05-01 10:00:00.25+02", "2024-01-01"]),
    "plain": ("timestamp", ["infinity", "0044-03-15 BC", "2024-05-01 10:00", "9999-12-31 23:59"]),
    "price": ("numeric", ["NaN", "1.10", "-2", "Infinity"]),
    "rate": ("real", ["NaN", "0.1", "-Infinity", "3"]),
}


@pytest.fixture(scope="module")
def odd(dsn: str, sync_store: Store) -> tuple[Any, Any]:
    """Handles of a table of odd values, and of a collection with the same metadata."""
    tenant = f"tenant-{uuid.uuid4().hex}"
    for made in places(dsn):
        columns = ", ".join(f"{name} {type_}" for name, (type_, _) in ODD_VALUES.items())
        made.run(
            "CREATE TYPE mood AS ENUM ('low', 'High');"
            f"CREATE TABLE odd (id text PRIMARY KEY, body text, {columns})"
        )
        names = ", ".join(ODD_VALUES)
        for row in range(6):
            values = [
                values[row] if row < len(values) else None for _, values in ODD_VALUES.values()
            ]
            made.connection.execute(
                f"INSERT INTO odd (id, body, {names}) VALUES ('r{row}', 'a cat',"
                f" {', '.join(['%s'] * len(values))})".encode(),
                values,
            )
        table = Table(made("odd"), id="id", text="body", metadata=list(ODD_VALUES))
        adopted = sync_store.adopt_collection(tenant, "adopted", table)
        sync_store.ensure_collection(tenant, Collection("native", 1, fields=adopted.fields))
        items = sync_store.list_items(tenant, "adopted")
        sync_store.upsert(tenant, "native", [Item(one.id, None, "", one.metadata) for one in items])
    return sync_store.bind(tenant, "adopted"), sync_store.bind(tenant, "native")


@pytest.mark.parametrize("field", ODD_VALUES)
def test_a_column_is_sorted_and_counted_as_the_json_that_it_is(
    odd: tuple[Any, Any], field: str
) -> None:
    def asked(read: Any) -> Any:
        yield read.field_range(field)
        yield read.facet(field)
        for descending in (False, True):
            by_field = {"order_by": field, "descending": descending}
            whole = [one.id for one in read.list_items(**by_field)]
            paged: list[Any] = []
            while page := read.list_items(**by_field, limit=2, after=paged[-1] if paged else None):
                paged += page
            assert [one.id for one in paged] == whole
            yield whole

    adopted, native = odd

    assert list(asked(adopted)) == list(asked(native))


def test_what_a_view_lacks_is_told_and_is_not_the_collection(
    place: Place, docs: Callable[..., Any]
) -> None:
    place.run(
        "CREATE TABLE beneath (id int PRIMARY KEY, body text, v vector(3));"
        "INSERT INTO beneath VALUES (1, 'a cat', '[1,2,3]')"
    )
    place.connection.execute(
        f"CREATE FUNCTION found() RETURNS SETOF beneath LANGUAGE plpgsql SET search_path ="
        f" {place.schema}, public AS $$BEGIN RETURN QUERY SELECT * FROM beneath; END$$".encode()
    )
    place.run("CREATE VIEW above AS SELECT * FROM found()")
    read = docs("above")
    assert read.count() == 1
    place.run("ALTER TABLE beneath RENAME TO elsewhere")

    for verb in (read.count, read.list_items, lambda: read.search(QUERY)):
        with pytest.raises(DatabaseError, match='relation "beneath" does not exist'):
            verb()
    place.run("ALTER TABLE elsewhere RENAME TO beneath")
    assert read.count() == 1


def test_groups_of_several_are_found_by_columns_of_every_kind(
    place: Place, docs: Callable[..., Any]
) -> None:
    place.run(
        "CREATE TABLE grouped (id int PRIMARY KEY, body text, v vector(3), whole bigint,"
        " rate real, price numeric, yes boolean, day date, word text);"
        "INSERT INTO grouped SELECT n, 'a cat', ARRAY[n, 1, 2]::real[]::vector, n % 2, n % 2 / 3.0,"
        " n % 2 + 0.10, n % 2 = 0, date '2024-01-01' + n % 2, 'w' || n % 2"
        " FROM generate_series(1, 300) AS n"
    )
    columns = ["whole", "rate", "price", "yes", "day", "word"]
    read = docs("grouped", metadata=columns)

    for column in columns:
        for found in (
            read.search(QUERY, limit=2, group_by=column, per_group=3),
            read.search_text("cats", limit=2, group_by=column, per_group=3),
        ):
            assert len(found) == 6
            assert len({one.group for one in found}) == 2


def test_a_text_of_too_many_words_is_told_with_what_would_help(
    place: Place, docs: Callable[..., Any]
) -> None:
    place.run(
        "CREATE TABLE novels (id int PRIMARY KEY, body text);"
        "INSERT INTO novels VALUES (1, 'a cat');"
        "INSERT INTO novels SELECT 2, string_agg('word' || n * 10007, ' ')"
        " FROM generate_series(1, 90000) AS n"
    )
    read = docs("novels", vector=None)

    with pytest.raises(DatabaseError, match=r"a row of .*novels has a longer text .* tsvector="):
        read.search_text("cat")
    assert read.count() == 2
