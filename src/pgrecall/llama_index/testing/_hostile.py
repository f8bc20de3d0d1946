"""Strings that break what is put together from them."""

HOSTILE = (
    "O'Brien",
    'say "hi"',
    "50%",
    "snake_case",
    ":todo",
    "$1",
    "back\\slash",
    "{braces}",
    "dotted.name",
    "x' OR '1'='1",
    "'; DROP TABLE items; --",
    "Zoë 🦊",
    "long " * 40,
)
