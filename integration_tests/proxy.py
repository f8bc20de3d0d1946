"""A wire between a store and its server, to be cut at the moment a test says."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK = 1 << 16


@dataclass
class Rule:
    """What to do to a connection whose client sends some bytes."""

    needle: bytes
    forward: bool
    cut: bool
    left: int
    met: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)


class Proxy:
    """Passes every byte between a loopback port and a server, until a rule says otherwise."""

    def __init__(self, dsn: str) -> None:
        with psycopg.connect(dsn) as connection:
            self._host, self._port = connection.info.host, connection.info.port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._sockets: set[socket.socket] = set()
        self._closed = False
        self.accepted = 0
        self.dsn = make_conninfo(dsn, host="127.0.0.1", port=self._listener.getsockname()[1])
        self._acceptor = self._start(self._accept)

    def cut_before(self, needle: bytes, *, times: int = 1) -> Rule:
        """Cut a connection that sends ``needle``; the server never sees it."""
        return self._add(Rule(needle, forward=False, cut=True, left=times))

    def cut_after(self, needle: bytes, *, times: int = 1) -> Rule:
        """Let the server see ``needle`` and answer it, then cut: the client sees no answer."""
        return self._add(Rule(needle, forward=True, cut=True, left=times))

    def hold(self, needle: bytes) -> Rule:
        """Keep ``needle`` back until ``go_on`` is set; ``met`` tells that it came."""
        return self._add(Rule(needle, forward=True, cut=False, left=1))

    def release(self) -> None:
        """Forget every rule, and let go on what one holds."""
        with self._lock:
            rules, self._rules = self._rules, []
        for rule in rules:
            rule.go_on.set()

    def close(self) -> None:
        """Cut every connection and take no more."""
        self.release()
        with self._lock:
            self._closed = True
            sockets = list(self._sockets)
        # closing alone would not wake a thread that waits in accept() or recv()
        for each in [self._listener, *sockets]:
            _shut(each)
        self._acceptor.join()
        self._listener.close()

    def _add(self, rule: Rule) -> Rule:
        with self._lock:
            self._rules.append(rule)
        return rule

    def _match(self, data: bytes) -> Rule | None:
        with self._lock:
            for rule in self._rules:
                if rule.left and rule.needle in data:
                    rule.left -= 1
                    return rule
        return None

    def _start(self, target: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        return thread

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                server = self._reach_server()
            except OSError:
                return
            with server, self._tracked(client, server):
                try:
                    while self._pass_on(client, server):
                        pass
                except OSError:
                    return

    def _reach_server(self) -> socket.socket:
        if not self._host.startswith("/"):
            return socket.create_connection((self._host, self._port))
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(f"{self._host}/.s.PGSQL.{self._port}")
        except OSError:
            server.close()
            raise
        return server

    @contextmanager
    def _tracked(self, *pair: socket.socket) -> Iterator[None]:
        with self._lock:
            self._sockets.update(pair)
            closed = self._closed
        try:
            if not closed:
                yield
        finally:
            with self._lock:
                self._sockets.difference_update(pair)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> bool:
        ready, _, _ = select.select([client, server], [], [])
        if server in ready:
            data = server.recv(CHUNK)
            client.sendall(data)
            return bool(data)
        data = client.recv(CHUNK)
        rule = self._match(data)
        if rule is None or not rule.cut:
            if rule is not None:
                rule.met.set()
                rule.go_on.wait()
            server.sendall(data)
            return bool(data)
        if rule.forward:
            _wait_for_answer(client, server, data)
        rule.met.set()
        return False


def _wait_for_answer(client: socket.socket, server: socket.socket, data: bytes) -> None:
    server.sendall(data)
    # where more belongs to the question, the client still sends it
    while server not in select.select([client, server], [], [])[0]:
        server.sendall(client.recv(CHUNK))
    server.recv(CHUNK)


def _shut(each: socket.socket) -> None:
    with suppress(OSError):  # gone already
        each.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy_to(dsn: str) -> Iterator[Proxy]:
    """A proxy for the length of a test."""
    proxy = Proxy(dsn)
    try:
        yield proxy
    finally:
        proxy.close()
