"""What was measured is kept in the registry, and later reports are compared with it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg
import pytest
from integration_tests.core.evaluate.reported import DOCS, evaluation
from integration_tests.shared.calls import ONE_STORE
from integration_tests.shared.faults import blocked, until
from integration_tests.shared.reports import RECALL
from integration_tests.shared.roles import role

from pgrecall import (
    Collection,
    CollectionNotFoundError,
    DatabaseError,
    Hnsw,
    InvalidArgumentError,
    Item,
    Store,
)
from pgrecall._statements.evaluate import reports
from pgrecall.evaluation import Question

WORDS = ("anchor", "barrel", "candle", "dagger", "engine", "feather", "garden", "hammer")
ASKED = [Question(f"where is the {word}?", [word], id=f"q-{word}") for word in WORDS]


@pytest.fixture
async def filled(store: Any, tenant: str) -> Any:
    await store.ensure_collection(tenant, Collection(DOCS, 2, "model", index=Hnsw()))
    await store.upsert(tenant, DOCS, [Item(word, [1, 0], f"the {word}") for word in WORDS])
    return store


async def test_an_evaluation_comes_back_with_the_figures_of_each_question(
    filled: Any, tenant: str
) -> None:
    found = await filled.evaluate(tenant, DOCS, ASKED, modes=["text"], k=5)
    kept = await filled.keep_report(tenant, DOCS, found, "before")
    read = await filled.get_report(tenant, DOCS, "before")

    assert (read.number, read.at, read.kind) == (kept.number, kept.at, "evaluation")
    assert (read.collection, read.embedding_model, read.index) == (DOCS, "model", "hnsw")
    assert [question.id for question in read.report.questions] == [one.id for one in ASKED]
    assert read.report["text"].ndcg == found["text"].ndcg
    assert read.report["text"].p95 == pytest.approx(found["text"].p95, abs=1e-3)
    assert str(read.report).split("\n")[3:] == str(found).split("\n")[3:]
    assert read.summary["modes"]["text"]["recall"]["value"] == found["text"].recall.value


async def test_ways_of_searching_keep_their_order(filled: Any, tenant: str) -> None:
    asked = [Question("the anchor", ["anchor"], [1, 0])]
    found = await filled.evaluate(tenant, DOCS, asked, modes=("vector", "text", "hybrid"))
    kept = await filled.keep_report(tenant, DOCS, found, "before")
    read = await filled.get_report(tenant, DOCS, kept.number)
    for one in (kept, read):
        assert list(one.report) == list(one.summary["modes"]) == ["vector", "text", "hybrid"]


async def test_a_later_evaluation_is_compared_question_by_question(
    filled: Any, tenant: str
) -> None:
    await filled.keep_report(tenant, DOCS, evaluation(*[0.2, 0.4] * 4), "before")
    before = (await filled.get_report(tenant, DOCS, "before")).report
    change = evaluation(*[0.3, 0.5] * 4).compare(before)
    assert change["vector"].difference() == pytest.approx((0.1, 0.1, 0.1))
    assert change["vector"].is_shown


@ONE_STORE
async def test_no_words_and_no_items_are_kept(filled: Any, tenant: str, dsn: str) -> None:
    asked = [Question("a secret question", ["secret-item", "anchor"], [1, 0])]
    found = await filled.evaluate(tenant, DOCS, asked)
    await filled.keep_report(tenant, DOCS, found, "before")
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT document::text, expires_at FROM pgrecall.log WHERE tenant = %s", [tenant]
        ).fetchall()
    assert len(rows) == 1
    assert "secret" not in rows[0][0]
    assert "anchor" not in rows[0][0]
    assert rows[0][1] is None


async def test_measurements_of_recall_are_kept_too(filled: Any, tenant: str) -> None:
    found = await filled.tune(tenant, DOCS)
    await filled.keep_report(tenant, DOCS, found, "nightly")
    await filled.keep_report(tenant, DOCS, evaluation(0.5), "nightly")
    (listed,) = await filled.list_reports(tenant, DOCS, kind="recall")
    assert listed.report == found
    assert [one.kind for one in await filled.list_reports(tenant, DOCS)] == ["evaluation", "recall"]


async def test_a_name_gives_its_newest_and_a_number_each(filled: Any, tenant: str) -> None:
    first = await filled.keep_report(tenant, DOCS, RECALL, "nightly")
    second = await filled.keep_report(tenant, DOCS, replace(RECALL, recall=1.0), "nightly")
    await filled.keep_report(tenant, DOCS, RECALL, "other")
    assert (await filled.get_report(tenant, DOCS, "nightly")).number == second.number
    assert (await filled.get_report(tenant, DOCS, first.number)).report == RECALL
    assert await filled.delete_report(tenant, DOCS, "nightly") == 2
    assert await filled.delete_report(tenant, DOCS, "nightly") == 0
    assert [one.name for one in await filled.list_reports(tenant, DOCS)] == ["other"]


async def test_a_handle_keeps_reports_by_names_of_their_own(filled: Any, tenant: str) -> None:
    docs = filled.bind(tenant, DOCS)
    for name in ("before", "after"):
        assert (await docs.keep_report(RECALL, name)).name == name
    assert [one.name for one in await docs.list_reports()] == ["after", "before"]
    assert (await docs.get_report("before")).report == RECALL
    assert await docs.delete_report("after") == 1


@ONE_STORE
async def test_the_newest_of_each_kind_stay(
    filled: Any, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST", 2)
    await filled.keep_report(tenant, DOCS, evaluation(0.5), "evaluated")
    for name in ("a", "b", "c"):
        await filled.keep_report(tenant, DOCS, RECALL, name)
    left = await filled.list_reports(tenant, DOCS)
    assert [one.name for one in left] == ["c", "b", "evaluated"]


@ONE_STORE
async def test_no_more_stay_where_several_are_kept_at_once(
    dsn: str, sync_store: Store, filled: Any, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST", 2)
    for name in ("a", "b"):
        await filled.keep_report(tenant, DOCS, RECALL, name)
    with psycopg.connect(dsn) as one, psycopg.connect(dsn) as other:
        sync_store.on(one).keep_report(tenant, DOCS, RECALL, "c")
        keep = partial(sync_store.on(other).keep_report, tenant, DOCS, RECALL, "d")
        second = asyncio.ensure_future(asyncio.to_thread(keep))
        await until(lambda: second.done() or blocked(dsn))
        one.commit()
        await second
    assert [each.name for each in await filled.list_reports(tenant, DOCS)] == ["d", "c"]


@ONE_STORE
async def test_what_is_not_kept_is_told_with_what_is(filled: Any, tenant: str) -> None:
    with pytest.raises(InvalidArgumentError, match="none is: keep_report"):
        await filled.get_report(tenant, DOCS, "before")
    await filled.keep_report(tenant, DOCS, RECALL, "before")
    with pytest.raises(InvalidArgumentError, match=r"no report 'after' .* there are 'before'"):
        await filled.get_report(tenant, DOCS, "after")
    with pytest.raises(InvalidArgumentError, match="no report number 1 "):
        await filled.get_report(tenant, DOCS, 1)
    with pytest.raises(CollectionNotFoundError):
        await filled.list_reports(tenant, "other")


@ONE_STORE
@pytest.mark.parametrize(
    ("report", "name", "message"),
    [
        ({"recall": 1}, "a", "not of type dict"),
        (RECALL, "", "must not be empty"),
        (RECALL, "12", "not be a number alone"),
        (RECALL, "a" * 201, "200 characters at most"),
        (RECALL, "a\0b", "NUL"),
        (replace(evaluation(0.5), failure=TimeoutError("secret")), "a", "early, by TimeoutError"),
        (evaluation(), "a", "tells nothing to keep"),
        (evaluation(0.5, ids="\0"), "a", "the id of a question holds NUL"),
        (replace(RECALL, settings={"a": object()}), "a", "object is no value of JSON"),
    ],
)
async def test_what_cannot_be_kept_is_refused(
    filled: Any, tenant: str, report: Any, name: str, message: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        await filled.keep_report(tenant, DOCS, report, name)


@ONE_STORE
async def test_a_tenant_sees_its_own_alone(filled: Any, tenant: str) -> None:
    other = f"{tenant}-other"
    await filled.ensure_collection(other, Collection(DOCS, 2))
    kept = await filled.keep_report(tenant, DOCS, RECALL, "before")
    assert await filled.list_reports(other, DOCS) == []
    for which in ("before", kept.number):
        with pytest.raises(InvalidArgumentError, match="no report"):
            await filled.get_report(other, DOCS, which)
        assert await filled.delete_report(other, DOCS, which) == 0
    assert await filled.bind(tenant, DOCS).get_report("before")


@ONE_STORE
async def test_reports_follow_a_new_name_and_go_with_the_collection(
    filled: Any, tenant: str
) -> None:
    await filled.keep_report(tenant, DOCS, RECALL, "before")
    await filled.rename_collection(tenant, DOCS, "letters")
    await filled.ensure_collection(tenant, Collection(DOCS, 2))
    assert await filled.list_reports(tenant, DOCS) == []
    assert len(await filled.list_reports(tenant, "letters")) == 1
    await filled.drop_collection(tenant, DOCS)
    await filled.drop_collection(tenant, "letters")
    for name in (DOCS, "letters"):
        await filled.ensure_collection(tenant, Collection(name, 2))
        assert await filled.list_reports(tenant, name) == []


@ONE_STORE
async def test_what_was_re_embedded_has_the_reports_of_before(filled: Any, tenant: str) -> None:
    await filled.keep_report(tenant, DOCS, RECALL, "before")
    done = await filled.reembed(
        tenant, DOCS, to=Collection(DOCS, 3, "new"), embed=lambda texts: [[1, 0, 0]] * len(texts)
    )
    await filled.drop_collection(tenant, done.kept)
    (kept,) = await filled.list_reports(tenant, DOCS)
    assert kept.embedding_model == "model"
    await filled.drop_collection(tenant, DOCS)
    await filled.ensure_collection(tenant, Collection(DOCS, 2))
    assert await filled.list_reports(tenant, DOCS) == []


@ONE_STORE
async def test_forgetting_a_tenant_forgets_its_reports(filled: Any, tenant: str) -> None:
    await filled.keep_report(tenant, DOCS, RECALL, "before")
    assert (await filled.forget(tenant)).log_rows == 1


@ONE_STORE
async def test_a_role_that_may_only_read_is_told_what_it_needs(
    filled: Any, tenant: str, dsn: str
) -> None:
    await filled.keep_report(tenant, DOCS, RECALL, "before")
    with role(dsn) as reader, Store(reader, setup=False) as store:
        assert store.get_report(tenant, DOCS, "before").report == RECALL
        for call in (
            lambda: store.keep_report(tenant, DOCS, RECALL, "mine"),
            lambda: store.delete_report(tenant, DOCS, "before"),
        ):
            with pytest.raises(DatabaseError, match="a role needs SELECT, INSERT and DELETE"):
                call()
    none = "REVOKE ALL ON pgrecall.log FROM {}"
    with role(dsn, none) as reader, Store(reader, setup=False) as store:
        for call in (
            lambda: store.list_reports(tenant, DOCS),
            lambda: store.get_report(tenant, DOCS, "before"),
        ):
            with pytest.raises(DatabaseError, match=r"needs SELECT \(the server says: permission"):
                call()


@ONE_STORE
async def test_reports_are_found_without_reading_the_searches_beside_them(
    filled: Any, tenant: str, dsn: str
) -> None:
    kept = await filled.keep_report(tenant, DOCS, RECALL, "before")
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "INSERT INTO pgrecall.log (tenant, kind, collection_id, collection, document)"
            " SELECT tenant, 'search', collection_id, collection, '{}' FROM pgrecall.log,"
            " generate_series(1, 5000) WHERE id = %s",
            [kept.number],
        )
        connection.execute("ANALYZE pgrecall.log")
        plan = connection.execute(
            "EXPLAIN SELECT FROM pgrecall.log AS l WHERE l.tenant = %s"
            " AND l.kind = ANY(%s::text[]) AND (l.collection_id = 7 OR l.collection = %s)",
            [tenant, list(reports.KINDS), DOCS],
        ).fetchall()
        connection.rollback()
    assert "log_time" in str(plan)
