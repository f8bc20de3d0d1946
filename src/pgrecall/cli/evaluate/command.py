"""``pgrecall evaluate``."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pgrecall.cli.evaluate.run_files import RunFiles
from pgrecall.cli.shared import embedders, options
from pgrecall.cli.shared.connect import found, opened
from pgrecall.cli.shared.output import cell, console, print_json
from pgrecall.cli.shared.progress import bars
from pgrecall.errors import InvalidArgumentError
from pgrecall.evaluation import read_questions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.evaluation import Evaluation
    from pgrecall.models import Collection

_MODES = ("vector", "text", "hybrid")
_LOST_SHOWN = 5


def evaluate(
    *,
    collection: options.CollectionName,
    questions: Annotated[
        Path,
        typer.Argument(
            metavar="QUESTIONS",
            help="JSON lines or CSV with text and relevant ids, or a folder as BEIR has them.",
        ),
    ],
    qrels: Annotated[
        Path | None,
        typer.Option("--qrels", help="Judgements as TREC has them, where they stand apart."),
    ] = None,
    split: Annotated[
        str, typer.Option("--split", help="Which judgements of a folder: qrels/SPLIT.tsv.")
    ] = "test",
    mode: Annotated[
        list[str] | None,
        typer.Option("--mode", help="vector, text or hybrid; again for more. Without it, all."),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Answers that count.")] = 10,
    run_files: Annotated[
        Path | None,
        typer.Option("--run-files", metavar="FOLDER", help="Where to write the answers for TREC."),
    ] = None,
    embed: options.Embed = None,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Measure how good searches are on questions whose answers you know.

    Questions without a vector are embedded by the model that the collection was loaded with.

    Example: `pgrecall evaluate notes questions.csv`
    """
    asked = read_questions(questions, qrels=qrels, split=split)
    named = embedders.named(embed) if embed is not None else None
    with opened(dsn, schema, tenant) as store, ExitStack() as stack:
        described = found(store, tenant, collection)
        model = named or embedders.of_collection(described)
        has_vectors = all(question.vector is not None for question in asked)
        modes = _modes(mode, described, can_embed=has_vectors or model is not None)
        files = None if run_files is None else stack.enter_context(RunFiles(run_files))
        bar = stack.enter_context(bars("count", transient=True))
        task = bar.add_task("Asking", total=len(asked))
        evaluation = store.evaluate(
            tenant,
            collection,
            asked,
            modes=modes,
            k=k,
            embed=None if model is None else model.embed,
            progress=lambda done: bar.update(task, completed=done),
            on_answer=None if files is None else files.write,
        )
    if as_json:
        print_json(evaluation.to_dict())
    else:
        _print(evaluation)
    if evaluation.failure is not None:
        raise typer.Exit(1)


def _modes(
    asked: Sequence[str] | None, collection: Collection, *, can_embed: bool
) -> Sequence[str]:
    """Give what was named, or all that the collection can answer."""
    if asked:
        return asked
    has_text = collection.text_search is not None
    modes = [mode for mode in _MODES if (has_text or mode == "vector")]
    if not can_embed:
        modes = [mode for mode in modes if mode == "text"]
    if not modes:
        raise InvalidArgumentError(
            f"collection {collection.name!r} has no text search and no model that is known here:"
            " --embed module:function says how to embed the questions"
        )
    return modes


def _print(evaluation: Evaluation) -> None:
    out = console()
    out.print(cell(str(evaluation), lines=True))
    best = max(evaluation, key=lambda name: evaluation[name].ndcg.value)
    lost = evaluation.lost(best)
    if lost:
        out.print()
        out.print(cell(f"{best} loses {len(lost):,} that another way answers:"))
        for question in lost[:_LOST_SHOWN]:
            out.print(cell(f"  {question.id}: {question.text}"))
        if len(lost) > _LOST_SHOWN:
            out.print(cell("  ..."))
