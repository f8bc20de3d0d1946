"""The messages of sessions, as bytes: what every framework's chats stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import execute
from psycopg import sql

from pgrecall._adapters.chats import ChatOperations
from pgrecall._operations.entries import chats as module
from pgrecall._operations.entries.chats import Written
from pgrecall._statements.entries import chats as statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall import Store


@pytest.fixture
def chats(sync_store: Store, tenant: str) -> Iterator[ChatOperations]:
    made = ChatOperations(sync_store, tenant, "chats", "any", search=False, embeds=False)
    yield made
    made.pair.close()


def add(chats: ChatOperations, *texts: str, **keywords: Any) -> None:
    messages = [Written(text.encode()) for text in texts]
    chats.pair.run(chats.add("s", messages, **keywords))


def read(chats: ChatOperations, **keywords: Any) -> list[tuple[int, str]]:
    found = chats.pair.run(chats.read("s", **keywords))
    return [(one.number, one.value.decode()) for one in found]


def test_ten_thousand_messages_are_read_by_page_in_the_order_of_an_index(
    chats: ChatOperations, dsn: str
) -> None:
    add(chats, *map(str, range(1, 10_001)))

    last, seen = 0, 0
    while page := chats.pair.run(chats.page("s", 1_700, after=last, before=None)):
        assert [int(one.value) for one in page] == list(range(last + 1, last + 1 + len(page)))
        last, seen = page[-1].number, seen + len(page)
    assert seen == 10_000
    schema, place = chats.context.schema, chats.place
    asked: dict[str, Any] = {"archived": None, "before": None, "descending": False, "offset": 0}
    statement = statements.find(schema, place, "9f", after=5_000, limit=100, **asked)
    explained = sql.SQL("EXPLAIN ") + sql.SQL(statement.sql.decode())
    with psycopg.connect(dsn) as connection:
        connection.execute("ANALYZE pgrecall.blobs")
        plan = connection.execute(explained, statement.parameters).fetchall()
    assert "Sort" not in str(plan)
    assert "blobs_pkey" in str(plan)


def test_a_message_that_was_moved_keeps_its_number_and_pages_follow_it(
    chats: ChatOperations,
) -> None:
    add(chats, "a", "b", "c")
    add(chats, "x", index=1)
    add(chats, "y", index=-1)
    add(chats, "z", index=2**62)

    assert [text for _, text in read(chats)] == ["a", "x", "b", "y", "c", "z"]
    number_of = {text: number for number, text in read(chats)}
    assert [number_of[text] for text in "abcx"] == [1, 2, 3, 4]
    for after, rest in (("a", "xbycz"), ("b", "ycz"), ("y", "cz"), ("z", "")):
        assert "".join(text for _, text in read(chats, after=number_of[after])) == rest
    assert "".join(text for _, text in read(chats, before=number_of["b"])) == "ax"
    taken = chats.pair.run(chats.take("s", statements.remove_number, number_of["b"]))
    assert [one.value for one in taken or []] == [b"b"]
    assert "".join(text for _, text in read(chats)) == "axycz"


def test_no_number_is_given_twice_while_a_session_is_there(chats: ChatOperations) -> None:
    add(chats, "a", "b")
    chats.pair.run(chats.take("s", statements.remove_at, -1))
    add(chats, "c")
    add(chats, "d", anew=True)

    assert read(chats) == [(4, "d")]


def test_messages_that_are_large_go_in_several_statements_and_stand_together(
    chats: ChatOperations, dsn: str, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", 10)
    texts = [f"{n}" * 4 for n in range(9)]
    add(chats, *texts)
    add(chats, anew=True)
    add(chats, *texts[:8])

    assert read(chats) == [(n + 10, text) for n, text in enumerate(texts[:8])]
    chats.pair.run(chats.end("s"))
    assert execute(dsn, f"SELECT FROM pgrecall.blobs WHERE tenant = '{tenant}'") == []
