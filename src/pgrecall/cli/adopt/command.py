"""``pgrecall adopt``."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgrecall._adapters.naming import index_text
from pgrecall._adapters.pair import Pair
from pgrecall._operations.adopted.proposing import propose
from pgrecall._values.instants import Instant
from pgrecall.cli.adopt.proposal import bare_name, print_proposal
from pgrecall.cli.shared import options
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.layouts import fields_text
from pgrecall.cli.shared.option_groups import with_options
from pgrecall.cli.shared.output import cell, console, plural, print_json
from pgrecall.cli.shared.where import condition
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Collection, Metric, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

_NONE = "none"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what, as options."""

    id: Annotated[
        str | None,
        typer.Option("--id", metavar="COLUMN,...", help="Of the id; several make one together."),
    ] = None
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="COLUMN,...", help="Of the text; several are joined."),
    ] = None
    vector: Annotated[
        str | None, typer.Option("--vector", metavar="COLUMN", help="Of the vector.")
    ] = None
    metadata: Annotated[
        str | None,
        typer.Option("--metadata", metavar="COLUMN,...", help="Each a key of the metadata."),
    ] = None
    metadata_json: Annotated[
        str | None,
        typer.Option(
            "--metadata-json", metavar="COLUMN", help="Of jsonb, whose keys are metadata too."
        ),
    ] = None
    tsvector: Annotated[
        str | None,
        typer.Option(
            "--tsvector", metavar="COLUMN", help="Of the text's tsvector; the only one there is."
        ),
    ] = None
    created_at: Annotated[
        str | None,
        typer.Option("--created-at", metavar="COLUMN", help="Of the time a row was made."),
    ] = None
    updated_at: Annotated[
        str | None,
        typer.Option("--updated-at", metavar="COLUMN", help="Of the time it was changed last."),
    ] = None
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            "-w",
            metavar="CONDITION",
            help="Which rows alone are there: 'account_id = 7', or JSON. It may be given again: all"
            " must hold.",
        ),
    ] = None

    def table(self, name: str, *, writable: bool) -> Table:
        """Read them.

        Raises:
            InvalidArgumentError: ``--where`` is no JSON, or a list of columns is none.
        """
        return Table(
            name,
            id=() if self.id is None else _columns("--id", self.id),
            text=None if self.text is None else _columns("--text", self.text),
            vector=self.vector,
            metadata=() if self.metadata is None else _columns("--metadata", self.metadata),
            metadata_json=self.metadata_json,
            tsvector=self.tsvector,
            created_at=self.created_at,
            updated_at=self.updated_at,
            where=_scope(self.where or []),
            writable=writable,
        )

    def said(self) -> bool:
        """Tell whether there is any."""
        return any(getattr(self, one.name) not in (None, []) for one in fields(self))


@with_options
def adopt(
    columns: Columns,
    *,
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="A table or view, as SQL writes it.")
    ],
    name: Annotated[
        str | None, typer.Option("--name", help="Of the collection; the table's where left out.")
    ] = None,
    writable: Annotated[
        bool, typer.Option("--writable", help="Let items be written, changed and removed.")
    ] = False,
    metric: Annotated[
        Metric | None,
        typer.Option("--metric", help="How vectors are compared; the index's, else cosine."),
    ] = None,
    text_search: Annotated[
        str,
        typer.Option(
            "--text-search", metavar="CONFIGURATION", help="As PostgreSQL names it, or none."
        ),
    ] = "english",
    embedding_model: Annotated[
        str, typer.Option("--embedding-model", help="Model that made the vectors, to be pinned.")
    ] = "",
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Search a table that is there as a collection, where it is: nothing of it is changed.

    With the table alone it is looked at, and the whole command is printed with what was found. A
    database that holds nothing of pgrecall is set up, as `pgrecall load` does.

    Example: `pgrecall adopt public.articles --id slug --text title,body --vector embedding`
    """
    if not columns.said():
        with opened(dsn, schema, tenant, writes=True) as store:
            pair = Pair(store)
            proposal = pair.run(propose(pair.context, table))
        said = {
            "--name": name,
            "--metric": None if metric is None else str(metric),
            "--text-search": None if text_search == "english" else text_search,
            "--embedding-model": embedding_model or None,
            "--tenant": None if tenant == "default" else tenant,
            "--schema": None if schema == "pgrecall" else schema,
        }
        others = [word for option, value in said.items() if value for word in (option, value)]
        others += ["--writable"] if writable else []
        print_proposal(proposal, others, as_json=as_json)
        return
    if columns.id is None:
        raise InvalidArgumentError(
            "--id COLUMN says what tells rows apart; `pgrecall adopt TABLE` alone looks at the"
            " table and proposes one"
        )
    mapped = columns.table(table, writable=writable)
    with opened(dsn, schema, tenant, writes=True) as store:
        made = store.adopt_collection(
            tenant,
            name if name is not None else bare_name(table),
            mapped,
            embedding_model=embedding_model,
            metric=metric,
            text_search=None if text_search == _NONE else text_search,
        )
        count = store.count(tenant, made.name)
    if as_json:
        print_json({**_plain(tenant, made), "items": count, "writable": writable})
        return
    what = "written and searched" if writable else "searched"
    by = f"{made.metric}, index {index_text(made.index)}" if made.dimensions else "texts alone"
    console().print(
        cell(f"{made.name}: {plural(count, 'item')} of {made.table_name} can be {what} ({by})")
    )


def _scope(conditions: Sequence[str]) -> dict[str, Any] | None:
    """Read ``--where`` as a mapping, which the registry keeps as JSON: times are text in it."""
    parts: list[Any] = []
    for text in conditions:
        if text.lstrip().startswith("{"):
            parts.append(options.parse_json(text, "--where"))
        else:
            read = condition(text)
            value = str(read.value) if isinstance(read.value, Instant) else read.value
            if isinstance(value, list):
                value = [str(one) if isinstance(one, Instant) else one for one in value]
            parts.append({read.field: {f"${read.op}": value}})
    return None if not parts else parts[0] if len(parts) == 1 else {"$and": parts}


def _columns(option: str, text: str) -> list[str]:
    """Read names with commas between; in double quotes, one may hold a comma.

    Raises:
        InvalidArgumentError: There is none.
    """
    try:
        [names] = list(csv.reader([text], skipinitialspace=True)) or [[]]
    except (csv.Error, ValueError):  # lines that are not in quotes
        names = [""]
    found = [name.strip() for name in names]
    if not all(found):
        raise InvalidArgumentError(f"{option} takes columns with commas between, not {text!r}")
    return found


def _plain(tenant: str, made: Collection) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "collection": made.name,
        "table": made.table_name,
        "dimensions": made.dimensions,
        "metric": str(made.metric),
        "storage": made.storage,
        "text_search": made.text_search,
        "embedding_model": made.embedding_model,
        "fields": fields_text(made.fields),
        "index": index_text(made.index),
    }
