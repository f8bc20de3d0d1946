"""Make a collection: its row in the registry, its table and its indexes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._operations.collections.checks import check_indexes, checked
from pgrecall._operations.collections.configurations import (
    check_text_search,
    is_about_names,
    made_without_accents,
    no_text_search,
)
from pgrecall._operations.collections.textsearch import textsearch_schema
from pgrecall._operations.context import look_up
from pgrecall._operations.work import Work, one
from pgrecall._statements import analysis, distributed, instants
from pgrecall._statements.collections import registry, tables
from pgrecall._statements.layout import (
    MAX_IDENTIFIER_BYTES,
    derived_table_prefix,
    named_configuration,
)
from pgrecall._statements.names import qualified_name
from pgrecall._statements.statement import Many
from pgrecall._values.strings import check_name
from pgrecall.errors import (
    CollectionConflictError,
    CollectionNotFoundError,
    DatabaseError,
    InvalidArgumentError,
)
from pgrecall.indexes import kinds_of
from pgrecall.languages import names_of
from pgrecall.models import Metric

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.models import Collection


def checked_creatable(
    context: Context, tenant: str, collection: Collection
) -> Operation[Collection]:
    """Settle what a collection would be that is not there; dimensions may be unknown yet.

    Raises:
        InvalidArgumentError: This server cannot make one.
    """
    wanted = checked(context, tenant, collection)
    yield from _check_creatable(context, wanted)
    if wanted.text_search is not None:
        yield from check_text_search(context.schema, wanted.text_search)
    return replace(wanted, metric=wanted.metric or Metric.COSINE)


def _check_creatable(context: Context, wanted: Collection) -> Operation[None]:
    check_indexes(wanted)
    yield from check_fields(context, wanted)
    if wanted.distributed:
        yield from _check_citus()


def create(context: Context, tenant: str, wanted: Collection) -> Operation[Stored]:
    if wanted.dimensions is None:
        example = f"Collection({wanted.name!r}, dimensions=...)"
        raise CollectionNotFoundError(
            tenant,
            wanted.name,
            ", and creating one needs dimensions",
            f"give ensure_collection() the length of its vectors: {example}",
        )
    yield from _check_creatable(context, wanted)
    try:
        stored: Stored | None = yield creation(context, tenant, wanted)
    except DatabaseError as error:
        if error.sqlstate not in {"23505", "42P07"}:  # unique_violation, duplicate_table
            if wanted.text_search is not None and is_about_names(error):
                yield from check_text_search(context.schema, wanted.text_search)
            raise
        stored = yield from look_up(context, tenant, wanted.name)
        if stored is None:
            taken = "a table of another collection"
            raise CollectionConflictError("table_name", taken, wanted.table_name) from error
        return stored
    if stored is not None:
        if context.conflict(stored, vectors=True) is not None:
            context.agree(stored)  # who made it knows its pin
        return context.remember(stored)
    # another client was quicker
    stored = yield from look_up(context, tenant, wanted.name)
    if stored is None:
        detail = " any more (it was dropped while being created)"
        raise CollectionNotFoundError(tenant, wanted.name, detail, "call it again")
    return stored


def creation(context: Context, tenant: str, wanted: Collection) -> Work[Stored | None]:
    """Register a collection and make its table; None where the name is taken."""
    settled = replace(wanted, metric=wanted.metric or Metric.COSINE)
    check_indexes(settled)
    if settled.table_name is not None:
        check_name("table_name", settled.table_name, limit=MAX_IDENTIFIER_BYTES)
    prefix = derived_table_prefix(tenant, wanted.name)

    def body() -> Steps[Stored | None]:
        extension = None
        if settled.text_index is not None:
            extension = yield from textsearch_schema(settled)
        insert = registry.insert(
            context.schema, tenant, settled, prefix, textsearch_schema=extension
        )
        # asked on the way: a round trip of its own is a twentieth of what the whole takes
        known = []
        configs = [
            named_configuration(context.schema, name) for name in names_of(settled.text_search)
        ]
        if settled.text_search is not None:
            yield from made_without_accents(context.schema, settled.text_search)
            known = [*map(tables.check_text_search, configs)]
            known.append(analysis.applies(context.schema, configs))
        *checks, result = yield Many([*known, insert])
        *are_there, newest = [check.rows[0][0] for check in checks] or [None]
        for config, is_there in zip(configs, are_there, strict=True):
            if not is_there:
                raise InvalidArgumentError(no_text_search(config))
        if not result.rows:
            return None
        *row, taken = result.rows[0]
        stored = registry.stored_from(context.schema, context.ready_server(), row)
        context.hold(stored, vectors=False)
        stored = replace(stored, analysis=newest)
        if taken:
            table = qualified_name(context.schema, stored.table_name)
            raise CollectionConflictError("table_name", f"{table}, not pgrecall's", table)
        yield Many([*tables.create(stored), *tables.create_indexes(stored)])
        return stored

    return Work(body, writes=True, transaction=True)


def check_fields(context: Context, wanted: Collection) -> Operation[None]:
    """Check that there is what the indexes on texts and on declared fields stand on.

    Raises:
        InvalidArgumentError: The extension of the text index is not there, or not loaded.
        DatabaseError: The schema lacks what a declared field needs.
    """
    if wanted.text_index is not None:
        yield Work(lambda: textsearch_schema(wanted))
    kinds = kinds_of(wanted.fields)
    if "datetime" not in kinds.values():
        return
    found = yield one(instants.is_there(context.schema))
    if not found.rows[0][0]:
        fields = [key for key, kind in kinds.items() if kind == "datetime"]
        raise DatabaseError(
            f"fields {', '.join(map(repr, fields))} cannot be declared as 'datetime': the registry"
            f" in schema {context.schema!r} is of an older version than {instants.SINCE} and lacks"
            f" the function {instants.FUNCTION}(text); let its owner open a store once with"
            " setup=True"
        )


def _check_citus() -> Operation[None]:
    found = yield one(distributed.is_available())
    if not found.rows[0][0]:
        msg = (
            "distributed=True needs the Citus extension, which this database does not have: install"
            " Citus on the server and its workers and run CREATE EXTENSION citus in each one's"
            " database, or leave distributed=False"
        )
        raise InvalidArgumentError(msg)
