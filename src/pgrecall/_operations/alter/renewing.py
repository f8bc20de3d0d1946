"""Bring a collection whose texts were analysed by an older pgrecall to the newest analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._operations.alter.rewrite import REWRITTEN, check_rewritable, rewrite
from pgrecall._operations.context import resolve_anew
from pgrecall._operations.reembed.successor import ALTER
from pgrecall._operations.work import one
from pgrecall._statements import analysis
from pgrecall._statements.reembed import reembed
from pgrecall._statements.reembed.reembed import BY, INTO, OF
from pgrecall.errors import DatabaseError, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored
    from pgrecall.models import IndexProgress


def renewable(context: Context, stored: Stored) -> Operation[int | None]:
    """Give the newest analysis for a collection's texts, where it has an older one, or none.

    One that is distributed cannot be brought over: its table is not to be changed in place.
    """
    configs, number = stored.configs, stored.analysis or 0
    if not configs or number >= analysis.NEWEST or stored.collection.distributed:
        return None
    found = yield one(analysis.applies(context.schema, configs))
    newest: int | None = found.rows[0][0]
    return newest if (newest or 0) > number else None


def renew(
    context: Context, stored: Stored, progress: Callable[[IndexProgress], object] | None
) -> Operation[bool]:
    """Write a collection anew by the newest analysis; false where it is not to be, or cannot be."""
    settings = stored.settings
    if OF in settings or INTO in settings:
        return False
    newest = yield from renewable(context, stored)
    if newest is None:
        return False
    begun = yield one(reembed.unfinished(stored))
    if begun.rows:
        # a call that died goes on; what was begun for something else is not this one's
        new = yield from resolve_anew(context, stored.tenant, begun.rows[0][0])
        is_same = all(
            getattr(stored.collection, field) == getattr(new.collection, field)
            for field in REWRITTEN
        )
        if new.settings.get(BY) != ALTER or new.analysis != newest or not is_same:
            return False
    try:
        yield from check_rewritable(stored, stored.collection)
    except (InvalidArgumentError, DatabaseError):
        return False  # its index can be built all the same; doctor tells of the analysis
    yield from rewrite(context, stored, stored.collection, (), progress)
    return True
