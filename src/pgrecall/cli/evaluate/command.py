"""``pgrecall evaluate``."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pgrecall.cli.evaluate.advice import advice
from pgrecall.cli.evaluate.modes import all_modes, named_modes, with_reranked
from pgrecall.cli.evaluate.run_files import RunFiles
from pgrecall.cli.shared import embedders, options
from pgrecall.cli.shared.connect import found, opened
from pgrecall.cli.shared.keeping import keep as keep_report
from pgrecall.cli.shared.output import cell, console, print_json
from pgrecall.cli.shared.progress import count_bar
from pgrecall.cli.shared.reranking import options_from
from pgrecall.errors import InvalidArgumentError
from pgrecall.evaluation import read_questions
from pgrecall.evaluation.kept import check_report_name
from pgrecall.evaluation.printing import without_nan

if TYPE_CHECKING:
    from pgrecall.evaluation import Evaluation, Replay

_LOST_SHOWN = 5


def evaluate(
    *,
    collection: options.CollectionName,
    questions: Annotated[
        Path | None,
        typer.Argument(
            metavar="[QUESTIONS]",
            help="JSON lines or CSV with text and relevant ids, or a folder as BEIR has them.",
            show_default=False,
        ),
    ] = None,
    from_log: Annotated[
        bool,
        typer.Option(
            "--from-log",
            help="Ask the logged searches again, and compare with what they found then.",
        ),
    ] = False,
    most: Annotated[
        int | None,
        typer.Option("--most", min=1, help="How many of the newest logged searches; 1,000."),
    ] = None,
    qrels: Annotated[
        Path | None,
        typer.Option("--qrels", help="Judgements as TREC has them, where they stand apart."),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option("--split", help="Which judgements of a folder: qrels/SPLIT.tsv; test."),
    ] = None,
    mode: Annotated[
        list[str] | None,
        typer.Option(
            "--mode",
            help="vector, exact, text or hybrid; again for more. Without it, vector, text and"
            " hybrid; of logged searches each as it was asked.",
        ),
    ] = None,
    fusion: Annotated[
        list[str] | None,
        typer.Option(
            "--fusion",
            metavar="ALPHA|rrf",
            help="A hybrid search with this weight of the vectors, 0 to 1, or with rrf; again for"
            " more.",
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Answers that count.")] = 10,
    run_files: Annotated[
        Path | None,
        typer.Option("--run-files", metavar="FOLDER", help="Where to write the answers for TREC."),
    ] = None,
    embed: options.Embed = None,
    rerank: options.Rerank = None,
    rerank_candidates: options.RerankCandidates = 50,
    keep: options.Keep = None,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Measure how good searches are on questions whose answers you know.

    Questions without a vector are embedded by the model that the collection was loaded with. With
    --rerank each way is measured without and with it.

    Example: `pgrecall evaluate notes questions.csv`
    """
    if from_log is (questions is not None):
        msg = "give QUESTIONS, or --from-log for the searches that the store has logged"
        raise InvalidArgumentError(msg)
    named = embedders.named(embed) if embed is not None else None
    reranking = options_from(rerank, rerank_candidates)
    chosen = named_modes(mode, fusion)
    if questions is None:
        if any(one is not None for one in (qrels, run_files, split, keep)):
            msg = (
                "--qrels, --split, --run-files and --keep go with QUESTIONS: nobody has judged the"
                " logged searches"
            )
            raise InvalidArgumentError(msg)
        if reranking and chosen is None:
            msg = (
                "--rerank goes with --mode or --fusion here: what was logged is asked again as it"
                " was, and in these ways without and with it"
            )
            raise InvalidArgumentError(msg)
        most = 1_000 if most is None else most
        with opened(dsn, schema, tenant) as store, count_bar("Asking", most) as progress:
            model = named or embedders.of_collection(found(store, tenant, collection))
            replayed = store.replay(
                tenant,
                collection,
                modes=with_reranked(chosen, reranking) if chosen and reranking else chosen,
                k=k,
                most=most,
                embed=None if model is None else model.embed_questions,
                progress=progress,
            )
        _print_replay(replayed, as_json=as_json)
        if replayed.failure is not None:
            raise typer.Exit(1)
        return
    if most is not None:
        raise InvalidArgumentError("--most goes with --from-log: all of QUESTIONS are asked")
    asked = read_questions(questions, qrels=qrels, split="test" if split is None else split)
    check_report_name(keep)
    with opened(dsn, schema, tenant) as store:
        with ExitStack() as stack:
            described = found(store, tenant, collection)
            model = named or embedders.of_collection(described)
            has_vectors = all(question.vector is not None for question in asked)
            modes = chosen or all_modes(described, can_embed=has_vectors or model is not None)
            files = None if run_files is None else stack.enter_context(RunFiles(run_files))
            progress = stack.enter_context(count_bar("Asking", len(asked)))
            evaluation = store.evaluate(
                tenant,
                collection,
                asked,
                modes=with_reranked(modes, reranking) if reranking else modes,
                k=k,
                embed=None if model is None else model.embed_questions,
                progress=progress,
                on_answer=None if files is None else files.write,
            )
        if as_json:
            print_json(without_nan(evaluation.to_dict()))
        else:
            _print(evaluation, collection)
        if evaluation.failure is None:
            keep_report(store, tenant, collection, evaluation, keep)
    if evaluation.failure is not None:
        raise typer.Exit(1)


def _print_replay(replayed: Replay, *, as_json: bool) -> None:
    if as_json:
        print_json(without_nan(replayed.to_dict()))
        return
    out = console()
    out.print(cell(str(replayed), lines=True))
    last = list(replayed)[-1]
    changed = replayed.changed(last, _LOST_SHOWN)
    if changed:
        out.print()
        out.print(cell(f"what {last} changes most:"))
        for one in changed:
            out.print(cell(f"  {one.at:%Y-%m-%d %H:%M}: {one.text or '(by vector alone)'}"))


def _print(evaluation: Evaluation, collection: str) -> None:
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
    said = advice(evaluation, collection)
    if said:
        out.print()
        out.print(cell("what to change:"))
        for one in said:
            out.print(cell(f"  {one}"))
