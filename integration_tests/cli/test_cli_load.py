from __future__ import annotations

import gzip
import json
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pytest
from integration_tests.cli.cli_runs import Cli, messages, notes, popen, write_lines
from integration_tests.shared.proxy import proxy_to
from pyarrow import parquet

from pgrecall import Collection, Hnsw, Item, IvfFlat, Store
from pgrecall.cli.load import target as wanted

_MODULE = """
import time
from pathlib import Path
def embed(texts):
    with Path(__file__).with_suffix(".calls").open("a") as calls:
        calls.writelines(f"{text}\\n" for text in texts)
    return [[1.0, float(len(text))] for text in texts]
def slowly(texts):
    time.sleep(0.05)
    return embed(texts)
"""


@pytest.fixture
def cli(dsn: str, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Cli(dsn, tenant)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tenant: str) -> str:
    name = f"module_{tenant[-8:]}"
    (tmp_path / f"{name}.py").write_text(_MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return name


def _calls(folder: Path, module: str) -> list[str]:
    return (folder / f"{module}.calls").read_text().splitlines()


def test_a_file_is_loaded_with_the_bundled_model_and_found_by_a_question(
    cli: Cli, tmp_path: Path
) -> None:
    report = cli.json("load", write_lines(tmp_path / "notes.jsonl", notes()))
    assert (report["written"], report["rows"], report["created"]) == (20, 20, True)
    assert (report["collection"], report["dimensions"]) == ("notes", 256)
    answer = cli.json("search", "notes", "copy a directory", "--limit", "3")
    assert answer["mode"] == "hybrid"
    assert all("copy a folder" in match["text"] for match in answer["matches"])


def test_loading_the_same_file_again_writes_and_embeds_nothing(
    cli: Cli, tmp_path: Path, module: str
) -> None:
    rows = [{"text": f"text {place}", "page": place} for place in range(50)]
    file = write_lines(tmp_path / "notes.jsonl", rows)
    cli.run("load", file, "--embed", f"{module}:embed")
    before = len(_calls(tmp_path, module))
    again = cli.json("load", file)
    assert (again["written"], again["unchanged"], again["rows"]) == (0, 50, 50)
    assert len(_calls(tmp_path, module)) == before


def test_a_row_that_changed_is_stored_and_embedded_anew(
    cli: Cli, sync_store: Store, tmp_path: Path, module: str
) -> None:
    rows = notes()
    cli.run("load", write_lines(tmp_path / "notes.jsonl", rows), "--embed", f"{module}:embed")
    rows[3]["text"] = "something else"
    rows[4]["page"] = 99
    report = cli.json("load", write_lines(tmp_path / "notes.jsonl", rows))
    assert (report["written"], report["unchanged"]) == (2, 18)
    third, fourth = sync_store.get(cli.tenant, "notes", ["note-3", "note-4"])
    assert (third.text, fourth.metadata) == ("something else", {"page": 99})


def test_a_load_that_was_killed_goes_on_without_a_double_or_a_second_embedding(
    cli: Cli, sync_store: Store, tmp_path: Path, module: str
) -> None:
    rows = [{"text": f"text {place}"} for place in range(3_000)]
    words = ["load", write_lines(tmp_path / "notes.jsonl", rows), "--tenant", cli.tenant]
    words += ["--embed", f"{module}:slowly"]
    process = popen(cli.dsn, *words, path=tmp_path)
    stored, deadline = 0, time.monotonic() + 60
    while not stored and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
        if sync_store.describe_collection(cli.tenant, "notes"):
            stored = sync_store.count(cli.tenant, "notes")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    stored = sync_store.count(cli.tenant, "notes")
    assert 0 < stored < 3_000
    before = len(_calls(tmp_path, module))
    report = cli.json(*words[:2], "--embed", f"{module}:embed", "--model", f"{module}:slowly")
    assert (report["unchanged"], report["rows"]) == (stored, 3_000)
    assert len(_calls(tmp_path, module)) - before == 3_000 - stored


def test_one_broken_line_in_a_hundred_thousand_is_told_kept_and_the_rest_loaded(
    cli: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "many.jsonl"
    with file.open("w") as lines:
        for place in range(100_000):
            lines.write(f'{{"id": "{place}", "embedding": [1, {place}]}}\n')
    content = file.read_bytes().replace(b'{"id": "77000",', b'{"id": 77000 77000,')
    file.write_bytes(content)
    result = cli.run("load", str(file), "--language", "none", "--index", "none", code=2)
    (line,) = messages(result.stderr)
    assert "99,999 rows in all" in result.stdout
    assert "1 line was rejected: 77,001 (not JSON: Expecting ',' delimiter (column 14))" in line
    rejected = tmp_path / "many.rejected.jsonl"
    assert f"kept in {rejected}: mend it and load it" in line
    assert rejected.read_bytes() == b'{"id": 77000 77000, "embedding": [1, 77000]}\n'
    rejected.write_bytes(rejected.read_bytes().replace(b"77000 77000", b"77000"))
    words = ["load", str(rejected), "--collection", "many", "--language", "none"]
    assert cli.json(*words, "--index", "none")["rows"] == 100_000


def test_a_spreadsheets_table_is_told_and_loaded_as_its_columns_say(
    cli: Cli, sync_store: Store, tmp_path: Path
) -> None:
    file, vector = tmp_path / "parts.csv", json.dumps([0.5] * 8)
    head = "sep=;\r\nsku;lang;title;body;price;on;emb_ada;\r\n"
    row = f'M6;de;Schraube;größer;1.234,5;1.5.2024;"{vector}";\r\n'
    file.write_bytes((head + row).encode("cp1252"))
    words = ["load", str(file), "--text", "title,body", "--id", "sku,lang"]
    told = cli.told(*words)
    assert "line 3: not UTF-8: byte 0xf6 at 18; --encoding cp1252 would read it, as 'ö'" in told
    words += ["--encoding", "cp1252"]
    told = cli.run(*words).stderr
    assert (
        f"{file} (semicolons, cp1252): id: sku + lang; text: title + body; vectors: made by"
        " wordllama-l2-supercat-256; metadata: sku (text), lang (text), price (text), on (text),"
        " emb_ada (text)\n"
    ) in told
    assert "emb_ada looks like vectors of 8 numbers: --vectors emb_ada takes them" in told
    words += ["--column", "price:number:,", "--column", "on:date:%d.%m.%Y", "--vectors", "emb_ada"]
    result = cli.run(*words, "-c", "typed", "--json")
    assert result.stderr == ""
    (item,) = sync_store.get(cli.tenant, "typed", ['["M6", "de"]'])
    assert (item.text, item.vector.tolist()) == ("Schraube\n\ngrößer", [0.5] * 8)
    assert item.metadata == {"sku": "M6", "lang": "de", "price": 1234.5, "on": "2024-05-01"}


def test_bad_rows_of_every_kind_are_told_by_line_and_the_others_stored(
    cli: Cli, tmp_path: Path
) -> None:
    lines = [
        b'{"id": "a", "embedding": [1, 2], "text": "one"}',
        b'{"id": "b", "embedding": [1, 2, 3], "text": "two"}',
        b'{"id": "c", "embedding": [0, 0], "text": "three"}',
        b'{"id": "d", "embedding": [1, NaN], "text": "four"}',
        b'{"id": "e", "embedding": "far", "text": "five"}',
        b'{"embedding": [1, 2], "text": "six"}',
        b'{"id": "g", "embedding": [1, 2], "text": "se\\u0000ven"}',
        b'{"id": "h", "embedding": [1, 2], "text": "caf\xe9"}',
        b'{"id": "i", "embedding": [2, 1], "text": "nine"}',
    ]
    (tmp_path / "v.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    kept = tmp_path / "bad lines"
    report = cli.json("load", str(tmp_path / "v.jsonl"), "--reject", str(kept), code=2)
    assert (report["written"], report["rejected"], report["rows"]) == (2, 7, 2)
    reasons = {one["line"]: one["reason"] for one in report["reasons"]}
    assert list(reasons) == [2, 3, 4, 5, 6, 7, 8]
    for line, words in {
        2: "3 dimensions",
        3: "zero",
        6: "'id' is missing",
        7: "--clean takes it out",
    }.items():
        assert words in reasons[line]
    assert kept.read_bytes().splitlines() == lines[1:8]


def test_stop_on_error_stops_at_the_first_bad_line(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n{"text": \n{"text": "c"}\n')
    told = cli.told("load", str(tmp_path / "a.jsonl"), "--stop-on-error")
    assert told.startswith(f"pgrecall: line 2 of {tmp_path / 'a.jsonl'}: not JSON")
    assert not (tmp_path / "a.rejected.jsonl").exists()
    assert cli.json("collections") == []


def test_a_row_without_an_id_is_told_by_its_line_alone(cli: Cli, tmp_path: Path) -> None:
    rows = [{"text": "a", "embedding": [1, 2]}, {"text": "b\0", "embedding": [1, 2]}]
    told = cli.told("load", write_lines(tmp_path / "a.jsonl", rows), "--stop-on-error")
    assert f"line 2 of {tmp_path / 'a.jsonl'}: the text of the row holds NUL" in told


def test_an_embedding_column_of_the_wrong_length_is_one_line(
    cli: Cli, sync_store: Store, tmp_path: Path
) -> None:
    sync_store.ensure_collection(cli.tenant, Collection("notes", 3))
    rows = [{"id": str(place), "embedding": [1, 2]} for place in range(200)]
    told = cli.told("load", write_lines(tmp_path / "notes.jsonl", rows))
    assert "line 1: the vector of item '0' has 2 dimensions" in told
    assert "collection 'notes' holds vectors of 3" in told
    assert not (tmp_path / "notes.rejected.jsonl").exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("é".encode("latin-1") * 200, "can be used as jsonl; line 1: not UTF-8: byte 0xe9 at 1"),
        (b"\n\n", "holds no rows"),
        (b"", "holds no rows"),
        (b'{"title": "a"}\n', "name the one with the text with --text"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_and_leaves_nothing(
    cli: Cli, tmp_path: Path, content: bytes, told: str
) -> None:
    (tmp_path / "a.jsonl").write_bytes(content)
    assert told in cli.told("load", str(tmp_path / "a.jsonl"))
    assert [path.name for path in tmp_path.glob("a*")] == ["a.jsonl"]
    assert cli.json("collections") == []


def test_a_model_that_fails_leaves_no_collection_behind(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"failing_{cli.tenant[-8:]}"
    (tmp_path / f"{name}.py").write_text(
        "def f(texts):\n    return [[1.0]] if len(texts) == 1 else 1 / 0\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    file = write_lines(tmp_path / "notes.jsonl", notes())
    told = cli.told("load", file, "--embed", f"{name}:f")
    assert f"{name}:f failed: ZeroDivisionError" in told
    assert cli.json("collections") == []


def test_another_model_than_the_collections_is_refused(
    cli: Cli, tmp_path: Path, module: str
) -> None:
    file = write_lines(tmp_path / "notes.jsonl", notes())
    cli.run("load", file, "--embed", f"{module}:embed")
    told = cli.told("load", file, "--embed", f"{module}:slowly")
    assert f"embedding_model='{module}:embed'" in told


def test_a_csv_has_typed_metadata_and_derived_ids(
    cli: Cli, sync_store: Store, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text('body;page;zip\n"one\nmore";3;007\ntwo;4.5;\n')
    report = cli.json(
        "load", str(tmp_path / "a.csv"), "--fields", "page:number,on:datetime,a:b:boolean"
    )
    assert report["written"] == 2
    items = sync_store.list_items(cli.tenant, "a")
    metadata = {item.text: item.metadata for item in items}
    assert metadata == {"one\nmore": {"page": 3, "zip": "007"}, "two": {"page": 4.5}}
    collection = sync_store.describe_collection(cli.tenant, "a")
    assert collection is not None
    assert collection.fields == {"page": "number", "on": "datetime", "a:b": "boolean"}


def test_the_columns_of_a_file_are_chosen_by_options(
    cli: Cli, sync_store: Store, tmp_path: Path
) -> None:
    rows = [{"key": 1, "words": "copy a folder", "page": 2, "by": "x", "v": [1.0, 2.0]}]
    words = ["--text", "words", "--id", "key", "--metadata", "page", "--vectors", "v"]
    file = write_lines(tmp_path / "a.jsonl", rows)
    cli.run("load", file, *words, "--model", "mine", "--metric", "l2", "--language", "simple")
    assert sync_store.list_items(cli.tenant, "a") == [
        Item("1", np.array([1.0, 2.0]), "copy a folder", {"page": 2})
    ]
    made = sync_store.describe_collection(cli.tenant, "a")
    assert made is not None
    assert (made.embedding_model, made.metric, made.text_search) == ("mine", "l2", "simple")


def test_parquet_and_packed_files_are_loaded(cli: Cli, sync_store: Store, tmp_path: Path) -> None:
    vectors = pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32(), 2))
    table = pa.table({"id": ["a", "b"], "text": ["one", "two"], "n": [1, 2], "embedding": vectors})
    parquet.write_table(table, tmp_path / "a.parquet")
    with gzip.open(tmp_path / "b.jsonl.gz", "wt") as lines:
        lines.write(json.dumps({"id": "a", "text": "one", "embedding": [1.0, 2.0], "n": 1}))
    cli.run("load", str(tmp_path / "a.parquet"))
    cli.run("load", str(tmp_path / "b.jsonl.gz"))
    expected = [
        Item("a", np.array([1.0, 2.0]), "one", {"n": 1}),
        Item("b", np.array([3.0, 4.0]), "two", {"n": 2}),
    ]
    assert sync_store.list_items(cli.tenant, "a") == expected
    assert sync_store.list_items(cli.tenant, "b") == expected[:1]
    assert cli.json("load", str(tmp_path / "a.parquet"))["unchanged"] == 2


def test_vectors_kept_by_half_are_known_again(cli: Cli, sync_store: Store, tmp_path: Path) -> None:
    sync_store.ensure_collection(cli.tenant, Collection("a", 2, storage="halfvec"))
    rows = [{"id": "a", "embedding": [0.1, 0.2]}, {"id": "b", "embedding": [0.3, 0.4]}]
    file = write_lines(tmp_path / "a.jsonl", rows)
    assert cli.json("load", file)["written"] == 2
    rows[1]["embedding"] = [0.3, 0.5]
    write_lines(tmp_path / "a.jsonl", rows)
    again = cli.json("load", file)
    assert (again["written"], again["unchanged"]) == (1, 1)


def test_rejected_rows_never_overwrite_the_file_itself(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}\n")
    told = cli.told("load", str(tmp_path / "a.jsonl"), "--reject", str(tmp_path / "a.jsonl"))
    assert "would overwrite" in told
    assert (tmp_path / "a.jsonl").read_text() == "{}\n"


def test_rejected_rows_overwrite_neither_mended_ones_nor_those_of_another_file(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mended = write_lines(Path("a.rejected.jsonl"), [{"id": "m", "text": "mended"}])
    for name in ("a.jsonl", "a.json"):
        Path(name).write_text(f'{{"id": "{name}", "text": "one"}}\nbroken {name}\n')
    report = cli.json("load", "a.jsonl", "a.json", mended, "-c", "a", code=2)
    assert (report["written"], report["rejected"]) == (3, 2)
    kept = {path.name: path.read_text() for path in tmp_path.glob("*.rejected.jsonl")}
    assert kept == {
        "a.rejected.jsonl": '{"id": "m", "text": "mended"}\n',
        "a.jsonl.rejected.jsonl": "broken a.jsonl\n",
        "a.json.rejected.jsonl": "broken a.json\n",
    }


def test_what_is_no_file_to_keep_rejected_rows_in_stays_and_a_full_disk_is_told(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("kept").touch()
    Path("device").symlink_to("kept")  # as /dev/stdout is
    Path("a.jsonl").write_text("broken\n")
    assert "no line of a.jsonl can be used" in cli.told("load", "a.jsonl", "--reject", "device")
    assert Path("device").is_symlink()
    Path("a.jsonl").write_text('{"id": "a", "text": "one"}\nbroken\n')
    stored, told = messages(cli.run("load", "a.jsonl", "--reject", "/dev/full", code=2).stderr)
    assert "1 row stored" in stored
    assert told.endswith(
        "rejected rows cannot be kept in '/dev/full' (No space left on device): --reject names"
        " another file"
    )


def test_a_bad_row_of_parquet_is_kept_as_a_json_line(cli: Cli, tmp_path: Path) -> None:
    table = pa.table({"id": ["a", "b"], "v": [[1.0, 2.0], [1.0]], "n": [1, 2]})
    parquet.write_table(table, tmp_path / "a.parquet")
    report = cli.json("load", str(tmp_path / "a.parquet"), "--vectors", "v", code=2)
    assert [one["line"] for one in report["reasons"]] == [2]
    (kept,) = (tmp_path / "a.rejected.jsonl").read_text().splitlines()
    assert json.loads(kept) == {"id": "b", "v": [1.0], "n": 2}


def test_rows_whose_index_cannot_be_built_are_told_to_be_stored(
    fresh_dsn: str, tenant: str, tmp_path: Path
) -> None:
    with psycopg.connect(fresh_dsn, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF current_query() LIKE '%hnsw%' THEN RAISE 'no index today'; END IF; END $$"
        )
        connection.execute(
            "CREATE EVENT TRIGGER no_index ON ddl_command_start WHEN TAG IN ('CREATE INDEX')"
            " EXECUTE FUNCTION refuse()"
        )
    cli = Cli(fresh_dsn, tenant)
    rows = [{"id": str(n), "embedding": [1.0, n]} for n in range(20)]

    result = cli.run("load", write_lines(tmp_path / "a.jsonl", rows), "--index", "hnsw", code=2)

    assert "20 rows stored" in result.stdout
    assert "the rows are stored, and their index is not built" in result.stderr
    assert "no index today" in result.stderr


def test_a_server_that_goes_while_the_index_is_built_hides_neither_rows_nor_failure(
    fresh_dsn: str, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = Store.create_index
    rows = [{"id": str(n), "embedding": [1.0, n]} for n in range(20)]
    with proxy_to(fresh_dsn) as proxy:

        def gone(*arguments: Any, **keywords: Any) -> None:
            proxy.cut_before(b"", times=1_000)
            build(*arguments, **keywords)

        monkeypatch.setattr(Store, "create_index", gone)
        file = write_lines(tmp_path / "a.jsonl", rows)
        result = Cli(proxy.dsn, tenant).run("load", file, "--index", "hnsw", code=2)

    assert "20 rows stored" in result.stdout
    assert "the rows are stored, and their index is not built" in result.stderr


def test_a_server_that_goes_behind_the_rows_of_several_files_hides_none_of_them(
    fresh_dsn: str, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = []
    for name in ("a", "b"):
        rows = [{"id": f"{name}-{n}", "embedding": [1.0, n]} for n in range(20)]
        files.append(write_lines(tmp_path / f"{name}.jsonl", rows))
    read, load = Store.describe_collection, Store.load
    with proxy_to(fresh_dsn) as proxy:
        loads = []

        def loaded(*arguments: Any, **keywords: Any) -> int:
            loads.append(load(*arguments, **keywords))
            return loads[-1]

        def asked(*arguments: Any, **keywords: Any) -> Any:
            if len(loads) == len(files):
                proxy.cut_before(b"", times=1_000)
            return read(*arguments, **keywords)

        monkeypatch.setattr(Store, "load", loaded)
        monkeypatch.setattr(Store, "describe_collection", asked)
        result = Cli(proxy.dsn, tenant).run("load", *files, "--collection", "docs", code=2)

    assert "40 rows stored; the same command again goes on from there" in result.stderr


@pytest.mark.parametrize(
    ("choice", "dimensions", "index"),
    [
        ("auto", 4, None),
        ("none", 4, None),
        ("hnsw", 4, Hnsw()),
        ("hnsw-half", 4, Hnsw(quantization="half")),
        ("ivfflat", 4, IvfFlat()),
        ("auto", 2_001, Hnsw(quantization="half")),
    ],
)
def test_the_index_is_built_after_the_rows(  # noqa: PLR0917  # a case each
    cli: Cli,
    sync_store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    choice: str,
    dimensions: int,
    index: Any,
) -> None:
    monkeypatch.setattr(wanted, "INDEXED_ROWS", 20 if dimensions > 4 else 21)
    rows = [{"id": str(n), "embedding": [1.0] * (dimensions - 1) + [n]} for n in range(20)]
    cli.run("load", write_lines(tmp_path / "a.jsonl", rows), "--index", choice)
    made = sync_store.describe_collection(cli.tenant, "a")
    assert made is not None
    assert made.index == index


def test_text_that_the_model_knows_no_word_of_is_kept_without_a_vector(
    cli: Cli, sync_store: Store, tmp_path: Path
) -> None:
    cli.run(
        "load",
        write_lines(tmp_path / "a.jsonl", [{"id": "a", "text": "copy"}, {"id": "b", "text": ""}]),
    )
    first, second = sync_store.list_items(cli.tenant, "a")
    assert first.vector is not None
    assert second.vector is None
