"""Bring about what is said of a collection's layout, without a model and while it serves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pgrecall._operations.adopted.refusals import refuse_fields
from pgrecall._operations.alter import fields, rewrite
from pgrecall._operations.alter.checks import check_owner
from pgrecall._operations.alter.renewing import renewable
from pgrecall._operations.collections.checks import asked, check_indexes, checked
from pgrecall._operations.collections.creating import check_fields
from pgrecall._operations.collections.fields import FIELDS, Kind, changed_by
from pgrecall._operations.context import check_own_transaction, resolve_anew
from pgrecall._operations.indexes import indexes
from pgrecall._operations.indexes.aside import repair_indexes
from pgrecall._operations.reembed.successor import ALTER
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Work, one
from pgrecall._statements.collections import registry
from pgrecall._statements.reembed import reembed
from pgrecall.errors import CollectionConflictError, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored
    from pgrecall.models import Collection, IndexProgress


@traced("alter_collection", collection="collection")
def alter(
    context: Context,
    tenant: str,
    collection: Collection,
    *,
    progress: Callable[[IndexProgress], object] | None,
) -> Operation[Collection]:
    """Change what differs of what is said; what is not said stays."""
    check_own_transaction(context, ALTER)
    wanted = checked(context, tenant, collection)
    stored = yield from resolve_anew(context, tenant, wanted.name)
    said = asked(wanted)
    refuse_fields(stored, said)
    differing = _differing(stored, said)
    own = stored.adopted is None
    if own and said.get("text_search") is not None and (yield from renewable(context, stored)):
        # the same words of a newer analysis are other tokens
        differing["text_search"] = said["text_search"]
    if differing:
        _check_part(stored)
    # the registry's alone
    settings = {
        name: differing.pop(name) for name in said if name in differing and _is_setting(name)
    }
    target = settings.pop("target_recall", None)
    if differing:
        yield Work(lambda: check_owner(stored, ALTER))
        if stored.indexes_pending and (yield from repair_indexes(context, stored)):
            stored = yield from resolve_anew(context, tenant, wanted.name)
        after = replace(stored.collection, **differing)
        check_indexes(after, dimensions=stored.dimensions, metric=stored.metric)
        yield from check_fields(context, after)
        yield from fields.check_texts(stored, after)
    if target is not None:
        # what was measured for another target holds no more
        yield one(registry.set_target(stored, target), writes=True)
    if settings:
        yield one(registry.update_settings(stored, settings), writes=True)
    if settings or target is not None:
        stored = yield from resolve_anew(context, tenant, wanted.name)
    if differing:
        after = replace(stored.collection, **differing)
        yield from _bring_about(context, stored, after, differing, said, progress)
        stored = yield from resolve_anew(context, tenant, wanted.name)
    context.agree(stored)
    return stored.collection


def _bring_about(
    context: Context,
    stored: Stored,
    after: Collection,
    differing: Mapping[str, Any],
    said: Mapping[str, Any],
    progress: Callable[[IndexProgress], object] | None,
) -> Operation[None]:
    tenant, name = stored.tenant, stored.collection.name
    if any(field in differing for field in rewrite.REWRITTEN):
        # one rewrite brings all of it
        yield from rewrite.rewrite(context, stored, after, said, progress)
        return
    found = yield one(reembed.unfinished(stored))
    if found.rows:
        msg = (
            f"collection {name!r} has a call of reembed() or alter_collection() that has not ended:"
            " the same call goes on with it, abandon_reembed() removes what it made"
        )
        raise InvalidArgumentError(msg)
    if "fields" in differing:
        yield from fields.declare(context, stored, after, progress)
    if "index" in differing and after.index is None:
        yield from indexes.drop(context, tenant, name)
    elif "index" in differing and after.index is not None:
        yield from indexes.create(context, tenant, name, after.index, progress=progress)


def _differing(stored: Stored, said: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is to be changed.

    Raises:
        CollectionConflictError: Something that this cannot change is said otherwise.
    """
    existing, found = stored.collection, {}
    for field, want in said.items():
        own = field == "table_name" and stored.adopted is None
        have = stored.table_name if own else getattr(existing, field)
        if have == want:
            continue
        if field not in changed_by(ALTER):
            raise _refused(field, have, want, existing.name)
        found[field] = want
    return found


def _is_setting(field: str) -> bool:
    return FIELDS[field].kind is Kind.SETTING


def _refused(field: str, have: object, want: object, name: str) -> CollectionConflictError:
    if FIELDS[field].kind is Kind.PIN:
        why = "a pin, which makes vectors comparable: reembed() changes it, with the model"
    else:
        why = "not to be changed in place: load another collection, then rename_collection()"
    msg = f"collection {name!r} has {field}={have!r}, and not {want!r}; {field} is {why}"
    return CollectionConflictError(field, have, want, name, message=msg)


def _check_part(stored: Stored) -> None:
    name, settings = stored.collection.name, stored.settings
    if reembed.OF in settings:
        msg = (
            f"collection {name!r} is being filled to take another's place: name the one that serves"
        )
        raise InvalidArgumentError(msg)
    if reembed.INTO in settings:
        msg = (
            f"collection {name!r} is what was before a re-embedding: it can be read, not altered;"
            " drop_collection() removes it"
        )
        raise InvalidArgumentError(msg)
