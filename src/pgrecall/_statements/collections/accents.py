"""Text search configurations that leave accents out: another's, after the dictionary unaccent.

``text_search="unaccent:english"`` is what PostgreSQL's ``english`` does to words that the
dictionary of the extension ``unaccent`` has taken the accents off. It stands in the store's schema,
by that very name; what the registry keeps is its qualified name, so that clients that know nothing
of this search by it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.names import identifier
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

# words of ASCII letters, and numbers, have no accents: a dictionary less to ask
_WITHOUT = ["asciiword", "asciihword", "hword_asciipart", "int", "uint", "float", "sfloat"]

_UNACCENT = (
    "(SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(d.dictname)"
    " FROM pg_catalog.pg_ts_dict AS d JOIN pg_catalog.pg_namespace AS n ON n.oid = d.dictnamespace"
    " JOIN pg_catalog.pg_depend AS p ON p.objid = d.oid"
    " AND p.classid = 'pg_catalog.pg_ts_dict'::regclass AND p.deptype = 'e'"
    " JOIN pg_catalog.pg_extension AS e ON e.oid = p.refobjid"
    " AND p.refclassid = 'pg_catalog.pg_extension'::regclass"
    " WHERE e.extname = 'unaccent' LIMIT 1)"
)


def look(schema: str, text_search: str) -> Statement:
    """Ask for the configuration, for the dictionary, and whether the server has its files."""
    query = sql.SQL(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_ts_config AS c"
        " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.cfgnamespace"
        " WHERE n.nspname = %(schema)s AND c.cfgname = %(name)s), {unaccent}, EXISTS"
        " (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'unaccent')"
    ).format(unaccent=sql.SQL(_UNACCENT))
    return Statement(query, {"schema": schema, "name": text_search})


def lock(schema: str) -> Statement:
    """Let no two make one at once, until the transaction ends."""
    query = sql.SQL("SELECT pg_advisory_xact_lock(hashtext('pgrecall text'), hashtext(%(schema)s))")
    return Statement(query, {"schema": schema})


def dictionaries(base: str) -> Statement:
    """Read which dictionaries a configuration asks for each kind of word, in order."""
    query = sql.SQL(
        "SELECT t.alias, pg_catalog.array_agg(pg_catalog.quote_ident(n.nspname) || '.'"
        " || pg_catalog.quote_ident(d.dictname) ORDER BY m.mapseqno)"
        " FROM pg_catalog.pg_ts_config AS c"
        " CROSS JOIN LATERAL pg_catalog.ts_token_type(c.cfgparser) AS t"
        " JOIN pg_catalog.pg_ts_config_map AS m ON m.mapcfg = c.oid AND m.maptokentype = t.tokid"
        " JOIN pg_catalog.pg_ts_dict AS d ON d.oid = m.mapdict"
        " JOIN pg_catalog.pg_namespace AS n ON n.oid = d.dictnamespace"
        " WHERE c.oid = %(base)s::text::regconfig AND t.alias <> ALL (%(without)s::text[])"
        " GROUP BY t.alias ORDER BY t.alias"
    )
    return Statement(query, {"base": base, "without": _WITHOUT})


def parent(base: str) -> Statement:
    """Read a configuration's qualified name."""
    query = sql.SQL(
        "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.cfgname)"
        " FROM pg_catalog.pg_ts_config AS c"
        " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.cfgnamespace"
        " WHERE c.oid = %(base)s::text::regconfig"
    )
    return Statement(query, {"base": base})


def create(
    schema: str,
    text_search: str,
    unaccent: str,
    copied: str,
    mapped: Iterable[tuple[str, list[str]]],
) -> list[Statement]:
    """Make the configuration; the names are quoted as SQL needs them."""
    made = identifier(schema, text_search)
    create_it = sql.SQL("CREATE TEXT SEARCH CONFIGURATION {} (COPY = {})")
    change_it = sql.SQL("ALTER TEXT SEARCH CONFIGURATION {} ALTER MAPPING FOR {} WITH {}")
    statements = [Statement(create_it.format(made, _name(copied)))]
    for kind, asked in mapped:
        if unaccent not in asked:
            names = sql.SQL(", ").join(map(_name, [unaccent, *asked]))
            statements.append(Statement(change_it.format(made, identifier(kind), names)))
    return statements


def _name(quoted: str) -> sql.SQL:
    """Write a name that the server has quoted."""
    return sql.SQL(quoted.replace("%", "%%"))
