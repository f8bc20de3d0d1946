"""Questions compare the two collections before the swap; what cannot be used is told."""

from __future__ import annotations

from typing import Any

import pytest
from integration_tests.core.collections.reembed.models import (
    NEW,
    Model,
    numbered,
    old_docs,
    table_of,
)
from integration_tests.shared.calls import ONE_STORE
from integration_tests.shared.faults import execute

from pgrecall import (
    Collection,
    CollectionNotFoundError,
    DimensionMismatchError,
    InvalidArgumentError,
    Item,
    ReembedReport,
)


async def test_questions_compare_the_two_before_the_swap(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, "old"))
    words = [f"word {chr(97 + n)}" for n in range(20)]
    # the old model turns everything the same way; the new one knows each text
    items = [Item(text, [1.0, 0.001 * place], text) for place, text in enumerate(words)]
    await store.upsert(tenant, "docs", items)

    def new(texts: list[str]) -> list[list[float]]:
        return [[float(text == word) for word in words] for text in texts]

    report = await store.reembed(
        tenant,
        "docs",
        to=Collection("docs", 20, "new"),
        embed=new,
        questions=[
            (words[15], [words[15]]),
            (words[3], {words[3]: 2.0}),
            words[0],
        ],
        ask_old=lambda texts: [[1.0, 0.0] for _ in texts],
    )

    assert report.questions == 3
    assert (report.old_recall, report.new_recall) == (0.5, 1.0)
    assert report.old_ndcg == pytest.approx(0.5 / 2.3219280948873626)
    assert report.new_ndcg == 1.0
    assert report.overlap is not None
    assert 0 < report.overlap < 1
    assert report.kept


async def test_without_the_old_model_only_the_new_one_is_asked(store: Any, tenant: str) -> None:
    await old_docs(store, tenant)
    asked = Model()
    report = await store.reembed(
        tenant, "docs", to=NEW, embed=Model(), questions=[("who?", ["id-1"])], ask_new=asked
    )

    assert asked.texts == ["who?"]
    assert (report.old_recall, report.overlap, report.new_recall) == (None, None, 0.0)


async def test_a_report_that_is_not_accepted_leaves_the_old_one(store: Any, tenant: str) -> None:
    await old_docs(store, tenant)
    seen: list[ReembedReport] = []

    def never(report: ReembedReport) -> bool:
        seen.append(report)
        return False

    model = Model()
    report = await store.reembed(tenant, "docs", to=NEW, embed=model, accept=never)

    assert (report.kept, seen) == (None, [report])
    assert (await store.describe_collection(tenant, "docs")).dimensions == 3
    await store.upsert(tenant, "docs", numbered(1, words="later"))
    # the same call goes on: nothing but what was written since is embedded
    again = await store.reembed(tenant, "docs", to=NEW, embed=model)
    assert (again.embedded, again.rows, bool(again.kept)) == (1, 50, True)


@pytest.mark.parametrize(
    ("keywords", "told"),
    [
        ({"to": Collection("docs", 2, distributed=True)}, "distributed"),
        ({"to": "docs"}, "must be a pgrecall.Collection"),
        ({"embed": None}, "a function of a list of texts"),
        ({"embed": "model"}, "embed must be a function"),
        ({"embed": lambda _: [[1.0, 2.0]]}, "gave 1 vectors for 3 texts"),
        ({"embed": lambda _: iter([])}, "a sequence of vectors"),
        ({"embed": lambda texts: [[float("nan"), 1.0] for _ in texts]}, "id-00000"),
        ({"batch_size": 0}, "batch_size"),
        ({"questions": "one"}, "not one str"),
        ({"questions": [("one", "id")]}, "must be a list of ids"),
        ({"questions": [("one", {"id": -1})]}, "grades"),
    ],
)
@ONE_STORE
async def test_what_cannot_be_used_is_told(
    store: Any, tenant: str, keywords: dict[str, Any], told: str
) -> None:
    await old_docs(store, tenant, 3)
    with pytest.raises(InvalidArgumentError, match=told):
        await store.reembed(tenant, "docs", **{"to": NEW, "embed": Model(), **keywords})
    assert await store.count(tenant, "docs") == 3


async def test_vectors_of_another_length_are_told(store: Any, tenant: str) -> None:
    await old_docs(store, tenant, 3)
    with pytest.raises(DimensionMismatchError, match="id-00000"):
        await store.reembed(tenant, "docs", to=Collection("docs", 5), embed=Model())


async def test_a_collection_that_is_not_there_is_told(store: Any, tenant: str) -> None:
    with pytest.raises(CollectionNotFoundError):
        await store.reembed(tenant, "docs", to=NEW, embed=Model())
    with pytest.raises(CollectionNotFoundError):
        await store.abandon_reembed(tenant, "docs")


async def test_a_successors_name_that_is_taken_is_told(store: Any, tenant: str) -> None:
    await old_docs(store, tenant, 3)
    await store.ensure_collection(tenant, Collection("other", 3))
    with pytest.raises(InvalidArgumentError, match="'other' already"):
        await store.reembed(tenant, "docs", to=Collection("other", 2), embed=Model())


async def test_a_table_with_row_level_security_is_left_alone(
    store: Any, tenant: str, dsn: str
) -> None:
    await old_docs(store, tenant, 3)
    execute(dsn, f"ALTER TABLE pgrecall.{table_of(dsn, 'docs', tenant)} ENABLE ROW LEVEL SECURITY")
    with pytest.raises(InvalidArgumentError, match="row-level security"):
        await store.reembed(tenant, "docs", to=NEW, embed=Model())
