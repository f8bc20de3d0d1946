"""The tools that read: ``search``, ``get`` and ``describe``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from pgrecall.errors import InvalidArgumentError
from pgrecall.mcp.answers import answer, brief, cut, metadata_record
from pgrecall.mcp.arguments import Arguments, FieldName, Filter, Ids

if TYPE_CHECKING:
    from pgrecall.mcp.place import Place
    from pgrecall.models import Item, Match

_MOST_MATCHES = 50
_BORDERS = (100, 1_000, 10_000)  # matches that all pages up to one of them choose from
_PASSAGE = 800  # characters of a text among others
_MOST_TEXT, _MOST_ANSWER = 20_000, 60_000  # characters of one text, and of all texts of an answer
_MOST_FIELDS, _EXAMPLE = 100, 60


class Search(Arguments):
    """What to look for, and where."""

    query: str = Field(description="Plain words: a question, or what a text is about.")
    mode: Literal["hybrid", "vector", "text"] | None = Field(
        None,
        description="By meaning and words (hybrid), meaning (vector) or words (text); None takes"
        " the best that the collection has.",
    )
    limit: int = Field(5, ge=1, description=f"Matches, or groups; {_MOST_MATCHES} at most.")
    offset: int = Field(
        0,
        ge=0,
        le=_BORDERS[-1] - _MOST_MATCHES,
        description="Matches to leave out: those of the pages before.",
    )
    filter: Filter = None
    group_by: FieldName | None = Field(
        None, description="A metadata key, or the keys of a path: the best of each of its values."
    )
    per_group: int = Field(1, ge=1, description="With group_by: matches of each group.")
    min_score: float | None = Field(None, description="Least score of a match.")
    language: str | None = Field(
        None, description="Of the words, where the collection keeps several languages."
    )


async def search(place: Place, asked: Search) -> str:
    """Find stored texts by meaning and by words.

    Each match has an id, a score, its text (of a long one the passage that fits; get has all of
    it) and its metadata. Cite what you use by its id.
    """
    if not asked.query.strip():
        raise InvalidArgumentError("the query is empty")
    described = await place.described(asked.collection)
    name, words = described.name, described.text_search is not None
    model = None if asked.mode == "text" else place.embedder(described)
    mode = asked.mode or ("text" if model is None else "hybrid" if words else "vector")
    if mode != "text" and model is None:
        raise InvalidArgumentError(
            f"no model is known here that embeds a query as collection {name!r} does: mode 'text'"
            " searches by words"
        )
    if mode != "vector" and not words:
        can = "; mode 'vector' works" if model is not None else ", and its model is not known here"
        raise InvalidArgumentError(f"collection {name!r} has no search by words{can}")
    if mode == "vector" and asked.language is not None:
        raise InvalidArgumentError(
            "language is of the words of a query, and mode 'vector' has none"
        )
    limit = min(asked.limit, _MOST_MATCHES)
    each = min(asked.per_group, max(1, _MOST_MATCHES // limit))
    options: dict[str, Any] = {
        "limit": limit,
        "filter": asked.filter,
        "group_by": asked.group_by,
        "per_group": each,
        "min_score": asked.min_score,
        "offset": asked.offset,
    }
    handle = place.bound(described)
    if mode != "vector":
        options |= {"language": asked.language, "highlight": True}
    if mode == "text":
        found = await handle.search_text(asked.query, **options)
    else:
        vector = await place.question(described, asked.query)
        if mode == "vector":
            found = await handle.search(vector, **options)
        else:
            candidates = next(one for one in _BORDERS if one >= asked.offset + limit)
            found = await handle.search_hybrid(
                vector, asked.query, candidates=candidates, **options
            )
    bounded = (limit, each) != (asked.limit, asked.per_group)
    most = f" An answer has {_MOST_MATCHES} at most; offset gives the next." if bounded else ""
    if not found:
        return f"Nothing in {name!r} matches ({mode}).{most}"
    said = f"{len(found)} of {name!r}, best first ({mode}); cite by id.{most}"
    grouped = asked.group_by is not None
    return answer(said, (_match(match, grouped=grouped) for match in found))


class Get(Arguments):
    """Which items, and which part of their texts."""

    ids: Ids = Field(description="Ids of items, as search gives them.")
    start: int = Field(0, ge=0, description="Where in the texts to begin: characters to leave out.")


async def get(place: Place, asked: Get) -> str:
    """Read items by id: whole texts, in parts where they are long, metadata and times.

    A text that goes on says where: call again with that start.
    """
    described = await place.described(asked.collection)
    wanted = dict.fromkeys(asked.ids)
    items = await place.bound(described).get(wanted)
    said = f"{len(items)} of {described.name!r}."
    there = {item.id for item in items}
    missing = [one for one in wanted if one not in there]
    if missing:
        said += f" Not there: {cut(', '.join(map(repr, missing)), _PASSAGE)}."
    most = min(_MOST_TEXT, _MOST_ANSWER // max(1, len(items)))
    return answer(said, (_item(item, asked.start, most) for item in items))


class Describe(Arguments):
    """Which collection, or which field of it."""

    field: FieldName | None = Field(
        None, description="Count the items by the values of this metadata key, or path of keys."
    )
    filter: Filter = None


async def describe(place: Place, asked: Describe) -> str:
    """Tell what a collection holds: how many items, which metadata fields, how it is searched.

    With a field: its most frequent values, and how many items have each.
    """
    described = await place.described(asked.collection)
    handle = place.bound(described)
    if asked.field is not None:
        facets = await handle.facet(asked.field, filter=asked.filter, limit=_MOST_MATCHES)
        said = f"The most frequent values of that field in {described.name!r}, and their items."
        counts = ({"value": brief(one.value), "items": one.count} for one in facets)
        return answer(said, counts) if facets else f"No item of {described.name!r} has it."
    count = await handle.count(asked.filter)
    fields = (await handle.describe_fields())[:_MOST_FIELDS]
    modes = place.modes(described)
    which = ("item" if count == 1 else "items") + ("" if asked.filter is None else " by the filter")
    return answer(
        f"{described.name!r}: {count:,} {which}; search has mode {' and '.join(modes)}."
        + (" All its metadata has these fields." if fields else " It has no metadata."),
        (
            {
                "field": brief(one.path[0] if len(one.path) == 1 else list(one.path)),
                "types": list(one.types),
                "share": round(one.share, 3),
                "examples": [brief(example, _EXAMPLE) for example in one.examples],
            }
            for one in fields
        ),
    )


def _match(match: Match, *, grouped: bool) -> dict[str, Any]:
    record: dict[str, Any] = {"id": match.id, "score": round(match.score, 4)}
    if grouped:
        record["group"] = brief(match.group)
    if len(match.text) <= _PASSAGE:
        record["text"] = match.text
    else:
        passage = match.snippet or match.text
        record |= {"passage": cut(passage, _PASSAGE), "characters": len(match.text)}
    return record | metadata_record(match.metadata)


def _item(item: Item, start: int, most: int) -> dict[str, Any]:
    end = start + most
    record: dict[str, Any] = {"id": item.id, "text": item.text[start:end]}
    if start or end < len(item.text):
        record["characters"] = len(item.text)
    if end < len(item.text):
        record["next_start"] = end
    for name in ("created_at", "updated_at"):
        time = getattr(item, name)
        record |= {} if time is None else {name: time.isoformat()}
    return record | metadata_record(item.metadata or {}, most)
