"""``pgrecall size``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

import typer

from pgrecall import sizes
from pgrecall._values.memory import MOST, memory_text
from pgrecall.cli.shared import options  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared.layouts import Storage  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared.output import bytes_text, cell, console, print_json
from pgrecall.cli.shared.tables import Column, print_table
from pgrecall.errors import InvalidArgumentError
from pgrecall.indexes import Hnsw, Index, IvfFlat

Kind = Literal["hnsw", "ivfflat", "none"]
Quantization = Literal["half", "binary"]


def size(
    *,
    rows: Annotated[int, typer.Option("--rows", "-n", min=0, help="How many items.")],
    dimensions: Annotated[
        int, typer.Option("--dimensions", "-d", min=1, help="Length of their vectors.")
    ],
    storage: Annotated[
        Storage, typer.Option("--storage", help="vector: 4 bytes a number; halfvec: 2.")
    ] = "vector",
    index: Annotated[Kind, typer.Option("--index", help="The approximate index.")] = "hnsw",
    m: Annotated[int, typer.Option("--m", help="HNSW: neighbours kept a vector.")] = 16,
    quantization: Annotated[
        Quantization | None,
        typer.Option("--quantization", help="HNSW: 2-byte numbers, or bits, in the index."),
    ] = None,
    lists: Annotated[
        int | None,
        typer.Option("--lists", help="IVFFlat: lists; without it the square root of the rows."),
    ] = None,
    text_bytes: Annotated[
        int, typer.Option("--text-bytes", min=0, help="Bytes of a text, on average.")
    ] = 0,
    metadata_bytes: Annotated[
        int, typer.Option("--metadata-bytes", min=0, help="Bytes of an item's metadata.")
    ] = 50,
    as_json: options.Json = False,
) -> None:
    """Reckon what a collection takes of disk, and its index of memory while it is built.

    It asks no server. Table, index and memory come within some 10 to 15 %, for English texts.

    Example: `pgrecall size --rows 1000000 --dimensions 1536 --text-bytes 500`
    """
    asked = _index(index, m, quantization, lists)
    found = sizes.estimate(
        rows,
        dimensions,
        index=asked,
        storage=storage,
        text_bytes=text_bytes,
        metadata_bytes=metadata_bytes,
        text_search=text_bytes > 0,
    )
    if as_json:
        print_json({**asdict(found), "disk": found.disk})
        return
    shown = {
        "table": found.table,
        "index": found.index,
        "other indexes": found.others,
        "disk": found.disk,
        "memory of the build": found.build_memory,
    }
    out = console()
    print_table(
        out, [Column(name, [bytes_text(value)], right=True) for name, value in shown.items()]
    )
    if found.build_memory:
        needed = sizes.room_for(found.build_memory)
        told = f"build it with --build-memory {memory_text(needed)}, or a store's build_memory"
        if needed > MOST:
            told = f"no build can have so much: {memory_text(MOST)} is the most"
        out.print(cell(told, "dim"))


def _index(
    kind: Kind, m: int, quantization: Quantization | None, lists: int | None
) -> Index | None:
    if quantization is not None and kind != "hnsw":
        raise InvalidArgumentError("--quantization goes with --index hnsw")
    if lists is not None and kind != "ivfflat":
        raise InvalidArgumentError("--lists goes with --index ivfflat")
    if kind == "hnsw":
        return Hnsw(m, max(64, 2 * m), quantization)
    return IvfFlat(lists) if kind == "ivfflat" else None
