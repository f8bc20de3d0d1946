"""What a build is given of its server, and what becomes of it where that is not enough.

A build has as much memory as its index needs, up to what is allowed: what the caller said, else a
part of what the machine has, where that is known, else what builds may usually have. pgvector says
when a graph has outgrown it, and goes on many times slower. A build by several processes has its
memory from the system's shared memory, of which a container may have next to none.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pgrecall._operations.work import PROGRESS, Call, Work
from pgrecall._statements.indexes import indexes as statements
from pgrecall._values.memory import checked_memory, memory_text
from pgrecall.errors import DatabaseError
from pgrecall.models import IndexProgress
from pgrecall.sizes import room_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.indexes.indexes import Resources
    from pgrecall._statements.layout import Stored

T = TypeVar("T")

_logger = logging.getLogger("pgrecall")

OUTGROWN = "building index: the graph no longer fits into memory"
ALONE = "building index: once more, without parallel workers"
"""Phases that a caller is told once, when it comes to that."""

_NOTICE = re.compile(r"hnsw graph no longer fits into maintenance_work_mem after (\d+) tuples")
# IVFFlat is not built at all with less than this
_REFUSED = re.compile(r"memory required is (\d+) MB")
# where PostgreSQL makes shared memory; its words are in the server's language
_SHARED_MEMORY = ("dsm_impl.c", "could not resize shared memory segment")


def allowing(context: Context, given: object) -> Context:
    """Give the same context for a call that says what its builds may have.

    Raises:
        InvalidArgumentError: It is no amount of memory.
    """
    if given is None:
        return context
    size = checked_memory("build_memory", given)
    return replace(context, memory_allowed=lambda: size, store=context.store or context)


def allowed(context: Context) -> Steps[int]:
    """Give the bytes that a build may have at most."""
    size = context.memory_allowed()
    if size is not None:
        return size
    found = yield statements.own_memory()
    return usual(found.rows[0][0])


def usual(own: int) -> int:
    """Give what a build may have of a server of which no more is known than its own setting."""
    return max(statements.USUAL_MEMORY, own)


@dataclass(slots=True)
class Grant:
    """What one build of a collection's indexes is given, and who is told that it is not enough.

    Attributes:
        stored: The collection as it is to be.
        resources: What it is given.
        progress: Told, as the log is.
        told: What is not told again.
        is_given: Whether the build had it: behind a pooler one has what its server's setting says.
    """

    stored: Stored
    resources: Resources
    progress: Callable[[IndexProgress], object] | None = None
    told: IndexProgress | None = None
    is_given: bool = True

    def leave_out(self) -> None:
        """Note that the build has what its server's setting says."""
        self.is_given = False

    @property
    def had(self) -> str:
        """What of memory the build may have, in words."""
        if not self.is_given:
            return "memory that builds behind a pooler have, which is the server's own setting"
        return f"{memory_text(self.resources.memory)} of memory that its build may have"

    def advice(self, needed: str) -> str:
        """Say what would be enough."""
        given = f"build_memory={needed!r}"
        return given if self.is_given else f"{given} over a direct connection"

    def note(self, notice: str) -> None:
        """Log it where a notice says that the graph has outgrown its memory; raises nothing."""
        found = _NOTICE.match(notice)
        if found is None or self.told is not None:
            return
        memory, rows = self.resources.memory, int(found[1])
        # where they are more than was reckoned with, nobody knows how many
        beyond = statements.UNCOUNTED * rows if rows >= self.stored.rows else 0
        whole = replace(self.stored, rows=max(self.stored.rows, beyond))
        needed = max(statements.memory_needed(whole), room_for(memory))
        self.told = IndexProgress(OUTGROWN, rows, round(whole.rows), needed)
        _logger.warning(
            "the graph of the index of collection %r no longer fits into the %s, after %d rows: the"
            " rest takes many times as long; %s would hold it",
            self.stored.collection.name,
            self.had,
            rows,
            self.advice(memory_text(needed)),
        )

    def tell(self, notice: str) -> Call | None:
        """Log it; give what tells the caller, once."""
        before = self.told
        self.note(notice)
        if self.progress is None or self.told is None or before is not None:
            return None
        return Call(self.progress, (self.told,), PROGRESS)

    def tell_later(self) -> Operation[None]:
        """Tell the caller what was noted of a build that ran in a transaction, if anything."""
        if self.progress is not None and self.told is not None:
            yield Call(self.progress, (self.told,), PROGRESS)


def granted(
    context: Context,
    stored: Stored,
    progress: Callable[[IndexProgress], object] | None = None,
    *,
    alone: bool = False,
    parallel: bool = True,
) -> Steps[Grant]:
    """Settle what a build is given.

    Args:
        context: The store's, or a call's that allows something else.
        stored: The collection as it is to be, with about its rows.
        progress: Told what becomes of it.
        alone: Whether the approximate index alone is built.
        parallel: Whether the build may have workers.
    """
    most = yield from allowed(context)
    memory = statements.memory_for(stored, most, alone=alone)
    return Grant(stored, statements.Resources(memory, parallel), progress)


def in_memory(
    context: Context,
    stored: Stored,
    build: Callable[[Grant], Operation[T]],
    progress: Callable[[IndexProgress], object] | None = None,
    *,
    alone: bool = False,
) -> Operation[T]:
    """Build, and once more without workers where the system has no shared memory for them.

    Args:
        context: The store's, or a call's that allows something else.
        stored: The collection as it is to be, with about its rows.
        build: Builds with what it is given, and leaves nothing where it fails.
        progress: Told what becomes of it.
        alone: Whether the approximate index alone is built.
    """
    grant: Grant = yield Work(partial(granted, context, stored, progress, alone=alone))
    try:
        return (yield from build(grant))
    except DatabaseError as error:
        if (needed := _REFUSED.search(str(error))) is not None:
            raise _refused(stored, grant, int(needed[1]) << 20, error) from error.__cause__
        if not lacks_shared_memory(error):
            raise
        if not grant.is_given:
            raise error.explained(
                "the server has no shared memory for a parallel build of the index of collection"
                f" {stored.collection.name!r}, and a pooler cannot be told to do without workers:"
                " build over a direct connection"
            ) from error.__cause__
    memory = grant.resources.memory
    _logger.warning(
        "the server has no %s of shared memory for a parallel build of the index of collection %r:"
        " it is built once more without workers; a container gets more by --shm-size",
        memory_text(memory),
        stored.collection.name,
    )
    if progress is not None:
        yield Call(progress, (IndexProgress(ALONE, 0, 0, memory),), PROGRESS)
    return (yield from build(replace(grant, resources=statements.Resources(memory, False))))


def _refused(stored: Stored, grant: Grant, needed: int, error: DatabaseError) -> DatabaseError:
    # with more memory more rows are sampled, and it says another number
    enough = memory_text(max(needed, statements.memory_needed(stored)))
    return error.explained(
        f"the index of collection {stored.collection.name!r} cannot be built with the {grant.had}:"
        f" {grant.advice(enough)} would do, or fewer lists"
    )


def lacks_shared_memory(error: DatabaseError) -> bool:
    """Tell whether a statement failed for want of the system's shared memory."""
    diagnosis = getattr(error.__cause__, "diag", None)
    said = [getattr(diagnosis, "source_file", None), str(error)]
    return any(words in (each or "") for words, each in zip(_SHARED_MEMORY, said, strict=True))
