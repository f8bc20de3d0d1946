"""What errors carry, through a pickle and a copy too."""

from __future__ import annotations

import copy
import pickle
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

import pgrecall
from pgrecall import (
    CollectionConflictError,
    CollectionNotFoundError,
    DatabaseError,
    DimensionMismatchError,
    Hnsw,
    InvalidArgumentError,
    PgRecallError,
    errors,
)
from pgrecall._operations.moved import MovedError
from pgrecall._values.json_text import json_bytes
from pgrecall.errors import CLEAN, CREATE_COLLECTION

if TYPE_CHECKING:
    from collections.abc import Callable


class ApplicationError(CollectionNotFoundError):
    """A subclass with a constructor of its own, as an application may have one."""

    def __init__(self, *, page: int) -> None:
        super().__init__("t", "docs", f" for page {page}")
        self.page = page


ARGUMENTS: dict[type[PgRecallError], tuple[Any, ...]] = {
    DimensionMismatchError: ("docs", 3, 4, "the vector of item 'a'"),
    CollectionNotFoundError: ("t", "docs", " any more", "call it again"),
    MovedError: ("t", "docs"),
    CollectionConflictError: ("index", None, Hnsw(), "docs"),
}


def every_class(base: type[PgRecallError] = PgRecallError) -> list[type[PgRecallError]]:
    below = [found for kind in base.__subclasses__() for found in every_class(kind)]
    ours = [kind for kind in below if kind.__module__.startswith("pgrecall.")]
    return [base, *ours]


CLASSES = [*every_class(), ApplicationError]


def made(kind: type[PgRecallError]) -> PgRecallError:
    if kind is ApplicationError:
        return ApplicationError(page=3)
    if kind is DatabaseError:
        return DatabaseError("told [57014]", sqlstate="57014", hint="wait")
    return kind(*ARGUMENTS.get(kind, ("told",)))


def pickled(error: Exception) -> Any:
    return pickle.loads(pickle.dumps(error))  # noqa: S301  # what the line before made


def test_every_error_of_the_package_is_among_the_classes_tested() -> None:
    public = {getattr(pgrecall, name) for name in pgrecall.__all__ if name.endswith("Error")}
    assert public <= set(CLASSES)


@pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_an_error_is_whole_after_a_pickle_and_a_copy(
    kind: type[PgRecallError], again: Callable[[Exception], Any]
) -> None:
    error = made(kind)
    error.written = 7
    error.add_note("the third file")
    error.__cause__ = psycopg.errors.UndefinedTable("no such table")

    found = again(error)

    assert type(found) is kind
    assert (str(found), found.args) == (str(error), error.args)
    assert vars(found) == vars(error)
    assert (found.written, found.__notes__) == (7, ["the third file"])
    assert type(found.__cause__) is psycopg.errors.UndefinedTable
    assert str(found.__cause__) == "no such table"
    assert found.__suppress_context__


def test_a_cause_that_cannot_be_pickled_is_left_out_and_the_rest_is_whole() -> None:
    error = DatabaseError("told", sqlstate="57014")
    error.__cause__ = OSError(threading.Lock())
    found = pickled(error)
    assert (str(found), found.sqlstate, found.__cause__) == ("told", "57014", None)


class DemandingError(Exception):
    """An error of another package that is written into a pickle and cannot be read from it."""

    def __init__(self, *, code: int) -> None:
        super().__init__(f"code {code}")


def test_a_cause_that_cannot_be_read_from_a_pickle_is_left_out() -> None:
    error = PgRecallError("told")
    error.__cause__ = DemandingError(code=3)
    assert (str(pickled(error)), pickled(error).__cause__) == ("told", None)


def test_causes_in_a_long_chain_or_in_a_ring_are_pickled_once_each() -> None:
    error = first = PgRecallError("0")
    for place in range(1, 60):
        outer = PgRecallError(str(place))
        outer.__cause__, error = error, outer
    found = pickled(error)
    assert str(found.__cause__.__cause__) == "57"
    first.__cause__ = first  # as `raise error from error` makes it
    ring = pickled(first)
    assert ring.__cause__ is ring


def test_a_cause_of_the_package_that_cannot_be_pickled_is_left_out() -> None:
    error = PgRecallError("told")
    error.__cause__ = CollectionConflictError("x", lambda: 1, 2)
    assert (str(pickled(error)), pickled(error).__cause__) == ("told", None)


def test_an_error_without_a_cause_keeps_its_attributes_in_a_chain_of_pickles() -> None:
    found = pickled(pickled(CollectionConflictError("metric", "l2", "ip", "docs")))
    assert (found.field, found.existing, found.requested) == ("metric", "l2", "ip")
    assert str(found) == "collection 'docs' exists with metric='l2'; 'ip' was requested"


def test_an_explanation_keeps_what_the_server_said() -> None:
    said = DatabaseError("not allowed [0A000]; hint: ask", sqlstate="0A000", hint="ask")
    explained = said.explained("it is on no list")
    assert str(explained) == ("it is on no list (the server says: not allowed [0A000]; hint: ask)")
    assert (explained.sqlstate, explained.hint) == ("0A000", "ask")


@pytest.mark.parametrize(
    "metadata",
    [{"a": "x\0"}, {"a": [{"b": "\ud800"}]}, {"x\0": 1}],
    ids=["NUL", "a lone surrogate", "a key"],
)
def test_what_would_help_is_an_attribute_and_ends_the_message(metadata: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        json_bytes(metadata, "the metadata of item 'a'")

    for error in (raised.value, pickled(raised.value), copy.copy(raised.value)):
        assert error.advice == CLEAN
        assert str(error).endswith(" clean=True takes it out")
        assert error.naming({"clean=True": "--clean"}) == str(error).replace(
            "clean=True takes", "--clean takes"
        )
        assert error.naming({}) == str(error)


def test_a_missing_collection_advises_what_creates_one_unless_it_says_otherwise() -> None:
    assert CollectionNotFoundError("t", "docs").advice == CREATE_COLLECTION
    assert CollectionNotFoundError("t", "docs", "", "call it again").advice is None


def test_the_words_of_an_advice_stand_in_one_place() -> None:
    # elsewhere an error would say them and not have them as its attribute
    advised = [str(value) for value in vars(errors).values() if isinstance(value, errors.Advice)]
    package = Path(pgrecall.__file__).parent
    others = [path for path in package.rglob("*.py") if path.name != "errors.py"]
    assert advised
    assert [
        (path.name, words) for path in others for words in advised if words in path.read_text()
    ] == []
