"""What the pages show: one tenant's collections, and what is told of them beside the verbs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container, Mapping, Sequence

    from pgrecall._adapters.findings import Finding
    from pgrecall.async_store import AsyncStore
    from pgrecall.errors import PgRecallError
    from pgrecall.models import Collection, RecallPromise


class Embedder(Protocol):
    """A model that turns a question into a vector; a plain function, which a thread runs."""

    @property
    def name(self) -> str:
        """What a collection's ``embedding_model`` calls it."""

    @property
    def python(self) -> Python:
        """How Python makes it and calls it."""

    def embed_one(self, text: str) -> Any:
        """Give a question's vector."""


@dataclass(frozen=True, slots=True)
class Python:
    """How something is written in Python, to be copied.

    Attributes:
        imports: Lines that stand first.
        call: The expression; of an embedder with ``question`` in it.
    """

    imports: tuple[str, ...]
    call: str


STORE = Python(("from pgrecall import Store",), "Store()")
"""The store of the environment's DSN."""


@dataclass(frozen=True, slots=True)
class Reranker:
    """A model that puts what was found in its order, named where the pages were started."""

    function: Callable[[str, list[str]], Any]
    python: Python


@dataclass(frozen=True, slots=True)
class IndexState:
    """One index of a collection's table.

    Attributes:
        name: Its name.
        method: ``hnsw``, ``btree``, ``gin`` and so on.
        bytes: Its size.
        scans: How often it was used since ``Health.counting_since``.
        state: ``ready``, ``building`` or ``invalid``.
    """

    name: str
    method: str
    bytes: int
    scans: int
    state: str


@dataclass(frozen=True, slots=True)
class CollectionState:
    """What there is to know of a collection beside what it is.

    Attributes:
        rows: About how many there are.
        total_bytes: Of its table with all indexes.
        toast_bytes: Of what the table keeps out of line.
        dead_rows: Rows that a vacuum would remove.
        index: How its approximate index is: ``none``, ``ready``, ``building``, ``waiting`` (a load
            or too few rows), ``missing``, or ``lost`` where the table itself is.
        phase: What a build does now, and how far it is, 0 to 1; None where nothing is built.
        promise: What searches by index are to find, and what was measured; None without an index.
        indexes: All indexes of the table, the largest first.
        findings: What is wrong with it.
        adopted: The table of somebody else's that it stands on; empty where the table is its own.
    """

    rows: float
    total_bytes: int
    toast_bytes: int
    dead_rows: int
    index: str
    phase: tuple[str, float | None] | None = None
    promise: RecallPromise | None = None
    indexes: Sequence[IndexState] = ()
    findings: Sequence[Finding] = ()
    adopted: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """What ``look`` found out.

    Attributes:
        server: The server and its versions, in a line.
        findings: What is wrong with the server.
        collections: The state of each collection that was asked for, by name.
    """

    server: str
    findings: Sequence[Finding]
    collections: Mapping[str, CollectionState]


@dataclass(frozen=True)
class Place:
    """Where pages look; nothing in an address can name another tenant or server.

    Attributes:
        store: The store, which is only read.
        tenant: Whose collections.
        embedder: Gives the model of a collection's vectors, None where none is known; may take its
            time, for a thread runs it.
        look: Tells how the collections of these names are, and the server.
        opening: How Python opens the same store.
        told: An error's message, in the words of who started the pages.
        reranker: A model for the searches, if one was named.
    """

    store: AsyncStore
    tenant: str
    embedder: Callable[[Collection], Embedder | None]
    look: Callable[[Container[str]], Awaitable[Health]]
    opening: Python = STORE
    told: Callable[[PgRecallError], str] = str
    reranker: Reranker | None = None
