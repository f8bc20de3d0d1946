"""Entries: JSON values under the keys of nested namespaces."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from pgrecall import DatabaseError, FilterError, InvalidArgumentError, Store
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import entries
from pgrecall._operations.work import one
from pgrecall._statements.entries import entries as statements
from pgrecall._statements.entries import namespaces as entry_namespaces
from pgrecall._statements.entries import removing as entry_removing
from pgrecall._statements.statement import Statement
from pgrecall.filters import parse
from pgrecall.models import Entry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Run = Callable[..., Awaitable[Any]]

SPACE = "space"
VALUES = [
    None,
    True,
    0,
    1.5,
    2**60,
    "",
    "text",
    "Größe %s",
    [],
    [1, "a", None],
    {},
    {"a": {"b": 1}},
]


@pytest.fixture(scope="module")
def pair(dsn: str) -> Iterator[Pair]:
    pair = Pair(dsn)
    yield pair
    pair.close()


@pytest.fixture
def run(pair: Pair, tenant: str) -> Run:
    """Run an operation of entries by name, for this test's tenant.

    LangGraph's tests run them from both kinds of callers.
    """

    async def call(name: str, *arguments: Any, space: str = SPACE, **keywords: Any) -> Any:
        operation = getattr(entries, name)(pair.context, tenant, space, *arguments, **keywords)
        return pair.run(operation)

    return call


def keys_of(found: list[Entry]) -> list[str]:
    return [entry.key for entry in found]


async def put(run: Run, *names: str, value: Any = 1, **keywords: Any) -> None:
    """Write entries by their names, such as "a/b/key"."""
    made = [name.split("/") for name in names]
    await run("put", [Entry(tuple(parts), key, value, **keywords) for *parts, key in made])


def expire(dsn: str, tenant: str, key: str) -> None:
    """Let an entry's time be over."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "UPDATE pgrecall.entries SET expires_at = now() - interval '1 second'"
            " WHERE tenant = %s AND id = %s",
            (tenant, key),
        )


@pytest.mark.parametrize("value", VALUES, ids=repr)
async def test_a_value_of_any_kind_that_json_has_comes_back(run: Run, value: Any) -> None:
    await run("put", [Entry(("a",), "k", value)])

    [found] = await run("get", [(("a",), "k")])

    assert found.value == value
    assert type(found.value) is type(value)


async def test_get_answers_each_key_in_the_order_asked(run: Run) -> None:
    await put(run, "a/one", "a/two")

    found = await run("get", [(("a",), "two"), (("b",), "one"), (("a",), "one"), (("a",), "two")])

    assert [one and one.key for one in found] == ["two", None, "one", "two"]


async def test_nothing_asked_and_nothing_put_is_nothing(run: Run) -> None:
    assert await run("get", []) == []
    assert await run("put", []) == 0
    assert await run("delete", []) == 0
    assert await run("touch", []) == 0


@pytest.mark.parametrize(
    "part", ['"', "\\", "{}", ",", "%s", "*", "NULL", "", " ", "a.b", "'; --", "文", "\x01", "\n"]
)
async def test_a_part_of_a_namespace_and_a_key_may_be_any_text(run: Run, part: str) -> None:
    key = part or "empty"
    await run("put", [Entry((part, "x", part), key, 1), Entry(("x",), key, 2)])

    assert [one.value for one in await run("get", [((part, "x", part), key)])] == [1]
    assert [one.namespace for one in await run("find", prefix=(part,))] == [(part, "x", part)]
    assert await run("namespaces") == sorted([("x",), (part, "x", part)])


async def test_the_last_of_a_repeated_key_wins(run: Run) -> None:
    assert await run("put", [Entry((), "k", 1), Entry((), "k", 2)]) == 1

    assert [one.value for one in await run("get", [((), "k")])] == [2]


async def test_writing_again_keeps_when_it_was_made(run: Run) -> None:
    await put(run, "a/k")
    [first] = await run("get", [(("a",), "k")])
    await put(run, "a/k", value=2)

    [again] = await run("get", [(("a",), "k")])

    assert again.value == 2
    assert again.created_at == first.created_at
    assert again.updated_at > first.updated_at
    assert again.created_at.tzinfo is UTC


async def test_spaces_and_tenants_are_apart(run: Run, pair: Pair) -> None:
    await put(run, "a/k")

    assert await run("get", [(("a",), "k")], space="other") == [None]
    assert await run("clear", space="other") == 0
    assert pair.run(entries.find(pair.context, "another", SPACE)) == []
    assert keys_of(await run("find")) == ["k"]


async def test_a_prefix_matches_whole_parts_alone(run: Run) -> None:
    await put(run, "a/1", "a/b/2", "a/b/c/3", "ab/4", "a\x01/5", "A/6", "7", "a/bb/8")

    assert sorted(keys_of(await run("find", prefix=("a",)))) == ["1", "2", "3", "8"]
    assert sorted(keys_of(await run("find", prefix=("a", "b")))) == ["2", "3"]
    assert len(await run("find")) == 8


async def test_the_last_written_is_found_first(run: Run) -> None:
    for name in ("a/1", "b/2", "a/3"):
        await put(run, name)
    await put(run, "a/1")

    assert keys_of(await run("find")) == ["1", "3", "2"]
    assert keys_of(await run("find", limit=1, offset=1)) == ["3"]
    assert keys_of(await run("find", offset=3)) == []


async def test_what_was_written_at_once_is_in_the_order_of_its_keys(run: Run) -> None:
    await put(run, "b/1", "a/2", "a/1", "1", "a/b/0")

    found = await run("find")

    names = [(entry.namespace, entry.key) for entry in found]
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("filter_", "wanted"),
    [
        ({"n": {"$gt": 30}}, ["1000"]),
        ({"n": 30}, ["30"]),
        ({"n": {"$in": [30, "x"]}}, ["30", "x"]),
        ({"id": "x"}, ["x"]),
        ({"id": {"$in": ["x", "30"]}}, ["30", "x"]),
        ({"n": {"$ne": 30}}, ["1000", "x"]),
        ({"$or": [{"n": "x"}, {"n": 1000}]}, ["1000", "x"]),
    ],
)
async def test_a_filter_applies_before_the_limit(run: Run, filter_: Any, wanted: list[str]) -> None:
    await run("put", [Entry(("a",), str(n), {"n": n}) for n in (30, 1000, "x")])
    await run("put", [Entry(("b",), str(n), {"n": n}) for n in (30, 1000, "x")])

    found = await run("find", prefix=("a",), filter_=filter_, limit=3)

    assert sorted(keys_of(found)) == wanted


async def test_a_filter_finds_nothing_in_values_that_are_no_objects(run: Run) -> None:
    await run("put", [Entry((), f"k{n}", value) for n, value in enumerate(VALUES)])

    assert await run("find", filter_={"a": {"$exists": True}}) == [
        one for one in await run("find") if one.value == {"a": {"b": 1}}
    ]


async def test_delete_and_clear_count_what_they_remove(run: Run) -> None:
    await put(run, "a/1", "a/2", "a/b/3", "c/4")

    assert await run("delete", [(("a",), "1"), (("a",), "1"), (("a",), "none")]) == 1
    assert await run("clear", ("a",)) == 2
    assert await run("clear") == 1
    assert await run("find") == []


async def test_what_has_expired_is_invisible_everywhere(run: Run, tenant: str, dsn: str) -> None:
    await put(run, "a/k", ttl_minutes=5)
    expire(dsn, tenant, "k")

    assert await run("get", [(("a",), "k")]) == [None]
    assert await run("find") == []
    assert await run("namespaces") == []
    assert await run("touch", [(("a",), "k")]) == 0
    assert await run("delete", [(("a",), "k")]) == 0


async def test_clear_does_not_count_what_has_expired(run: Run, tenant: str, dsn: str) -> None:
    await put(run, "a/k", "a/l", ttl_minutes=5)
    expire(dsn, tenant, "k")

    assert await run("clear") == 1


async def test_a_sweep_removes_what_has_expired_and_nothing_else(
    run: Run, tenant: str, dsn: str
) -> None:
    await put(run, "a/k", "a/l", ttl_minutes=5)
    await put(run, "a/m")
    expire(dsn, tenant, "k")

    assert await run("sweep") == 1
    assert await run("sweep") == 0
    assert sorted(keys_of(await run("find"))) == ["l", "m"]


async def test_what_is_written_after_it_expired_is_new(run: Run, tenant: str, dsn: str) -> None:
    await put(run, "k", ttl_minutes=5)
    [first] = await run("get", [((), "k")])
    expire(dsn, tenant, "k")
    await put(run, "k")

    [again] = await run("get", [((), "k")])

    assert again.created_at > first.created_at
    assert again.expires_at is again.ttl_minutes is None


async def test_an_entry_lives_so_many_minutes_from_its_last_write_or_touch(run: Run) -> None:
    await put(run, "k", ttl_minutes=1.5)
    [first] = await run("get", [((), "k")])

    assert first.expires_at - first.updated_at == timedelta(seconds=90)
    assert await run("touch", [((), "k"), ((), "none")]) == 1
    [again] = await run("get", [((), "k")])
    assert again.expires_at > first.expires_at
    assert again.updated_at == first.updated_at


async def test_an_entry_that_lives_no_minutes_is_gone_at_once(run: Run) -> None:
    await put(run, "k", ttl_minutes=0)

    assert await run("get", [((), "k")]) == [None]


NAMES = ["a/x/k", "a/y/k", "b/x/k", "b/x/y/k", "x/k", "a/x/y/z/k", "k"]


@pytest.mark.parametrize(
    ("conditions", "wanted"),
    [
        ([], ["", "a/x", "a/x/y/z", "a/y", "b/x", "b/x/y", "x"]),
        ([("prefix", ("a",))], ["a/x", "a/x/y/z", "a/y"]),
        ([("prefix", ("*", "x"))], ["a/x", "a/x/y/z", "b/x", "b/x/y"]),
        ([("prefix", ("a", "*", "y"))], ["a/x/y/z"]),
        ([("suffix", ("x",))], ["a/x", "b/x", "x"]),
        ([("suffix", ("x", "*"))], ["b/x/y"]),
        ([("prefix", ("b",)), ("suffix", ("y",))], ["b/x/y"]),
        ([("suffix", ("*", "*", "*", "*", "*"))], []),
    ],
)
async def test_namespaces_are_listed_by_their_beginning_and_end(
    run: Run, conditions: Any, wanted: list[str]
) -> None:
    await put(run, *NAMES)

    assert ["/".join(found) for found in await run("namespaces", conditions=conditions)] == wanted


async def test_namespaces_are_cut_to_a_depth_each_once(run: Run) -> None:
    await put(run, *NAMES)

    assert await run("namespaces", max_depth=1) == [(), ("a",), ("b",), ("x",)]
    assert await run("namespaces", max_depth=1, limit=2, offset=1) == [("a",), ("b",)]
    assert await run("namespaces", max_depth=0) == [()]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (Entry(("a",), "", 1), "a key must not be empty"),
        (Entry(("a",), 1, 1), "a key must be a string"),  # type: ignore[arg-type]
        (Entry(("a",), "k\0", 1), "holds NUL"),
        (Entry(("a\0",), "k", 1), "holds NUL"),
        (Entry(("\ud800",), "k", 1), "lone surrogate"),
        (Entry((1,), "k", 1), "a part of a namespace must be a string"),  # type: ignore[arg-type]
        (Entry("abc", "k", 1), "a namespace must be a tuple"),  # type: ignore[arg-type]
        (Entry(("a",), "k" * 3000, 1), "an index holds 2,400"),
        (Entry(("a",), "k", float("nan")), "the value of key 'k' is not JSON"),
        (Entry(("a",), "k", {"a": "\0"}), "holds NUL"),
        (Entry(("a",), "k", "\ud800"), "lone surrogate"),
        (Entry(("a",), "k", {1: 2}), "JSON keys are strings"),
        (Entry(("a",), "k", {"a": object()}), "is not JSON"),
        (Entry(("a",), "k", 1, ttl_minutes=-1), "ttl_minutes must be a number from 0"),
        (Entry(("a",), "k", 1, ttl_minutes=float("inf")), "ttl_minutes must be"),
        (Entry(("a",), "k", 1, ttl_minutes=True), "ttl_minutes must be"),
        ("k", "entries must be Entry"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_entry_that_cannot_be_kept_is_refused_and_nothing_is_written(
    run: Run, entry: Any, says: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=says):
        await run("put", [Entry(("a",), "good", 1), entry])

    assert await run("find") == []


@pytest.mark.parametrize(
    ("name", "keywords"),
    [
        ("find", {"limit": 0}),
        ("find", {"offset": -1}),
        ("find", {"prefix": "abc"}),
        ("find", {"filter_": {"a": {"$wrong": 1}}}),
        ("namespaces", {"max_depth": -1}),
        ("namespaces", {"conditions": [("infix", ("a",))]}),
        ("find", {"space": ""}),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    run: Run, name: str, keywords: dict[str, Any]
) -> None:
    with pytest.raises((InvalidArgumentError, FilterError)):
        await run(name, **keywords)


async def test_the_longest_key_that_is_taken_fits_its_index(run: Run, tenant: str) -> None:
    # random text is not compressed in an index
    text = "".join(chr(33 + n * 7919 % 89) for n in range(2400 - len(tenant) - len(SPACE)))

    assert await run("put", [Entry((), text, 1)]) == 1


async def test_thousands_of_entries_are_written_and_read_at_once(run: Run) -> None:
    many = [Entry((f"n{n % 7}",), f"k{n}", {"n": n, "text": "t" * 200}) for n in range(5000)]

    assert await run("put", many) == 5000

    found = await run("get", [(entry.namespace, entry.key) for entry in many])
    assert [one.value for one in found] == [entry.value for entry in many]
    assert len(await run("find", prefix=("n3",))) == len([n for n in range(5000) if n % 7 == 3])


def test_many_entries_are_written_all_or_none(pair: Pair, dsn: str, tenant: str) -> None:
    pair.run(entries.put(pair.context, tenant, SPACE, [Entry(("z",), "last", 0)]))
    many = [Entry((), f"k{n:04d}", "t" * 1000) for n in range(3000)]
    with (
        psycopg.connect(dsn) as other,
        Store(make_conninfo(dsn, options="-c lock_timeout=100ms")) as impatient,
    ):
        other.execute("SELECT FROM pgrecall.entries WHERE tenant = %s FOR UPDATE", (tenant,))
        mine = Pair(impatient)
        with pytest.raises(DatabaseError, match="lock timeout"):
            mine.run(entries.put(mine.context, tenant, SPACE, [*many, Entry(("z",), "last", 1)]))

    found = pair.run(entries.find(pair.context, tenant, SPACE))
    assert [(entry.key, entry.value) for entry in found] == [("last", 0)]


def test_writers_of_the_same_keys_never_see_a_deadlock(pair: Pair, tenant: str) -> None:
    rows = [Entry((), f"k{n}", n) for n in range(60)]
    failures: list[BaseException] = []

    def write(turn: int) -> None:
        mine = rows if turn % 2 else rows[::-1]
        keys = [(entry.namespace, entry.key) for entry in mine]
        try:
            for _ in range(15):
                pair.run(entries.put(pair.context, tenant, SPACE, mine))
                pair.run(entries.touch(pair.context, tenant, SPACE, keys))
                pair.run(entries.delete(pair.context, tenant, SPACE, keys[: 20 + turn]))
        except BaseException as error:  # noqa: BLE001  # the test fails by it
            failures.append(error)

    threads = [threading.Thread(target=write, args=(turn,)) for turn in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []


async def test_a_hundred_tasks_write_and_read_at_once(pair: Pair, tenant: str) -> None:
    async def work(n: int) -> Any:
        key = ((f"n{n % 3}",), f"k{n}")
        await pair.arun(entries.put(pair.context, tenant, SPACE, [Entry(*key, n)]))
        [found] = await pair.arun(entries.get(pair.context, tenant, SPACE, [key]))
        return found and found.value

    assert await asyncio.gather(*(work(n) for n in range(100))) == list(range(100))
    await pair.async_store.close()


@pytest.fixture(scope="module")
def planned(fresh_database: str) -> Iterator[Pair]:
    """20,000 entries of one tenant in 1,000 namespaces, beside as many of another."""
    pair = Pair(fresh_database)
    for tenant in ("planned", "other"):
        many = [
            Entry((f"user-{n % 1000}", f"thread-{n % 10}"), f"k{n}", {"n": n})
            for n in range(20_000)
        ]
        pair.run(entries.put(pair.context, tenant, SPACE, many))
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        connection.execute("ANALYZE pgrecall.entries")
    yield pair
    pair.close()


@pytest.fixture(scope="module")
def fresh_database(make_database: Callable[..., str]) -> str:
    made = make_database()
    with Store(made) as store:
        store.list_collections("nobody")
    return made


def explained(pair: Pair, statement: Statement) -> str:
    text = statement.sql if isinstance(statement.sql, bytes) else statement.sql.as_bytes(None)
    rows = pair.run(_explain(Statement(b"EXPLAIN " + text, statement.parameters)))
    return "\n".join(line for (line,) in rows)


def _explain(statement: Statement) -> Any:
    result = yield one(statement)
    return result.rows


KEYS = [((f"user-{n}", f"thread-{n % 10}"), f"k{n}") for n in range(50)]
PLANNED = ("pgrecall", "planned", SPACE)


@pytest.mark.parametrize(
    "statement",
    [
        statements.get(*PLANNED, KEYS[:1]),
        statements.get(*PLANNED, KEYS),
        entry_removing.delete(*PLANNED, KEYS),
        statements.touch(*PLANNED, KEYS),
        statements.find(*PLANNED, prefix=("user-7",), filter_=None, limit=10, offset=0),
        statements.find(
            *PLANNED, prefix=("user-7", "thread-7"), filter_=parse({"n": 7}), limit=10, offset=0
        ),
        entry_removing.clear(*PLANNED, ("user-7",)),
        entry_removing.sweep(*PLANNED),
        entry_namespaces.namespaces(
            *PLANNED, conditions=[("prefix", ("user-7", "*"))], max_depth=1, limit=10, offset=0
        ),
    ],
    ids=["one", "many", "delete", "touch", "prefix", "filter", "clear", "sweep", "namespaces"],
)
def test_an_index_serves_every_statement(planned: Pair, statement: Statement) -> None:
    plan = explained(planned, statement)

    assert "Seq Scan" not in plan, plan
    assert "entries_pkey" in plan or "entries_expiry" in plan


parts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=3)
spaces = st.lists(parts, max_size=3).map(tuple)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    names=st.lists(st.tuples(spaces, parts.filter(bool)), max_size=12),
    prefix=spaces,
    depth=st.none() | st.integers(0, 4),
)
def test_prefixes_and_orders_are_those_of_pythons_tuples(
    pair: Pair, tenant: str, names: list[Any], prefix: tuple[str, ...], depth: int | None
) -> None:
    pair.run(entries.clear(pair.context, tenant, SPACE))
    pair.run(entries.put(pair.context, tenant, SPACE, [Entry(*name, 1) for name in names]))

    found = pair.run(entries.find(pair.context, tenant, SPACE, prefix=prefix))
    listed = pair.run(entries.namespaces(pair.context, tenant, SPACE, max_depth=depth))

    below = sorted({name for name in names if name[0][: len(prefix)] == prefix})
    assert [(entry.namespace, entry.key) for entry in found] == below
    assert listed == sorted({name[0][:depth] for name in names})


def test_a_get_is_one_statement(pair: Pair, tenant: str) -> None:
    pair.run(entries.put(pair.context, tenant, SPACE, [Entry((), "k", 1)]))
    works = list(_works(entries.get(pair.context, tenant, SPACE, [((), "k")]), pair))

    assert len(works) == 1
    assert not works[0].transaction


def _works(operation: Any, pair: Pair) -> Any:
    reply: Any = None
    while True:
        try:
            work = operation.send(reply)
        except StopIteration:
            return
        yield work
        reply = pair.run(_passed(work))


def _passed(work: Any) -> Any:
    result = yield work
    return result
