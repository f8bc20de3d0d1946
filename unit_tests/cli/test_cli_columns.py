"""What columns become: types that are said, several texts and ids, and what is told before."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from pgrecall.cli.files.row_file import RowFile
from pgrecall.cli.files.rows import Row
from pgrecall.cli.load import plan
from pgrecall.cli.load.column_types import read_types
from pgrecall.cli.load.columns import FileColumns, choose_columns
from pgrecall.cli.load.records import read_record
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pathlib import Path


def value(type_: str, given: Any) -> Any:
    return read_types([f"a:{type_}"], ["a"], "f", complete=True)["a"].value(given, "a")


def chosen(sample: dict[str, Any], **options: Any) -> FileColumns:
    usual: dict[str, Any] = {"text": None, "id_": None, "vector": None, "metadata": None}
    return choose_columns(sample, "f", **{**usual, "embeds": False, "typed": False, **options})


def record(sample: dict[str, Any], **options: Any) -> Any:
    return read_record(Row(1, sample), chosen(sample, **options))


@pytest.mark.parametrize(
    ("type_", "given", "made"),
    [
        ("text", "007", "007"),
        ("text", "", ""),
        ("text", 7, "7"),
        ("text", ["é"], '["é"]'),
        ("number", "1,234.5", 1234.5),
        ("number", " -12 ", -12),
        ("number", "1e3", 1000.0),
        ("number", 2.5, 2.5),
        ("number:,", "1,5", 1.5),
        ("number:,", "1.234.567,25", 1234567.25),
        ("number:,", "1\u202f234", 1234),
        ("number:,", "12 345,0", 12345.0),
        ("number:,", "", None),
        ("number", "9" * 30, float("9" * 30)),
        ("boolean", "YES", True),
        ("boolean", 0, False),
        ("boolean:Ja/Nein", "nein", False),
        ("date", "2024-05-01", "2024-05-01"),
        ("date:%d.%m.%Y", "1.5.2024", "2024-05-01"),
        ("date:%m/%d/%y", "12/31/99", "1999-12-31"),
        ("date", dt.datetime(2024, 5, 1, 7, tzinfo=dt.UTC), "2024-05-01"),
        ("datetime", "2024-05-01 07:05", "2024-05-01T07:05:00"),
        ("datetime:%d.%m.%Y %H:%M", "1.5.2024 7:05", "2024-05-01T07:05:00"),
        ("datetime:%Y-%m-%d %H:%M %z", "2024-05-01 07:05 +0200", "2024-05-01T07:05:00+02:00"),
        ("json", '{"a": [1]}', {"a": [1]}),
        ("json", "", None),
        ("list:;", "a; b ;;c", ["a", "b", "c"]),
        ("list", "a,b", ["a", "b"]),
        ("skip", "anything", None),
    ],
)
def test_a_value_is_read_as_its_column_says(type_: str, given: Any, made: Any) -> None:
    assert value(type_, given) == made
    assert type(value(type_, given)) is type(made)


@pytest.mark.parametrize(
    ("type_", "given", "told"),
    [
        ("number:,", "1.5", "'a' is no number with a decimal comma: '1.5'"),
        ("number", "1,5", "'a' is no number: '1,5'"),
        ("number", "nan", "'a' is no number: 'nan'"),
        ("number", "1e999", "'a' is no number: '1e999'"),
        ("number", True, "'a' is no number: 'True'"),
        ("boolean", "maybe", "'a' is no boolean (true or false, yes or no, 1 or 0): 'maybe'"),
        ("boolean:ja/nein", "yes", "'a' is no boolean (ja or nein): 'yes'"),
        ("date:%d.%m.%Y", "31.02.2024", "'a' is no date, %d.%m.%Y: '31.02.2024'"),
        ("date", "1.5.2024", "'a' is no date, as 2001-12-31: '1.5.2024'"),
        ("datetime", 7, "'a' is no time, as 2001-12-31T23:59:59: '7'"),
        ("json", "{", "'a' is no JSON: '{'"),
        ("json", "[" * 100_000, f"'a' is no JSON: '{'[' * 40}'"),
        ("list", 7, "'a' is no list: '7'"),
    ],
)
def test_a_value_that_is_something_else_is_told(type_: str, given: Any, told: str) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        value(type_, given)
    assert str(raised.value) == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["a"], "--column takes NAME:text, .*'a' is none of them"),
        ([":number"], "':number' is none of them"),
        (["a:money"], "'a:money' is none of them"),
        (["b:number"], r"f has no column 'b' \(--column\); it has 'a'"),
        (["a:number", "a:text"], "says twice what 'a' is"),
        (["a:number:;"], "'a:number:;': a number's decimals stand behind . or , and not ';'"),
        (["a:date:%d.%m."], "'%d.%m.' does not tell a day"),
        (["a:date:%Q"], "'%Q' does not tell a day"),
        (["a:date:%d.%m.%Y %H"], "tells more than a day: call it a datetime"),
        (["a:boolean:ja"], "the two words of a boolean have a slash between"),
        (["a:json:x"], "json takes nothing more, not 'x'"),
    ],
)
def test_a_type_that_cannot_be_used_is_told(given: list[str], told: str) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        read_types(given, ["a"], "f", complete=True)


def test_a_name_with_colons_is_found_among_the_columns() -> None:
    types = read_types(["dc:date:date:%Y%m%d"], ["dc:date"], "f", complete=True)
    assert types["dc:date"].value("20240501", "a") == "2024-05-01"


def test_several_texts_are_joined_by_a_blank_line_and_the_empty_left_out() -> None:
    sample = {"title": "One", "sub": "", "body": "Two", "n": "1"}
    made = record(sample, text="title,sub,body")
    assert (made.text, made.metadata) == ("One\n\nTwo", {"n": 1})
    assert record(sample, text="title, body", metadata=["title"]).metadata == {"title": "One"}
    assert record({"a,b": "x"}, text="a,b").text == "x"


def test_rows_of_json_may_lack_one_of_several_texts_but_not_all() -> None:
    columns = chosen({"title": "One"}, text="title,body", typed=True)
    assert read_record(Row(1, {"body": "Two"}), columns).text == "Two"
    with pytest.raises(InvalidArgumentError, match="no 'title' or 'body'"):
        read_record(Row(1, {"n": 1}), columns)


def test_usual_names_are_found_in_any_case_and_as_they_are_before_that() -> None:
    sheet = chosen({"ID": "1", "Text": "words", "Embedding": "[1]"})
    assert (sheet.id, sheet.text, sheet.vector) == ("ID", "Text", "Embedding")
    assert chosen({"Text": "a title", "content": "words"}).text == "content"


def test_an_id_of_several_columns_is_their_json_array_and_they_stay_metadata() -> None:
    made = record({"text": "x", "sku": "M6", "no": "7"}, id_="sku,no")
    assert (made.id, made.metadata) == ('["M6", "7"]', {"sku": "M6", "no": 7})
    made = record({"text": "x", "sku": "M6", "no": "7"}, id_="sku,no", types=["no:number"])
    assert made.id == '["M6", 7]'
    with pytest.raises(InvalidArgumentError, match="'no' is empty"):
        record({"text": "x", "sku": "M6", "no": ""}, id_="sku,no")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"text": "title,nothing"}, r"no column 'nothing' \(--text\)"),
        ({"id_": "title,nothing"}, r"no column 'nothing' \(--id\)"),
        ({"text": "title", "types": ["title:skip"]}, r"no column 'title' \(--text\)"),
        ({"types": ["text:skip"]}, "with --text, or 'v', which looks like vectors, with --vect"),
    ],
)
def test_columns_that_are_not_there_are_told(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        chosen({"title": "a", "text": "b", "v": "[1, 2]"}, **options)


def test_types_are_kept_from_cells_that_look_otherwise() -> None:
    sample = {"text": "x", "plz": "01234", "code": "1e5", "gone": "7", "price": "1,5"}
    types = ["plz:text", "code:text", "gone:skip", "price:number:,"]
    assert record(sample, types=types).metadata == {"plz": "01234", "code": "1e5", "price": 1.5}


def told(folder: Path, capsys: pytest.CaptureFixture[str], content: str, **options: Any) -> Any:
    path = folder / ("f.jsonl" if content.startswith("{") else "f.csv")
    path.write_text(content)
    with closing(RowFile(str(path), None)) as source:
        rows = list(source.rows())
        typed = source.format != "csv"
        sample = rows[0].values
        every, seen = plan.look(iter(rows), chosen(sample or {}, typed=typed, **options))
        plan.tell(source, seen, "a model")
    assert list(every) == rows
    lines = capsys.readouterr().err.splitlines()
    return [line.replace(f"pgrecall: {path}", "F").replace("pgrecall: ", "") for line in lines]


def test_before_a_load_its_columns_are_told_with_types(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = "sku;text;n;x;on;empty\nM6;a;1;7;2024-05-01;\nM8;b;;07;2024-05-02;\n"
    assert told(tmp_path, capsys, content, id_="sku") == [
        (
            "F (semicolons): id: sku; text: text; vectors: made by a model; metadata: n (number), x"
            " (number or text), on (datetime)"
        )
    ]
    row = '{"text": "a", "ok": true, "tags": ["a"], "by": {"x": 1}, "none": null, "\\n": 1}\n'
    assert told(tmp_path, capsys, row * 2) == [
        (
            "F: id: derived from the content; text: text; vectors: made by a model; metadata: ok"
            " (boolean), tags (list), by (object), none (empty), '\\n' (number)"
        )
    ]
    many = "{" + ", ".join(f'"k{place}": 1' for place in range(20)) + ', "text": "a"}\n'
    assert told(tmp_path, capsys, many)[0].endswith("k11 (number), 8 more")


def test_what_looks_like_something_else_is_told_with_what_makes_it_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = (
        "text;emb_ada;at;price;on;us;either;ok\n"
        'a;"[0.1, 0.2]";[1, 2];1,5;01.05.2024;12/31/2024;01/02/2024;1.5\n'
        'b;"[0.3, 0.4]";[1, 2];1.000,25;31.05.2024;01/02/2024;01/02/2024;2\n'
    )
    assert told(tmp_path, capsys, content)[1:] == [
        "emb_ada looks like vectors of 2 numbers: --vectors emb_ada takes them",
        (
            "price is text and looks like numbers with a decimal comma; as such: --column"
            " price:number:,"
        ),
        "on is text and looks like dates; as such: --column on:date:%d.%m.%Y",
        "us is text and looks like dates; as such: --column us:date:%m/%d/%Y",
    ]
    assert not told(tmp_path, capsys, content, metadata=["ok"])[1:]
    numbers = ", ".join(["0.5"] * 8)
    lines = f'{{"text": "a", "v w": [{numbers}]}}\n{{"text": "b", "v w": [{numbers}]}}\n'
    assert told(tmp_path, capsys, lines, types=["pirce:number"])[1:] == [
        "v w looks like vectors of 8 numbers: --vectors 'v w' takes them",
        "--column names pirce, which none of the first 2 rows has",
    ]
