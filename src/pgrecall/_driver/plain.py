"""One statement and its answer as psycopg's cursor sends and reads it, without the cursor.

What a cursor is for beside that (rows fetched one by one, other results, adapters of its own) takes
as long as all else that psycopg does for a search. What is prepared is psycopg's to know still: the
same statement in a pipeline, or by a cursor, is prepared once. Where a psycopg has its inside
otherwise than this knows it, ``IS_KNOWN`` is false, and a cursor serves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg import errors, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.generators import execute

from pgrecall._pools.sessions import make_room
from pgrecall._statements.statement import Result

try:
    from psycopg._preparing import Prepare, PrepareManager
except ImportError:  # psycopg's own, which it may change
    IS_KNOWN = False
else:
    IS_KNOWN = all(
        hasattr(of, name)
        for of, name in (
            (psycopg.Connection, "_start_query"),
            (psycopg.AsyncConnection, "_start_query"),
            (PrepareManager, "get"),
            (PrepareManager, "maybe_add_to_cache"),
            (PrepareManager, "validate"),
            (PrepareManager, "maintain_gen"),
        )
    )

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import abc
    from psycopg.abc import PQGen
    from psycopg.pq.abc import PGresult

    from pgrecall._statements.statement import Statement

_ROWS, _DONE = pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK
_USABLE = (_ROWS, _DONE, pq.ExecStatus.EMPTY_QUERY)


class _Query(NamedTuple):
    """What psycopg knows a prepared statement by."""

    query: bytes
    types: tuple[int, ...]


def exchange(
    connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any], statement: Statement
) -> PQGen[Result]:
    """Send a statement and read what it answers; who runs this has the connection's lock.

    Raises:
        psycopg.Error: The statement failed, or the connection was lost, or somebody has put it
            into a pipeline, where this would wait for ever.
    """
    if connection.pgconn.pipeline_status != pq.PipelineStatus.OFF:
        msg = "the connection is in pipeline mode"
        raise errors.ProgrammingError(msg)
    written, values = statement.written()
    if statement.prepare is not False:
        make_room(connection, written.numbered)
    if not connection.autocommit:
        yield from connection._start_query()  # noqa: SLF001  # as a cursor does
    transformer = Transformer(connection)
    encoding = transformer.encoding
    parameters = transformer.dump_sequence(values, [PyFormat.AUTO] * len(values))
    formats = transformer.formats
    text = written.utf8 if encoding == "utf-8" else written.numbered.encode(encoding)
    query: Any = _Query(text, transformer.types or ())
    pgconn, prepared = connection.pgconn, connection._prepared  # noqa: SLF001  # psycopg's notes
    how, name = prepared.get(query, statement.prepare)
    if how is Prepare.NO:
        pgconn.send_query_params(
            query.query,
            parameters,
            param_types=query.types,
            param_formats=formats,
            result_format=pq.Format.BINARY,
        )
    else:
        if how is Prepare.SHOULD:
            pgconn.send_prepare(name, query.query, param_types=query.types)
            _checked((yield from execute(pgconn)), encoding)
        pgconn.send_query_prepared(
            name, parameters, param_formats=formats, result_format=pq.Format.BINARY
        )
    key = prepared.maybe_add_to_cache(query, how, name)
    results = yield from execute(pgconn)
    if key is not None:
        prepared.validate(key, how, name, results)
    answer = _read(transformer, _checked(results, encoding))
    yield from prepared.maintain_gen(connection)
    return answer


def _checked(results: Sequence[PGresult], encoding: str) -> PGresult:
    if not results:
        msg = "got no result from the server"
        raise errors.InternalError(msg)
    # outside of a transaction, a statement that is done may still fail to commit: a second result
    for result in results:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(result, encoding=encoding)
        if result.status not in _USABLE:
            msg = f"unexpected result of a statement: {pq.ExecStatus(result.status).name}"
            raise errors.InternalError(msg)
    return results[0]


def _read(transformer: abc.Transformer, result: PGresult) -> Result:
    if result.status == _ROWS:
        transformer.set_pgresult(result)
        count = result.ntuples
        return Result(transformer.load_rows(0, count, tuple), count)
    touched = result.command_tuples
    return Result([], -1 if touched is None else touched)
