"""What the statements of entries say, without a database."""

from __future__ import annotations

import pytest
from unit_tests.statements.make_golden import sql_of

from pgrecall._operations.entries.entry_items import Part, items_of
from pgrecall._statements.entries import entries
from pgrecall._statements.entries import paths as entry_paths
from pgrecall.models import Entry


@pytest.mark.parametrize(
    ("namespace", "text"),
    [
        ((), "{}"),
        (("a", "b"), '{"a","b"}'),
        (("",), '{""}'),
        (("a,b", "{}", "NULL"), '{"a,b","{}","NULL"}'),
        (('"', "\\", "'"), r"""{"\"","\\","'"}"""),
    ],
)
def test_a_namespace_is_written_as_an_array(namespace: tuple[str, ...], text: str) -> None:
    assert entry_paths.array_text(namespace) == text


def test_values_are_bound_and_names_are_quoted() -> None:
    statement = entries.find(
        '100% "x"', "tenant", "space", prefix=("p'",), filter_=None, limit=1, offset=0
    )
    text = sql_of(statement)

    assert '"100%% ""x"""."entries"' in text
    assert "p'" not in text
    assert statement.parameters["p0"] == """{"p'"}"""


def test_ids_of_items_tell_entries_apart_that_look_alike() -> None:
    places = [(("a", "b"), "c"), (("a",), 'b"}c'), (("a", "bc"), ""), (("ab",), "c"), ((), "abc")]
    parts = [Part("path", "text", [1.0])]

    ids = {items_of(Entry(*place, {}), parts)[0].id for place in places}

    assert len(ids) == len(places)
