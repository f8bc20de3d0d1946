from __future__ import annotations

import json

import numpy as np
import pytest

from pgrecall import errors
from pgrecall.cli.shared import escaping, output, wording


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 kB"), (8192, "8 kB"), (1_500_000, "1.4 MB"), (64 << 20, "64 MB"), (3 << 40, "3.0 TB")],
)
def test_sizes_are_told_in_powers_of_1024(size: int, text: str) -> None:
    assert output.bytes_text(size) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (7.6, "8"), (99, "99"), (12_345, "12,000"), (-1, "0")]
)
def test_estimates_have_two_digits(count: float, text: str) -> None:
    assert output.rounded(count) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.84, "0.8 s"), (42.4, "42 s"), (185, "3 min 5 s")])
def test_durations_are_told_as_people_do(seconds: float, text: str) -> None:
    assert output.seconds_text(seconds) == text


def test_stored_text_cannot_command_a_terminal() -> None:
    assert escaping.clean("a\x1b[31mb\x07\x9bc\td\r\ne") == r"a\x1b[31mb\x07\x9bc" + "\td\ne"
    assert escaping.clean("a\u202eb\ud800\n\t", lines=False) == r"a\u202eb\ud800\n\t"
    assert output.cell("[bold]x[/bold]\n").plain == r"[bold]x[/bold]\n"
    assert output.cell("one\ntwo", lines=True).plain == "one\ntwo"


HOSTILE = "".join(
    map(chr, [*range(32), *range(127, 160), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F)])
) + "".join(map(chr, range(0x2066, 0x206A)))


@pytest.mark.parametrize("ascii_only", [False, True])
def test_json_is_the_same_data_without_what_a_terminal_obeys(ascii_only: bool) -> None:
    value = {HOSTILE: [HOSTILE, "é", "\ud800"]}
    text = output.json_text(value, ascii_only=ascii_only)
    assert json.loads(text) == value
    assert not set(text) & set(HOSTILE)
    assert text.isascii() is ascii_only


def test_a_message_is_one_line_and_names_commands() -> None:
    error = errors.InvalidArgumentError(
        f"no index of 'create_index()':\n {errors.CREATE_INDEX}", advice=errors.CREATE_INDEX
    )
    told = output.one_line(wording.in_commands(error))
    assert told == "no index of 'create_index()': `pgrecall index create` builds one"


def test_every_call_that_an_error_advises_has_a_name_on_the_command_line() -> None:
    advised = [value for value in vars(errors).values() if isinstance(value, errors.Advice)]
    assert advised
    for advice in advised:
        error = errors.PgRecallError(f"wrong: {advice}", advice=advice)
        assert str(error) == f"wrong: {advice}"
        assert advice.name not in wording.in_commands(error)


def test_a_message_without_advice_is_told_as_it_is() -> None:
    said = "metadata['create_index() builds one'] is no text: reindex()"
    assert wording.in_commands(errors.InvalidArgumentError(said)) == said


def test_vectors_have_no_more_digits_than_they_have() -> None:
    assert output.vector_json(np.array([0.1, 1e-8, 3.0], dtype=np.float32)) == [0.1, 1e-8, 3.0]
    assert output.vector_json(None) is None


def test_a_vector_is_shown_by_its_beginning() -> None:
    assert output.numbers(np.array([0.5, 2.0])) == "[0.5, 2] 2 numbers"
    assert output.numbers(np.ones(100)) == "[1, 1, 1, 1, ...] 100 numbers"


def test_metadata_is_one_line() -> None:
    assert output.pairs({"page": 3, "by": "a b", "x": "y", "t": ["z"]}) == (
        'page=3  by="a b"  x=y  t=["z"]'
    )
