"""Blobs: bytes under the keys of nested namespaces."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.faults import execute

from pgrecall import InvalidArgumentError
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import blobs, entries
from pgrecall.models import Blob, Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., Any]

SPACE = "space"
ANY_BYTES = bytes(range(256)) * 3


@pytest.fixture(scope="module")
def pair(dsn: str) -> Iterator[Pair]:
    pair = Pair(dsn)
    yield pair
    pair.close()


@pytest.fixture
def run(pair: Pair, tenant: str) -> Run:
    """Run an operation of blobs by name, for this test's tenant."""

    def call(name: str, *arguments: Any, space: str = SPACE, **keywords: Any) -> Any:
        operation = getattr(blobs, name)(pair.context, tenant, space, *arguments, **keywords)
        return pair.run(operation)

    return call


def put(run: Run, *names: str, **keywords: Any) -> None:
    """Write blobs by their names, such as "a/b/key", one after the other."""
    for name in names:
        *parts, key = name.split("/")
        run("put", [Blob(tuple(parts), key, name.encode(), **keywords)])


def names_of(found: list[Blob]) -> list[str]:
    return ["/".join([*one.namespace, one.key]) for one in found]


def expire(dsn: str, tenant: str, key: str) -> None:
    execute(
        dsn,
        "UPDATE pgrecall.blobs SET expires_at = now() - interval '1 second'"
        f" WHERE tenant = '{tenant}' AND key = '{key}'",
    )


@pytest.mark.parametrize(
    "value",
    [b"", b"\0", ANY_BYTES, bytearray(b"ab"), memoryview(b"abcd")[::2]],
    ids=["empty", "a zero", "any", "bytearray", "memoryview"],
)
def test_bytes_come_back_with_what_was_said_of_them(run: Run, value: Any) -> None:
    said = {"content_type": "text/x", "metadata": {"step": -1, "é": [1, None]}}
    run("put", [Blob(("a",), "k", value, **said), Blob(("a",), "plain", b"x")])

    found, plain = run("get", [(("a",), "k"), (("a",), "plain")])

    assert (found.value, found.size) == (bytes(value), len(bytes(value)))
    assert (found.content_type, found.metadata) == tuple(said.values())
    assert (plain.content_type, plain.metadata, plain.ttl_minutes) == (None, {}, None)
    assert plain.number != found.number


def test_ten_megabytes_come_back_alone_and_among_others(run: Run) -> None:
    noise, text = os.urandom(10_000_000), b"a message " * 1_000_000
    written = [Blob((), "noise", noise), Blob((), "small", b"s"), Blob((), "text", text)]

    assert run("put", written) == 3

    found = run("get", [((), "text"), ((), "none"), ((), "small"), ((), "noise")])
    assert [one and one.value for one in found] == [text, None, b"s", noise]
    [bare] = run("get", [((), "noise")], values=False)
    assert (bare.value, bare.size) == (None, len(noise))


def test_thousands_go_in_few_statements(run: Run, pair: Pair, tenant: str) -> None:
    many = [Blob((f"n{n % 7}",), f"k{n}", b"%d" % n * 50, metadata={"n": n}) for n in range(2_500)]
    rows = blobs.checked_rows(tenant, SPACE, many)

    assert len(list(blobs.puts(pair.context, tenant, SPACE, rows))) == 3
    assert run("put", many) == 2_500
    assert [one.value for one in run("get", [(one.namespace, one.key) for one in many])] == [
        one.value for one in many
    ]


def test_what_is_written_again_is_replaced_and_keeps_when_and_where_it_came(run: Run) -> None:
    put(run, "a/k", "a/l")
    [first] = run("get", [(("a",), "k")])
    run("put", [Blob(("a",), "k", b"1"), Blob(("a",), "k", b"2", "t", {"a": 1})])

    [again] = run("get", [(("a",), "k")])

    assert (again.value, again.content_type, again.metadata) == (b"2", "t", {"a": 1})
    assert (again.created_at, again.number) == (first.created_at, first.number)
    assert again.updated_at > first.updated_at


def test_what_is_there_may_be_left_as_it_is(run: Run, dsn: str, tenant: str) -> None:
    put(run, "k", "gone", ttl_minutes=5)
    expire(dsn, tenant, "gone")

    run("put", [Blob((), key, b"new") for key in ("k", "gone", "missing")], replace=False)

    found = run("get", [((), key) for key in ("k", "gone", "missing")])
    assert [one.value for one in found] == [b"k", b"new", b"new"]


def test_pages_are_in_the_order_of_names_either_way(run: Run) -> None:
    every = ["k", "a/1", "a/2", "a/3", "a/b/1", "ab/1"]
    put(run, *reversed(every))

    assert names_of(run("find")) == every
    assert names_of(run("find", descending=True, limit=2)) == ["ab/1", "a/b/1"]
    assert names_of(run("find", prefix=("a",))) == ["a/1", "a/2", "a/3", "a/b/1"]
    assert names_of(run("find", prefix=("a",), exactly=True, limit=2, offset=1)) == ["a/2", "a/3"]
    assert names_of(run("find", prefix=(), exactly=True)) == ["k"]
    assert names_of(run("find", after=(("a",), "2"))) == ["a/3", "a/b/1", "ab/1"]
    page = run("find", prefix=("a",), exactly=True, after=(("a",), "3"), descending=True, limit=1)
    assert names_of(page) == ["a/2"]
    assert names_of(run("find", by_number=True)) == every[::-1]
    assert names_of(run("find", by_number=True, descending=True, limit=1)) == ["k"]
    assert {one.value for one in run("find")} == {None}
    assert [one.value for one in run("find", values=True)] == [name.encode() for name in every]


@pytest.mark.parametrize("begin", ["%", "_", "\\", "a\U0010ffff", "'", "é"])
def test_a_key_may_begin_with_anything(run: Run, begin: str) -> None:
    keys = [begin, begin + "\U0010ffff", begin + "x", "a", "z", "\x01"]
    run("put", [Blob((begin,), key, b"") for key in keys] + [Blob(("else",), begin, b"")])

    found = run("find", prefix=(begin,), key_prefix=begin)

    assert [one.key for one in found] == sorted({key for key in keys if key.startswith(begin)})


def test_metadata_finds_blobs_by_an_index(run: Run, dsn: str, tenant: str) -> None:
    made = [
        Blob((f"{n % 2}",), f"{n}", b"", metadata={"n": n % 5, "in": {"a": 1}}) for n in range(20)
    ]
    run("put", [*made, Blob(("0",), "bare", b"")])

    assert names_of(run("find", prefix=("1",), contains={"n": 3})) == ["1/13", "1/3"]
    assert len(run("find", contains={"in": {"a": 1}})) == 20
    assert len(run("find", contains={})) == 21
    assert run("find", contains={"in": {"a": 2}}) == []
    plan = execute(
        dsn,
        "SET enable_seqscan = off",
        "SET enable_indexscan = off",
        "EXPLAIN SELECT FROM pgrecall.blobs AS e WHERE e.metadata @> '{\"n\": 3}'"
        " AND e.metadata <> '{}'",
    )
    assert "blobs_metadata" in str(plan)


def test_delete_and_clear_count_what_they_remove(run: Run) -> None:
    put(run, "a/1", "a/2", "a/b/3", "c/4")

    assert run("delete", [(("a",), "1"), (("a",), "1"), (("a",), "none")]) == 1
    assert run("namespaces") == [("a",), ("a", "b"), ("c",)]
    assert run("clear", ("a",)) == 2
    assert run("clear") == 1
    assert run("find") == []


def test_what_has_expired_is_invisible_and_swept(run: Run, dsn: str, tenant: str) -> None:
    put(run, "a/k", ttl_minutes=5)
    put(run, "a/l", ttl_minutes=1.5)
    expire(dsn, tenant, "k")

    assert run("get", [(("a",), "k")]) == [None]
    assert names_of(run("find")) == ["a/l"]
    assert run("touch", [(("a",), "k"), (("a",), "l")]) == 1
    [kept] = run("get", [(("a",), "l")])
    assert kept.expires_at - kept.updated_at > timedelta(seconds=90)
    assert run("delete", [(("a",), "k")]) == 0
    put(run, "a/k", ttl_minutes=5)
    expire(dsn, tenant, "k")
    assert run("sweep") == 1


def test_spaces_tenants_and_entries_are_apart(run: Run, pair: Pair, tenant: str) -> None:
    put(run, "a/k")
    pair.run(entries.put(pair.context, tenant, SPACE, [Entry(("a",), "e", 1)]))

    assert run("get", [(("a",), "k")], space="other") == [None]
    assert pair.run(blobs.find(pair.context, "another", SPACE)) == []
    assert pair.run(entries.clear(pair.context, tenant, SPACE)) == 1
    assert names_of(run("find")) == ["a/k"]


@pytest.mark.parametrize(
    ("blob", "says"),
    [
        (Blob(("a",), "k\0", b""), "holds NUL"),
        (Blob(("a\0",), "k", b""), "holds NUL"),
        (Blob(("a",), "", b""), "a key must not be empty"),
        (Blob(("a",), "k" * 3000, b""), "an index holds 2,400"),
        (Blob(("a",), "k"), r"\('a',\), 'k'.*must be bytes, not NoneType"),
        (Blob(("a",), "k", "text"), "must be bytes, not str"),  # type: ignore[arg-type]
        (Blob(("a",), "k", b"", "a\0"), "content_type holds NUL"),
        (Blob(("a",), "k", b"", None, {"a": "\0"}), "the metadata of key 'k'.*holds NUL"),
        (Blob(("a",), "k", b"", None, [1]), "must be a mapping, not list"),  # type: ignore[arg-type]
        (Blob(("a",), "k", b"", ttl_minutes=-1), "ttl_minutes must be a number from 0"),
        (b"value", "blobs must be Blob, not bytes: number 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_blob_that_cannot_be_kept_is_refused_and_nothing_is_written(
    run: Run, blob: Any, says: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=says):
        run("put", [Blob(("a",), "good", b""), blob])

    assert run("find") == []


def test_bytes_beyond_what_the_server_takes_are_refused_before_they_are_copied(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs, "MAX_VALUE_BYTES", 10)

    with pytest.raises(InvalidArgumentError, match=r"'k'.*has 11 bytes; PostgreSQL takes 10"):
        run("put", [Blob((), "k", memoryview(b"x" * 11))])


@pytest.mark.parametrize(
    "keywords",
    [
        {"limit": 0},
        {"offset": -1},
        {"prefix": "abc"},
        {"contains": [1]},
        {"key_prefix": "\0"},
        {"after": ((), "")},
        {"after": ((), "k"), "by_number": True},
        {"space": ""},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(run: Run, keywords: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError):
        run("find", **keywords)
