"""``pgrecall adopt``: what it proposes, and what it prints."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from integration_tests.adopted.places import Place, places
from integration_tests.cli.cli_runs import Cli

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = """
CREATE TABLE articles (slug text PRIMARY KEY, body text, title text, about text, lang text,
    published date, author_id bigint, tags text[], embedding vector(3), attributes jsonb,
    updated timestamptz, created_at timestamptz, reset_token text, picture bytea, "Odd, name" int,
    tokens tsvector GENERATED ALWAYS AS (to_tsvector('german', coalesce(body, ''))) STORED);
INSERT INTO articles (slug, body, title, about, lang, embedding) VALUES
    ('a', 'kurz', 'Ein Titel', repeat('lang ', 20), 'de', '[1,2,3]'),
    ('b', 'kurz', 'Noch einer', repeat('lang ', 20), 'de', NULL);
CREATE INDEX ON articles USING hnsw (embedding vector_l2_ops);
CREATE VIEW seen AS SELECT slug AS id, body FROM articles;
CREATE TABLE bare (slug text, score int);
ANALYZE articles
"""


@pytest.fixture(scope="module")
def place(dsn: str) -> Iterator[Place]:
    for made in places(dsn):
        made.run(TABLE)
        yield made


@pytest.fixture
def cli(dsn: str, tenant: str) -> Cli:
    return Cli(dsn, tenant, columns=160)


def test_the_table_alone_is_looked_at_and_the_command_that_is_printed_works(
    cli: Cli, place: Place
) -> None:
    shown = cli.run("adopt", place("articles")).stdout
    words = shlex.split(shown.splitlines()[-1])

    assert words[:3] == ["pgrecall", "adopt", place("articles")]
    told = dict(zip(words[3::2], words[4::2], strict=True))
    assert told == {
        "--id": "slug",
        "--text": "title,body,about",
        "--vector": "embedding",
        "--metadata": 'lang,published,author_id,tags,"Odd, name"',
        "--metadata-json": "attributes",
        "--created-at": "created_at",
        "--updated-at": "updated",
        "--text-search": "german",
        "--tenant": cli.tenant,
    }
    assert "the primary key" in shown
    assert "about takes 101 bytes" in shown
    assert "its type bytea is not understood" in shown
    assert "by its name it may be secret" in shown
    assert "tokens is made of body alone: words of title, about are not searched" in shown

    done = cli.run(*words[1:], tenant=False).stdout

    assert done == f"articles: 2 items of {place('articles')} can be searched (l2, index hnsw)\n"
    assert cli.json("search", "articles", "kurz", "--mode", "text")["matches"][0]["id"] == "a"
    forgotten = f"articles is forgotten; {place('articles')} stays as it is\n"
    assert cli.run("drop", "articles", "--yes").stdout == forgotten
    assert place.ask("SELECT count(*) FROM articles") == [(2,)]


def test_the_command_that_is_printed_can_be_pasted_whatever_names_are(
    cli: Cli, place: Place
) -> None:
    place.run(
        'CREATE TABLE "o\x1bd\n\'`d $x\u202e" ("i\nd" int PRIMARY KEY, "bo\tdy\' \\%s" text,'
        ' "e,\n" vector(2), "\u00fc\x07" text)'
    )
    named = place('"o\x1bd\n\'`d $x\u202e"')
    more = ("--writable", "--metric", "l1", "--text-search", "none", "--embedding-model", "m o")

    line = cli.run("adopt", named, *more).stdout.splitlines()[-1]

    assert line.isprintable()
    printed = subprocess.run(  # what the command says, to be split alone
        [shutil.which("bash") or "bash", "-c", f"printf '%s\\0' {line}"],
        capture_output=True,
        check=True,
    )
    words = printed.stdout.decode().split("\0")[:-1]
    assert words[:3] == ["pgrecall", "adopt", named]
    made = json.loads(cli.run(*words[1:], "--json", tenant=False).stdout)
    assert made["writable"]
    told = (made["metric"], made["text_search"], made["embedding_model"])
    assert told == ("l1", None, "m o")
    assert "--id takes columns" in cli.told("adopt", named, "--id", "i\nd")


def test_as_json_a_proposal_has_its_reasons(cli: Cli, place: Place) -> None:
    found = cli.json("adopt", place("seen"), "--name", "mine")

    assert found["kind"] == "view"
    assert found["rows"] is None
    assert found["chosen"] == {"id": ["id"], "text": ["body"]}
    assert found["why"]["id"].startswith("by its name; every row is looked at")
    assert found["notes"] == ["no column has vectors: only texts would be searched"]
    assert found["command"][-4:] == ["--name", "mine", "--tenant", cli.tenant]


def test_a_table_without_an_id_is_told_what_it_lacks(cli: Cli, place: Place) -> None:
    shown = cli.run("adopt", place("bare")).stdout

    assert "--id COLUMN" in shown.splitlines()[-1]
    assert f"CREATE UNIQUE INDEX CONCURRENTLY ON {place('bare')} (...)" in shown


def test_as_json_what_was_adopted_is_told(cli: Cli, place: Place) -> None:
    words = ["adopt", place("seen"), "--id", "id", "--text", "body", "--name", "mine"]
    words += ["--where", "id = b", "-w", '{"id": "b"}', "--text-search", "none"]

    made = cli.json(*words)

    assert made["collection"] == "mine"
    assert (made["items"], made["text_search"], made["dimensions"]) == (1, None, None)
    assert cli.json(*words) == made


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["{t}", "--text", "body"], "--id COLUMN says what tells rows apart"),
        (["{t}", "--id", "slug,,body"], "--id takes columns with commas between"),
        (["{t}", "--id", "slug", "--text", "bodi"], "no column 'bodi'; did you mean 'body'"),
        (["{t}x", "--id", "slug", "--text", "body"], "is not there"),
        (["{t}x"], "did you mean"),
        (["{t}", "--id", "slug", "--text", "body", "--where", "{{"], "--where is not JSON"),
        (["{t}", "--id", "slug", "--text", "body", "-w", "x"], "an operator belongs here"),
        (["{t}", "--id", "slug", "--text", "body", "--text-search", "french"], "by 'german'"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    cli: Cli, place: Place, words: list[str], told: str
) -> None:
    assert told in cli.told("adopt", *(word.format(t=place("articles")) for word in words))


def test_a_collection_whose_table_is_gone_can_be_forgotten(cli: Cli, place: Place) -> None:
    place.run("CREATE TABLE gone (id int PRIMARY KEY, body text)")
    cli.run("adopt", place("gone"), "--id", "id", "--text", "body")
    place.run("DROP TABLE gone")

    assert f"stands on table {place('gone')}, which is gone" in cli.told("search", "gone", "x")
    assert "is forgotten" in cli.run("drop", "gone", "--yes").stdout
