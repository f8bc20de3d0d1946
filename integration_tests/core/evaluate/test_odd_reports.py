"""Reports of odd figures, of other programs, and of collections that are gone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import psycopg
import pytest
from integration_tests.core.evaluate.reported import DOCS, evaluation
from integration_tests.shared.calls import ONE_STORE
from integration_tests.shared.reports import RECALL

from pgrecall import Collection, CollectionNotFoundError, InvalidArgumentError, Store


@pytest.fixture
async def filled(store: Any, tenant: str) -> Any:
    await store.ensure_collection(tenant, Collection(DOCS, 2))
    return store


@ONE_STORE
async def test_a_figure_that_is_not_known_is_kept_as_such(filled: Any, tenant: str) -> None:
    found = evaluation(float("nan"), 0.5, float("inf"))
    await filled.keep_report(tenant, DOCS, found, "evaluated")
    read = await filled.get_report(tenant, DOCS, "evaluated")
    values = read.report["vector"].per_question["ndcg"]
    assert np.isnan(values).tolist() == [True, False, True]
    assert read.summary["modes"]["vector"]["ndcg"]["value"] is None

    unknown = replace(RECALL, recall=float("nan"), exact_ms=np.float32(2))
    await filled.keep_report(tenant, DOCS, unknown, "measured")
    measured = (await filled.get_report(tenant, DOCS, "measured")).report
    assert (np.isnan(measured.recall), measured.exact_ms) == (True, 2)


@ONE_STORE
async def test_a_store_that_knew_the_collection_learns_that_it_is_gone(
    filled: Any, tenant: str, dsn: str
) -> None:
    with Store(dsn) as other:
        other.keep_report(tenant, DOCS, RECALL, "before")
        await filled.drop_collection(tenant, DOCS)
        for call in (
            lambda: other.keep_report(tenant, DOCS, RECALL, "after"),
            lambda: other.list_reports(tenant, DOCS),
            lambda: other.analyze_text(tenant, DOCS, "files"),
        ):
            with pytest.raises(CollectionNotFoundError):
                call()
        await filled.ensure_collection(tenant, Collection(DOCS, 2, text_search="simple"))
        assert other.list_reports(tenant, DOCS) == []
        assert other.analyze_text(tenant, DOCS, "files")[0].word == "files"


_ABOUT: dict[str, Any] = {"model": "", "index": "none", "rows": 1, "order": ["vector"]}
_ODD: list[Any] = [
    *(5, None, "text", True, [], [[]]),
    {"summary": {"n": "many digits"}},
    {},
    {**_ABOUT, "summary": {"k": 1, "modes": {"vector": {}}}},
    {**_ABOUT, "summary": {"k": 1, "modes": {"vector": {"ndcg": 1}}}},
    {**_ABOUT, "summary": {"k": 1, "modes": ["vector"]}},
    {**_ABOUT, "order": [], "summary": {"k": 1, "modes": {}}},
]


def _written(document: Any) -> str:
    named = {"name": "odd"} | document if isinstance(document, dict) else document
    return json.dumps(named).replace('"many digits"', "9" * 5_000)


@ONE_STORE
async def test_what_another_program_wrote_is_passed_by(filled: Any, tenant: str, dsn: str) -> None:
    kept = await filled.keep_report(tenant, DOCS, RECALL, "before")
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "INSERT INTO pgrecall.log (tenant, kind, collection_id, collection, document)"
            " SELECT tenant, odd.kind, collection_id, collection, odd.document FROM pgrecall.log,"
            " unnest(%s::text[], %s::jsonb[]) AS odd (kind, document) WHERE id = %s",
            [
                ["recall", *["evaluation"] * len(_ODD)],
                [_written(one) for one in ({}, *_ODD)],
                kept.number,
            ],
        )
    assert [one.name for one in await filled.list_reports(tenant, DOCS)] == ["before"]
    for number in range(kept.number + 1, kept.number + len(_ODD) + 2):
        with pytest.raises(InvalidArgumentError, match="not as this pgrecall writes reports"):
            await filled.get_report(tenant, DOCS, number)
