"""The port of a server that this machine alone may reach."""

from __future__ import annotations

import socket

from pgrecall.errors import InvalidArgumentError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Where HTTP is served: whoever reaches the server is the tenant, so no other machine may."""


def listening(host: str, port: int) -> socket.socket:
    """Open the port of an HTTP server.

    Args:
        host: One of ``LOOPBACK``.
        port: 0 takes any that is free.

    Raises:
        InvalidArgumentError: Another machine could reach it, or it cannot be had.
    """
    if host not in LOOPBACK:
        raise InvalidArgumentError(
            f"host {host!r} may be reached from other machines, and nobody is asked who calls:"
            f" {', '.join(LOOPBACK)} serve this one; a proxy that asks can stand before it"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen()  # who calls from here on waits until it is served
    except (OSError, OverflowError) as error:
        opened.close()
        raise InvalidArgumentError(
            f"port {port} of {host} cannot be had ({error}): another may be free, 0 takes any"
        ) from None
    return opened


def address(opened: socket.socket) -> str:
    """Give where a port is, as a URL has it: ``127.0.0.1:8765``, ``[::1]:8765``."""
    host, number = opened.getsockname()[:2]
    return f"[{host}]:{number}" if ":" in host else f"{host}:{number}"
