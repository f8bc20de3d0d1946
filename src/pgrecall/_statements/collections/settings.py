"""The keys of a collection's settings, one JSON object in the registry: what each is, until when.

Clients of several versions share it: a key that a client does not know is another's, and stays.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kept(Enum):
    """How long a key of the settings is kept."""

    ALWAYS = "as long as the collection: it was said"
    MEANWHILE = "until what it tells of has ended"
    WITH_FIELDS = "as long as the declared fields: it was said of them"
    WITH_TOKENS = "as long as the tokens of the rows: it was said of them"
    WITH_TABLE = "as long as the table has the indexes that it tells of"
    WITH_INDEX = "as long as the approximate index: it was learned from it"
    WITH_ROWS = "until the rows are cleared: it was measured on them"


class Setting(NamedTuple):
    """What a key holds, and how long it is kept."""

    meaning: str
    kept: Kept


SETTINGS: Mapping[str, Setting] = {
    "distributed": Setting("whether Citus spreads the rows", Kept.ALWAYS),
    "target_recall": Setting("what share of the neighbours is to be found", Kept.ALWAYS),
    "k1": Setting("how much more a word counts that is there more often", Kept.ALWAYS),
    "b": Setting("how much a text's length counts against it", Kept.ALWAYS),
    "title": Setting("which metadata key's words count more", Kept.WITH_TOKENS),
    "text_index": Setting("which extension's index ranks texts, and its schema", Kept.WITH_TOKENS),
    "former_names": Setting("the names that it had before", Kept.ALWAYS),
    "hot_fields": Setting("which fields are hot, and how", Kept.WITH_FIELDS),
    "hot": Setting("which values have an index of their own", Kept.WITH_TABLE),
    "loader": Setting("whose load has put the indexes aside: token, pid, since", Kept.MEANWHILE),
    "builder": Setting("who builds an index: token, pid, since, at", Kept.MEANWHILE),
    "reembeds": Setting("number of the collection whose place it is to take", Kept.MEANWHILE),
    "reembed_runner": Setting("which call of reembed() fills it", Kept.MEANWHILE),
    "reembed_verb": Setting("which verb fills it: reembed or alter_collection", Kept.MEANWHILE),
    "reembed_index": Setting("the index that it gets when it is filled", Kept.MEANWHILE),
    "reembedded_into": Setting("number of the collection that took its place", Kept.MEANWHILE),
    "ef_search": Setting("the effort of an HNSW index that was measured", Kept.WITH_INDEX),
    "probes": Setting("the effort of an IVFFlat index that was measured", Kept.WITH_INDEX),
    "tuned_k": Setting("how many rows that effort was measured for", Kept.WITH_INDEX),
    "tuned_target": Setting("the recall that tune() was asked for", Kept.WITH_INDEX),
    "tuned_by": Setting("by how much tune()'s own questions are harder", Kept.WITH_ROWS),
    "measured": Setting("what was measured, when, and how the effort follows", Kept.WITH_INDEX),
    "without_vectors": Setting("how many rows there were, none with a vector", Kept.WITH_INDEX),
    "lists": Setting("how many lists an IVFFlat index has", Kept.WITH_INDEX),
    "rows_at_build": Setting("how many rows those were learned from", Kept.WITH_INDEX),
    "fusion": Setting("what tune_fusion() learned, and with what", Kept.WITH_ROWS),
    "spread": Setting("the spread of distances between items", Kept.WITH_ROWS),
    "spread_floor": Setting("the spread that rounding alone makes", Kept.WITH_ROWS),
    "spread_rows": Setting("how many rows there were when it was measured", Kept.WITH_ROWS),
}
"""Every key that is written anywhere."""


def without(settings: Mapping[str, Any], *kinds: Kept) -> dict[str, Any]:
    """Leave out the keys that are kept in one of some ways."""
    gone = {key for key, setting in SETTINGS.items() if setting.kept in kinds}
    return {key: value for key, value in settings.items() if key not in gone}
