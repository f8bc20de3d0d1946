"""What `make twins` makes is current, and it is made by tokens."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from twins.handles import bound
from twins.layout import ROOT, laid_out
from twins.making import header, made_texts
from twins.repeated import repeated
from twins.sync import awaited_methods, synced
from twins.table import TWINS


def sync_of(text: str, **options: object) -> str:
    text = dedent(text).lstrip()
    given = {"names": {}, "words": {}, **options}
    return laid_out(synced(text, **given), ROOT / "src/pgrecall/sample.py")  # type: ignore[arg-type]


def test_made_files_are_what_their_sources_say() -> None:
    stale = [
        path.relative_to(ROOT)
        for path, text in made_texts(TWINS).items()
        if path.read_text("utf-8") != text
    ]

    assert not stale, "make twins"


def test_a_made_file_says_what_made_it_and_from_what() -> None:
    for twin in TWINS:
        first = (ROOT / "src/pgrecall" / twin.made).read_text("utf-8").split("\n", 1)[0]
        assert "make twins" in first
        assert f"src/pgrecall/{twin.source}" in first
        assert header(twin.source).startswith(first)


def test_awaiting_goes_and_what_stands_beside_it_stays() -> None:
    assert (
        sync_of(
            '''
        async def read(  # the caller's
            pool: AsyncPool,
        ) -> list[str]:
            """Read."""
            async with pool.take() as connection:
                # await is a word here, and async too
                async for row in connection:
                    await row.read()
            return [await each async for each in (await pool.rest())[1:]], "await async with"
        '''
        )
        == dedent(
            '''
        def read(  # the caller's
            pool: Pool,
        ) -> list[str]:
            """Read."""
            with pool.take() as connection:
                # await is a word here, and async too
                for row in connection:
                    row.read()
            return [each for each in pool.rest()[1:]], "await async with"
        '''
        ).lstrip()
    )


def test_names_are_mapped_whole_in_code_comments_and_docstrings_and_strings_stay() -> None:
    assert (
        sync_of(
            '''
        from pgrecall._driver.async_driver import AsyncDriver


        class AsyncThing(GivenAsyncPool):
            """An ``AsyncThing`` stands on an ``AsyncDriver``."""

            async def __aenter__(self) -> AsyncThing:
                # the AsyncDriver's
                self.driver = cast("AsyncDriver", make_x("AsyncDriver"))
                return f"{self.aclose} {{AsyncDriver}} {await self.aclose(AsyncDriver):>{aiter}}"
        '''
        )
        == dedent(
            '''
        from pgrecall._driver.driver import Driver


        class Thing(GivenPool):
            """An ``Thing`` stands on an ``Driver``."""

            def __enter__(self) -> Thing:
                # the Driver's
                self.driver = cast("Driver", make_x("AsyncDriver"))
                return f"{self.close} {{AsyncDriver}} {self.close(Driver):>{iter}}"
        '''
        ).lstrip()
    )


def test_an_awaited_method_loses_its_a_where_it_is_made_and_called() -> None:
    text = '''
        async def aadd(self) -> int:
            """As ``aadd``."""
            return await self._afind(await self.model.aembed_query(self.again))

        async def _afind(self, what: object) -> int:
            return await what.add()
        '''
    methods = awaited_methods(dedent(text))

    assert methods == {"aadd", "_afind"}
    assert (
        sync_of(text, methods=methods, names={"aembed_query": "embed_query"})
        == dedent(
            '''
        def add(self) -> int:
            """As ``add``."""
            return self._find(self.model.embed_query(self.again))


        def _find(self, what: object) -> int:
            return what.add()
        '''
        ).lstrip()
    )


def test_a_name_mapped_to_itself_keeps_its_a() -> None:
    text = "async def add() -> None: ...\nasync def aput() -> None: ...\n"

    assert awaited_methods(text, frozenset({"add"})) == {"aput"}


def test_a_method_with_async_in_front_is_called_without_it() -> None:
    text = "async def async_add(self): return await self.async_add()\n"

    assert awaited_methods(text) == set()
    assert sync_of(text, methods=awaited_methods(text)) == "def add(self):\n    return self.add()\n"


def test_two_names_with_a_dot_are_mapped_together() -> None:
    made = sync_of(
        "await asyncio.sleep(1)\nother.sleep(asyncio)\n", names={"asyncio.sleep": "time.sleep"}
    )

    assert made == "time.sleep(1)\nother.sleep(asyncio)\n"


def test_a_type_that_can_be_awaited_is_what_it_gives() -> None:
    made = sync_of("x: Callable[[A], Awaitable[list[B]]] | Coroutine[Any, Any, AsyncC] = y\n")

    assert made == "x: Callable[[A], list[B]] | C = y\n"


def test_what_is_for_async_alone_is_left_out_and_imports_without_use_too() -> None:
    assert (
        sync_of(
            """
        import asyncio
        import time


        async def stay() -> float:
            if True:  # ASYNC
                await asyncio.sleep(0)
            else:
                # the clock's
                now = time.time()
            return now


        # of the loop
        @cached
        async def go() -> None:
            await asyncio.sleep(0)
        """,
            left_out=frozenset({"go"}),
        )
        == dedent(
            """
        import time


        def stay() -> float:
            # the clock's
            now = time.time()
            return now
        """
        ).lstrip()
    )


def test_docstrings_get_words_of_their_own_and_are_wrapped_anew_where_they_change() -> None:
    assert (
        sync_of(
            '''
        class AsyncStore:
            """Serve.

            One store serves any number of tasks and event loops, each of which gets its own pool.
            It connects
            late.

            Args:
                pool: A pool.
                least: How many there are.
                    Two.
                **kwargs: What goes on to
                    ``AsyncPool`` as
                    it is.

            An untouched paragraph
            stays as it is.
            """
        ''',
            words={
                "tasks and event loops, each of which gets its own pool": "threads",
                "How many there are.": "How many connections the pool keeps open at any time, the"
                " least of them;",
            },
        )
        == dedent(
            '''
        class Store:
            """Serve.

            One store serves any number of threads. It connects late.

            Args:
                pool: A pool.
                least: How many connections the pool keeps open at any time, the least of them; Two.
                **kwargs: What goes on to ``Pool`` as it is.

            An untouched paragraph
            stays as it is.
            """
        '''
        ).lstrip()
    )


def test_a_handle_has_the_verbs_without_what_it_is_bound_to() -> None:
    text = '''
        """Serve all."""

        from __future__ import annotations

        from handle import Handle


        class AsyncAll:
            """All."""

            def __init__(self) -> None:
                """Begin."""

            async def drop(self, tenant: str, name: str) -> int:
                """Drop one.

                Args:
                    tenant: The tenant.
                    name: Its name.

                Returns:
                    How many.
                """
                return await self.run(drop, tenant, name, name=name.name)

            async def put(
                self, tenant: str, what: Name, *, limit: int = 3, name: What | None = None
            ) -> int:
                """Put one.

                Args:
                    tenant: The tenant.
                    what: What to put into
                        all.
                    name: Stays.
                """
                return await self.run(put, tenant, what, name, limit)

            async def keep(self, tenant: str, what: What, name: str) -> int:
                """Keep one.

                Args:
                    tenant: The tenant.
                    what: What to keep.
                    name: Stays, for it is what it is kept as.
                """
                return await self.run(keep, tenant, what, name)
        '''
    made = bound(
        dedent(text).lstrip(),
        owner="AsyncAll",
        head='class AsyncOne(One):\n    """One."""\n\n',
        bound_to={"tenant": "self._tenant", "name": "self._name"},
        words={"Serve all.": "Serve one.", "into all": "into one"},
        left_out=frozenset({"Handle", "__init__"}),
    )

    assert (
        laid_out(made, ROOT / "src/pgrecall/sample.py")
        == dedent(
            '''
        """Serve one."""

        from __future__ import annotations


        class AsyncOne(One):
            """One."""

            async def drop(self) -> int:
                """Drop one.

                Returns:
                    How many.
                """
                return await self.run(drop, self._tenant, self._name, name=self._name.name)

            async def put(self, what: Name, *, limit: int = 3, name: What | None = None) -> int:
                """Put one.

                Args:
                    what: What to put into one.
                    name: Stays.
                """
                return await self.run(put, self._tenant, what, name, limit)

            async def keep(self, what: What, name: str) -> int:
                """Keep one.

                Args:
                    what: What to keep.
                    name: Stays, for it is what it is kept as.
                """
                return await self.run(keep, self._tenant, what, name)
        '''
        ).lstrip()
    )


def test_words_and_definitions_that_are_not_there_are_told() -> None:
    with pytest.raises(ValueError, match="no comment or docstring says 'gone'"):
        sync_of("x = 1  # here\n", words={"gone": "away"})
    with pytest.raises(ValueError, match="nothing is called gone"):
        sync_of("x = 1\n", left_out=frozenset({"gone"}))


def test_at_most_three_lines_of_a_hundred_are_written_twice_by_hand() -> None:
    found = repeated(ROOT / "src", [ROOT / "src/pgrecall" / twin.made for twin in TWINS])

    assert found.percent <= 3, "python -m twins --repeated says where"


def test_lines_that_stand_twice_but_for_awaiting_are_counted_once(tmp_path: Path) -> None:
    body = "".join(f"    line_{number} = {{0}}work({number})\n" for number in range(5))
    (tmp_path / "a.py").write_text(f"import a\nasync def adrive():\n{body.format('await ')}")
    (tmp_path / "b.py").write_text(
        f'import b\ndef drive():\n    """Drive."""\n\n{body.format("")}    # end\n    more()\n'
    )

    found = repeated(tmp_path, [])

    assert (found.lines, found.of) == (6, 13)
    assert [(place.path.name, place.first, place.last) for place in found.places] == [
        ("a.py", 2, 7),
        ("b.py", 2, 9),
    ]
    assert repeated(tmp_path, [tmp_path / "b.py"]).lines == 0
