"""What there is to know of a server, of a collection, and of its table and indexes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pgrecall._statements.indexes.indexes import USUAL_MEMORY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pgrecall._operations.adopted.facts import AdoptedFacts
    from pgrecall._operations.indexes.parts import Counted
    from pgrecall._statements.parts import Part
    from pgrecall.models import Collection


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """A server's versions, memory in bytes and connections."""

    version: int
    version_text: str
    vector_version: str
    vector_available: str
    shared_buffers: int
    maintenance_work_mem: int
    work_mem: int
    max_connections: int
    reserved_connections: int
    connections: int
    pgrecall_connections: int
    autovacuum: bool
    counting_since: datetime
    embedded: bool = False
    textsearch_version: str | None = None


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table's size and what PostgreSQL's statistics say; ``rows`` is -1 where unknown."""

    name: str
    rows: float
    total_bytes: int
    live_rows: int
    dead_rows: int
    analyzed: bool
    toast_bytes: int = 0


@dataclass(frozen=True, slots=True)
class LongTexts:
    """About how many texts full text search does not cover whole.

    Attributes:
        beyond_places: Those with words behind the last place that a tsvector has.
        beyond_indexed: Those with more characters than are indexed.
        exact: Whether they were counted, and not guessed from a sample.
    """

    beyond_places: int
    beyond_indexed: int
    exact: bool


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """One index as the catalog has it; ``scans`` counts since ``counting_since``."""

    name: str
    method: str
    valid: bool
    primary: bool
    bytes: int
    scans: int
    building: bool


@dataclass(frozen=True, slots=True)
class CollectionFacts:
    """A collection with its table, or None where that is gone, and its indexes.

    Attributes:
        tenant: Whose it is.
        collection: As the registry has it.
        settings: How it is searched, as ``tune`` and builds left it.
        pending: A load put its indexes aside, and has not brought them back.
        table: None where the registry names a table that is not there.
        rows: About how many there are.
        indexes: The table's indexes by name.
        expected: The definitions of the indexes that should be there, by name.
        ann: Name of the approximate index.
        ann_built: Whether the approximate index should be there by now.
        estimated: About how many rows there are, by the pages of the table alone.
        loading: A load is at work in it; None where nobody asked.
        building: A call builds an index of it.
        ann_new: Name of an approximate index until it is put in its place.
        fresh: The table's indexes that were built and are to be put in their place.
        owned: Whether this role may build and drop the table's indexes.
        worth: Rows from which a search asks the index.
        filled: What part of the rows has a vector, where many had none when the index was measured;
            else None.
        memory_needed: Bytes that a build of the approximate index is to be allowed to stay quick;
            0 without one.
        hot_indexes: The table's indexes of hot values, by name.
        noted: The parts whose index every client knows of, by its name.
        unmeasured: Names of those whose effort was never measured, or for another recall.
        counted: The values of each hot field with many rows, and their rows; None where nobody
            counted.
        parts: The parts that are to have an index, by its name; empty where nobody counted.
        older_analysis: Whether its texts are searched as an older pgrecall analysed them, or not
            analysed, and could be as this one does.
        analysis: The number of the analysis of its texts, where it is an older one.
        long_texts: Its texts that are not searched whole; None where there are none, or nobody
            looked.
        adopted: What there is to know of the table of somebody else's that it stands on; all else
            is of that table too.
    """

    tenant: str
    collection: Collection
    settings: Mapping[str, object]
    pending: bool
    table: TableFacts | None
    rows: float
    indexes: Mapping[str, IndexFacts]
    expected: Mapping[str, str]
    ann: str
    ann_built: bool
    estimated: float = 0.0
    loading: bool | None = None
    building: bool = False
    ann_new: str = ""
    fresh: Sequence[str] = ()
    owned: bool = True
    worth: float = 0.0
    filled: float | None = None
    memory_needed: int = 0
    hot_indexes: Sequence[str] = ()
    noted: Mapping[str, Part] = field(default_factory=dict)
    unmeasured: Sequence[str] = ()
    counted: Counted | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
    older_analysis: bool = False
    analysis: int | None = None
    long_texts: LongTexts | None = None
    adopted: AdoptedFacts | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that ``gathering.gather`` found out.

    Attributes:
        schema: The store's schema.
        server: The server's facts.
        collections: The collections of all tenants, by tenant and name.
        leftovers: Tables that look like a collection's and are in no registry.
        memory_allowed: Bytes that a build by this store may have.
    """

    schema: str
    server: ServerFacts
    collections: Sequence[CollectionFacts]
    leftovers: Sequence[TableFacts]
    memory_allowed: int = USUAL_MEMORY
