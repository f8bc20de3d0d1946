"""``pgrecall near`` and ``pgrecall search-many``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgrecall.cli.shared import embedders, keys, options
from pgrecall.cli.shared.connect import found, opened
from pgrecall.cli.shared.output import cell, console, print_json, shortened
from pgrecall.cli.shared.tables import Column, print_table
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.models import Match

_SHOWN = 60  # characters of a text


def near(
    *,
    collection: options.CollectionName,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of the examples.")],
    away_from: Annotated[
        list[str] | None,
        typer.Option(
            "--away-from", metavar="ID", help="What they shall be unlike; again for more."
        ),
    ] = None,
    limit: options.Limit = 5,
    filter_: options.FilterText = None,
    where: options.Where = None,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Find the items nearest to some of the collection's own; no model is needed.

    Example: `pgrecall near notes note-1 note-2 --away-from note-3`
    """
    wanted = options.filter_from(filter_, where)
    with opened(dsn, schema, tenant) as store:
        matches = store.search_near(
            tenant, collection, ids, away_from=away_from or [], limit=limit, filter=wanted
        )
        keys.tell(store, tenant, collection, filter_=wanted, found=bool(matches))
    if as_json:
        print_json(_as_json(matches))
    else:
        _print(matches)


def search_many(
    *,
    collection: options.CollectionName,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A question a line; - reads them from stdin.")
    ],
    limit: options.Limit = 5,
    filter_: options.FilterText = None,
    where: options.Where = None,
    embed: options.Embed = None,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Answer many questions by vector at once.

    Example: `pgrecall search-many notes questions.txt --json`
    """
    questions = _questions(file)
    wanted = options.filter_from(filter_, where)
    named = embedders.named(embed) if embed is not None else None
    with opened(dsn, schema, tenant) as store:
        described = found(store, tenant, collection)
        model = named or embedders.of_collection(described)
        if model is None:
            raise InvalidArgumentError(
                f"the model of {collection!r} is not known here: --embed module:function says how"
                " to embed the questions"
            )
        vectors = model.embed_questions(questions) if questions else []
        for question, vector in zip(questions, vectors, strict=True):
            if vector is None:
                raise InvalidArgumentError(f"{model.name} knows no word of {question!r}")
        answers = store.search_many(tenant, collection, vectors, limit=limit, filter=wanted)
        keys.tell(store, tenant, collection, filter_=wanted, found=any(answers) or not answers)
    asked = list(zip(questions, answers, strict=True))
    if as_json:
        print_json([{"question": one, "matches": _as_json(matches)} for one, matches in asked])
        return
    for place, (question, matches) in enumerate(asked):
        if place:
            console().print()
        console().print(cell(question, "bold"))
        _print(matches)


def _questions(file: Path) -> list[str]:
    is_stdin = str(file) == "-"
    name = "standard input" if is_stdin else repr(str(file))
    try:
        data = sys.stdin.buffer.read() if is_stdin else file.read_bytes()
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InvalidArgumentError(f"{name} is not UTF-8, which questions are read as") from None
    except OSError as error:
        raise InvalidArgumentError(f"{name} cannot be read: {error.strerror}") from None
    return [line for line in lines if line.strip()]


def _as_json(matches: Sequence[Match]) -> list[dict[str, Any]]:
    return [
        {
            "id": match.id,
            "score": match.score,
            "distance": match.distance,
            "text": match.text,
            "metadata": match.metadata,
        }
        for match in matches
    ]


def _print(matches: Sequence[Match]) -> None:
    if not matches:
        console().print(cell("nothing matches"))
        return
    texts = [shortened(" ".join(match.text.split()), _SHOWN) for match in matches]
    print_table(
        console(),
        [
            Column("score", [f"{match.score:.3f}" for match in matches], right=True),
            Column("id", [match.id for match in matches], "bold", folds=True),
            Column("text", [text or "-" for text in texts], folds=True),
        ],
    )
