"""What the benchmarks share: a server, real rows, and how results are shown."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import statistics
import sysconfig
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from psycopg import sql
from rich.console import Console
from rich.table import Table

from pgrecall import Collection, Item, embedded

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    import psycopg
    from numpy.typing import NDArray

    from pgrecall import Store

TENANT = "benchmark"
DATA_VARIABLE = "PGRECALL_BENCH_DATA"
SEED = 7
_KINDS = ("library", "tool", "plugin", "framework", "data")
_FIRST_YEAR = 2005
_AS_IT_IS = sql.SQL("text")


@dataclass(frozen=True)
class Rows:
    """Rows without vectors, and a sentence about where they come from."""

    source: str
    ids: list[str]
    texts: list[str]
    metadata: list[dict[str, Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that every benchmark takes."""
    parser.add_argument("--dsn", help="a server to use; default: an embedded one, removed after")
    parser.add_argument("--json", action="store_true", help="print JSON in place of tables")
    parser.add_argument(
        "--markdown", action="store_true", help="print tables as README.md has them"
    )


@contextmanager
def server(dsn: str | None) -> Iterator[str]:
    """Give a DSN: the one named, or that of an embedded server which lives as long as this."""
    if dsn is not None:
        yield dsn
        return
    # a server that root starts runs as another user, who must get there
    folder = Path(tempfile.mkdtemp(prefix="pgrecall-bench-", dir=_traversable()))
    folder.chmod(0o755)
    try:
        yield embedded.start(folder / "data")
    finally:
        embedded.stop(folder / "data")
        shutil.rmtree(folder)


def _traversable() -> str | None:
    kept = Path("/var/tmp")  # noqa: S108  # on disk, where the temporary folder may be memory
    return str(kept) if kept.is_dir() else None


def read_rows(count: int) -> Rows:
    """Read that many real texts; a set that has fewer is gone through again under new ids."""
    folder = os.environ.get(DATA_VARIABLE)
    if folder:
        source = f"package summaries of {DATA_VARIABLE} (pypi50k)"
        texts = list(summaries(Path(folder) / "pypi50k" / "corpus.jsonl.gz", count))
    else:
        source = f"paragraphs of Python's standard library ({DATA_VARIABLE} is not set)"
        texts = list(islice(_paragraphs(Path(sysconfig.get_path("stdlib"))), count))
    if len(texts) < count:
        source += f", {len(texts):,} of them repeated"
    # neither in order of arrival nor of size, as names are
    places = np.random.default_rng(SEED).permutation(count)
    return Rows(
        source,
        [f"doc-{place:08d}" for place in places],
        [texts[row % len(texts)] for row in range(count)],
        [_metadata(row, texts[row % len(texts)]) for row in range(count)],
    )


def summaries(path: Path, count: int | None) -> Iterator[str]:
    """Read the texts of a set, the first so many or all."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in islice(lines, count):
            yield json.loads(line)["text"]


def _paragraphs(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.py")):
        for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf-8", errors="replace")):
            if 40 <= len(paragraph) <= 1_000:
                yield " ".join(paragraph.split())


def _metadata(row: int, text: str) -> dict[str, Any]:
    return {
        "source": f"https://example.org/packages/{row}",
        "kind": _KINDS[row % len(_KINDS)],
        "year": _FIRST_YEAR + row % 21,
        "length": len(text),
        "tags": [f"topic-{row % 50}", f"team-{row % 7}"],
        "public": row % 3 == 0,
    }


def collection(name: str, dimensions: int) -> Collection:
    """Describe the collection that the rows go into: two declared fields, English full text."""
    return Collection(name, dimensions, "benchmark", fields={"kind": "text", "year": "number"})


def vectors(count: int, dimensions: int, seed: int = SEED) -> NDArray[np.float32]:
    """Make vectors of length 1 in random directions."""
    made = np.random.default_rng(seed).standard_normal((count, dimensions), dtype=np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def items(rows: Rows, matrix: NDArray[np.float32], *, as_lists: bool = False) -> list[Item]:
    """Join rows and vectors, the latter as arrays or as lists of Python's floats."""
    given: Sequence[Any] = matrix.tolist() if as_lists else list(matrix)
    return [
        Item(id_, vector, text, metadata)
        for id_, vector, text, metadata in zip(
            rows.ids, given, rows.texts, rows.metadata, strict=True
        )
    ]


def table_of(store: Store, name: str) -> str:
    """Give the collection's real table, quoted as SQL needs it."""
    described = store.describe_collection(TENANT, name)
    if described is None or described.table_name is None:
        msg = f"collection {name!r} is gone"
        raise LookupError(msg)
    return described.table_name


def without_analysis(
    bare: psycopg.Connection[Any], name: str, text: sql.Composable = _AS_IT_IS
) -> None:
    """Let a table's tokens be made of its texts as they are, or of what is written of them."""
    table_name = sql.Identifier(*name.split("."))
    found = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass"
    definitions = [one for (one,) in bare.execute(found, (name,)) if one.endswith("(tsv)")]
    changed = (
        "ALTER TABLE {} DROP COLUMN tsv, ADD COLUMN tsv tsvector GENERATED ALWAYS AS"
        " (to_tsvector('english'::regconfig, left({}, 130000))) STORED"
    )
    bare.execute(sql.SQL(changed).format(table_name, text))
    for definition in definitions:
        bare.execute(definition.encode())


def seconds(action: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def median_and_range(values: Sequence[float], form: str = ",.0f") -> str:
    """Write a median with the smallest and the largest value behind it."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):{form}} ({low:{form}}-{high:{form}})"


def spread(times: Sequence[float]) -> dict[str, float]:
    """Give the median and the slowest twentieth."""
    return {"p50": statistics.median(times), "p95": statistics.quantiles(times, n=20)[-1]}


def size_text(of: int | None) -> str:
    """Write a number of bytes, or a dash where it is not known."""
    if of is None:
        return "-"
    return f"{of / (1 << 30):.2f} GB" if of >= 1 << 30 else f"{of / (1 << 20):.0f} MB"


def show(results: dict[str, Any], tables: Sequence[Table], notes: Sequence[str], args: Any) -> None:
    """Print what was measured, as tables with their notes or as JSON."""
    if args.json:
        print(json.dumps(results, indent=1))
        return
    if args.markdown:
        for table in tables:
            print(f"\n{table.title}\n\n{_as_markdown(table)}")
        print("\n" + "\n".join(notes))
        return
    console = Console(width=None if os.isatty(1) else 120)
    for table in tables:
        console.print(table)
    for note in notes:
        console.print(note, highlight=False, markup=False)


def _as_markdown(table: Table) -> str:
    heads = [str(column.header) for column in table.columns]
    rows = zip(*(column.cells for column in table.columns), strict=True)
    lines = [heads, ["---"] * len(heads), *([str(cell) for cell in row] for row in rows)]
    written = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join(written).replace("[bold red]missed[/]", "**missed**")


def table(title: str, *columns: str) -> Table:
    """Begin a table: the first column names, the others measure."""
    made = Table(title=title, title_justify="left")
    for place, column in enumerate(columns):
        made.add_column(column, justify="right" if place else "left", no_wrap=not place)
    return made


def verdict(*, met: bool) -> str:
    """Say whether a bar is met."""
    return "met" if met else "[bold red]missed[/]"
