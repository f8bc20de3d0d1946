"""Keys of frameworks as keys that PostgreSQL holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgrecall import InvalidArgumentError
from pgrecall._adapters.keys import MAX_PLAIN_BYTES, begin_of, from_stored, to_stored
from pgrecall._adapters.ttl import minutes_of
from pgrecall._values.strings import check_name
from pgrecall.models import Blob

LETTERS = st.sampled_from("\0\1\2\3\4\5a0é%_\\\ud800\udfff🦊")
KEYS = st.text(LETTERS, max_size=8) | st.text(LETTERS, min_size=180, max_size=600)


@settings(max_examples=60, deadline=None)
@given(KEYS, KEYS, st.integers(0, 130))
def test_any_key_can_be_kept_told_from_others_and_read_back(
    key: str, other: str, begin: int
) -> None:
    name, metadata = to_stored(key)

    check_name("a key", name, limit=MAX_PLAIN_BYTES)
    check_name("a key", str(metadata), limit=None)
    assert from_stored(Blob((), name, metadata=metadata)) == key
    assert (to_stored(other)[0] == name) is (other == key)
    assert name.startswith(begin_of(key[:begin]))
    if begin <= 100 and not other.startswith(key[:begin]):
        assert not to_stored(other)[0].startswith(begin_of(key[:begin]))


def test_a_plain_key_is_kept_as_it_is() -> None:
    assert to_stored("users/ada é") == ("users/ada é", None)


@pytest.mark.parametrize("call", [to_stored, begin_of])
def test_what_is_no_string_is_no_key(call: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="must be a string, not bytes"):
        call(b"key")


@pytest.mark.parametrize(
    ("ttl", "minutes"), [(None, None), (90, 1.5), (0.6, 0.01), (timedelta(hours=2), 120.0)]
)
def test_a_time_to_live_is_seconds_or_a_span(ttl: Any, minutes: float | None) -> None:
    assert minutes_of(ttl) == minutes


@pytest.mark.parametrize("ttl", [0, -1, timedelta(), float("nan"), float("inf"), True, "60", 1e30])
def test_what_is_no_time_to_live_is_refused(ttl: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="ttl must be a timedelta, or seconds, above 0"):
        minutes_of(ttl)
