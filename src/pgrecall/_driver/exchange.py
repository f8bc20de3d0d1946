# Made by `make twins` (python -m twins) from src/pgrecall/_driver/async_exchange.py.
# Do not edit: change that file, and make this one anew.

"""One request and its answer, over a sync connection."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

import psycopg
from psycopg.generators import send
from psycopg.rows import tuple_row

from pgrecall._driver import plain
from pgrecall._driver.results import has_rows
from pgrecall._operations.work import STOPPED, Call
from pgrecall._pools.running import listening
from pgrecall._pools.sessions import finish, is_owed_answers, leave_pipeline, make_room
from pgrecall._statements.statement import Copy, Heard, Many, Result, Statement
from pgrecall.errors import PgRecallError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pgrecall._operations.work import Operation, Steps

T = TypeVar("T")


def drive(operation: Operation[T], perform: Callable[[Any], Any]) -> T:
    """Run an operation by what performs each unit of its work, and give its result."""
    try:
        work = next(operation)
        while True:
            try:
                reply = perform(work)
            except StopIteration as error:
                # of an iterable of the caller's, or of anything else that is gone through
                raise RuntimeError(STOPPED) from error
            except Exception as error:
                # what a function of the caller's raises is the operation's to meet as well
                if not isinstance(error, PgRecallError) and not isinstance(work, Call):
                    raise
                work = operation.throw(error)
            else:
                work = operation.send(reply)
    except StopIteration as finished:
        result: T = finished.value
        return result
    finally:
        operation.close()


def answered(steps: Steps[T], execute: Callable[[Any], Any]) -> T:
    """Run the requests of a unit of work, and give its result."""
    with closing(steps):
        try:
            request = next(steps)
            while True:
                try:
                    reply = execute(request)
                except StopIteration as error:
                    raise RuntimeError(STOPPED) from error
                request = steps.send(reply)
        except StopIteration as finished:
            return cast("T", finished.value)


def ask(connection: psycopg.Connection[Any], request: Statement | Many | Copy) -> Any:
    """Send one request on a connection, and give what it answered."""
    match request:
        case Heard():
            with listening(connection, request.tell):
                return _exchanged(connection, request)
        case Statement():
            return _exchanged(connection, request)
        case Many(statements):
            cursors = _pipelined(connection, statements)
            return [_result(cursor) for cursor in cursors]
        case Copy(query, blocks):
            cursor = psycopg.Cursor(connection)
            with cursor.copy(query) as copy:
                try:
                    for block in blocks:
                        copy.write(block)
                except BaseException as error:
                    if not isinstance(error, Exception):
                        # leaving the block would wait for the server
                        finish(connection)
                    raise
            return Result([], cursor.rowcount)


def _exchanged(connection: psycopg.Connection[Any], statement: Statement) -> Result:
    if not plain.IS_KNOWN:
        return _result(_send(connection, statement))
    with connection.lock:
        return connection.wait(plain.exchange(connection, statement))


def _pipelined(
    connection: psycopg.Connection[Any], statements: Iterable[Statement]
) -> list[psycopg.Cursor[Any]]:
    # psycopg's own block waits for the server whatever ends it, a coroutine that is closed
    # included. This one leaves only where all was read; else the connection is closed
    pipeline = psycopg.Pipeline(connection)
    connection._pipeline = pipeline  # noqa: SLF001  # as psycopg's block does
    pipeline.__enter__()
    try:
        cursors = [_send(connection, statement) for statement in statements]
        # sync() alone reads before all is written: what a socket cannot take waits for ever
        connection.wait(send(connection.pgconn))
        pipeline.sync()
    except psycopg.Error:
        while is_owed_answers(connection, pipeline.result_queue):
            with suppress(psycopg.Error):  # the first one is told
                connection.wait(send(connection.pgconn))
                pipeline.sync()
        leave_pipeline(connection)
        raise
    leave_pipeline(connection)
    return cursors


def _send(connection: psycopg.Connection[Any], statement: Statement) -> psycopg.Cursor[Any]:
    # a pool of the caller's may bring another cursor class or row factory
    cursor = psycopg.RawCursor(connection, row_factory=tuple_row)
    query, values = statement.sent()
    if statement.prepare is not False:
        make_room(connection, query)
    return cursor.execute(query, values, prepare=statement.prepare, binary=True)


def _result(cursor: psycopg.Cursor[Any]) -> Result:
    return Result(cursor.fetchall() if has_rows(cursor) else [], cursor.rowcount)
