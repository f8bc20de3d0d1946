"""What an adopted table of another store gives, beside what an import of it gives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from integration_tests.copying.peer_tables import TENANT

from pgrecall import Store

if TYPE_CHECKING:
    from pgrecall import Table


def compare(dsn: str, imported: str, table: Table, filters: list[Any], words: str) -> None:
    """Adopt a table, and hold every answer to that of a collection into which it was imported."""
    with Store(dsn) as store:
        adopted = store.adopt_collection(TENANT, "adopted", table)
        docs = [store.bind(TENANT, name) for name in (imported, "adopted")]
        theirs, ours = ({one.id: plain(one) for one in every(one)} for one in docs)
        assert ours == theirs
        assert ours
        query = np.arange(1, (adopted.dimensions or 0) + 1, dtype=np.float32)
        for filter_ in (None, *filters):
            native, here = (
                [plain(hit) for hit in answers(one, query, filter_, words)] for one in docs
            )
            assert native == here
            assert native


def every(docs: Any) -> list[Any]:
    """Give all items."""
    found: list[Any] = docs.list_items(limit=None)
    return found


def answers(docs: Any, query: Any, filter_: Any, words: str) -> list[Any]:
    """Search by vector, by text and by both."""
    options = {"limit": 5, "filter": filter_}
    return [
        *docs.search(query, exact=True, **options),
        *docs.search_text(words, **options),
        *docs.search_hybrid(query, words, exact=True, **options),
    ]


def plain(found: Any) -> Any:
    """Leave out times and nulls, and write vectors as lists and scores short.

    A NULL of a column is a missing key where the table is adopted, and null where it was imported,
    as the other store reads it: no filter tells the two apart, but ``exists``. A timestamp without
    a zone is taken as UTC where it is adopted, and says so.
    """
    numbers = {
        name: round(value, 5)
        for name in ("distance", "score", "text_score")
        if isinstance(value := getattr(found, name, None), float)
    }
    vector = None if found.vector is None else found.vector.tolist()
    metadata = {key: value for key, value in found.metadata.items() if value is not None}
    if "seen" in metadata:
        metadata["seen"] = metadata["seen"].removesuffix("Z")
    found = replace(found, vector=vector, metadata=metadata, **numbers)
    return replace(found, created_at=None, updated_at=None)
