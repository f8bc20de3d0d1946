"""A wire between a store and its server, to be cut or to fall silent at the moment a test says."""

from __future__ import annotations

import ctypes
import select
import socket
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import psycopg
from psycopg.conninfo import make_conninfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK = 1 << 16

ATTACH_FILTER = 26
"""SO_ATTACH_FILTER of Linux, which Python's socket module does not name."""

DROP_ALL = struct.pack("HBBI", 6, 0, 0, 0)
"""A classic BPF program of one instruction: return 0, so keep no byte of any packet."""


@dataclass
class Rule:
    """What to do to a connection on which some bytes come by.

    Attributes:
        needle: The bytes.
        forward: Whether the other side sees them.
        act: Cut the connection, let it fall silent, or hold the bytes back for a while.
        left: How many times more.
        from_server: Whether the server sends them; else the client does.
        met: Set when they came.
        go_on: Lets go what is held; tells the server of a silent connection that it is gone.
    """

    needle: bytes
    forward: bool
    act: Literal["cut", "silence", "hold"]
    left: int
    from_server: bool = False
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
        self._closed = threading.Event()
        self.accepted = 0
        self.dsn = make_conninfo(dsn, host="127.0.0.1", port=self._listener.getsockname()[1])
        self._acceptor = self._start(self._accept)

    def cut_before(self, needle: bytes, *, times: int = 1) -> Rule:
        """Cut a connection that sends ``needle``; the server never sees it."""
        return self._add(Rule(needle, forward=False, act="cut", left=times))

    def cut_after(self, needle: bytes, *, times: int = 1) -> Rule:
        """Let the server see ``needle`` and answer it, then cut: the client sees no answer."""
        return self._add(Rule(needle, forward=True, act="cut", left=times))

    def cut_within_answer(self, needle: bytes, *, times: int = 1) -> Rule:
        """Cut a connection whose server sends ``needle``, before the client has all of it."""
        return self._add(Rule(needle, forward=True, act="cut", left=times, from_server=True))

    def silence_before(self, needle: bytes, *, times: int = 1) -> Rule:
        """Let a connection that sends ``needle`` fall silent; the server never sees it.

        From then on no packet of the client is even acknowledged and none comes: its server's
        host might have lost its power. The server waits for the client until ``go_on`` is set.
        """
        return self._add(Rule(needle, forward=False, act="silence", left=times))

    def silence_after(self, needle: bytes, *, times: int = 1) -> Rule:
        """Let the server see ``needle`` and answer it, then fall silent before the answer."""
        return self._add(Rule(needle, forward=True, act="silence", left=times))

    def silence_within_answer(self, needle: bytes, *, times: int = 1) -> Rule:
        """Fall silent where the server sends ``needle``, before the client has all of it."""
        return self._add(Rule(needle, forward=True, act="silence", left=times, from_server=True))

    def vanish(self) -> None:
        """Answer to no one who connects from now on, as a host that is not there."""
        _drop_packets(self._listener)

    def hold(self, needle: bytes) -> Rule:
        """Keep ``needle`` back until ``go_on`` is set; ``met`` tells that it came."""
        return self._add(Rule(needle, forward=True, act="hold", left=1))

    def release(self) -> None:
        """Forget every rule, and let go on what one holds; what is silent stays so."""
        with self._lock:
            rules, self._rules = self._rules, []
        for rule in rules:
            rule.go_on.set()

    def close(self) -> None:
        """Cut every connection and take no more."""
        self.release()
        with self._lock:
            self._closed.set()
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

    def _match(self, data: bytes, *, from_server: bool) -> Rule | None:
        with self._lock:
            for rule in self._rules:
                if rule.left and rule.from_server == from_server and rule.needle in data:
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
            closed = self._closed.is_set()
        try:
            if not closed:
                yield
        finally:
            with self._lock:
                self._sockets.difference_update(pair)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> bool:
        ready, _, _ = select.select([client, server], [], [])
        source, target = (server, client) if server in ready else (client, server)
        data = source.recv(CHUNK)
        rule = self._match(data, from_server=source is server)
        if rule is None:
            target.sendall(data)
            return bool(data)
        if rule.act == "hold":
            rule.met.set()
            rule.go_on.wait()
            target.sendall(data)
            return True
        if rule.from_server:
            client.sendall(data[: data.index(rule.needle) + 1])
        elif rule.forward:
            _wait_for_answer(client, server, data)
        if rule.act == "silence":
            _drop_packets(client)
            rule.met.set()
            rule.go_on.wait()
            _shut(server)
            self._closed.wait()
        rule.met.set()
        return False


def _drop_packets(receiver: socket.socket) -> None:
    # the kernel drops what comes before it acknowledges it; the sender's TCP goes on alone
    program = ctypes.create_string_buffer(DROP_ALL)
    filter_ = struct.pack("HL", 1, ctypes.addressof(program))
    receiver.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, filter_)


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
