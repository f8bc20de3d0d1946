"""Who builds an index of a collection: one call at a time.

A concurrent build waits for every transaction that began before it, and a second one, which is
such a transaction, for the first one's lock: the server would end one of them as a deadlock.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._operations.gone import became
from pgrecall._operations.work import one
from pgrecall._statements.collections import loaders, registry
from pgrecall._statements.indexes import indexes as statements
from pgrecall.errors import PgRecallError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Build, Operation, Steps
    from pgrecall._statements.layout import Stored

BEGINNING = 60.0
"""Seconds within which a build that was noted begins."""


@contextmanager
def at_build(context: Context) -> Iterator[str]:
    """Name one call that builds, and know that it is at it."""
    token = f"{context.token}-{uuid.uuid4().hex}"
    context.building[token] = True
    try:
        yield token
    finally:
        context.building.pop(token, None)


def claim(context: Context, stored: Stored, token: str, *, wait: bool = True) -> Steps[Stored]:
    """Note that a call builds an index of a collection from here on, and read it anew.

    Raises:
        CollectionNotFoundError: It was dropped meanwhile.
        PgRecallError: Another call builds one.
    """
    found = yield registry.lock(stored, wait=wait)
    if not found.rows:
        raise (yield from became(stored))
    now = registry.stored_from(stored.schema, stored.server, found.rows[0])
    builds = yield statements.builds(now)
    building, fresh = builds.rows[0]
    if building or (yield from is_claimed(context, now, fresh, but=token)):
        raise building_already(now)
    yield loaders.note_loader(now, token, key=loaders.BUILDER)
    return now


def carried(build: Build, stored: Stored, token: str) -> Build:
    """Let the note of a build name the session that builds, whose end is seen by all.

    What noted it rests in a pool, from where it may be closed or taken for the build itself, and
    is gone before the index is put in its place.
    """
    return replace(
        build,
        before=[loaders.carry_note(stored, token, built=False)],
        after=loaders.carry_note(stored, token, built=True),
    )


def forget_claim(stored: Stored, token: str) -> Operation[None]:
    """Say that a call builds no more, where the database takes it."""
    with suppress(PgRecallError):  # a note that is old says nothing
        yield one(loaders.forget_loader(stored, token, key=loaders.BUILDER), writes=True)


def is_claimed(
    context: Context, stored: Stored, fresh: bool | None, *, but: str | None = None
) -> Steps[bool]:
    """Tell a build that is about to begin, or to be put in place, from the note of one that died.

    Args:
        context: The store's.
        stored: The collection as the registry has it.
        fresh: Whether the index that is built beside the old one is valid; None: there is none.
        but: Of whose note to take no notice.
    """
    if loaders.BUILDER not in stored.settings:
        return False
    noted = yield loaders.loader(stored, key=loaders.BUILDER)
    for token, alive, seconds, built in noted.rows:
        if token.startswith(context.token):
            return token != but and token in context.building
        # a clock that was set back makes no note last
        young = seconds is not None and abs(seconds) < BEGINNING
        if not alive:
            # a build's session ends with it, and another one puts the index in its place
            return built and young
        if fresh is False:
            # a build that ended while it was looked for: its index was not valid yet when that
            # began, and no build is seen any more
            building, fresh = (yield statements.builds(stored)).rows[0]
            if building:
                return True
        # between the note and the build, or between the build and the index's name
        return young or bool(fresh)
    return False


def building_already(stored: Stored) -> PgRecallError:
    """Say that one build has to end before another."""
    return PgRecallError(
        f"another call builds an index of collection {stored.collection.name!r} right now: call"
        " again when it has ended"
    )
