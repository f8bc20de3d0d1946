"""JSON lines as rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pgrecall.cli.files.lines import CutLine, too_long
from pgrecall.cli.files.rows import BadRow, Row
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall.cli.files.encodings import Encoding


def rows(lines: Iterator[bytes], name: str, encoding: Encoding) -> Iterator[Row | BadRow]:
    """Give a row for each line that is not blank.

    Raises:
        InvalidArgumentError: The file is one array.
    """
    for number, raw in enumerate(lines, start=1):
        if number == 1 and raw.lstrip().startswith(b"["):
            raise InvalidArgumentError(
                f"{name} holds one JSON array; an object a line is needed: jq -c '.[]' {name} >"
                " rows.jsonl"
            )
        if isinstance(raw, CutLine):
            yield BadRow(number, too_long("line"), raw)
        elif raw and not raw.isspace():
            yield _row(number, raw, encoding)


def _row(number: int, raw: bytes, encoding: Encoding) -> Row | BadRow:
    try:
        values = json.loads(encoding.text(raw).rstrip("\r\n"))
    except UnicodeDecodeError as error:
        return BadRow(number, encoding.told(error), raw)
    except json.JSONDecodeError as error:
        told = f"{error.msg.removesuffix(' at')} (column {error.colno})"
        return BadRow(number, f"not JSON: {told}", raw)
    except (ValueError, RecursionError) as error:  # a number of too many digits, too deep
        return BadRow(number, f"not JSON: {error}", raw)
    if isinstance(values, dict):
        return Row(number, values, raw)
    return BadRow(number, f"a JSON object is needed, not {_kind(values)}", raw)


def _kind(value: object) -> str:
    kinds = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")
