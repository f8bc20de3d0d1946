"""What there is to know of collections, in what JSON has."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pgrecall._adapters.naming import index_text
from pgrecall._adapters.pair import Pair
from pgrecall._operations.adopted.adopting import registered
from pgrecall._operations.health import looking
from pgrecall._operations.search import effort, fusing
from pgrecall._statements.collections import tables
from pgrecall._statements.indexes.indexes import index_name
from pgrecall._statements.layout import BM25
from pgrecall.cli.shared.layouts import fields_text, text_index_text, text_search_text
from pgrecall.cli.shared.promises import promise_json
from pgrecall.errors import CollectionNotFoundError, DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pgrecall._operations.health.facts import CollectionFacts
    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.layout import Stored
    from pgrecall.models import Field
    from pgrecall.store import Store

_EXACT_ROWS = 100_000  # rows that are counted in no time
_NO_RIGHTS = "42501"
_LOOKED_AT = 2_000  # items whose fields are described


def rows_of(store: Store, one: CollectionFacts) -> tuple[int, bool]:
    """Count small tables; the planner's estimate is good enough for others.

    It is all there is where this role may not read the table.
    """
    if one.table is None:
        return 0, True
    if one.adopted is not None and one.adopted.error:
        return 0, True
    if one.rows <= _EXACT_ROWS:
        with _no_rights_are_no_failure():
            return store.count(one.tenant, one.collection.name), True
    return round(max(0.0, one.rows)), False


def facts_json(one: CollectionFacts, rows: tuple[int, bool]) -> dict[str, Any]:
    """Give what the registry and the catalog say, in what JSON has."""
    collection = one.collection
    return {
        "tenant": one.tenant,
        "name": collection.name,
        "rows": rows[0],
        "rows_are_exact": rows[1],
        "dimensions": collection.dimensions,
        "metric": str(collection.metric),
        "storage": collection.storage,
        "embedding_model": collection.embedding_model,
        "text_search": text_search_text(collection.text_search),
        "fields": fields_text(collection.fields),
        "index": index_text(collection.index),
        "target_recall": collection.target_recall,
        "title": collection.title,
        "text_index": text_index_text(collection.text_index),
        "k1": collection.k1,
        "b": collection.b,
        "indexes_pending": one.pending,
        "settings": dict(one.settings),
        "table": collection.table_name,
        "adopted": one.adopted is not None,
        "bytes": one.table.total_bytes if one.table else 0,
    }


def whole(store: Store, tenant: str, name: str) -> dict[str, Any]:
    """Gather all that there is to know of one collection.

    Raises:
        CollectionNotFoundError: There is none.
    """
    pair = Pair(store)
    stored = pair.run(registered(pair.context, tenant, name))
    if stored is None:
        raise CollectionNotFoundError(tenant, name)
    facts = pair.run(looking.whole(pair.context, stored))
    error = _error(facts)
    told = facts_json(facts, rows_of(store, facts))
    index, purposes = facts.collection.index, _purposes(stored, facts)
    learned = fusing.learned(stored)
    described: list[Field] = []
    if error is None:
        with _no_rights_are_no_failure():
            described = store.describe_fields(tenant, name, sample=_LOOKED_AT)
    built = sum(one.bytes for one in facts.indexes.values())
    return told | {
        "error": error,
        "index_options": {} if index is None else asdict(index),
        "index_state": _index_state(facts),
        "recall": promise_json(effort.told(facts.settings, facts.collection)) if index else None,
        "hybrid": None if learned is None else learned._asdict(),
        "table_bytes": max(0, told["bytes"] - built),
        "indexes": [
            {
                "name": one.name,
                "of": purposes.get(one.name, "ids" if one.primary else None),
                "method": one.method,
                "bytes": one.bytes,
                "scans": one.scans,
                "valid": one.valid,
            }
            for one in facts.indexes.values()
        ],
        "metadata": [_field_json(one, told["fields"]) for one in described],
        "adopted_from": None if stored.adopted is None else _adopted_json(stored.adopted),
    }


@contextmanager
def _no_rights_are_no_failure() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        if error.sqlstate != _NO_RIGHTS:
            raise


def _error(facts: CollectionFacts) -> str | None:
    """Say why the collection cannot be read, where it cannot."""
    if facts.adopted is not None:
        return facts.adopted.error or None
    return None if facts.table is not None else f"its table {facts.collection.table_name} is gone"


def _index_state(facts: CollectionFacts) -> str:
    if facts.collection.index is None:
        return "none"
    if facts.building:
        return "being built"
    if facts.pending:
        return "put aside by a load" if facts.loading else "left aside by a load that has ended"
    found = facts.indexes.get(facts.ann)
    if found is not None or facts.collection.distributed:
        return "built" if found is None or found.valid else "invalid"
    return "missing" if facts.ann_built else "waits for rows to learn from"


def _purposes(stored: Stored, facts: CollectionFacts) -> dict[str, str]:
    """Say what each index is of, by its name; of somebody else's table, of one alone."""
    if stored.adopted is not None:
        return {facts.ann: "vectors"}
    made = {
        stored.index_name("metadata"): "metadata",
        stored.index_name("tsv"): "words",
        stored.index_name(BM25): "words, by BM25",
        facts.ann_new: "vectors, being built",
        index_name(stored): "vectors",
    }
    for key, purpose in zip(stored.fields, tables.field_purposes(stored), strict=True):
        made[stored.index_name(purpose)] = f"field {key}"
    for name, part in facts.noted.items():
        made[name] = f"vectors of {part.field} = {part.value}"
    return made


def _field_json(field: Field, declared: Mapping[str, str]) -> dict[str, Any]:
    return {
        "path": list(field.path),
        "types": list(field.types),
        "share": field.share,
        "commonest": list(field.examples),
        "declared": declared.get(field.path[0]) if len(field.path) == 1 else None,
    }


def _adopted_json(adopted: Adopted) -> dict[str, Any]:
    one = {"vector": adopted.vector, "metadata_json": adopted.json}
    one |= {"created_at": adopted.created_at, "updated_at": adopted.updated_at}
    return {
        "schema": adopted.schema,
        "table": adopted.name,
        "kind": adopted.kind,
        "id": [column.name for column in adopted.id],
        "text": [column.name for column in adopted.text],
        "metadata": [column.name for column in adopted.metadata],
        **{of: None if column is None else column.name for of, column in one.items()},
        "tsvector": adopted.tsvector,
        "where": adopted.where,
        "writable": adopted.writable,
    }
