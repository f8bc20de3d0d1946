"""What is done otherwise in a transaction of the caller's."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pgrecall._operations.setup import found_set_up, identified
from pgrecall._statements.distributed import current
from pgrecall._statements.statement import Many, Statement
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Generator

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Request, Steps, Work
    from pgrecall._statements.statement import Sets

T = TypeVar("T")


def meet(store: Context, facts: Context) -> Operation[bool]:
    """Learn what a connection of the caller's is to; tell whether the database is set up.

    Args:
        store: The store's view.
        facts: Where the server is noted.

    Raises:
        InvalidArgumentError: It is another database than the store's.
        DatabaseError: Its registry is newer than this client can use.
    """
    if store.identity is not None:
        found = yield from identified()
        if found is not None:
            if found != store.identity:
                what = "server" if found.system != store.identity.system else "database"
                msg = f"the connection is to another {what} than the store's: make a store for that"
                raise InvalidArgumentError(msg)
            facts.server = store.server
            return True
    server, is_set_up = yield from found_set_up(store)
    facts.server = server
    return server is not None and is_set_up


def one_by_one(work: Work[T]) -> Work[T]:
    """Give the same work with nothing sent ahead, and with what a write set put back.

    An interruption then leaves one answer to be read at most. What a read sets goes with its
    savepoint.
    """

    def body() -> Steps[T]:
        before: dict[str, tuple[Sets, str]] = {}
        with closing(work.body()) as steps:
            try:
                request = next(steps)
                while True:
                    reply: Any
                    if isinstance(request, Many):
                        reply = []
                        for statement in request.statements:
                            reply.append((yield from _noted(statement, before, work)))
                    else:
                        reply = yield from _noted(request, before, work)
                    request = steps.send(reply)
            except StopIteration as finished:
                result = cast("T", finished.value)
        for name, (sets, value) in before.items():
            yield sets.again({name: value})
        return result

    return work.with_body(body)


def _noted(
    request: Request, before: dict[str, tuple[Sets, str]], work: Work[Any]
) -> Generator[Request, Any, Any]:
    sets = request.sets if isinstance(request, Statement) and work.writes else None
    if sets is not None:
        found = yield current(sets.names)
        for name, value in zip(sets.names, found.rows[0], strict=True):
            if value is not None:
                before.setdefault(name, (sets, value))
    return (yield request)
