from __future__ import annotations

import numpy as np
import pytest

from pgrecall import InvalidArgumentError
from pgrecall._values.memory import checked_memory, memory_text

_MB, _GB = 1 << 20, 1 << 30


@pytest.mark.parametrize(
    ("given", "size"),
    [
        (6 * _GB, 6 * _GB),
        (np.int64(_GB), _GB),
        ("6GB", 6 * _GB),
        (" 6 gb ", 6 * _GB),
        ("512MB", 512 * _MB),
        ("512MiB", 512 * _MB),
        ("1.5GB", 1_536 * _MB),
        ("2048kB", 2 * _MB),
        ("1048576", _MB),
        ("1TB", 1 << 40),
    ],
)
def test_an_amount_of_memory_is_bytes_or_a_string_with_a_unit(given: object, size: int) -> None:
    assert checked_memory("build_memory", given) == size


@pytest.mark.parametrize(
    "given",
    ["", "GB", "6 apples", "-1GB", "1e3MB", "6GB\0", "٦GB", "9" * 400, 0, -1, 1023, "2TB", True,
     1.5e9, None, b"6GB", [6]],
    ids=repr,
)  # fmt: skip
def test_what_is_none_is_told_with_what_would_do(given: object) -> None:
    with pytest.raises(InvalidArgumentError, match=r'build_memory=.*such as "6GB"'):
        checked_memory("build_memory", given)


@pytest.mark.parametrize("size", [1, _MB, 700 * _MB + 1, 7 * _GB, 20 * _GB + 1])
def test_what_is_written_can_be_given_back_and_is_no_less(size: int) -> None:
    again = checked_memory("build_memory", memory_text(size))
    assert size <= again <= max(1.1 * size, _MB)
