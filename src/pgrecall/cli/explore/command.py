"""``pgrecall facet``, ``range``, ``fields`` and ``words``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pgrecall.cli.shared import keys, options
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.fields import field as parsed_field
from pgrecall.cli.shared.fields import field_text
from pgrecall.cli.shared.output import cell, console, print_json, value_text
from pgrecall.cli.shared.tables import Column, print_table
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.models import Facet, Field, Token

_MOST_EXAMPLE = 60  # characters of an example on a screen
_MOST_PLACES = 8  # of a word in a table


def facet(
    *,
    collection: options.CollectionName,
    field: options.FieldName,
    limit: options.Limit = 20,
    filter_: options.FilterText = None,
    where: options.Where = None,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Count the items by the values of a metadata field; arrays count by element.

    Example: `pgrecall facet notes lang --where 'page >= 3'`
    """
    path, wanted = parsed_field(field), options.filter_from(filter_, where)
    with opened(dsn, schema, tenant) as store:
        facets = store.facet(tenant, collection, path, filter=wanted, limit=limit)
        if not facets:
            keys.tell(store, tenant, collection, filter_=wanted, fields=[path], found=False)
    if as_json:
        print_json([{"value": one.value, "count": one.count} for one in facets])
    elif not facets:
        console().print(cell(f"no item of {collection} has a value there"))
    else:
        _print_facets(facets)


def range_(
    *,
    collection: options.CollectionName,
    field: options.FieldName,
    filter_: options.FilterText = None,
    where: options.Where = None,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Show the least and the greatest value of a metadata field: numbers, else strings.

    A field that is declared as datetime or boolean has its own.

    Example: `pgrecall range notes page`
    """
    path, wanted = parsed_field(field), options.filter_from(filter_, where)
    with opened(dsn, schema, tenant) as store:
        found = store.field_range(tenant, collection, path, filter=wanted)
        if found is None:
            keys.tell(store, tenant, collection, filter_=wanted, fields=[path], found=False)
    if as_json:
        print_json(None if found is None else {"low": found[0], "high": found[1]})
    elif found is None:
        console().print(
            cell(f"no item of {collection} has a number, a string or a declared time there")
        )
    else:
        low, high = map(value_text, found)
        console().print(cell(f"{low} to {high}"), soft_wrap=True)


def fields(
    *,
    collection: options.CollectionName,
    sample: Annotated[
        int, typer.Option("--sample", min=1, help="How many items to look at, drawn at random.")
    ] = 10_000,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """List the fields of the items' metadata: types, how many have each, examples.

    Example: `pgrecall fields notes`
    """
    with opened(dsn, schema, tenant) as store:
        found = store.describe_fields(tenant, collection, sample=sample)
    if as_json:
        print_json(
            [
                {
                    "path": list(one.path),
                    "types": list(one.types),
                    "share": one.share,
                    "examples": list(one.examples),
                }
                for one in found
            ]
        )
    elif not found:
        console().print(cell(f"no item of {collection} has metadata"))
    else:
        _print_fields(found)


def words(
    *,
    collection: options.CollectionName,
    text: Annotated[
        str | None,
        typer.Argument(metavar="[TEXT]", help="A text, or a question.", show_default=False),
    ] = None,
    id_: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="An item, in place of a text.")
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            metavar="VALUE",
            help="The language of the text, where the collection has several.",
        ),
    ] = None,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Show the words of a text, or of an item, as full text search has them.

    A question finds by the words that both have: stems, without stop words.

    Example: `pgrecall words notes "of copied files"`
    """
    if (text is None) is (id_ is None):
        raise InvalidArgumentError("words takes a TEXT, or --id in its place: one of the two")
    if id_ is not None and language is not None:
        raise InvalidArgumentError("--language is of a TEXT: an item says its own")
    with opened(dsn, schema, tenant) as store:
        found = store.analyze_text(tenant, collection, text, id=id_, language=language)
    if as_json:
        print_json(
            [
                {"word": one.word, "places": list(one.places), "in_title": one.in_title}
                for one in found
            ]
        )
    elif not found:
        console().print(cell("no words: it is empty, or holds stop words and signs alone"))
    else:
        _print_words(found)


def _print_facets(facets: Sequence[Facet]) -> None:
    values = [value_text(one.value) for one in facets]
    print_table(
        console(),
        [
            Column("value", values, folds=True),
            Column("items", [f"{one.count:,}" for one in facets], right=True),
        ],
    )


def _print_fields(found: Sequence[Field]) -> None:
    examples = [", ".join(_example(one) for one in field.examples) for field in found]
    print_table(
        console(),
        [
            Column("field", [field_text(one.path) for one in found], "bold", folds=True),
            Column("types", [", ".join(one.types) for one in found], folds=True),
            Column("share", [f"{one.share:.0%}" for one in found], right=True),
            Column("examples", [one or "-" for one in examples], "cyan", folds=True),
        ],
    )


def _print_words(found: Sequence[Token]) -> None:
    columns = [
        Column("word", [one.word for one in found], "bold", folds=True),
        Column("places", [_places(one.places) for one in found], folds=True),
    ]
    if any(one.in_title for one in found):
        columns.append(Column("in title", ["yes" if one.in_title else "" for one in found]))
    print_table(console(), columns)


def _places(places: Sequence[int]) -> str:
    shown = ", ".join(map(str, places[:_MOST_PLACES]))
    more = len(places) - _MOST_PLACES
    return f"{shown} and {more} more" if more > 0 else shown or "-"


def _example(value: object) -> str:
    text = value_text(value)
    return text if len(text) <= _MOST_EXAMPLE else f"{text[:_MOST_EXAMPLE]}..."
