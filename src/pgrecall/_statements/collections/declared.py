"""What of a collection the registry keeps among its settings: declared with it, not learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._statements.collections import textsearch
from pgrecall._values.kept_numbers import ABOVE_ZERO, number_of
from pgrecall.indexes import hot_to_json
from pgrecall.models import K1, TARGET_RECALL, B

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall.models import Collection

_DISTRIBUTED = "distributed"

TARGET = "target_recall"
"""Key of a collection's settings for the recall that its searches are to have."""

RANKED_BY = {"k1": K1, "b": B}
"""Keys of a collection's settings for BM25's constants, with those that hold where none is said."""

TITLE = "title"
"""Key of a collection's settings for the metadata key whose words count more."""

TEXT_INDEX = "text_index"
"""Key of a collection's settings for the index that an extension has of its texts."""

MOST_RANKED_BY = {"k1": 100, "b": 1}
"""What they are at most. Far beyond 100 a word counts as often as it is there, whatever is said."""

HOT_FIELDS = "hot_fields"
"""Key of a collection's settings for the fields that are hot; older clients read their types."""


def first_settings(collection: Collection, textsearch_schema: str | None = None) -> dict[str, Any]:
    """Give the settings of a collection without rows.

    Args:
        collection: The collection.
        textsearch_schema: The schema of the extension that ranks its texts, where one does.
    """
    first: dict[str, Any] = {_DISTRIBUTED: True} if collection.distributed else {}
    if collection.target_recall != TARGET_RECALL:
        first[TARGET] = collection.target_recall
    first |= {
        key: getattr(collection, key)
        for key, usual in RANKED_BY.items()
        if getattr(collection, key) != usual
    }
    if collection.title is not None:
        first[TITLE] = collection.title
    if collection.text_index is not None:
        first[TEXT_INDEX] = textsearch.to_json(collection.text_index, textsearch_schema)
    if hot := hot_to_json(collection.fields):
        first[HOT_FIELDS] = hot
    return first


def read(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give the same as arguments of a ``Collection``; its fields have a column of their own."""
    title = settings.get(TITLE)
    return {
        "distributed": settings.get(_DISTRIBUTED) is True,
        "target_recall": number_of(settings, TARGET, ABOVE_ZERO, 1) or TARGET_RECALL,
        **{key: _ranked_by(settings, key) for key in RANKED_BY},
        "title": title if isinstance(title, str) else None,
        "text_index": textsearch.from_settings(settings),
    }


def _ranked_by(settings: Mapping[str, Any], key: str) -> float:
    found = number_of(settings, key, 0, MOST_RANKED_BY[key])
    return RANKED_BY[key] if found is None else found
