"""What an export says of its collection, so that a load makes the same one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrecall.errors import InvalidArgumentError
from pgrecall.indexes import (
    Bm25,
    fields_from_json,
    hot_to_json,
    index_from_json,
    index_to_json,
    kinds_of,
)
from pgrecall.languages import ByField, by_field_from_json, by_field_to_json
from pgrecall.models import K1, TARGET_RECALL, B, Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pgrecall.models import Collection

KEY = "pgrecall:collection"
"""Where it stands: a key of the first JSON line, beside the item's own, or of Parquet's metadata.

An exported item has no other keys than its own, and what an item holds lies below ``metadata``."""

_VERSION = 1
_BM25 = "bm25"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The settings of the collection that a file was made from.

    Attributes:
        settings: Fields of ``Collection`` by name; name and table are the new one's own.
        has_vectors: Whether the file has the vectors too.
        has_times: Whether it has when items were written.
    """

    settings: Mapping[str, Any]
    has_vectors: bool
    has_times: bool = False


def of_collection(collection: Collection, *, vectors: bool, times: bool = False) -> dict[str, Any]:
    """Describe a collection in what JSON has."""
    index = index_to_json(collection.index)
    by = collection.text_search
    hot = hot_to_json(collection.fields)  # beside the types, which older ones read
    return {
        "version": _VERSION,
        "vectors": vectors,
        **({"times": True} if times else {}),
        "dimensions": collection.dimensions,
        "metric": str(collection.metric),
        "model": collection.embedding_model,
        "storage": collection.storage,
        "text_search": by_field_to_json(by) if isinstance(by, ByField) else by,
        "fields": kinds_of(collection.fields),
        **({"hot": hot} if hot else {}),
        "index": None if index is None else json.loads(index),
        "distributed": collection.distributed,
        "target_recall": collection.target_recall,
        "title": collection.title,
        "text_index": None if collection.text_index is None else _BM25,
        "k1": collection.k1,
        "b": collection.b,
    }


def read(value: object, where: str) -> Manifest | None:
    """Read what ``of_collection`` gave; None where it is something else.

    Args:
        value: What stands under ``KEY``.
        where: How messages name the file.

    Raises:
        InvalidArgumentError: A later pgrecall wrote it, or it was changed by hand.
    """
    if not isinstance(value, dict) or not isinstance(value.get("version"), int):
        return None
    if value["version"] > _VERSION:
        raise InvalidArgumentError(
            f"{where} was exported by a later pgrecall: update this one, or take {KEY!r} out of"
            " its first line and name the settings by options"
        )
    # an export from before these were settings has what every collection had
    usual = {"target_recall": TARGET_RECALL, "k1": K1, "b": B, "title": None, "text_index": None}
    value = {**usual, **value}
    for name, (is_right, needed) in _CHECKS.items():
        if not is_right(value.get(name)):
            raise InvalidArgumentError(
                f"the settings in {where} hold {name}={value.get(name)!r}: {needed} is needed"
            )
    try:
        index = index_from_json(json.dumps(value["index"]) if value["index"] else None)
    except (KeyError, TypeError):
        raise InvalidArgumentError(
            f"the settings in {where} hold index={value['index']!r}, which this pgrecall has not"
        ) from None
    settings = {name: value[name] for name in _CHECKS if name not in {"vectors", "model"}}
    settings["text_index"] = None if value["text_index"] is None else Bm25()
    fields = fields_from_json(value["fields"], value.get("hot"))
    text_search = by_field_from_json(value["text_search"]) or value["text_search"]
    settings |= {"embedding_model": value["model"], "text_search": text_search}
    return Manifest(
        settings | {"index": index, "fields": fields},
        value["vectors"],
        value.get("times") is True,
    )


def _is_a(*kinds: type) -> Callable[[object], bool]:
    return lambda value: type(value) in kinds


def _one_of(*known: str) -> tuple[Callable[[object], bool], str]:
    return lambda value: isinstance(value, str) and value in known, " or ".join(known)


def _is_share(value: object) -> bool:
    return type(value) in {int, float} and 0 < value <= 1  # type: ignore[operator]  # a number


def _is_text_search(value: object) -> bool:
    return value is None or isinstance(value, str) or by_field_from_json(value) is not None


def _is_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(kind, str) for kind in value.values())


_CHECKS: dict[str, tuple[Callable[[object], bool], str]] = {
    "vectors": (_is_a(bool), "true or false"),
    "dimensions": (_is_a(int), "a whole number"),
    "metric": _one_of(*map(str, Metric)),
    "model": (_is_a(str), "a text"),
    "storage": _one_of("vector", "halfvec"),
    "text_search": (_is_text_search, "a text, null, or what ByField has"),
    "fields": (_is_texts, "an object of texts"),
    "index": (_is_a(dict, type(None)), "an object or null"),
    "distributed": (_is_a(bool), "true or false"),
    "target_recall": (_is_share, "a number above 0 and at most 1"),
    "title": (_is_a(str, type(None)), "a text or null"),
    "text_index": (lambda value: value is None or value == _BM25, f"{_BM25!r} or null"),
    "k1": (_is_a(int, float), "a number"),
    "b": (_is_a(int, float), "a number"),
}
