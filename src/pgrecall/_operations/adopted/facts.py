"""What tells whether searches of an adopted table are as quick as they could be; judges nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pgrecall._statements.adopted import catalog, indexing, upkeep
from pgrecall._statements.adopted.serving import unquoted
from pgrecall._statements.names import qualified_name
from pgrecall.indexes import LIMITS, Hnsw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.work import Steps
    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.adopted.described import Relation
    from pgrecall._statements.layout import Stored
    from pgrecall.indexes import Index

COLUMN, INDEX, COMPUTED, NONE = "column", "index", "computed", "none"
"""Where the tsvectors of texts come from."""


@dataclass(frozen=True, slots=True)
class AdoptedFacts:
    """What is so of the table.

    Attributes:
        schema: Its schema.
        table: Its name as SQL writes it, with the schema.
        kind: What it is, as ``Adopted.kind``.
        error: Why no search can read it: it is gone, or a column is; empty where it can.
        index: The index that serves searches by vector, as SQL writes it.
        can_have_indexes: Whether one of its own would be of every row.
        has_vectors: Whether a column of it has vectors.
        index_vectors: The statements that would build an approximate index.
        tokens: Where the tsvectors of its texts come from: ``column``, ``index``, ``computed`` or
            ``none``.
        tsvector: The column, where one has them.
        has_tokens_index: Whether an index on that column serves searches by text.
        is_kept: Whether the column follows the text: it is generated, or triggers may fill it.
        index_tokens: The statement that would make searches by text quick.
        has_unique_id: Whether an index tells that no two rows have an id.
        check_ids: The statement that shows ids that several rows have, or that rules them out.
    """

    schema: str
    table: str
    kind: str
    error: str = ""
    index: str | None = None
    can_have_indexes: bool = False
    has_vectors: bool = False
    index_vectors: Sequence[str] = ()
    tokens: str = NONE
    tsvector: str | None = None
    has_tokens_index: bool = True
    is_kept: bool = True
    index_tokens: str = ""
    has_unique_id: bool = True
    check_ids: str = ""


def nothing_known(adopted: Adopted, error: str = "") -> AdoptedFacts:
    """Give what the registry says alone, and why nothing else is known."""
    shown = qualified_name(adopted.schema, adopted.name)
    return AdoptedFacts(adopted.schema, shown, adopted.kind, error)


def found_out(stored: Stored, adopted: Adopted) -> Steps[AdoptedFacts]:
    """Look at the table of a collection that was looked up, and can be read."""
    facts = nothing_known(adopted)
    result = yield catalog.describe(stored.schema, stored.holder)
    relation = catalog.read_relation(result.rows[0])
    if relation is None:
        return facts
    present = stored.present
    if present is not None:
        facts = replace(facts, index=present.serving(adopted))
    facts = replace(
        facts,
        can_have_indexes=relation.indexes_cover,
        has_vectors=adopted.vector is not None,
        **_ids(adopted, relation),
    )
    facts = yield from _with_tokens(stored, adopted, relation, facts)
    if relation.indexes_cover and adopted.vector is not None and facts.index is None:
        made = yield from _building(stored, adopted, wanted_index(stored))
        facts = replace(facts, index_vectors=made)
    return facts


def wanted_index(stored: Stored) -> Index:
    """Give the index that would serve vectors of such a length."""
    if stored.dimensions <= LIMITS[stored.collection.storage]:
        return Hnsw()
    return Hnsw(quantization="half" if stored.dimensions <= LIMITS["halfvec"] else "binary")


def _building(stored: Stored, adopted: Adopted, index: Index) -> Steps[list[str]]:
    found = yield indexing.ground(stored, index)
    if not found.rows or adopted.vector is None:
        return []
    ground = indexing.read_ground(found.rows[0])
    name = indexing.free_name(indexing.base_name(stored, index), ground.names)
    definition = indexing.definition(stored, adopted.vector, index)
    if ground.relkind != "p":
        return [indexing.create(adopted, name, definition)]
    parts = yield indexing.partitions(stored)
    listed = [indexing.Partition(*row) for row in parts.rows]
    return indexing.over_partitions(stored, index, name, listed, definition)


def _ids(adopted: Adopted, relation: Relation) -> dict[str, Any]:
    ids = {one.name for one in adopted.id} | {one.name for one in adopted.scope}
    is_unique = relation.indexes_cover and any(
        one.is_immediate and set(one.columns) <= ids for one in relation.unique
    )
    can = adopted.kind in {"table", "materialized view"} and relation.indexes_cover
    statement = upkeep.index_ids(adopted) if can else upkeep.repeated_ids(adopted)
    return {"has_unique_id": is_unique, "check_ids": statement}


def _with_tokens(
    stored: Stored, adopted: Adopted, relation: Relation, facts: AdoptedFacts
) -> Steps[AdoptedFacts]:
    config, column = stored.config, adopted.tsvector
    if config is None:
        return facts
    if column is not None:
        of_column = any(unquoted(one.definition) == column for one in relation.tokens)
        is_kept = bool(relation.columns[column].generated) or adopted.kind != "table"
        if not is_kept:
            found = yield upkeep.is_kept(stored)
            is_kept = all(found.rows[0])
        return replace(
            facts,
            tokens=COLUMN,
            tsvector=column,
            has_tokens_index=of_column or not relation.indexes_cover,
            is_kept=is_kept,
            index_tokens=_on_gin(adopted, upkeep.of_column(column)),
        )
    is_indexed = stored.present is not None and stored.present.tsv is not None
    written = upkeep.tokens(config, [one.name for one in adopted.text])
    return replace(
        facts,
        tokens=INDEX if is_indexed else COMPUTED,
        has_tokens_index=is_indexed or not relation.indexes_cover,
        index_tokens=_on_gin(adopted, written),
    )


def _on_gin(adopted: Adopted, expression: str) -> str:
    # PostgreSQL builds none of a partitioned table beside its writers
    made = upkeep.index_tokens(adopted, expression)
    is_whole = adopted.kind != "partitioned table"
    return made if is_whole else made.replace(" CONCURRENTLY", "", 1)
