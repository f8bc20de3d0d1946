"""No statement names a column of the item table: each comes from ``Stored.columns``.

Every golden case is made for a table whose columns all have other names. Where a SELECT, an INSERT,
an UPDATE or a DELETE is on that table, a word such as ``id`` or ``embedding`` is then a column that
the statement named itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from psycopg import sql
from unit_tests.statements.golden_cases import CASES
from unit_tests.statements.golden_values import SPREAD, STORED
from unit_tests.statements.make_golden import sql_of, statements_of
from unit_tests.statements.pretty_sql import QUERY, Group, Node, Token, clauses, tree

from pgrecall._statements.columns import OWN, ItemColumns
from pgrecall._statements.parameters import Template
from pgrecall._statements.reembed import reembed

OTHERS = ItemColumns(
    {
        "id": Template("{}doc_id"),
        "text": Template("{}body"),
        "embedding": Template("{}vec"),
        "metadata": Template("{}data"),
        "tsv": Template("{}words"),
        "analysed": Template("{}read"),
        "created_at": Template("{}made"),
        "updated_at": Template("{}changed"),
    }
)
WORDS = {"id", "text", "embedding", "metadata", "tsv", "analysed", "created_at", "updated_at"}
TABLES = {'"items_acme_docs_7"', '"items_acme_docs_8"'}
# a subquery there stands on its own; one elsewhere may read the row around it
SOURCES = {"FROM", "JOIN", "LEFT", "CROSS", "UNION", "WITH"}


@pytest.mark.parametrize("name", CASES)
def test_a_statement_names_no_column_of_the_item_table(name: str) -> None:
    for stored in (STORED, SPREAD):
        for statement in statements_of(CASES[name](replace(stored, columns=OTHERS))):
            assert not list(named(tree(sql_of(statement))))


@pytest.mark.parametrize(
    "text",
    [
        'SELECT id FROM "items_acme_docs_7"',
        'SELECT x.doc_id FROM (SELECT doc_id, left(text, 3) FROM "items_acme_docs_7") AS x',
        'SELECT 1 FROM other JOIN "items_acme_docs_7" AS item ON item.id = other.id',
        'SELECT doc_id FROM "items_acme_docs_7" WHERE EXISTS (SELECT FROM other WHERE tsv = term)',
        'WITH a AS (DELETE FROM "items_acme_docs_7" WHERE id = 1) SELECT 1',
        'INSERT INTO "items_acme_docs_7" (id) SELECT 1',
        'CREATE INDEX a ON "items_acme_docs_7" USING gin (metadata)',
    ],
)
def test_a_column_that_a_statement_names_is_found(text: str) -> None:
    assert list(named(tree(text)))


def test_what_a_statement_gives_out_has_names_of_its_own() -> None:
    assert OWN.given("id", "text").as_string() == "id, text"
    assert OWN.of("item").given("id", "text").as_string() == "item.id, item.text"
    assert OTHERS.given("id", "text").as_string() == "doc_id AS id, body AS text"
    text = 'SELECT id FROM (SELECT doc_id AS id FROM "items_acme_docs_7" ORDER BY id) AS x'
    assert not list(named(tree(text)))


def test_the_triggers_of_a_re_embedding_take_the_id_from_the_collection_too() -> None:
    old = replace(STORED, columns=OTHERS)
    made = reembed.note_changes(replace(old, id=8), old)
    body = next(sql_of(statement) for statement in made if "BEGIN" in sql_of(statement))

    assert body.count("SELECT doc_id FROM") == 5
    assert "SELECT id" not in body


def test_ids_of_another_type_are_compared_as_they_are_and_answered_as_text() -> None:
    numbered = ItemColumns(id_type="bigint")
    ids = sql.SQL("%(ids)s::text[]")

    assert numbered.as_id(ids).as_string() == "%(ids)s::text[]::bigint[]"
    assert numbered.of("item").id_text().as_string() == "(item.id)::text"
    assert OWN.as_id(ids) is ids
    assert OWN.id_text() is OWN.id


def named(nodes: Sequence[Node], *, inside: bool = False) -> Iterator[str]:
    """Give the columns that stand as words where the item table is read or written."""
    top = [node.text for node in nodes if isinstance(node, Token)]
    if top and top[0] not in QUERY:
        # a definition; "text" is a type there
        here = any(text in TABLES for text in top)
        yield from ((word for word in _words(nodes) if word != "text") if here else ())
        return
    for part in _united(clauses(nodes)):
        yield from _named_in(part, inside=inside)


def _united(found: Sequence[list[Node]]) -> Iterator[list[list[Node]]]:
    """Give the SELECTs that UNION joins."""
    part: list[list[Node]] = []
    for clause in found:
        if isinstance(clause[0], Token) and clause[0].text == "UNION":
            yield part
            part = []
        part.append(clause)
    yield part


def _named_in(select: Sequence[Sequence[Node]], *, inside: bool) -> Iterator[str]:
    top = [node.text for clause in select for node in clause if isinstance(node, Token)]
    here = inside or any(text in TABLES for text in top)
    aliased = zip(top, top[1:], top[2:], strict=False)
    rows = {row for table, word, row in aliased if table in TABLES and word == "AS"}
    for clause in select:
        word = clause[0].text if isinstance(clause[0], Token) else ""
        for qualifier, name in _column_words(clause):
            if qualifier in rows or (not qualifier and here and word != "ORDER"):
                yield name
        for group in _queries(clause):
            yield from named(group, inside=here if word not in SOURCES else inside)


def _column_words(nodes: Sequence[Node]) -> Iterator[tuple[str, str]]:
    """Give the words that are columns, each with what stands before its full stop."""
    flat = ["", "", *_texts(nodes)]
    for (before, last), name in zip(pairwise(flat), flat[2:], strict=False):
        if name in WORDS and last not in {"AS", ":"}:
            yield (before if last == "." else ""), name


def _words(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Group):
            yield from _words(node.inner)
        elif node.text in WORDS:
            yield node.text


def _texts(nodes: Sequence[Node]) -> Iterator[str]:
    """Give the words of nodes, without subqueries and the names of a row's columns."""
    before = last = ""
    for node in nodes:
        if isinstance(node, Token):
            yield node.text
            before, last = last, node.text
        else:
            if not _is_query(node) and before != "AS":
                yield from _texts(node.inner)
            before, last = last, ")"


def _queries(nodes: Sequence[Node]) -> Iterator[Sequence[Node]]:
    for node in nodes:
        if isinstance(node, Group):
            if _is_query(node):
                yield node.inner
            else:
                yield from _queries(node.inner)


def _is_query(group: Group) -> bool:
    first = group.inner[0] if group.inner else None
    return isinstance(first, Token) and first.text in QUERY
