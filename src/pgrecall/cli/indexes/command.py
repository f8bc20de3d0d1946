"""``pgrecall index create|drop|rebuild``, ``pgrecall recall`` and ``pgrecall tune``."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pgrecall._adapters.naming import index_text
from pgrecall.cli.indexes.learning import learn
from pgrecall.cli.shared import options  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared.building import build_index
from pgrecall.cli.shared.connect import found, opened
from pgrecall.cli.shared.keeping import keep as keep_report
from pgrecall.cli.shared.output import cell, console, messages, print_json, seconds_text
from pgrecall.cli.shared.progress import index_bar
from pgrecall.cli.shared.promises import promise_json
from pgrecall.cli.shared.recalls import print_recalls
from pgrecall.errors import InvalidArgumentError
from pgrecall.evaluation.kept import check_report_name
from pgrecall.indexes import Hnsw, Index, IvfFlat
from pgrecall.models import Collection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall.models import RecallReport

Kind = Literal["hnsw", "ivfflat"]
Quantization = Literal["half", "binary"]

app = typer.Typer(no_args_is_help=True, help="Build, drop and rebuild the approximate index.")


@app.command()
def create(
    *,
    collection: options.CollectionName,
    kind: Annotated[Kind, typer.Option("--kind", help="The kind of index.")] = "hnsw",
    m: Annotated[int, typer.Option("--m", help="HNSW: neighbours kept a vector.")] = 16,
    ef_construction: Annotated[
        int, typer.Option("--ef-construction", help="HNSW: candidates looked at at the build.")
    ] = 64,
    quantization: Annotated[
        Quantization | None,
        typer.Option("--quantization", help="HNSW: keep 2-byte numbers, or bits, in the index."),
    ] = None,
    lists: Annotated[
        int | None,
        typer.Option("--lists", help="IVFFlat: lists; without it the square root of the rows."),
    ] = None,
    build_memory: options.BuildMemory = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print what would be run.")
    ] = False,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Build an approximate index while others read and write; it replaces the one before.

    On an adopted table one is built where none serves, and nothing else is changed.

    Example: `pgrecall index create notes --quantization half`
    """
    index: Index = Hnsw(m, ef_construction, quantization) if kind == "hnsw" else IvfFlat(lists)
    if kind == "ivfflat" and quantization is not None:
        raise InvalidArgumentError("--quantization goes with --kind hnsw")
    with opened(dsn, schema, tenant) as store:
        found(store, tenant, collection)
        if dry_run:
            statements = store.create_index(tenant, collection, index, dry_run=True) or []
            _print_statements(statements, collection, as_json=as_json)
            return
        seconds = build_index(store, tenant, collection, index, build_memory)
    _tell(as_json, tenant, collection, index, seconds, "built")


@app.command()
def drop(
    *,
    collection: options.CollectionName,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Drop the approximate index: every search compares all rows from here on.

    Example: `pgrecall index drop notes`
    """
    with opened(dsn, schema, tenant) as store:
        before = found(store, tenant, collection).index
        started = time.perf_counter()
        store.drop_index(tenant, collection)
    done = "dropped" if before is not None else "had no index"
    _tell(as_json, tenant, collection, None, time.perf_counter() - started, done)


@app.command()
def rebuild(
    *,
    collection: options.CollectionName,
    build_memory: options.BuildMemory = None,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Build the approximate index anew, and what an interrupted load left to build.

    Example: `pgrecall index rebuild notes`
    """
    with opened(dsn, schema, tenant, writes=True, build_memory=build_memory) as store:
        found(store, tenant, collection)
        started = time.perf_counter()
        index = store.ensure_collection(tenant, Collection(collection)).index
        if index is not None:
            with index_bar() as step:
                store.reindex(tenant, collection, progress=step)
    done = "has no approximate index to rebuild" if index is None else "rebuilt"
    _tell(as_json, tenant, collection, index, time.perf_counter() - started, done)


def recall(
    *,
    collection: options.CollectionName,
    k: Annotated[int, typer.Option("-k", min=1, help="Neighbours asked for.")] = 10,
    sample: Annotated[int, typer.Option("--sample", min=1, help="Vectors to search for.")] = 100,
    keep: options.Keep = None,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Measure what the index finds of the true neighbours, on the collection's own vectors.

    Example: `pgrecall recall notes -k 20`
    """
    check_report_name(keep)
    with opened(dsn, schema, tenant) as store:
        with _measuring(f"Measuring {collection}"):
            report = store.measure_recall(tenant, collection, k=k, sample=sample)
        _print_report(report, as_json=as_json)
        keep_report(store, tenant, collection, report, keep)


def tune(
    *,
    collection: options.CollectionName,
    target: Annotated[
        float | None, typer.Option("--target", help="Recall to reach, up to 1; 0.98.")
    ] = None,
    k: Annotated[int | None, typer.Option("-k", min=1, help="Neighbours asked for; 10.")] = None,
    questions: Annotated[
        Path | None,
        typer.Option(
            "--questions",
            metavar="FILE",
            help="Learn how much vectors count in hybrid searches, from questions as `evaluate` has"
            " them.",
        ),
    ] = None,
    candidates: Annotated[
        bool, typer.Option("--candidates", help="With --questions: learn how many, too.")
    ] = False,
    title_weight: Annotated[
        bool,
        typer.Option("--title-weight", help="With --questions: learn how much titles count, too."),
    ] = False,
    reset: Annotated[
        bool,
        typer.Option(
            "--reset",
            help="Forget what questions have taught; with --questions, unless they teach it anew.",
        ),
    ] = False,
    embed: options.Embed = None,
    keep: options.Keep = None,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Find the least effort that reaches a recall, and pin it for every client.

    With --questions, the weight of hybrid searches is learned, and pinned where another is shown to
    be better; --reset goes back to the default.

    Example: `pgrecall tune notes --target 0.99`
    """
    if questions is None and (embed is not None or candidates or title_weight):
        raise InvalidArgumentError("--embed, --candidates and --title-weight go with --questions")
    if questions is not None or reset:
        if target is not None or k is not None:
            done = "--reset does not forget" if questions is None else "--questions does not tune"
            raise InvalidArgumentError(f"--target and -k are of the index's recall, which {done}")
        if keep is not None:
            msg = "--keep keeps what is measured of the index: not with --questions or --reset"
            raise InvalidArgumentError(msg)
        learn(
            collection,
            questions,
            reset=reset,
            tried={"candidates": candidates, "title_weight": title_weight},
            embed=embed,
            tenant=tenant,
            as_json=as_json,
            dsn=dsn,
            schema=schema,
        )
        return
    target, k = 0.98 if target is None else target, 10 if k is None else k
    check_report_name(keep)
    with opened(dsn, schema, tenant) as store:
        with _measuring(f"Tuning {collection}"):
            report = store.tune(tenant, collection, target_recall=target, k=k)
        _print_report(report, as_json=as_json, target=target)
        keep_report(store, tenant, collection, report, keep)


@contextmanager
def _measuring(what: str) -> Iterator[None]:
    out = messages()
    if not out.is_terminal:
        yield
        return
    with out.status(cell(what)):
        yield


def _tell(
    as_json: bool, tenant: str, collection: str, index: Index | None, seconds: float, done: str
) -> None:
    if as_json:
        name = index_text(index)
        print_json(
            {
                "tenant": tenant,
                "collection": collection,
                "index": name,
                "options": {} if index is None else asdict(index),
                "done": done,
                "seconds": round(seconds, 3),
            }
        )
    elif index is None:
        console().print(cell(f"{collection}: {done}; searches compare every row"))
    else:
        console().print(
            cell(f"{collection}: {index_text(index)} index {done} in {seconds_text(seconds)}")
        )


def _print_statements(statements: list[str], collection: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"collection": collection, "statements": statements})
        return
    for statement in statements:
        # unbroken, so that it can be copied
        console().print(cell(f"{statement};"), soft_wrap=True)
    if not statements:
        console().print(cell(f"{collection}: such an index serves already, nothing would be run"))


def _print_report(report: RecallReport, *, as_json: bool, target: float | None = None) -> None:
    if as_json:
        plain: dict[str, Any] = asdict(report) | {
            "settings": dict(report.settings),
            "promise": promise_json(report.promise),
        }
        print_json(plain if target is None else plain | {"target": target})
        return
    out = console()
    print_recalls(out, [report])
    if target is not None and report.recall >= target:
        out.print(cell("pinned: every client follows within 30 seconds", "dim"))
    elif target is not None:
        out.print(
            cell(
                f"pinned, and below {target:g}: a larger --ef-construction or --m at"
                " `pgrecall index create` may reach it",
                "yellow",
            )
        )
