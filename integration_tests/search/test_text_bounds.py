"""Rows that hold common words alone: every one that can reach the best is found, others unread."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from pgrecall import Collection, Item, WeightedSum
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.search.text import known_frequencies
from pgrecall._pools.sessions import _EncodedDumper
from pgrecall._statements.search import bm25, hybrid
from pgrecall._statements.search.hybrid import HybridQuery
from pgrecall._statements.search.plan import EXACT
from pgrecall._values.vectors import Encoded, encode_query

if TYPE_CHECKING:
    from pgrecall import Store

TENANT = "bounds"
ROWS, RARE = 6_000, 42
WORDS = [f"w{n}" for n in range(12)]
SYNTAXES = ("any", "web", "all", "phrase", "raw")


@pytest.fixture(scope="module", params=[None, "title"])
def corpus(sync_store: Store, request: pytest.FixtureRequest) -> str:
    """Texts of few words, some of them again and again: most rows have a word that is asked for.

    Where titles are searched, a third of the rows have one, of a word or two.
    """
    name, title = f"docs {request.param}", request.param
    chosen = random.Random(5)  # noqa: S311  # not for secrets
    weights = [1 / (n + 1) for n in range(12)]
    sync_store.ensure_collection(TENANT, Collection(name, 2, text_search="simple", title=title))
    sync_store.load(
        TENANT,
        name,
        (
            Item(
                f"d{n:03}",
                None,
                " ".join(chosen.choices(WORDS, weights, k=chosen.choice([1, 2, 3, 3, 5, 8, 40]))),
                {"n": n, "title": " ".join(chosen.choices(WORDS, k=chosen.choice([0, 0, 1, 2])))},
            )
            for n in range(400)
        ),
    )
    return name


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("filter_", [None, {"n": {"$lt": 250}}], ids=["every row", "filtered"])
def test_what_is_left_unread_could_not_have_been_among_the_best(
    sync_store: Store, corpus: str, syntax: str, filter_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = random.Random(syntax)  # noqa: S311  # not for secrets
    for limit in (1, 4, 30):
        words = chosen.choices(WORDS, k=chosen.choice([1, 2, 3, 5, 20]))
        text = " ".join(words)
        if syntax == "raw":
            text = " | ".join(words) + " | w1:*" * chosen.randrange(2)
        if syntax == "web":
            text = " or ".join(words) + " -w9" * chosen.randrange(2)

        def asked(text: str = text, limit: int = limit) -> list[tuple[str, float]]:
            matches = sync_store.search_text(
                TENANT, corpus, text, limit=limit, filter=filter_, syntax=syntax
            )
            return [(match.id, match.score) for match in matches]

        monkeypatch.setattr(bm25, "BUDGET", 1_000_000)
        every = asked()
        monkeypatch.setattr(bm25, "BUDGET", 0)
        for fill in (0, 7):
            monkeypatch.setattr(bm25, "FILL", fill)
            assert asked() == every, (text, limit, fill)


LETTERS = {
    **{f"once{n:02}": "a b c d e" + " x" * 10 for n in range(60)},
    "twice": "a a b b c c d d" + " x" * 9,  # its rank is 5, as if it had all five once
    "titled": "b",
    "text": "b b b" + " z" * 6,
    **{f"other{n:03}": "y" + " v" * 9 for n in range(200)},
}


@pytest.mark.parametrize(
    ("best", "text", "options"),
    [
        ("twice", "a | b | c | d | e", {}),
        ("text", "b | z:A", {"title": "title", "k1": 0.1, "b": 0}),
    ],
    ids=["words that stand twice", "words asked for in the title"],
)
def test_a_row_is_ranked_by_all_that_it_has_of_the_words(
    sync_store: Store,
    tenant: str,
    best: str,
    text: str,
    options: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sync_store.ensure_collection(tenant, Collection("docs", 2, text_search="simple", **options))
    titled = {"title": "z"}
    rows = (
        Item(id_, None, words, titled if id_.startswith(("other", "titled")) else {})
        for id_, words in LETTERS.items()
    )
    sync_store.load(tenant, "docs", rows)

    found = []
    for budget, fill in ((1_000_000, 0), (0, 0), (0, 7)):
        monkeypatch.setattr(bm25, "BUDGET", budget)
        monkeypatch.setattr(bm25, "FILL", fill)
        matches = sync_store.search_text(tenant, "docs", text, limit=1, syntax="raw")
        found.append([(match.id, match.score) for match in matches])

    assert found[0][0][0] == best
    assert found == [found[0]] * 3


@pytest.fixture(scope="module")
def many(sync_store: Store, dsn: str) -> str:
    """A rare word, and a common one whose best row is the last that was written."""
    made = sync_store.ensure_collection(TENANT, Collection("many", 2, text_search="simple"))
    with psycopg.connect(dsn, autocommit=True) as connection:
        insert = sql.SQL(
            "INSERT INTO {} (id, embedding, text, metadata)"
            " SELECT 'd' || lpad(n::text, 5, '0'), '[1,1]', CASE WHEN n <= {rare}"
            " THEN 'zanzibar valve ' || n WHEN n < {rows} THEN 'valve number ' || n"
            " || ' of the long register of the plant' ELSE 'valve' END, '{{}}'"
            " FROM generate_series(1, {rows}) AS n"
        )
        table = sql.Identifier(*(part.strip('"') for part in (made.table_name or "").split(".")))
        connection.execute(insert.format(table, rare=RARE, rows=ROWS))
        connection.execute(sql.SQL("ANALYZE {}").format(table))
    return "many"


def test_the_best_of_many_rows_is_found_wherever_it_lies(sync_store: Store, many: str) -> None:
    for text in ("valve", "valve unheard"):
        found = sync_store.search_text(TENANT, many, text, limit=1)
        assert [match.text for match in found] == ["valve"], text

    found = sync_store.search_text(TENANT, many, "zanzibar valve", limit=RARE + 1)
    assert [match.text for match in found][RARE:] == ["valve"]


def test_an_arm_that_wants_more_than_is_likely_reads_what_can_reach_the_top_alone(
    sync_store: Store, many: str, dsn: str
) -> None:
    found = sync_store.search_hybrid(TENANT, many, [1, 1], "zanzibar valve", candidates=100)
    driver = sync_store._driver
    stored = driver.context.known(TENANT, many)
    known = driver.run(known_frequencies(driver.context, stored))
    query = HybridQuery(
        encode_query(shape_of(stored), [1, 1]), "zanzibar valve", 10, 100, 100, WeightedSum(),
        None, 0.0, 1.0,
    )  # fmt: skip
    made = hybrid.hybrid(stored, query, None, EXACT, known)

    with psycopg.connect(dsn) as connection:
        connection.adapters.register_dumper(Encoded, _EncodedDumper)
        assert isinstance(made.sql, bytes)
        explain = b"EXPLAIN (ANALYZE, FORMAT JSON) " + made.sql
        [(plans,)] = connection.execute(explain, made.parameters).fetchall()
    rows = {
        node["Subplan Name"]: node["Actual Rows"]
        for node in plans[0]["Plan"]["Plans"]
        if "Subplan Name" in node
    }

    assert rows["CTE likely_rows"] == RARE
    assert rows["CTE best_rows"] == bm25.FILL
    assert rows["CTE next_rows"] == 0
    assert rows["CTE other_rows"] == 0
    assert rows["CTE texts"] == 100
    assert all("zanzibar" in match.text for match in found)
