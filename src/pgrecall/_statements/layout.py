"""Where things are in one database: schema names, type names, the tables of collections."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall import sizes
from pgrecall._statements.adopted.adopted import read_adopted
from pgrecall._statements.adopted.relation import alone, columns_of, hidden_fields, relation
from pgrecall._statements.collections.settings import Kept, without
from pgrecall._statements.columns import OWN, ItemColumns
from pgrecall._statements.names import identifier, qualified_name, quoted_name
from pgrecall._statements.parts import Key, Part, parts_of
from pgrecall._statements.rendered import Shape
from pgrecall._values.ids import may_be
from pgrecall.indexes import Hot, kinds_of
from pgrecall.languages import ByField, by_field_from_text, by_field_to_text, names_of
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pgrecall._statements.adopted.adopted import Adopted, Present
    from pgrecall._values.rows import Kind
    from pgrecall.models import Collection

MAX_IDENTIFIER_BYTES = 63
"""NAMEDATALEN - 1: PostgreSQL cuts longer names silently."""
UNACCENT = "unaccent:"
"""What stands before the text search configuration whose words lose their accents."""

BM25 = "bm25"
"""What the index of an extension that ranks texts is named for."""

MAX_PLAIN_BYTES = 7_900
"""A vector up to here stays in its row: what is left of an 8 kB page holds the rest as pointers."""

PAGE_BYTES = 8_000
"""What a page of 8 kB has for rows."""
NUMBER_BYTES, ROW_BYTES = 4, 300
"""What a row is guessed to take: a vector's numbers, and the rest with its text."""

_OPERATORS = {Metric.COSINE: "<=>", Metric.L2: "<->", Metric.IP: "<#>", Metric.L1: "<+>"}


@dataclass(frozen=True, slots=True)
class Server:
    """What one database is and where its pgvector lives.

    ``vector_schema`` qualifies every type and operator, so no search_path can hide or replace them.
    The OIDs go into the header of binary arrays.
    """

    version: int
    vector_version: str
    vector_schema: str
    vector_oid: int
    halfvec_oid: int


def metric_of(collection: Collection) -> Metric:
    """Give a collection's metric."""
    metric = collection.metric
    # to ask an Enum for its member takes longer than all else here
    return metric if type(metric) is Metric else Metric(metric or Metric.COSINE)


@dataclass(frozen=True, slots=True)
class Stored:
    """One row of the registry: a collection as it is in the database.

    Attributes:
        source: Whose table it stands on, where pgrecall made none for it, as the registry has it.
        analysis: The number of the analysis that its texts went through before their tsvectors were
            made, as the table itself has it; None where there was none.
        kept_as: The storage of its column, where rows are encoded for another; see ``written_as``.
        part: The rows that this is about, where it is about those of one hot value: ``rows``, the
            collection's index and the settings are theirs then. See ``of_part``.
        present: What is so now of the table of somebody else's that it stands on.
        adopted: What ``source`` says of that table.
        table_rows: About how many rows the table has.
        fields: The declared metadata fields with their types.
        shape: What the text of a statement on the table depends on.
        kinds: What its items must be, by how they are read: made once, by the first write.
        has_derived_name: Whether the table's name ends with the registry's id, which no other table
            ever had.
    """

    id: int
    tenant: str
    collection: Collection
    schema: str
    table_name: str
    server: Server
    settings: Mapping[str, Any] = field(default_factory=dict)
    indexes_pending: bool = False
    rows: float = 0.0
    source: Mapping[str, Any] | None = None
    analysis: int | None = None
    columns: ItemColumns = OWN
    kept_as: str | None = None
    kinds: dict[tuple[bool, bool], Kind] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    part: Part | None = None
    present: Present | None = None
    adopted: Adopted | None = field(init=False, repr=False, compare=False)
    table_rows: float = field(init=False, repr=False, compare=False)
    fields: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _parts: dict[Key, Part] | None = field(init=False, repr=False, compare=False, default=None)
    _of_parts: dict[Key, Stored] = field(init=False, repr=False, compare=False)
    shape: Shape = field(init=False, repr=False, compare=False)
    has_derived_name: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Note what the text of a statement on the table depends on."""
        of = self.collection
        part = self.part and (self.part.purpose, self.part.field, self.part.kind, self.part.value)
        by = (_kept(of.text_search), of.text_index, self.textsearch_schema)
        tokens = (self.analysis, of.title is not None, *by)
        kind = (of.dimensions, of.metric, of.storage, of.index, of.distributed, tokens, part)
        adopted = None if self.source is None else read_adopted(self.source)
        object.__setattr__(self, "adopted", adopted)
        if adopted is not None and self.columns is OWN:
            object.__setattr__(self, "columns", columns_of(adopted))
        source = adopted and (adopted, self.present and self.present.shape)
        # two databases may have the same names, and pgvector elsewhere
        shape = Shape(self.schema, self.table_name, self.server, self.columns.shape, source, *kind)
        object.__setattr__(self, "shape", shape)
        derived = self.table_name.startswith("items_") and self.table_name.endswith(f"_{self.id}")
        object.__setattr__(self, "has_derived_name", derived)
        declared: Mapping[str, Any] = of.fields or {}
        is_hot = any(isinstance(one, Hot) for one in declared.values())
        object.__setattr__(self, "fields", kinds_of(declared) if is_hot else declared)
        if adopted is not None:
            object.__setattr__(self, "fields", {**self.fields, **hidden_fields(adopted)})
        object.__setattr__(self, "table_rows", self.rows)
        object.__setattr__(self, "_of_parts", {})

    @property
    def config(self) -> str | None:
        """The text search configuration, or all of them, as the registry keeps it."""
        return configuration(self.schema, self.collection.text_search)

    @property
    def configs(self) -> tuple[str, ...]:
        """The text search configurations that rows may have, as SQL needs them."""
        names = names_of(self.collection.text_search)
        return tuple(named_configuration(self.schema, name) for name in names)

    def config_of(self, language: str | None) -> str | None:
        """The configuration of texts, and of questions, that are in a language, if it depends."""
        by = self.collection.text_search
        if isinstance(by, ByField):
            return named_configuration(self.schema, by.of(language or ""))
        return self.config

    @property
    def by_field(self) -> ByField | None:
        """What tells which of ``configs`` a row has, where there is more than one."""
        by = self.collection.text_search
        return by if isinstance(by, ByField) and len(by.names) > 1 else None

    @property
    def textsearch_schema(self) -> str | None:
        """The schema of the extension whose index ranks the texts, where one does."""
        found = self.settings.get("text_index") if self.collection.text_index else None
        schema = found.get("schema") if isinstance(found, dict) else None
        return schema if isinstance(schema, str) else None

    @property
    def parts(self) -> Mapping[Key, Part]:
        """The hot values that have an index of their own, as the registry told."""
        if self._parts is None:
            found = parts_of(self.settings, self.collection.fields)
            object.__setattr__(self, "_parts", {part.key: part for part in found})
        return self._parts or {}

    def of_part(self, key: Key) -> Stored:
        """Give the rows of a hot value, of ``parts``, as ``as_part`` does."""
        made = self._of_parts.get(key)
        if made is None:
            made = self._of_parts[key] = self.as_part(self.parts[key])
        return made

    def as_part(self, part: Part) -> Stored:
        """Give the rows of a hot value as if they were a collection by themselves.

        Where nothing was measured of their index, what was measured on one of the same kind over
        all rows holds for fewer of them too.
        """
        of = self.collection
        settings = {**without(self.settings, Kept.WITH_INDEX), **part.effort}
        if part.index == of.index and not part.effort:
            settings = dict(self.settings)
        made = replace(
            self,
            collection=replace(of, index=part.index),
            rows=part.rows,
            settings=settings,
            part=part,
        )
        object.__setattr__(made, "table_rows", self.rows)
        return made

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self.collection.dimensions or 0

    @property
    def metric(self) -> Metric:
        """The pinned metric."""
        return metric_of(self.collection)

    def written_as(self, before: Stored) -> Stored:
        """Give the collection for rows whose vectors were encoded for it as it was."""
        encoded = replace(self.collection, storage=before.collection.storage)
        return replace(self, collection=encoded, kept_as=self.collection.storage)

    @property
    def table(self) -> sql.SQL:
        """The table that pgrecall made: the item table, or what marks that another was adopted."""
        return identifier(self.schema, self.table_name)

    @property
    def relation(self) -> sql.SQL:
        """What items are read from, where a name follows: ``{table} AS item``."""
        return self.table if self.adopted is None else relation(self, self.adopted)

    @property
    def items(self) -> sql.SQL:
        """What items are read from, where it stands alone: ``FROM {items} WHERE``."""
        return self.table if self.adopted is None else alone(relation(self, self.adopted))

    @property
    def holder(self) -> str:
        """The name, as SQL needs it, of the table that has the rows: its size and statistics."""
        if self.adopted is None:
            return qualified_name(self.schema, self.table_name)
        return qualified_name(self.adopted.schema, self.adopted.name)

    def possible(self, ids: Iterable[str]) -> list[str]:
        """Give those of some ids that an item can have; all, where ids are any texts."""
        if self.adopted is None:
            return list(ids)
        columns = [(column.name, column.type) for column in self.adopted.id]
        return [id_ for id_ in ids if may_be(id_, columns)]

    @property
    def vector_type(self) -> sql.SQL:
        """The type of the embedding column."""
        return identifier(self.server.vector_schema, self.collection.storage)

    @property
    def vector_oid(self) -> int:
        """The OID of the type of the embedding column."""
        halfvec = self.collection.storage == "halfvec"
        return self.server.halfvec_oid if halfvec else self.server.vector_oid

    @property
    def distance_operator(self) -> sql.Composed:
        """Pgvector's distance operator of the metric, qualified."""
        return sql.SQL("OPERATOR({}.{})").format(
            identifier(self.server.vector_schema), sql.SQL(_OPERATORS[self.metric])
        )

    def index_name(self, purpose: str) -> str:
        """Name one of the table's indexes."""
        # the registry's id keeps names apart where a long table name is cut
        suffix = f"_{self.id}_{purpose}"
        room = MAX_IDENTIFIER_BYTES - len(suffix)
        # pg_textsearch takes what stands before a full stop for a schema
        table = self.table_name.replace(".", "_") if purpose == BM25 else self.table_name
        return table.encode()[:room].decode(errors="ignore") + suffix

    @property
    def row_bytes(self) -> int:
        """What a row is guessed to take."""
        return self.dimensions * NUMBER_BYTES + ROW_BYTES

    @property
    def vector_bytes(self) -> int:
        """What a vector takes."""
        return self.dimensions * (2 if self.collection.storage == "halfvec" else NUMBER_BYTES)

    @property
    def is_plain(self) -> bool:
        """Whether every vector stays in its row."""
        return self.vector_bytes <= MAX_PLAIN_BYTES

    @property
    def longest_row(self) -> int:
        """How many bytes of a row PostgreSQL leaves in it."""
        return sizes.longest_row(sizes.value_bytes(self.dimensions, self.collection.storage))

    @property
    def send_function(self) -> sql.SQL:
        """The function that gives a vector's binary form."""
        return identifier(self.server.vector_schema, f"{self.collection.storage}_send")


def estimated_rows(rows_a_page: sql.Composable) -> sql.Composed:
    """Estimate the rows of the table ``c`` of pg_class as the planner does.

    They are those a page when last counted, by the pages there are now.

    Args:
        rows_a_page: A guess for a table that was never counted.
    """
    return sql.SQL(
        "CASE WHEN c.relpages > 0 THEN c.reltuples / c.relpages ELSE {} END"
        " * pg_catalog.pg_relation_size(c.oid) / 8192"
    ).format(rows_a_page)


def configuration(schema: str, text_search: str | ByField | None) -> str | None:
    """Name a text search configuration as SQL needs it, and as the registry keeps it.

    Several by a field are kept as JSON, which is the name of none: a client that knows nothing of
    them fails to search by text, and does all else.
    """
    if text_search is None:
        return None
    return _kept(text_search) or named_configuration(schema, str(text_search))


def named_configuration(schema: str, name: str) -> str:
    """Name one text search configuration as SQL needs it.

    One without accents stands in the store's schema, by the very name that the user gives it.
    """
    return qualified_name(schema, name) if name.startswith(UNACCENT) else name


def text_search_of(schema: str, kept: str | None) -> str | ByField | None:
    """Give what a user says for the configuration that the registry keeps."""
    begin = f'{quoted_name(schema)}."{UNACCENT}'
    if kept is None or not kept.startswith(begin):
        return (kept and by_field_from_text(kept)) or kept
    return own_table_name(schema, kept)


def _kept(text_search: str | ByField | None) -> str | None:
    return by_field_to_text(text_search) if isinstance(text_search, ByField) else None


def own_table_name(schema: str, table_name: str) -> str:
    """Take a user's ``table_name``, or one that ``describe_collection`` gave, to the bare name."""
    prefix = f"{quoted_name(schema)}."
    if not table_name.startswith(prefix):
        return table_name
    bare = table_name[len(prefix) :]
    quoted = len(bare) > 1 and bare.startswith('"') and bare.endswith('"')
    return bare[1:-1].replace('""', '"') if quoted else bare


def derived_table_prefix(tenant: str, name: str) -> str:
    """Begin a table's name with what a person reads; the registry's id makes it unique."""
    words = (re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_")[:20] for part in (tenant, name))
    return "_".join(word for word in ("items", *words) if word)


def next_table_name(stored: Stored, name: str) -> str:
    """Name a collection's table once it is renamed or on another table: who knew it misses it.

    The number makes it a name that the collection never had, however much two names are alike.
    A name of the user's own stays: it is looked up at every call.

    Args:
        stored: The collection as it is.
        name: What it is called from then on.
    """
    if not stored.has_derived_name:
        return stored.table_name
    number = re.search(rf"_v([0-9]+)_{stored.id}$", stored.table_name)
    suffix = f"_v{int(number[1]) + 1 if number else 1}_{stored.id}"
    prefix = derived_table_prefix(stored.tenant, name)
    return prefix[: MAX_IDENTIFIER_BYTES - len(suffix)] + suffix
