"""Questions are read from files as people have them."""

import csv
import gzip
from pathlib import Path

import pytest

from pgrecall import InvalidArgumentError
from pgrecall.evaluation import Question, read_questions


def said(questions: list[Question]) -> list[tuple[str | None, str, object]]:
    return [(question.id, question.text, question.relevant) for question in questions]


def test_json_lines_have_ids_or_grades(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(
        '{"text": "who?", "relevant": ["a", "b"], "id": "q1"}\n\n'
        '{"question": "what?", "relevant": {"a": 2}, "vector": [1, 0], "known_item": true}\n'
    )
    first, second = read_questions(path)
    assert said([first, second]) == [("q1", "who?", ["a", "b"]), (None, "what?", {"a": 2})]
    assert second.vector.tolist() == [1, 0]
    assert (first.known_item, second.known_item) == (False, True)


def test_a_spreadsheet_has_ids_in_one_cell(tmp_path: Path) -> None:
    path = tmp_path / "questions.csv"
    path.write_text(
        '\ufeffQuestion,Relevant\nwho?,a; b\n"what, then?","c\nd"\nwhen?,"{""a"": 2}"\nwhy?,\n,\n'
    )
    assert said(read_questions(path)) == [
        (None, "who?", ["a", "b"]),
        (None, "what, then?", ["c", "d"]),
        (None, "when?", {"a": 2}),
        (None, "why?", ()),
    ]


@pytest.mark.parametrize("ending", ["csv", "tsv"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_columns_are_apart_by_what_the_line_of_names_has(
    tmp_path: Path, ending: str, mark: str
) -> None:
    path = tmp_path / f"questions.{ending}"
    path.write_text(f'id{mark}Question{mark}Relevant\n7{mark}who?{mark}"a; b"\n')
    assert said(read_questions(path)) == [("7", "who?", ["a", "b"])]


def test_a_folder_as_beir_has_them(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "queries.jsonl").write_text(
        '{"_id": "1", "text": "who?", "metadata": {}}\n{"_id": "2", "text": "what?"}\n'
    )
    (tmp_path / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\n1\tdoc 1\t2\n")
    assert said(read_questions(tmp_path, split="dev")) == [
        ("1", "who?", {"doc 1": 2.0}),
        ("2", "what?", {}),
    ]


def test_judgements_as_trec_has_them(tmp_path: Path) -> None:
    (tmp_path / "topics.tsv").write_text("id\ttext\n7\twho?\n")
    (tmp_path / "qrels.txt").write_text("7 0 a 1\n7 0 b -1\n8 0 c 1\n")
    found = read_questions(tmp_path / "topics.tsv", qrels=tmp_path / "qrels.txt")
    assert said(found) == [("7", "who?", {"a": 1.0, "b": 0.0})]


def test_a_compressed_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "who?", "relevant": ["a"]}\n'))
    assert said(read_questions(path)) == [(None, "who?", ["a"])]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("q.txt", "who?", "JSON lines"),
        ("q.jsonl", "who?", "line 1 is no JSON"),
        ("q.jsonl", '["who?"]', "must be a JSON object, not list"),
        ("q.jsonl", '{"txt": "who?"}', "has no text or question or query; it has txt"),
        ("q.csv", "name,ids\nx,a\n", "line 2 has no text"),
        ("q.csv", 'text,relevant\nwho?,"[a"\n', "looks like JSON and is none"),
        ("q.jsonl", '{"text": ' + "[" * 100_000, "line 1 is no JSON"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(
    tmp_path: Path, name: str, content: str, told: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InvalidArgumentError, match=told):
        read_questions(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("1 a\n", "line 1 has 2 columns"),
        ("1 0 a 1\n1 0 b high\n", "line 2: 'high' is no grade"),
        ("9 0 a 1\n", "judges no question of"),
    ],
)
def test_judgements_that_cannot_be_read_are_told(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "q.jsonl").write_text('{"_id": "1", "text": "who?"}\n')
    (tmp_path / "qrels").write_text(content)
    with pytest.raises(InvalidArgumentError, match=told):
        read_questions(tmp_path / "q.jsonl", qrels=tmp_path / "qrels")


def test_a_file_or_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"cannot be read: .*No such file"):
        read_questions(tmp_path / "none.jsonl")
    with pytest.raises(InvalidArgumentError, match=r"has no qrels/test\.tsv"):
        read_questions(tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("text,relevant\ncaf\u00e9?,a\n".encode("latin-1"), "save it anew as UTF-8"),
        (gzip.compress(b"text,relevant\nwho?,a\n", mtime=0)[:-9], "cannot be read"),
    ],
)
def test_a_file_that_is_damaged_or_of_another_encoding_is_told(
    tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "q.csv").write_bytes(content)
    with pytest.raises(InvalidArgumentError, match=told):
        read_questions(tmp_path / "q.csv")


def test_a_cell_that_python_reads_none_of_is_told(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text(f"text,relevant\nwho?,{'a' * 2_000}\n")
    before = csv.field_size_limit(1_000)  # of the whole process
    try:
        with pytest.raises(InvalidArgumentError, match="field larger than field limit"):
            read_questions(tmp_path / "q.csv")
    finally:
        csv.field_size_limit(before)
