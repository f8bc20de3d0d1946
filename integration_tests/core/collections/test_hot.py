"""Hot values: frequent values of a field get an index of their own, and searches take it."""

from __future__ import annotations

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psycopg
import pytest
from psycopg import sql

from pgrecall import (
    Boost,
    Collection,
    CollectionConflictError,
    Condition,
    Hnsw,
    Hot,
    InvalidArgumentError,
    Item,
    Matches,
    Store,
)
from pgrecall._operations.indexes import parts as counting
from pgrecall._operations.indexes import promise
from pgrecall._operations.maintain.allowance import Allowance
from pgrecall._operations.maintain.due import Due
from pgrecall._operations.maintain.tasks import MEASURE_HOT, TASKS, Turn
from pgrecall._operations.search import planning
from pgrecall._statements.indexes import parts as statements
from pgrecall._statements.parts import Part
from pgrecall._statements.search import vector
from pgrecall.filters import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOSTILE = 'it\'s \\ 100% {us} "ü" €%s $1'
QUERY = [0.1, 0.2, 0.3, 0.4]
ROWS = 1_500


def items(value: Any, count: int, *, first: int = 0, key: str = "team") -> list[Item]:
    vectors = np.random.default_rng(first + count).normal(size=(count, 4))
    made = enumerate(vectors, first)
    return [
        Item(f"{value}-{n}"[-200:], one, f"text {n}", {key: value, "n": n % 10}) for n, one in made
    ]


class Place(NamedTuple):
    store: Store
    dsn: str
    tenant: str
    name: str = "docs"

    @property
    def where(self) -> tuple[str, str]:
        return self.tenant, self.name

    def make(self, fields: Mapping[str, Any], *given: Item, **more: Any) -> None:
        self.store.ensure_collection(self.tenant, Collection(self.name, 4, fields=fields, **more))
        self.store.upsert(*self.where, given)

    def indexes(self) -> list[str]:
        """Name the predicates of the partial indexes that there are."""
        found = self.store.describe_collection(*self.where)
        assert found is not None
        with psycopg.connect(self.dsn) as connection:
            rows = connection.execute(
                "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indrelid ="
                " %s::regclass AND indpred IS NOT NULL ORDER BY 1",
                [found.table_name],
            ).fetchall()
        return [row[0] for row in rows]

    def execute(self, query: str, *values: Any) -> None:
        found = self.store.describe_collection(*self.where)
        assert found is not None
        assert found.table_name is not None
        with psycopg.connect(self.dsn) as connection:
            connection.execute(query.replace("TABLE", found.table_name), values or None)  # type: ignore[arg-type]  # a test's own words


@pytest.fixture
def place(sync_store: Store, dsn: str, tenant: str) -> Place:
    return Place(sync_store, dsn, tenant)


@pytest.fixture(scope="module")
def teams(sync_store: Store, dsn: str) -> Iterator[Place]:
    """Two hot values, one that is none, and an index of all rows that nobody needs for them."""
    made = Place(sync_store, dsn, f"teams-{uuid.uuid4().hex}")
    both = zip(items(HOSTILE, ROWS), items("b", ROWS, first=ROWS), strict=True)
    rows = [*(item for pair in both for item in pair), *items("small", 90)]
    made.make({"team": Hot("text", rows=100)}, *rows)
    sync_store.maintain(made.tenant)
    sync_store.create_index(*made.where, Hnsw())
    yield made
    sync_store.drop_collection(*made.where)


def scanned(found: Matches) -> list[str]:
    assert found.explanation is not None
    lines = found.explanation.analyze.splitlines()
    # what was not run has no rows
    return [line for line in lines if "Scan using" in line and "never executed" not in line]


def takes_the_part(found: Matches) -> bool:
    used = [line for line in scanned(found) if "_hot_" in line]
    others = [line for line in scanned(found) if "_ann " in line]
    return len(used) == 1 and not others


FILTERS = {
    "equal": {"team": HOSTILE},
    "one of one": {"team": {"$in": [HOSTILE]}},
    "a path": Condition(("team",), "eq", HOSTILE),
    "and others": {"team": HOSTILE, "n": {"$lt": 10}},
    "within others": {"$and": [{"n": {"$lt": 10}}, {"$and": [{"team": HOSTILE}]}]},
}


@pytest.mark.parametrize("name", FILTERS)
async def test_a_search_of_a_hot_value_takes_its_index_and_finds_what_there_is(
    store: Any, teams: Place, name: str
) -> None:
    for _ in range(2):  # the share of the filter is not known, then it is
        found = await store.search(*teams.where, QUERY, filter=FILTERS[name], explain=True)
        assert takes_the_part(found)
    right = await store.search(*teams.where, QUERY, filter=FILTERS[name], exact=True)
    assert [match.id for match in found] == [match.id for match in right]
    assert "which has its own index" in found.explanation.reason


async def test_every_kind_of_search_by_vector_takes_it(store: Any, teams: Place) -> None:
    where, of = teams.where, {"filter": {"team": "b"}, "explain": True}
    few: dict[str, Any] = {**of, "candidates": 40}

    assert takes_the_part(await store.search_hybrid(*where, QUERY, "text", **few))
    assert takes_the_part(await store.search(*where, QUERY, group_by="n", exact=False, **of))
    boosted = [Boost({"n": 3}, 2.0)]
    assert takes_the_part(await store.search(*where, QUERY, boosts=boosted, **few))
    grouped = await store.search_hybrid(*where, QUERY, "1600", group_by="n", exact=False, **of)
    assert takes_the_part(grouped)
    assert takes_the_part(await store.search_near(*where, ["b-1500"], **of))
    assert takes_the_part(await store.search(*where, QUERY, exact=False, **of))
    [found] = await store.search_many(*where, [QUERY], **of)
    assert takes_the_part(found)


def test_all_hot_values_together_are_measured_for_as_long_as_one_load_may(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "FEW_ROWS", 100)
    monkeypatch.setattr(planning, "_PLAIN_COST", 0.1)
    place.make({"team": Hot("text", rows=100)}, *items("a", 200), *items("b", 150))
    with monkeypatch.context() as no_time:
        no_time.setattr(promise, "SECONDS", 0.0)
        no_time.setattr(promise, "SHARE", 0.0)
        told = [(one.task, one.outcome) for one in place.store.maintain(place.tenant).findings]
    assert told == [*[("index hot values", "done")] * 2, *[("measure hot values", "left")] * 2]
    assert len(place.indexes()) == 2

    report = place.store.maintain(place.tenant)
    assert [one.task for one in report.done] == ["measure hot values"] * 2
    assert place.store.maintain(place.tenant).findings == ()


def test_one_hot_value_takes_half_of_what_is_left_at_most_while_others_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(promise, "SECONDS", 10.0)
    allowance = Allowance(began=time.monotonic())
    parts = [Part("team", "text", name, rows, Hnsw()) for name, rows in (("a", 900), ("b", 100))]
    [task] = [one for one in TASKS if one.name == MEASURE_HOT]
    waiting: list[Any] = [Turn(None, None, task, Due("", "", "", part)) for part in parts]  # type: ignore[arg-type]  # only its time matters

    for place, seconds in ((0, 9.0), (1, 4.0)):
        before = time.monotonic()
        turn = allowance.given(waiting[place:])
        assert turn.budget is not None
        assert before <= turn.budget.deadline - seconds <= time.monotonic()
        allowance.take(turn, 6.0)


def test_what_the_index_of_a_hot_value_finds_is_measured_and_again_for_another_target(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "FEW_ROWS", 100)
    monkeypatch.setattr(planning, "_PLAIN_COST", 0.1)
    place.make({"team": Hot("text", rows=150)}, *items("a", 200), *items("b", 20))
    place.store.maintain(place.tenant)

    def asked() -> tuple[Any, str]:
        found = place.store.search(*place.where, QUERY, filter={"team": "a"}, explain=True)
        assert found.explanation is not None
        return found.explanation.promise, found.explanation.settings["hnsw.ef_search"]

    promise, ef_search = asked()
    assert promise.target == 0.98
    assert promise.recall is not None
    assert promise.recall > 0.95
    assert promise.rows == 200
    assert ef_search == str(promise.effort)
    after = Collection("docs", target_recall=0.9)
    place.store.alter_collection(place.tenant, after)
    [done] = place.store.maintain(place.tenant).done
    assert "for another recall" in done.what
    assert asked()[0].target == 0.9
    assert place.store.maintain(place.tenant).findings == ()


@pytest.mark.parametrize(
    "filter_",
    [{"team": "small"}, {"team": {"$in": ["b", "small"]}}, {"team": {"$ne": "b"}}, {"n": 1}],
)
async def test_other_filters_are_searched_as_ever(
    one_store: Any, teams: Place, filter_: Any
) -> None:
    found = await one_store.search(*teams.where, QUERY, filter=filter_, explain=True)

    assert not any("_hot_" in line for line in scanned(found))
    right = await one_store.search(*teams.where, QUERY, filter=filter_, exact=True)
    assert [match.id for match in found] == [match.id for match in right]


def test_a_plan_for_any_values_takes_the_index_too(teams: Place) -> None:
    context = teams.store._driver.context
    teams.store.count(*teams.where)
    stored = context.known(*teams.where)
    assert stored is not None
    view = stored.of_part(("team", "text", HOSTILE))
    rest = parse({"n": {"$lt": 10}})
    plan = planning.approximate(view, 10, 0.9)
    statement = vector.vector(view, None, 10, rest, plan, include_vectors=False)
    text, values = statement.sent()
    values = [sql.Literal("[1,1,1,1]" if value is None else value) for value in values]
    with psycopg.connect(teams.dsn) as connection:
        connection.execute("SET plan_cache_mode = force_generic_plan; SET enable_sort = off")
        connection.execute(f"PREPARE s AS {text}")  # type: ignore[arg-type]  # a test's own words
        run = sql.SQL("EXPLAIN EXECUTE s ({})").format(sql.SQL(", ").join(values))
        lines = [row[0] for row in connection.execute(run)]
    assert any("Scan using" in line and "_hot_" in line for line in lines)


def test_how_searches_of_many_hot_values_run_is_kept_for_all_of_them(place: Place) -> None:
    values = [f"team {n}" for n in range(8)]
    place.make({"team": Hot("text", rows=1)}, *(one for v in values for one in items(v, 3)))
    place.store.maintain(place.tenant)
    effort = {"measured": {f"fact {n}": "x" * 100 for n in range(200)}}
    place.execute(
        "UPDATE pgrecall.collections SET settings = jsonb_set(settings, '{hot}', (SELECT"
        " jsonb_object_agg(key, value || jsonb_build_object('effort', %s::jsonb))"
        " FROM jsonb_each(settings -> 'hot'))) WHERE tenant = %s",
        json.dumps(effort),
        place.tenant,
    )
    with Store(place.dsn) as other:
        for _ in range(3):
            for value in values:
                assert len(other.search(*place.where, QUERY, filter={"team": value})) == 3
        assert len(other._driver.context.ways) == len(values)


def test_rows_that_come_go_and_change_their_value_are_found_at_once(place: Place) -> None:
    place.make({"team": Hot("text", rows=50)}, *items("a", 60), *items("b", 60))
    place.store.maintain(place.tenant)

    place.store.update(*place.where, [])
    place.store.update_where(*place.where, {"team": "a", "n": 1}, set={"team": "b"})
    place.store.upsert(*place.where, [Item("new", QUERY, "", {"team": "b"})])
    place.store.upsert(*place.where, [Item("none", QUERY, "", {}), Item("null", QUERY)])

    found = place.store.search(
        *place.where, QUERY, filter={"team": "b"}, exact=False, limit=100, ef_search=200
    )
    assert len(found) == 67
    assert found[0].id == "new"


@pytest.mark.parametrize(
    ("kind", "value", "equal"),
    [
        ("number", 7, 7.0),
        ("number", -1.5e300, -1.5e300),
        ("boolean", True, True),
        ("text", "x" * 1_999 + "'", "x" * 1_999 + "'"),
        ("text", "", ""),
        ("text", "true", "true"),
    ],
    ids=str,
)
def test_values_of_every_type_can_be_hot(place: Place, kind: str, value: Any, equal: Any) -> None:
    place.make({"team": Hot(kind, rows=20)}, *items(value, 30))

    assert [one.outcome for one in place.store.maintain(place.tenant).findings] == ["done"]

    found = place.store.search(
        *place.where, QUERY, filter={"team": equal}, exact=False, explain=True
    )
    assert takes_the_part(found)
    assert len(found) == 10
    for other in (1, "7", False, None, "True"):
        if other != value:
            with pytest.raises(InvalidArgumentError, match="has no index"):
                place.store.search(*place.where, QUERY, filter={"team": other}, exact=False)


def test_the_predicate_of_an_index_holds_for_the_rows_that_a_filter_matches_and_no_others(
    sync_store: Store, place: Place
) -> None:
    values = ["7", "7.0", 7, 7.0, "true", True, False, None, "", [], ["7"], {"7": "7"}, "\\'%", "é"]
    place.make(
        {"team": "text"}, *(Item(f"{n}", QUERY, "", {"team": v}) for n, v in enumerate(values))
    )
    place.store.upsert(*place.where, [Item("none", QUERY)])
    stored = sync_store._driver.context.known(*place.where)
    assert stored is not None
    hot = [("text", v) for v in ("7", "7.0", "true", "", "\\'%", "é")]
    hot += [("number", "7"), ("boolean", "true"), ("boolean", "false")]
    with psycopg.connect(place.dsn) as connection:
        for kind, value in hot:
            part = Part("team", kind, value, 1.0, Hnsw())
            asked: Any = {"number": 7, "boolean": value == "true"}.get(kind, value)
            right = {
                item.id for item in place.store.list_items(*place.where, filter={"team": asked})
            }
            for test in (statements.index_test, statements.part_test):
                query = sql.SQL("SELECT id FROM {} WHERE {}").format(
                    stored.table, test(stored, part)
                )
                rows = connection.execute(query.as_string(None).replace("%%", "%"))  # type: ignore[arg-type]  # composed
                assert {row[0] for row in rows} == right
                assert right


def test_maintain_makes_the_indexes_of_frequent_values_and_drops_them_at_half(
    place: Place,
) -> None:
    place.make({"team": Hot("text", rows=40)}, *items("a", 41), *items("b", 40))

    report = place.store.maintain(place.tenant, dry_run=True)
    assert [one.what for one in report.findings] == [
        'about 41 rows have team = "a", and no index of their own'
    ]
    assert not place.indexes()
    [done] = place.store.maintain(place.tenant).done
    assert done.task == "index hot values"
    assert len(place.indexes()) == 1
    assert place.store.maintain(place.tenant).findings == ()

    place.store.delete(*place.where, [f"a-{n}" for n in range(20)])
    [told] = place.store.maintain(place.tenant).findings
    assert told.what == 'about 21 rows have team = "a", and clients know of 41'
    assert len(place.indexes()) == 1
    place.store.delete(*place.where, ["a-20"])
    [told] = place.store.maintain(place.tenant).findings
    assert told.task == "drop indexes of other values"
    assert told.what == 'few rows have team = "a" any more'
    assert not place.indexes()
    assert place.store.maintain(place.tenant).findings == ()


def test_of_values_whose_rows_a_sample_may_miss_all_are_counted(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "COUNTED_ROWS", 150)
    monkeypatch.setattr(counting, "RECOUNTED_TO", 100)  # pages are few here, and chance is all
    rows = [*items(1, 300), *items(2.5, 300, first=300), *items("e", 60, first=600)]  # in pages
    place.make({"team": Hot("number", rows=250)}, *rows)
    place.execute("ANALYZE TABLE")
    for _ in range(20):  # a sample of a few pages may find nothing that is worth it
        if len(place.indexes()) < 2:
            place.store.maintain(place.tenant)
    assert len(place.indexes()) == 2
    for _ in range(3):
        assert place.store.maintain(place.tenant, dry_run=True).findings == ()
    context = place.store._driver.context
    place.store.search(*place.where, QUERY)
    stored = context.known(*place.where)
    assert stored is not None
    assert [part.rows for part in stored.parts.values()] == [300.0, 300.0]


def test_the_values_with_the_most_rows_get_one_and_half_as_many_again_displace_none(
    place: Place,
) -> None:
    rows = [*items("a", 30), *items("b", 25), *items("c", 22)]
    place.make({"team": Hot("text", rows=20, most=2)}, *rows)
    place.store.maintain(place.tenant)

    def hot() -> set[str]:
        return {letter for letter in "abc" for one in place.indexes() if f"'{letter}'" in one}

    assert hot() == {"a", "b"}
    place.store.upsert(*place.where, items("c", 20, first=22))
    assert place.store.maintain(place.tenant).findings == ()
    place.store.upsert(*place.where, items("c", 20, first=42))
    assert {one.task for one in place.store.maintain(place.tenant).done} == {
        "index hot values",
        "drop indexes of other values",
    }
    assert hot() == {"a", "c"}


async def test_who_has_not_heard_that_an_index_is_gone_finds_the_same(
    open_store: Any, place: Place
) -> None:
    place.make({"team": Hot("text", rows=50)}, *items("a", 80), *items("b", 10))
    place.store.maintain(place.tenant)
    other = open_store(place.dsn)
    before = await other.search(*place.where, QUERY, filter={"team": "a"}, exact=False)
    place.store.alter_collection(place.tenant, Collection("docs", fields={"team": "text"}))
    assert not place.indexes()
    after = await other.search(*place.where, QUERY, filter={"team": "a"}, exact=False)
    with_more = await other.search(*place.where, QUERY, filter={"team": "a", "n": 1})
    await other.close()
    assert len(before) == 10
    assert [one.id for one in after] == [one.id for one in before]
    assert len(with_more) == 8


def test_a_far_part_is_found_by_the_index_of_all_rows_where_its_own_is_gone(
    teams: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, where = teams.store, {"team": "b"}
    right = store.search(*teams.where, QUERY, filter=where, exact=True)
    with Store(teams.dsn) as other:
        other.search(*teams.where, QUERY, filter=where)
        context = other._driver.context
        stored = context.known(*teams.where)
        assert stored is not None
        # as if it were dropped: no index has this name
        monkeypatch.setattr(type(stored.of_part(("team", "text", "b")).part), "purpose", "hot_gone")
        found = other.search(*teams.where, QUERY, filter=where, explain=True)
    assert [one.id for one in found] == [one.id for one in right]


def test_altering_makes_a_field_hot_and_cold_and_a_rewrite_keeps_it_so(place: Place) -> None:
    place.make({"team": "text"}, *items("a", 60))
    store, tenant = place.store, place.tenant
    assert store.maintain(tenant).findings == ()

    hot = Hot("text", rows=50, index=Hnsw(m=8))
    after = store.alter_collection(tenant, Collection("docs", fields={"team": hot}))
    assert after.fields == {"team": hot}
    assert len(store.maintain(tenant).done) == 1
    store.alter_collection(tenant, Collection("docs", storage="halfvec"))
    described = store.describe_collection(*place.where)
    assert described is not None
    assert described.fields == {"team": hot}
    assert not place.indexes()
    assert len(store.search(*place.where, QUERY, filter={"team": "a"})) == 10
    assert [one.task for one in store.maintain(tenant).done] == ["index hot values"]

    other = Hot("text", rows=50)
    store.alter_collection(tenant, Collection("docs", fields={"team": other}))
    assert not place.indexes()
    assert len(store.maintain(tenant).done) == 1
    assert len(place.indexes()) == 1
    store.alter_collection(tenant, Collection("docs", fields={}))
    assert not place.indexes()
    assert store.maintain(tenant).findings == ()


def test_a_new_name_and_a_cleared_collection_keep_what_is_right(place: Place) -> None:
    place.make({"team": Hot("text", rows=50)}, *items("a", 60))
    place.store.maintain(place.tenant)
    place.store.rename_collection(place.tenant, "docs", "notes")
    renamed = place._replace(name="notes")

    found = place.store.search(
        *renamed.where, QUERY, filter={"team": "a"}, exact=False, explain=True
    )
    assert takes_the_part(found)
    assert place.store.maintain(place.tenant).findings == ()

    place.store.clear(*renamed.where)
    assert not renamed.indexes()
    place.store.load(*renamed.where, items("a", 60))
    assert [one.task for one in place.store.maintain(place.tenant).done] == ["index hot values"]
    place.store.delete_where(*renamed.where, {"team": "a"})
    place.store.load(*renamed.where, items("a", 60))
    assert not renamed.indexes()
    assert len(place.store.search(*renamed.where, QUERY, filter={"team": "a"})) == 10


def test_two_who_maintain_at_once_build_each_index_once(place: Place) -> None:
    place.make({"team": Hot("text", rows=50)}, *items("a", 60), *items("b", 60))
    with Store(place.dsn) as other, ThreadPoolExecutor(2) as threads:
        running = [threads.submit(one.maintain, place.tenant) for one in (place.store, other)]
        reports = [one.result() for one in running]
    place.store.maintain(place.tenant)
    assert len(place.indexes()) == 2
    outcomes = {one.outcome for report in reports for one in report.findings}
    assert outcomes <= {"done", "left"}


def test_of_many_rows_a_sample_is_counted(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "COUNTED_ROWS", 100)
    place.make({"team": Hot("text", rows=50)}, *items("a", 200))
    place.store.maintain(place.tenant)
    for _ in range(50):  # of few pages chance may draw none
        if place.indexes():
            break
        place.store.maintain(place.tenant)
    assert len(place.indexes()) == 1


def test_equal_numbers_are_one_value_however_they_are_written(place: Place) -> None:
    rows = [*items(1, 30), *items(1.0, 30, first=30), *items(2.5, 60, first=100)]
    place.make({"team": Hot("number", rows=50)}, *rows)
    place.store.maintain(place.tenant)
    assert len(place.indexes()) == 2
    place.store.update_where(*place.where, {"team": 1}, set={"team": 1.0})
    assert place.store.maintain(place.tenant).findings == ()
    found = place.store.search(*place.where, QUERY, filter={"team": 1}, exact=False, limit=100)
    assert len(found) == 60


def test_what_an_interrupted_build_left_is_dropped_and_built(place: Place) -> None:
    place.make({"team": Hot("text", rows=50)}, *items("a", 60))
    place.store.maintain(place.tenant)
    place.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indrelid = 'TABLE'::regclass"
        " AND indpred IS NOT NULL"
    )
    assert len(place.store.search(*place.where, QUERY, filter={"team": "a"})) == 10

    tasks = [one.task for one in place.store.maintain(place.tenant).done]
    assert tasks == ["drop half-built indexes", "index hot values"]
    assert place.store.maintain(place.tenant).findings == ()


def test_an_index_that_was_built_and_not_told_of_is_told_of(place: Place) -> None:
    place.make({"team": Hot("text", rows=50)}, *items("a", 60))
    place.store.maintain(place.tenant)
    place.execute("UPDATE pgrecall.collections SET settings = settings - 'hot'")

    [done] = place.store.maintain(place.tenant).done
    assert done.what.endswith("and no client knows of their index")
    assert place.store.maintain(place.tenant).findings == ()


def test_hot_is_another_layout_than_a_type_alone_and_older_clients_read_the_type(
    place: Place,
) -> None:
    hot = Hot("text", rows=5_000, most=3)
    place.make({"team": hot, "n": "number"})

    described = place.store.describe_collection(*place.where)
    assert described is not None
    assert described.fields == {"team": hot, "n": "number"}
    place.store.ensure_collection(place.tenant, described)
    for other in ({"team": "text", "n": "number"}, {"team": Hot("text"), "n": "number"}):
        with pytest.raises(CollectionConflictError, match="fields"):
            place.store.ensure_collection(place.tenant, Collection("docs", fields=other))
    with psycopg.connect(place.dsn) as connection:
        row = connection.execute(
            "SELECT fields FROM pgrecall.collections WHERE tenant = %s", [place.tenant]
        ).fetchone()
    assert row == ({"team": "text", "n": "number"},)


@pytest.mark.parametrize(
    ("fields", "more", "told"),
    [
        ({"at": Hot("datetime")}, {}, "can be Hot('text') or Hot('number') or Hot('boolean')"),
        ({"at": Hot("text", rows=0)}, {}, "rows of fields['at']=0 must be a whole number from 1"),
        ({"at": Hot("text", most=65)}, {}, "most of fields['at']=65 must be a whole number"),
        ({"at": Hot("text", index=None)}, {}, "index of fields['at'] must be Hnsw(...)"),  # type: ignore[arg-type]
        ({"at": Hot("text", index=Hnsw(m=1))}, {}, "fields['at']: Hnsw m=1 must be"),
        ({"at": Hot("text")}, {"distributed": True}, "which a distributed collection cannot have"),
        ({"at": Hot("text")}, {"dimensions": 2_001}, "Hnsw(quantization='half' or 'binary')"),
    ],
    ids=str,
)
def test_what_cannot_be_hot_is_refused(
    sync_store: Store, tenant: str, fields: Any, more: Any, told: str
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        sync_store.ensure_collection(
            tenant, Collection("docs", **{"dimensions": 4, **more}, fields=fields)
        )
    assert told in str(caught.value)
