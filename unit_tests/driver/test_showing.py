"""``progress=``: whom a call tells how far it is, and what is drawn where it is True."""

from __future__ import annotations

import io
import logging
import re
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from pgrecall import IndexProgress, InvalidArgumentError
from pgrecall._driver import showing as driver
from pgrecall._progress import rich_bars, showing, tqdm_bars
from pgrecall._progress.showing import LogLines

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


class Drawn:
    """What a bar would draw."""

    def __init__(self, *made: object) -> None:
        self.made = made
        self.seen: list[Any] = []

    def update(self, *now: object) -> None:
        self.seen.append(now)

    def close(self, *, is_done: bool) -> None:
        self.seen.append(is_done)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Drawn]:
    bars: list[Drawn] = []

    def shown(*made: object) -> Drawn:
        bars.append(Drawn(*made))
        return bars[-1]

    monkeypatch.setattr(driver, "shown", shown)
    return bars


def telling(*steps: Any) -> Callable[..., Generator[Any, Any, Any]]:
    def operation(*, progress: Any) -> Generator[Any, Any, Any]:
        for step in steps:
            if isinstance(step, Exception):
                raise step
            if progress is not None:
                progress(step)
        return progress
        yield

    return operation


def run(operation: Generator[Any, Any, Any]) -> Any:
    try:
        next(operation)
    except StopIteration as ended:
        return ended.value


def show(progress: object, *steps: Any, name: object = "n", given: object = None) -> Any:
    return run(driver.showing(progress, "Loading", name, "rows", telling(*steps), given))


@pytest.mark.parametrize("nothing", [None, False])
def test_nobody_is_told_where_nothing_was_given(nothing: object, drawn: list[Drawn]) -> None:
    assert show(nothing, 1, 2) is None
    assert drawn == []


def test_a_function_is_told_as_it_is(drawn: list[Drawn]) -> None:
    told: list[int] = []
    function = told.append
    assert show(function, 1, 2) is function
    assert (told, drawn) == ([1, 2], [])


@pytest.mark.parametrize("given", [1, "yes", [print]])
def test_what_is_no_function_is_refused(given: object) -> None:
    told = "progress must be a function, True for a bar, or None, not"
    with pytest.raises(InvalidArgumentError, match=told):
        show(given)


def test_true_shows_every_kind_of_step(drawn: list[Drawn]) -> None:
    build = IndexProgress("building index: loading tuples", 3, 9)
    show(True, 5, 10, build, IndexProgress("measuring", 1, 0), "one\nfound\x1b[2J", "two")
    assert drawn[0].made == ("Loading n", "rows", None)
    assert drawn[0].seen == [
        (5, None, ""),
        (10, None, ""),
        (3, 9, "loading tuples"),
        (1, None, "measuring"),
        (1, None, "one found\\x1b[2J"),
        (2, None, "two"),
        True,
    ]


def test_a_bar_ends_with_its_call_however_that_ends(drawn: list[Drawn]) -> None:
    with pytest.raises(RuntimeError, match="of the verb"):
        show(True, 5, RuntimeError("of the verb"))
    assert drawn[0].seen == [(5, None, ""), False]

    def waiting(*, progress: Any) -> Generator[Any, Any, Any]:
        yield progress

    operation = driver.showing(True, "Loading", "n", "rows", waiting)
    next(operation)
    operation.close()
    assert drawn[1].seen == [False]


class Lazy:
    """Has a length that a database would be asked for."""

    def __len__(self) -> int:
        raise AssertionError


@pytest.mark.parametrize(
    ("given", "total"),
    [
        ([1, 2], 2),
        ((1,), 1),
        ({1, 2}, 2),
        ({"a": 1}.values(), 1),
        (iter([1]), None),
        (Lazy(), None),
    ],
)
def test_how_much_there_is_is_known_of_what_holds_it(
    drawn: list[Drawn], given: object, total: int | None
) -> None:
    show(True, given=given)
    assert drawn[0].made[2] == total


@pytest.mark.parametrize(
    ("name", "label"),
    [
        (None, "Loading"),
        (SimpleNamespace(name="of it"), "Loading of it"),
        (7, "Loading"),
        ("a\nb\x1b[31m\u202e", "Loading a b\\x1b[31m\\u202e"),
        ("n" * 100, f"Loading {'n' * 23}…"),
    ],
)
def test_a_bar_is_called_by_its_collection_and_nothing_in_that_is_obeyed(
    drawn: list[Drawn], name: object, label: str
) -> None:
    show(True, name=name)
    assert drawn[0].made[0] == label


def test_where_a_call_runs_is_told_by_the_shell_and_by_stderr(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert showing.place() == "log"
    monkeypatch.setattr(sys, "stderr", None)
    assert showing.place() == "log"
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: True))
    assert showing.place() == "terminal"
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert showing.place() == "notebook"
    del shell.kernel  # IPython on a terminal
    assert showing.place() == "terminal"


@pytest.mark.parametrize(
    ("place", "installed", "made"),
    [
        ("terminal", {"rich", "tqdm"}, "RichBar"),
        ("terminal", {"tqdm"}, "TqdmBar"),
        ("terminal", set(), "LogLines"),
        ("notebook", {"rich", "tqdm"}, "TqdmBar"),
        ("notebook", {"rich", "ipywidgets"}, "RichBar"),
        ("notebook", {"rich"}, "LogLines"),
        ("log", {"rich", "tqdm"}, "LogLines"),
    ],
)
def test_what_draws_is_chosen_by_where_it_runs_and_what_is_there(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    place: str,
    installed: set[str],
    made: str,
) -> None:
    monkeypatch.setattr(showing, "place", lambda: place)
    monkeypatch.setattr(showing, "_has", installed.__contains__)
    monkeypatch.setattr(showing, "_missing_told", [])
    for bars in (rich_bars, tqdm_bars):
        name = "RichBar" if bars is rich_bars else "TqdmBar"
        monkeypatch.setattr(bars, name, type(name, (Drawn,), {"__init__": _of_any}))
    for _ in range(2):
        shown: Any = showing.shown("Loading n", "rows", None)
        assert type(shown._shown).__name__ == made
    lacking = made == "LogLines" and place != "log"
    told = [record for record in caplog.records if 'install "pgrecall[cli]"' in record.message]
    assert len(told) == lacking  # once


def _of_any(self: Drawn, *made: object, **_: object) -> None:
    Drawn.__init__(self, *made)


def test_the_log_is_told_now_and_then_and_at_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [100.0]
    monkeypatch.setattr(showing, "time", SimpleNamespace(monotonic=lambda: now[0]))
    caplog.set_level(logging.INFO, "pgrecall")
    lines = LogLines("Loading n", "rows", 1_000)
    for passed, done in ((1, 100), (10, 200), (11, 300), (20, 400)):
        now[0] = 100.0 + passed
        lines.update(done, None, "")
    lines.close(is_done=True)
    build = LogLines("Indexing n", "", None)
    build.update(1, 2, "loading")
    build.close(is_done=False)
    assert [record.getMessage() for record in caplog.records] == [
        "Loading n: 200 of 1,000 rows in 10 s, 20 a second, 40 s left",
        "Loading n: 400 of 1,000 rows in 20 s, 20 a second, 30 s left",
        "Loading n: 400 of 1,000 rows in 20 s, 20 a second, 30 s left; done",
        "Indexing n: loading, 1 of 2 in 0 s",
        "Indexing n: loading, 1 of 2 in 0 s; ended",
    ]


def test_a_bar_that_cannot_be_drawn_ends_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Drawn):
        def update(self, *_: object) -> None:
            raise OSError

        def close(self, *, is_done: bool) -> None:
            raise AssertionError(is_done)

    monkeypatch.setattr(showing, "_made", Broken)
    shown = showing.shown("Loading n", "rows", None)
    shown.update(1, None, "")
    shown.update(2, None, "")
    shown.close(is_done=True)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    out = io.StringIO()
    monkeypatch.setattr(
        rich_bars,
        "Console",
        lambda **_: Console(file=out, force_terminal=True, width=80, color_system=None),
    )
    return out


def test_bars_of_several_calls_stand_one_below_the_other(screen: io.StringIO) -> None:
    first = rich_bars.RichBar("Loading n", "rows", 2_000)
    second = rich_bars.RichBar("Indexing m", "", None)
    assert first._progress is second._progress
    first.update(1_000, None, "")
    second.update(3, 9, "loading tuples")
    second.close(is_done=False)
    first.update(1_500, None, "")
    first.close(is_done=True)
    assert rich_bars._SCREEN._progress is None
    *_, first_line, second_line, _ = screen.getvalue().splitlines()
    assert re.search("Loading n +━+ +1,500/1,500 rows", first_line)
    assert re.search("Indexing m: loading tuples ━+ +3/9 ", second_line)
    assert rich_bars.RichBar("again", "", None).close(is_done=True) is None


def test_what_is_printed_into_a_file_is_not_drawn(
    screen: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stdout", written)
    bar = rich_bars.RichBar("Loading n", "rows", None)
    sys.stdout.write("data\n")
    bar.close(is_done=True)
    assert written.getvalue() == "data\n"
    assert "data" not in screen.getvalue()


def test_a_line_fits_eighty_columns(screen: io.StringIO) -> None:
    bar = rich_bars.RichBar(f"Re-embedding {'n' * 24}", "rows", 90_000_000)
    bar.update(45_000_000, None, "")
    assert bar._task.start_time is not None
    bar._task.start_time -= 3_600
    bar.close(is_done=False)
    line = screen.getvalue().splitlines()[-2].rpartition("\x1b[2K")[2]
    assert re.fullmatch(
        r"Re-embedding n{14,15}… ━+╸? +45,000,000/90,000,000 rows 12,\d+/s 1:00:0\d", line
    )
    assert len(line) == 80


def test_bars_of_tqdm_begin_anew_with_each_phase(capsys: pytest.CaptureFixture[str]) -> None:
    bar = tqdm_bars.TqdmBar("Indexing n", "", None)
    bar.update(8, 9, "loading")
    bar.update(2, 4, "scanning")
    assert (bar._bar.n, bar._bar.total) == (2, 4)
    bar.update(1, None, "measuring")
    assert (bar._bar.n, bar._bar.total) == (1, None)
    bar.close(is_done=True)
    assert "measuring" in capsys.readouterr().err
