"""Every verb on a table whose columns have other names, beside columns that are not pgrecall's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import sql

from pgrecall import Collection, Hnsw, Item, Rrf, Store
from pgrecall._statements.collections import registry
from pgrecall._statements.columns import ItemColumns
from pgrecall._statements.parameters import Template

EXPRESSIONS = {
    "id": Template("{}doc_id"),
    "text": Template("{}body"),
    "embedding": Template("{}vec"),
    "metadata": Template("{}data"),
    "tsv": Template("{}searched"),
    "analysed": Template("{}read"),
    "created_at": Template("{}made"),
    "updated_at": Template("{}changed"),
}
# what statements call things of their own
OTHERS = (
    "id text embedding metadata tsv score distance term terms share rows weight tf part lexeme"
    " total df odds vector_rank text_rank text_score query likely every one owner place name"
    " effort steps"
).split()
WORDS = ["red cat", "blue dog", "green bird", "red bird sings", "the dog and the cat"]
ITEMS = [
    Item(str(number), [1.0, number % 7, number % 3], WORDS[number % 5], {"page": number})
    for number in range(1, 41)
]


@pytest.fixture(params=["text", "bigint"])
def named(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, dsn: str, tenant: str
) -> Any:
    columns = ItemColumns(EXPRESSIONS)
    read = registry.stored_from
    monkeypatch.setattr(
        registry, "stored_from", lambda *found: replace(read(*found), columns=columns)
    )
    with Store(dsn) as store:
        made = store.ensure_collection(
            tenant, Collection("docs", 3, index=Hnsw(), fields={"page": "number"})
        )
        store.upsert(tenant, "docs", ITEMS)
        table = sql.SQL(made.table_name or "")  # type: ignore[arg-type]  # quoted already
        changes = [sql.SQL("ADD COLUMN {} int").format(sql.Identifier(name)) for name in OTHERS]
        if request.param == "bigint":
            changes.append(sql.SQL("ALTER COLUMN doc_id TYPE bigint USING doc_id::bigint"))
        with psycopg.connect(dsn) as connection:
            altered = sql.SQL("ALTER TABLE {} {}").format(table, sql.SQL(", ").join(changes))
            connection.execute(altered)
        columns = ItemColumns(EXPRESSIONS, id_type=request.param)
    with Store(dsn) as store:
        yield store


def test_searches_and_reads_work_whatever_the_columns_are_called(named: Store, tenant: str) -> None:
    docs = named.bind(tenant, "docs")
    where = {"page": {"$lte": 20}}

    assert [item.text for item in docs.get(["2", "1"])] == ["green bird", "blue dog"]
    assert docs.count(where) == 20
    assert len(docs.list_ids()) == 40
    assert len(docs.list_items(filter=where, limit=7)) == 7
    for options in ({}, {"exact": True}, {"exact": False}, {"include_vectors": True}):
        for filter_ in (None, where, {"id": "14"}):
            found = docs.search([1.0, 0.0, 2.0], limit=3, filter=filter_, **options)
            assert found[0].id == "14"
    for syntax in ("any", "web", "all", "phrase", "raw"):
        for ranking in ("bm25", "ts_rank", "ts_rank_cd"):
            hits = docs.search_text("sings", syntax=syntax, ranking=ranking, filter=where)
            assert {hit.text for hit in hits} == {"red bird sings"}
    assert "sings" in str(docs.search_text("sings", highlight=True)[0].snippet)
    for fusion in (None, Rrf()):
        for filter_ in (None, where):
            best = docs.search_hybrid([1.0, 3.0, 0.0], "sings", fusion=fusion, filter=filter_)[0]
            assert (best.id in {"3", "18"}, best.text) == (True, "red bird sings")
    assert docs.measure_recall(k=2, sample=5).recall == 1.0


@pytest.mark.parametrize("named", ["text"], indirect=True)
def test_writes_work_whatever_the_columns_are_called(named: Store, tenant: str) -> None:
    docs = named.bind(tenant, "docs")

    docs.upsert([Item("1", [9.0, 9.0, 9.0], "changed", {"page": 100})])
    assert docs.get(["1"])[0].text == "changed"
    assert docs.load([Item("a", [1.0, 1.0, 1.0], "new"), Item("2", [1.0, 1.0, 1.0], "loaded")]) == 2
    assert [item.text for item in docs.get(["a", "2"])] == ["new", "loaded"]
    assert docs.delete(["a"]) == 1
    assert docs.delete_where({"page": {"$gt": 30}}) == 11
    docs.reindex()
    named.reembed(
        tenant,
        "docs",
        to=Collection("docs", 3, "lengths"),
        embed=lambda texts: [[1.0, float(len(text)), 0.0] for text in texts],
    )
    docs = named.bind(tenant, "docs")
    assert docs.search([1.0, 7.0, 0.0], limit=1)[0].distance == pytest.approx(0.0, abs=1e-6)
    assert docs.clear() == 29
