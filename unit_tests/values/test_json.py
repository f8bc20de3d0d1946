from __future__ import annotations

import json
import sys
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrecall._values.conversions import MAX_DEPTH, cleaned_deeply
from pgrecall._values.json_text import _joined, _read, json_bytes, plain_json, read_json, to_text
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def nested(depth: int, *, lists: bool = False) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] if lists else {"k": value}
    return value


def deepest(value: Any) -> tuple[int, Any]:
    depth = 0
    while isinstance(value, dict | list):
        value = value["k"] if isinstance(value, dict) else value[0]
        depth += 1
    return depth, value


def from_a_deep_stack(function: Callable[[], T], room: int = 60) -> T:
    """Call where the interpreter has room for so many calls more."""

    def deeper(left: int) -> T:
        return function() if left == 0 else deeper(left - 1)

    frame, used = sys._getframe(), 0
    while frame := frame.f_back:  # type: ignore[assignment]  # None ends it
        used += 1
    return deeper(sys.getrecursionlimit() - used - room)


@given(values)
def test_what_reads_and_writes_without_calls_within_calls_agrees_with_python(value: Any) -> None:
    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert _read(compact) == value
    assert _read(json.dumps(value, indent=1)) == value
    write = json.JSONEncoder(ensure_ascii=False).encode
    assert _joined(value, write, ",", ":") == compact


@pytest.mark.parametrize("lists", [False, True])
@pytest.mark.parametrize("depth", [1, 90, 950, 3_000, 100_000])
def test_what_is_stored_is_read_at_any_depth_and_from_a_deep_stack(depth: int, lists: bool) -> None:
    text = "[" * depth + "1" + "]" * depth if lists else '{"k": ' * depth + "1" + "}" * depth
    assert deepest(read_json(text)) == (depth, 1)
    assert deepest(from_a_deep_stack(lambda: read_json(text))) == (depth, 1)


def test_what_was_read_is_written_again_at_any_depth() -> None:
    value = read_json('{"k": ' * 3_000 + "1" + "}" * 3_000)
    assert deepest(read_json(to_text(value))) == (3_000, 1)
    assert deepest(read_json(to_text(value, indent=2))) == (3_000, 1)
    assert to_text({"a": [1, "ü"]}) == '{"a": [1, "ü"]}'
    deep: Any = "ü"
    for _ in range(3_000):
        deep = [deep]
    for value in (["ü"], deep):
        assert '"\\u00fc"' in to_text(value, ascii_only=True)


@pytest.mark.parametrize("lists", [False, True])
def test_the_greatest_depth_is_written_from_a_deep_stack_and_one_more_is_told(lists: bool) -> None:
    value = nested(MAX_DEPTH, lists=lists)
    data = from_a_deep_stack(lambda: json_bytes(value, "it"))
    assert json.loads(data) == value
    for call in (lambda function: function(), from_a_deep_stack):
        with pytest.raises(InvalidArgumentError, match=r"^it nests deeper than 100 levels"):
            call(lambda: json_bytes([value], "it"))


def test_what_holds_itself_is_told_at_once_however_often_it_does() -> None:
    value: list[Any] = []
    value += [value] * 50
    for check in (plain_json, json_bytes):
        with pytest.raises(InvalidArgumentError, match=r'or holds itself, at it\["a"\]\[49\]\['):
            check({"a": value}, "it", "it")
    assert cleaned_deeply(value) is value


@pytest.mark.parametrize("text", ['{"a": 1', "[1", "", "]", '"a" "b"'])
def test_what_is_no_json_is_an_error_and_no_endless_loop(text: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        _read(text)


def test_threads_may_read_deep_values_at_once() -> None:
    text, found = '{"k": ' * 2_000 + "1" + "}" * 2_000, []
    threads = [
        threading.Thread(target=lambda: found.append(deepest(read_json(text)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(2_000, 1)] * 8
