"""What a table would be adopted as, guessed from what the catalog says of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pgrecall._operations.adopted.mapping import column_of, is_id, is_plain, is_text, vector_of
from pgrecall._operations.adopted.relations import found_relation
from pgrecall._operations.adopted.tokens import unsearched
from pgrecall._operations.work import one
from pgrecall._statements.adopted import looking

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.adopted.described import Relation, RelationColumn

LONG = 40
"""Bytes from which on a text is taken to be read, and not to be filtered by."""

_TITLES = ("title", "headline", "heading", "name", "subject", "question")
_TEXTS = (
    "text", "body", "content", "contents", "page_content", "document", "chunk", "passage",
    "description", "summary", "abstract", "answer", "message", "comment", "note", "notes",
)  # fmt: skip
_VECTORS = ("embedding", "embeddings", "vector", "vec")
_JSON = ("metadata", "attributes", "properties", "meta", "data", "extra")
_IDS = ("id", "uuid", "slug", "key", "langchain_id", "node_id")
_CREATED = ("created_at", "created", "created_on", "inserted_at", "date_created", "creation_date")
_UPDATED = ("updated_at", "updated", "updated_on", "modified_at", "modified", "last_modified")
_ORDER = (
    "id", "text", "vector", "metadata", "metadata_json", "tsvector", "created_at", "updated_at",
)  # fmt: skip
_SECRETS = ("password", "passwd", "secret", "token", "api_key", "hash", "salt", "credential")


@dataclass(slots=True)
class Proposal:
    """A table as it would be adopted.

    Attributes:
        name: Its name, as SQL writes it.
        kind: What it is.
        rows: About how many rows it has; None where nobody has counted.
        chosen: Columns by the field of ``Table``, in the order that commands take them.
        text_search: The configuration that its tsvectors are made by; None: no text is searched.
        why: For what each field was chosen.
        left_out: Why each other column was not.
        notes: What else is to be known.
    """

    name: str
    kind: str
    rows: int | None
    chosen: dict[str, list[str]] = field(default_factory=dict)
    text_search: str | None = "english"
    why: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def choose(self, of: str, columns: Iterable[str], why: str) -> None:
        """Say which columns something is made of."""
        self.chosen[of], self.why[of] = list(columns), why


def propose(context: Context, name: str) -> Operation[Proposal]:
    """Look at a table, and say how it could be adopted; nothing is registered.

    Raises:
        InvalidArgumentError: There is none, or it is something that cannot be.
    """
    relation = yield from found_relation(context, name)
    found = yield one(looking.widths(relation.oid))
    rows, widths = found.rows[0]
    return proposed(relation, json.loads(widths), rows)


def proposed(relation: Relation, widths: Mapping[str, int], rows: float) -> Proposal:
    """Guess which columns are what, by their names, types and indexes.

    Args:
        relation: The table.
        widths: Bytes of a value of each column, where they are known.
        rows: About how many rows there are; below 0 where nobody has counted.
    """
    counted = rows >= 0 and relation.kind in {"table", "partitioned table", "materialized view"}
    made = Proposal(relation.shown, relation.kind or "", round(rows) if counted else None)
    left = {name: column for name, column in relation.columns.items() if column.may_select}
    for hidden in relation.columns.keys() - left.keys():
        made.left_out[hidden] = "this role may not read it"
    for choose in (_id, _vector, _tokens, _times, _text, _json, _metadata):
        choose(made, relation, left, widths)
        for names in made.chosen.values():
            for taken in names:
                left.pop(taken, None)
    made.chosen = {of: made.chosen[of] for of in _ORDER if of in made.chosen}
    _tell(made, relation)
    return made


def _named(left: Mapping[str, RelationColumn], names: Iterable[str]) -> list[str]:
    """Give the columns of some names, in the names' order: ``createdAt`` is ``created_at`` too."""
    bare = {_bare(name): name for name in left}
    return [bare[_bare(name)] for name in names if _bare(name) in bare]


def _bare(name: str) -> str:
    return name.lower().replace("_", "")


def _id(
    made: Proposal, relation: Relation, left: Mapping[str, RelationColumn], _: Mapping[str, int]
) -> None:
    for index in relation.unique if relation.indexes_cover else ():
        columns = [left.get(name) for name in index.columns]
        usable = all(
            column is not None
            and is_id(column)
            and (column.is_required or relation.kind == "materialized view")
            for column in columns
        )
        if usable and index.is_immediate:
            why = "the primary key" if index.is_primary else f"unique, by {index.name}"
            made.choose("id", index.columns, why)
            return
    if relation.indexes_cover and relation.kind != "materialized view":
        made.notes.append(
            "no unique index is on columns that are NOT NULL and of a type that an id can have:"
            f" one has to be made, such as CREATE UNIQUE INDEX CONCURRENTLY ON {relation.shown}"
            " (...)"
        )
        return
    guesses = [name for name in _named(left, _IDS) if is_id(left[name])]
    if guesses:
        made.choose("id", guesses[:1], "by its name; every row is looked at when it is adopted")
    else:
        made.notes.append("no column looks like an id: name one whose values are unique")


def _vector(
    made: Proposal, relation: Relation, left: Mapping[str, RelationColumn], _: Mapping[str, int]
) -> None:
    vectors = [name for name, column in left.items() if vector_of(column) is not None]
    named = _named({name: left[name] for name in vectors}, _VECTORS)
    # an array of numbers may be anything
    own = [name for name in vectors if not left[name].is_array]
    indexed = [name for name in own if any(one.definition == name for one in relation.vectors)]
    best = [*indexed, *(name for name in named if name in own), *own, *named]
    if not best:
        made.notes.append("no column has vectors: only texts would be searched")
        return
    column = left[best[0]]
    why = "the column of vectors" if len(own) < 2 else "the first column of vectors"  # noqa: PLR2004
    if best[0] in indexed:
        why = f"{why}, with an index"
    if not is_plain(column):
        why = f"{why}; every row is looked at for their length"
    made.choose("vector", best[:1], why)
    for name in own:
        if name != best[0]:
            made.left_out[name] = "one collection has one vector: adopt the table again for it"


def _tokens(
    made: Proposal, _: Relation, left: Mapping[str, RelationColumn], __: Mapping[str, int]
) -> None:
    found = [column for column in left.values() if column.whole == "tsvector"]
    if not found:
        return
    column = max(found, key=lambda one: len(one.uses))
    if len(found) > 1:
        made.choose("tsvector", [column.name], "the tsvector of the most columns")
    else:
        made.left_out[column.name] = "texts are searched by it, as it is the only tsvector"
    if len(column.configurations) == 1:
        [made.text_search] = column.configurations
    for other in found:
        if other is not column:
            made.left_out[other.name] = "one tsvector is searched"


def _times(
    made: Proposal, _: Relation, left: Mapping[str, RelationColumn], __: Mapping[str, int]
) -> None:
    for of, names in (("created_at", _CREATED), ("updated_at", _UPDATED)):
        found = [
            name
            for name in _named(left, names)
            if (kept := column_of(left[name])) is not None
            and kept.kind in {"timestamptz", "timestamp", "date"}
            and not kept.is_array
        ]
        if found:
            made.choose(of, found[:1], "by its name")


def _text(
    made: Proposal, _: Relation, left: Mapping[str, RelationColumn], widths: Mapping[str, int]
) -> None:
    texts = {name: column for name, column in left.items() if is_text(column)}
    texts = {name: column for name, column in texts.items() if not _is_secret(name)}
    titles, bodies = _named(texts, _TITLES), _named(texts, _TEXTS)
    long = [name for name in texts if widths.get(name, 0) >= LONG]
    chosen = list(dict.fromkeys([*titles, *bodies, *long]))
    if chosen:
        known = [f"{name} takes {widths[name]} bytes" for name in chosen if name in widths]
        why = "by name and length"
        made.choose("text", chosen, f"{why}: {', '.join(known)}" if known else "by name")
        return
    if not widths and texts:
        first = next(iter(texts))
        made.choose("text", [first], "the first text; ANALYZE would tell which are long")
        return
    if "vector" not in made.chosen:
        made.notes.append("no column has long texts: name one, --text COLUMN")


def _json(
    made: Proposal, _: Relation, left: Mapping[str, RelationColumn], __: Mapping[str, int]
) -> None:
    found = {
        name: column
        for name, column in left.items()
        if column.type in {"jsonb", "json"} and not column.is_array
    }
    best = [*_named(found, _JSON), *(name for name in found if found[name].type == "jsonb"), *found]
    if best:
        made.choose("metadata_json", best[:1], "its keys are metadata")


def _metadata(
    made: Proposal, _: Relation, left: Mapping[str, RelationColumn], widths: Mapping[str, int]
) -> None:
    chosen = []
    for name, column in left.items():
        if name in made.left_out:
            continue
        kept = column_of(column)
        if kept is None:
            made.left_out[name] = f"its type {column.whole} is not understood"
        elif _is_secret(name):
            made.left_out[name] = "by its name it may be secret"
        elif kept.kind == "float" and kept.is_array:
            made.left_out[name] = (
                "an array of numbers, which may be a vector: --vector takes real[]"
            )
        elif kept.kind == "json":
            made.left_out[name] = "one JSON column has its keys searched; this could be one key"
        elif widths.get(name, 0) >= LONG and not column.is_array:
            made.left_out[name] = f"long: {widths[name]} bytes"
        else:
            chosen.append(name)
    if chosen:
        made.choose("metadata", chosen, "short values, to filter by")


def _tell_unsearched(made: Proposal, relation: Relation) -> None:
    found = [one for one in relation.columns.values() if one.whole == "tsvector"]
    named = made.chosen.get("tsvector", [found[0].name] if len(found) == 1 else [])
    for name in named:
        column = relation.columns[name]
        beyond = unsearched(column, made.chosen.get("text", ()))
        if beyond:
            made.notes.append(
                f"{name} is made of {', '.join(sorted(column.uses))} alone: words of"
                f" {', '.join(beyond)} are not searched"
            )


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRETS)


def _tell(made: Proposal, relation: Relation) -> None:
    _tell_unsearched(made, relation)
    if relation.has_row_security:
        made.notes.append(
            "row-level security holds for whoever reads: as many items are there as this role sees"
        )
    if relation.has_children:
        made.notes.append("other tables inherit from it, and their rows are items too")
    if relation.is_own:
        made.notes.append("it is pgrecall's own")
