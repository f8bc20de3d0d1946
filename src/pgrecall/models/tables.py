"""A table that somebody else made, as a collection is to see it."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Peer:
    """Another vector store whose table is adopted: its columns are found by what it makes.

    Attributes:
        store: ``pgvector``, ``pgvectorstore`` or ``llama_index``.
        schema: The schema of its tables.
        name: The collection, or the table.
    """

    store: str
    schema: str
    name: str


@dataclass(frozen=True, slots=True)
class Table:
    """Which columns of a table, or of a view, are what an item has.

    ``adopt_collection`` takes it. It never raises when made: the verb does.

    Attributes:
        name: The table, view, materialized view, partitioned or foreign table, as SQL writes it:
            with its schema, or found by the search path; in quotes where SQL needs them.
        id: Column of the id: ``smallint``, ``integer``, ``bigint``, ``uuid``, ``text``, ``varchar``
            or ``citext``; or several, whose id is their JSON array: ``'["acme", 7]'``.
        text: Column of the text, or several, which are joined by a blank line; what is NULL is left
            out. None: items have no text.
        vector: Column of the vector: ``vector``, ``halfvec`` or ``real[]``. None: items have none,
            and only the text is searched.
        metadata: Columns that are keys of the metadata; None is as good as none. A NULL is a
            missing key.
        metadata_json: Column of ``jsonb`` or ``json`` whose keys are of the metadata too; where a
            column has the name of one, the column counts, NULL or not.
        tsvector: Column of the text's ``tsvector``. None: the only one that the table has, else
            the expression of an index, else it is computed for each row that is looked at.
        created_at: Column of the time when a row was made: ``timestamptz``, ``timestamp`` (taken
            as UTC) or ``date``.
        updated_at: Column of the time when it was last changed.
        where: A filter on any columns of the table, which all reads and writes are held to:
            ``{"account_id": 7}``. Rows that it does not match are not there.
        writable: Whether items may be written, changed and removed through the collection.
        peer: Of what store the table is; the ``of_`` methods say so.
    """

    name: str
    _: KW_ONLY
    id: str | Sequence[str]
    text: str | Sequence[str] | None = None
    vector: str | None = None
    metadata: Sequence[str] | None = ()
    metadata_json: str | None = None
    tsvector: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    where: Mapping[str, Any] | None = None
    writable: bool = False
    peer: Peer | None = field(default=None, repr=False)

    @classmethod
    def of_pgvector(
        cls, collection: str, *, schema: str = "public", writable: bool = False
    ) -> Table:
        """Give a collection of langchain-postgres' ``PGVector``, where it is.

        Its rows are those of ``langchain_pg_embedding`` that belong to it; of version 0.0.6 or
        later, older tables can be imported.

        Args:
            collection: Its name there.
            schema: The schema of the two tables.
            writable: Whether items may be written.
        """
        return cls(
            f"{schema}.langchain_pg_embedding",
            id="id",
            text="document",
            vector="embedding",
            metadata_json="cmetadata",
            writable=writable,
            peer=Peer("pgvector", schema, collection),
        )

    @classmethod
    def of_pgvectorstore(
        cls,
        table: str,
        *,
        schema: str = "public",
        id_column: str = "langchain_id",
        content_column: str = "content",
        embedding_column: str = "embedding",
        metadata_json_column: str | None = "langchain_metadata",
        metadata_columns: Sequence[str] | None = None,
        writable: bool = False,
    ) -> Table:
        """Give the table of langchain-postgres' ``PGVectorStore``; names are those that it takes.

        Args:
            table: The table.
            schema: Its schema.
            id_column: Column of the id.
            content_column: Column of the text.
            embedding_column: Column of the vector.
            metadata_json_column: Column of the metadata that has no column of its own; one that the
                table does not have is left out.
            metadata_columns: Columns of metadata; None: every other one whose type is understood.
            writable: Whether items may be written.
        """
        return cls(
            table,
            id=id_column,
            text=content_column,
            vector=embedding_column,
            metadata=metadata_columns,
            metadata_json=metadata_json_column,
            writable=writable,
            peer=Peer("pgvectorstore", schema, table),
        )

    @classmethod
    def of_llama_index(cls, table: str, *, schema: str = "public") -> Table:
        """Give the table of LlamaIndex's ``PGVectorStore``, to be read.

        A node that was added twice is one item, as it was added last. Nodes come back through
        pgrecall's adapter as those that were stored.

        Args:
            table: Its name, as that store was given it, or with the ``data_`` before it.
            schema: Its schema.
        """
        return cls(
            table,
            id="node_id",
            text="text",
            vector="embedding",
            metadata_json="metadata_",
            peer=Peer("llama_index", schema, table),
        )
