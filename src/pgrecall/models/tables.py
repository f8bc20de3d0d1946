"""A table that somebody else made, as a collection is to see it."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Table:
    """Which columns of a table, or of a view, are what an item has.

    ``adopt_collection`` takes it. It never raises when made: the verb does.

    Attributes:
        name: The table, view, materialized view, partitioned or foreign table, as SQL writes it:
            with its schema, or found by the search path; in quotes where SQL needs them.
        id: Column of the id: ``smallint``, ``integer``, ``bigint``, ``uuid``, ``text``, ``varchar``
            or ``citext``; or several, whose id is their JSON array: ``'["acme",7]'``.
        text: Column of the text, or several, which are joined by a blank line; what is NULL is left
            out. None: items have no text.
        vector: Column of the vector: ``vector``, ``halfvec`` or ``real[]``. None: items have none,
            and only the text is searched.
        metadata: Columns that are keys of the metadata. A NULL is a missing key.
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
    """

    name: str
    _: KW_ONLY
    id: str | Sequence[str]
    text: str | Sequence[str] | None = None
    vector: str | None = None
    metadata: Sequence[str] = ()
    metadata_json: str | None = None
    tsvector: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    where: Mapping[str, Any] | None = field(default=None)
    writable: bool = False
