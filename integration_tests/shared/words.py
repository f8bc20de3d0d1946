"""Words that are put wherever a user may write one: quotes, escapes, patterns, holes, letters."""

from __future__ import annotations

HOSTILE = (
    "'; DROP TABLE items; --",
    "x' OR '1'='1",
    "O'Brien",
    'say "hi"}',
    "back\\slash \\N \\u0000",
    "50% %s %(p0)s a_b",
    ":todo $1 {} {0} $$",
    "{a,b}",
    '["a"] *',
    "$eq",
    "NULL",
    " ",
    "\t\r\n\x01\x7f",
    "Größe e\u0301 文 \U0001f600",
    "\ufeff\u2028\uffff",
)
