"""The parameters of llama-index-vector-stores-postgres, brought to this package's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from psycopg.conninfo import make_conninfo

from pgrecall._values.said import UNSAID
from pgrecall.errors import InvalidArgumentError
from pgrecall.indexes import Hnsw

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pgrecall.languages import ByField

_DISTANCE = re.compile(r"(?:vector|halfvec)_(cosine|l2|ip|l1)_ops")
_HNSW_KEYS = ("hnsw_m", "hnsw_ef_construction", "hnsw_ef_search", "hnsw_dist_method")
_KINDS = {
    "number": ("int", "bigint", "smallint", "float", "double", "real", "numeric"),
    "datetime": ("date", "timestamp"),
    "boolean": ("bool",),
}


def dsn(
    connection_string: object,
    host: str | None,
    port: str | int | None,
    database: str | None,
    user: str | None,
    password: str | None,
) -> str | None:
    """Give libpq's connection string; None where nothing says where to connect.

    Args:
        connection_string: A DSN as ``Store`` takes it, or SQLAlchemy's URL; it beats the other
            arguments.
        host: As libpq knows it, as the other four; any characters.
        port: See ``host``.
        database: See ``host``.
        user: See ``host``.
        password: See ``host``.
    """
    if connection_string is not None:
        # SQLAlchemy's URL hides its password from str()
        render = getattr(connection_string, "render_as_string", None)
        return str(connection_string) if render is None else str(render(hide_password=False))
    given = {"host": host, "port": port, "dbname": database, "user": user, "password": password}
    known = {name: str(value) for name, value in given.items() if value is not None}
    return make_conninfo(**known) if known else None


def hnsw(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give ``index``, ``metric`` and ``ef_search`` for the peer's ``hnsw_kwargs``.

    Raises:
        InvalidArgumentError: A key or the distance method is unknown.
    """
    if not given:
        return {}
    for key in given:
        if key not in _HNSW_KEYS:
            raise InvalidArgumentError(
                f"hnsw_kwargs has no {key!r}; it has {', '.join(_HNSW_KEYS)}"
            )
    graph = Hnsw(given.get("hnsw_m", Hnsw().m), given.get("hnsw_ef_construction", 64))
    asked = {"index": graph, "ef_search": given.get("hnsw_ef_search")}
    if "hnsw_dist_method" not in given:
        return asked
    method = str(given["hnsw_dist_method"])
    distance = _DISTANCE.fullmatch(method)
    if distance is None:
        raise InvalidArgumentError(
            f"hnsw_dist_method={method!r} is unknown; write vector_cosine_ops, vector_l2_ops,"
            " vector_ip_ops or vector_l1_ops"
        )
    return {**asked, "metric": distance[1]}


def declared_fields(keys: Iterable[tuple[str, str]] | None) -> dict[str, str]:
    """Give ``fields`` for the peer's ``indexed_metadata_keys``: pairs of a key and its SQL type."""
    if keys is None:
        return UNSAID  # type: ignore[no-any-return]  # stands for any argument
    return {key: _declared(str(kind).lower().split()[0]) for key, kind in keys}


def _declared(kind: str) -> str:
    found = (name for name, beginnings in _KINDS.items() if kind.startswith(beginnings))
    return next(found, "text")


def storage(use_halfvec: Any) -> str:
    """Give ``storage`` for the peer's ``use_halfvec``; unsaid where that is."""
    known = "halfvec" if use_halfvec else "vector"
    return UNSAID if use_halfvec is UNSAID else known


def text_search(hybrid_search: Any, config: str | ByField) -> str | ByField | None:
    """Give ``text_search`` for two of the peer's; unsaid where both are."""
    if hybrid_search is not UNSAID and not hybrid_search:
        return None
    return "english" if config is UNSAID and hybrid_search is not UNSAID else config
