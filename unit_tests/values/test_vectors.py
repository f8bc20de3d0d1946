"""Vectors on the wire: pgvector's binary form, and what is refused before it is sent."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from pgvector import HalfVector, Vector

from pgrecall._values.vectors import Encoded, Shape, decode, encode_query, encode_rows, to_matrix
from pgrecall.errors import DimensionMismatchError, InvalidArgumentError
from pgrecall.models import Metric

SHAPES = pytest.mark.parametrize("storage", ["vector", "halfvec"])


def shape(
    dimensions: int = 2, metric: Metric = Metric.L2, storage: str = "vector", name: str = "docs"
) -> Shape:
    return Shape(name, dimensions, metric, storage)


def matrix(vectors: list[Any], **keywords: Any) -> Any:
    return to_matrix(shape(**keywords), vectors, lambda place: f"vector {place}")


# the binary form


def test_a_vector_is_its_length_and_big_endian_float4() -> None:
    assert encode_query(shape(), [1.0, -2.5]) == bytes.fromhex("0002 0000 3f800000 c0200000")


def test_a_halfvec_is_its_length_and_big_endian_float2() -> None:
    encoded = encode_query(shape(storage="halfvec"), [1.0, -2.5])

    assert encoded == bytes.fromhex("0002 0000 3c00 c100")


def test_an_encoded_query_is_sent_as_it_is() -> None:
    assert isinstance(encode_query(shape(), [1, 2]), Encoded)


def test_rows_carry_the_length_word_that_copy_and_arrays_want() -> None:
    rows = encode_rows(shape(), np.array([[1, 2], [3, 4]], dtype=np.float32))

    assert rows.tobytes() == bytes.fromhex(
        "0000000c 0002 0000 3f800000 40000000 0000000c 0002 0000 40400000 40800000"
    )


@given(
    npst.arrays(
        np.float32,
        st.integers(1, 300),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
    )
)
def test_a_vector_is_encoded_as_pgvector_does(numbers: Any) -> None:
    encoded = encode_query(shape(len(numbers)), numbers)

    assert encoded == Vector(numbers).to_binary()
    assert np.array_equal(decode("vector", encoded), numbers)


@given(
    npst.arrays(
        np.float16,
        st.integers(1, 300),
        elements=st.floats(width=16, allow_nan=False, allow_infinity=False),
    )
)
def test_a_halfvec_is_encoded_as_pgvector_does(numbers: Any) -> None:
    encoded = encode_query(shape(len(numbers), storage="halfvec"), numbers)

    assert encoded == HalfVector(numbers).to_binary()
    assert np.array_equal(decode("halfvec", encoded), numbers.astype(np.float32))


@pytest.mark.parametrize("dimensions", [1, 2, 1_536, 16_000])
@SHAPES
def test_the_size_told_is_the_size_encoded(dimensions: int, storage: str) -> None:
    kind = shape(dimensions, storage=storage)

    assert len(encode_query(kind, np.ones(dimensions))) == kind.size


@SHAPES
def test_a_decoded_vector_is_a_float32_array_of_its_own(storage: str) -> None:
    encoded = encode_query(shape(storage=storage), [1, 2])

    decoded = decode(storage, encoded)

    assert decoded is not None
    assert decoded.dtype == np.float32
    assert decoded.dtype.isnative
    decoded[0] = 5  # owned and writable


@SHAPES
def test_no_vector_is_decoded_as_none(storage: str) -> None:
    assert decode(storage, None) is None


# what goes in


@pytest.mark.parametrize(
    "vector",
    [
        [3, 4],
        (3.0, 4.0),
        range(3, 5),
        np.array([3, 4], dtype=np.int64),
        np.array([3, 4], dtype=np.uint8),
        np.array([3, 4], dtype=np.float16),
        np.array([3, 4], dtype=np.float64),
        np.array([3, 4], dtype=">f8"),
        np.array([3, 9, 4, 9])[::2],
        [np.float32(3), np.int8(4)],
        Vector([3, 4]),
        HalfVector([3, 4]),
    ],
    ids=lambda vector: type(vector).__name__,
)
@SHAPES
def test_sequences_arrays_and_pgvectors_own_types_are_taken(vector: Any, storage: str) -> None:
    alone = matrix([vector], storage=storage)
    beside = matrix([[1, 2], vector, None], storage=storage)

    assert alone.tolist() == [[3, 4]]
    assert beside.tolist() == [[1, 2], [3, 4], [0, 0]]


def test_a_float32_matrix_is_stacked_in_one_piece() -> None:
    vectors = list(np.arange(6, dtype=np.float32).reshape(3, 2))

    stacked = matrix(vectors)

    assert stacked.dtype == np.float32
    assert np.array_equal(stacked, vectors)


def test_the_callers_array_is_not_kept() -> None:
    vector = np.array([1, 2], dtype=np.float32)
    stacked = matrix([vector])

    vector[0] = 9

    assert stacked.tolist() == [[1, 2]]


def test_vectors_that_are_all_missing_are_rows_of_zeros() -> None:
    assert matrix([None, None], metric=Metric.COSINE).tolist() == [[0, 0], [0, 0]]


def test_a_query_must_be_there() -> None:
    with pytest.raises(InvalidArgumentError, match="the query vector"):
        encode_query(shape(metric=Metric.COSINE), None)


@pytest.mark.parametrize("vector", [[], [1], [1, 2, 3], np.zeros(0), Vector([1, 2, 3])])
def test_another_length_is_told_with_both_lengths(vector: Any) -> None:
    length = 3 if isinstance(vector, Vector) else len(vector)

    with pytest.raises(DimensionMismatchError) as raised:
        matrix([[1, 2], vector])

    error = raised.value
    assert (error.collection, error.expected, error.got) == ("docs", 2, length)
    assert str(error).startswith(f"vector 1 has {length} dimensions; collection 'docs'")


@pytest.mark.parametrize(
    ("vector", "told"),
    [
        ("12", "not str"),
        (b"12", "not bytes"),
        (["1", "2"], "a list that holds something else"),
        ((1, None), "a tuple that holds something else"),
        ([1, [2]], "a list that holds something else"),
        ([[1, 2]], r"an array of shape \(1, 2\)"),
        (np.ones((2, 1)), r"an array of shape \(2, 1\)"),
        (np.array([1, 2], dtype=complex), "not ndarray"),
        (5, "not int"),
        ({"a": 1}, "not dict"),
        (object(), "not object"),
        ([10**400, 1], "a list that holds something else"),
    ],
)
def test_what_is_no_vector_is_told_by_what_it_is(vector: Any, told: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"vector 1 is no vector.*{told}"):
        matrix([[1, 2], vector])


def test_booleans_are_the_same_alone_and_beside_numbers() -> None:
    def taken(vectors: list[Any]) -> bool:
        try:
            matrix(vectors)
        except InvalidArgumentError:
            return False
        return True

    assert taken([[True, False]]) == taken([[True, False], [1, 0]])


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e39, -1e39])
def test_what_is_not_finite_as_float4_is_told_by_its_place(number: float) -> None:
    with pytest.raises(InvalidArgumentError, match="vector 1 holds NaN or infinity at position 1"):
        matrix([[1, 2], [1, number]])


@pytest.mark.parametrize("number", [65_520, -65_520, 1e10, math.nan])
def test_what_is_not_finite_as_float2_is_told_with_its_limit(number: float) -> None:
    with pytest.raises(InvalidArgumentError, match="65,504"):
        matrix([[1, number]], storage="halfvec")


def test_the_largest_finite_numbers_are_taken() -> None:
    largest = float(np.finfo(np.float32).max)

    assert matrix([[largest, -largest]]).tolist() == [[largest, -largest]]
    assert matrix([[65_504, -65_504]], storage="halfvec").tolist() == [[65_504, -65_504]]


@pytest.mark.parametrize("vector", [[0, 0], [0.0, -0.0], [1e-30, 1e-30], [1e-46, 0]])
def test_a_vector_without_length_has_no_cosine(vector: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"vector 1 is zero.*'docs' compares by cosine"):
        matrix([[1, 2], vector], metric=Metric.COSINE)


def test_a_vector_too_long_to_square_has_no_cosine() -> None:
    with pytest.raises(InvalidArgumentError, match="vector 0 is too large"):
        matrix([[1e30, 1]], metric=Metric.COSINE)


def test_what_rounds_to_zero_as_float2_has_no_cosine() -> None:
    with pytest.raises(InvalidArgumentError, match="is zero"):
        matrix([[1e-9, 0]], metric=Metric.COSINE, storage="halfvec")


@pytest.mark.parametrize("metric", [Metric.L2, Metric.IP, Metric.L1])
def test_zeros_are_vectors_where_no_direction_is_needed(metric: Metric) -> None:
    assert matrix([[0, 0]], metric=metric).tolist() == [[0, 0]]


@pytest.mark.parametrize("scale", [1.0, 1e-14, 1e-17, 1e17, 1e19])
def test_a_vector_that_comes_as_it_is_stored_is_encoded_as_any_other(scale: float) -> None:
    made = Shape("docs", 6, Metric.L2, "vector")
    numbers = (np.arange(1, 13, dtype=np.float32) * np.float32(scale))[::2]

    of_list = encode_rows(made, to_matrix(made, [numbers.tolist()], str))["vector"].tobytes()

    assert encode_query(made, numbers) == of_list
