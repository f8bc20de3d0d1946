"""Collections as tables and lines, for people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table

from pgrecall._values.figures import age_text
from pgrecall.cli.shared.fields import field_text
from pgrecall.cli.shared.output import (
    bytes_text,
    cell,
    console,
    plural,
    rounded,
    shortened,
    value_text,
)
from pgrecall.cli.shared.tables import Column, print_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console

_MOST_VALUE = 30  # characters of a value
_MOST_FIELDS = 30  # fields that are shown


def count_text(row: Mapping[str, Any]) -> str:
    """Show rows, a guess as one."""
    return f"{row['rows']:,}" if row["rows_are_exact"] else f"~{rounded(row['rows'])}"


def print_list(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print many collections, a line for each."""
    tenants = [row["tenant"] for row in rows]
    columns = [
        Column("tenant", tenants, "dim", folds=True),
        Column("collection", [row["name"] for row in rows], "bold", folds=True),
        Column("rows", [count_text(row) for row in rows], right=True),
        Column("dim", [str(row["dimensions"] or "-") for row in rows], right=True),
        Column("metric", [row["metric"] for row in rows]),
        Column("index", ["pending" if row["indexes_pending"] else row["index"] for row in rows]),
        Column("size", [bytes_text(row["bytes"]) for row in rows], right=True),
        Column("model", [row["embedding_model"] or "-" for row in rows], spare=True),
        Column("table", [_table_text(row) for row in rows], "dim", spare=True),
    ]
    if len(set(tenants)) == 1:
        del columns[0]
    print_table(console(), columns)


def _table_text(row: Mapping[str, Any]) -> str:
    return f"adopted from {row['table']}" if row["adopted"] else row["table"] or "-"


def print_whole(told: Mapping[str, Any]) -> None:
    """Print one collection: what it is, its indexes, the fields of its items."""
    out = console()
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, value in _facts(told):
        facts.add_row(name, cell(value, "bold" if name == "collection" else ""))
    out.print(facts)
    if told["indexes"]:
        out.print()
        _print_indexes(out, told["indexes"])
    if told["metadata"]:
        out.print()
        _print_fields(out, told["metadata"])


def _facts(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "collection", told["name"]
    yield "tenant", told["tenant"]
    if told["error"]:
        yield "error", told["error"]
    yield "items", count_text(told)
    if told["dimensions"]:
        stored = {"halfvec": "2 bytes each", "vector": "4 bytes each"}.get(told["storage"])
        kept = told["storage"] if stored is None else f"{told['storage']}, {stored}"
        yield "vectors", f"{told['dimensions']:,} numbers ({kept}), compared by {told['metric']}"
        yield "model", told["embedding_model"] or "not said"
        yield "pinned", "numbers, metric and model: they never change"
        yield "index", _index(told)
        yield from _recall(told["recall"])
    else:
        yield "vectors", "none: texts alone are searched"
    yield "text search", ", ".join(_text_search(told))
    if told["hybrid"] is not None:
        yield (
            "hybrid",
            f"learned: {', '.join(f'{key} {one:g}' for key, one in told['hybrid'].items())}",
        )
    if told["settings"].get("distributed"):
        yield "distributed", "by Citus, by id"
    sizes = f", {bytes_text(told['table_bytes'])}, {bytes_text(told['bytes'])} with its indexes"
    size = sizes if told["bytes"] else ""
    table = told["table"] or "-"
    if told["adopted_from"] is None:
        yield "table", f"{table}{size}"
        return
    yield "adopted from", f"{told['adopted_from']['kind']} {table}{size}"
    yield "columns", "; ".join(_columns(told["adopted_from"]))
    if told["adopted_from"]["where"]:
        yield "rows", f"those alone that match {told['adopted_from']['where']}"
    yield "writable", "yes" if told["adopted_from"]["writable"] else "no"


def _index(told: Mapping[str, Any]) -> str:
    if told["index"] == "none":
        return "none: every search compares all"
    given = [f"{key}={value}" for key, value in told["index_options"].items() if value is not None]
    kind = f"{told['index']} ({', '.join(given)})" if given else told["index"]
    return f"{kind}, {told['index_state']}"


def _recall(promise: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    if promise is None:
        return
    asked = f"{promise['target']:g} asked"
    if promise["recall"] is None:
        yield "recall", f"{asked}, not measured yet: `pgrecall recall` does"
        return
    at = promise["measured_at"]
    age = age_text(None if at is None else datetime.fromisoformat(at))
    measured = f"{promise['recall']:.3f} measured {age} ago on {promise['rows']:,} items"
    yield "recall", f"{asked}, {measured} (effort {promise['effort']:,})"


def _text_search(told: Mapping[str, Any]) -> Iterator[str]:
    yield told["text_search"] or "none"
    if told["text_search"]:
        yield f"BM25 with k1={told['k1']:g} b={told['b']:g}"
        if told["title"]:
            yield f"title {told['title']}"
        if told["text_index"] != "none":
            yield f"index {told['text_index']}"


def _columns(adopted: Mapping[str, Any]) -> Iterator[str]:
    for of in ("id", "text", "vector", "metadata", "metadata_json", "tsvector", "created_at"):
        if adopted[of]:
            named = adopted[of] if isinstance(adopted[of], str) else ", ".join(adopted[of])
            yield f"{of.replace('_', ' ')} {named}"
    if adopted["updated_at"]:
        yield f"updated at {adopted['updated_at']}"


def _print_indexes(out: Console, indexes: Sequence[Mapping[str, Any]]) -> None:
    shown = sorted(indexes, key=lambda one: -one["bytes"])
    print_table(
        out,
        [
            Column("index of", [one["of"] or one["name"] for one in shown], "bold", folds=True),
            Column("method", [_method(one) for one in shown]),
            Column("size", [bytes_text(one["bytes"]) for one in shown], right=True),
            Column("scans", [f"{one['scans']:,}" for one in shown], right=True),
            Column("name", [one["name"] for one in shown], "dim", spare=True),
        ],
    )


def _method(index: Mapping[str, Any]) -> str:
    return index["method"] if index["valid"] else f"{index['method']}, invalid"


def _print_fields(out: Console, found: Sequence[Mapping[str, Any]]) -> None:
    shown = found[:_MOST_FIELDS]
    values = [", ".join(map(_value, one["commonest"])) or "-" for one in shown]
    print_table(
        out,
        [
            Column("field", [field_text(tuple(one["path"])) for one in shown], "bold", folds=True),
            Column("types", [", ".join(one["types"]) for one in shown], folds=True),
            Column("share", [f"{one['share']:.0%}" for one in shown], right=True),
            Column("declared", [one["declared"] or "-" for one in shown]),
            Column("commonest", values, "cyan", folds=True),
        ],
    )
    if len(found) > len(shown):
        more = plural(len(found) - len(shown), "more field")
        out.print(cell(f"and {more}: `pgrecall fields` lists them", "dim"))


def _value(value: object) -> str:
    return shortened(value_text(value), _MOST_VALUE)
