"""Ingest and search of other PostgreSQL vector stores beside pgrecall's, on one server and data.

Each peer lives in a virtual environment of its own, made from ``peers/*.txt`` in the user's
temporary folder at the first run and kept there: none can be a dependency of pgrecall. Everyone
gets the same lists of floats, made before the clock begins, and stores them with what its
documentation shows; nobody has an approximate index.
"""

from __future__ import annotations

import argparse
import getpass
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from common import (
    SEED,
    TENANT,
    Rows,
    add_arguments,
    collection,
    items,
    read_rows,
    seconds,
    server,
    show,
    table,
    vectors,
)
from psycopg.conninfo import conninfo_to_dict

from pgrecall import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "peers"
PEERS = sorted(path.stem for path in FOLDER.glob("*.txt"))


def environment(peer: str, among: Path = FOLDER) -> Path:
    """Give the Python of the peer's environment; made where it is missing."""
    shared = Path(sys.prefix) / "peers" / "bin" / "python"
    if among == FOLDER and shared.exists():  # `make .venv/.peers` made it, with all of them
        return shared
    requirements = among / f"{peer}.txt"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    cache = Path(tempfile.gettempdir()) / f"pgrecall-peers-{getpass.getuser()}"
    folder, python = cache / f"{peer}-{digest}", cache / f"{peer}-{digest}" / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        print(f"making the environment of {peer} in {folder}", file=sys.stderr)
        cache.mkdir(mode=0o700, exist_ok=True)
        venv.create(folder, with_pip=True, clear=True)
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*command, "-r", requirements], check=True, stdout=sys.stderr)
        ready.touch()
    return python


@contextmanager
def database(dsn: str, name: str) -> Iterator[str]:
    """Make a database for one peer and give its URL; it is dropped after."""
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield _url(dsn, name)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _url(dsn: str, name: str) -> str:
    # SQLAlchemy takes a URL only, and a socket's folder only as a parameter
    given = conninfo_to_dict(dsn)
    password = f":{given['password']}" if given.get("password") else ""
    host, port = given.get("host", "localhost"), given.get("port", "5432")
    return f"postgresql://{given.get('user')}{password}@/{name}?host={host}&port={port}"


def write_data(folder: Path, rows: Rows, matrix: NDArray[Any], queries: NDArray[Any]) -> None:
    """Leave the data where the peers read it."""
    parts = {"ids": rows.ids, "texts": rows.texts, "metadata": rows.metadata}
    (folder / "rows.json").write_text(json.dumps(parts), encoding="utf-8")
    np.save(folder / "vectors.npy", matrix)
    np.save(folder / "queries.npy", queries)


def measure_peer(peer: str, dsn: str, folder: Path) -> list[dict[str, Any]]:
    """Run a peer's script in its environment and give what it reports."""
    command = [environment(peer), FOLDER / f"run_{peer}.py"]
    with database(dsn, f"peer_{peer}") as url:
        done = subprocess.run(
            [*command, url, folder], check=True, stdout=subprocess.PIPE, text=True
        )
    return [json.loads(line) for line in done.stdout.splitlines()]


def measure_ours(
    dsn: str, rows: Rows, matrix: NDArray[Any], queries: NDArray[Any]
) -> list[dict[str, Any]]:
    """Time our two ways in, and search."""
    results = []
    given = items(rows, matrix, as_lists=True)
    asked = queries.tolist()
    with database(dsn, "peer_pgrecall") as url, Store(url) as store:
        for verb in ("upsert", "load"):
            store.ensure_collection(TENANT, collection(verb, matrix.shape[1]))
            write = getattr(store, verb)
            start = time.perf_counter()
            write(TENANT, verb, given)
            rate = len(given) / (time.perf_counter() - start)
            times = [
                1_000 * seconds(lambda query=query: store.search(TENANT, verb, query))  # noqa: B023  # called at once
                for query in asked
            ]
            result = {"name": f"pgrecall, {verb}", "rows_s": rate}
            results.append({**result, "p50_ms": statistics.median(times)})
    return results


def main() -> None:
    """Measure and print."""
    args = _arguments()
    rows, matrix = read_rows(args.rows), vectors(args.rows, args.dimensions)
    queries = vectors(args.queries, args.dimensions, seed=SEED + 1)
    with server(args.dsn) as dsn, tempfile.TemporaryDirectory() as folder:
        write_data(Path(folder), rows, matrix, queries)
        results = measure_ours(dsn, rows, matrix, queries)
        for peer in args.peers:
            results += measure_peer(peer, dsn, Path(folder))
    made = table(
        f"{args.rows:,} rows, {args.dimensions} dimensions, no approximate index",
        *("store", "ingest, rows/s", "search top 10, p50 ms"),
    )
    for result in results:
        made.add_row(result["name"], f"{result['rows_s']:,.0f}", f"{result['p50_ms']:.2f}")
    notes = [f"{rows.source}; {args.queries} queries; lists of floats in, one process, one run."]
    show({"source": rows.source, "results": results}, [made], notes, args)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_arguments(parser)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--peers", nargs="*", default=PEERS, choices=PEERS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
