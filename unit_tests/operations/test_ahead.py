"""What a write leaves behind that is interrupted while it reads its items."""

from __future__ import annotations

import inspect
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from unit_tests.statements.golden_values import STORED

from pgrecall import InvalidArgumentError
from pgrecall._operations.items import ahead
from pgrecall._operations.items.ahead import ReadAhead, check_not_within

if TYPE_CHECKING:
    from types import FrameType

READ = ReadAhead.read


def reading(items: Any) -> ReadAhead[Any]:
    return ReadAhead(lambda _: None, items, STORED, is_callers=False)  # type: ignore[arg-type]  # never filled


def lines() -> list[int]:
    """The lines of ``read``'s own code."""
    source, first = inspect.getsourcelines(READ)
    return list(range(first, first + len(source)))


@pytest.mark.parametrize("line", lines())
def test_wherever_reading_is_interrupted_the_next_write_is_not_within_it(line: int) -> None:
    def interrupting(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code is READ.__code__ and event == "line" and frame.f_lineno == line:
            raise KeyboardInterrupt
        return interrupting

    before = sys.gettrace()
    sys.settrace(interrupting)
    try:
        with suppress(KeyboardInterrupt):  # what is tested is what it leaves
            reading(iter(())).read()
    finally:
        sys.settrace(before)
    check_not_within(STORED)
    ahead._BEING_WRITTEN.set(())


def test_a_write_from_within_the_iterable_of_another_is_refused() -> None:
    def items() -> Any:
        check_not_within(STORED)
        yield [], True

    another = reading(items())
    another.read()
    with pytest.raises(InvalidArgumentError, match="from within the iterable"):
        next(another.next_batch())
