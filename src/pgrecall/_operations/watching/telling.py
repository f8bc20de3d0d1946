"""What is told of a search: made apart from it, so that it need not wait."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pgrecall._operations.items.items import shape_of
from pgrecall._operations.search.options import UNSAID_OFFSET
from pgrecall._values.vectors import decode
from pgrecall.events import SearchEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._operations.search.options import SearchOptions
    from pgrecall._operations.watching.noting import Noted, Seen

_HASH_BYTES = 16
_TOLD_ANYWAY = {"limit", "offset"}


def event_of(seen: Seen, *, dropped: int, questions: bool) -> SearchEvent:
    """Give what is told of a search.

    Args:
        seen: The search.
        dropped: Searches before it that were not told.
        questions: Whether the question itself is told.
    """
    noted = seen.noted
    stored, asked = noted.stored, noted.asked
    assert stored is not None  # noqa: S101  # a search that was answered knows both
    assert asked is not None  # noqa: S101
    vector = decode(shape_of(stored).storage, noted.vector) if questions else None
    if vector is not None:
        vector.flags.writeable = False
    return SearchEvent(
        tenant=seen.tenant,
        collection=stored.collection.name,
        collection_id=stored.id,
        embedding_model=stored.collection.embedding_model,
        mode=seen.mode,
        plan=noted.plan,
        at=datetime.fromtimestamp(seen.at, UTC),
        ms=seen.ms,
        ids=seen.ids,
        scores=seen.scores,
        limit=asked.limit,
        offset=int(asked.offset),
        question_hash=_hash_of(noted),
        dropped=dropped,
        text=noted.text if questions else None,
        vector=vector,
        options=_options_of(asked) if questions else None,
    )


def _hash_of(noted: Noted) -> str:
    hashed = hashlib.blake2b(digest_size=_HASH_BYTES)
    parts = [(noted.text or "").encode(), noted.vector or b""]
    if noted.examples is not None:
        for ids in (noted.examples.near, noted.examples.away):
            parts += [str(len(ids)).encode(), *(id_.encode() for id_ in ids)]
    for part in parts:
        hashed.update(len(part).to_bytes(8, "big"))
        hashed.update(part)
    return hashed.hexdigest()


def _options_of(asked: SearchOptions) -> Mapping[str, Any]:
    given = {}
    for option in fields(asked):
        value = getattr(asked, option.name)
        is_default = type(value) is type(option.default) and value == option.default
        if option.name not in _TOLD_ANYWAY and not is_default:
            given[option.name] = value
    if asked.offset is not UNSAID_OFFSET:
        given["offset"] = int(asked.offset)
    return MappingProxyType(given)
