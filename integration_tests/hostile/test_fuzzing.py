"""The fuzzer itself, for some seconds; run as a program it goes on for longer."""

from __future__ import annotations

from collections import Counter

import pytest
from integration_tests.hostile.fuzzing import Fuzz, run
from integration_tests.hostile.fuzzing_adapters import shows_no_secret
from integration_tests.shared.hostile import SECRET

from pgrecall import Store

SECONDS, EXAMPLES = 6.0, 10
KINDS = (
    "ensure_collection upsert count search_text search_hybrid entry record langchain llama_index"
    " langgraph schema dsn"
).split()


def test_no_hostile_string_reaches_sql_another_row_or_a_message(fresh_dsn: str) -> None:
    with Store(fresh_dsn) as store:
        fuzz = Fuzz(store, fresh_dsn)
        run(fuzz, SECONDS, EXAMPLES)

    assert [kind for kind in KINDS if not any(made.startswith(kind) for made in fuzz.calls)] == []


@pytest.mark.parametrize(
    "dsn",
    [
        # found by the fuzzer: each put the password where another part belongs, or into an error
        f"postgresql://app:{SECRET}",
        f"postgresql://app:{SECRET}/docs",
        f"postgresql://app:{SECRET}@db/docs\ud800",
        f"host=db\0 password={SECRET}",
        f"host=db user= password={SECRET} dbname=docs",
        f"host= sslpassword='{SECRET}'",
        f"dbname='postgresql://app:{SECRET}@db/docs'",
    ],
)
def test_no_dsn_shows_its_password_where_another_part_belongs(dsn: str) -> None:
    calls: Counter[str] = Counter()
    shows_no_secret(dsn, calls)

    assert calls == {"dsn: refused": 2}


def test_a_port_list_and_an_encoded_password_are_taken() -> None:
    calls: Counter[str] = Counter()
    for dsn in (
        f"host=a,b port=5432,5433 user=app password={SECRET}",
        f"postgresql://app:{SECRET}%3D%2F%40@[::1]:5432,db/docs?target_session_attrs=any",
    ):
        shows_no_secret(dsn, calls)

    assert calls == {"dsn: taken": 4}
