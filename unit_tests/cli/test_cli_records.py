from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pgrecall.cli.files.rows import Row
from pgrecall.cli.load.columns import FileColumns, choose_columns
from pgrecall.cli.load.records import derived_id, read_record, typed_cell
from pgrecall.errors import InvalidArgumentError


def _choose(sample: dict[str, Any], **options: Any) -> FileColumns:
    given: dict[str, Any] = {
        "text": None,
        "id_": None,
        "vector": None,
        "metadata": None,
        "embeds": False,
        "typed": True,
    }
    return choose_columns(sample, "a.jsonl", **given | options)


def _record(values: dict[str, Any], **columns: Any) -> Any:
    given: dict[str, Any] = {
        "text": "text",
        "id": "id",
        "vector": None,
        "metadata": None,
        "typed": True,
    }
    return read_record(Row(1, values), FileColumns(**given | columns))


@pytest.mark.parametrize("name", ["text", "content", "body"])
def test_the_text_is_found_by_its_usual_names(name: str) -> None:
    assert _choose({"title": "a", name: "b"}).text == name


def test_vectors_are_found_by_name_and_kind_unless_a_model_is_named() -> None:
    sample = {"text": "a", "embedding": [0.1, 0.2]}
    assert _choose(sample).vector == "embedding"
    assert _choose(sample, embeds=True).vector is None
    assert _choose({"text": "a", "embedding": "none"}).vector is None


def test_a_column_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        _choose({"title": "a", "page": 1}, text="body")
    assert str(raised.value) == "a.jsonl has no column 'body' (--text); it has 'title', 'page'"


def test_without_a_text_the_option_is_named() -> None:
    with pytest.raises(InvalidArgumentError, match="name the one with the text with --text"):
        _choose({"title": "a"})


def test_every_other_column_is_metadata() -> None:
    made = _record({"id": 7, "text": "a", "page": 1, "tags": ["x"]})
    assert (made.id, made.text, made.metadata) == ("7", "a", {"page": 1, "tags": ["x"]})


def test_named_columns_alone_are_metadata() -> None:
    assert _record({"id": "a", "text": "b", "c": 1, "d": 2}, metadata=("d", "e")).metadata == {
        "d": 2
    }


@pytest.mark.parametrize("nested", [{"page": 1, "by": "x"}, '{"page": 1, "by": "x"}'])
def test_an_object_named_metadata_is_the_metadata(nested: object) -> None:
    made = _record({"id": "a", "text": "b", "metadata": nested, "page": 2})
    assert made.metadata == {"page": 2, "by": "x"}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"id": "a"}, "no 'text'"),
        ({"id": "a", "text": ["b"]}, "'text' is a list, no text"),
        ({"text": "b"}, "'id' is missing"),
        ({"id": "", "text": "b"}, "'id' is empty"),
        ({"id": True, "text": "b"}, "'id' is a boolean, no id"),
        ({"id": {}, "text": "b"}, "'id' is an object, no id"),
    ],
)
def test_a_row_that_is_no_item_says_why(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        _record(values)
    assert str(raised.value) == reason


def test_a_missing_text_is_empty_where_it_is_null() -> None:
    assert _record({"id": "a", "text": None}).text == ""


def test_a_vector_may_be_written_as_json_text() -> None:
    assert _record({"id": "a", "text": "", "v": "[1, 2.5]"}, vector="v").vector == [1, 2.5]
    with pytest.raises(InvalidArgumentError, match="'v' is no list of numbers"):
        _record({"id": "a", "text": "", "v": "one"}, vector="v")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("7", 7),
        ("-7", -7),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("007", "007"),
        ("+49", "+49"),
        ("1,5", "1,5"),
        ("nan", "nan"),
        ("1e999", "1e999"),
        ("9" * 30, 1e30),
        ("1.", "1."),
        ("٣", "٣"),
    ],
)
def test_a_cell_of_csv_that_is_a_number_becomes_one(cell: str, value: object) -> None:
    assert typed_cell(cell) == value
    assert type(typed_cell(cell)) is type(value)


def test_an_empty_cell_of_csv_is_no_metadata_and_ids_stay_text() -> None:
    made = _record({"id": "007", "text": "12", "page": "", "zip": "0"}, typed=False)
    assert (made.id, made.text, made.metadata) == ("007", "12", {"zip": 0})


def test_the_same_row_gives_the_same_id_and_another_another() -> None:
    one = derived_id("a", {"x": 1, "y": 2})
    assert one == derived_id("a", {"y": 2, "x": 1})
    assert len(one) == 16
    others = [
        derived_id("b", {"x": 1, "y": 2}),
        derived_id("a", {"x": 1}),
        derived_id("\ud800", {}),
    ]
    assert len({one, *others}) == 4


def test_rows_without_text_are_told_apart_by_their_vectors() -> None:
    assert derived_id("", {}, [1.0, 2.0]) == derived_id("", {}, np.array([1.0, 2.0]))
    assert derived_id("", {}, [1.0, 2.0]) != derived_id("", {}, [1.0, 3.0])


def test_what_parquet_has_and_json_has_not_becomes_text() -> None:
    made = _record({"id": "a", "text": "", "when": np.datetime64("2024-01-02"), "v": np.ones(2)})
    assert made.metadata == {"when": "2024-01-02", "v": [1.0, 1.0]}
