"""How LangGraph's checkpoints become what is kept, without a database."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from pgrecall._operations.threads import threads, values
from pgrecall._operations.threads.values import Place, Saved, Write
from pgrecall._operations.work import Call
from pgrecall._values.conversions import MAX_DEPTH
from pgrecall.errors import InvalidArgumentError
from pgrecall.langgraph import PgRecallSaver
from pgrecall.langgraph._checkpoints import next_version, saved_of, tuple_of
from pgrecall.langgraph._threads import FIRST_PAGE, next_page, place_of, wanted

SERDE = JsonPlusSerializer()
AT: Any = {"configurable": {"thread_id": "t"}}


def finished(operation: Any) -> Any:
    """Run an operation that calls functions alone."""
    reply = None
    while True:
        try:
            call = operation.send(reply)
        except StopIteration as end:
            return end.value
        assert isinstance(call, Call)
        assert call.in_thread
        reply = call.run()


def saved(checkpoint: Any, metadata: Any = None, new: Any = None) -> Saved:
    made: Any = {**empty_checkpoint(), **checkpoint}
    return saved_of(SERDE, AT, made, metadata or {}, new or {})


@pytest.mark.parametrize("type_", ["msgpack", "odd+zlib", "+zlib", ""])
@pytest.mark.parametrize(
    "size", [0, 10, values.SMALL, 20_000, 50_000, values.LARGE, values.LARGE * 3]
)
def test_a_value_is_what_it_was_whether_it_was_compressed_or_not(type_: str, size: int) -> None:
    for value in (b"text" * (size // 4), os.urandom(size)):
        kept = finished(values.compressed((type_, value)))

        assert values.whole(kept) == (type_, value)
        assert len(kept[1]) <= len(value) + size // 50 + 16
    assert size < values.SMALL or len(finished(values.compressed((type_, b"a" * size)))[1]) < size


def test_writes_that_follow_one_another_are_one_row_and_the_first_of_a_number_counts() -> None:
    made = [Write(n, f"c\0{n}", ("msgpack", b"%d" % n), "task", "~0") for n in (-4, -1, 0, 1, 3)]
    runs = list(values.runs(made))
    assert [[one.number for one in run] for run in runs] == [[-4], [-1], [0, 1], [3]]

    again = [Write(n, "late", ("null", b""), "task", "~0") for n in (1, 2)]
    rows = [((), "", "", values.packed(run), None, n) for n, run in enumerate([*runs, again])]
    found = values.unpacked(reversed(rows))
    assert [one.number for one in found] == [-4, -1, 0, 1, 2, 3]
    assert found[:4] == made[:4]


def test_short_values_are_in_the_checkpoint_and_others_by_themselves() -> None:
    short = {"none": None, "yes": True, "n": 7, "f": 0.5, "text": "a" * 256}
    long = {"list": [], "more": "a" * 257, "bytes": b"", "odd": type("Odd", (str,), {})("a")}
    versions = dict.fromkeys([*short, *long], "1")
    made = saved(
        {"channel_values": {**short, **long, "of no version": [1]}, "channel_versions": versions},
        new={"list": "2", "more": "2", "odd": "2"},
    )

    assert {name for name, version in made.versions.items() if version is None} == {
        *short,
        "of no version",
    }
    assert made.versions["list"] == "2"
    assert made.versions["bytes"] == "1"
    assert made.values.keys() == {"list", "more", "odd"}


@pytest.mark.parametrize(
    ("metadata", "labels"),
    [
        ({"a": [1, {"b": None}], "c": 0.5}, None),
        ({"a": "x\0y"}, None),
        ({"a": {"b": "x\0y"}}, {"a": {"b": "xy"}}),
        ({"a": float("nan"), "b": 1}, {"b": 1}),
        ({"a": {1: 2}, "b": "\ud800"}, {"b": ""}),
        ({"a": {1, 2}, "b": 1}, {"b": 1}),
    ],
)
def test_metadata_is_found_by_what_json_has_of_it_and_comes_back_whole(
    metadata: Any, labels: Any
) -> None:
    made = saved({}, metadata)

    if labels is None:
        assert dict(made.labels) == {k: v.replace("\0", "") if isinstance(v, str) else v
                                     for k, v in metadata.items()}  # fmt: skip
    else:
        assert {name: made.labels.get(name) for name in labels} == labels
    if not str(metadata).count("ud800"):
        read = tuple_of(SERDE, made).metadata
        assert str(read) == str(metadata).replace(
            "\\x00y'}", "y'}" if labels is None else "\\x00y'}"
        )


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1])
def test_metadata_that_nests_too_deeply_to_be_found_comes_back_all_the_same(depth: int) -> None:
    deep: Any = 1
    for _ in range(depth - 1):
        deep = [deep]
    made = saved({}, {"deep": deep, "a": 1})

    assert json.loads(threads.metadata_of(made))["m"] == made.labels
    assert made.labels.get("a") == 1
    assert ("deep" in made.labels) == (depth < MAX_DEPTH)
    assert tuple_of(SERDE, made).metadata["deep"] == deep  # type: ignore[typeddict-item]  # a user's


def test_a_version_sorts_behind_the_one_before_in_whatever_form_it_was() -> None:
    at = None
    for _ in range(12):
        after = next_version(at)
        assert at is None or after > at
        at = after
    assert len({next_version(at) for _ in range(20)}) == 20
    assert next_version("00000000000000000000000000000009.0.123").startswith(f"{'0' * 30}10.")
    assert next_version(7).startswith("0000000008.")
    assert PgRecallSaver("host=x").get_next_version(None, None).startswith("0000000001.")


def test_pages_grow_where_little_was_seen_and_are_one_where_much_was() -> None:
    def page(size: int) -> list[Saved]:
        return [Saved(Place("t", ""), "1", None, ("", b"x" * size), {}, {})] * FIRST_PAGE

    assert next_page(page(100), FIRST_PAGE) == 256
    assert next_page(page(10 << 20), FIRST_PAGE) == 1
    assert 1 < next_page(page(1 << 20), FIRST_PAGE) < 32


@pytest.mark.parametrize("config", [{}, {"configurable": None}, {"configurable": {}}])
def test_a_config_without_a_thread_is_told_what_to_pass(config: Any) -> None:
    for call in (place_of, wanted):
        with pytest.raises(InvalidArgumentError, match=r'names no thread: pass {"configurable"'):
            call(config)
    with pytest.raises(InvalidArgumentError, match="a filter of checkpoints is a mapping"):
        wanted(AT, labels=[1])  # type: ignore[arg-type]
