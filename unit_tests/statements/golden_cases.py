"""Every statement that pgrecall sends, a line each: its golden file's name, and what makes it.

A case is made for a local table and for one that Citus spreads; where the SQL differs, the second
has a file of its own, ``NAME.citus.sql``. ``make golden`` writes the files.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from unit_tests.statements.golden_adopted_writing import ADOPTED_WRITING
from unit_tests.statements.golden_adopting import ADOPTING
from unit_tests.statements.golden_search import SEARCH, Make
from unit_tests.statements.golden_values import (
    COLUMNS,
    FILTERS,
    HOT,
    KINDS,
    LANG,
    LLAMA_INDEX,
    MANY,
    OLD_SERVER,
    PGVECTOR,
    PGVECTORSTORE,
    RANGE,
    UNSHORTENED,
    VECTOR,
    WANTED,
    WITH_TIMES,
    WITH_UPDATED,
    changed,
    filter_of,
    in_languages,
    indexed_by_extension,
    local,
    part_of,
    titled,
)

from pgrecall import Change, Hnsw, Hot, IvfFlat
from pgrecall._operations.items.items import kind_of
from pgrecall._statements import analysis, distributed, health, instants
from pgrecall._statements.alter import fields as alter_fields
from pgrecall._statements.alter import renaming, rewriting
from pgrecall._statements.collections import (
    accents,
    database,
    loaders,
    log,
    registry,
    tables,
    textsearch,
    versions,
)
from pgrecall._statements.copying import catalog, langgraph, pages
from pgrecall._statements.distributed import LOCAL
from pgrecall._statements.entries import blobs, chats, entries, entry_items, records, threads
from pgrecall._statements.entries import namespaces as entry_namespaces
from pgrecall._statements.entries import removing as entry_removing
from pgrecall._statements.entries import table as entry_table
from pgrecall._statements.entries.records import Place
from pgrecall._statements.entries.table import BLOBS as OF_BLOBS
from pgrecall._statements.entries.table import ENTRIES as OF_ENTRIES
from pgrecall._statements.evaluate import presence, reports
from pgrecall._statements.forget import forget
from pgrecall._statements.indexes import indexes, measuring, parts
from pgrecall._statements.items import changes, explore, items, listing, words
from pgrecall._statements.items.listing import BOOLEANS, NUMBERS, STRINGS, TIMES, Reached
from pgrecall._statements.maintain import maintain
from pgrecall._statements.prewarm import prewarm
from pgrecall._statements.reembed import reembed
from pgrecall._values.changes import ChangeBatch, edit_values
from pgrecall._values.edits import checked_edit
from pgrecall.filters import parse

if TYPE_CHECKING:
    from pgrecall._statements.copying.source import Source
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement

SCHEMA, TENANT, SPACE = "pgrecall", "acme", "agents"
KEYS = [(("users", "ada"), "likes")]
PLACE = Place("acme", "imports", "docs")


def _without_index(stored: Stored) -> Stored:
    return replace(stored, collection=replace(stored.collection, index=None))


def _successor(stored: Stored) -> Stored:
    return replace(stored, id=8, table_name="items_acme_docs_8")


def _ordered(stored: Stored, field: str | tuple[str, ...], **said: Any) -> Any:
    asked: dict[str, Any] = {
        "limit": 100,
        "after": None,
        "include_vectors": False,
        "descending": False,
    }
    return listing.list_ordered(stored, LANG, field, **asked | said)


def _of_kinds(stored: Stored) -> Stored:
    return replace(stored, collection=replace(stored.collection, fields=KINDS))


def _counted(mapping: Any) -> Make:
    return lambda stored: items.count(_of_kinds(stored), filter_of(mapping))


def _survey(source: Source) -> Make:
    return lambda stored: [
        pages.count(source),
        pages.has_repeated_ids(source),
        pages.first_dimensions(source, stored.server),
        pages.next_range(source, None, 1_000),
        pages.next_range(source, "a", 1_000),
        pages.survey(source, RANGE, WANTED, stored.server, None),
    ]


def _copying(source: Source) -> Make:
    return lambda stored: [
        pages.survey(source, RANGE, WANTED, stored.server, stored),
        pages.copy(source, RANGE, WANTED, stored, overwrite=False),
        pages.copy(source, RANGE, WANTED, stored, overwrite=True),
    ]


def _updating(*made: Change) -> Make:
    def make(stored: Stored) -> list[Statement]:
        batch = ChangeBatch(kind_of(stored))
        batch.add(made)
        batch.closed()
        found = [changes.lock(stored, batch.ids)] if batch.needs_lock else []
        return found + [each for some in batch.changed() for each in changes.update(stored, some)]

    return make


def _updating_where(set_: Any, remove: Any) -> Make:
    edit = checked_edit(set_, remove, "update_where")
    assert edit is not None
    values = edit_values(edit.parts("update_where"))
    return lambda stored: changes.update_where(stored, LANG, edit.shape, values)


ITEMS: dict[str, Make] = {
    "items-upsert": lambda stored: items.upsert(stored, COLUMNS),
    "items-upsert-halfvec": lambda stored: items.upsert(
        changed(stored, storage="halfvec"), COLUMNS
    ),
    "items-upsert-with-times": lambda stored: [
        items.upsert(stored, WITH_UPDATED),
        items.upsert(stored, WITH_TIMES),
    ],
    "items-upsert-one": lambda stored: items.upsert_one(
        stored, dict.fromkeys(("id", "text", "vector", "metadata"), VECTOR)
    ),
    "items-overwrite": lambda stored: [
        items.hold(stored, COLUMNS.ids),
        items.overwrite(stored, COLUMNS),
    ],
    "items-copy": lambda stored: items.copy(stored, [b""]),
    "items-copy-with-times": lambda stored: items.copy(stored, [b""], times=True),
    "items-any-present": lambda stored: items.any_present(stored, COLUMNS.ids),
    "items-get": lambda stored: items.get(stored, ["a", "b"]),
    "evaluate-reports": lambda stored: [
        reports.take_turn(stored, reports.RECALL),
        reports.keep(stored, reports.RECALL, '{"name": "before"}'),
        reports.trim(stored, reports.RECALL),
        reports.list_(stored, reports.KINDS),
        reports.read(stored, 7, None),
        reports.delete(stored, None, "before"),
        reports.may_drop(SCHEMA),
        reports.drop(stored),
    ],
    "evaluate-present": lambda stored: presence.present(stored, ["a", "b"]),
    "items-list": lambda stored: [
        listing.list_items(stored, None, limit=None, after=None, include_vectors=True),
        listing.list_items(stored, LANG, limit=100, after="a", include_vectors=False),
        items.list_ids(stored),
    ],
    "items-list-ordered": lambda stored: [
        _ordered(stored, "page", limit=None, include_vectors=True),
        _ordered(stored, "page", after=Reached("a", NUMBERS, "7"), descending=True),
        _ordered(stored, ("by", "name"), after=Reached("a", STRINGS, "Ada")),
        _ordered(stored, "page", after=Reached("a")),
        _ordered(stored, "$created_at", after=Reached("a", TIMES, "2024-05-01")),
        _ordered(_of_kinds(stored), "at", after=Reached("a", TIMES, "2024-05-01")),
        _ordered(_of_kinds(stored), ("draft",), after=Reached("a", BOOLEANS, "true")),
    ],
    "items-facet": lambda stored: [
        explore.facet(stored, "tags", None, 20),
        explore.facet(stored, ("by", "name"), LANG, 20),
        explore.facet(stored, "id", None, 20),
        explore.facet(stored, "$updated_at", None, 20),
        explore.facet(_of_kinds(stored), "at", LANG, 20),
    ],
    "items-field-range": lambda stored: [
        explore.ends(stored, "page", ("number",), LANG),
        explore.ends(stored, ("by", "name"), ("number", "text"), None),
        explore.ends(stored, "$created_at", ("datetime",), None),
        explore.ends(_of_kinds(stored), "at", ("datetime",), LANG),
        explore.ends(_of_kinds(stored), "draft", ("boolean",), None),
    ],
    "items-words": lambda stored: [
        words.of_text(stored, "copied files", None),
        words.of_item(stored, "a"),
    ],
    "items-sample": lambda stored: [
        explore.sample(replace(stored, rows=1e9), 10, LANG),
        explore.sample(replace(stored, rows=100), 10, None),
        explore.sample_metadata(stored, 10_000, 64 << 20),
    ],
    "items-mapped": lambda stored: [
        explore.mapped(stored, 2_000, None, None, seed=0, most_bytes=1_000),
        explore.mapped(replace(stored, rows=1e9), 10, LANG, "tags", seed=0, most_bytes=1_000),
        explore.mapped(_of_kinds(stored), 10, MANY, "at", seed=0, most_bytes=1_000),
    ],
    "items-explored-by-many-values": lambda stored: [
        explore.facet(stored, "tags", MANY, 20),
        explore.ends(stored, "page", ("number",), MANY),
        explore.sample(replace(stored, rows=1e9), 10, MANY),
        listing.list_ordered(
            stored,
            MANY,
            "$created_at",
            limit=10,
            after=None,
            include_vectors=False,
            descending=False,
        ),
    ],
    "items-count": lambda stored: [items.count(stored, None), items.count(stored, LANG)],
    "items-delete": lambda stored: items.delete(stored, ["a", "b"]),
    "items-delete-where": lambda stored: items.delete_where(stored, LANG),
    "items-delete-where-many-values": lambda stored: items.delete_where(stored, MANY),
    "items-clear": tables.truncate,
    "items-update": _updating(
        Change("a", set={"page": 1}, remove=["draft"]), Change("b", set={"page": 2}, remove=["x"])
    ),
    "items-update-nested": _updating(
        Change("a", set={("by", "whom"): "me"}, remove=[("by", "mark", "old")])
    ),
    "items-update-columns": _updating(Change("a", vector=None, text="new", metadata={})),
    "items-update-orders": _updating(Change("a", text="new"), Change("a", vector=None)),
    "items-update-where": _updating_where({"page": 1}, ["draft"]),
    "items-update-where-nested": _updating_where({("by", "whom"): "me"}, []),
    **{f"items-count-where-{name}": _counted(filter_) for name, filter_ in FILTERS.items()},
}

BLOBS = [blobs.Row(("users", "ada"), "picture", b"\0", "image/png", '{"step": 1}', 60.0)]
LASTING = [BLOBS[0]._replace(ttl=None)]
FIRST_PAGE: dict[str, Any] = {
    "prefix": ("users",), "exactly": False, "key_prefix": "", "contains": None, "after": None,
    "descending": False, "by_number": False, "values": False, "limit": 10, "offset": 0,
}  # fmt: skip
NEXT_PAGE: dict[str, Any] = {
    **FIRST_PAGE, "exactly": True, "key_prefix": "p", "contains": '{"step": 1}',
    "after": (("users",), "k"), "descending": True, "values": True,
}  # fmt: skip

EVERY_THREAD = threads.Wanted(None, "ns", None, "id", '{"user": 1}', (("t", "c", "ns"), "id"))
CHAT = SCHEMA, (TENANT, "langchain chats:docs"), "9f"
SOME: dict[str, Any] = {
    "archived": None, "after": None, "before": None, "descending": False, "limit": None,
    "offset": 0,
}  # fmt: skip

ENTRIES: dict[str, Make] = {
    "entries-tables": lambda _: [*entries.create(SCHEMA), entry_table.exists(SCHEMA)],
    "entries-put": lambda _: entries.put(
        SCHEMA, TENANT, SPACE, [(("users", "ada"), "likes", '{"food": "pie"}', 60.0)]
    ),
    "entries-get": lambda _: entries.get(SCHEMA, TENANT, SPACE, KEYS),
    "entries-find": lambda _: entries.find(
        SCHEMA, TENANT, SPACE, prefix=("users",), filter_=LANG, limit=10, offset=0
    ),
    "entries-find-all": lambda _: entries.find(
        SCHEMA, TENANT, SPACE, prefix=(), filter_=None, limit=10, offset=20
    ),
    "entries-touch": lambda _: entries.touch(SCHEMA, TENANT, SPACE, KEYS),
    "entries-delete": lambda _: entry_removing.delete(SCHEMA, TENANT, SPACE, KEYS),
    "entries-clear": lambda _: entry_removing.clear(SCHEMA, TENANT, SPACE, ("users",)),
    "entries-sweep": lambda _: entry_removing.sweep(SCHEMA, TENANT, SPACE),
    "entries-expired": lambda _: [
        entry_removing.expired(SCHEMA, None),
        entry_removing.expired(SCHEMA, TENANT),
        entry_removing.sweep_some(SCHEMA, TENANT, SPACE, 1_000),
    ],
    "entries-namespaces": lambda _: entry_namespaces.namespaces(
        SCHEMA,
        TENANT,
        SPACE,
        conditions=[("prefix", ("users", "*")), ("suffix", ("*", "notes"))],
        max_depth=2,
        limit=10,
        offset=0,
    ),
    "entries-items": lambda stored: [
        entry_removing.remove_items(stored, ["4f"]),
        entry_items.upsert(
            SCHEMA, stored, entry_items.Owner(TENANT, SPACE, "namespace", "key"), COLUMNS
        ),
    ],
    "blobs-put": lambda _: [
        blobs.put(SCHEMA, TENANT, SPACE, BLOBS),
        blobs.put(SCHEMA, TENANT, SPACE, BLOBS, text=blobs.PUT + blobs.IF_MISSING),
    ],
    "blobs-get": lambda _: [
        blobs.get(SCHEMA, TENANT, SPACE, KEYS, values=v) for v in (True, False)
    ],
    "blobs-find": lambda _: [
        blobs.find(SCHEMA, TENANT, SPACE, **FIRST_PAGE),
        blobs.find(SCHEMA, TENANT, SPACE, **NEXT_PAGE),
        blobs.find(SCHEMA, TENANT, SPACE, **{**FIRST_PAGE, "by_number": True}),
    ],
    "blobs-delete": lambda _: entry_removing.delete(SCHEMA, TENANT, SPACE, KEYS, OF_BLOBS),
    "blobs-sweep": lambda _: [
        entries.touch(SCHEMA, TENANT, SPACE, KEYS, OF_BLOBS),
        entry_removing.clear(SCHEMA, TENANT, SPACE, ("users",), OF_BLOBS),
        entry_removing.clear(SCHEMA, TENANT, SPACE, ("users",), OF_BLOBS, exactly=True),
        entry_removing.expired(SCHEMA, TENANT, OF_BLOBS),
        entry_removing.sweep_some(SCHEMA, TENANT, SPACE, 1_000, OF_BLOBS),
    ],
    "threads-read": lambda _: [
        threads.read(SCHEMA, TENANT, threads.Wanted("t", ""), 1),
        threads.read(SCHEMA, TENANT, threads.Wanted("t", "", "id"), 1),
        threads.read(SCHEMA, TENANT, EVERY_THREAD, 8),
        threads.read(SCHEMA, TENANT, threads.Wanted("t", None, None, "id"), 8),
    ],
    "threads-import": lambda stored: [
        langgraph.next_page("public", None, 100),
        langgraph.copies(SCHEMA, TENANT, "public", None, "t", ["task_path"]),
        langgraph.copy_store(SCHEMA, TENANT, SPACE, "public", ["expires_at", "ttl_minutes"]),
        langgraph.copy_vectors(SCHEMA, TENANT, SPACE, "public", stored),
        langgraph.count_vectors("public"),
        langgraph.count("public"),
        langgraph.count_store("public"),
        langgraph.too_long("public", 2_000),
    ],
    "threads-put": lambda _: [
        blobs.put(SCHEMA, TENANT, SPACE, LASTING, text=threads.PUT_NEW),
        blobs.put(SCHEMA, TENANT, SPACE, LASTING * 2, text=threads.PUT_NEW, held=KEYS),
        blobs.put(SCHEMA, TENANT, SPACE, LASTING * 9, text=threads.PUT_NEW, held=KEYS * 9),
    ],
    "threads-outline": lambda _: [
        threads.outline(SCHEMA, TENANT, "t"),
        threads.outline(SCHEMA, TENANT, "t", "ns"),
        threads.labelled(SCHEMA, TENANT, ['{"run_id": "r"}']),
    ],
    "threads-drop": lambda _: [
        threads.writes(SCHEMA, TENANT, "t", "ns", ["id"]),
        threads.drop_writes(SCHEMA, TENANT, [("t", "w", "ns", "id")]),
        threads.lock(SCHEMA, TENANT, [(("t", "c", "ns"), "id")]),
        threads.drop(SCHEMA, TENANT, [(("t", "c", "ns"), "id")]),
    ],
    "threads-copy": lambda _: threads.copy(SCHEMA, TENANT, "t", "other"),
    "chats-add": lambda _: [
        chats.hold(*CHAT, name=b"monday", count=1, ttl=60.0),
        chats.add(*CHAT, [b"{}"], left=1, archived=False),
        chats.move(*CHAT, 0),
    ],
    "chats-read": lambda _: [
        chats.find(*CHAT, **SOME),
        chats.find(*CHAT, **{**SOME, "archived": True, "before": 9, "descending": True}),
        chats.find(*CHAT, **{**SOME, "archived": False, "after": 9, "limit": 2}),
        chats.count(*CHAT, archived=False),
        chats.get(*CHAT[:2], ["9f"], [1]),
        chats.names(*CHAT[:2], with_messages=True, limit=10, offset=0),
    ],
    "chats-remove": lambda _: [
        chats.lock(*CHAT),
        chats.remove(*CHAT),
        chats.remove_active(*CHAT),
        chats.remove_archived(*CHAT),
        chats.remove_at(*CHAT, -1),
        chats.remove_number(*CHAT, 3),
        chats.remove_oldest(*CHAT, 2),
        chats.archive_oldest(*CHAT, 2),
        chats.end(*CHAT),
        chats.sweep(*CHAT[:2], ["9f"]),
    ],
    "records-tables": lambda _: records.create(SCHEMA),
    "records-update": lambda _: [
        records.update(SCHEMA, PLACE, ["k"], ["g"], 1.5),
        records.clock(),
    ],
    "records-existing": lambda _: records.existing(SCHEMA, PLACE, ["k"]),
    "records-list": lambda _: [
        records.list_keys(SCHEMA, PLACE, before=None, after=None, groups=None, limit=None),
        records.list_keys(SCHEMA, PLACE, before=2.0, after=1.0, groups=["g"], limit=10),
    ],
    "records-delete": lambda _: records.delete(SCHEMA, PLACE, ["k"]),
}

COLLECTIONS: dict[str, Make] = {
    "registry-inspect": lambda _: [
        database.inspect(SCHEMA),
        database.vector_is_available(),
        versions.read(SCHEMA),
        versions.names_taken(SCHEMA),
        versions.foreign(SCHEMA, versions.VERSIONS[1].tables),
        distributed.is_available(),
        database.identity(),
        distributed.current(("enable_seqscan", "statement_timeout")),
    ],
    "registry-set-up": lambda _: [
        versions.wait_briefly("5s"),
        versions.lock(SCHEMA),
        *versions.create(SCHEMA, with_vector=True),
    ],
    "registry-version-2": lambda _: versions.VERSIONS[0].create(SCHEMA),
    "registry-version-3": lambda _: versions.VERSIONS[1].create(SCHEMA),
    "registry-version-4": lambda _: versions.VERSIONS[2].create(SCHEMA),
    "registry-version-6": lambda _: versions.VERSIONS[4].create(SCHEMA)[-1:],
    "registry-version-7": lambda _: versions.VERSIONS[5].create(SCHEMA)[-1:],
    "analysis": lambda _: [
        *analysis.create(SCHEMA, 1),
        *analysis.share(SCHEMA, 1),
    ],
    "analysis-2": lambda _: [
        *analysis.create(SCHEMA, 2),
        *analysis.share(SCHEMA, 2),
    ],
    "analysis-3": lambda _: [
        *analysis.create(SCHEMA, 3)[4:],
        *analysis.share(SCHEMA, 3),
    ],
    "analysis-applies": lambda _: [analysis.applies(SCHEMA, ["english"])],
    "instants": lambda _: [instants.is_there(SCHEMA), instants.share(SCHEMA)],
    "blobs-tables": lambda _: blobs.create(SCHEMA),
    "log-tables": lambda _: log.create(SCHEMA),
    "log": lambda _: [
        log.keep(SCHEMA, "search", [log.Row("acme", 7, "docs", 1.5, '{"ms": 1}')], 60.0),
        log.exists(SCHEMA),
        log.expired(SCHEMA, None),
        log.expired(SCHEMA, "acme"),
        log.remove_expired(SCHEMA, None, 1_000),
        log.remove_expired(SCHEMA, "acme", 1_000),
        log.read(
            SCHEMA,
            "acme",
            "search",
            collection_id=7,
            collection="docs",
            since=1.5,
            before=100,
            most=10,
        ),
    ],
    "registry-find": lambda _: [
        registry.find(SCHEMA, TENANT, "docs"),
        registry.find_all(SCHEMA, TENANT),
        registry.find_every(SCHEMA),
    ],
    "registry-pages": lambda _: [
        registry.find_all(SCHEMA, TENANT, limit=20, after="docs"),
        registry.find_every(SCHEMA, limit=20),
        registry.table_names(SCHEMA),
    ],
    "registry-insert": lambda stored: registry.insert(
        SCHEMA, TENANT, stored.collection, "items_acme_docs"
    ),
    "registry-delete": lambda _: registry.delete(SCHEMA, TENANT, "docs"),
    "registry-lock": lambda stored: [
        registry.lock(stored),
        registry.lock(stored, wait=False),
        registry.still_named(stored),
    ],
    "registry-update": lambda stored: [
        registry.update_index(stored, Hnsw(), {"ef_search": 80}),
        registry.update_settings(stored, {"ef_search": 80}),
        registry.update_settings(stored, {"ef_search": 80}, wait=False),
        loaders.set_indexes_pending(stored, pending=True),
        registry.set_target(stored, 0.9),
    ],
    "registry-loader": lambda stored: [
        loaders.note_loader(stored, "token"),
        loaders.note_loader(stored, "token", unless_alive=True),
        loaders.carry_note(stored, "token", built=True),
        loaders.forget_loader(stored, "token"),
        loaders.loader(stored),
    ],
    "maintain": lambda stored: [
        maintain.take_turn(SCHEMA),
        maintain.collections(SCHEMA, None),
        maintain.collections(SCHEMA, TENANT),
        maintain.build_missing(stored, stored.index_name("metadata")),
        *maintain.vacuum_settings("200ms", "10min"),
        maintain.vacuum(stored),
    ],
    "forget": lambda stored: [
        forget.spaces(SCHEMA, TENANT, OF_ENTRIES),
        *(forget.of_tenant(SCHEMA, TENANT, of, removing=True) for of in (OF_ENTRIES, OF_BLOBS)),
        forget.of_tenant(SCHEMA, TENANT, OF_BLOBS, removing=False),
        forget.within(SCHEMA, TENANT, SPACE, [("a",), ("b",)], OF_BLOBS, removing=True),
        forget.named(SCHEMA, TENANT, SPACE, [(("a",), "k")], OF_ENTRIES, removing=True),
        forget.next_below(
            SCHEMA, TENANT, SPACE, ("a",), OF_ENTRIES, after=None, most=9, removing=True
        ),
        forget.records(SCHEMA, TENANT, removing=True),
        forget.log_rows(SCHEMA, TENANT, removing=True),
        forget.log_rows(SCHEMA, TENANT, removing=False),
        forget.matching(stored, parse({"user": "a"})),
        forget.count_items(stored, ["owner"]),
        *reembed.let_delete(replace(stored, settings={reembed.INTO: 8})),
    ],
    "table-create": tables.create,
    "table-create-without-text": lambda stored: tables.create(
        replace(stored, collection=replace(stored.collection, text_search=None))
    ),
    "table-create-titled": lambda stored: tables.create(titled(stored)),
    "table-create-analysed": lambda stored: [
        *tables.create(replace(stored, analysis=2)),
        *tables.create(replace(titled(stored), analysis=2)),
        *tables.create(replace(indexed_by_extension(stored), analysis=2)),
    ],
    "table-create-marked": lambda stored: [
        *tables.create(replace(stored, analysis=3)),
        *tables.create(replace(titled(stored), analysis=3)),
    ],
    "table-create-in-languages": lambda stored: tables.create(titled(in_languages(stored, 1))),
    "table-create-text-index": lambda stored: [
        textsearch.look(),
        *tables.create(indexed_by_extension(stored)),
        *tables.create_indexes(indexed_by_extension(titled(stored))),
        *tables.create(indexed_by_extension(titled(stored))),
    ],
    "table-create-old-pgvector": lambda stored: tables.create(replace(stored, server=OLD_SERVER)),
    "table-create-without-accents": lambda stored: [
        accents.look(SCHEMA, "unaccent:english"),
        accents.lock(SCHEMA),
        accents.parent("english"),
        accents.dictionaries("english"),
        *accents.create(
            SCHEMA,
            "unaccent:english",
            "public.unaccent",
            "pg_catalog.english",
            [("word", ["pg_catalog.english_stem"])],
        ),
        *tables.create(
            replace(stored, collection=replace(stored.collection, text_search="unaccent:english"))
        ),
    ],
    "table-drop": tables.drop,
    "table-locks": lambda stored: [
        tables.lock(stored),
        tables.lock_writers_out(stored),
        tables.lock_writers_out(stored, wait=False),
        tables.lock_builders_out(stored),
        tables.lock_rows(stored),
    ],
    "table-looks": lambda stored: [
        tables.exists(stored),
        tables.check_text_search("english"),
        tables.count(stored),
        tables.is_empty(stored),
        tables.is_owned(stored),
        tables.analyze(stored),
    ],
    "table-rows-of-shards": distributed.rows,
    "indexes-create": tables.create_indexes,
    "indexes-create-of-fields": lambda stored: [
        *tables.instants_needed(_of_kinds(stored)),
        *tables.create_indexes(_of_kinds(stored)),
    ],
    "indexes-create-without-ann": lambda stored: tables.create_indexes(_without_index(stored)),
    "indexes-drop": lambda stored: [*tables.drop_indexes(stored), *tables.drop_ann(stored)],
    "index-hnsw": lambda stored: indexes.create_concurrently(stored, Hnsw(24, 200)),
    "index-hnsw-half": lambda stored: indexes.create_concurrently(
        stored, Hnsw(quantization="half")
    ),
    "index-hnsw-binary": lambda stored: indexes.create_concurrently(
        stored, Hnsw(quantization="binary")
    ),
    "index-hnsw-halfvec": lambda stored: indexes.create_concurrently(
        changed(stored, storage="halfvec"), Hnsw()
    ),
    "index-ivfflat": lambda stored: indexes.create_concurrently(stored, IvfFlat()),
    "index-swap": lambda stored: [
        indexes.drop(stored),
        indexes.drop_by_name(stored, "items_acme_docs_7_7_ann_new"),
        indexes.lock_timeout("10min"),
        indexes.rename_new(stored),
        indexes.builds(stored),
        indexes.drop_concurrently(stored, "items_acme_docs_7_7_ann_new"),
        indexes.invalid(stored),
    ],
    "index-measuring": lambda stored: [
        measuring.found(stored, VECTOR, 10, UNSHORTENED),
        measuring.found(stored, VECTOR, 10, UNSHORTENED, parts=512, vectors=True),
        measuring.found_each(stored, [VECTOR, VECTOR], 10, UNSHORTENED, parts=512),
        measuring.nearer(stored, [(VECTOR, 0.5), (VECTOR, 0.25)], 20),
        measuring.nearer(stored, [(VECTOR, 0.5)], 20, parts=512, part=0.1),
        measuring.nearer(stored, [(VECTOR, 0.5)], 20, vectors=True),
    ],
    "index-measuring-beside": lambda stored: [
        *measuring.drawn(stored, 1_000),
        *measuring.indexed_beside(measuring.beside(stored, 900), Hnsw(), 900),
        measuring.left_out(measuring.beside(stored, 900), 900),
        measuring.gone(),
    ],
    "index-progress": indexes.progress,
    "index-parts": lambda stored: [
        parts.count(local(stored), "team", Hot("text", rows=1_000)),
        parts.count(replace(local(stored), rows=1e6), "page", Hot("number", most=8)),
        parts.may_read(stored),
        parts.recount(local(stored), "page", Hot("number"), ["1", "2.5"]),
        parts.create_concurrently(part_of(stored)),
        parts.is_valid(part_of(stored)),
        parts.note(part_of(stored)),
        *parts.drops(stored, [stored.index_name(HOT.purpose)]),
    ],
    "index-settings": lambda stored: [
        indexes.build_settings(stored, indexes.Resources(1 << 30)),
        indexes.own_memory(),
        *indexes.session_settings(stored, indexes.Resources(1 << 30)),
    ],
    "index-settings-old-pgvector": lambda stored: indexes.build_settings(
        replace(stored, server=OLD_SERVER), indexes.Resources(1 << 30)
    ),
    "prewarm": lambda stored: [
        prewarm.server(),
        prewarm.relations(stored),
        LOCAL.set_local(prewarm.settings(stored)),
        prewarm.by_extension("tools", 16_384, "buffer", 0, 9),
        prewarm.table(stored),
        prewarm.a_vector(stored),
        prewarm.ids(stored),
        prewarm.visited([16_384]),
        prewarm.walked(stored, stored.collection.index or Hnsw(), "[1,2,3]"),
        LOCAL.set_local(prewarm.walk_settings(stored, Hnsw(), 4 << 20)),
        LOCAL.set_local(prewarm.walk_settings(stored, IvfFlat(), 4 << 20)),
    ],
    "health": lambda _: [health.server(), health.tables(SCHEMA), health.indexes(SCHEMA)],
    "health-of-some": lambda _: health.tables_named(SCHEMA, ["items_docs_7"]),
    "health-of-one": lambda stored: [health.table(stored), health.indexes_of(stored)],
    "health-long-texts": health.long_texts,
}

REEMBED: dict[str, Make] = {
    "rename": lambda stored: [
        renaming.rename_table(stored, replace(stored, table_name="items_new_7")),
        renaming.index_names(stored),
        *renaming.rename_indexes(
            stored,
            replace(stored, table_name="items_new_7"),
            [(stored.index_name("tsv"), False), ("other", False), ("items_old_pkey", True)],
        ),
        renaming.records_follow(stored, "new"),
        renaming.rows_follow("pgrecall", "tenant", "blobs", "langgraph:docs", "langgraph:new"),
        registry.rename(stored, "new", "items_new_7"),
        registry.renamed("pgrecall", "tenant", "docs"),
    ],
    "alter-fields": lambda stored: [
        alter_fields.there(stored),
        *(
            statement
            for purpose, kind in tables.field_purposes(stored).items()
            for statement in (
                alter_fields.build(stored, purpose, kind),
                *alter_fields.put_in_place(stored, purpose, kind),
            )
        ),
        alter_fields.declare(stored),
        rewriting.too_long(stored, ["page"], 2_000),
    ],
    "alter-rewrite": lambda stored: [
        rewriting.may_make(stored),
        rewriting.added(stored),
        rewriting.last(_successor(stored)),
        rewriting.take_page(stored, _successor(stored), None, 100),
        rewriting.take_page(stored, _successor(stored), "a", 100),
        *rewriting.take_noted(stored, _successor(stored), ["a"]),
        rewriting.relaid(stored, _successor(stored), "items_v8_7", {"ef_search": 40}),
        rewriting.has_id(stored),
    ],
    "reembed-mark": lambda stored: [
        reembed.unfinished(stored),
        reembed.mark(_successor(stored), stored, "runner", Hnsw()),
        reembed.take_over(_successor(stored), "runner"),
        reembed.hold(_successor(stored), "runner"),
        reembed.hold(_successor(stored), "runner", exclusive=True),
    ],
    "reembed-notes": lambda stored: [
        *reembed.note_changes(_successor(stored), stored),
        reembed.changes(_successor(stored), 100),
        reembed.forget(_successor(stored), [1, 2]),
        *reembed.stop_noting(_successor(stored)),
        reembed.drop_notes(_successor(stored)),
        *reembed.drop_function(replace(stored, settings={reembed.INTO: 8})),
    ],
    "reembed-rights": lambda stored: [
        reembed.is_secured(stored),
        reembed.rights(stored),
        reembed.grant(_successor(stored), "reader", "SELECT", grantable=True),
        reembed.grant(_successor(stored), "", "SELECT", grantable=False),
        reembed.owner(stored),
        reembed.give_to(_successor(stored), "keeper"),
    ],
    "reembed-read": lambda stored: [
        reembed.page(stored, _successor(stored), None, 100),
        reembed.page(stored, _successor(stored), "a", 100),
        reembed.changed(stored, _successor(stored), ["a"]),
    ],
    "reembed-write": lambda stored: reembed.write(stored, _successor(stored), COLUMNS),
    "reembed-follow": lambda stored: reembed.follow(stored, _successor(stored), ["a"]),
    "reembed-swap": lambda stored: [
        *reembed.swap(stored, _successor(stored), "docs"),
        reembed.name_of(stored),
        reembed.has_records(stored),
        reembed.move_records(stored, _successor(stored)),
    ],
}

COPYING: dict[str, Make] = {
    "copying-catalog": lambda _: [
        catalog.columns("public", "docs"),
        catalog.tables_with(["document", "cmetadata"], SCHEMA),
        catalog.schemas_of("docs"),
        catalog.pgvector_collections("public"),
    ],
    "copying-pgvector-survey": _survey(PGVECTOR),
    "copying-pgvector": _copying(PGVECTOR),
    "copying-pgvectorstore-survey": _survey(PGVECTORSTORE),
    "copying-llama-index-survey": _survey(LLAMA_INDEX),
    "copying-llama-index-survey-postgresql-15": lambda stored: _survey(LLAMA_INDEX)(
        replace(stored, server=OLD_SERVER)
    ),
}

CASES = SEARCH | ITEMS | ENTRIES | COLLECTIONS | REEMBED | COPYING | ADOPTING | ADOPTED_WRITING
