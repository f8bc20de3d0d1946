"""``pgrecall export``."""

from __future__ import annotations

import gzip
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from pgrecall.cli.files import arrow_batches, manifest, parquet
from pgrecall.cli.shared import keys, options
from pgrecall.cli.shared.connect import found, opened
from pgrecall.cli.shared.escaping import takes_all
from pgrecall.cli.shared.output import cell, console, item_json, json_text, plural, print_json
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pgrecall.filters import FilterLike
    from pgrecall.models import Item
    from pgrecall.store import Store

_ENDINGS = (".jsonl", ".jsonl.gz", ".parquet")

PAGE = 1_000
"""Items read at once; memory stays flat."""


def export(
    *,
    collection: options.CollectionName,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="A .jsonl, .jsonl.gz or .parquet file; else stdout.",
        ),
    ] = None,
    filter_: options.FilterText = None,
    where: options.Where = None,
    vectors: Annotated[
        bool, typer.Option("--vectors/--no-vectors", help="With the vectors, or without.")
    ] = True,
    times: Annotated[
        bool, typer.Option("--times", help="With when items were written; a load keeps that.")
    ] = False,
    tenant: options.Tenant = "default",
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Report as JSON; without --output, items are JSON anyway."),
    ] = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Write a collection's items to a file, by id; `pgrecall load` makes the same collection of it.

    The first line, or the metadata of a Parquet file, holds the collection's settings: all but its
    name, its table's and what `tune` pinned. The file appears when it is complete.

    Example: `pgrecall export notes -o notes.jsonl`
    """
    wanted = options.filter_from(filter_, where)
    _check(output)
    with opened(dsn, schema, tenant) as store:
        told = manifest.of_collection(
            found(store, tenant, collection), vectors=vectors, times=times
        )
        count = 0
        with _writer(output, told) as write:
            for page in _pages(store, tenant, collection, wanted, vectors):
                write(page)
                count += len(page)
        keys.tell(store, tenant, collection, filter_=wanted, found=count > 0)
    if output is None:
        return
    if as_json:
        print_json({"collection": collection, "items": count, "file": str(output)})
    else:
        console().print(cell(f"{plural(count, 'item')} of {collection} in {output}"))


def _check(output: Path | None) -> None:
    if output is None:
        return
    if not output.name.endswith(_ENDINGS):
        raise InvalidArgumentError(f"{str(output)!r} must end with {', '.join(_ENDINGS)}")
    if output.suffix == ".parquet":
        arrow_batches.check("a Parquet file")


@contextmanager
def _writer(
    output: Path | None, told: dict[str, Any]
) -> Iterator[Callable[[Sequence[Item]], object]]:
    if output is None:
        stream = sys.stdout.buffer
        with _lines(stream, told, ascii_only=not takes_all(sys.stdout)) as write:
            yield write
        stream.flush()
        return
    part = output.with_name(f"{output.name}.part")
    try:
        making = (
            parquet.writer(part, told, manifest.KEY)
            if output.suffix == ".parquet"
            else _jsonl(part, told, packed=output.suffix == ".gz")
        )
        with making as write:
            yield write
        part.replace(output)
    except OSError as error:
        raise InvalidArgumentError(
            f"{str(output)!r} cannot be written: {error.strerror or error}"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _pages(
    store: Store, tenant: str, name: str, wanted: FilterLike | None, vectors: bool
) -> Iterator[list[Item]]:
    after = None
    while page := store.list_items(
        tenant, name, filter=wanted, limit=PAGE, after=after, include_vectors=vectors
    ):
        yield page
        if len(page) < PAGE:
            return
        after = page[-1].id


@contextmanager
def _lines(
    stream: IO[bytes], told: dict[str, Any], *, ascii_only: bool = False
) -> Iterator[Callable[[Sequence[Item]], object]]:
    """Give what writes items as JSON lines; the first line tells of the collection too."""
    first: dict[str, Any] = {manifest.KEY: told}

    def write(page: Sequence[Item]) -> None:
        times = told.get("times", False)
        plain = [item_json(item, vectors=told["vectors"], times=times) for item in page]
        plain[0] |= first
        first.clear()
        lines = (json_text(one, ascii_only=ascii_only) for one in plain)
        stream.write("".join(f"{line}\n" for line in lines).encode())

    yield write
    if first:
        stream.write(f"{json_text(first)}\n".encode())


@contextmanager
def _jsonl(
    path: Path, told: dict[str, Any], *, packed: bool
) -> Iterator[Callable[[Sequence[Item]], object]]:
    make: Callable[..., Any] = gzip.open if packed else open
    with make(path, "wb") as stream, _lines(stream, told) as write:
        yield write
