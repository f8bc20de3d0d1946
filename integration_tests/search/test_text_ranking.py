"""How text search ranks: BM25 against an oracle, whatever PostgreSQL knows, by the index."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.texts import ANIMALS, filled, found
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, CollectionConflictError, InvalidArgumentError, Item, Store
from pgrecall._operations.search.text import known_frequencies
from pgrecall._pools.sessions import _EncodedDumper
from pgrecall._statements.ctes import with_ctes
from pgrecall._statements.items.where import Where
from pgrecall._statements.search import text as statements
from pgrecall._statements.search import text_arm
from pgrecall._statements.search.text_query import RANKINGS, TextQuery
from pgrecall._values.vectors import Encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._statements.statement import Statement


def bm25(
    texts: dict[str, str], query: str, *, k1: float = 1.2, b: float = 0.75
) -> dict[str, float]:
    words = {id_: Counter(text.split()) for id_, text in texts.items()}
    lengths = [len(text.encode()) for text in texts.values() if text]
    average = sum(lengths) / len(lengths)
    scores: dict[str, float] = {}
    for term, occurrences in Counter(query.split()).items():
        df = sum(term in held for held in words.values())
        idf = math.log(1 + (len(texts) - df + 0.5) / (df + 0.5))
        for id_, held in words.items():
            if tf := held[term]:
                norm = k1 * (1 - b + b * len(texts[id_].encode()) / average)
                scores[id_] = scores.get(id_, 0.0) + occurrences * idf * tf / (tf + norm)
    return scores


@pytest.mark.parametrize("seed", range(3))
async def test_scores_are_those_of_bm25(store: Any, tenant: str, seed: int) -> None:
    chosen = random.Random(seed)  # noqa: S311  # not for secrets
    vocabulary = [f"w{n}" for n in range(40)]
    weights = [1 / (n + 1) for n in range(40)]
    texts = {
        f"d{n}": " ".join(chosen.choices(vocabulary, weights, k=chosen.randrange(0, 60)))
        for n in range(300)
    }
    await filled(store, tenant, texts, text_search="simple")

    for _ in range(10):
        query = " ".join(chosen.choices(vocabulary, k=chosen.randrange(1, 6)))
        expected = sorted(bm25(texts, query).items(), key=lambda one: (-one[1], one[0]))
        matches = await store.search_text(tenant, "docs", query, limit=400)

        assert [match.score for match in matches] == pytest.approx([s for _, s in expected])
        assert {match.id for match in matches} == {id_ for id_, _ in expected}
        scores = dict(expected)
        for match in matches:
            assert match.score == pytest.approx(scores[match.id])


async def test_k1_and_b_are_the_collections_and_are_changed_at_once(
    store: Any, tenant: str
) -> None:
    texts = {"one": "ox", "two": "ox ox bee bee bee bee", "three": "ox ox ox ant", "none": "ant"}
    await filled(store, tenant, texts, text_search="simple", k1=0.9, b=0)
    made = await store.describe_collection(tenant, "docs")
    assert (made.k1, made.b, made.table_name is None) == (0.9, 0.0, False)

    for k1, b in ((0.9, 0.0), (0.0, 0.75), (100, 1), (1.2, 0.75)):
        if (k1, b) != (made.k1, made.b):
            altered = await store.alter_collection(tenant, Collection("docs", k1=k1, b=b))
            assert (altered.k1, altered.b, altered.table_name) == (k1, b, made.table_name)
        expected = bm25(texts, "ox bee", k1=k1, b=b)
        matches = await store.search_text(tenant, "docs", "ox bee")
        assert {one.id: one.score for one in matches} == pytest.approx(expected)
        hybrid = await store.search_hybrid(tenant, "docs", [1.0, 0.0], "ox bee")
        assert {one.id: one.text_score for one in hybrid} == pytest.approx(expected)

    with pytest.raises(CollectionConflictError, match=r"has k1=1.2|with k1=1.2"):
        await store.ensure_collection(tenant, Collection("docs", k1=2))
    altered = await store.alter_collection(tenant, Collection("docs", text_search="german", k1=3))
    assert (altered.k1, altered.b, altered.text_search) == (3, 0.75, "german")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"k1": -0.1}, "k1 must be from 0 to 100, not -0.1"),
        ({"k1": math.inf}, "k1 must be from 0 to 100, not inf"),
        ({"k1": True}, "k1 must be from 0 to 100, not True"),
        ({"b": 1.1}, "b must be from 0 to 1, not 1.1"),
        ({"b": math.nan}, "b must be from 0 to 1, not nan"),
        ({"b": "0.5"}, "b must be from 0 to 1, not '0.5'"),
    ],
)
def test_constants_out_of_range_are_told(
    sync_store: Store, tenant: str, said: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=re.escape(told)):
        sync_store.ensure_collection(tenant, Collection("docs", 2, **said))


@pytest.mark.parametrize("times", [1, 2, 3, 10, 100, 255])
async def test_term_frequencies_are_exact_however_often_a_word_stands(
    store: Any, tenant: str, times: int
) -> None:
    texts = {"many": " ".join(["ox"] * times), "other": "bee"}
    await filled(store, tenant, texts, text_search="simple")

    [match] = await store.search_text(tenant, "docs", "ox")

    assert match.score == pytest.approx(bm25(texts, "ox")["many"], rel=1e-4)


@pytest.mark.parametrize("ranking", RANKINGS)
async def test_ties_are_broken_by_id_at_the_cut_too(store: Any, tenant: str, ranking: str) -> None:
    texts = {f"d{n:02}": "the same words" for n in reversed(range(30))}
    await filled(store, tenant, texts)

    ids = await found(store, tenant, "words", limit=7, ranking=ranking)

    assert ids == sorted(texts)[:7]


async def test_a_collection_that_outgrew_what_was_known_of_it_still_ranks_rare_words_first(
    store: Any, tenant: str
) -> None:
    await filled(store, tenant, {f"a{n}": "common" for n in range(900)})
    await found(store, tenant, "common")
    rows = {f"b{n:05}": f"common {'rare' if n % 500 == 0 else 'other'}" for n in range(5_000)}
    await store.upsert(tenant, "docs", [Item(id_, None, text) for id_, text in rows.items()])

    matches = await store.search_text(tenant, "docs", "common rare", limit=20)

    assert [match.id for match in matches[:10]] == [f"b{n:05}" for n in range(0, 5_000, 500)]
    assert all(match.score > 0 for match in matches)


@pytest.mark.parametrize("analyzed", [False, True])
async def test_statistics_or_their_absence_change_no_order(
    store: Any, tenant: str, dsn: str, analyzed: bool
) -> None:
    texts = {
        f"d{n:04}": f"every {'half' if n % 2 else 'x'} {'tenth' if n % 10 == 0 else 'y'} w{n % 70}"
        for n in range(3_000)
    }
    await filled(store, tenant, texts, text_search="simple")
    if analyzed:
        described = await store.describe_collection(tenant, "docs")
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("ANALYZE {}").format(identifier(described.table_name)))

    matches = await store.search_text(tenant, "docs", "every half tenth w7", limit=50)

    scores = bm25(texts, "every half tenth w7")
    best = sorted(scores.values(), reverse=True)[:50]
    assert [scores[match.id] for match in matches] == pytest.approx(best, rel=0.02)


async def test_words_beyond_those_that_are_counted_weigh_as_the_statistics_have_them(
    store: Any, tenant: str, dsn: str
) -> None:
    common = ["every", "straße", "dont", "x" * 300]
    texts = {f"d{n:04}": " ".join([*(common if n % 9 else []), f"w{n % 7}"]) for n in range(2_700)}
    await filled(store, tenant, texts, text_search="simple")
    described = await store.describe_collection(tenant, "docs")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("ANALYZE {}").format(identifier(described.table_name)))

    for word in ("every", "straße", "dont", "x" * 300, "w3"):
        matches = await store.search_text(tenant, "docs", word, limit=20)

        best = sorted(bm25(texts, word).values(), reverse=True)[:20]
        assert [match.score for match in matches] == pytest.approx(best, rel=1e-5)


async def test_explain_does_not_print_how_common_each_word_is(
    store: Any, tenant: str, dsn: str
) -> None:
    texts = {f"d{n:04}": " ".join(f"w{n % m}" for m in range(2, 14)) for n in range(3_000)}
    await filled(store, tenant, texts, text_search="simple")
    described = await store.describe_collection(tenant, "docs")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("ANALYZE {}").format(identifier(described.table_name)))

    matches = await store.search_text(tenant, "docs", "w1 w5", explain=True)

    assert "{-" not in matches.explanation.analyze


def identifier(table_name: str) -> sql.Identifier:
    return sql.Identifier(*(part.strip('"') for part in table_name.split(".")))


async def test_a_role_that_sees_no_statistics_gets_the_same_ranking(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    role = "reader_" + re.sub(r"\W", "", fresh_dsn.split("dbname=")[1].split(maxsplit=1)[0])
    texts = {f"d{n:04}": f"every {'half' if n % 2 else 'x'} w{n % 70}" for n in range(2_500)}
    with Store(fresh_dsn) as owner, psycopg.connect(fresh_dsn, autocommit=True) as connection:
        made = owner.ensure_collection("t", Collection("docs", 2, text_search="simple"))
        owner.load("t", "docs", [Item(id_, None, text) for id_, text in texts.items()])
        for statement in (
            "CREATE ROLE {role} LOGIN",
            "GRANT USAGE ON SCHEMA pgrecall TO {role}",
            "GRANT SELECT ON ALL TABLES IN SCHEMA pgrecall TO {role}",
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY everyone ON {table} USING (true)",
        ):
            connection.execute(
                sql.SQL(statement).format(
                    role=sql.Identifier(role), table=identifier(made.table_name or "")
                )
            )
        expected = [match.id for match in owner.search_text("t", "docs", "every half w9")]
        reader = open_store(make_conninfo(fresh_dsn, user=role), setup=False)
        try:
            matches = await reader.search_text("t", "docs", "every half w9")
        finally:
            await reader.close()
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
    assert [match.id for match in matches] == expected


@pytest.mark.parametrize("syntax", ["any", "web", "raw"])
@pytest.mark.parametrize("ranking", RANKINGS)
def test_the_text_index_serves_every_search(
    sync_store: Store, tenant: str, dsn: str, syntax: str, ranking: str
) -> None:
    sync_store.ensure_collection(tenant, Collection("docs", 2))
    rows = (Item(f"d{n}", None, f"word{n % 400} and {n}", {"n": n}) for n in range(4_000))
    sync_store.load(tenant, "docs", rows)
    sync_store.search_text(tenant, "docs", "word1")
    driver = sync_store._driver
    stored = driver.context.known(tenant, "docs")
    known = driver.run(known_frequencies(driver.context, stored))
    made = statements.text(
        stored, "word1 | word2", 10, None, TextQuery(syntax, ranking), known, highlight=False
    )

    plan = explained(dsn, statements.text_settings(stored), made)

    assert f"Bitmap Index Scan on {stored.index_name('tsv')}" in plan
    assert f"Seq Scan on {stored.table_name}" not in plan
    assert "JIT" not in plan


def explained(dsn: str, settings: Statement, made: Statement) -> str:
    with psycopg.connect(dsn) as connection:
        connection.adapters.register_dumper(Encoded, _EncodedDumper)
        connection.execute(settings.sql, settings.parameters)
        assert isinstance(made.sql, bytes)
        rows = connection.execute(b"EXPLAIN (ANALYZE, COSTS OFF) " + made.sql, made.parameters)
        return "\n".join(line for (line,) in rows)


@pytest.mark.parametrize("ranking", RANKINGS)
def test_rows_of_another_arm_are_scored_as_the_text_arm_scores_them(
    sync_store: Store, tenant: str, dsn: str, ranking: str
) -> None:
    sync_store.ensure_collection(tenant, Collection("docs", 2))
    sync_store.upsert(tenant, "docs", [Item(id_, None, text) for id_, text in ANIMALS.items()])
    matches = sync_store.search_text(tenant, "docs", "cats and dogs", ranking=ranking)
    driver = sync_store._driver
    stored = driver.context.known(tenant, "docs")
    known = driver.run(known_frequencies(driver.context, stored))
    query = TextQuery("any", ranking)
    given = sql.SQL("SELECT id, text, ts_filter(tsv, '{{a,b,c,d}}') AS tsv FROM {}")
    ctes = text_arm.text_arm(stored, Where("true"), query, limit=sql.Placeholder("limit"))
    ctes.append(("given", given.format(stored.table)))

    with psycopg.connect(dsn) as connection:
        connection.adapters.register_dumper(Encoded, _EncodedDumper)
        rows = connection.execute(
            with_ctes(
                ctes,
                sql.SQL("SELECT id, {} AS text_score FROM given").format(
                    text_arm.text_score(stored, query, sql.SQL("text"), sql.SQL("tsv"))
                ),
            ),
            {"limit": 10, **text_arm.text_values(stored, "cats and dogs", 10, query, known)},
        ).fetchall()

    assert len(rows) == len(ANIMALS)
    scores = {match.id: match.score for match in matches}
    assert dict(rows) == {id_: pytest.approx(scores.get(id_, 0), abs=1e-9) for id_ in ANIMALS}
