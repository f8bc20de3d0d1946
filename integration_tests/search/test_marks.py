"""Marks in tsvectors: a lone common word is found where it counts most, the rest is not read."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import closing
from psycopg import sql

from pgrecall import ByField, Collection, Item
from pgrecall._operations.search import text as searching
from pgrecall._operations.search.text import known_frequencies
from pgrecall._pools.sessions import _EncodedDumper
from pgrecall._statements.search import bm25, text
from pgrecall._statements.search.text_query import TextQuery
from pgrecall._values.vectors import Encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pgrecall import Store

TENANT = "marks"
ROWS = 3_000
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "titled": {"title": "title"},
    "without length": {"b": 0},
    "counted once": {"k1": 0},
    "in languages": {"text_search": ByField("lang", {"a": "simple"}, otherwise="english")},
}
ASKED = ("valve", "valve pump", "valve pump steam plant", "valve '\\ ==3 o'neil")


def rows() -> Iterator[Item]:
    """Give texts of a few common words, each from once to some hundred times, short and long."""
    chosen = random.Random(11)  # noqa: S311  # not for secrets
    words = ["valve", "pump", "steam", "plant", "o'neil", "filler"]
    for number in range(ROWS):
        length = int(chosen.lognormvariate(2.0, 1.1)) + 1
        made = chosen.choices(words, [3, 2, 1, 1, 0.2, 6], k=length)
        if number % 500 == 7:
            made += ["valve"] * chosen.choice([3, 9, 20, 70, 140, 300])
        title = " ".join(chosen.choices(words, k=chosen.choice([0, 0, 0, 1, 3])))
        yield Item(f"d{number:05}", None, " ".join(made), {"title": title, "n": number})


@pytest.fixture(scope="module", autouse=True)
def _known_for_long() -> Iterator[None]:
    """Keep what BM25 knows beforehand: another sample's average length gives other scores."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "MAX_AGE", 3_600.0)
        patch.setattr(searching, "ROWS_A_SECOND", 1)
        yield


@pytest.fixture(scope="module", params=KINDS)
def corpus(sync_store: Store, dsn: str, request: pytest.FixtureRequest) -> str:
    """Rows that nearly all have a common word, with statistics of them."""
    name = request.param
    options = {"text_search": "simple", **KINDS[name]}
    sync_store.ensure_collection(TENANT, Collection(name, 2, **options))
    sync_store.load(TENANT, name, rows())
    analyse(sync_store, dsn, name)
    return name


def analyse(store: Store, dsn: str, name: str) -> None:
    """Let the server count words, of which a collection of so few rows asks it otherwise."""
    table = store.describe_collection(TENANT, name).table_name
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("ANALYZE {}").format(sql.SQL(table or "")))


def found(store: Store, name: str, asked: str, **options: Any) -> list[tuple[str, float]]:
    return [(m.id, m.score) for m in store.search_text(TENANT, name, asked, **options)]


@pytest.mark.parametrize("syntax", ["any", "web", "all"])
@pytest.mark.parametrize("filter_", [None, {"n": {"$lt": 1_000}}], ids=["every row", "filtered"])
def test_what_marks_leave_unread_could_not_have_been_among_the_best(
    sync_store: Store, corpus: str, syntax: str, filter_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for asked in ASKED:
        for limit in (1, 30):
            options = {"limit": limit, "syntax": syntax, "filter": filter_}
            with monkeypatch.context() as patch:
                patch.setattr(bm25, "BUDGET", 1_000_000)
                every = found(sync_store, corpus, asked, **options)
            with monkeypatch.context() as patch:
                for budget, best in ((0, 5), (1_000, 100)):
                    patch.setattr(bm25, "BUDGET", budget)
                    patch.setattr(bm25, "BEST", best)
                    assert found(sync_store, corpus, asked, **options) == every


def plan_of(store: Store, dsn: str, name: str, asked: str) -> dict[str, Any]:
    """Give the plan of a search that ran, by the names of its parts."""
    driver = store._driver
    stored = driver.context.known(TENANT, name)
    known = driver.run(known_frequencies(driver.context, stored))
    made = text.text(stored, asked, 10, None, TextQuery(), known, highlight=False)
    with psycopg.connect(dsn) as connection:
        connection.adapters.register_dumper(Encoded, _EncodedDumper)
        connection.execute("SET enable_seqscan = off")
        assert isinstance(made.sql, bytes)
        explain = b"EXPLAIN (ANALYZE, FORMAT JSON) " + made.sql
        [(plans,)] = connection.execute(explain, made.parameters).fetchall()
    parts = plans[0]["Plan"]["Plans"]
    return {part["Subplan Name"]: part for part in parts if "Subplan Name" in part}


def nodes_of(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield part
    for below in part.get("Plans", []):
        yield from nodes_of(below)


@pytest.fixture(scope="module")
def many(sync_store: Store, dsn: str) -> str:
    """A word that every row has: most of them long, ten short, and five with it again and again."""
    sync_store.ensure_collection(TENANT, Collection("many", 2, text_search="simple"))
    register = "valve of the long register of the plant number"
    texts = [
        *(f"{register} {n} {n + 1} {n + 2} {n + 3}" for n in range(30_000)),
        *(f"valve {'ab'[n % 2] * (1 + n // 2)}" for n in range(300)),
        *("valve " * 40 + f"{register} {n}" for n in range(5)),
    ]
    sync_store.load(TENANT, "many", [Item(f"d{n:05}", None, one) for n, one in enumerate(texts)])
    analyse(sync_store, dsn, "many")
    return "many"


def test_a_lone_common_word_reads_few_of_the_rows_that_hold_it(
    sync_store: Store, dsn: str, many: str
) -> None:
    parts = plan_of(sync_store, dsn, many, "valve")

    read = sum(
        node["Actual Rows"] * node["Actual Loops"]
        for part in parts.values()
        for node in nodes_of(part)
        if node["Node Type"] == "Bitmap Heap Scan"
    )
    assert 0 < read < 2_000  # of 30,305
    assert parts["CTE next_rows"]["Actual Rows"] == 0


def test_rows_by_their_marks_are_found_by_the_index(sync_store: Store, dsn: str, many: str) -> None:
    parts = plan_of(sync_store, dsn, many, "valve")

    for name in ("CTE best_rows", "CTE other_rows"):
        nodes = [node["Node Type"] for node in nodes_of(parts[name])]
        assert "BitmapOr" in nodes
        assert "Seq Scan" not in nodes


async def test_the_best_of_a_word_that_every_row_has_come_first(
    open_store: Callable[..., Any], dsn: str, many: str
) -> None:
    async with closing(open_store(dsn)) as store:
        matches = await store.search_text(TENANT, many, "valve", limit=8)

    assert [match.text.split().count("valve") for match in matches] == [41] * 5 + [1] * 3
    assert [match.text for match in matches[5:]] == ["valve a", "valve b", "valve aa"]


async def test_marks_are_no_words_of_an_item(one_store: Any, tenant: str) -> None:
    await one_store.ensure_collection(tenant, Collection("docs", 2, text_search="simple"))
    await one_store.upsert(tenant, "docs", [Item("a", None, "pump pump pump valve")])

    told = await one_store.analyze_text(tenant, "docs", id="a")

    assert [token.word for token in told] == ["pump", "valve"]


@pytest.mark.parametrize("asked", ["==9", "=3", "==9:*", "=:*"])
@pytest.mark.parametrize("syntax", ["any", "web", "raw", "phrase", "all"])
async def test_nobody_finds_an_item_by_its_marks(
    one_store: Any, tenant: str, syntax: str, asked: str
) -> None:
    await one_store.ensure_collection(tenant, Collection("docs", 2, text_search="simple"))
    await one_store.upsert(tenant, "docs", [Item("a", None, "pump pump pump valve")])
    if syntax == "raw" and ":*" in asked:
        asked = f"'{asked.removesuffix(':*')}':*"

    assert await one_store.search_text(tenant, "docs", asked, syntax=syntax) == []


@pytest.mark.parametrize(
    "words",
    ["a" * 2_040, "-".join(f"w{n}" for n in range(9_000)), "x " * 40_000, "'\\ , '' \\'' ,,", ""],
    ids=["a word as long as can be", "many compounds", "one word", "signs", "nothing"],
)
async def test_any_text_is_stored_with_its_marks(one_store: Any, tenant: str, words: str) -> None:
    await one_store.ensure_collection(tenant, Collection("docs", 2, text_search="simple"))
    repeated = " ".join([words] * 5)[:130_000]
    await one_store.upsert(tenant, "docs", [Item("a", None, repeated), Item("b", None, "other")])

    assert await one_store.count(tenant, "docs") == 2
    matches = await one_store.search_text(tenant, "docs", "other")
    assert [match.id for match in matches] == ["b"]


@pytest.mark.parametrize("ranking", ["ts_rank", "ts_rank_cd"])
async def test_postgresqls_own_rankings_know_nothing_of_marks(
    one_store: Any, tenant: str, dsn: str, ranking: str
) -> None:
    await one_store.ensure_collection(tenant, Collection("docs", 2, text_search="simple"))
    words = "pump pump pump valve valve steam"
    await one_store.upsert(tenant, "docs", [Item("a", None, words)])

    [match] = await one_store.search_text(tenant, "docs", "pump", ranking=ranking)

    with psycopg.connect(dsn) as connection:
        asked = sql.SQL("SELECT {}(to_tsvector('simple', %s), 'pump'::tsquery, 1)")
        [of_words] = connection.execute(asked.format(sql.SQL(ranking)), (words,)).fetchone() or ()
    assert match.score == pytest.approx(of_words)
