"""Options that several commands share, and what is read from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pgrecall import embedded
from pgrecall.cli.shared import completing, fields, where
from pgrecall.errors import InvalidArgumentError
from pgrecall.filters import And

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.filters import FilterLike

Dsn = Annotated[
    str | None,
    typer.Option(
        "--dsn",
        envvar="PGRECALL_DSN",
        metavar="DSN",
        show_default=False,
        help='The server: a libpq URI, or "embedded:PATH". Without one: libpq\'s PGHOST, PGSERVICE'
        " and so on, else the bundled server.",
    ),
]

Schema = Annotated[
    str, typer.Option("--schema", help="The PostgreSQL schema that holds pgrecall's tables.")
]

Tenant = Annotated[str, typer.Option("--tenant", "-t", help="Whose collections.")]

Json = Annotated[bool, typer.Option("--json", help="Print JSON, no table.")]

CollectionName = Annotated[
    str,
    typer.Argument(
        metavar="COLLECTION",
        help="The collection's name.",
        autocompletion=completing.collections,
    ),
]

Keep = Annotated[
    str | None,
    typer.Option("--keep", metavar="NAME", help="Keep the figures, to compare later ones with."),
]

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="How many to show.")]

FilterText = Annotated[
    str | None,
    typer.Option(
        "--filter",
        "-f",
        metavar="JSON",
        help='Which items, as JSON: \'{"page": {"$gte": 5}, "lang": "en"}\'.',
    ),
]

Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        "-w",
        metavar="CONDITION",
        help="Which items, without JSON: 'price < 0.5', 'by.name = Ann', 'on >= 2026-01-01'. It may"
        " be given again: all must hold.",
    ),
]

FieldName = Annotated[
    str,
    typer.Argument(
        metavar="FIELD",
        help="A metadata key, or by.name for one inside another; in double quotes where it has a"
        " dot.",
    ),
]

TargetRecall = Annotated[
    float | None,
    typer.Option(
        "--target-recall",
        metavar="SHARE",
        help="What share of the true neighbours the index is to find; 0.98.",
    ),
]

Title = Annotated[
    str | None,
    typer.Option(
        "--title", metavar="KEY", help="The metadata whose words count more; none: no title."
    ),
]

TextIndexChoice = Literal["bm25", "none"]

TextIndexOption = Annotated[
    TextIndexChoice | None,
    typer.Option(
        "--text-index",
        help="bm25: pg_textsearch chooses which texts are ranked; none: no such index.",
    ),
]

K1 = Annotated[
    float | None,
    typer.Option(
        "--k1", metavar="NUMBER", help="BM25: what a word counts more that is there often; 1.2."
    ),
]

B = Annotated[
    float | None,
    typer.Option("--b", metavar="SHARE", help="BM25: what a text's length counts; 0.75."),
]

BuildMemory = Annotated[
    str | None,
    typer.Option(
        "--build-memory",
        metavar="SIZE",
        help="What the build may have of the server's memory: 6GB. `pgrecall size` reckons it.",
    ),
]

Embed = Annotated[
    str | None,
    typer.Option(
        "--embed",
        metavar="MODEL",
        help='"wordllama", or module:name of your own: a function that takes a list of texts and'
        " gives a vector for each, or a model of LangChain's or LlamaIndex's.",
    ),
]

Rerank = Annotated[
    str | None,
    typer.Option(
        "--rerank",
        metavar="MODULE:FUNCTION",
        help="A function of your own that puts what was found in its order: it takes the question"
        " and a list of texts and gives a number for each, higher being better.",
    ),
]

RerankCandidates = Annotated[
    int, typer.Option("--rerank-candidates", min=1, help="How many of the best --rerank reads.")
]

Folder = Annotated[
    Path | None,
    typer.Option(
        "--path",
        envvar=embedded.PATH_VARIABLE,
        show_default=False,
        help="Data folder of the server; /var/lib/pgrecall for root, else in your home.",
    ),
]


def parse_json(text: str, option: str) -> dict[str, Any]:
    """Read an option that is a JSON mapping.

    Raises:
        InvalidArgumentError: It is not.
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InvalidArgumentError(f"{option} is not JSON ({error}): {text!r}") from None
    if not isinstance(value, dict):
        raise InvalidArgumentError(f'{option} must be a JSON mapping such as {{"page": 3}}: {text}')
    return value


def filter_from(filter_: str | None, conditions: Sequence[str] | None = None) -> FilterLike | None:
    """Read ``--filter`` and ``--where``: all of them together, None where there is none.

    Raises:
        InvalidArgumentError: One cannot be read.
    """
    parts: list[FilterLike] = [] if filter_ is None else [parse_json(filter_, "--filter")]
    for text in conditions or []:
        is_json = text.lstrip().startswith("{")
        parts.append(parse_json(text, "--where") if is_json else where.condition(text))
    return parts[0] if len(parts) == 1 else And(*parts) if parts else None


def namespace_from(text: str) -> list[str]:
    """Read a namespace: one part as it is, or several as a JSON array.

    Raises:
        InvalidArgumentError: It begins as an array and is none of strings.
    """
    if text.replace(" ", "") == "[]":
        return []  # the beginning of all: the store says what it would take
    return list(fields.field(text)) if text.startswith("[") else [text]
