"""What each verb does with a collection that was adopted: works, or is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pgrecall import Collection, Hnsw, InvalidArgumentError, Item, Table
from pgrecall.evaluation import Question

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "docs"
QUERY = np.array([3.0, -2.0, 5.0, 1.0], dtype=np.float32)


def altered(store: Any, tenant: str, _: Table) -> None:
    """Say the settings that it may say."""
    wanted = Collection(NAME, target_recall=0.9, k1=1.7, b=0.4)
    now = store.alter_collection(tenant, wanted)
    assert (now.target_recall, now.k1, now.b) == (0.9, 1.7, 0.4)


def renamed(store: Any, tenant: str, _: Table) -> None:
    """Give it another name, and its own back."""
    assert store.rename_collection(tenant, NAME, "letters").name == "letters"
    assert store.count(tenant, "letters") == store.count(tenant, "letters", {"page": {"$gte": 0}})
    store.rename_collection(tenant, "letters", NAME)


def ensured(store: Any, tenant: str, _: Table) -> None:
    """Ask for what is there."""
    assert store.ensure_collection(tenant, Collection(NAME, 4)).dimensions == 4
    described = store.describe_collection(tenant, NAME)
    assert store.ensure_collection(tenant, described) == described


def indexed(store: Any, tenant: str, _: Table) -> None:
    """Ask for the index that serves already."""
    assert store.create_index(tenant, NAME, Hnsw(), dry_run=True) == []
    store.create_index(tenant, NAME, Hnsw())


def evaluated(store: Any, tenant: str, _: Table) -> None:
    """Ask a question whose answer is known."""
    asked = [Question("green bird", {"a002"}, vector=QUERY)]
    assert store.evaluate(tenant, NAME, asked, modes=("vector", "text"))


def learned(store: Any, tenant: str, _: Table) -> None:
    """Learn from questions, and forget it."""
    asked = [Question("green bird", {"a002"}, vector=QUERY) for _ in range(12)]
    store.tune_fusion(tenant, NAME, asked)
    store.tune_fusion(tenant, NAME, reset=True)


def reported(store: Any, tenant: str, _: Table) -> bool:
    """Keep a report, and read it."""
    found = store.measure_recall(tenant, NAME)
    kept = store.keep_report(tenant, NAME, found, "before")
    read = store.get_report(tenant, NAME, "before")
    listed = store.list_reports(tenant, NAME, kind="recall")
    assert (read.number, [one.number for one in listed]) == (kept.number, [kept.number])
    return read.report == found and store.delete_report(tenant, NAME, kept.number) == 1


def replayed(store: Any, tenant: str, _: Table) -> None:
    """Ask a log that nobody kept."""
    with pytest.raises(InvalidArgumentError, match="log"):
        store.replay(tenant, NAME)


def adopted_again(store: Any, tenant: str, table: Table) -> None:
    """Adopt it once more."""
    assert store.adopt_collection(tenant, NAME, table).name == NAME


def dropped(store: Any, tenant: str, table: Table) -> None:
    """Forget it: no row goes, and it can be adopted anew."""
    assert store.drop_collection(tenant, NAME) == 0
    assert store.describe_collection(tenant, NAME) is None
    store.adopt_collection(tenant, NAME, table)


def forgotten(store: Any, tenant: str, table: Table) -> None:
    """Forget the tenant: its collection is named among those whose table stays."""
    counted = store.forget(tenant, filter={"page": 5})
    assert (counted.items, counted.tables_kept) == (0, (NAME,))
    counted = store.forget(tenant)
    assert (counted.items, counted.tables_kept) == (0, (NAME,))
    store.adopt_collection(tenant, NAME, table)


WORKS: dict[str, Callable[[Any, str, Table], Any]] = {
    "adopt_collection": adopted_again,
    "ensure_collection": ensured,
    "describe_collection": lambda store, tenant, _: store.describe_collection(tenant, NAME).name,
    "list_collections": lambda store, tenant, _: store.list_collections(tenant)[0].name,
    "alter_collection": altered,
    "rename_collection": renamed,
    "get": lambda store, tenant, _: store.get(tenant, NAME, ["a005"])[0].id,
    "list_items": lambda store, tenant, _: store.list_items(tenant, NAME, limit=3)[2].id,
    "list_ids": lambda store, tenant, _: store.list_ids(tenant, NAME)[7],
    "count": lambda store, tenant, _: store.count(tenant, NAME, {"lang": "en"}),
    "facet": lambda store, tenant, _: store.facet(tenant, NAME, "lang")[0].value,
    "field_range": lambda store, tenant, _: store.field_range(tenant, NAME, "page"),
    "describe_fields": lambda store, tenant, _: store.describe_fields(tenant, NAME)[0].path,
    "sample": lambda store, tenant, _: store.sample(tenant, NAME, 3)[0].id,
    "map_collection": lambda store, tenant, _: store.map_collection(tenant, NAME).ids[0],
    "analyze_text": lambda store, tenant, _: store.analyze_text(tenant, NAME, id="a005")[0].word,
    "search": lambda store, tenant, _: store.search(tenant, NAME, QUERY)[0].id,
    "search_many": lambda store, tenant, _: store.search_many(tenant, NAME, [QUERY])[0][0].id,
    "search_near": lambda store, tenant, _: store.search_near(tenant, NAME, ["a005"])[0].id,
    "search_text": lambda store, tenant, _: store.search_text(tenant, NAME, "cats")[0].id,
    "search_hybrid": lambda store, tenant, _: (
        store.search_hybrid(
            tenant, NAME, QUERY, "cats", rerank=lambda _, texts: [float(len(one)) for one in texts]
        )[0].id
    ),
    "measure_recall": lambda store, tenant, _: store.measure_recall(tenant, NAME).recall > 0.5,
    "tune": lambda store, tenant, _: store.tune(tenant, NAME).recall > 0.5,
    "create_index": indexed,
    "prewarm": lambda store, tenant, _: store.prewarm(tenant, NAME).table_bytes,
    "maintain": lambda store, tenant, _: store.maintain(tenant).collections,
    "evaluate": evaluated,
    "tune_fusion": learned,
    "replay": replayed,
    "keep_report": reported,
    "list_reports": reported,
    "get_report": reported,
    "delete_report": reported,
    "abandon_reembed": lambda store, tenant, _: store.abandon_reembed(tenant, NAME) == 0,
    "forget": forgotten,
    "drop_collection": dropped,
}
"""What works; what it gives is something that is true."""

WRITES = ("upsert", "update", "update_where", "delete", "delete_where")
"""What works where the table was adopted with ``writable=True``, whose tests are elsewhere."""

REFUSALS: dict[str, Callable[[Any, str, Table], Any]] = {
    "load": lambda store, tenant, _: store.load(tenant, NAME, [Item("a", QUERY)]),
    "clear": lambda store, tenant, _: store.clear(tenant, NAME),
    "reembed": lambda store, tenant, _: store.reembed(
        tenant, NAME, to=Collection(NAME, 8, "new"), embed=lambda texts: [[1.0] * 8] * len(texts)
    ),
    "drop_index": lambda store, tenant, _: store.drop_index(tenant, NAME),
    "reindex": lambda store, tenant, _: store.reindex(tenant, NAME),
}
