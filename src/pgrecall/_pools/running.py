"""A long statement on its way: sent, then looked at now and then, by the call that sent it.

No second thread or task uses the connection, so none is left on it when the call is interrupted.
"""

from __future__ import annotations

import asyncio
import selectors
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psycopg import errors, pq

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg import BaseConnection

    from pgrecall._statements.statement import Statement


class Running:
    """One statement, without parameters, that runs on a connection.

    Args:
        connection: An idle connection; it serves nothing else meanwhile.
        statement: What to run.
    """

    def __init__(self, connection: BaseConnection[Any], statement: Statement) -> None:
        """Keep both: nothing is sent yet."""
        self._connection = connection
        self._notices: list[str] = []
        # the session ends with the statement, and with it who listens
        connection.add_notice_handler(lambda told: self._notices.append(_primary(told)))
        self._pgconn = connection.pgconn
        self._statement = statement

    def send(self) -> None:
        """Send it."""
        text, _ = self._statement.sent()
        self._pgconn.send_query(text.encode(self._connection.info.encoding))
        while self._pgconn.flush():
            self._pgconn.consume_input()

    @property
    def socket(self) -> int:
        """Where the answer comes."""
        return self._pgconn.socket

    def has_ended(self) -> bool:
        """Read what came; tell whether the statement is done.

        Raises:
            psycopg.Error: The statement failed, or the connection was lost.
        """
        self._pgconn.consume_input()
        while not self._pgconn.is_busy():
            result = self._pgconn.get_result()
            if result is None:
                return True
            if result.status == pq.ExecStatus.FATAL_ERROR:
                self._read_rest()
                raise errors.error_from_result(result, encoding="utf-8")
        return False

    def notices(self) -> list[str]:
        """Give what the server has said since the last time, without details."""
        told = list(self._notices)
        self._notices.clear()
        return told

    def _read_rest(self) -> None:
        while self._pgconn.get_result() is not None:
            continue


@contextmanager
def listening(connection: BaseConnection[Any], tell: Callable[[str], object]) -> Iterator[None]:
    """Tell what notices say while a connection runs something."""

    def heard(told: errors.Diagnostic) -> None:
        tell(_primary(told))

    connection.add_notice_handler(heard)
    try:
        yield
    finally:
        connection.remove_notice_handler(heard)


def _primary(told: errors.Diagnostic) -> str:
    return told.message_primary or ""


def wait_readable(socket: int, seconds: float) -> None:
    """Wait until something came, or for some seconds."""
    with selectors.DefaultSelector() as selector:
        selector.register(socket, selectors.EVENT_READ)
        selector.select(seconds)


async def wait_readable_async(socket: int, seconds: float) -> None:
    """Wait until something came, or for some seconds."""
    loop = asyncio.get_running_loop()
    came = asyncio.Event()
    loop.add_reader(socket, came.set)
    try:
        async with asyncio.timeout(seconds):
            await came.wait()
    except TimeoutError:
        return
    finally:
        loop.remove_reader(socket)
