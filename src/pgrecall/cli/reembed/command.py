"""``pgrecall reembed``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pgrecall.cli.shared import embedders, options
from pgrecall.cli.shared.confirm import check_askable, confirm
from pgrecall.cli.shared.connect import found, opened
from pgrecall.cli.shared.output import cell, console, note, plural, print_json, seconds_text
from pgrecall.cli.shared.progress import step_bar
from pgrecall.errors import InvalidArgumentError
from pgrecall.evaluation import read_questions
from pgrecall.indexes import Hnsw, IvfFlat
from pgrecall.models import Collection

if TYPE_CHECKING:
    from pgrecall.cli.shared.embedders import Model
    from pgrecall.models import ReembedReport

Kind = Literal["hnsw", "ivfflat", "none"]

_QUESTION = "Shall the new vectors take the place of the old?"
_INDEXES = {"hnsw": Hnsw(), "ivfflat": IvfFlat(), "none": None}


def reembed(
    *,
    collection: options.CollectionName,
    embed: options.Embed = None,
    index: Annotated[
        Kind | None,
        typer.Option("--index", help="The new vectors' index; without it, as it is."),
    ] = None,
    questions: Annotated[
        Path | None,
        typer.Option(
            "--questions",
            metavar="FILE",
            help="Ask both models first, questions as `evaluate` has them, and say what they find.",
        ),
    ] = None,
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Remove what an unfinished run has done instead.")
    ] = False,
    tenant: options.Tenant = "default",
    yes: options.Yes = False,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Embed a collection's texts by another model, while others read and write it.

    The old vectors stay, under a name that is told, until `pgrecall drop` removes them. With
    --questions it asks before the new ones take their place; where nobody can be asked it needs
    --yes. Broken off, it goes on when it is called again.

    Example: `pgrecall reembed notes --embed wordllama`
    """
    if abandon:
        if embed is not None or index is not None or questions is not None:
            raise InvalidArgumentError("--abandon goes with no other option than --yes")
        _abandon(collection, tenant, yes=yes, as_json=as_json, dsn=dsn, schema=schema)
        return
    if embed is None:
        raise InvalidArgumentError(
            "--embed says by which model: wordllama, or module:function of your own"
        )
    asked = None if questions is None else read_questions(questions)
    if asked is not None and not yes:
        check_askable(_QUESTION)
    model = embedders.named(embed)
    with opened(dsn, schema, tenant) as store:
        before = found(store, tenant, collection)
        said: dict[str, Any] = {} if index is None else {"index": _INDEXES[index]}
        to = Collection(collection, len(model.embed_one("text")), model.name, **said)
        old = None if asked is None else _old_model(before)
        with step_bar(f"Embedding {collection}") as step:
            report = store.reembed(
                tenant,
                collection,
                to=to,
                embed=model.embed,
                questions=asked,
                ask_old=None if old is None else old.embed_questions,
                ask_new=model.embed_questions,
                accept=None if asked is None else _Accept(yes),
                batch_size=model.batch,
                progress=step,
            )
    if as_json:
        print_json({"tenant": tenant, "collection": collection, **asdict(report)})
    else:
        _print(collection, model, report)


class _Accept:
    """Shows what the old and the new vectors find, and asks whether they shall change places."""

    def __init__(self, yes: bool) -> None:
        self.yes = yes

    def __call__(self, report: ReembedReport) -> bool:
        note(_compared(report))
        if not self.yes:
            confirm(_QUESTION)
        return True


def _old_model(collection: Collection) -> Model | None:
    """Give the model that the questions are asked with before; None where it is not known here."""
    model = embedders.of_collection(collection)
    if model is None:
        note(f"the model of {collection.name!r} is not known here: only the new one is asked")
    return model


def _abandon(
    collection: str, tenant: str, *, yes: bool, as_json: bool, dsn: str | None, schema: str
) -> None:
    with opened(dsn, schema, tenant) as store:
        found(store, tenant, collection)
        if not yes:
            confirm(f"Remove what was embedded anew of {collection!r}?")
        removed = store.abandon_reembed(tenant, collection)
    if as_json:
        print_json({"tenant": tenant, "collection": collection, "removed": removed})
    else:
        console().print(cell(f"{collection} stays as it was: {plural(removed, 'new row')} removed"))


def _compared(report: ReembedReport) -> str:
    told = [f"{plural(report.questions, 'question')} asked"]
    if report.overlap is not None:
        told.append(f"{report.overlap:.0%} of the first answers are the same")
    for name, old, new in (
        ("recall@10", report.old_recall, report.new_recall),
        ("nDCG@10", report.old_ndcg, report.new_ndcg),
    ):
        if new is not None:
            told.append(f"{name} {'' if old is None else f'{old:.3f} before, '}{new:.3f} now")
    return ", ".join(told)


def _print(collection: str, model: Model, report: ReembedReport) -> None:
    done = f"{collection}: {plural(report.embedded, 'text')} embedded by {model.name}"
    console().print(cell(f"{done} in {seconds_text(report.seconds)}; {report.rows:,} rows in all"))
    if report.kept is not None:
        console().print(
            cell(f"the old vectors are kept in {report.kept!r}; pgrecall drop removes them"),
            soft_wrap=True,
        )
